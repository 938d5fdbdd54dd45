/* SPDX-License-Identifier: MIT */
/* drawing.c - caps with and without the composition feature; attach or blend. */
#include "drawing.h"

#define FEATURE GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

/* ---- caps --------------------------------------------------------------------------------- */

static GstCapsFeatures *without_feature(const GstCapsFeatures *features)
{
    GstCapsFeatures *copy = gst_caps_features_copy(features);

    gst_caps_features_remove(copy, FEATURE);
    if (gst_caps_features_get_size(copy) == 0)
        gst_caps_features_add(copy, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY);
    return copy;
}

static GstCapsFeatures *with_feature(const GstCapsFeatures *features)
{
    GstCapsFeatures *copy = gst_caps_features_copy(features);

    gst_caps_features_add(copy, FEATURE);
    return copy;
}

/* Those structures of caps that can go through change, changed: with_feature() for those that lack
 * it, without_feature() for those that have it. */
static GstCaps *changed_caps(const GstCaps *caps, gboolean add)
{
    GstCaps *changed = gst_caps_new_empty();

    for (guint i = 0; i < gst_caps_get_size(caps); i++) {
        const GstCapsFeatures *features = gst_caps_get_features(caps, i);

        if (gst_caps_features_is_any(features) ||
            gst_caps_features_contains(features, FEATURE) == add)
            continue;
        gst_caps_append_structure_full(changed, gst_structure_copy(gst_caps_get_structure(caps, i)),
                                       add ? with_feature(features) : without_feature(features));
    }
    return changed;
}

GstCaps *drawing_transform_caps(Drawing *drawing, gboolean enabled, GstPadDirection direction,
                                GstCaps *caps, GstCaps *filter)
{
    GstCaps *result;

    if (!enabled || g_atomic_int_get(&drawing->refused))
        result = gst_caps_ref(caps);
    else if (direction == GST_PAD_SINK) /* we may add the feature: best first */
        result = gst_caps_merge(changed_caps(caps, TRUE), gst_caps_ref(caps));
    else /* what downstream takes with the feature we can make from video without */
        result = gst_caps_merge(changed_caps(caps, FALSE), gst_caps_ref(caps));

    if (filter != NULL) {
        GstCaps *wanted = gst_caps_intersect_full(filter, result, GST_CAPS_INTERSECT_FIRST);

        gst_caps_unref(result);
        result = wanted;
    }
    return result;
}

GstCaps *drawing_fixate_caps(GstCaps *othercaps)
{
    for (guint i = 0; i < gst_caps_get_size(othercaps); i++) {
        if (gst_caps_features_contains(gst_caps_get_features(othercaps, i), FEATURE)) {
            GstCaps *chosen = gst_caps_copy_nth(othercaps, i);

            gst_caps_unref(othercaps);
            return gst_caps_fixate(chosen);
        }
    }
    return gst_caps_fixate(othercaps);
}

/* Whether downstream, which has accepted the caps, also has a use for the meta. */
static gboolean takes_compositions(GstPad *pad)
{
    GstCaps *caps = gst_pad_get_current_caps(pad);
    GstQuery *query = gst_query_new_allocation(caps, FALSE);
    gboolean takes =
        gst_pad_peer_query(pad, query) &&
        gst_query_find_allocation_meta(query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);

    gst_query_unref(query);
    gst_caps_replace(&caps, NULL);
    return takes;
}

void drawing_unsettle(Drawing *drawing)
{
    g_atomic_int_set(&drawing->refused, FALSE);
    g_atomic_int_set(&drawing->settled, FALSE);
}

void drawing_set_caps(Drawing *drawing, const GstCaps *in, const GstCaps *out)
{
    drawing->offered = gst_caps_features_contains(gst_caps_get_features(out, 0), FEATURE);
    drawing->added =
        drawing->offered && !gst_caps_features_contains(gst_caps_get_features(in, 0), FEATURE);
}

