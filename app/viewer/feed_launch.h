/* SPDX-License-Identifier: MIT */
/* feed_launch.h - SOURCE ! mobilenet as text: what the viewer runs, and what does the same by hand.
 */
#ifndef VIEWER_FEED_LAUNCH_H
#define VIEWER_FEED_LAUNCH_H

#include "source.h"

/* Elements of feed_launch_own(). */
#define FEED_CLASSIFIER "viewer-classifier"
#define FEED_FRAMES     "viewer-frames"

typedef struct {
    const Source *source;
    const char *model, *labels; /* paths; NULL: the bundled one, the model's own */
    double threshold;           /* negative: the element's default */
    bool paced;                 /* files play in their own time */
} FeedLaunch;

/* For gst_parse_launch(); frames arrive at the sink FEED_FRAMES. g_free() it. */
char *feed_launch_own(const FeedLaunch *what);

/* For a shell; sink: what stands behind the element. g_free() it. */
char *feed_launch_command(const FeedLaunch *what, const char *sink);

#endif
