/* SPDX-License-Identifier: MIT */
/* blender.c - a patch for each rectangle: what is added to each byte, and how much of it stays.
 *
 * Blending is linear in each byte of the picture if the format has a byte for each component and no
 * alpha of its own: new = add + old * keep / 255. Both numbers follow from blending the rectangle
 * onto a black and a white scrap of the frame's format with the library's own function, so that
 * colours, sites of chroma and packing are the library's in any format. */
#include <string.h>

#include "blender.h"

typedef struct {
    gsize offset;       /* of the first byte in the plane */
    gint width, height; /* bytes of a row, rows */
    guint8 *add, *keep; /* width * height */
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
    return !GST_VIDEO_FORMAT_INFO_HAS_ALPHA(format) && !GST_VIDEO_FORMAT_INFO_IS_COMPLEX(format) &&
           !GST_VIDEO_FORMAT_INFO_HAS_PALETTE(format) && !GST_VIDEO_FORMAT_INFO_IS_TILED(format);
}

/* The library takes the unused byte of RGBx and its like for alpha: the scrap has to be opaque. */
static void make_opaque(const GstVideoInfo *info, GstVideoFrame *scrap)
{
    const GstVideoFormatInfo *format = info->finfo;
    gint unused = 0 + 1 + 2 + 3;

    if (!GST_VIDEO_FORMAT_INFO_IS_RGB(format) || GST_VIDEO_FORMAT_INFO_N_PLANES(format) != 1 ||
        GST_VIDEO_FORMAT_INFO_PSTRIDE(format, 0) != 4)
        return;
    for (guint i = 0; i < 3; i++)
        unused -= GST_VIDEO_FORMAT_INFO_POFFSET(format, i);
    guint8 *bytes = GST_VIDEO_FRAME_PLANE_DATA(scrap, 0);
    for (gsize i = (gsize)unused; i < GST_VIDEO_INFO_SIZE(info); i += 4)
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

/* product / 255, if product is at most 255 * 255 + 128, 128 of which are for rounding: the same
 * both ways, by the instructions that vectors have. On x86-64 a fifth less than the other for a
 * row. */
static inline guint8 by_255(guint16 product)
{
#ifdef __SSE2__
    return (guint8)((guint32)product * 257 >> 16);
#else
    return (guint8)((guint16)(product + (product >> 8)) >> 8);
#endif
}

/* new = add + old * keep / 255, rounded; written so that compilers make vectors of it. */
static void apply_row(guint8 *restrict row, const guint8 *restrict add, const guint8 *restrict keep,
                      gint n)
{
    for (gint i = 0; i < n; i++)
        row[i] = (guint8)(add[i] + by_255((guint16)(row[i] * keep[i] + 128)));
}

static void apply(const Patch *patch, GstVideoFrame *frame)
{
    for (guint i = 0; i < patch->n_planes; i++) {
        const PlanePatch *plane = &patch->planes[i];
        guint8 *start = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(frame, i) + plane->offset;

        for (gint y = 0; y < plane->height; y++)
            apply_row(start + (gssize)y * GST_VIDEO_FRAME_PLANE_STRIDE(frame, i),
                      plane->add + (gsize)y * (gsize)plane->width,
                      plane->keep + (gsize)y * (gsize)plane->width, plane->width);
    }
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
    if (blender->patches == NULL) {
        gst_video_overlay_composition_blend(composition, frame);
        return;
    }
    for (guint i = 0; i < blender->patches->len; i++)
        apply(g_ptr_array_index(blender->patches, i), frame);
}
