/* SPDX-License-Identifier: MIT */
/* slate.c - text on the video, painted with Pango and Cairo. */
#include <pango/pangocairo.h>

#include "slate.h"

enum { SMALLEST = 64 }; /* pixels a side that can hold text */

/* Lines of text as wide as `width` allows; size in pixels. */
static PangoLayout *lay_out(cairo_t *cr, const char *text, double size, double width, bool bold)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(bold ? "Sans Bold" : "Sans");
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    PangoTabArray *tabs =
        pango_tab_array_new_with_positions(1, FALSE, PANGO_TAB_LEFT, (int)(5 * size * PANGO_SCALE));
    pango_layout_set_tabs(layout, tabs);
    pango_tab_array_free(tabs);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    pango_layout_set_text(layout, valid, -1);
    return layout;
}

/* The font's size that suits a picture. */
static double text_size(int width, int height)
{
    return MAX(8.0, MIN(height / 22.0, width / 32.0));
}

GstBuffer *slate_new(int width, int height, const char *headline, const char *text, GstCaps **caps)
{
    gsize stride = (gsize)width * 4;
    guint8 *pixels = g_malloc(stride * (gsize)height);
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, width, height, (int)stride);
    cairo_t *cr = cairo_create(surface);
    cairo_set_source_rgb(cr, 0.07, 0.09, 0.12);
    cairo_paint(cr);

    double size = text_size(width, height), left = width * 0.08, room = width * 0.84;
    g_autoptr(PangoLayout) head = lay_out(cr, headline, size * 1.5, room, true);
    g_autoptr(PangoLayout) body = lay_out(cr, text ? text : "", size, room, false);
    int head_height, body_height;
    pango_layout_get_pixel_size(head, NULL, &head_height);
    pango_layout_get_pixel_size(body, NULL, &body_height);
    double top = MAX((height - head_height - body_height - size) / 2.0, 0.0);

    cairo_set_source_rgb(cr, 1.0, 0.76, 0.28);
    cairo_rectangle(cr, left - size * 0.8, top, size * 0.2, head_height + body_height + size);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
    cairo_move_to(cr, left, top);
    pango_cairo_show_layout(cr, head);
    cairo_set_source_rgb(cr, 0.78, 0.81, 0.85);
    cairo_move_to(cr, left, top + head_height + size * 0.6);
    pango_cairo_show_layout(cr, body);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);

    GstVideoInfo info;
    gst_video_info_set_format(
        &info, G_BYTE_ORDER == G_LITTLE_ENDIAN ? GST_VIDEO_FORMAT_BGRx : GST_VIDEO_FORMAT_xRGB,
        (guint)width, (guint)height);
    *caps = gst_video_info_to_caps(&info);
    return gst_buffer_new_wrapped(pixels, stride * (gsize)height);
}

GstVideoOverlayComposition *slate_panel(int width, int height, const char *text, bool low)
{
    if (width < SMALLEST || height < SMALLEST)
        return NULL;
    double size = text_size(width, height), padding = size;
    cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cr = cairo_create(none);
    g_autoptr(PangoLayout) layout = lay_out(cr, text, size, width - 4 * padding, false);
    cairo_destroy(cr);
    cairo_surface_destroy(none);

    int text_width, text_height;
    pango_layout_get_pixel_size(layout, &text_width, &text_height);
    /* even, so that chroma samples are whole */
    int w = MIN((int)(text_width + 2 * padding), width) / 2 * 2;
    int h = MIN((int)(text_height + 2 * padding), height) / 2 * 2;
    gsize stride = (gsize)w * 4, bytes = stride * (gsize)h;
    guint8 *pixels = g_malloc0(bytes);
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_ARGB32, w, h, (int)stride);
    cr = cairo_create(surface);
    cairo_set_source_rgba(cr, 0.05, 0.06, 0.08, 0.85);
    cairo_paint(cr);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_move_to(cr, padding, padding);
    pango_cairo_show_layout(cr, layout);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);

    g_autoptr(GstBuffer) buffer = gst_buffer_new_wrapped(pixels, bytes);
    gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE,
                              GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, (guint)w, (guint)h);
    int below = low ? MIN((int)(size / 2), height - h) : (height - h) / 2;
    GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_new_raw(
        buffer, (width - w) / 4 * 2, (height - h - below) / 2 * 2, (guint)w, (guint)h,
        GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(rectangle);
    gst_video_overlay_rectangle_unref(rectangle);
    return composition;
}
