/* SPDX-License-Identifier: MIT */
/* feed.c - SOURCE ! mobilenet: takes the frames out, follows the bus, watches for stalls, opens
 * again. */
#include <gio/gio.h>
#include <gst/video/video.h>

#include "feed.h"
#include "feed_launch.h"
#include "report.h"
#include "slate.h"
#include "status.h"

enum {
    TICK_MS = 200,
    QUIET_MS = 1000,        /* without a frame for so long: a slate is shown */
    STALL_MS = 5000,        /* and for so long, while playing live: opened again */
    FIRST_FRAME_MS = 20000, /* but the first may take longer: exposure, key frames, slow networks */
    STEADY_MS = 10000,      /* after so long the next pause is the shortest again */
    FIRST_DELAY = 1,        /* seconds */
    LONGEST_DELAY = 30,
    STOP_TRIES = 3,
};

#define SWAPPED "viewer-swapped"

struct Feed {
    FeedOptions options;
    FeedHooks hooks;
    gpointer data;
    char *model;
    Source *source;

    GstElement *pipeline; /* NULL while waiting */
    guint bus_watch, tick, retry;
    bool paused, worked; /* worked: there has been a frame from this source */
    bool live;
    gint64 started, last_frame; /* monotonic */
    int delay;
    char *trouble; /* the headline's second line */

    gint n_frames;        /* atomic */
    guint n_frames_seen;  /* by the tick */
    gint width, height;   /* of the last frame; atomic */
    GCancellable *search; /* for the camera */
};

/* ---- frames ------------------------------------------------------------------------------- */

/* Takes the frame out of the pipeline, so that nobody else has it and it may be drawn upon. */
static GstPadProbeReturn on_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Feed *feed = data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    gint width, height;
    if (caps && gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width) &&
        gst_structure_get_int(gst_caps_get_structure(caps, 0), "height", &height)) {
        g_atomic_int_set(&feed->width, width);
        g_atomic_int_set(&feed->height, height);
    }
    g_atomic_int_inc(&feed->n_frames);
    if (!feed->hooks.frame || !caps)
        return GST_PAD_PROBE_DROP;
    feed->hooks.frame(buffer, caps, false, feed->data);
    return GST_PAD_PROBE_HANDLED;
}

/* Without this, producers of padded pictures would copy each of them into a tight one. */
static GstPadProbeReturn on_query(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad, (void)data;
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
        return GST_PAD_PROBE_OK;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return GST_PAD_PROBE_HANDLED;
}

static void watch_frames(Feed *feed)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(feed->pipeline), FEED_FRAMES);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, feed, NULL);
}

/* On the thread that the results come from: the message stays in order with theirs. */
static void on_swapped(GstElement *classifier)
{
    g_autoptr(GstStructure) info = NULL;
    g_object_get(classifier, "model-info", &info, NULL);
    GstStructure *structure = gst_structure_new(SWAPPED, "path", G_TYPE_STRING,
                                                gst_structure_get_string(info, "path"), NULL);
    gst_element_post_message(classifier,
                             gst_message_new_application(GST_OBJECT(classifier), structure));
}

static void watch_model(Feed *feed)
{
    g_autoptr(GstElement) classifier = feed_classifier(feed);
    g_signal_connect(classifier, "notify::model-info", G_CALLBACK(on_swapped), NULL);
}

static void show_slate(Feed *feed)
{
    if (!feed->hooks.frame)
        return;
    int width = g_atomic_int_get(&feed->width), height = g_atomic_int_get(&feed->height);
    g_autofree char *headline =
        feed->trouble ? g_strdup("No picture") : g_strdup_printf("Opening %s", feed->source->what);
    g_autoptr(GstCaps) caps = NULL;
    GstBuffer *slate = slate_new(width ? width : 1280, height ? height : 720, headline,
                                 feed->trouble ? feed->trouble : "One moment...", &caps);
    feed->hooks.frame(slate, caps, true, feed->data);
}

/* ---- start, stop, again ------------------------------------------------------------------- */

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data);

static void stop(Feed *feed)
{
    g_clear_handle_id(&feed->retry, g_source_remove);
    if (feed->search) {
        g_cancellable_cancel(feed->search);
        g_clear_object(&feed->search);
    }
    if (!feed->pipeline)
        return;
    g_clear_handle_id(&feed->bus_watch, g_source_remove);
    /* uridecodebin, told to end while it ends by itself over a fault, may refuse the first time. */
    for (int i = 0; i < STOP_TRIES; i++) {
        if (gst_element_set_state(feed->pipeline, GST_STATE_NULL) != GST_STATE_CHANGE_FAILURE)
            break;
    }
    g_clear_pointer(&feed->pipeline, gst_object_unref);
}

static FeedLaunch launch_of(const Feed *feed)
{
    return (FeedLaunch){
        .source = feed->source,
        .model = feed->model,
        .labels = feed->options.labels,
        .threshold = feed->options.threshold,
        .paced = feed->options.paced,
    };
}

