/* SPDX-License-Identifier: MIT */
/* labelstyle.c - names, ranges, defaults and texts of the properties of drawing. */
#include <gst/gst.h>

#include "fields.h"
#include "labelstyle.h"

#define PLACE(id, member) [id] = offsetof(LabelStyle, member)
static const gsize places[] = {
    PLACE(LABEL_STYLE_POSITION, position),
    PLACE(LABEL_STYLE_FONT, font),
    PLACE(LABEL_STYLE_SHOW_BARS, show_bars),
};
G_STATIC_ASSERT(G_N_ELEMENTS(places) == LABEL_STYLE_N_PROPERTIES);

void label_style_init(LabelStyle *style)
{
    *style = (LabelStyle){
        .position = GST_MOBILENET_POSITION_BOTTOM_LEFT,
        .font = g_intern_static_string(LABEL_STYLE_DEFAULT_FONT),
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
