/* SPDX-License-Identifier: MIT */
/* blender.c - a patch for each rectangle: what is added to each byte, and how much of it stays.
 *
 * Blending is linear in each byte of the picture if the format has a byte for each component and
 * what lies below is opaque: new = add + old * keep / 255. Both numbers follow from blending the
 * rectangle onto a black and a white scrap of the frame's format with the library's own function,
 * so that colours, sites of chroma and packing are the library's in any format. Of a format with
 * alpha each frame is asked whether it is opaque there. */
#include <string.h>

#include "blender.h"
#include "blendrow.h"

typedef struct {
    gsize offset;       /* of the first byte in the plane */
    gint width, height; /* bytes of a row, rows */
    guint8 *add, *keep; /* width * height */
    guint8 *mask;       /* width: 0 where alpha is, else 255; NULL: no alpha in this plane */
} PlanePatch;

typedef struct {
    guint n_planes;
    PlanePatch planes[GST_VIDEO_MAX_PLANES];
} Patch;

void blender_init(Blender *blender)
{
    *blender = (Blender){.patches = NULL};
}

void blender_clear(Blender *blender)
{
    g_clear_pointer(&blender->patches, g_ptr_array_unref);
    blender->last = 0;
}

static void patch_free(gpointer data)
{
    Patch *patch = data;

    for (guint i = 0; i < patch->n_planes; i++) {
        g_free(patch->planes[i].add);
        g_free(patch->planes[i].keep);
        g_free(patch->planes[i].mask);
    }
    g_free(patch);
}

static gboolean bytewise(const GstVideoInfo *info)
{
    const GstVideoFormatInfo *format = info->finfo;

    for (guint i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS(format); i++) {
        if (GST_VIDEO_FORMAT_INFO_DEPTH(format, i) != 8 ||
            GST_VIDEO_FORMAT_INFO_SHIFT(format, i) != 0)
            return FALSE;
    }
    return !GST_VIDEO_FORMAT_INFO_IS_COMPLEX(format) &&
           !GST_VIDEO_FORMAT_INFO_HAS_PALETTE(format) && !GST_VIDEO_FORMAT_INFO_IS_TILED(format);
}

/* Where a plane has its alpha: the first byte, and the distance of the next. */
typedef struct {
    guint plane;
    gint first, step; /* step 0: nowhere */
} Alpha;

/* The library takes the unused byte of RGBx and its like for alpha. */
static Alpha alpha_of(const GstVideoInfo *info)
{
    const GstVideoFormatInfo *format = info->finfo;
    gint unused = 0 + 1 + 2 + 3;

    if (GST_VIDEO_FORMAT_INFO_HAS_ALPHA(format))
        return (Alpha){(guint)GST_VIDEO_FORMAT_INFO_PLANE(format, GST_VIDEO_COMP_A),
                       GST_VIDEO_FORMAT_INFO_POFFSET(format, GST_VIDEO_COMP_A),
                       GST_VIDEO_FORMAT_INFO_PSTRIDE(format, GST_VIDEO_COMP_A)};
    if (!GST_VIDEO_FORMAT_INFO_IS_RGB(format) || GST_VIDEO_FORMAT_INFO_N_PLANES(format) != 1 ||
        GST_VIDEO_FORMAT_INFO_PSTRIDE(format, 0) != 4)
        return (Alpha){.step = 0};
    for (guint i = 0; i < 3; i++)
        unused -= GST_VIDEO_FORMAT_INFO_POFFSET(format, i);
    return (Alpha){.first = unused, .step = 4};
}

static void make_opaque(const GstVideoInfo *info, GstVideoFrame *scrap)
{
    Alpha alpha = alpha_of(info);

    if (alpha.step == 0)
        return;
    guint8 *bytes = GST_VIDEO_FRAME_PLANE_DATA(scrap, alpha.plane);
    gint n = GST_VIDEO_FRAME_PLANE_STRIDE(scrap, alpha.plane) * GST_VIDEO_FRAME_HEIGHT(scrap);
    for (gint i = alpha.first; i < n; i += alpha.step)
        bytes[i] = 255;
}

