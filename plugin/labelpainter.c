/* SPDX-License-Identifier: MIT */
/* labelpainter.c - places panels and boxes, and keeps what need not be painted anew. */
#include <math.h>
#include <string.h>

#include "labelpainter.h"
#include "panel.h"

#define REGION_TEXT 0.66  /* size of a region's text against the whole picture's */
#define BOX_LINE    0.004 /* width of a box's line, of the picture's height */

/* A panel as it was painted last. */
typedef struct {
    GString *key;
    Panel panel;
} Kept;

struct LabelPainter {
    PangoFontMap *fonts;
    PangoContext *context;
    Kept whole, regions[RESULT_MAX_REGIONS];
    GstBuffer *line; /* two by two pixels of the color of boxes */
    guint line_color;
    gchar *boxed; /* the first label that no font has all letters of; NULL: none */
    GString *key, *new_key, *panel_key; /* all that composition depends on */
    GstVideoOverlayComposition *composition;
};

/* ---- panels ------------------------------------------------------------------------------- */

static const Panel *panel_of(LabelPainter *painter, Kept *kept, const PanelText *text,
                             const LabelStyle *style, const GstVideoInfo *info)
{
    if (painter->context == NULL) {
        painter->fonts = pango_cairo_font_map_new();
        painter->context = pango_font_map_create_context(painter->fonts);
    }
    g_string_truncate(painter->panel_key, 0);
    panel_write_key(painter->panel_key, text, style, info);
    if (kept->key == NULL)
        kept->key = g_string_new(NULL);
    if (!g_string_equal(kept->key, painter->panel_key)) {
        panel_clear(&kept->panel);
        kept->panel = panel_new(painter->context, text, style, info);
        if (painter->boxed == NULL)
            painter->boxed = g_strdup(kept->panel.boxed);
        g_string_assign(kept->key, painter->panel_key->str);
    }
    return &kept->panel;
}

static void kept_clear(Kept *kept)
{
    panel_clear(&kept->panel);
    if (kept->key != NULL)
        g_string_free(kept->key, TRUE);
}

static PanelText text_of_whole(const Result *result, GstClockTime lag, const gchar *note)
{
    static const ResultClass nothing = {.index = -1, .label = ""};
    gboolean regions_only = result->by_region && !result->whole_too;

    return (PanelText){.shown = regions_only ? &nothing : &result->shown,
                       .top = result->top,
                       .n_top = regions_only ? 0 : result->n_top,
                       .lag = lag,
                       .note = note,
                       .scale = 1.0};
}

static PanelText text_of_region(const ResultRegion *region)
{
    return (PanelText){
        .shown = &region->shown, .top = region->top, .n_top = region->n_top, .scale = REGION_TEXT};
}

/* ---- rectangles --------------------------------------------------------------------------- */

/* Adds pixels, stretched to that place; the composition is made with the first of them. */
static void add(GstVideoOverlayComposition **composition, GstBuffer *pixels, gint x, gint y,
                gint width, gint height)
{
    GstVideoOverlayRectangle *rectangle =
        gst_video_overlay_rectangle_new_raw(pixels, x, y, (guint)width, (guint)height,
                                            GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);

    if (*composition == NULL)
        *composition = gst_video_overlay_composition_new(rectangle);
    else
        gst_video_overlay_composition_add_rectangle(*composition, rectangle);
    gst_video_overlay_rectangle_unref(rectangle);
}

static void add_whole(LabelPainter *painter, GstVideoOverlayComposition **composition,
                      const PanelText *text, const LabelStyle *style, const GstVideoInfo *info)
{
    const Panel *panel = panel_of(painter, &painter->whole, text, style, info);
    double par = (double)GST_VIDEO_INFO_PAR_N(info) / GST_VIDEO_INFO_PAR_D(info);
    double margin_x = panel->margin / par, margin_y = panel->margin;
    gint most_x = GST_VIDEO_INFO_WIDTH(info) - panel->width;
    gint most_y = GST_VIDEO_INFO_HEIGHT(info) - panel->height;
    gint column = style->position % 3, line = style->position / 3;

    if (panel->pixels == NULL)
        return;
    double x = margin_x + (most_x - 2.0 * margin_x) * column / 2.0 + style->offset_x;
    double y = margin_y + (most_y - 2.0 * margin_y) * line / 2.0 + style->offset_y;
    add(composition, panel->pixels, MIN(panel_even(x), MAX(most_x, 0)),
        MIN(panel_even(y), MAX(most_y, 0)), panel->width, panel->height);
}

static GstBuffer *line_of(LabelPainter *painter, guint color)
{
    guint32 pixels[4];

    if (painter->line != NULL && painter->line_color == color)
        return painter->line;
    gst_clear_buffer(&painter->line);
    for (guint i = 0; i < G_N_ELEMENTS(pixels); i++)
        pixels[i] = color | 0xff000000;
    painter->line = gst_buffer_new_memdup(pixels, sizeof pixels);
    gst_buffer_add_video_meta(painter->line, GST_VIDEO_FRAME_FLAG_NONE,
                              GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 2, 2);
    painter->line_color = color;
    return painter->line;
}

