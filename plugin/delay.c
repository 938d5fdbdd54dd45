/* SPDX-License-Identifier: MIT */
/* delay.c - a queue of frames and the arithmetic of latency. */
#include "delay.h"

/* Until frames without a rate have shown how far apart they are. */
#define GUESSED_DURATION (GST_SECOND / 30)

typedef struct {
    GstBuffer *buffer;
    guint64 number;
} HeldFrame;

static void held_frame_free(gpointer data)
{
    HeldFrame *held = data;

    gst_buffer_unref(held->buffer);
    g_free(held);
}

void delay_clear(Delay *delay)
{
    g_queue_clear_full(&delay->frames, held_frame_free);
    delay->last = GST_CLOCK_TIME_NONE;
}

void delay_free(Delay *delay)
{
    delay_clear(delay);
    g_mutex_clear(&delay->lock);
}

void delay_init(Delay *delay)
{
    *delay = (Delay){.last = GST_CLOCK_TIME_NONE, .duration = GST_CLOCK_TIME_NONE};
    g_queue_init(&delay->frames);
    g_mutex_init(&delay->lock);
}

void delay_push(Delay *delay, GstBuffer *buffer, guint64 number)
{
    HeldFrame *held = g_new(HeldFrame, 1);
    GstClockTime pts = GST_BUFFER_PTS(buffer);

    *held = (HeldFrame){buffer, number};
    g_queue_push_tail(&delay->frames, held);
    g_mutex_lock(&delay->lock);
    if (GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(delay->last) && pts > delay->last)
        delay->longest = MAX(delay->longest, pts - delay->last);
    g_mutex_unlock(&delay->lock);
    delay->last = pts;
}

GstBuffer *delay_pop(Delay *delay, guint64 *number)
{
    HeldFrame *held = g_queue_pop_head(&delay->frames);

    if (held == NULL)
        return NULL;
    GstBuffer *buffer = held->buffer;
    *number = held->number;
    g_free(held);
    return buffer;
}

guint delay_length(const Delay *delay)
{
    return delay->frames.length;
}

void delay_set_duration(Delay *delay, GstClockTime duration)
{
    g_mutex_lock(&delay->lock);
    delay->duration = duration;
    delay->longest = 0;
    g_mutex_unlock(&delay->lock);
}

void delay_add_busy(Delay *delay, GstClockTime took)
{
    g_mutex_lock(&delay->lock);
    delay->busy = MAX(took, delay->busy - delay->busy / 64 + took / 64);
    g_mutex_unlock(&delay->lock);
}

/* Exact where it is known. Where it is measured, what was told stands while it is near: sinks
 * should not be set anew with each frame. */
static GstClockTime reckon(const Delay *delay, guint n_frames, gboolean in_step)
{
    if (n_frames > 0) {
        if (GST_CLOCK_TIME_IS_VALID(delay->duration))
            return n_frames * delay->duration;
        return n_frames * (delay->longest > 0 ? delay->longest : GUESSED_DURATION);
    }
    if (!in_step)
        return 0;
    GstClockTime latency = delay->busy + delay->busy / 4;
    return delay->busy > delay->told || latency < delay->told / 2 ? latency : delay->told;
}

GstClockTime delay_latency(Delay *delay, guint n_frames, gboolean in_step)
{
    g_mutex_lock(&delay->lock);
    GstClockTime latency = reckon(delay, n_frames, in_step);
    g_mutex_unlock(&delay->lock);
    return latency;
}

gboolean delay_latency_changed(Delay *delay, guint n_frames, gboolean in_step)
{
    g_mutex_lock(&delay->lock);
    GstClockTime latency = reckon(delay, n_frames, in_step);
    gboolean changed = latency != delay->told;
    delay->told = latency;
    g_mutex_unlock(&delay->lock);
    return changed;
}
