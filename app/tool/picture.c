/* SPDX-License-Identifier: MIT */
/* picture.c - decodes one frame with GStreamer's decoders and hands it to the net as it is: no
 * conversion where the decoder's pixel format is one of ours. */
#include <gio/gio.h>
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/videoorientation.h>
#include <string.h>

#include "picture.h"

enum { DECODE_SECONDS = 30 };

bool picture_init(GError **error)
{
    /* Right for pictures, yet not chosen by GStreamer itself. libav's own decoders of BMP and TIFF
     * are marginal, and fail on a file that comes in more than one buffer. */
    static const struct {
        const char *factory;
        guint rank;
    } helpers[] = {
        {"gdkpixbufdec", GST_RANK_SECONDARY}, /* BMP, TIFF, SVG, ... */
        {"jpegparse", GST_RANK_PRIMARY + 1},  /* knows how the camera was held */
    };
    if (!gst_init_check(NULL, NULL, error)) {
        g_prefix_error(error, "cannot start GStreamer: ");
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(helpers); i++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(helpers[i].factory);
        if (factory && gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)) < helpers[i].rank)
            gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(factory), helpers[i].rank);
    }
    return true;
}

/* "video/x-raw,format={I420,...}": every pixel format of the runtime. */
static char *raw_caps(void)
{
    g_autoptr(GString) caps = g_string_new("video/x-raw,format={");
    for (int i = 0; i < NN_PIXELS_COUNT; i++)
        g_string_append_printf(caps, "%s%s", i ? "," : "", nn_pixels_name((NnPixels)i));
    g_string_append(caps, "}");
    return g_string_free(g_steal_pointer(&caps), FALSE);
}

/* The pipeline that ends in an appsink named "out", or NULL and error. videoconvert lets frames
 * pass untouched whose format is in the caps (all but 10-bit video and the like). */
static GstElement *make_pipeline(const char *name, GError **error)
{
    bool from_stdin = g_str_equal(name, "-");
    g_autofree char *caps = raw_caps();
    g_autofree char *launch =
        g_strdup_printf("%s name=in ! videoconvert ! appsink name=out sync=false max-buffers=1 "
                        "caps=\"%s\"",
                        from_stdin ? "fdsrc ! decodebin" : "uridecodebin", caps);
    GError *failure = NULL;
    GstElement *pipeline = gst_parse_launch(launch, &failure);
    if (failure) { /* a pipeline with a part missing */
        g_clear_object(&pipeline);
        g_propagate_prefixed_error(error, failure,
                                   "%s: a part of GStreamer is missing (install "
                                   "gstreamer1.0-plugins-base): ",
                                   name);
        return NULL;
    }
    if (!from_stdin) {
        g_autoptr(GFile) file = g_file_new_for_commandline_arg(name);
        g_autofree char *uri = g_file_get_uri(file);
        g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
        g_object_set(in, "uri", uri, NULL);
    }
    return pipeline;
}

static const char *mend_of(const GError *cause, const char *name)
{
    if (strstr(name, "://"))
        return "; is the address right, and does its server answer?";
    if (g_error_matches(cause, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND))
        return "; is it a picture or a video?";
    if (cause->domain == GST_STREAM_ERROR)
        return "; it is damaged or cut short";
    return "";
}