static bool start(Feed *feed)
{
    g_autoptr(GError) error = NULL;
    FeedLaunch what = launch_of(feed);
    g_autofree char *launch = feed_launch_own(&what);
    GstElement *pipeline = gst_parse_launch_full(launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        report_parse_error(error);
        return false;
    }
    feed->pipeline = pipeline;
    watch_frames(feed);
    watch_model(feed);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    feed->bus_watch = gst_bus_add_watch(bus, on_message, feed);
    feed->started = feed->last_frame = g_get_monotonic_time();
    feed->live = feed->source->live;
    /* Live sources have nothing to show while they are paused. A failure comes over the bus. */
    if (gst_element_set_state(pipeline, GST_STATE_PAUSED) == GST_STATE_CHANGE_NO_PREROLL)
        feed->live = true;
    if (!feed->paused)
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
    return true;
}

static void end(Feed *feed, int status)
{
    stop(feed);
    feed->hooks.ended(status, feed->data);
}

static void try_again_later(Feed *feed, const char *why);

static void start_again(Feed *feed)
{
    if (!start(feed))
        end(feed, STATUS_FAILED);
}

static void find_camera(GTask *task, gpointer object, gpointer data, GCancellable *cancellable)
{
    (void)object, (void)cancellable;
    GError *error = NULL;
    Source *source = source_new_camera(data, &error);
    if (source)
        g_task_return_pointer(task, source, (GDestroyNotify)source_free);
    else
        g_task_return_error(task, error);
}

static void on_camera_found(GObject *object, GAsyncResult *result, gpointer data)
{
    (void)object;
    Feed *feed = data;
    g_autoptr(GError) error = NULL;
    Source *source = g_task_propagate_pointer(G_TASK(result), &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* feed may be gone */
    g_clear_object(&feed->search);
    if (!source) {
        try_again_later(feed, error->message);
        return;
    }
    source_free(feed->source);
    feed->source = source;
    start_again(feed);
}

/* A camera may come back elsewhere, and looking for it takes its time. */
static gboolean on_retry(gpointer data)
{
    Feed *feed = data;
    feed->retry = 0;
    if (feed->source->kind != SOURCE_CAMERA) {
        start_again(feed);
        return G_SOURCE_REMOVE;
    }
    feed->search = g_cancellable_new();
    g_autoptr(GTask) task = g_task_new(NULL, feed->search, on_camera_found, feed);
    g_task_set_task_data(task, g_strdup(feed->source->wish), g_free);
    g_task_run_in_thread(task, find_camera);
    return G_SOURCE_REMOVE;
}

static void try_again_later(Feed *feed, const char *why)
{
    if (feed->pipeline && g_get_monotonic_time() - feed->started > STEADY_MS * 1000)
        feed->delay = FIRST_DELAY;
    stop(feed);
    g_free(feed->trouble);
    feed->trouble =
        g_strdup_printf("%s: %s. Trying again in %d s.", feed->source->what, why, feed->delay);
    report("%s: %s; trying again in %d s", feed->source->what, why, feed->delay);
    show_slate(feed);
    feed->retry = g_timeout_add_seconds((guint)feed->delay, on_retry, feed);
    feed->delay = MIN(2 * feed->delay, LONGEST_DELAY);
}

/* A camera that offers a mode may still not be able to send it. */
static bool try_next_mode(Feed *feed, const char *why)
{
    if (feed->worked || !source_next_mode(feed->source))
        return false;
    report("%s: %s; trying another mode: %s", feed->source->what, why, feed->source->launch);
    stop(feed);
    start_again(feed);
    return true;
}

/* ---- watching ----------------------------------------------------------------------------- */

/* Not about the camera itself, such as that somebody else has it. */
static bool may_be_the_mode(GstMessage *message)
{
    static const GstResourceError others[] = {
        GST_RESOURCE_ERROR_BUSY, GST_RESOURCE_ERROR_NOT_AUTHORIZED, GST_RESOURCE_ERROR_NOT_FOUND,
        GST_RESOURCE_ERROR_OPEN_READ, GST_RESOURCE_ERROR_OPEN_READ_WRITE};
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_error_matches(error, GST_RESOURCE_ERROR, (int)others[i]))
            return false;
    return true;
}

static void on_error(Feed *feed, GstMessage *message)
{
    bool ours = g_str_has_prefix(GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), FEED_CLASSIFIER);
    feed->worked = feed->worked || (guint)g_atomic_int_get(&feed->n_frames) != feed->n_frames_seen;
    bool again = (feed->worked && (feed->live || feed->source->again)) ||
                 (feed->options.patient && feed->source->again);
    g_autofree char *why = report_text(message);
    if (!ours && may_be_the_mode(message) && try_next_mode(feed, why))
        return;
    if (!ours && again) {
        try_again_later(feed, why);
        return;
    }
    if (ours)
        report("%s", why);
    else if (feed->source->kind == SOURCE_LAUNCH)
        report("%s, %s: %s", feed->source->what, GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), why);
    else
        report("%s: %s", feed->source->what, why);
    end(feed, STATUS_FAILED);
}

