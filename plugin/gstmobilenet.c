/* SPDX-License-Identifier: MIT */
/* gstmobilenet.c - the element: properties, caps, events, states. What happens to the frames is
 * elsewhere: engine, drawing. */
/**
 * SECTION:element-mobilenet
 * @title: mobilenet
 * @see_also: mobilenetoverlay
 *
 * Names what the video shows, with a MobileNet-like model from a .tflite file. Takes any of 22 raw
 * formats as the camera delivers them, passes every frame on, and tells what it saw in four ways:
 * drawn on the video, as metadata "GstMobilenetMeta" on each buffer, in element messages named
 * "mobilenet", and in the property #GstMobilenet:last-result. Their fields are the same: label,
 * confidence, index, results, timestamp, stream-time, running-time, duration, inference-time, age,
 * frame; messages also say whether the label changed.
 *
 * With a live source the video never waits: the newest frame is classified on another thread while
 * the others pass, and age says how long ago the picture was taken that the label belongs to.
 * With a file every frame is classified, in step. See #GstMobilenet:mode.
 *
 * ## Example: label a camera
 * |[
 * gst-launch-1.0 v4l2src ! mobilenet ! videoconvert ! autovideosink
 * ]|
 *
 * ## Example: print what a test picture is taken for
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=10 ! mobilenet overlay=false message=all ! fakesink
 * ]|
 */
#include <gst/video/video.h>

#include "bus.h"
#include "capsinfo.h"
#include "classifier.h"
#include "delay.h"
#include "drawing.h"
#include "engine.h"
#include "gstmobilenet.h"
#include "inputview.h"
#include "regions.h"
#include "settings.h"
#include "textpad.h"

GST_DEBUG_CATEGORY(gst_mobilenet_debug);
#define GST_CAT_DEFAULT gst_mobilenet_debug

enum {
    PROP_LAST_RESULT = PROP_SETTINGS_LAST + 1,
    PROP_STATS,
    PROP_MODEL_INFO,
};

/* How long the end of the stream waits for the inference under way. */
#define EOS_WAIT_US (10 * G_USEC_PER_SEC)

struct _GstMobilenet {
    GstBaseTransform parent;

    Settings settings; /* under the object lock */
    Engine *engine;    /* while started; comes and goes under the object lock */

    /* the streaming thread's */
    GstVideoInfo info;
    const gchar *format; /* its name in the caps, interned */
    gboolean known;      /* info is of a format that can be classified */
    gboolean warned;     /* once is enough for frames that cannot be read or drawn on */
    gboolean live_asked, live;
    guint64 number;                   /* of the last frame */
    GstVideoOrientationMethod tagged; /* by the image-orientation tag */
    Drawing drawing;
    Delay delay;
    TextPad text;
    InputView input;
};

/* clang-format off */
#define KNOWN_FORMATS "{ I420, YV12, NV12, NV21, YUY2, UYVY, YVYU, RGB, BGR, RGBx, BGRx, xRGB, "   \
    "xBGR, RGBA, BGRA, ARGB, ABGR, GRAY8, RGB16, Y42B, Y444, NV16 }"
/* What can be classified first; the last line lets all other video pass, with a warning. */
#define VIDEO_CAPS                                                                                 \
    GST_VIDEO_CAPS_MAKE(KNOWN_FORMATS) ";"                                                         \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES("ANY", KNOWN_FORMATS) ";"                                    \
    "video/x-raw(ANY)"
/* clang-format on */

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));

static GstStaticPadTemplate text_template =
    GST_STATIC_PAD_TEMPLATE("text", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(TEXT_PAD_CAPS));
static GstStaticPadTemplate preview_template = GST_STATIC_PAD_TEMPLATE(
    "preview", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(INPUT_VIEW_CAPS));

