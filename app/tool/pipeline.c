/* SPDX-License-Identifier: MIT */
/* pipeline.c - runs the element behind a test source and prints the statistics it keeps. */
#include "pipeline.h"

#include <gst/video/video.h>
#include <stdio.h>

#include "picture.h"
#include "tool.h"

static const struct {
    const char *stage, *what;
} stages[] = {
    {"picture", "map, crop, resize, convert"}, {"inference", "the network"}, {"draw", "label"}};

/* "WxH@FORMAT" to a raw caps string; NULL if it is none. */
static char *caps_from_text(const char *text)
{
    unsigned width, height;
    char format[16], rest;
    if (sscanf(text, "%ux%u@%15[A-Za-z0-9_]%c", &width, &height, format, &rest) != 3 || width < 1 ||
        width > 16384 || height < 1 || height > 16384 ||
        gst_video_format_from_string(format) == GST_VIDEO_FORMAT_UNKNOWN)
        return NULL;
    return g_strdup_printf("video/x-raw,format=%s,width=%u,height=%u", format, width, height);
}

/* Until the end of the stream. */
static bool run_to_end(GstElement *pipeline, GError **error)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
        return true;
    gst_message_parse_error(message, error, NULL);
    return false;
}

static double stage_ms(const GstStructure *stats, const char *stage, int percent)
{
    g_autofree char *name = g_strdup_printf("%s-p%d", stage, percent);
    guint64 ns = 0;
    gst_structure_get_uint64(stats, name, &ns);
    return (double)ns / 1e6;
}

static void print_text(const char *frames, const char *model, const GstStructure *stats)
{
    guint64 n = 0;
    gst_structure_get_uint64(stats, "frames", &n);
    printf("%s: %" G_GUINT64_FORMAT " frames of %s, ms per frame\n", model, n, frames);
    printf("%-10s %9s %9s %9s\n", "stage", "median", "95 %", "99 %");
    for (size_t i = 0; i < G_N_ELEMENTS(stages); i++)
        printf("%-10s %9.3f %9.3f %9.3f  %s\n", stages[i].stage,
               stage_ms(stats, stages[i].stage, 50), stage_ms(stats, stages[i].stage, 95),
               stage_ms(stats, stages[i].stage, 99), stages[i].what);
}

static void print_json(const char *frames, const char *model, const GstStructure *stats)
{
    guint64 n = 0;
    gst_structure_get_uint64(stats, "frames", &n);
    JsonBuilder *line = json_line_new();
    json_add_path(line, "model", model);
    json_add_string(line, "pipeline", frames);
    json_add_int(line, "frames", (gint64)n);
    for (size_t i = 0; i < G_N_ELEMENTS(stages); i++) {
        json_begin_object(line, stages[i].stage);
        json_add_double(line, "p50_ms", stage_ms(stats, stages[i].stage, 50));
        json_add_double(line, "p95_ms", stage_ms(stats, stages[i].stage, 95));
        json_add_double(line, "p99_ms", stage_ms(stats, stages[i].stage, 99));
        json_builder_end_object(line);
    }
    json_line_print(line);
}

int bench_pipeline(const char *frames, const char *model, int threads, int runs, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = nn_model_find(model, &error);
    if (!path || !picture_init(&error)) {
        tool_error("%s", error->message);
        return STATUS_FAILED;
    }
    g_autofree char *caps = caps_from_text(frames);
    if (!caps)
        return tool_usage("--pipeline %s: must be width, height and a format, as in 1280x720@I420",
                          frames);

    g_autofree char *launch = g_strdup_printf(
        "videotestsrc num-buffers=%d ! %s ! mobilenet name=element mode=every-frame ! fakesink",
        runs, caps);
    g_autoptr(GstElement) pipeline = gst_parse_launch(launch, &error);
    if (!pipeline || error) {
        tool_error("--pipeline: %s (the plugin is found in GST_PLUGIN_PATH=build/plugin, or once "
                   "installed)",
                   error->message);
        return STATUS_FAILED;
    }
    g_autoptr(GstElement) element = gst_bin_get_by_name(GST_BIN(pipeline), "element");
    g_object_set(element, "model-file", path, "threads", threads, NULL);
    bool ended = run_to_end(pipeline, &error);
    g_autoptr(GstStructure) stats = NULL;
    g_object_get(element, "stats", &stats, NULL);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    if (!ended || !stats) {
        tool_error("--pipeline %s: %s", frames, ended ? "no statistics" : error->message);
        return STATUS_FAILED;
    }
    if (json)
        print_json(frames, path, stats);
    else
        print_text(frames, path, stats);
    return STATUS_OK;
}
