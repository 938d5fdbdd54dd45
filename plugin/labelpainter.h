/* SPDX-License-Identifier: MIT */
/* labelpainter.h - text -> a rectangle to lay over the video. Painted with Pango and Cairo only
 * when the text, the style or the picture's size changes; otherwise the same rectangle comes back.
 */
#ifndef LABEL_PAINTER_H
#define LABEL_PAINTER_H

#include <gst/video/video.h>

#include "enums.h"
#include "resultmeta.h"

G_BEGIN_DECLS

typedef struct {
    GstMobilenetPosition position;
    const gchar *font;  /* interned Pango description; a size in it counts, else the picture's */
    gboolean show_bars; /* all results, each with a bar, instead of the first alone */
} LabelStyle;

#define LABEL_STYLE_DEFAULT_FONT "Sans Bold"

/* The properties position, font and show-bars, which all elements that draw have in common, with
 * the ids first, first + 1 and first + 2. The accessors return FALSE for any other property; the
 * caller holds its object lock. */
enum {
    LABEL_STYLE_POSITION,
    LABEL_STYLE_FONT,
    LABEL_STYLE_SHOW_BARS,
    LABEL_STYLE_N_PROPERTIES,
};
void label_style_init(LabelStyle *style);
void label_style_install(GObjectClass *object_class, guint first);
gboolean label_style_set(LabelStyle *style, gint property, const GValue *value);
gboolean label_style_get(const LabelStyle *style, gint property, GValue *value);

typedef struct LabelPainter LabelPainter;

LabelPainter *label_painter_new(void);
void label_painter_free(LabelPainter *painter); /* NULL is fine */

/* The label of a result for pictures of this size; lag says how much younger the picture is than
 * the one that was classified. Owned by painter, valid until the next call; NULL if nothing is to
 * be shown or the picture is too small for text. One thread at a time. */
GstVideoOverlayComposition *label_painter_paint(LabelPainter *painter, const Result *result,
                                                GstClockTime lag, const LabelStyle *style,
                                                const GstVideoInfo *info);

G_END_DECLS

#endif