G_DEFINE_TYPE(GstMobilenet, gst_mobilenet, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(mobilenet, "mobilenet", GST_RANK_NONE, GST_TYPE_MOBILENET)

/* ---- properties --------------------------------------------------------------------------- */

static void check_roi(GstMobilenet *self, const gchar *text)
{
    GError *error = NULL;
    Roi roi;

    if (text != NULL && *text != '\0' && !roi_parse(text, &roi, &error)) {
        bus_post_warning(GST_ELEMENT(self), error);
        g_error_free(error);
    }
}

static void gst_mobilenet_set_property(GObject *object, guint id, const GValue *value,
                                       GParamSpec *pspec)
{
    GstMobilenet *self = GST_MOBILENET(object);

    GST_OBJECT_LOCK(self);
    gboolean known = settings_set(&self->settings, id, value);
    if (id == PROP_DEBUG_INPUT) /* each time anew */
        self->input.file = self->settings.debug_input;
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);

    if (id == PROP_ROI)
        check_roi(self, g_value_get_string(value));
    if (id == PROP_OVERLAY) { /* the caps feature of overlay compositions comes or goes */
        drawing_unsettle(&self->drawing);
        gst_base_transform_reconfigure_src(GST_BASE_TRANSFORM(self));
    }
}

static void gst_mobilenet_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    GstMobilenet *self = GST_MOBILENET(object);

    GST_OBJECT_LOCK(self);
    if (id == PROP_LAST_RESULT)
        g_value_take_boxed(value, self->engine ? engine_last_result(self->engine) : NULL);
    else if (id == PROP_STATS)
        g_value_take_boxed(value, self->engine ? engine_stats(self->engine) : NULL);
    else if (id == PROP_MODEL_INFO)
        g_value_take_boxed(value, self->engine ? engine_model(self->engine) : NULL);
    else if (!settings_get(&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    GST_OBJECT_UNLOCK(self);
}

static Settings current_settings(GstMobilenet *self)
{
    GST_OBJECT_LOCK(self);
    Settings settings = self->settings;
    GST_OBJECT_UNLOCK(self);
    return settings;
}

/* ---- caps --------------------------------------------------------------------------------- */

static GstCaps *gst_mobilenet_transform_caps(GstBaseTransform *transform, GstPadDirection direction,
                                             GstCaps *caps, GstCaps *filter)
{
    GstMobilenet *self = GST_MOBILENET(transform);

    return drawing_transform_caps(&self->drawing, current_settings(self).overlay, direction, caps,
                                  filter);
}

static GstCaps *gst_mobilenet_fixate_caps(GstBaseTransform *transform, GstPadDirection direction,
                                          GstCaps *caps, GstCaps *othercaps)
{
    (void)transform;
    (void)direction;
    (void)caps;
    return drawing_fixate_caps(othercaps);
}

static GstClockTime frame_duration(const GstVideoInfo *info)
{
    if (GST_VIDEO_INFO_FPS_N(info) <= 0 || GST_VIDEO_INFO_FPS_D(info) <= 0)
        return GST_CLOCK_TIME_NONE;
    return gst_util_uint64_scale_int(GST_SECOND, GST_VIDEO_INFO_FPS_D(info),
                                     GST_VIDEO_INFO_FPS_N(info));
}

/* Never refuses: what cannot be classified passes. */
static gboolean gst_mobilenet_set_caps(GstBaseTransform *transform, GstCaps *in, GstCaps *out)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    const gchar *format = gst_structure_get_string(gst_caps_get_structure(in, 0), "format");

    drawing_set_caps(&self->drawing, in, out);
    self->format = format != NULL ? g_intern_string(format) : "unknown";
    self->known =
        caps_info(&self->info, in) && nn_pixels_from_name(GST_VIDEO_INFO_NAME(&self->info)) >= 0;
    delay_set_duration(&self->delay,
                       self->known ? frame_duration(&self->info) : GST_CLOCK_TIME_NONE);
    return TRUE;
}

/* ---- frames ------------------------------------------------------------------------------- */

static gboolean upstream_is_live(GstBaseTransform *transform)
{
    GstQuery *query = gst_query_new_latency();
    gboolean live = FALSE;

    if (gst_pad_peer_query(GST_BASE_TRANSFORM_SINK_PAD(transform), query))
        gst_query_parse_latency(query, &live, NULL, NULL);
    gst_query_unref(query);
    return live;
}

static void warn_once(GstMobilenet *self, const gchar *text)
{
    if (!self->warned)
        GST_ELEMENT_WARNING(self, STREAM, FORMAT, ("%s", text), (NULL));
    self->warned = TRUE;
}

