/* SPDX-License-Identifier: MIT */
/* labelpainter.c - lays the text out in rows, paints it on a dark rounded panel, caches the result.
 * Lengths are in display pixels; a non-square pixel aspect ratio is one scale on the way to the
 * surface. */
#include <math.h>
#include <pango/pangocairo.h>

#include "labelpainter.h"

/* Of the text size, if not said otherwise. */
#define PADDING_X   0.60
#define PADDING_Y   0.32
#define RADIUS      0.42
#define MARGIN      0.60
#define COLUMN_GAP  0.55
#define ROW_GAP     0.30
#define BAR_HEIGHT  0.12
#define BAR_GAP     0.14
#define BARS_WIDTH  9.0  /* at least so wide, or they say little */
#define SMALL       0.72 /* text of all rows but the first */
#define SHORTEST    3.0  /* with less room than this for text none is drawn */
#define LAG_VISIBLE (500 * GST_MSECOND)

typedef struct {
    double r, g, b, a;
} Color;

static const Color panel_color = {0.05, 0.06, 0.09, 0.70};
static const Color label_color = {1.00, 1.00, 1.00, 1.00};
static const Color percent_color = {0.56, 0.93, 0.77, 1.00};
static const Color track_color = {1.00, 1.00, 1.00, 0.20};

typedef struct {
    PangoLayout *label, *percent;
    double label_w, percent_w, label_base, percent_base, height;
    double confidence;
} Row;

typedef struct {
    Row rows[RESULT_MAX_TOP];
    guint n_rows;
    double size;          /* of the first row's text */
    double width, height; /* of the panel */
    gboolean bars;
} Panel;

struct LabelPainter {
    PangoFontMap *fonts;
    PangoContext *context;
    GString *key, *new_key; /* all that the cached picture depends on */
    GstVideoOverlayComposition *composition;
};

/* ---- layout ------------------------------------------------------------------------------- */

/* 15 pixels of 240 lines, 30 of 720, 40 of 1080. */
static double automatic_size(double picture_height)
{
    return floor(8.0 + 0.03 * picture_height);
}

static PangoFontDescription *font_of(const LabelStyle *style, double picture_height, double *size)
{
    PangoFontDescription *font = pango_font_description_from_string(
        style->font != NULL ? style->font : LABEL_STYLE_DEFAULT_FONT);

    *size = (double)pango_font_description_get_size(font) / PANGO_SCALE;
    if (*size <= 0.0)
        *size = automatic_size(picture_height);
    else if (!pango_font_description_get_size_is_absolute(font))
        *size *= 96.0 / 72.0;
    return font;
}

static PangoLayout *layout_text(LabelPainter *painter, const PangoFontDescription *font,
                                double size, const gchar *text, double *width, double *base,
                                double *height)
{
    PangoLayout *layout = pango_layout_new(painter->context);
    PangoFontDescription *sized = pango_font_description_copy(font);
    gchar *valid = g_utf8_make_valid(text, -1);
    PangoRectangle logical;

    pango_font_description_set_absolute_size(sized, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, sized);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, valid, -1);
    pango_layout_get_extents(layout, NULL, &logical);
    *width = (double)logical.width / PANGO_SCALE;
    *height = (double)logical.height / PANGO_SCALE;
    *base = (double)pango_layout_get_baseline(layout) / PANGO_SCALE;
    g_free(valid);
    pango_font_description_free(sized);
    return layout;
}

static void layout_row(LabelPainter *painter, Row *row, const PangoFontDescription *font,
                       double size, const ResultClass *class, GstClockTime lag, double room)
{
    gint percent = (gint)lroundf(class->confidence * 100.0f);
    gchar *text = lag >= LAG_VISIBLE
                      ? g_strdup_printf("%d %%  %.1f s ago", percent, (double)lag / GST_SECOND)
                      : g_strdup_printf("%d %%", percent);
    double label_height, percent_height;

    row->percent = layout_text(painter, font, size * 0.86, text, &row->percent_w,
                               &row->percent_base, &percent_height);
    row->label = layout_text(painter, font, size, class->label, &row->label_w, &row->label_base,
                             &label_height);
    row->height = MAX(label_height, percent_height);
    row->confidence = CLAMP(class->confidence, 0.0f, 1.0f);

    double label_room = MAX(room - row->percent_w - COLUMN_GAP * size, size);
    if (row->label_w > label_room) {
        pango_layout_set_width(row->label, (int)(label_room * PANGO_SCALE));
        pango_layout_set_ellipsize(row->label, PANGO_ELLIPSIZE_END);
        row->label_w = label_room;
    }
    g_free(text);
}

static double bar_space(const Panel *panel)
{
    return panel->bars ? (BAR_GAP + BAR_HEIGHT) * panel->size : 0.0;
}