void drawing_settle(Drawing *drawing, GstBaseTransform *transform)
{
    GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD(transform);

    if (g_atomic_int_get(&drawing->settled))
        return;
    g_atomic_int_set(&drawing->settled, TRUE);
    drawing->attach = drawing->offered && takes_compositions(pad);

    /* accepted in the caps, but not used: take the feature back before a frame has passed */
    if (drawing->added && !drawing->attach) {
        g_atomic_int_set(&drawing->refused, TRUE);
        gst_base_transform_reconfigure_src(transform);
    }
}

/* ---- drawing ------------------------------------------------------------------------------ */

/* Adds our rectangle to what upstream has already laid over the picture: to the first composition,
 * if there are several, since sinks before GStreamer 1.28 see only that one. */
static void attach(GstBuffer *buffer, GstVideoOverlayComposition *composition)
{
    gpointer state = NULL;
    GstVideoOverlayCompositionMeta *meta =
        (GstVideoOverlayCompositionMeta *)gst_buffer_iterate_meta_filtered(
            buffer, &state, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE);

    if (meta == NULL) {
        gst_buffer_add_video_overlay_composition_meta(buffer, composition);
        return;
    }
    GstVideoOverlayComposition *merged = gst_video_overlay_composition_copy(meta->overlay);
    for (guint i = 0; i < gst_video_overlay_composition_n_rectangles(composition); i++)
        gst_video_overlay_composition_add_rectangle(
            merged, gst_video_overlay_composition_get_rectangle(composition, i));
    gst_video_overlay_composition_unref(meta->overlay);
    meta->overlay = merged;
}

static gboolean blend(Blender *blender, GstBuffer *buffer, const GstVideoInfo *info,
                      GstVideoOverlayComposition *composition)
{
    GstVideoFrame frame;

    if (!gst_video_frame_map(&frame, info, buffer, GST_MAP_READWRITE))
        return FALSE;
    blender_blend(blender, composition, &frame);
    gst_video_frame_unmap(&frame);
    return TRUE;
}

static GstClockTime lag_of(GstBuffer *buffer, const Result *result)
{
    if (!GST_BUFFER_PTS_IS_VALID(buffer) || !GST_CLOCK_TIME_IS_VALID(result->timestamp) ||
        GST_BUFFER_PTS(buffer) <= result->timestamp)
        return 0;
    return GST_BUFFER_PTS(buffer) - result->timestamp;
}

/* Once is enough. */
static void tell_font(Drawing *drawing, GstBaseTransform *transform)
{
    drawing->told = TRUE;
    GST_ELEMENT_WARNING(transform, RESOURCE, NOT_FOUND,
                        ("No installed font has all letters of the label \"%s\", so boxes stand "
                         "for some; install a font of its script, for example the Debian package "
                         "fonts-noto-core or fonts-noto-cjk, and start again.",
                         label_painter_boxed(drawing->painter)),
                        (NULL));
}

gboolean drawing_draw(Drawing *drawing, GstBaseTransform *transform, GstBuffer *buffer,
                      const GstVideoInfo *info, const Result *result, const LabelStyle *style)
{
    const gchar *note = style->show_stats
                            ? stats_line_update(&drawing->line, result, g_get_monotonic_time())
                            : NULL;
    GstVideoOverlayComposition *composition =
        label_painter_paint(drawing->painter, result, lag_of(buffer, result), note, style, info);

    if (label_painter_boxed(drawing->painter) != NULL && !drawing->told)
        tell_font(drawing, transform);
    if (composition == NULL)
        return TRUE;
    drawing_settle(drawing, transform);
    if (!drawing->attach)
        return blend(&drawing->blender, buffer, info, composition);
    attach(buffer, composition);
    return TRUE;
}

void drawing_prepare(Drawing *drawing, const GstVideoInfo *info, const LabelStyle *style)
{
    label_painter_load_fonts(drawing->painter, style, info);
}

void drawing_clear(Drawing *drawing)
{
    g_clear_pointer(&drawing->painter, label_painter_free);
    blender_clear(&drawing->blender);
}

void drawing_init(Drawing *drawing)
{
    *drawing = (Drawing){.painter = label_painter_new()};
    blender_init(&drawing->blender);
}
