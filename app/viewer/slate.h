/* SPDX-License-Identifier: MIT */
/* slate.h - text on the video: a whole picture that says why there is none, or a panel laid over
 * the frames that are there. */
#ifndef VIEWER_SLATE_H
#define VIEWER_SLATE_H

#include <gst/video/video.h>
#include <stdbool.h>

/* A dark picture of width x height pixels with a headline and an explanation below it; BGRx, no
 * timestamp. Unref it and caps. Any thread. */
GstBuffer *slate_new(int width, int height, const char *headline, const char *text, GstCaps **caps);

/* A panel with lines of text, in the middle or (low) at the foot of frames of width x height
 * pixels; unref it. NULL if the frame is too small for text. Any thread. */
GstVideoOverlayComposition *slate_panel(int width, int height, const char *text, bool low);

#endif
