/* SPDX-License-Identifier: MIT */
/* labelpainter.h - a result -> rectangles to lay over the video: a panel for the whole picture, a
 * box and a panel for each region. Painted only when text, style or size change; the same
 * composition comes back as long as nothing moves. */
#ifndef LABEL_PAINTER_H
#define LABEL_PAINTER_H

#include <gst/video/video.h>

#include "labelstyle.h"
#include "resultmeta.h"

G_BEGIN_DECLS

typedef struct LabelPainter LabelPainter;

LabelPainter *label_painter_new(void);
void label_painter_free(LabelPainter *painter); /* NULL is fine */

/* The result on pictures of this size; lag says how much younger the picture is than the one that
 * was classified; note is a last small row, or NULL. Owned by painter, valid until the next call;
 * NULL if nothing is to be shown or the picture is too small for it. One thread at a time. */
GstVideoOverlayComposition *label_painter_paint(LabelPainter *painter, const Result *result,
                                                GstClockTime lag, const gchar *note,
                                                const LabelStyle *style, const GstVideoInfo *info);

/* The first label so far with letters that no installed font has; NULL: none. */
const gchar *label_painter_boxed(const LabelPainter *painter);

/* Paints something that is not shown, so that the first label need not wait for its font. */
void label_painter_load_fonts(LabelPainter *painter, const LabelStyle *style,
                              const GstVideoInfo *info);

G_END_DECLS

#endif