static void on_end(Feed *feed)
{
    if (feed->source->live)
        try_again_later(feed, feed->source->kind == SOURCE_CAMERA ? "the camera sends no more"
                                                                  : "the stream has ended");
    else
        end(feed, STATUS_OK);
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Feed *feed = data;
    bool ours = GST_MESSAGE_SRC(message) &&
                g_str_equal(GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), FEED_CLASSIFIER);
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ELEMENT:
        if (gst_message_has_name(message, "mobilenet"))
            feed->hooks.result(gst_message_get_structure(message), feed->data);
        break;
    case GST_MESSAGE_APPLICATION:
        if (gst_message_has_name(message, SWAPPED))
            feed->hooks.swapped(
                gst_structure_get_string(gst_message_get_structure(message), "path"), feed->data);
        break;
    case GST_MESSAGE_WARNING:
        report_message(message);
        if (ours && feed->hooks.warning) {
            g_autofree char *text = report_text(message);
            feed->hooks.warning(text, feed->data);
        }
        break;
    case GST_MESSAGE_ERROR:
        on_error(feed, message);
        break;
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(feed->pipeline));
        break;
    case GST_MESSAGE_EOS:
        on_end(feed);
        break;
    default:
        break;
    }
    return G_SOURCE_CONTINUE; /* a watch that stop() has taken away stays away */
}

static gboolean on_tick(gpointer data)
{
    Feed *feed = data;
    gint64 now = g_get_monotonic_time();
    guint n_frames = (guint)g_atomic_int_get(&feed->n_frames);
    if (n_frames != feed->n_frames_seen) {
        feed->n_frames_seen = n_frames;
        feed->last_frame = now;
        feed->worked = true;
        g_clear_pointer(&feed->trouble, g_free);
    }
    if (feed->paused || !feed->source)
        return G_SOURCE_CONTINUE;
    if (!feed->pipeline) {
        show_slate(feed);
        return G_SOURCE_CONTINUE;
    }
    bool first = feed->last_frame == feed->started;
    if (!first && !feed->live)
        return G_SOURCE_CONTINUE; /* a file whose frames take long is still worked on */
    gint64 quiet_ms = (now - feed->last_frame) / 1000;
    if (quiet_ms >= (first ? FIRST_FRAME_MS : STALL_MS) && feed->live) {
        g_autofree char *why = g_strdup_printf("no frame for %d s", (int)(quiet_ms / 1000));
        if (!try_next_mode(feed, why))
            try_again_later(feed, why);
    } else if (quiet_ms >= QUIET_MS && first) {
        show_slate(feed);
    }
    return G_SOURCE_CONTINUE;
}

/* ---- the rest ----------------------------------------------------------------------------- */

bool feed_start(Feed *feed, Source *source)
{
    stop(feed);
    source_free(feed->source);
    feed->source = source;
    feed->worked = false;
    feed->delay = FIRST_DELAY;
    g_clear_pointer(&feed->trouble, g_free);
    return start(feed);
}

GstElement *feed_classifier(Feed *feed)
{
    return feed->pipeline ? gst_bin_get_by_name(GST_BIN(feed->pipeline), FEED_CLASSIFIER) : NULL;
}

void feed_set_model(Feed *feed, const char *model)
{
    g_free(feed->model);
    feed->model = g_strdup(model);
    feed->options.labels = NULL; /* were another model's */
    g_autoptr(GstElement) classifier = feed_classifier(feed);
    if (classifier)
        g_object_set(classifier, "labels-file", NULL, "model-file", model, NULL);
}

void feed_set_threshold(Feed *feed, double threshold)
{
    feed->options.threshold = threshold;
    g_autoptr(GstElement) classifier = feed_classifier(feed);
    if (classifier)
        g_object_set(classifier, "threshold", threshold, NULL);
}

void feed_pause(Feed *feed, bool paused)
{
    feed->paused = paused;
    feed->last_frame = g_get_monotonic_time();
    if (feed->pipeline)
        gst_element_set_state(feed->pipeline, paused ? GST_STATE_PAUSED : GST_STATE_PLAYING);
}

char *feed_command(const Feed *feed, const char *sink)
{
    FeedLaunch what = launch_of(feed);
    return feed_launch_command(&what, sink);
}

const Source *feed_source(const Feed *feed)
{
    return feed->source;
}

const char *feed_trouble(const Feed *feed)
{
    return feed->trouble;
}

guint feed_frames(const Feed *feed)
{
    return (guint)g_atomic_int_get(&feed->n_frames);
}

void feed_free(Feed *feed)
{
    if (!feed)
        return;
    stop(feed);
    g_source_remove(feed->tick);
    source_free(feed->source);
    g_free(feed->model);
    g_free(feed->trouble);
    g_free(feed);
}

Feed *feed_new(const FeedOptions *options, const char *model, const FeedHooks *hooks, gpointer data)
{
    Feed *feed = g_new0(Feed, 1);
    feed->options = *options;
    feed->hooks = *hooks;
    feed->data = data;
    feed->model = g_strdup(model);
    feed->tick = g_timeout_add(TICK_MS, on_tick, feed);
    return feed;
}
