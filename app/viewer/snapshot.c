/* SPDX-License-Identifier: MIT */
/* snapshot.c - a frame as files; PNG takes its time, so not on the main thread. */
#include <errno.h>
#include <gio/gio.h>
#include <gst/video/video.h>
#include <stdbool.h>
#include <string.h>

#include "snapshot.h"

typedef struct {
    char *folder, *json;
    GstSample *clean, *labelled;
    void (*done)(const char *path, const char *why, gpointer data);
    gpointer data;
} Job;

static void job_free(gpointer data)
{
    Job *job = data;
    g_free(job->folder);
    g_free(job->json);
    gst_sample_unref(job->clean);
    gst_sample_unref(job->labelled);
    g_free(job);
}

static bool write_png(GstSample *sample, const char *path, GError **error)
{
    g_autoptr(GstCaps) caps = gst_caps_new_empty_simple("image/png");
    g_autoptr(GstSample) png = gst_video_convert_sample(sample, caps, 30 * GST_SECOND, error);
    GstMapInfo map;
    if (!png || !gst_buffer_map(gst_sample_get_buffer(png), &map, GST_MAP_READ))
        return false;
    bool ok = g_file_set_contents(path, (const char *)map.data, (gssize)map.size, error);
    gst_buffer_unmap(gst_sample_get_buffer(png), &map);
    return ok;
}

static void save(GTask *task, gpointer object, gpointer data, GCancellable *cancellable)
{
    (void)object, (void)cancellable;
    const Job *job = data;
    GError *error = NULL;
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%d_%H-%M-%S");
    g_autofree char *stem = g_strdup_printf("%s/snapshot-%s-%03d", job->folder, time,
                                            g_date_time_get_microsecond(now) / 1000);
    g_autofree char *clean = g_strconcat(stem, ".png", NULL);
    g_autofree char *labelled = g_strconcat(stem, "-labelled.png", NULL);
    g_autofree char *json = g_strconcat(stem, ".json", NULL);
    if (g_mkdir_with_parents(job->folder, 0777) != 0)
        g_set_error(&error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", job->folder,
                    g_strerror(errno));
    else if (write_png(job->clean, clean, &error) && write_png(job->labelled, labelled, &error))
        g_file_set_contents(json, job->json, -1, &error);
    if (error)
        g_task_return_error(task, error);
    else
        g_task_return_pointer(task, g_steal_pointer(&clean), g_free);
}

static void on_saved(GObject *object, GAsyncResult *result, gpointer data)
{
    (void)object, (void)data;
    g_autoptr(GError) error = NULL;
    const Job *job = g_task_get_task_data(G_TASK(result));
    g_autofree char *path = g_task_propagate_pointer(G_TASK(result), &error);
    job->done(path, error ? error->message : NULL, job->data);
}

void snapshot_save(const char *folder, GstSample *clean, GstSample *labelled, const char *json,
                   void (*done)(const char *path, const char *why, gpointer data), gpointer data)
{
    Job *job = g_new0(Job, 1);
    *job = (Job){.folder = g_strdup(folder),
                 .json = g_strconcat(json, "\n", NULL),
                 .clean = clean,
                 .labelled = labelled,
                 .done = done,
                 .data = data};
    g_autoptr(GTask) task = g_task_new(NULL, NULL, on_saved, NULL);
    g_task_set_task_data(task, job, job_free);
    g_task_run_in_thread(task, save);
}
