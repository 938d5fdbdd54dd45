/* SPDX-License-Identifier: MIT */
/* sidepad.h - a source pad beside the video's, there on request, for things that come now and then.
 * Whatever happens on it never stops the video. */
#ifndef SIDE_PAD_H
#define SIDE_PAD_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
    GstElement *element;
    GstPad *pad;  /* under the element's object lock, as its number is; NULL: not requested */
    guint number; /* of the pads that have been requested so far */

    /* the streaming thread's */
    guint started; /* number of the pad that has had its stream-start; 0: none */
    gboolean segment_sent;
    GstCaps *caps; /* that it has had */
} SidePad;

void side_pad_init(SidePad *side, GstElement *element);
void side_pad_clear(SidePad *side);

/* Adds the pad, which answers queries with that function, or NULL for the default; NULL if it is
 * there already. */
GstPad *side_pad_request(SidePad *side, GstPadTemplate *template, GstPadQueryFunction query);

/* Removes it; FALSE if pad is another one. */
gboolean side_pad_release(SidePad *side, GstPad *pad);

/* Whether somebody is linked to it. */
gboolean side_pad_wanted(SidePad *side);

/* Sends what has to come before anything else, if it has not been sent. segment in time, or none of
 * it is sent. */
void side_pad_start(SidePad *side, GstCaps *caps, const GstSegment *segment);

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
