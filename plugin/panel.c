/* SPDX-License-Identifier: MIT */
/* panel.c - lays text out in rows with Pango, paints it with Cairo. */
#include <math.h>
#include <string.h>

#include "panel.h"

/* Of the text size, if not said otherwise. */
#define PADDING_X  0.60
#define PADDING_Y  0.32
#define RADIUS     0.42
#define MARGIN     0.60
#define COLUMN_GAP 0.55
#define ROW_GAP    0.30
#define BAR_HEIGHT 0.12
#define BAR_GAP    0.14
#define BARS_WIDTH 9.0  /* at least so wide, or they say little */
#define SMALL      0.72 /* text of all rows but the first */
#define SHRUNK     0.65 /* a label that is too long gets so small before it is cut off */
#define OUTLINE    0.14 /* width of the line around letters */
#define SHORTEST   3.0  /* with less room than this for text none is drawn */
#define MAX_ROWS   (RESULT_MAX_TOP + 2)

typedef struct {
    PangoLayout *label, *percent; /* percent NULL: none */
    double label_w, percent_w, label_base, percent_base, height;
    double confidence;
    gboolean bar;
} Row;

typedef struct {
    Row rows[MAX_ROWS];
    guint n_rows;
    double size;          /* of the first row's text */
    double width, height; /* of the panel */
} Layout;

/* ---- layout ------------------------------------------------------------------------------- */

/* 15 pixels of 240 lines, 30 of 720, 40 of 1080. */
static double automatic_size(double picture_height)
{
    return floor(8.0 + 0.03 * picture_height);
}

/* A size in text-size counts, else one in the font, else the picture's. */
static PangoFontDescription *font_of(const LabelStyle *style, double picture_height, double *size)
{
    PangoFontDescription *font = pango_font_description_from_string(
        style->font != NULL ? style->font : LABEL_STYLE_DEFAULT_FONT);

    *size = (double)pango_font_description_get_size(font) / PANGO_SCALE;
    if (style->text_size > 0.0)
        *size = MAX(style->text_size * picture_height, 1.0);
    else if (*size <= 0.0)
        *size = automatic_size(picture_height);
    else if (!pango_font_description_get_size_is_absolute(font))
        *size *= 96.0 / 72.0;
    return font;
}

