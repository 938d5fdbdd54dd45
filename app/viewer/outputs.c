/* SPDX-License-Identifier: MIT */
/* outputs.c - the pipeline behind all sources: built from text, one branch for each output. */
#include <gio/gio.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "keys.h"
#include "outputs.h"
#include "report.h"
#include "slate.h"
#include "status.h"

struct Outputs {
    OutputsHooks hooks;
    gpointer data;
    GstElement *pipeline;
    GstElement *in; /* its appsrc */
    guint bus_watch;
    GMutex lock; /* caps and the frames of these caps go in together */
    GstCaps *caps;
    Stream *stream;
    GstSample *clean;  /* waits for its labelled twin */
    bool want_picture; /* of the next frame */
    char *panel;       /* text */
    bool panel_low;
    GstVideoOverlayComposition *painted; /* the same for frames of this size: */
    int painted_width, painted_height;
    gint want_jpeg, hide_labels; /* atomic */
};

static void append_branch(GString *launch, const char *branch)
{
    g_string_append_printf(
        launch,
        " t. ! queue leaky=downstream max-size-buffers=2 max-size-bytes=0 max-size-time=0 ! %s",
        branch);
}

/* The compositor's own sink knows full screen. */
static const char *window_sink(void)
{
    const char *display = g_getenv("WAYLAND_DISPLAY");
    g_autoptr(GstElementFactory) wayland = gst_element_factory_find("waylandsink");
    return display && *display && wayland ? "waylandsink" : "autovideosink";
}

static char *make_launch(const OutputsOptions *options)
{
    GString *launch =
        g_string_new("appsrc name=in is-live=true format=time max-buffers=2 max-bytes=0 "
                     "leaky-type=downstream ! mobilenetoverlay name=labels ! "
                     "capsfilter name=drawn caps=video/x-raw ! tee name=t allow-not-linked=true");
    if (options->window) {
        g_autofree char *window = g_strdup_printf(
            "identity name=window-gate silent=true ! videoconvert ! %s sync=false", window_sink());
        append_branch(launch, window);
    }
    if (options->stream) {
        g_autofree char *stream = stream_launch();
        append_branch(launch, stream);
    }
    if (options->jpeg)
        append_branch(launch, "identity name=jpeg-gate silent=true ! videoconvert ! jpegenc ! "
                              "appsink name=jpegs sync=false async=false max-buffers=1 drop=true "
                              "enable-last-sample=false");
    return g_string_free(launch, FALSE);
}

/* ---- JPEG --------------------------------------------------------------------------------- */

static GstPadProbeReturn on_gate(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad, (void)info;
    const Outputs *outputs = data;
    return g_atomic_int_get(&outputs->want_jpeg) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static GstFlowReturn on_jpeg(GstAppSink *sink, gpointer data)
{
    Outputs *outputs = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (sample)
        outputs->hooks.jpeg(gst_sample_get_buffer(sample), outputs->data);
    return GST_FLOW_OK;
}

static void watch_jpegs(Outputs *outputs)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(outputs->pipeline), "jpegs");
    GstAppSinkCallbacks callbacks = {.new_sample = on_jpeg};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, outputs, NULL);
}

/* ---- snapshots ---------------------------------------------------------------------------- */

typedef struct {
    Outputs *outputs;
    GstSample *clean, *labelled;
} Picture;

static gboolean hand_over(gpointer data)
{
    g_autofree Picture *picture = data;
    picture->outputs->hooks.picture(picture->clean, picture->labelled, picture->outputs->data);
    return G_SOURCE_REMOVE;
}

/* Behind the labels: the twin of the frame that was kept before them. */
static GstPadProbeReturn on_drawn(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Outputs *outputs = data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    g_mutex_lock(&outputs->lock);
    bool twin = outputs->clean &&
                GST_BUFFER_PTS(gst_sample_get_buffer(outputs->clean)) == GST_BUFFER_PTS(buffer);
    if (twin) {
        g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
        g_autoptr(GstBuffer) copy = gst_buffer_copy_deep(buffer);
        Picture *picture = g_new0(Picture, 1);
        picture->outputs = outputs;
        picture->clean = g_steal_pointer(&outputs->clean);
        picture->labelled = gst_sample_new(copy, caps, NULL, NULL);
        g_idle_add(hand_over, picture);
    }
    g_mutex_unlock(&outputs->lock);
    return GST_PAD_PROBE_OK;
}

void outputs_want_picture(Outputs *outputs)
{
    g_mutex_lock(&outputs->lock);
    outputs->want_picture = true;
    g_mutex_unlock(&outputs->lock);
}

/* ---- the panel ---------------------------------------------------------------------------- */