static void draw(GstMobilenet *self, GstBuffer *buffer, const Result *result,
                 const LabelStyle *style)
{
    gint64 start = g_get_monotonic_time();

    if (!drawing_draw(&self->drawing, GST_BASE_TRANSFORM(self), buffer, &self->info, result, style))
        warn_once(self, "The video cannot be written to, so no label is drawn; set overlay=false, "
                        "or download the video to system memory before this element.");
    engine_add_time(self->engine, STAGE_DRAW, start);
}

/* Says so when the latency is another than before. */
static void follow_latency(GstMobilenet *self, const Settings *settings)
{
    gboolean in_step = self->live && settings_in_step(settings, self->live);

    if (in_step)
        delay_add_busy(&self->delay, engine_busy_time(self->engine));
    if (delay_latency_changed(&self->delay, settings_held_frames(settings), in_step))
        gst_element_post_message(GST_ELEMENT(self), gst_message_new_latency(GST_OBJECT(self)));
}

static NnTurn turn_of(const GstMobilenet *self, const Settings *settings)
{
    GstVideoOrientationMethod method = settings->direction;

    if (method == GST_VIDEO_ORIENTATION_AUTO)
        method = self->tagged;
    return method <= GST_VIDEO_ORIENTATION_UR_LL ? (NnTurn)method : NN_TURN_IDENTITY;
}

/* A frame comes in: it is looked at. */
static GstFlowReturn gst_mobilenet_transform_ip(GstBaseTransform *transform, GstBuffer *buffer)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    Settings settings = current_settings(self);
    GError *error = NULL;

    if (!self->live_asked) {
        self->live = upstream_is_live(transform);
        self->live_asked = TRUE;
    }

    Frame frame = {
        .buffer = buffer,
        .info = self->known ? &self->info : NULL,
        .segment = &transform->segment,
        .live = self->live,
        .turn = turn_of(self, &settings),
    };
    self->number = engine_frame(self->engine, &frame, &settings, &error);
    follow_latency(self, &settings);
    if (error != NULL) {
        warn_once(self, error->message);
        g_error_free(error);
    }
    return GST_FLOW_OK;
}

/* What the net is about to see; called by the engine. */
static void show_input(gpointer data, const Classifier *classifier, guint n, GstBuffer *frame)
{
    GstMobilenet *self = GST_MOBILENET(data);

    input_view_show(&self->input, &GST_BASE_TRANSFORM(self)->segment, classifier, n, frame);
}

/* Puts the result on the frame. FALSE if it is of regions that are no longer there. */
static gboolean put(GstMobilenet *self, GstBuffer *buffer, Result *result, const Settings *settings)
{
    Region regions[RESULT_MAX_REGIONS];

    if (result->by_region) {
        if (!self->known || !regions_carry_over(buffer, &self->info, result, regions))
            return FALSE;
        regions_attach(buffer, result, regions);
    }
    result_meta_add(buffer, result);
    if (settings->overlay && self->known)
        draw(self, buffer, result, &settings->style);
    return TRUE;
}

/* A frame goes out: it gets its label. */
static void label(GstMobilenet *self, GstBuffer *buffer, guint64 number, const Settings *settings)
{
    Result result;

    if (!self->live)
        engine_await(self->engine, number);
    gboolean found = engine_result(self->engine, number, settings, &result);
    gboolean there = found && put(self, buffer, &result, settings);
    text_pad_frame(&self->text, &GST_BASE_TRANSFORM(self)->segment, buffer, there ? &result : NULL,
                   settings->text);
    if (found)
        result_clear(&result);
}

/* The oldest frame, if more than n are held back. */
static GstBuffer *next_frame(GstMobilenet *self, guint n, const Settings *settings)
{
    guint64 number;
    GstBuffer *buffer = delay_length(&self->delay) > n ? delay_pop(&self->delay, &number) : NULL;

    if (buffer != NULL)
        label(self, buffer, number, settings);
    return buffer;
}

/* All frames go this way; only in mode=matched there is more than one at a time. Called again and
 * again until nothing comes out. */
static GstFlowReturn gst_mobilenet_generate_output(GstBaseTransform *transform, GstBuffer **out)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    GstBuffer *in = NULL;
    GstFlowReturn flow =
        GST_BASE_TRANSFORM_CLASS(gst_mobilenet_parent_class)->generate_output(transform, &in);

    if (flow != GST_FLOW_OK)
        return flow;
    Settings settings = current_settings(self);
    if (in != NULL)
        delay_push(&self->delay, in, self->number);
    *out = next_frame(self, settings_held_frames(&settings), &settings);
    return GST_FLOW_OK;
}

