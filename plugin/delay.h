/* SPDX-License-Identifier: MIT */
/* delay.h - the frames that mode=matched holds back until their label is there, and how much
 * latency this, or classifying in step, adds. The streaming thread's, but for the latency. */
#ifndef DELAY_H
#define DELAY_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define DELAY_MAX_FRAMES 30

typedef struct {
    GQueue frames;     /* of HeldFrame */
    GstClockTime last; /* timestamp of the last frame */

    GMutex lock;           /* for all below */
    GstClockTime duration; /* of a frame, by the caps; NONE: not known */
    GstClockTime longest;  /* time from one frame to the next that was seen */
    GstClockTime busy;     /* what classifying in step takes: a peak that fades */
    GstClockTime told;     /* latency that the pipeline was told of */
} Delay;

void delay_init(Delay *delay);
void delay_clear(Delay *delay); /* drops the frames; may be used again */
void delay_free(Delay *delay);  /* the end */

/* Takes the frame, which has this number. */
void delay_push(Delay *delay, GstBuffer *buffer, guint64 number);

/* The oldest frame, which is the caller's, and its number; NULL if there is none. */
GstBuffer *delay_pop(Delay *delay, guint64 *number);
guint delay_length(const Delay *delay);

/* How long frames last by their caps; NONE: the caps do not say. */
void delay_set_duration(Delay *delay, GstClockTime duration);

/* The time in step that one classification took. */
void delay_add_busy(Delay *delay, GstClockTime took);

/* What the element adds to the latency: n_frames when frames are held, else what classifying takes
 * if in step, with head-room, else nothing. Any thread. */
GstClockTime delay_latency(Delay *delay, guint n_frames, gboolean in_step);

/* The same; TRUE if it is far from what the pipeline was told of: the caller tells it. */
gboolean delay_latency_changed(Delay *delay, guint n_frames, gboolean in_step);

G_END_DECLS

#endif