static GstPadProbeReturn on_window(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Outputs *outputs = data;
    GstVideoInfo format;
    GstVideoFrame frame;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    g_mutex_lock(&outputs->lock);
    if (outputs->panel && caps && gst_video_info_from_caps(&format, caps)) {
        int width = GST_VIDEO_INFO_WIDTH(&format), height = GST_VIDEO_INFO_HEIGHT(&format);
        if (!outputs->painted || outputs->painted_width != width ||
            outputs->painted_height != height) {
            g_clear_pointer(&outputs->painted, gst_video_overlay_composition_unref);
            outputs->painted = slate_panel(width, height, outputs->panel, outputs->panel_low);
            outputs->painted_width = width;
            outputs->painted_height = height;
        }
        GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
        GST_PAD_PROBE_INFO_DATA(info) = buffer;
        if (outputs->painted && gst_video_frame_map(&frame, &format, buffer, GST_MAP_READWRITE)) {
            gst_video_overlay_composition_blend(outputs->painted, &frame);
            gst_video_frame_unmap(&frame);
        }
    }
    g_mutex_unlock(&outputs->lock);
    return GST_PAD_PROBE_OK;
}

void outputs_set_panel(Outputs *outputs, const char *text, bool low)
{
    g_mutex_lock(&outputs->lock);
    if (low != outputs->panel_low || g_strcmp0(text, outputs->panel) != 0) {
        g_free(outputs->panel);
        outputs->panel = g_strdup(text);
        outputs->panel_low = low;
        g_clear_pointer(&outputs->painted, gst_video_overlay_composition_unref);
    }
    g_mutex_unlock(&outputs->lock);
}

void outputs_set_label_size(Outputs *outputs, int steps)
{
    g_autoptr(GstElement) labels = gst_bin_get_by_name(GST_BIN(outputs->pipeline), "labels");
    g_mutex_lock(&outputs->lock);
    int height = 0;
    if (outputs->caps)
        gst_structure_get_int(gst_caps_get_structure(outputs->caps, 0), "height", &height);
    g_mutex_unlock(&outputs->lock);
    /* What the element takes by itself, times 1.25 a step. */
    double size = 8.0 + 0.03 * height;
    for (int i = 0; i < ABS(steps); i++)
        size *= steps > 0 ? 1.25 : 0.8;
    g_autofree char *font =
        steps == 0 ? g_strdup("Sans Bold") : g_strdup_printf("Sans Bold %dpx", (int)MAX(size, 6));
    g_object_set(labels, "font", font, NULL);
}

static void add_probe(Outputs *outputs, const char *name, const char *pad_name,
                      GstPadProbeCallback probe)
{
    g_autoptr(GstElement) element = gst_bin_get_by_name(GST_BIN(outputs->pipeline), name);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, pad_name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, probe, outputs, NULL);
}

/* ---- the bus ------------------------------------------------------------------------------ */

static void watch_keys(GstElement *pipeline)
{
    g_autoptr(GstIterator) sinks = gst_bin_iterate_sinks(GST_BIN(pipeline));
    g_auto(GValue) value = G_VALUE_INIT;
    while (gst_iterator_next(sinks, &value) == GST_ITERATOR_OK) {
        GstElement *sink = g_value_get_object(&value);
        if (!GST_IS_APP_SINK(sink))
            keys_watch(sink);
        g_value_reset(&value);
    }
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Outputs *outputs = data;
    const char *key;
    bool down;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_APPLICATION:
        key = keys_parse(message, &down);
        if (key)
            outputs->hooks.key(key, down, outputs->data);
        break;
    case GST_MESSAGE_WARNING:
        report_message(message);
        break;
    case GST_MESSAGE_ERROR:
        if (report_is_closed_window(message)) {
            outputs->hooks.ended(STATUS_OK, outputs->data);
        } else {
            report_message(message);
            outputs->hooks.ended(STATUS_FAILED, outputs->data);
        }
        break;
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(outputs->pipeline));
        break;
    default:
        break;
    }
    return G_SOURCE_CONTINUE;
}

/* ---- the rest ----------------------------------------------------------------------------- */

/* Gives the frame the time of this pipeline, and moves the time of the picture that its label was
 * made from along: what is drawn says how old the label is. */
static void set_time(GstBuffer *buffer, GstClockTime time)
{
    GstClockTime before = GST_BUFFER_PTS(buffer), labelled;
    GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, "GstMobilenetMeta");
    GstStructure *result = meta ? gst_custom_meta_get_structure(meta) : NULL;
    if (result && GST_CLOCK_TIME_IS_VALID(before) &&
        gst_structure_get_uint64(result, "timestamp", &labelled) && labelled <= before) {
        GstClockTime lag = MIN(before - labelled, time);
        gst_structure_set(result, "timestamp", G_TYPE_UINT64, time - lag, NULL);
    }
    GST_BUFFER_PTS(buffer) = time;
    GST_BUFFER_DTS(buffer) = GST_BUFFER_DURATION(buffer) = GST_CLOCK_TIME_NONE;
}

