/* SPDX-License-Identifier: MIT */
/* sidepad.h - a source pad beside the video's, there on request, for things that come now and then.
 * Whatever happens on it never stops the video. */
#ifndef SIDE_PAD_H
#define SIDE_PAD_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
    GstElement *element;
    GstPad *pad; /* under the element's object lock; NULL: not requested */

    /* the streaming thread's */
    GstPad *started; /* the pad that has had its stream-start; only compared */
    gboolean segment_sent;
    GstCaps *caps; /* that it has had */
} SidePad;

void side_pad_init(SidePad *side, GstElement *element);
void side_pad_clear(SidePad *side);

/* Adds the pad; NULL if it is there already. */
GstPad *side_pad_request(SidePad *side, GstPadTemplate *template);

/* Removes it; FALSE if pad is another one. */
gboolean side_pad_release(SidePad *side, GstPad *pad);

/* Whether somebody is linked to it. */
gboolean side_pad_wanted(SidePad *side);

/* Sends a buffer, which it takes, with what has to come before it. */
void side_pad_push(SidePad *side, GstCaps *caps, const GstSegment *segment, GstBuffer *buffer);

/* Nothing comes for so long. */
void side_pad_gap(SidePad *side, GstCaps *caps, const GstSegment *segment, GstClockTime start,
                  GstClockTime duration);

/* Passes on an event of the video's, which it does not take: flushes and the end; a new segment or
 * stream is sent before the next buffer. */
void side_pad_event(SidePad *side, GstEvent *event);

/* The stream is over: everything is sent anew next time. */
void side_pad_reset(SidePad *side);

G_END_DECLS

#endif
