/* SPDX-License-Identifier: MIT */
/* viewer.c - the running program from start to end: puts feed, outputs and page together. */
#include <glib-unix.h>
#include <stdio.h>

#include "cameras.h"
#include "json.h"
#include "keys.h"
#include "nn.h"
#include "notify.h"
#include "parts.h"
#include "report.h"
#include "status.h"

enum {
    SWAP_SECONDS = 20, /* a warning of the element within this time is about the new model */
};

/* ---- what feed and outputs tell ----------------------------------------------------------- */

static void on_frame(GstBuffer *buffer, GstCaps *caps, bool slate, gpointer data)
{
    Viewer *viewer = data;
    if (!slate)
        teaching_offer(viewer->teaching, buffer, caps);
    outputs_push(viewer->outputs, buffer, caps);
}

static void on_jpeg(GstBuffer *jpeg, gpointer data)
{
    Viewer *viewer = data;
    web_push_frame(viewer->web, jpeg);
}

static void on_result(const GstStructure *result, gpointer data)
{
    Viewer *viewer = data;
    viewer->n_results++;
    g_clear_pointer(&viewer->result, gst_structure_free);
    viewer->result = gst_structure_copy(result);
    stats_meter_result(viewer->stats, result);
    bool listened = viewer->web && web_listeners(viewer->web) > 0;
    if (viewer->lines || viewer->events || viewer->mqtt || listened) {
        g_autofree char *line = json_result(result);
        if (viewer->lines)
            lines_write(viewer->lines, line);
        if (viewer->mqtt)
            mqtt_result(viewer->mqtt, result, line);
        if (viewer->events)
            events_result(viewer->events, result, line);
        if (listened)
            web_push_result(viewer->web, line);
    }
    if (viewer->n_results == (guint)viewer->options->frames)
        commands_quit(viewer, STATUS_OK);
}

static void on_swapped(const char *path, gpointer data)
{
    Viewer *viewer = data;
    if (!commands_is_model(viewer, path)) /* one that was chosen before the last */
        return;
    viewer->model_set_at = 0;
    teaching_swapped(viewer->teaching);
}

/* A model that cannot be loaded leaves the old one running. */
static void on_warning(const char *text, gpointer data)
{
    Viewer *viewer = data;
    gint64 age = g_get_monotonic_time() - viewer->model_set_at;
    if (viewer->model_set_at && age < SWAP_SECONDS * G_USEC_PER_SEC)
        commands_model_failed(viewer);
    state_set_notice(viewer, text);
}

static void on_archive(const char *text, bool failed, gpointer data)
{
    Viewer *viewer = data;
    report("%s", text);
    commands_show(viewer, text);
    if (failed)
        state_set_notice(viewer, text);
    else
        state_changed(viewer);
}

static void on_ended(int status, gpointer data)
{
    commands_quit(data, status);
}

static void on_watched(bool wanted, gpointer data)
{
    Viewer *viewer = data;
    outputs_want_jpeg(viewer->outputs, wanted);
}

static gboolean on_second(gpointer data)
{
    Viewer *viewer = data;
    g_autoptr(GstElement) classifier = feed_classifier(viewer->feed);
    stats_meter_update(viewer->stats, feed_frames(viewer->feed), viewer->n_results, classifier);
    state_changed(viewer);
    return G_SOURCE_CONTINUE;
}