static gboolean strip_result(GstBuffer *buffer, GstMeta **meta, gpointer data)
{
    (void)buffer, (void)data;
    const char *name = g_type_name((*meta)->info->api);
    if (g_str_has_prefix(name, "GstMobilenetMeta") || g_str_has_prefix(name, "GstAnalytics"))
        *meta = NULL;
    return TRUE;
}

static void set_stream_size(Outputs *outputs)
{
    int width, height;
    const GstStructure *structure = gst_caps_get_structure(outputs->caps, 0);
    if (outputs->stream && gst_structure_get_int(structure, "width", &width) &&
        gst_structure_get_int(structure, "height", &height))
        stream_set_size(outputs->stream, width, height);
}

void outputs_push(Outputs *outputs, GstBuffer *buffer, GstCaps *caps)
{
    buffer = gst_buffer_make_writable(buffer);
    if (g_atomic_int_get(&outputs->hide_labels))
        gst_buffer_foreach_meta(buffer, strip_result, NULL);
    g_mutex_lock(&outputs->lock);
    set_time(buffer, gst_element_get_current_running_time(outputs->pipeline));
    if (!outputs->caps || !gst_caps_is_equal(outputs->caps, caps)) {
        gst_caps_replace(&outputs->caps, caps);
        gst_app_src_set_caps(GST_APP_SRC(outputs->in), caps);
        set_stream_size(outputs);
    }
    if (outputs->want_picture) {
        outputs->want_picture = false;
        g_clear_pointer(&outputs->clean, gst_sample_unref);
        g_autoptr(GstBuffer) copy = gst_buffer_copy_deep(buffer);
        outputs->clean = gst_sample_new(copy, caps, NULL, NULL);
    }
    gst_app_src_push_buffer(GST_APP_SRC(outputs->in), buffer);
    g_mutex_unlock(&outputs->lock);
}

Stream *outputs_stream(const Outputs *outputs)
{
    return outputs->stream;
}

void outputs_want_jpeg(Outputs *outputs, bool wanted)
{
    g_atomic_int_set(&outputs->want_jpeg, wanted);
}

bool outputs_set_fullscreen(Outputs *outputs, bool full)
{
    g_autoptr(GstIterator) all = gst_bin_iterate_recurse(GST_BIN(outputs->pipeline));
    g_auto(GValue) value = G_VALUE_INIT;
    bool done = false;
    while (!done && gst_iterator_next(all, &value) == GST_ITERATOR_OK) {
        GObject *element = g_value_get_object(&value);
        done = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "fullscreen") != NULL;
        if (done)
            g_object_set(element, "fullscreen", full, NULL);
        g_value_reset(&value);
    }
    return done;
}

void outputs_show_labels(Outputs *outputs, bool shown)
{
    g_atomic_int_set(&outputs->hide_labels, !shown);
}

void outputs_free(Outputs *outputs)
{
    if (!outputs)
        return;
    g_source_remove(outputs->bus_watch);
    gst_element_set_state(outputs->pipeline, GST_STATE_NULL);
    gst_object_unref(outputs->in);
    gst_clear_caps(&outputs->caps);
    stream_free(outputs->stream);
    g_clear_pointer(&outputs->clean, gst_sample_unref);
    g_clear_pointer(&outputs->painted, gst_video_overlay_composition_unref);
    g_free(outputs->panel);
    g_mutex_clear(&outputs->lock);
    gst_object_unref(outputs->pipeline);
    g_free(outputs);
}

Outputs *outputs_new(const OutputsOptions *options, const OutputsHooks *hooks, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *launch = make_launch(options);
    GstElement *pipeline = gst_parse_launch_full(launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        report("%s; install gstreamer1.0-plugins-base and gstreamer1.0-plugins-good",
               error->message);
        return NULL;
    }
    Outputs *outputs = g_new0(Outputs, 1);
    outputs->hooks = *hooks;
    outputs->data = data;
    g_mutex_init(&outputs->lock);
    outputs->pipeline = pipeline;
    outputs->in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    add_probe(outputs, "drawn", "src", on_drawn);
    if (options->jpeg) {
        add_probe(outputs, "jpeg-gate", "sink", on_gate);
        watch_jpegs(outputs);
    }
    if (options->window) {
        add_probe(outputs, "window-gate", "sink", on_window);
        watch_keys(pipeline);
    }
    if (options->stream)
        outputs->stream = stream_new(pipeline);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    outputs->bus_watch = gst_bus_add_watch(bus, on_message, outputs);
    gst_element_set_state(pipeline, GST_STATE_PLAYING); /* a failure comes over the bus */
    return outputs;
}