/* Waits for the first frame; false and error if none comes. */
static bool wait_for_frame(GstElement *pipeline, const char *name, GError **error)
{
    const GstMessageType types =
        GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ELEMENT;
    static const char no_picture[] = "%s: there is no picture in it";
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autofree char *missing = NULL; /* the decoder that nobody has */
    for (;;) {
        g_autoptr(GstMessage) message =
            gst_bus_timed_pop_filtered(bus, DECODE_SECONDS * GST_SECOND, types);
        g_autoptr(GError) cause = NULL;
        g_autofree char *debug = NULL;
        switch (message ? GST_MESSAGE_TYPE(message) : GST_MESSAGE_UNKNOWN) {
        case GST_MESSAGE_ASYNC_DONE:
            return true;
        case GST_MESSAGE_ELEMENT:
            if (gst_message_has_name(message, "missing-plugin")) {
                g_free(missing);
                missing =
                    g_strdup(gst_structure_get_string(gst_message_get_structure(message), "name"));
            }
            continue;
        case GST_MESSAGE_ERROR:
            gst_message_parse_error(message, &cause, &debug);
            if (g_str_has_suffix(cause->message, "."))
                cause->message[strlen(cause->message) - 1] = '\0';
            if (missing)
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                            "%s: no %s is installed; gstreamer1.0-plugins-bad or "
                            "gstreamer1.0-libav may have one",
                            name, missing);
            else if (debug && strstr(debug, "not-linked"))
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, no_picture, name);
            else
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: cannot be decoded: %s%s",
                            name, cause->message, mend_of(cause, name));
            return false;
        case GST_MESSAGE_EOS:
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, no_picture, name);
            return false;
        default:
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s: no picture within %d seconds",
                        name, DECODE_SECONDS);
            return false;
        }
    }
}

static bool check_file(const char *name, GError **error)
{
    if (g_str_equal(name, "-") || strstr(name, "://"))
        return true;
    if (!g_file_test(name, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: no such file", name);
        return false;
    }
    if (g_file_test(name, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY,
                    "%s: is a directory; name the pictures in it, such as %s/*.jpg", name, name);
        return false;
    }
    return true;
}

static NnMatrix matrix_of(GstVideoColorMatrix matrix)
{
    switch (matrix) {
    case GST_VIDEO_COLOR_MATRIX_FCC:
        return NN_MATRIX_FCC;
    case GST_VIDEO_COLOR_MATRIX_BT709:
        return NN_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT601:
        return NN_MATRIX_BT601;
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
        return NN_MATRIX_SMPTE240M;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
        return NN_MATRIX_BT2020;
    default:
        return NN_MATRIX_UNKNOWN;
    }
}

static NnRange range_of(GstVideoColorRange range)
{
    switch (range) {
    case GST_VIDEO_COLOR_RANGE_0_255:
        return NN_RANGE_FULL;
    case GST_VIDEO_COLOR_RANGE_16_235:
        return NN_RANGE_LIMITED;
    default:
        return NN_RANGE_UNKNOWN;
    }
}

/* How the camera was held, from the tags (Exif) that came before the frame. */
static NnTurn turn_of(GstAppSink *out)
{
    GstVideoOrientationMethod method = GST_VIDEO_ORIENTATION_IDENTITY;
    g_autoptr(GstPad) pad = gst_element_get_static_pad(GST_ELEMENT(out), "sink");
    g_autoptr(GstEvent) event = NULL;
    for (guint i = 0; (event = gst_pad_get_sticky_event(pad, GST_EVENT_TAG, i)); i++) {
        GstTagList *tags;
        gst_event_parse_tag(event, &tags);
        bool found = gst_video_orientation_from_tag(tags, &method);
        g_clear_pointer(&event, gst_event_unref);
        if (found)
            break;
    }
    return method < (int)NN_TURN_COUNT ? (NnTurn)method : NN_TURN_IDENTITY;
}

/* Maps the frame of picture->sample and describes it. */
static bool map_sample(Picture *picture, NnTurn turn)
{
    GstVideoInfo caps;
    if (!gst_video_info_from_caps(&caps, gst_sample_get_caps(picture->sample)) ||
        !gst_video_frame_map(&picture->frame, &caps, gst_sample_get_buffer(picture->sample),
                             GST_MAP_READ))
        return false;
    const GstVideoInfo *info = &picture->frame.info;
    picture->format = (NnImageFormat){
        .pixels =
            (NnPixels)nn_pixels_from_name(gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(info))),
        .width = GST_VIDEO_INFO_WIDTH(info),
        .height = GST_VIDEO_INFO_HEIGHT(info),
        .matrix = matrix_of(info->colorimetry.matrix),
        .range = range_of(info->colorimetry.range),
        .par_n = GST_VIDEO_INFO_PAR_N(info),
        .par_d = GST_VIDEO_INFO_PAR_D(info),
        .turn = turn,
    };
    return true;
}

