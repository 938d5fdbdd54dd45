/* SPDX-License-Identifier: MIT */
/* preroll.c - a queue of encoded frames that begins with a key frame. */
#include "preroll.h"

typedef struct {
    GstBuffer *buffer;
    GstCaps *caps;
    bool key;
} Kept;

struct Preroll {
    StreamTap *tap;
    GstClockTime length;
    GMutex lock; /* the rest */
    GQueue frames;
    Recorder *recorder;
};

static void kept_free(gpointer data)
{
    Kept *kept = data;
    gst_buffer_unref(kept->buffer);
    gst_caps_unref(kept->caps);
    g_free(kept);
}

/* Whether a key frame after the first is old enough to begin with. */
static bool has_later_start(const Preroll *preroll, GstClockTime now)
{
    for (GList *at = preroll->frames.head ? preroll->frames.head->next : NULL; at; at = at->next) {
        const Kept *kept = at->data;
        if (kept->key)
            return GST_BUFFER_PTS(kept->buffer) + preroll->length <= now;
    }
    return false;
}

static void drop_group(Preroll *preroll)
{
    do {
        kept_free(g_queue_pop_head(&preroll->frames));
    } while (!((Kept *)g_queue_peek_head(&preroll->frames))->key);
}

static void on_frame(GstBuffer *buffer, GstCaps *caps, bool key, gpointer data)
{
    Preroll *preroll = data;
    g_mutex_lock(&preroll->lock);
    if (preroll->recorder)
        recorder_push(preroll->recorder, buffer, caps);
    Kept *kept = g_new(Kept, 1);
    *kept = (Kept){gst_buffer_ref(buffer), gst_caps_ref(caps), key};
    g_queue_push_tail(&preroll->frames, kept);
    while (has_later_start(preroll, GST_BUFFER_PTS(buffer)))
        drop_group(preroll);
    g_mutex_unlock(&preroll->lock);
}

void preroll_record(Preroll *preroll, Recorder *recorder)
{
    g_mutex_lock(&preroll->lock);
    for (GList *at = recorder ? preroll->frames.head : NULL; at; at = at->next) {
        const Kept *kept = at->data;
        recorder_push(recorder, kept->buffer, kept->caps);
    }
    preroll->recorder = recorder;
    g_mutex_unlock(&preroll->lock);
}

void preroll_free(Preroll *preroll)
{
    if (!preroll)
        return;
    stream_close(preroll->tap);
    g_queue_clear_full(&preroll->frames, kept_free);
    g_mutex_clear(&preroll->lock);
    g_free(preroll);
}

Preroll *preroll_new(Stream *stream, double seconds)
{
    Preroll *preroll = g_new0(Preroll, 1);
    preroll->length = (GstClockTime)(seconds * GST_SECOND);
    g_mutex_init(&preroll->lock);
    g_queue_init(&preroll->frames);
    preroll->tap = stream_open(stream, on_frame, preroll);
    return preroll;
}