/* The rectangle on a scrap of the frame that is x, y, ... pixels, all bytes of which were value. */
static gboolean blend_scrap(GstVideoOverlayRectangle *rectangle, const GstVideoInfo *info,
                            guint8 value, GstVideoFrame *scrap)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(info), NULL);

    if (buffer == NULL)
        return FALSE;
    gst_buffer_memset(buffer, 0, value, GST_VIDEO_INFO_SIZE(info));
    gboolean mapped = gst_video_frame_map(scrap, info, buffer, GST_MAP_READWRITE);
    gst_buffer_unref(buffer); /* the map has a reference */
    if (!mapped)
        return FALSE;
    make_opaque(info, scrap);
    GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(rectangle);
    gst_video_overlay_composition_blend(composition, scrap);
    gst_video_overlay_composition_unref(composition);
    return TRUE;
}

/* The component that is first in a plane: its pixels' distance and subsampling are the plane's. */
static guint first_component(const GstVideoInfo *info, guint plane)
{
    guint i = 0;

    while ((guint)GST_VIDEO_INFO_COMP_PLANE(info, i) != plane)
        i++;
    return i;
}

/* NULL if no frame has to be asked for its alpha in this plane. */
static guint8 *mask_of(const GstVideoInfo *info, guint plane, gint width)
{
    Alpha alpha = alpha_of(info);

    if (!GST_VIDEO_INFO_HAS_ALPHA(info) || alpha.plane != plane)
        return NULL;
    guint8 *mask = g_malloc((gsize)width);
    memset(mask, 255, (gsize)width);
    for (gint i = alpha.first; i < width; i += alpha.step)
        mask[i] = 0;
    return mask;
}

static Patch *patch_from(const GstVideoFrame *black, const GstVideoFrame *white,
                         const GstVideoInfo *info, gint x, gint y)
{
    Patch *patch = g_new0(Patch, 1);

    patch->n_planes = GST_VIDEO_FRAME_N_PLANES(black);
    for (guint i = 0; i < patch->n_planes; i++) {
        PlanePatch *plane = &patch->planes[i];
        guint c = first_component(info, i);
        const GstVideoFormatInfo *format = info->finfo;
        gint pixel = GST_VIDEO_FORMAT_INFO_PSTRIDE(format, c);
        gint x_sub = GST_VIDEO_FORMAT_INFO_W_SUB(format, c);
        gint y_sub = GST_VIDEO_FORMAT_INFO_H_SUB(format, c);

        plane->offset = (gsize)(y >> y_sub) * (gsize)GST_VIDEO_INFO_PLANE_STRIDE(info, i) +
                        (gsize)(x >> x_sub) * (gsize)pixel;
        plane->width = GST_VIDEO_FRAME_COMP_WIDTH(black, c) * pixel;
        plane->height = GST_VIDEO_FRAME_COMP_HEIGHT(black, c);
        plane->add = g_malloc((gsize)plane->width * (gsize)plane->height);
        plane->keep = g_malloc((gsize)plane->width * (gsize)plane->height);
        plane->mask = mask_of(info, i, plane->width);
        for (gint row = 0; row < plane->height; row++) {
            const guint8 *b = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA(black, i) +
                              row * GST_VIDEO_FRAME_PLANE_STRIDE(black, i);
            const guint8 *w = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA(white, i) +
                              row * GST_VIDEO_FRAME_PLANE_STRIDE(white, i);
            gsize at = (gsize)row * (gsize)plane->width;

            memcpy(plane->add + at, b, (gsize)plane->width);
            for (gint k = 0; k < plane->width; k++)
                plane->keep[at + (gsize)k] = w[k] > b[k] ? (guint8)(w[k] - b[k]) : 0;
        }
    }
    return patch;
}

