/* SPDX-License-Identifier: MIT */
/* gstmobilenetoverlay.c - draws the results that mobilenet, or from GStreamer 1.24 on any
 * classifier that writes GstAnalyticsClsMtd, has put on the buffers. */
/**
 * SECTION:element-mobilenetoverlay
 * @title: mobilenetoverlay
 * @see_also: mobilenet
 *
 * Draws the classification found on each buffer, on any branch after the element that made it, and
 * the regions with a box each if it is one of regions. From GStreamer 1.24 on also classifications
 * and detections of other elements. The label goes onto the video as overlay composition metadata
 * where downstream takes it, else it is blended into the picture, whatever the format. Buffers
 * without a result pass untouched.
 *
 * ## Example: one branch with the label, one without
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! mobilenet overlay=false ! tee name=t
 *     t. ! queue ! mobilenetoverlay position=top ! videoconvert ! autovideosink
 *     t. ! queue ! videoconvert ! autovideosink
 * ]|
 */
#include <gst/video/video.h>

#include "capsinfo.h"
#include "drawing.h"
#include "fields.h"
#include "gstmobilenetoverlay.h"

GST_DEBUG_CATEGORY_STATIC(gst_mobilenet_overlay_debug);
#define GST_CAT_DEFAULT gst_mobilenet_overlay_debug

enum {
    PROP_0,
    PROP_FROM,
    PROP_STYLE_FIRST,
    PROP_STYLE_LAST = PROP_STYLE_FIRST + LABEL_STYLE_N_PROPERTIES - 1,
};

struct _GstMobilenetOverlay {
    GstBaseTransform parent;

    LabelStyle style;  /* under the object lock */
    const gchar *from; /* interned; NULL: the last; under the object lock */

    /* the streaming thread's */
    GstVideoInfo info;
    gboolean drawable; /* info is valid */
    gboolean warned;
    Drawing drawing;
};

#define VIDEO_CAPS GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL) ";video/x-raw(ANY)"

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));

G_DEFINE_TYPE(GstMobilenetOverlay, gst_mobilenet_overlay, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(mobilenetoverlay, "mobilenetoverlay", GST_RANK_NONE,
                            GST_TYPE_MOBILENET_OVERLAY)

/* ---- properties --------------------------------------------------------------------------- */

static void gst_mobilenet_overlay_set_property(GObject *object, guint id, const GValue *value,
                                               GParamSpec *pspec)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(object);

    GST_OBJECT_LOCK(self);
    gboolean known = id == PROP_FROM;
    if (known)
        field_set(&self->from, value);
    else
        known = label_style_set(&self->style, (gint)id - PROP_STYLE_FIRST, value);
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void gst_mobilenet_overlay_get_property(GObject *object, guint id, GValue *value,
                                               GParamSpec *pspec)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(object);

    GST_OBJECT_LOCK(self);
    gboolean known = id == PROP_FROM;
    if (known)
        field_get(&self->from, value);
    else
        known = label_style_get(&self->style, (gint)id - PROP_STYLE_FIRST, value);
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

/* ---- negotiation -------------------------------------------------------------------------- */

static GstCaps *gst_mobilenet_overlay_transform_caps(GstBaseTransform *transform,
                                                     GstPadDirection direction, GstCaps *caps,
                                                     GstCaps *filter)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(transform);

    return drawing_transform_caps(&self->drawing, TRUE, direction, caps, filter);
}

static GstCaps *gst_mobilenet_overlay_fixate_caps(GstBaseTransform *transform,
                                                  GstPadDirection direction, GstCaps *caps,
                                                  GstCaps *othercaps)
{
    (void)transform;
    (void)direction;
    (void)caps;
    return drawing_fixate_caps(othercaps);
}

static gboolean gst_mobilenet_overlay_set_caps(GstBaseTransform *transform, GstCaps *in,
                                               GstCaps *out)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(transform);

    drawing_set_caps(&self->drawing, in, out);
    self->drawable = caps_info(&self->info, in);
    if (self->drawable) {
        GST_OBJECT_LOCK(self);
        LabelStyle style = self->style;
        GST_OBJECT_UNLOCK(self);
        drawing_prepare(&self->drawing, &self->info, &style);
    }
    return TRUE;
}