/* No frame may come after what follows it in the stream. */
static void send_held_frames(GstMobilenet *self)
{
    Settings settings = current_settings(self);
    GstBuffer *buffer;

    while ((buffer = next_frame(self, 0, &settings)) != NULL)
        gst_pad_push(GST_BASE_TRANSFORM_SRC_PAD(self), buffer);
}

/* ---- events ------------------------------------------------------------------------------- */

/* After negotiation, once per new caps from upstream. */
static void caps_are_set(GstMobilenet *self)
{
    if (current_settings(self).overlay)
        drawing_settle(&self->drawing, GST_BASE_TRANSFORM(self));
    if (!self->known)
        GST_ELEMENT_WARNING(
            self, STREAM, FORMAT,
            ("Video of format %s passes without being classified; put \"videoconvert "
             "! video/x-raw,format=I420\" before this element.",
             self->format),
            (NULL));
}

static void heed_tags(GstMobilenet *self, GstEvent *event)
{
    GstVideoOrientationMethod method;
    GstTagList *tags;

    gst_event_parse_tag(event, &tags);
    if (gst_video_orientation_from_tag(tags, &method))
        self->tagged = method;
}

static gboolean gst_mobilenet_sink_event(GstBaseTransform *transform, GstEvent *event)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    GstEventType type = GST_EVENT_TYPE(event);

    if (type == GST_EVENT_EOS && !engine_finish(self->engine, EOS_WAIT_US)) /* the last one first */
        GST_WARNING_OBJECT(self, "the last inference does not end; its result is lost");
    if (GST_EVENT_IS_SERIALIZED(event) && type != GST_EVENT_FLUSH_STOP)
        send_held_frames(self);
    text_pad_event(&self->text, &transform->segment, event);
    side_pad_event(&self->input.side, event);

    switch (type) {
    case GST_EVENT_FLUSH_START:
        engine_break_waits(self->engine, TRUE);
        break;
    case GST_EVENT_FLUSH_STOP:
        engine_break_waits(self->engine, FALSE);
        delay_clear(&self->delay);
        engine_forget(self->engine, FALSE);
        break;
    case GST_EVENT_STREAM_START:
        self->live_asked = FALSE;
        self->tagged = GST_VIDEO_ORIENTATION_IDENTITY;
        engine_forget(self->engine, FALSE);
        break;
    case GST_EVENT_TAG:
        heed_tags(self, event);
        break;
    case GST_EVENT_SEGMENT:
        engine_forget(self->engine, FALSE);
        break;
    case GST_EVENT_GAP:
        engine_forget(self->engine, TRUE);
        break;
    case GST_EVENT_CAPS:
        drawing_unsettle(&self->drawing);
        engine_forget(self->engine, FALSE);
        break;
    default:
        break;
    }

    gboolean done =
        GST_BASE_TRANSFORM_CLASS(gst_mobilenet_parent_class)->sink_event(transform, event);
    if (type == GST_EVENT_CAPS && done)
        caps_are_set(self);
    return done;
}

static void heed_qos(GstMobilenet *self, GstEvent *event)
{
    gdouble proportion;
    GstClockTimeDiff diff;
    GstClockTime running_time;

    gst_event_parse_qos(event, NULL, &proportion, &diff, &running_time);
    GST_OBJECT_LOCK(self); /* the event may come at any time, the end of the engine included */
    if (self->engine != NULL)
        engine_heed_qos(self->engine, proportion, diff, running_time);
    GST_OBJECT_UNLOCK(self);
}

static gboolean gst_mobilenet_src_event(GstBaseTransform *transform, GstEvent *event)
{
    GstMobilenet *self = GST_MOBILENET(transform);

    if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE)
        drawing_unsettle(&self->drawing);
    if (GST_EVENT_TYPE(event) == GST_EVENT_QOS)
        heed_qos(self, event);
    return GST_BASE_TRANSFORM_CLASS(gst_mobilenet_parent_class)->src_event(transform, event);
}

/* ---- queries ------------------------------------------------------------------------------ */

