/* SPDX-License-Identifier: MIT */
/* recorder.c - a pipeline of its own, appsrc ! splitmuxsink, so that a full or slow disk harms
 * nothing else. */
#define _GNU_SOURCE /* syncfs */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gst/app/gstappsrc.h>
#include <unistd.h>

#include "recorder.h"
#include "stream.h"

enum {
    SEGMENT_SECONDS = 60,
    FINISH_SECONDS = 10, /* a disk may be slow */
    MOST_WAITING = 300,  /* frames */
};

struct Recorder {
    char *folder, *name;
    void (*failed)(const char *why, gpointer data);
    gpointer data;
    GstElement *pipeline, *in;
    guint bus_watch, failing;
    GstClockTime start; /* time of the first frame */
    char *why;          /* it is dead; NULL: it is not */
};

/* The time to the second, and a number where a second has several. */
static char *on_location(GstElement *element, guint fragment, gpointer data)
{
    (void)element, (void)fragment;
    const Recorder *recorder = data;
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%d_%H-%M-%S");
    for (int i = 0;; i++) {
        g_autofree char *number = i ? g_strdup_printf("_%d", i) : g_strdup("");
        g_autofree char *file =
            g_strdup_printf("%s%s%s%s.mkv", recorder->name ? recorder->name : "",
                            recorder->name ? "-" : "", time, number);
        char *path = g_build_filename(recorder->folder, file, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return path;
        g_free(path);
    }
}

/* Not from the bus's own watch: whoever is told may free the recorder. */
static gboolean on_failing(gpointer data)
{
    Recorder *recorder = data;
    recorder->failing = 0;
    recorder->failed(recorder->why, recorder->data);
    return G_SOURCE_REMOVE;
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Recorder *recorder = data;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR || recorder->why)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    recorder->why =
        g_strdup_printf("--record %s: %s%s", recorder->folder, error->message,
                        g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT)
                            ? "; free some room, then start recording again"
                            : "");
    recorder->failing = g_idle_add(on_failing, recorder);
    return G_SOURCE_CONTINUE;
}

void recorder_push(Recorder *recorder, GstBuffer *buffer, GstCaps *caps)
{
    GstClockTime time = GST_BUFFER_PTS(buffer);
    if (!GST_CLOCK_TIME_IS_VALID(recorder->start)) {
        recorder->start = time;
        gst_app_src_set_caps(GST_APP_SRC(recorder->in), caps);
    }
    GstBuffer *own = gst_buffer_copy(buffer);
    GST_BUFFER_PTS(own) = time >= recorder->start ? time - recorder->start : 0;
    GST_BUFFER_DTS(own) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(GST_APP_SRC(recorder->in), own);
}

/* Nothing is left in the system's memory only. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    syncfs(fd);
    close(fd);
}

void recorder_free(Recorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->pipeline) {
        g_source_remove(recorder->bus_watch);
        g_clear_handle_id(&recorder->failing, g_source_remove);
        if (!recorder->why && GST_CLOCK_TIME_IS_VALID(recorder->start)) {
            g_autoptr(GstBus) bus = gst_element_get_bus(recorder->pipeline);
            gst_app_src_end_of_stream(GST_APP_SRC(recorder->in));
            GstMessage *end = gst_bus_timed_pop_filtered(bus, FINISH_SECONDS * GST_SECOND,
                                                         GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
            g_clear_pointer(&end, gst_message_unref);
            sync_folder(recorder->folder);
        }
        gst_element_set_state(recorder->pipeline, GST_STATE_NULL);
        gst_object_unref(recorder->in);
        gst_object_unref(recorder->pipeline);
    }
    g_free(recorder->folder);
    g_free(recorder->name);
    g_free(recorder->why);
    g_free(recorder);
}

bool recorder_check_folder(const char *folder, GError **error)
{
    if (g_mkdir_with_parents(folder, 0777) == 0 && access(folder, W_OK | X_OK) == 0)
        return true;
    int why = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(why),
                "%s: %s; name a folder that may be written to: --record, --folder", folder,
                g_strerror(why));
    return false;
}

/* splitmuxsink settles on a muxer when it is linked, so it comes after its properties. NULL and
 * error if an element is missing. */
static GstElement *make_files(GError **error)
{
    GstElement *files = gst_element_factory_make("splitmuxsink", "files");
    GstElement *muxer = gst_element_factory_make("matroskamux", NULL);
    GstElement *sink = gst_element_factory_make("filesink", NULL);
    if (!files || !muxer || !sink) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "--record: an element is missing; install gstreamer1.0-plugins-good");
        gst_clear_object(&files);
        gst_clear_object(&muxer);
        gst_clear_object(&sink);
        return NULL;
    }
    /* What has been written belongs to the system at once, and survives this process. */
    gst_util_set_object_arg(G_OBJECT(sink), "buffer-mode", "unbuffered");
    g_object_set(files, "muxer", muxer, "sink", sink, "max-size-time",
                 (guint64)SEGMENT_SECONDS * GST_SECOND, NULL);
    return files;
}

static GstElement *make_pipeline(GError **error)
{
    g_autofree char *launch =
        g_strdup_printf("appsrc name=in is-live=true format=time max-buffers=%d max-bytes=0 "
                        "leaky-type=downstream ! %s name=last",
                        MOST_WAITING, stream_is_h264() ? "h264parse" : "identity");
    GstElement *files = make_files(error);
    GstElement *pipeline =
        files ? gst_parse_launch_full(launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error) : NULL;
    if (!pipeline) {
        gst_clear_object(&files);
        return NULL;
    }
    g_autoptr(GstElement) last = gst_bin_get_by_name(GST_BIN(pipeline), "last");
    gst_bin_add(GST_BIN(pipeline), files);
    gst_element_link_pads(last, "src", files, "video");
    return pipeline;
}

Recorder *recorder_new(const char *folder, const char *name,
                       void (*failed)(const char *why, gpointer data), gpointer data,
                       GError **error)
{
    if (!recorder_check_folder(folder, error))
        return NULL;
    GstElement *pipeline = make_pipeline(error);
    if (!pipeline)
        return NULL;
    Recorder *recorder = g_new0(Recorder, 1);
    recorder->folder = g_strdup(folder);
    recorder->name = g_strdup(name);
    recorder->failed = failed;
    recorder->data = data;
    recorder->start = GST_CLOCK_TIME_NONE;
    recorder->pipeline = pipeline;
    recorder->in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    g_autoptr(GstElement) files = gst_bin_get_by_name(GST_BIN(pipeline), "files");
    g_signal_connect(files, "format-location", G_CALLBACK(on_location), recorder);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    recorder->bus_watch = gst_bus_add_watch(bus, on_message, recorder);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    return recorder;
}
