/* SPDX-License-Identifier: MIT */
/* outputs.c - the pipeline behind all sources: built from text, one branch for each output. */
#include <gio/gio.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "keys.h"
#include "outputs.h"
#include "report.h"
#include "status.h"

struct Outputs {
    OutputsHooks hooks;
    gpointer data;
    GstElement *pipeline;
    GstElement *in; /* its appsrc */
    guint bus_watch;
    GMutex lock; /* caps and the frames of these caps go in together */
    GstCaps *caps;
    gint want_jpeg, hide_labels; /* atomic */
};

static void append_branch(GString *launch, const char *branch)
{
    g_string_append_printf(
        launch,
        " t. ! queue leaky=downstream max-size-buffers=2 max-size-bytes=0 max-size-time=0 ! %s",
        branch);
}

static char *make_launch(const OutputsOptions *options)
{
    GString *launch =
        g_string_new("appsrc name=in is-live=true format=time max-buffers=2 max-bytes=0 "
                     "leaky-type=downstream ! mobilenetoverlay name=labels ! tee name=t "
                     "allow-not-linked=true");
    if (options->window)
        append_branch(launch, "videoconvert ! autovideosink sync=false");
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
    g_autoptr(GstElement) gate = gst_bin_get_by_name(GST_BIN(outputs->pipeline), "jpeg-gate");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(outputs->pipeline), "jpegs");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(gate, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_gate, outputs, NULL);
    GstAppSinkCallbacks callbacks = {.new_sample = on_jpeg};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, outputs, NULL);
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
    Key key;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_APPLICATION:
        key = keys_parse(message);
        if (key != KEY_NONE)
            outputs->hooks.key((int)key, outputs->data);
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
    }
    gst_app_src_push_buffer(GST_APP_SRC(outputs->in), buffer);
    g_mutex_unlock(&outputs->lock);
}

void outputs_want_jpeg(Outputs *outputs, bool wanted)
{
    g_atomic_int_set(&outputs->want_jpeg, wanted);
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
    if (options->jpeg)
        watch_jpegs(outputs);
    if (options->window)
        watch_keys(pipeline);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    outputs->bus_watch = gst_bus_add_watch(bus, on_message, outputs);
    gst_element_set_state(pipeline, GST_STATE_PLAYING); /* a failure comes over the bus */
    return outputs;
}
