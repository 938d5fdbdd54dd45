/* SPDX-License-Identifier: MIT */
/* state.c - what the page and Prometheus are told. */
#include <math.h>

#include "json.h"
#include "jsonline.h"
#include "parts.h"

static const char *const kinds[] = {
    [SOURCE_CAMERA] = "camera",
    [SOURCE_URI] = "uri",
    [SOURCE_LAUNCH] = "launch",
    [SOURCE_DEMO] = "demo",
};

static void add_source(JsonBuilder *line, const Source *source)
{
    json_begin_object(line, "source");
    json_add_string(line, "kind", kinds[source->kind]);
    json_add_string(line, "what", source->what);
    json_add_int(line, "camera", source->number);
    json_builder_end_object(line);
}

/* A string, or null. */
static void add_text(JsonBuilder *line, const char *name, const char *text)
{
    json_builder_set_member_name(line, name);
    if (text)
        json_builder_add_string_value(line, text);
    else
        json_builder_add_null_value(line);
}

static void add_choices(JsonBuilder *line, const Viewer *viewer)
{
    json_begin_array(line, "models");
    for (char **model = viewer->models; model && *model; model++)
        json_builder_add_string_value(line, *model);
    json_builder_end_array(line);
    json_begin_array(line, "cameras");
    for (guint i = 0; viewer->cameras && i < viewer->cameras->len; i++)
        json_builder_add_string_value(line, viewer->cameras->pdata[i]);
    json_builder_end_array(line);
}

static void add_stats(JsonBuilder *line, const Viewer *viewer)
{
    const Stats *stats = stats_meter_get(viewer->stats);
    json_begin_object(line, "stats");
    json_add_double(line, "fps", stats->fps);
    json_add_double(line, "results_per_second", stats->results_per_second);
    json_add_double(line, "inference_p50", stats->inference_p50);
    json_add_double(line, "inference_p95", stats->inference_p95);
    json_add_double(line, "age", stats->age);
    json_add_double(line, "cpu", stats->cpu);
    if (isnan(stats->temperature))
        add_text(line, "temperature", NULL);
    else
        json_add_double(line, "temperature", stats->temperature);
    json_add_bool(line, "throttled", stats->throttled);
    json_add_int(line, "frames", (gint64)stats->frames);
    json_add_int(line, "results", (gint64)stats->results);
    json_add_double(line, "uptime", stats->uptime);
    json_add_int(line, "viewers", viewer->web ? web_viewers(viewer->web) : 0);
    json_builder_end_object(line);
}

char *state_json(gpointer data)
{
    const Viewer *viewer = data;
    JsonBuilder *line = json_line_new();
    json_add_string(line, "version", MOBILENET_VERSION);
    add_source(line, feed_source(viewer->feed));
    add_text(line, "trouble", feed_trouble(viewer->feed));
    add_text(line, "notice", viewer->notice);
    g_autofree char *model = commands_model_name(viewer);
    json_add_path(line, "model", model);
    json_add_double(line, "threshold", viewer->threshold);
    json_add_bool(line, "labels", !viewer->labels_hidden);
    json_add_bool(line, "paused", viewer->paused);
    json_add_bool(line, "recording", viewer->archive && archive_is_recording(viewer->archive));
    add_choices(line, viewer);
    teaching_add_state(viewer->teaching, line);
    add_stats(line, viewer);
    if (viewer->result) {
        json_begin_object(line, "result");
        json_add_result(line, viewer->result);
        json_builder_end_object(line);
    } else {
        add_text(line, "result", NULL);
    }
    return json_line_text(line);
}

char *state_metrics(gpointer data)
{
    const Viewer *viewer = data;
    GString *text = g_string_new(NULL);
    stats_append_metrics(text, stats_meter_get(viewer->stats));
    g_string_append_printf(text,
                           "# HELP mobilenet_source_up 1 while frames come.\n"
                           "# TYPE mobilenet_source_up gauge\nmobilenet_source_up %d\n"
                           "# HELP mobilenet_viewers Clients of the live video.\n"
                           "# TYPE mobilenet_viewers gauge\nmobilenet_viewers %u\n",
                           feed_trouble(viewer->feed) ? 0 : 1,
                           viewer->web ? web_viewers(viewer->web) : 0);
    return g_string_free(text, FALSE);
}

void state_changed(Viewer *viewer)
{
    if (!viewer->web || web_listeners(viewer->web) == 0)
        return;
    g_autofree char *json = state_json(viewer);
    web_push_state(viewer->web, json);
}

void state_set_notice(Viewer *viewer, const char *text)
{
    g_free(viewer->notice);
    viewer->notice = g_strdup(text);
    state_changed(viewer);
}