static gboolean gst_mobilenet_overlay_sink_event(GstBaseTransform *transform, GstEvent *event)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(transform);
    gboolean is_caps = GST_EVENT_TYPE(event) == GST_EVENT_CAPS;

    if (is_caps)
        drawing_unsettle(&self->drawing);
    gboolean done =
        GST_BASE_TRANSFORM_CLASS(gst_mobilenet_overlay_parent_class)->sink_event(transform, event);
    if (is_caps && done)
        drawing_settle(&self->drawing, transform);
    return done;
}

static gboolean gst_mobilenet_overlay_src_event(GstBaseTransform *transform, GstEvent *event)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(transform);

    if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE)
        drawing_unsettle(&self->drawing);
    return GST_BASE_TRANSFORM_CLASS(gst_mobilenet_overlay_parent_class)
        ->src_event(transform, event);
}

/* ---- streaming ---------------------------------------------------------------------------- */

static gboolean gst_mobilenet_overlay_start(GstBaseTransform *transform)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(transform);

    self->warned = FALSE;
    self->drawable = FALSE;
    drawing_init(&self->drawing);
    return TRUE;
}

static gboolean gst_mobilenet_overlay_stop(GstBaseTransform *transform)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(transform);

    drawing_clear(&self->drawing);
    return TRUE;
}

static GstFlowReturn gst_mobilenet_overlay_transform_ip(GstBaseTransform *transform,
                                                        GstBuffer *buffer)
{
    GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY(transform);
    Result result;
    LabelStyle style;

    GST_OBJECT_LOCK(self);
    style = self->style;
    const gchar *from = self->from;
    GST_OBJECT_UNLOCK(self);

    if (self->drawable && result_meta_get(buffer, from, &result) &&
        !drawing_draw(&self->drawing, transform, buffer, &self->info, &result, &style) &&
        !self->warned) {
        self->warned = TRUE;
        GST_ELEMENT_WARNING(self, STREAM, FORMAT,
                            ("The video cannot be written to, so no label is drawn; download it to "
                             "system memory before this element."),
                            ("mapping a buffer of %s failed", GST_VIDEO_INFO_NAME(&self->info)));
    }
    return GST_FLOW_OK;
}

/* ---- the class ---------------------------------------------------------------------------- */

static void gst_mobilenet_overlay_class_init(GstMobilenetOverlayClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    GstElementClass *element_class = GST_ELEMENT_CLASS(class);
    GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS(class);

    GST_DEBUG_CATEGORY_INIT(gst_mobilenet_overlay_debug, "mobilenetoverlay", 0,
                            "draws classifications");

    object_class->set_property = gst_mobilenet_overlay_set_property;
    object_class->get_property = gst_mobilenet_overlay_get_property;
    g_object_class_install_property(
        object_class, PROP_FROM,
        g_param_spec_string(
            "from", "From",
            "Name of the mobilenet element whose results are drawn, where several "
            "are in series; unset: the last one before, else any classification "
            "or detection of other elements (from GStreamer 1.24 on)",
            NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
    label_style_install(object_class, PROP_STYLE_FIRST);

    gst_element_class_set_static_metadata(
        element_class, "MobileNet label overlay", "Analyzer/Visualization/Video",
        "Draws the classifications and detections found on each buffer onto the video",
        "The gst-mobilenet authors");
    gst_element_class_add_static_pad_template(element_class, &sink_template);
    gst_element_class_add_static_pad_template(element_class, &src_template);

    transform_class->start = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_start);
    transform_class->stop = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_stop);
    transform_class->transform_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_transform_caps);
    transform_class->fixate_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_fixate_caps);
    transform_class->set_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_set_caps);
    transform_class->sink_event = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_sink_event);
    transform_class->src_event = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_src_event);
    transform_class->before_transform = fields_sync;
    transform_class->transform_ip = GST_DEBUG_FUNCPTR(gst_mobilenet_overlay_transform_ip);
}

static void gst_mobilenet_overlay_init(GstMobilenetOverlay *self)
{
    label_style_init(&self->style);
}