static void add_box(LabelPainter *painter, GstVideoOverlayComposition **composition,
                    const ResultRegion *region, const LabelStyle *style, const GstVideoInfo *info)
{
    GstBuffer *line = line_of(painter, style->accent_color);
    gint x = panel_even(region->x), y = panel_even(region->y);
    gint w = MIN(region->w, GST_VIDEO_INFO_WIDTH(info) - x);
    gint h = MIN(region->h, GST_VIDEO_INFO_HEIGHT(info) - y);
    gint width = MAX(panel_even(BOX_LINE * GST_VIDEO_INFO_HEIGHT(info)), 2);

    if (w < 2 * width || h < 2 * width)
        return;
    add(composition, line, x, y, w, width);
    add(composition, line, x, y + h - width, w, width);
    add(composition, line, x, y + width, width, h - 2 * width);
    add(composition, line, x + w - width, y + width, width, h - 2 * width);
}

/* A box, and its label above it or, if there is no room, inside. */
static void add_region(LabelPainter *painter, GstVideoOverlayComposition **composition, guint n,
                       const ResultRegion *region, const LabelStyle *style,
                       const GstVideoInfo *info)
{
    PanelText text = text_of_region(region);
    const Panel *panel = panel_of(painter, &painter->regions[n], &text, style, info);
    gint most_x = GST_VIDEO_INFO_WIDTH(info) - panel->width;
    gint most_y = GST_VIDEO_INFO_HEIGHT(info) - panel->height;
    gint y = region->y >= panel->height ? region->y - panel->height : region->y;

    add_box(painter, composition, region, style, info);
    if (panel->pixels != NULL)
        add(composition, panel->pixels, CLAMP(panel_even(region->x), 0, MAX(most_x, 0)),
            CLAMP(panel_even(y), 0, MAX(most_y, 0)), panel->width, panel->height);
}

/* ---- the painter -------------------------------------------------------------------------- */

static void write_key(LabelPainter *painter, const Result *result, const PanelText *text,
                      const LabelStyle *style, const GstVideoInfo *info)
{
    GString *key = painter->new_key;

    g_string_printf(key, "%d %d %d ", style->position, style->offset_x, style->offset_y);
    panel_write_key(key, text, style, info);
    for (guint i = 0; i < result->n_regions; i++) {
        const ResultRegion *region = &result->regions[i];
        PanelText label = text_of_region(region);

        g_string_append_printf(key, "\n%d %d %d %d ", region->x, region->y, region->w, region->h);
        panel_write_key(key, &label, style, info);
    }
}

GstVideoOverlayComposition *label_painter_paint(LabelPainter *painter, const Result *result,
                                                GstClockTime lag, const gchar *note,
                                                const LabelStyle *style, const GstVideoInfo *info)
{
    /* a lag in half seconds: honest, and painted twice a second at most */
    lag = lag < PANEL_LAG_VISIBLE ? 0 : lag - lag % PANEL_LAG_VISIBLE;
    PanelText text = text_of_whole(result, lag, note);

    write_key(painter, result, &text, style, info);
    if (g_string_equal(painter->key, painter->new_key))
        return painter->composition;

    g_clear_pointer(&painter->composition, gst_video_overlay_composition_unref);
    for (guint i = 0; i < result->n_regions; i++)
        add_region(painter, &painter->composition, i, &result->regions[i], style, info);
    add_whole(painter, &painter->composition, &text, style, info);
    g_string_assign(painter->key, painter->new_key->str);
    return painter->composition;
}

const gchar *label_painter_boxed(const LabelPainter *painter)
{
    return painter->boxed;
}

void label_painter_load_fonts(LabelPainter *painter, const LabelStyle *style,
                              const GstVideoInfo *info)
{
    static const Result text = {.shown = {.index = 0, .confidence = 0.5f, .label = "label"}};

    label_painter_paint(painter, &text, 0, NULL, style, info);
    g_clear_pointer(&painter->boxed, g_free); /* was not shown */
}

void label_painter_free(LabelPainter *painter)
{
    if (painter == NULL)
        return;
    g_clear_pointer(&painter->composition, gst_video_overlay_composition_unref);
    kept_clear(&painter->whole);
    for (guint i = 0; i < RESULT_MAX_REGIONS; i++)
        kept_clear(&painter->regions[i]);
    gst_clear_buffer(&painter->line);
    g_free(painter->boxed);
    g_clear_object(&painter->context);
    g_clear_object(&painter->fonts);
    g_string_free(painter->key, TRUE);
    g_string_free(painter->new_key, TRUE);
    g_string_free(painter->panel_key, TRUE);
    g_free(painter);
}

LabelPainter *label_painter_new(void)
{
    LabelPainter *painter = g_new0(LabelPainter, 1);

    painter->key = g_string_new(NULL);
    painter->new_key = g_string_new(NULL);
    painter->panel_key = g_string_new(NULL);
    return painter;
}