static PangoLayout *layout_text(PangoContext *context, const PangoFontDescription *font,
                                double size, const gchar *text, double *width, double *base,
                                double *height)
{
    PangoLayout *layout = pango_layout_new(context);
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

static void layout_row(PangoContext *context, Row *row, const PangoFontDescription *font,
                       double size, const gchar *label, const gchar *percent, double room)
{
    double label_height, percent_height = 0.0, label_room = room;

    if (percent != NULL) {
        row->percent = layout_text(context, font, size * 0.86, percent, &row->percent_w,
                                   &row->percent_base, &percent_height);
        label_room = MAX(room - row->percent_w - COLUMN_GAP * size, size);
    }
    row->label =
        layout_text(context, font, size, label, &row->label_w, &row->label_base, &label_height);
    if (row->label_w > label_room) {
        size *= MAX(label_room / row->label_w, SHRUNK);
        g_object_unref(row->label);
        row->label =
            layout_text(context, font, size, label, &row->label_w, &row->label_base, &label_height);
    }
    row->height = MAX(label_height, percent_height);
    if (row->label_w > label_room) {
        pango_layout_set_width(row->label, (int)(label_room * PANGO_SCALE));
        pango_layout_set_ellipsize(row->label, PANGO_ELLIPSIZE_END);
        row->label_w = label_room;
    }
}

static void layout_class(PangoContext *context, Row *row, const PangoFontDescription *font,
                         double size, const ResultClass *class, GstClockTime lag, double room)
{
    GString *percent = g_string_new(NULL);

    if (class->index >= 0)
        g_string_append_printf(percent, "%ld %%", lroundf(class->confidence * 100.0f));
    if (lag >= PANEL_LAG_VISIBLE)
        g_string_append_printf(percent, "%s%.1f s ago", percent->len > 0 ? "  " : "",
                               (double)lag / GST_SECOND);
    layout_row(context, row, font, size, class->label, percent->len > 0 ? percent->str : NULL,
               room);
    row->confidence = CLAMP(class->confidence, 0.0f, 1.0f);
    g_string_free(percent, TRUE);
}

static void row_clear(Row *row)
{
    g_clear_object(&row->label);
    g_clear_object(&row->percent);
}

/* Takes the row if there is room for it. */
static gboolean keep_row(Layout *layout, double *content, double room_y)
{
    Row *row = &layout->rows[layout->n_rows];
    double size = layout->size;
    double grown = row->height + (row->bar ? (BAR_GAP + BAR_HEIGHT) * size : 0.0) +
                   (layout->n_rows > 0 ? ROW_GAP * size : 0.0);

    if (layout->height + grown > room_y) {
        row_clear(row);
        return FALSE;
    }
    layout->height += grown;
    *content = MAX(*content, row->label_w +
                                 (row->percent != NULL ? COLUMN_GAP * size + row->percent_w : 0.0));
    layout->n_rows++;
    return TRUE;
}

/* As many rows as fit; none if not even one does. */
static void layout_panel(PangoContext *context, Layout *layout, const PanelText *text,
                         const LabelStyle *style, double width, double height)
{
    PangoFontDescription *font = font_of(style, height, &layout->size);
    double size = layout->size *= text->scale;
    double room = width - 2.0 * (MARGIN + PADDING_X) * size;
    double room_y = height - 2.0 * MARGIN * size;
    double content = 0.0;
    gboolean fits = room >= SHORTEST * size;

    layout->height = 2.0 * PADDING_Y * size;
    if (fits && *text->shown->label != '\0') {
        Row *row = &layout->rows[0];

        layout_class(context, row, font, size, text->shown, text->lag, room);
        row->bar = style->show_bars && text->shown->index >= 0;
        fits = keep_row(layout, &content, room_y);
    }
    for (guint i = 0; fits && style->show_bars && i < text->n_top; i++) {
        Row *row = &layout->rows[layout->n_rows];

        if (text->top[i].index == text->shown->index)
            continue;
        layout_class(context, row, font, SMALL * size, &text->top[i], 0, room);
        row->bar = TRUE;
        fits = keep_row(layout, &content, room_y);
    }
    if (fits && text->note != NULL) {
        layout_row(context, &layout->rows[layout->n_rows], font, SMALL * size, text->note, NULL,
                   room);
        keep_row(layout, &content, room_y);
    }
    if (style->show_bars && layout->n_rows > 0)
        content = MAX(content, MIN(BARS_WIDTH * size, room));
    layout->width = content + 2.0 * PADDING_X * size;
    pango_font_description_free(font);
}

/* ---- painting ----------------------------------------------------------------------------- */

/* 0xAARRGGBB, as the properties have it. */
static void set_color(cairo_t *cr, guint argb)
{
    cairo_set_source_rgba(cr, (argb >> 16 & 0xff) / 255.0, (argb >> 8 & 0xff) / 255.0,
                          (argb & 0xff) / 255.0, (argb >> 24) / 255.0);
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

static void paint_text(cairo_t *cr, PangoLayout *text, const LabelStyle *style, guint color,
                       double size, double x, double y)
{
    cairo_move_to(cr, x, y);
    if (style->outline_color >> 24 != 0) {
        pango_cairo_layout_path(cr, text);
        cairo_set_line_width(cr, OUTLINE * size);
        cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
        set_color(cr, style->outline_color);
        cairo_stroke(cr);
        cairo_move_to(cr, x, y);
    }
    set_color(cr, color);
    pango_cairo_show_layout(cr, text);
}

static void paint_bar(cairo_t *cr, const LabelStyle *style, double confidence, double x, double y,
                      double width, double height)
{
    set_color(cr, (style->color & 0xffffff) | 0x33000000);
    rounded_rectangle(cr, x, y, width, height, height / 2.0);
    set_color(cr, style->accent_color);
    rounded_rectangle(cr, x, y, width * confidence, height, height / 2.0);
}

static void paint_panel(cairo_t *cr, const Layout *layout, const LabelStyle *style)
{
    double size = layout->size;
    double left = PADDING_X * size, right = layout->width - PADDING_X * size;
    double y = PADDING_Y * size;

    set_color(cr, style->background);
    rounded_rectangle(cr, 0.0, 0.0, layout->width, layout->height, RADIUS * size);
    for (guint i = 0; i < layout->n_rows; i++) {
        const Row *row = &layout->rows[i];

        paint_text(cr, row->label, style, style->color, size, left, y);
        if (row->percent != NULL)
            paint_text(cr, row->percent, style, style->accent_color, size, right - row->percent_w,
                       y + row->label_base - row->percent_base);
        y += row->height;
        if (row->bar) {
            y += BAR_GAP * size;
            paint_bar(cr, style, row->confidence, left, y, right - left, BAR_HEIGHT * size);
            y += BAR_HEIGHT * size;
        }
        y += ROW_GAP * size;
    }
}

/* The panel as premultiplied pixels of the picture's own shape. */
static GstBuffer *render(PangoContext *context, const Layout *layout, const LabelStyle *style,
                         double x_scale, gint width, gint height)
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
    pango_cairo_update_context(cr, context);
    paint_panel(cr, layout, style);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    gst_buffer_unmap(buffer, &map);
    return buffer;
}

/* ---- the panel ---------------------------------------------------------------------------- */

gint panel_even(double x)
{
    return (gint)(MAX(x, 0.0) / 2.0) * 2;
}

void panel_clear(Panel *panel)
{
    gst_clear_buffer(&panel->pixels);
    g_clear_pointer(&panel->boxed, g_free);
}

Panel panel_new(PangoContext *context, const PanelText *text, const LabelStyle *style,
                const GstVideoInfo *info)
{
    double par = (double)GST_VIDEO_INFO_PAR_N(info) / GST_VIDEO_INFO_PAR_D(info);
    Layout layout = {.n_rows = 0};
    Panel panel = {.pixels = NULL};

    layout_panel(context, &layout, text, style, GST_VIDEO_INFO_WIDTH(info) * par,
                 GST_VIDEO_INFO_HEIGHT(info));
    if (layout.n_rows > 0) {
        panel.width = panel_even(ceil(layout.width / par)) + 2;
        panel.height = panel_even(ceil(layout.height)) + 2;
        panel.margin = MARGIN * layout.size;
        panel.pixels = render(context, &layout, style, 1.0 / par, panel.width, panel.height);
    }
    for (guint i = 0; i < layout.n_rows; i++) {
        PangoLayout *label = layout.rows[i].label;

        if (panel.boxed == NULL && pango_layout_get_unknown_glyphs_count(label) > 0)
            panel.boxed = g_strdup(pango_layout_get_text(label));
        row_clear(&layout.rows[i]);
    }
    return panel;
}

static void write_class(GString *key, const ResultClass *class)
{
    g_string_append_printf(key, "\n%d %ld %s", class->index >= 0,
                           lroundf(class->confidence * 100.0f), class->label);
}

void panel_write_key(GString *key, const PanelText *text, const LabelStyle *style,
                     const GstVideoInfo *info)
{
    g_string_append_printf(key, "%dx%d %d/%d %g %g %s %x %x %x %x %d %" G_GUINT64_FORMAT " %s",
                           GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info),
                           GST_VIDEO_INFO_PAR_N(info), GST_VIDEO_INFO_PAR_D(info), text->scale,
                           style->text_size, style->font != NULL ? style->font : "", style->color,
                           style->accent_color, style->background, style->outline_color,
                           style->show_bars, text->lag, text->note != NULL ? text->note : "");
    write_class(key, text->shown);
    for (guint i = 0; style->show_bars && i < text->n_top; i++)
        write_class(key, &text->top[i]);
}
