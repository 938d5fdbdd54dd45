/* SPDX-License-Identifier: MIT */
/* labelstyle.c - names, ranges, defaults and texts of the properties of drawing. */
#include <gst/gst.h>

#include "fields.h"
#include "labelstyle.h"

#define MAX_OFFSET 32768

#define DEFAULT_COLOR      0xffffffff
#define DEFAULT_ACCENT     0xff8fedc4
#define DEFAULT_BACKGROUND 0xb30d0f17
#define DEFAULT_OUTLINE    0x00000000

#define PLACE(id, member) [id] = offsetof(LabelStyle, member)
static const gsize places[] = {
    PLACE(LABEL_STYLE_POSITION, position),     PLACE(LABEL_STYLE_FONT, font),
    PLACE(LABEL_STYLE_SHOW_BARS, show_bars),   PLACE(LABEL_STYLE_OFFSET_X, offset_x),
    PLACE(LABEL_STYLE_OFFSET_Y, offset_y),     PLACE(LABEL_STYLE_TEXT_SIZE, text_size),
    PLACE(LABEL_STYLE_COLOR, color),           PLACE(LABEL_STYLE_ACCENT_COLOR, accent_color),
    PLACE(LABEL_STYLE_BACKGROUND, background), PLACE(LABEL_STYLE_OUTLINE_COLOR, outline_color),
    PLACE(LABEL_STYLE_SHOW_STATS, show_stats),
};
G_STATIC_ASSERT(G_N_ELEMENTS(places) == LABEL_STYLE_N_PROPERTIES);

void label_style_init(LabelStyle *style)
{
    *style = (LabelStyle){
        .position = GST_MOBILENET_POSITION_BOTTOM_LEFT,
        .font = g_intern_static_string(LABEL_STYLE_DEFAULT_FONT),
        .color = DEFAULT_COLOR,
        .accent_color = DEFAULT_ACCENT,
        .background = DEFAULT_BACKGROUND,
        .outline_color = DEFAULT_OUTLINE,
    };
}

void label_style_install(GObjectClass *object_class, guint first)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

    g_object_class_install_property(
        object_class, first + LABEL_STYLE_POSITION,
        g_param_spec_enum("position", "Position", "Where in the picture the label is drawn",
                          GST_TYPE_MOBILENET_POSITION, GST_MOBILENET_POSITION_BOTTOM_LEFT,
                          flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(
        object_class, first + LABEL_STYLE_FONT,
        g_param_spec_string("font", "Font",
                            "Pango font description of the label, for example \"Serif Bold 24px\"; "
                            "without a size the text follows the height of the picture",
                            LABEL_STYLE_DEFAULT_FONT, flags));
    g_object_class_install_property(
        object_class, first + LABEL_STYLE_SHOW_BARS,
        g_param_spec_boolean("show-bars", "Show bars",
                             "Draw all results, each with a bar for its confidence, instead of the "
                             "label alone",
                             FALSE, flags | GST_PARAM_CONTROLLABLE));

    /* clang-format off */
    g_object_class_install_property(object_class, first + LABEL_STYLE_OFFSET_X,
        g_param_spec_int("offset-x", "Offset x",
            "Pixels to move the label to the right of its position",
            -MAX_OFFSET, MAX_OFFSET, 0, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, first + LABEL_STYLE_OFFSET_Y,
        g_param_spec_int("offset-y", "Offset y",
            "Pixels to move the label down from its position",
            -MAX_OFFSET, MAX_OFFSET, 0, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, first + LABEL_STYLE_TEXT_SIZE,
        g_param_spec_double("text-size", "Text size",
            "Size of the text as a fraction of the picture's height; 0: that of the font, else one "
            "that suits the picture",
            0.0, 1.0, 0.0, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, first + LABEL_STYLE_COLOR,
        g_param_spec_uint("color", "Color",
            "Color of the label, 0xAARRGGBB",
            0, G_MAXUINT32, DEFAULT_COLOR, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, first + LABEL_STYLE_ACCENT_COLOR,
        g_param_spec_uint("accent-color", "Accent color",
            "Color of confidences, bars and boxes, 0xAARRGGBB",
            0, G_MAXUINT32, DEFAULT_ACCENT, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, first + LABEL_STYLE_BACKGROUND,
        g_param_spec_uint("background", "Background",
            "Color of the panel behind the text, 0xAARRGGBB; 0: none",
            0, G_MAXUINT32, DEFAULT_BACKGROUND, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, first + LABEL_STYLE_OUTLINE_COLOR,
        g_param_spec_uint("outline-color", "Outline color",
            "Color of a line around the letters, 0xAARRGGBB; 0: none",
            0, G_MAXUINT32, DEFAULT_OUTLINE, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, first + LABEL_STYLE_SHOW_STATS,
        g_param_spec_boolean("show-stats", "Show statistics",
            "Draw a line with the age of the result, the time that it took, and frames and results "
            "per second",
            FALSE, flags | GST_PARAM_CONTROLLABLE));
    /* clang-format on */
}

gboolean label_style_set(LabelStyle *style, gint property, const GValue *value)
{
    if (property < 0 || property >= LABEL_STYLE_N_PROPERTIES)
        return FALSE;
    field_set((guint8 *)style + places[property], value);
    return TRUE;
}

gboolean label_style_get(const LabelStyle *style, gint property, GValue *value)
{
    if (property < 0 || property >= LABEL_STYLE_N_PROPERTIES)
        return FALSE;
    field_get((const guint8 *)style + places[property], value);
    return TRUE;
}
