/* SPDX-License-Identifier: MIT */
/* stream.c - one encoder, many takers. */
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include "stream.h"

#define GATE "stream-gate"
#define SIZE "stream-size"
#define SINK "stream-sink"

/* In the order we like them: in hardware, then by quality for the time spent. Key frames at least
 * each 2 s at 30 frames a second: that is how exactly a recording can start. */
static const struct {
    const char *factory, *launch;
} encoders[] = {
    {"v4l2h264enc", "v4l2h264enc extra-controls=\"controls,repeat_sequence_header=1,"
                    "h264_i_frame_period=60\" ! video/x-h264,level=(string)4"},
    {"x264enc", "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=60 bitrate=3000"},
    {"openh264enc", "openh264enc complexity=low gop-size=60 bitrate=3000000"},
};

struct Stream {
    GstElement *size;
    GstPad *out; /* of the encoder's end */
    GMutex lock;
    GPtrArray *taps;
    bool sized;
    gint wanted; /* atomic: number of taps */
};

struct StreamTap {
    Stream *stream;
    StreamFrame *frame;
    gpointer data;
    bool started; /* has had a key frame */
};

static bool has_element(const char *name)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
    return factory != NULL;
}

static const char *find_encoder(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(encoders) && has_element("h264parse"); i++) {
        if (has_element(encoders[i].factory))
            return encoders[i].launch;
    }
    return NULL;
}

bool stream_is_h264(void)
{
    return find_encoder() != NULL;
}

char *stream_launch(void)
{
    const char *encoder = find_encoder();
    return g_strdup_printf(
        "identity name=" GATE " silent=true ! videorate max-rate=30 ! videoconvert ! "
        "videoscale add-borders=true ! capsfilter name=" SIZE " ! %s ! "
        "appsink name=" SINK " sync=false async=false max-buffers=4 drop=true "
        "enable-last-sample=false caps=\"video/x-h264,stream-format=byte-stream,alignment=au;"
        "image/jpeg\"",
        encoder ? encoder : "jpegenc");
}

static GstPadProbeReturn on_gate(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad, (void)info;
    const Stream *stream = data;
    return g_atomic_int_get(&stream->wanted) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static GstFlowReturn on_frame(GstAppSink *sink, gpointer data)
{
    Stream *stream = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_OK;
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    bool key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    g_mutex_lock(&stream->lock);
    for (guint i = 0; i < stream->taps->len; i++) {
        StreamTap *tap = stream->taps->pdata[i];
        tap->started = tap->started || key;
        if (tap->started)
            tap->frame(buffer, gst_sample_get_caps(sample), key, tap->data);
    }
    g_mutex_unlock(&stream->lock);
    return GST_FLOW_OK;
}

void stream_set_size(Stream *stream, int width, int height)
{
    g_mutex_lock(&stream->lock);
    bool first = !stream->sized;
    stream->sized = true;
    g_mutex_unlock(&stream->lock);
    if (!first)
        return;
    /* 4:2:0 wants even numbers, and H.264 encoders a few blocks. */
    g_autoptr(GstCaps) caps =
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT,
                            MAX(width / 2 * 2, 64), "height", G_TYPE_INT, MAX(height / 2 * 2, 64),
                            "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
    g_object_set(stream->size, "caps", caps, NULL);
}

StreamTap *stream_open(Stream *stream, StreamFrame *frame, gpointer data)
{
    StreamTap *tap = g_new0(StreamTap, 1);
    *tap = (StreamTap){.stream = stream, .frame = frame, .data = data};
    g_mutex_lock(&stream->lock);
    g_ptr_array_add(stream->taps, tap);
    g_mutex_unlock(&stream->lock);
    g_atomic_int_inc(&stream->wanted);
    gst_pad_send_event(stream->out,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    return tap;
}

void stream_close(StreamTap *tap)
{
    if (!tap)
        return;
    g_mutex_lock(&tap->stream->lock);
    g_ptr_array_remove(tap->stream->taps, tap);
    g_mutex_unlock(&tap->stream->lock);
    g_atomic_int_add(&tap->stream->wanted, -1);
    g_free(tap);
}

void stream_free(Stream *stream)
{
    if (!stream)
        return;
    gst_object_unref(stream->size);
    gst_object_unref(stream->out);
    g_ptr_array_unref(stream->taps);
    g_mutex_clear(&stream->lock);
    g_free(stream);
}

Stream *stream_new(GstElement *pipeline)
{
    Stream *stream = g_new0(Stream, 1);
    g_mutex_init(&stream->lock);
    stream->taps = g_ptr_array_new();
    stream->size = gst_bin_get_by_name(GST_BIN(pipeline), SIZE);
    g_autoptr(GstElement) gate = gst_bin_get_by_name(GST_BIN(pipeline), GATE);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), SINK);
    g_autoptr(GstPad) in = gst_element_get_static_pad(gate, "sink");
    g_autoptr(GstPad) last = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, on_gate, stream, NULL);
    stream->out = gst_pad_get_peer(last);
    GstAppSinkCallbacks callbacks = {.new_sample = on_frame};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, stream, NULL);
    return stream;
}
