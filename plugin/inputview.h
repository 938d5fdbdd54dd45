/* SPDX-License-Identifier: MIT */
/* inputview.h - what the net saw: its input as a PNG file on request, and as video on a pad. */
#ifndef INPUT_VIEW_H
#define INPUT_VIEW_H

#include "classifier.h"
#include "sidepad.h"

G_BEGIN_DECLS

#define INPUT_VIEW_CAPS                                                                            \
    "video/x-raw, format=(string){ RGB, GRAY8 }, width=(int)[ 1, max ], height=(int)[ 1, max ], "  \
    "framerate=(fraction)[ 0/1, max ]"

typedef struct {
    SidePad side;
    const gchar *file; /* to be written, interned; under the element's object lock; NULL: none */
} InputView;

void input_view_init(InputView *view, GstElement *element);
void input_view_clear(InputView *view);

/* Shows the net's n pictures of a frame to who wants them: the pad gets them all, one after the
 * other; the file gets the first, written by another thread, which posts the element message
 * "mobilenet-debug-input" (path, width, height, timestamp) or a warning when it is done. */
void input_view_show(InputView *view, const GstSegment *segment, const Classifier *classifier,
                     guint n, GstBuffer *frame);

G_END_DECLS

#endif
