/* SPDX-License-Identifier: MIT */
/* pipeline.c - source, network and screen as one running pipeline: builds it from text, follows its
 * bus, opens a lost camera again. */
#include <glib-unix.h>
#include <stdio.h>

#include "json.h"
#include "keys.h"
#include "launch.h"
#include "pipeline.h"
#include "report.h"
#include "status.h"

enum { FIRST_DELAY = 1, LONGEST_DELAY = 30 }; /* seconds before a camera is opened again */

typedef struct {
    const Source *source;
    const PipelineOptions *options;
    GMainLoop *loop;
    char *launch;
    GstElement *pipeline; /* NULL while waiting for a lost camera */
    guint bus_watch;
    int n_results; /* since the start */
    int delay;     /* before the next try */
    bool paused;
    int status;
} Viewer;

static char *make_launch(const Source *source, const PipelineOptions *options)
{
    GString *text = g_string_new(source->launch);
    g_string_append(text, " ! mobilenet");
    const char *const properties[][2] = {
        {"model-file", options->model},
        {"labels-file", options->labels},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
        if (!properties[i][1])
            continue;
        g_autofree char *quoted = launch_quote(properties[i][1]);
        g_string_append_printf(text, " %s=%s", properties[i][0], quoted);
    }
    g_string_append(text, " message=all ! ");
    g_string_append(text, options->headless ? "fakesink" : "videoconvert ! autovideosink");
    return g_string_free(text, FALSE);
}

static void quit(Viewer *viewer, int status)
{
    viewer->status = status;
    g_main_loop_quit(viewer->loop);
}

static void stop(Viewer *viewer)
{
    if (!viewer->pipeline)
        return;
    g_source_remove(viewer->bus_watch);
    gst_element_set_state(viewer->pipeline, GST_STATE_NULL);
    g_clear_pointer(&viewer->pipeline, gst_object_unref);
}

static void watch_keys(GstElement *pipeline)
{
    g_autoptr(GstIterator) sinks = gst_bin_iterate_sinks(GST_BIN(pipeline));
    g_auto(GValue) sink = G_VALUE_INIT;
    if (gst_iterator_next(sinks, &sink) == GST_ITERATOR_OK)
        keys_watch(g_value_get_object(&sink));
}

static void on_result(Viewer *viewer, const GstStructure *result)
{
    viewer->n_results++;
    viewer->delay = FIRST_DELAY;
    if (viewer->options->json)
        json_print_result(result);
    if (viewer->n_results == viewer->options->frames)
        quit(viewer, STATUS_OK);
}

static void on_key(Viewer *viewer, Key key)
{
    switch (key) {
    case KEY_QUIT:
        quit(viewer, STATUS_OK);
        break;
    case KEY_PAUSE:
        viewer->paused = !viewer->paused;
        gst_element_set_state(viewer->pipeline,
                              viewer->paused ? GST_STATE_PAUSED : GST_STATE_PLAYING);
        break;
    case KEY_NONE:
        break;
    }
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data);

static bool start(Viewer *viewer)
{
    g_autoptr(GError) error = NULL;
    GstElement *pipeline =
        gst_parse_launch_full(viewer->launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        report_parse_error(error);
        return false;
    }
    viewer->pipeline = pipeline;
    if (!viewer->options->headless)
        watch_keys(pipeline);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    viewer->bus_watch = gst_bus_add_watch(bus, on_message, viewer);
    gst_element_set_state(pipeline, GST_STATE_PLAYING); /* a failure comes over the bus */
    return true;
}

static gboolean on_retry(gpointer data)
{
    Viewer *viewer = data;
    if (!start(viewer))
        quit(viewer, STATUS_FAILED);
    return G_SOURCE_REMOVE;
}

/* A camera that worked and then failed has been unplugged, most likely. */
static bool is_lost_camera(const Viewer *viewer, GstMessage *message)
{
    return viewer->source->camera && viewer->n_results > 0 &&
           GST_OBJECT_FLAG_IS_SET(GST_MESSAGE_SRC(message), GST_ELEMENT_FLAG_SOURCE);
}

static void on_error(Viewer *viewer, GstMessage *message)
{
    if (report_is_closed_window(message)) {
        quit(viewer, STATUS_OK);
        return;
    }
    report_message(message);
    if (!is_lost_camera(viewer, message)) {
        quit(viewer, STATUS_FAILED);
        return;
    }
    stop(viewer);
    report("lost the camera; trying again in %d s", viewer->delay);
    g_timeout_add_seconds((guint)viewer->delay, on_retry, viewer);
    viewer->delay = MIN(2 * viewer->delay, LONGEST_DELAY);
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Viewer *viewer = data;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ELEMENT:
        if (gst_message_has_name(message, "mobilenet"))
            on_result(viewer, gst_message_get_structure(message));
        break;
    case GST_MESSAGE_APPLICATION:
        on_key(viewer, keys_parse(message));
        break;
    case GST_MESSAGE_WARNING:
        report_message(message);
        break;
    case GST_MESSAGE_ERROR:
        on_error(viewer, message);
        break;
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(viewer->pipeline));
        break;
    case GST_MESSAGE_EOS:
        quit(viewer, STATUS_OK);
        break;
    default:
        break;
    }
    /* False once on_error() has taken the watch away with its pipeline. */
    return viewer->pipeline != NULL;
}

static gboolean on_signal(gpointer data)
{
    quit(data, STATUS_OK);
    return G_SOURCE_CONTINUE;
}

int pipeline_run(const Source *source, const PipelineOptions *options)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autofree char *launch = make_launch(source, options);
    Viewer viewer = {
        .source = source,
        .options = options,
        .loop = loop,
        .launch = launch,
        .delay = FIRST_DELAY,
    };
    g_autofree char *command = launch_command(launch);
    report("showing %s; the same by hand:\n  %s", source->what, command);
    if (!start(&viewer))
        return STATUS_FAILED;

    guint signals[] = {g_unix_signal_add(SIGINT, on_signal, &viewer),
                       g_unix_signal_add(SIGTERM, on_signal, &viewer)};
    g_main_loop_run(loop);
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(signals[i]);
    stop(&viewer);
    return viewer.status;
}