/* As many rows as fit; none if not even one does. */
static void layout_panel(LabelPainter *painter, Panel *panel, const Result *result,
                         GstClockTime lag, const LabelStyle *style, double width, double height)
{
    PangoFontDescription *font = font_of(style, height, &panel->size);
    double size = panel->size;
    double room = width - 2.0 * (MARGIN + PADDING_X) * size;
    double room_y = height - 2.0 * MARGIN * size;
    double content = 0.0;

    panel->bars = style->show_bars;
    panel->height = 2.0 * PADDING_Y * size;
    for (guint i = 0; i <= result->n_top && panel->n_rows < RESULT_MAX_TOP; i++) {
        const ResultClass *class = i == 0 ? &result->shown : &result->top[i - 1];
        Row *row = &panel->rows[panel->n_rows];

        if (i > 0 && (!panel->bars || class->index == result->shown.index))
            continue;
        if (room < SHORTEST * size)
            break;
        layout_row(painter, row, font, i == 0 ? size : SMALL * size, class, i == 0 ? lag : 0, room);

        double grown = row->height + bar_space(panel) + (i > 0 ? ROW_GAP * size : 0.0);
        panel->n_rows++;
        if (panel->height + grown > room_y) {
            panel->n_rows--;
            g_clear_object(&row->label);
            g_clear_object(&row->percent);
            break;
        }
        panel->height += grown;
        content = MAX(content, row->label_w + COLUMN_GAP * size + row->percent_w);
    }
    if (panel->bars)
        content = MAX(content, MIN(BARS_WIDTH * size, room));
    panel->width = content + 2.0 * PADDING_X * size;
    pango_font_description_free(font);
}

static void panel_clear(Panel *panel)
{
    for (guint i = 0; i < panel->n_rows; i++) {
        g_object_unref(panel->rows[i].label);
        g_object_unref(panel->rows[i].percent);
    }
}

/* ---- painting ----------------------------------------------------------------------------- */

static void set_color(cairo_t *cr, const Color *color)
{
    cairo_set_source_rgba(cr, color->r, color->g, color->b, color->a);
}

static void rounded_rectangle(cairo_t *cr, double x, double y, double w, double h, double r)
{
    r = MIN(r, MIN(w, h) / 2.0);
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + w - r, y + r, r, -G_PI_2, 0.0);
    cairo_arc(cr, x + w - r, y + h - r, r, 0.0, G_PI_2);
    cairo_arc(cr, x + r, y + h - r, r, G_PI_2, G_PI);
    cairo_arc(cr, x + r, y + r, r, G_PI, G_PI + G_PI_2);
    cairo_close_path(cr);
    cairo_fill(cr);
}

static void paint_layout(cairo_t *cr, PangoLayout *layout, const Color *color, double x, double y)
{
    set_color(cr, color);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, layout);
}

static void paint_panel(cairo_t *cr, const Panel *panel)
{
    double size = panel->size;
    double left = PADDING_X * size, right = panel->width - PADDING_X * size;
    double y = PADDING_Y * size;

    set_color(cr, &panel_color);
    rounded_rectangle(cr, 0.0, 0.0, panel->width, panel->height, RADIUS * size);
    for (guint i = 0; i < panel->n_rows; i++) {
        const Row *row = &panel->rows[i];

        paint_layout(cr, row->label, &label_color, left, y);
        paint_layout(cr, row->percent, &percent_color, right - row->percent_w,
                     y + row->label_base - row->percent_base);
        y += row->height;
        if (panel->bars) {
            double bar = BAR_HEIGHT * size;

            y += BAR_GAP * size;
            set_color(cr, &track_color);
            rounded_rectangle(cr, left, y, right - left, bar, bar / 2.0);
            set_color(cr, &percent_color);
            rounded_rectangle(cr, left, y, (right - left) * row->confidence, bar, bar / 2.0);
            y += bar;
        }
        y += ROW_GAP * size;
    }
}

/* The panel as premultiplied pixels of the picture's own shape. */
static GstBuffer *render_panel(LabelPainter *painter, const Panel *panel, double x_scale,
                               gint width, gint height)
{
    gsize stride = (gsize)width * 4;
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, stride * (gsize)height, NULL);
    GstMapInfo map;

    if (buffer == NULL || !gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
        gst_clear_buffer(&buffer);
        return NULL;
    }
    gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE,
                              GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, (guint)width,
                              (guint)height);

    memset(map.data, 0, map.size);
    cairo_surface_t *surface = cairo_image_surface_create_for_data(map.data, CAIRO_FORMAT_ARGB32,
                                                                   width, height, (int)stride);
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, x_scale, 1.0);
    pango_cairo_update_context(cr, painter->context);
    paint_panel(cr, panel);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    gst_buffer_unmap(buffer, &map);
    return buffer;
}