static gboolean gst_mobilenet_query(GstBaseTransform *transform, GstPadDirection direction,
                                    GstQuery *query)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    Settings settings = current_settings(self);
    GstClockTime min, max, own;
    gboolean live;

    if (!GST_BASE_TRANSFORM_CLASS(gst_mobilenet_parent_class)->query(transform, direction, query))
        return FALSE;
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY || direction != GST_PAD_SRC)
        return TRUE;

    gst_query_parse_latency(query, &live, &min, &max);
    own = delay_latency(&self->delay, settings_held_frames(&settings),
                        live && settings_in_step(&settings, live));
    if (GST_CLOCK_TIME_IS_VALID(max))
        max += own;
    gst_query_set_latency(query, live, min + own, max);
    return TRUE;
}

/* A pool must have frames left while some are held back. */
static gboolean gst_mobilenet_propose_allocation(GstBaseTransform *transform, GstQuery *decide,
                                                 GstQuery *query)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    Settings settings = current_settings(self);
    guint held = settings_held_frames(&settings);

    if (!GST_BASE_TRANSFORM_CLASS(gst_mobilenet_parent_class)
             ->propose_allocation(transform, decide, query))
        return FALSE;
    for (guint i = 0; held > 0 && i < gst_query_get_n_allocation_pools(query); i++) {
        GstBufferPool *pool;
        guint size, least, most;

        gst_query_parse_nth_allocation_pool(query, i, &pool, &size, &least, &most);
        gst_query_set_nth_allocation_pool(query, i, pool, size, least + held,
                                          most > 0 ? most + held : 0);
        gst_clear_object(&pool);
    }
    return TRUE;
}

/* ---- states ------------------------------------------------------------------------------- */

static void set_engine(GstMobilenet *self, Engine *engine)
{
    GST_OBJECT_LOCK(self);
    Engine *old = self->engine;
    self->engine = engine;
    GST_OBJECT_UNLOCK(self);
    engine_free(old);
}

static gboolean gst_mobilenet_start(GstBaseTransform *transform)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    Settings settings = current_settings(self);
    GError *error = NULL;
    Engine *engine = engine_new(GST_ELEMENT(self), &settings, show_input, &error);

    if (engine == NULL) {
        bus_post_model_error(GST_ELEMENT(self), settings.model_file, error);
        g_error_free(error);
        return FALSE;
    }
    self->known = self->warned = self->live_asked = FALSE;
    drawing_init(&self->drawing);
    set_engine(self, engine);
    return TRUE;
}

static gboolean gst_mobilenet_stop(GstBaseTransform *transform)
{
    GstMobilenet *self = GST_MOBILENET(transform);

    set_engine(self, NULL);
    delay_clear(&self->delay);
    drawing_clear(&self->drawing);
    side_pad_reset(&self->text.side);
    side_pad_reset(&self->input.side);
    return TRUE;
}

/* ---- pads --------------------------------------------------------------------------------- */

static GstPad *gst_mobilenet_request_new_pad(GstElement *element, GstPadTemplate *template,
                                             const gchar *name, const GstCaps *caps)
{
    GstMobilenet *self = GST_MOBILENET(element);
    gboolean text = g_str_equal(GST_PAD_TEMPLATE_NAME_TEMPLATE(template), "text");

    (void)name;
    (void)caps;
    return side_pad_request(text ? &self->text.side : &self->input.side, template);
}

static void gst_mobilenet_release_pad(GstElement *element, GstPad *pad)
{
    GstMobilenet *self = GST_MOBILENET(element);

    if (!side_pad_release(&self->text.side, pad))
        side_pad_release(&self->input.side, pad);
}

/* ---- states, early ------------------------------------------------------------------------ */

/* Fails early if the file is not there; it is read when the element starts. */
static gboolean check_model(GstMobilenet *self)
{
    Settings settings = current_settings(self);
    GError *error = NULL;

    if (classifier_check(settings.model_file, &error))
        return TRUE;
    bus_post_model_error(GST_ELEMENT(self), settings.model_file, error);
    g_error_free(error);
    return FALSE;
}

static GstStateChangeReturn gst_mobilenet_change_state(GstElement *element,
                                                       GstStateChange transition)
{
    GstMobilenet *self = GST_MOBILENET(element);

    if (transition == GST_STATE_CHANGE_NULL_TO_READY && !check_model(self))
        return GST_STATE_CHANGE_FAILURE;
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY && self->engine != NULL)
        engine_break_waits(self->engine, TRUE);
    return GST_ELEMENT_CLASS(gst_mobilenet_parent_class)->change_state(element, transition);
}

