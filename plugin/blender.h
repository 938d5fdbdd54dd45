/* SPDX-License-Identifier: MIT */
/* blender.h - lays a composition over frames; one that stays the same is turned into bytes of the
 * frame's own format first, which makes it many times cheaper. */
#ifndef BLENDER_H
#define BLENDER_H

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct {
    GPtrArray *patches; /* of the composition with this number; NULL: none */
    guint seqnum, last; /* last: of the one before; a composition is worth it the second time */
    GstVideoInfo info;  /* of the frames that the patches are for */
} Blender;

void blender_init(Blender *blender);
void blender_clear(Blender *blender);

/* The same as gst_video_overlay_composition_blend(), up to rounding. */
void blender_blend(Blender *blender, GstVideoOverlayComposition *composition, GstVideoFrame *frame);

G_END_DECLS

#endif