/* Even, so that chroma samples are whole. */
static gint even(double x)
{
    return (gint)(MAX(x, 0.0) / 2.0) * 2;
}

static GstVideoOverlayComposition *compose(LabelPainter *painter, const Panel *panel,
                                           const LabelStyle *style, const GstVideoInfo *info,
                                           double x_scale)
{
    gint picture_w = GST_VIDEO_INFO_WIDTH(info), picture_h = GST_VIDEO_INFO_HEIGHT(info);
    gint width = even(ceil(panel->width * x_scale)) + 2, height = even(ceil(panel->height)) + 2;
    double margin = MARGIN * panel->size;
    double rest_x = picture_w - width - 2.0 * margin * x_scale;
    double rest_y = picture_h - height - 2.0 * margin;
    gint column = style->position % 3, line = style->position / 3;
    GstBuffer *pixels = render_panel(painter, panel, x_scale, width, height);

    if (pixels == NULL)
        return NULL;
    GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_new_raw(
        pixels, even(margin * x_scale + rest_x * column / 2.0), even(margin + rest_y * line / 2.0),
        (guint)width, (guint)height, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(rectangle);
    gst_video_overlay_rectangle_unref(rectangle);
    gst_buffer_unref(pixels);
    return composition;
}

/* ---- the painter -------------------------------------------------------------------------- */

static void write_key(GString *key, const Result *result, GstClockTime lag, const LabelStyle *style,
                      const GstVideoInfo *info)
{
    g_string_printf(key, "%dx%d %d/%d %s %d %d %" G_GUINT64_FORMAT, GST_VIDEO_INFO_WIDTH(info),
                    GST_VIDEO_INFO_HEIGHT(info), GST_VIDEO_INFO_PAR_N(info),
                    GST_VIDEO_INFO_PAR_D(info), style->font != NULL ? style->font : "",
                    style->position, style->show_bars, lag);
    g_string_append_printf(key, "\n%ld %s", lroundf(result->shown.confidence * 100.0f),
                           result->shown.label);
    for (guint i = 0; style->show_bars && i < result->n_top; i++)
        g_string_append_printf(key, "\n%ld %s", lroundf(result->top[i].confidence * 100.0f),
                               result->top[i].label);
}

static GstVideoOverlayComposition *paint(LabelPainter *painter, const Result *result,
                                         GstClockTime lag, const LabelStyle *style,
                                         const GstVideoInfo *info)
{
    Panel panel = {.n_rows = 0};
    GstVideoOverlayComposition *composition = NULL;
    double par = (double)GST_VIDEO_INFO_PAR_N(info) / GST_VIDEO_INFO_PAR_D(info);

    if (painter->context == NULL) {
        painter->fonts = pango_cairo_font_map_new();
        painter->context = pango_font_map_create_context(painter->fonts);
    }
    layout_panel(painter, &panel, result, lag, style, GST_VIDEO_INFO_WIDTH(info) * par,
                 GST_VIDEO_INFO_HEIGHT(info));
    if (panel.n_rows > 0)
        composition = compose(painter, &panel, style, info, 1.0 / par);
    panel_clear(&panel);
    return composition;
}

GstVideoOverlayComposition *label_painter_paint(LabelPainter *painter, const Result *result,
                                                GstClockTime lag, const LabelStyle *style,
                                                const GstVideoInfo *info)
{
    if (result->shown.index < 0)
        return NULL;

    /* a lag in half seconds: honest, and painted twice a second at most */
    lag = lag < LAG_VISIBLE ? 0 : lag - lag % LAG_VISIBLE;
    write_key(painter->new_key, result, lag, style, info);
    if (!g_string_equal(painter->key, painter->new_key)) {
        g_clear_pointer(&painter->composition, gst_video_overlay_composition_unref);
        painter->composition = paint(painter, result, lag, style, info);
        g_string_assign(painter->key, painter->new_key->str);
    }
    return painter->composition;
}

void label_painter_free(LabelPainter *painter)
{
    if (painter == NULL)
        return;
    g_clear_pointer(&painter->composition, gst_video_overlay_composition_unref);
    g_clear_object(&painter->context);
    g_clear_object(&painter->fonts);
    g_string_free(painter->key, TRUE);
    g_string_free(painter->new_key, TRUE);
    g_free(painter);
}

LabelPainter *label_painter_new(void)
{
    LabelPainter *painter = g_new0(LabelPainter, 1);

    painter->key = g_string_new(NULL);
    painter->new_key = g_string_new(NULL);
    return painter;
}
