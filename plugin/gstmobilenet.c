/* SPDX-License-Identifier: MIT */
/* gstmobilenet.c - the element, as the data goes: frames in and out, events, states. What the net
 * says of them is engine's, what they take along outgoing's; caps are negotiation's. */
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
#include "bus.h"
#include "classifier.h"
#include "fields.h"
#include "gstmobilenet-private.h"

GST_DEBUG_CATEGORY(gst_mobilenet_debug);
#define GST_CAT_DEFAULT gst_mobilenet_debug

/* How long the end of the stream waits for the inference under way. */
#define EOS_WAIT_US (10 * G_USEC_PER_SEC)

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
    Settings settings = mobilenet_settings(self);
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
        mobilenet_warn_once(self, error->message);
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

/* The oldest frame, if more than n are held back. */
static GstBuffer *next_frame(GstMobilenet *self, guint n, const Settings *settings)
{
    guint64 number;
    GstBuffer *buffer = delay_length(&self->delay) > n ? delay_pop(&self->delay, &number) : NULL;

    if (buffer != NULL)
        mobilenet_label(self, buffer, number, settings);
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
    Settings settings = mobilenet_settings(self);
    if (in != NULL)
        delay_push(&self->delay, in, self->number);
    *out = next_frame(self, settings_held_frames(&settings), &settings);
    return GST_FLOW_OK;
}

/* No frame may come after what follows it in the stream. */
static void send_held_frames(GstMobilenet *self)
{
    Settings settings = mobilenet_settings(self);
    GstBuffer *buffer;

    while ((buffer = next_frame(self, 0, &settings)) != NULL)
        gst_pad_push(GST_BASE_TRANSFORM_SRC_PAD(self), buffer);
}

/* ---- events ------------------------------------------------------------------------------- */

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
        mobilenet_negotiated(self);
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
    Settings settings = mobilenet_settings(self);
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

/* Fails early if the file is not there; it is read when the element starts. */
static gboolean check_model(GstMobilenet *self)
{
    Settings settings = mobilenet_settings(self);
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

/* ---- pads --------------------------------------------------------------------------------- */

/* Text comes when its frame does, and as late. */
static gboolean text_query(GstPad *pad, GstObject *parent, GstQuery *query)
{
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
        return gst_pad_query_default(pad, parent, query);
    return GST_BASE_TRANSFORM_GET_CLASS(parent)->query(GST_BASE_TRANSFORM(parent), GST_PAD_SRC,
                                                       query);
}

static GstPad *gst_mobilenet_request_new_pad(GstElement *element, GstPadTemplate *template,
                                             const gchar *name, const GstCaps *caps)
{
    GstMobilenet *self = GST_MOBILENET(element);
    gboolean text = g_str_equal(GST_PAD_TEMPLATE_NAME_TEMPLATE(template), "text");

    (void)name;
    (void)caps;
    return side_pad_request(text ? &self->text.side : &self->input.side, template,
                            text ? text_query : NULL);
}

static void gst_mobilenet_release_pad(GstElement *element, GstPad *pad)
{
    GstMobilenet *self = GST_MOBILENET(element);

    if (!side_pad_release(&self->text.side, pad))
        side_pad_release(&self->input.side, pad);
}

/* ---- the class ---------------------------------------------------------------------------- */

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
    mobilenet_install_properties(object_class);

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
    mobilenet_install_negotiation(transform_class);
    transform_class->sink_event = GST_DEBUG_FUNCPTR(gst_mobilenet_sink_event);
    transform_class->src_event = GST_DEBUG_FUNCPTR(gst_mobilenet_src_event);
    transform_class->before_transform = fields_sync;
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
