/* SPDX-License-Identifier: MIT */
/* labelstyle.h - the properties that all elements which draw have in common. */
#ifndef LABEL_STYLE_H
#define LABEL_STYLE_H

#include "enums.h"

G_BEGIN_DECLS

typedef struct {
    GstMobilenetPosition position;
    gint offset_x, offset_y; /* pixels from there, to the right and down */
    const gchar *font;       /* interned Pango description; a size in it counts, else the picture's;
                                NULL: the default */
    gboolean show_bars;      /* all results, each with a bar, instead of the first alone */
    gdouble text_size;       /* of the picture's height; 0: automatic */
    guint color, accent_color, background, outline_color; /* 0xAARRGGBB */
    gboolean show_stats;                                  /* a line with age and rates */
} LabelStyle;

#define LABEL_STYLE_DEFAULT_FONT "Sans Bold"

/* The properties have the ids first, first + 1 and so on. The accessors take id - first and return
 * FALSE for any other property; the caller holds its object lock. */
enum {
    LABEL_STYLE_POSITION,
    LABEL_STYLE_FONT,
    LABEL_STYLE_SHOW_BARS,
    LABEL_STYLE_OFFSET_X,
    LABEL_STYLE_OFFSET_Y,
    LABEL_STYLE_TEXT_SIZE,
    LABEL_STYLE_COLOR,
    LABEL_STYLE_ACCENT_COLOR,
    LABEL_STYLE_BACKGROUND,
    LABEL_STYLE_OUTLINE_COLOR,
    LABEL_STYLE_SHOW_STATS,
    LABEL_STYLE_N_PROPERTIES,
};
void label_style_init(LabelStyle *style);
void label_style_install(GObjectClass *object_class, guint first);
gboolean label_style_set(LabelStyle *style, gint property, const GValue *value);
gboolean label_style_get(const LabelStyle *style, gint property, GValue *value);

G_END_DECLS

#endif