/* NULL if nothing of the rectangle lies in the picture, or memory is short. */
static Patch *patch_new(GstVideoOverlayRectangle *rectangle, const GstVideoInfo *info)
{
    GstVideoFrame black, white;
    GstVideoInfo scrap;
    Patch *patch = NULL;
    gint x, y;
    guint w, h;

    gst_video_overlay_rectangle_get_render_rectangle(rectangle, &x, &y, &w, &h);
    /* from even to even, so that no chroma sample is cut */
    gint left = CLAMP(x, 0, GST_VIDEO_INFO_WIDTH(info)) & ~1;
    gint top = CLAMP(y, 0, GST_VIDEO_INFO_HEIGHT(info)) & ~1;
    gint right = MIN((x + (gint)w + 1) & ~1, GST_VIDEO_INFO_WIDTH(info));
    gint bottom = MIN((y + (gint)h + 1) & ~1, GST_VIDEO_INFO_HEIGHT(info));
    if (right <= left || bottom <= top)
        return NULL;

    gst_video_info_set_format(&scrap, GST_VIDEO_INFO_FORMAT(info), (guint)(right - left),
                              (guint)(bottom - top));
    scrap.colorimetry = info->colorimetry;
    GstVideoOverlayRectangle *moved = gst_video_overlay_rectangle_copy(rectangle);
    gst_video_overlay_rectangle_set_render_rectangle(moved, x - left, y - top, w, h);
    if (blend_scrap(moved, &scrap, 0, &black)) {
        if (blend_scrap(moved, &scrap, 255, &white)) {
            patch = patch_from(&black, &white, info, left, top);
            gst_video_frame_unmap(&white);
        }
        gst_video_frame_unmap(&black);
    }
    gst_video_overlay_rectangle_unref(moved);
    return patch;
}

static void make_patches(Blender *blender, GstVideoOverlayComposition *composition,
                         const GstVideoInfo *info)
{
    blender->patches = g_ptr_array_new_with_free_func(patch_free);
    for (guint i = 0; i < gst_video_overlay_composition_n_rectangles(composition); i++) {
        Patch *patch = patch_new(gst_video_overlay_composition_get_rectangle(composition, i), info);

        if (patch != NULL)
            g_ptr_array_add(blender->patches, patch);
    }
    blender->info = *info;
    blender->seqnum = gst_video_overlay_composition_get_seqnum(composition);
}

static guint8 *row_of(const PlanePatch *plane, const GstVideoFrame *frame, guint i, gint y)
{
    return (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(frame, i) + plane->offset +
           (gssize)y * GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
}

static gboolean opaque_below(const Patch *patch, const BlendRow *row, const GstVideoFrame *frame)
{
    for (guint i = 0; i < patch->n_planes; i++) {
        const PlanePatch *plane = &patch->planes[i];

        for (gint y = 0; plane->mask != NULL && y < plane->height; y++) {
            if (!row->opaque(row_of(plane, frame, i, y), plane->mask, plane->width))
                return FALSE;
        }
    }
    return TRUE;
}

static void apply(const Patch *patch, const BlendRow *row, GstVideoFrame *frame)
{
    for (guint i = 0; i < patch->n_planes; i++) {
        const PlanePatch *plane = &patch->planes[i];

        for (gint y = 0; y < plane->height; y++) {
            gsize at = (gsize)y * (gsize)plane->width;

            row->apply(row_of(plane, frame, i, y), plane->add + at, plane->keep + at, plane->width);
        }
    }
}

/* FALSE if a patch does not hold for this frame; then it is as it was. */
static gboolean apply_all(const GPtrArray *patches, GstVideoFrame *frame)
{
    const BlendRow *row = blend_row_best();

    for (guint i = 0; i < patches->len; i++) {
        if (!opaque_below(g_ptr_array_index(patches, i), row, frame))
            return FALSE;
    }
    for (guint i = 0; i < patches->len; i++)
        apply(g_ptr_array_index(patches, i), row, frame);
    return TRUE;
}

void blender_blend(Blender *blender, GstVideoOverlayComposition *composition, GstVideoFrame *frame)
{
    guint seqnum = gst_video_overlay_composition_get_seqnum(composition);

    if (blender->patches != NULL &&
        (blender->seqnum != seqnum || !gst_video_info_is_equal(&blender->info, &frame->info)))
        g_clear_pointer(&blender->patches, g_ptr_array_unref);
    if (blender->patches == NULL && blender->last == seqnum && bytewise(&frame->info))
        make_patches(blender, composition, &frame->info);
    blender->last = seqnum;
    if (blender->patches == NULL || !apply_all(blender->patches, frame))
        gst_video_overlay_composition_blend(composition, frame);
}