/* ---- the class ---------------------------------------------------------------------------- */

static void install_results(GObjectClass *object_class)
{
    const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

    g_object_class_install_property(
        object_class, PROP_LAST_RESULT,
        g_param_spec_boxed("last-result", "Last result",
                           "The last result, with the fields of the element message; NULL before "
                           "the first",
                           GST_TYPE_STRUCTURE, flags));
    g_object_class_install_property(
        object_class, PROP_STATS,
        g_param_spec_boxed(
            "stats", "Statistics",
            "Since the start: frames; of them classified, skipped (the network was busy), paced "
            "(interval, max-rate, cpu-budget) and qos-skipped; results dropped-by-age; cpu-time in "
            "nanoseconds. Of late: 50th, 95th and 99th percentile of the nanoseconds that map, "
            "tensor, picture (both), inference and draw took. NULL while stopped",
            GST_TYPE_STRUCTURE, flags));
    g_object_class_install_property(
        object_class, PROP_MODEL_INFO,
        g_param_spec_boxed(
            "model-info", "Model info",
            "The model in use: path, name, width, height, channels, classes, "
            "labels-fit, threads, load-time, inference-time; notified when a new one "
            "takes over; NULL while stopped",
            GST_TYPE_STRUCTURE, flags));
}

static void gst_mobilenet_finalize(GObject *object)
{
    GstMobilenet *self = GST_MOBILENET(object);

    delay_free(&self->delay);
    text_pad_clear(&self->text);
    input_view_clear(&self->input);
    G_OBJECT_CLASS(gst_mobilenet_parent_class)->finalize(object);
}

static void gst_mobilenet_class_init(GstMobilenetClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    GstElementClass *element_class = GST_ELEMENT_CLASS(class);
    GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS(class);

    GST_DEBUG_CATEGORY_INIT(gst_mobilenet_debug, "mobilenet", 0, "classifies video");

    object_class->finalize = gst_mobilenet_finalize;
    object_class->set_property = gst_mobilenet_set_property;
    object_class->get_property = gst_mobilenet_get_property;
    settings_install(object_class);
    install_results(object_class);

    gst_element_class_set_static_metadata(
        element_class, "MobileNet classifier", "Filter/Analyzer/Video",
        "Names what the video shows, with a MobileNet-like .tflite model",
        "The gst-mobilenet authors");
    gst_element_class_add_static_pad_template(element_class, &sink_template);
    gst_element_class_add_static_pad_template(element_class, &src_template);
    gst_element_class_add_static_pad_template(element_class, &text_template);
    gst_element_class_add_static_pad_template(element_class, &preview_template);

    element_class->request_new_pad = GST_DEBUG_FUNCPTR(gst_mobilenet_request_new_pad);
    element_class->release_pad = GST_DEBUG_FUNCPTR(gst_mobilenet_release_pad);
    element_class->change_state = GST_DEBUG_FUNCPTR(gst_mobilenet_change_state);
    transform_class->start = GST_DEBUG_FUNCPTR(gst_mobilenet_start);
    transform_class->stop = GST_DEBUG_FUNCPTR(gst_mobilenet_stop);
    transform_class->transform_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_transform_caps);
    transform_class->fixate_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_fixate_caps);
    transform_class->set_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_set_caps);
    transform_class->sink_event = GST_DEBUG_FUNCPTR(gst_mobilenet_sink_event);
    transform_class->src_event = GST_DEBUG_FUNCPTR(gst_mobilenet_src_event);
    transform_class->query = GST_DEBUG_FUNCPTR(gst_mobilenet_query);
    transform_class->propose_allocation = GST_DEBUG_FUNCPTR(gst_mobilenet_propose_allocation);
    transform_class->transform_ip = GST_DEBUG_FUNCPTR(gst_mobilenet_transform_ip);
    transform_class->generate_output = GST_DEBUG_FUNCPTR(gst_mobilenet_generate_output);
}

static void gst_mobilenet_init(GstMobilenet *self)
{
    settings_init(&self->settings);
    delay_init(&self->delay);
    text_pad_init(&self->text, GST_ELEMENT(self));
    input_view_init(&self->input, GST_ELEMENT(self));
}
