/* SPDX-License-Identifier: MIT */
/* labelpainter.h - text -> a rectangle to lay over the video. Painted with Pango and Cairo only
 * when the text, the style or the picture's size changes; otherwise the same rectangle comes back.
 */
#ifndef LABEL_PAINTER_H
#define LABEL_PAINTER_H

#include <gst/video/video.h>

#include "labelstyle.h"
#include "resultmeta.h"

G_BEGIN_DECLS

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
