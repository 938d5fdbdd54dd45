/* SPDX-License-Identifier: MIT */
/* archive.c - recordings and snapshots. */
#include <gio/gio.h>

#include "archive.h"
#include "recorder.h"
#include "snapshot.h"

struct Archive {
    char *folder;
    Outputs *outputs;
    void (*told)(const char *text, bool failed, gpointer data);
    gpointer data;
    Recorder *recorder;
    StreamTap *tap;
};

static void on_frame(GstBuffer *buffer, GstCaps *caps, bool key, gpointer data)
{
    (void)key;
    recorder_push(data, buffer, caps);
}

static void stop(Archive *archive)
{
    g_clear_pointer(&archive->tap, stream_close);
    g_clear_pointer(&archive->recorder, recorder_free);
}

static void on_failed(const char *why, gpointer data)
{
    Archive *archive = data;
    g_clear_pointer(&archive->tap, stream_close);
    archive->told(why, true, archive->data);
    stop(archive);
}

bool archive_is_recording(const Archive *archive)
{
    return archive->tap != NULL;
}

bool archive_record(Archive *archive, bool record, GError **error)
{
    if (record == archive_is_recording(archive))
        return true;
    stop(archive);
    if (!record) {
        archive->told("recording ended", false, archive->data);
        return true;
    }
    archive->recorder = recorder_new(archive->folder, NULL, on_failed, archive, error);
    if (!archive->recorder)
        return false;
    archive->tap = stream_open(outputs_stream(archive->outputs), on_frame, archive->recorder);
    g_autofree char *text = g_strdup_printf("recording into %s", archive->folder);
    archive->told(text, false, archive->data);
    return true;
}

static void on_saved(const char *path, const char *why, gpointer data)
{
    Archive *archive = data;
    g_autofree char *text =
        path ? g_strdup_printf("snapshot: %s", path) : g_strdup_printf("no snapshot: %s", why);
    archive->told(text, !path, archive->data);
}

void archive_snapshot(Archive *archive, GstSample *clean, GstSample *labelled, const char *json)
{
    snapshot_save(archive->folder, clean, labelled, json, on_saved, archive);
}

void archive_free(Archive *archive)
{
    if (!archive)
        return;
    stop(archive);
    g_free(archive->folder);
    g_free(archive);
}

Archive *archive_new(const char *folder, Outputs *outputs,
                     void (*told)(const char *text, bool failed, gpointer data), gpointer data)
{
    Archive *archive = g_new0(Archive, 1);
    archive->folder = g_strdup(folder ? folder : ".");
    archive->outputs = outputs;
    archive->told = told;
    archive->data = data;
    return archive;
}
