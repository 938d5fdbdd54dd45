/* SPDX-License-Identifier: MIT */
/* drawing.h - how a label gets onto the video of a GstBaseTransform: as overlay composition
 * metadata where downstream takes both the caps feature and the meta, else blended into the pixels.
 */
#ifndef DRAWING_H
#define DRAWING_H

#include <gst/base/gstbasetransform.h>

#include "blender.h"
#include "labelpainter.h"
#include "statsline.h"

G_BEGIN_DECLS

typedef struct {
    LabelPainter *painter;
    Blender blender;
    StatsLine line;
    gboolean told;    /* that a font is missing */
    gint refused;     /* atomic: downstream has no use for the caps feature */
    gint settled;     /* atomic: downstream has been asked since the last caps */
    gboolean offered; /* the caps downstream have the feature */
    gboolean added;   /* by us */
    gboolean attach;  /* downstream takes the meta */
} Drawing;

void drawing_init(Drawing *drawing);
void drawing_clear(Drawing *drawing);

/* Forgets what downstream said: before new caps and when it wants to negotiate again. Any
 * thread. */
void drawing_unsettle(Drawing *drawing);

/* transform_caps() and fixate_caps() of an element that draws when enabled. */
GstCaps *drawing_transform_caps(Drawing *drawing, gboolean enabled, GstPadDirection direction,
                                GstCaps *caps, GstCaps *filter);
GstCaps *drawing_fixate_caps(GstCaps *othercaps);

/* From set_caps(). */
void drawing_set_caps(Drawing *drawing, const GstCaps *in, const GstCaps *out);

/* Looks for the font and loads it, which takes several frames' time: from set_caps(), while no
 * camera waits for its buffers yet. */
void drawing_prepare(Drawing *drawing, const GstVideoInfo *info, const LabelStyle *style);

/* Asks downstream, once per caps; call when the source pad has its caps. */
void drawing_settle(Drawing *drawing, GstBaseTransform *transform);

/* Draws the result on a writable buffer, if there is something to show. FALSE if the frame could
 * not be mapped for writing. */
gboolean drawing_draw(Drawing *drawing, GstBaseTransform *transform, GstBuffer *buffer,
                      const GstVideoInfo *info, const Result *result, const LabelStyle *style);

G_END_DECLS

#endif