/* A pipeline whose first frame is waiting in its sink. */
typedef struct {
    GstElement *pipeline;
    GstAppSink *out;
} Decoder;

static void decoder_stop(Decoder *d)
{
    gst_element_set_state(d->pipeline, GST_STATE_NULL);
    g_clear_object(&d->out);
    g_clear_object(&d->pipeline);
}

static bool decoder_start(Decoder *d, const char *name, GError **error)
{
    *d = (Decoder){0};
    if (!check_file(name, error) || !(d->pipeline = make_pipeline(name, error)))
        return false;
    d->out = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(d->pipeline), "out"));
    gst_element_set_state(d->pipeline, GST_STATE_PAUSED); /* a failure comes over the bus */
    if (wait_for_frame(d->pipeline, name, error))
        return true;
    decoder_stop(d);
    return false;
}

bool picture_open(Picture *picture, const char *name, GError **error)
{
    Decoder d;
    *picture = (Picture){0};
    if (!decoder_start(&d, name, error))
        return false;
    picture->sample = gst_app_sink_pull_preroll(d.out);
    bool ok = picture->sample && map_sample(picture, turn_of(d.out));
    if (!ok) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: the decoded pixels are not readable",
                    name);
        g_clear_pointer(&picture->sample, gst_sample_unref);
    }
    decoder_stop(&d);
    return ok;
}

bool picture_from_sample(Picture *picture, GstSample *sample)
{
    *picture = (Picture){.sample = gst_sample_ref(sample)};
    if (map_sample(picture, NN_TURN_IDENTITY))
        return true;
    g_clear_pointer(&picture->sample, gst_sample_unref);
    return false;
}

bool picture_each(const char *name, double interval,
                  bool (*take)(void *data, const Picture *picture, GError **error), void *data,
                  GError **error)
{
    Decoder d;
    GError *failure = NULL;
    GstClockTime due = 0;
    if (!decoder_start(&d, name, error))
        return false;
    gst_element_set_state(d.pipeline, GST_STATE_PLAYING);
    for (bool more = true; more && !failure;) {
        Picture picture = {.sample =
                               gst_app_sink_try_pull_sample(d.out, DECODE_SECONDS * GST_SECOND)};
        if (!picture.sample)
            break;
        GstClockTime time = GST_BUFFER_PTS(gst_sample_get_buffer(picture.sample));
        if (GST_CLOCK_TIME_IS_VALID(time) && time < due) {
            gst_sample_unref(picture.sample);
            continue;
        }
        due += (GstClockTime)(interval * GST_SECOND);
        if (map_sample(&picture, turn_of(d.out))) {
            more = take(data, &picture, &failure);
            picture_close(&picture);
        } else {
            gst_sample_unref(picture.sample);
        }
    }
    decoder_stop(&d);
    if (failure)
        g_propagate_error(error, failure);
    return !failure;
}

void picture_close(Picture *picture)
{
    gst_video_frame_unmap(&picture->frame);
    g_clear_pointer(&picture->sample, gst_sample_unref);
}

bool picture_show(const Picture *picture, NnNet *net, NnFit fit, GError **error)
{
    NnImageFormat format = picture->format;
    format.fit = fit;
    if (!nn_net_set_image_format(net, &format, error))
        return false;
    const void *planes[GST_VIDEO_MAX_PLANES];
    int strides[GST_VIDEO_MAX_PLANES];
    for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&picture->frame); i++) {
        planes[i] = GST_VIDEO_FRAME_PLANE_DATA(&picture->frame, i);
        strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&picture->frame, i);
    }
    nn_net_set_image(net, planes, strides);
    return true;
}

bool picture_fit_from_name(const char *name, NnFit *fit)
{
    static const char *const names[] = {"crop", "stretch", "letterbox"};
    *fit = NN_FIT_CROP;
    for (size_t i = 0; name && i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(name, names[i])) {
            *fit = (NnFit)i;
            return true;
        }
    }
    return !name;
}