/* The main loop turns: page, keys and watchdogs are served. */
static gboolean on_watchdog(gpointer data)
{
    (void)data;
    notify_send("WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

static gboolean on_signal(gpointer data)
{
    commands_quit(data, STATUS_OK);
    return G_SOURCE_CONTINUE;
}

/* ---- start -------------------------------------------------------------------------------- */

/* The choice that the page offers. */
static void list_models(Viewer *viewer)
{
    viewer->models = nn_model_names();
    if (g_file_test(teaching_model(viewer->teaching), G_FILE_TEST_EXISTS))
        commands_offer_model(viewer, teaching_model(viewer->teaching));
    commands_offer_model(viewer, viewer->model);
}

static void find_cameras(GTask *task, gpointer object, gpointer data, GCancellable *cancellable)
{
    (void)object, (void)data, (void)cancellable;
    g_autoptr(GPtrArray) cameras = cameras_find();
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < cameras->len; i++)
        g_ptr_array_add(names, camera_name(cameras->pdata[i]));
    g_task_return_pointer(task, names, (GDestroyNotify)g_ptr_array_unref);
}

static void on_cameras(GObject *object, GAsyncResult *result, gpointer data)
{
    (void)object;
    GPtrArray *names = g_task_propagate_pointer(G_TASK(result), NULL);
    if (!names)
        return; /* cancelled: the viewer is gone */
    Viewer *viewer = data;
    viewer->cameras = names;
    state_changed(viewer);
}

/* Whether anybody looks at frames, not at results alone. */
static bool needs_frames(const ViewerOptions *options)
{
    return options->window || options->web || options->record || options->rtsp || options->rules;
}

static bool open_mqtt(Viewer *viewer)
{
    g_autoptr(GError) error = NULL;
    if (!viewer->options->mqtt)
        return true;
    viewer->mqtt = mqtt_new(viewer->options->mqtt, &error);
    if (!viewer->mqtt)
        report("%s", error->message);
    return viewer->mqtt != NULL;
}

static bool open_outputs(Viewer *viewer)
{
    const ViewerOptions *options = viewer->options;
    OutputsOptions wanted = {.window = options->window, .jpeg = options->web, .stream = true};
    OutputsHooks hooks = {
        .jpeg = on_jpeg, .picture = commands_picture, .ended = on_ended, .key = commands_key};
    if (!needs_frames(options))
        return true;
    viewer->outputs = outputs_new(&wanted, &hooks, viewer);
    if (!viewer->outputs)
        return false;
    viewer->archive = archive_new(options->folder, viewer->outputs, on_archive, viewer);
    g_autoptr(GError) error = NULL;
    if (!options->record || archive_record(viewer->archive, true, &error))
        return true;
    report("%s", error->message);
    return false;
}

static bool open_lines(Viewer *viewer)
{
    g_autoptr(GError) error = NULL;
    if (!viewer->options->json)
        return true;
    viewer->lines = lines_new(viewer->options->json_target, &error);
    if (!viewer->lines)
        report("%s", error->message);
    return viewer->lines != NULL;
}

static bool open_web(Viewer *viewer)
{
    WebHooks hooks = {.state = state_json,
                      .metrics = state_metrics,
                      .control = controls_set,
                      .watched = on_watched};
    g_autoptr(GError) error = NULL;
    if (!viewer->options->web)
        return true;
    viewer->web =
        web_new(viewer->options->web_address, viewer->options->web_token, &hooks, viewer, &error);
    if (!viewer->web)
        report("%s", error->message);
    return viewer->web != NULL;
}

static bool open_events(Viewer *viewer)
{
    const ViewerOptions *options = viewer->options;
    g_autoptr(GError) error = NULL;
    if (!options->rules)
        return true;
    viewer->events = events_new(options->rules, options->folder, on_archive, viewer, &error);
    if (viewer->events)
        events_set_outputs(viewer->events, viewer->outputs);
    else
        report("%s", error->message);
    return viewer->events != NULL;
}

static bool open_rtsp(Viewer *viewer)
{
    g_autoptr(GError) error = NULL;
    if (!viewer->options->rtsp)
        return true;
    viewer->rtsp = rtsp_new(viewer->options->rtsp_address, viewer->options->web_token,
                            outputs_stream(viewer->outputs), &error);
    if (!viewer->rtsp)
        report("%s", error->message);
    return viewer->rtsp != NULL;
}

static void open_teaching(Viewer *viewer)
{
    TeachingHooks hooks = {.base = commands_teach_base,
                           .model = commands_taught,
                           .changed = commands_teaching_changed};
    viewer->teaching = teaching_new(viewer->options->teach, &hooks, viewer);
    viewer->prompt = prompt_new(viewer->teaching, commands_teaching_changed, viewer);
}

static void open_feed(Viewer *viewer)
{
    const ViewerOptions *options = viewer->options;
    bool watched = needs_frames(options);
    FeedOptions wanted = {.labels = options->labels,
                          .threshold = options->threshold,
                          .paced = watched,
                          .patient = watched};
    FeedHooks hooks = {.frame = watched ? on_frame : NULL,
                       .result = on_result,
                       .swapped = on_swapped,
                       .warning = on_warning,
                       .ended = on_ended};
    viewer->feed = feed_new(&wanted, options->model, &hooks, viewer);
}

static void run(Viewer *viewer, Source *source)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    if (viewer->outputs) {
        g_autoptr(GTask) task = g_task_new(NULL, cancellable, on_cameras, viewer);
        g_task_run_in_thread(task, find_cameras);
    }
    guint watchdog = notify_watchdog_ms();
    guint sources[] = {g_unix_signal_add(SIGINT, on_signal, viewer),
                       g_unix_signal_add(SIGTERM, on_signal, viewer),
                       g_timeout_add_seconds(1, on_second, viewer),
                       watchdog ? g_timeout_add(watchdog, on_watchdog, NULL) : 0};
    g_autofree char *what = g_strdup(source->what);
    if (feed_start(viewer->feed, source)) {
        g_autofree char *command = feed_command(
            viewer->feed, viewer->options->window ? "videoconvert ! autovideosink" : "fakesink");
        report("showing %s; the same by hand:\n  %s", what, command);
        g_autofree char *ready = g_strdup_printf("READY=1\nSTATUS=Showing %s", what);
        notify_send(ready);
        g_main_loop_run(viewer->loop);
        notify_send("STOPPING=1");
    } else {
        viewer->status = STATUS_FAILED;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
        g_clear_handle_id(&sources[i], g_source_remove);
    g_cancellable_cancel(cancellable);
}

int viewer_run(Source *source, const ViewerOptions *options)
{
    Viewer viewer = {
        .options = options,
        .loop = g_main_loop_new(NULL, FALSE),
        .stats = stats_meter_new(),
        .model = g_strdup(options->model),
        .base = g_strdup(options->model),
        .threshold = options->threshold >= 0 ? options->threshold : 0.3,
    };
    open_teaching(&viewer);
    list_models(&viewer);
    open_feed(&viewer);
    if (open_lines(&viewer) && open_mqtt(&viewer) && open_outputs(&viewer) &&
        open_events(&viewer) && open_rtsp(&viewer) && open_web(&viewer)) {
        run(&viewer, source);
    } else {
        source_free(source);
        viewer.status = STATUS_FAILED;
    }
    /* Frames first, then those who are handed them. */
    feed_free(viewer.feed);
    prompt_free(viewer.prompt);
    teaching_free(viewer.teaching);
    events_free(viewer.events);
    archive_free(viewer.archive);
    rtsp_free(viewer.rtsp);
    g_clear_handle_id(&viewer.message_timer, g_source_remove);
    outputs_free(viewer.outputs);
    web_free(viewer.web);
    lines_free(viewer.lines);
    mqtt_free(viewer.mqtt);
    stats_meter_free(viewer.stats);
    g_strfreev(viewer.models);
    g_clear_pointer(&viewer.cameras, g_ptr_array_unref);
    g_clear_pointer(&viewer.result, gst_structure_free);
    g_free(viewer.model);
    g_free(viewer.model_before);
    g_free(viewer.base);
    g_free(viewer.base_before);
    g_free(viewer.notice);
    g_main_loop_unref(viewer.loop);
    return viewer.status;
}
