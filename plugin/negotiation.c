/* SPDX-License-Identifier: MIT */
/* negotiation.c - what mobilenet agrees on with its neighbours: caps, latency, allocation. */
#include "capsinfo.h"
#include "gstmobilenet-private.h"

static GstBaseTransformClass *parent_class;

/* ---- caps --------------------------------------------------------------------------------- */

static GstCaps *gst_mobilenet_transform_caps(GstBaseTransform *transform, GstPadDirection direction,
                                             GstCaps *caps, GstCaps *filter)
{
    GstMobilenet *self = GST_MOBILENET(transform);

    return drawing_transform_caps(&self->drawing, mobilenet_settings(self).overlay, direction, caps,
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
    const Settings settings = mobilenet_settings(self);
    if (settings.overlay && self->known)
        drawing_prepare(&self->drawing, &self->info, &settings.style);
    delay_set_duration(&self->delay,
                       self->known ? frame_duration(&self->info) : GST_CLOCK_TIME_NONE);
    return TRUE;
}

void mobilenet_negotiated(GstMobilenet *self)
{
    if (mobilenet_settings(self).overlay)
        drawing_settle(&self->drawing, GST_BASE_TRANSFORM(self));
    if (!self->known)
        GST_ELEMENT_WARNING(
            self, STREAM, FORMAT,
            ("Video of format %s passes without being classified; put \"videoconvert "
             "! video/x-raw,format=I420\" before this element.",
             self->format),
            (NULL));
}

/* ---- latency, allocation ------------------------------------------------------------------ */

static gboolean gst_mobilenet_query(GstBaseTransform *transform, GstPadDirection direction,
                                    GstQuery *query)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    Settings settings = mobilenet_settings(self);
    GstClockTime min, max, own;
    gboolean live;

    if (!parent_class->query(transform, direction, query))
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

/* Whoever makes the frames must have some left while others are held back. */
static gboolean gst_mobilenet_propose_allocation(GstBaseTransform *transform, GstQuery *decide,
                                                 GstQuery *query)
{
    GstMobilenet *self = GST_MOBILENET(transform);
    Settings settings = mobilenet_settings(self);
    guint held = settings_held_frames(&settings);

    if (!parent_class->propose_allocation(transform, decide, query))
        return FALSE;
    if (held > 0 && gst_query_get_n_allocation_pools(query) == 0) {
        GstVideoInfo info;
        GstCaps *caps;

        gst_query_parse_allocation(query, &caps, NULL);
        if (caps != NULL && caps_info(&info, caps))
            gst_query_add_allocation_pool(query, NULL, (guint)GST_VIDEO_INFO_SIZE(&info), held, 0);
        return TRUE;
    }
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

void mobilenet_install_negotiation(GstBaseTransformClass *transform_class)
{
    parent_class = g_type_class_peek_parent(transform_class);
    transform_class->transform_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_transform_caps);
    transform_class->fixate_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_fixate_caps);
    transform_class->set_caps = GST_DEBUG_FUNCPTR(gst_mobilenet_set_caps);
    transform_class->query = GST_DEBUG_FUNCPTR(gst_mobilenet_query);
    transform_class->propose_allocation = GST_DEBUG_FUNCPTR(gst_mobilenet_propose_allocation);
}
