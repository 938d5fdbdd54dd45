/* SPDX-License-Identifier: MIT */
/* engine.h - what happens to the frames of one stream: each is classified in step, or the newest is
 * on a worker while the others pass; the last result, its age and the statistics are kept; a model
 * set while playing is loaded aside. Results and warnings are posted as messages of the element. */
#ifndef ENGINE_H
#define ENGINE_H

#include <gst/video/video.h>

#include "resultmeta.h"
#include "settings.h"
#include "stats.h"

G_BEGIN_DECLS

typedef struct Engine Engine;

/* Loads the model and starts the threads. NULL and error (NN_ERROR, or G_THREAD_ERROR). */
Engine *engine_new(GstElement *element, const Settings *settings, GError **error);

/* Waits for the inference under way; NULL is fine. */
void engine_free(Engine *engine);

/* ---- the streaming thread's ---- */

typedef struct {
    GstBuffer *buffer;
    const GstVideoInfo *info; /* NULL: a format that cannot be classified */
    const GstSegment *segment;
    gboolean live;
} Frame;

/* One frame goes by. TRUE and the newest result, aged, if there is one. error is set (and there
 * may be an older result all the same) if the frame could not be read. */
gboolean engine_frame(Engine *engine, const Frame *frame, const Settings *settings, Result *result,
                      GError **error);

/* Nothing seen so far counts any more, inferences under way included. tell: post that the label,
 * if one was shown, is gone. */
void engine_forget(Engine *engine, gboolean tell);

/* Waits, at most so long, until the last inference has posted its result. */
gboolean engine_finish(Engine *engine, gint64 timeout_us);

/* ---- any thread's ---- */

/* Ends all waits now and in future (TRUE), or allows waiting again (FALSE). */
void engine_break_waits(Engine *engine, gboolean broken);

void engine_add_time(Engine *engine, Stage stage, gint64 start_us);

/* New structures; last_result NULL before the first. */
GstStructure *engine_last_result(Engine *engine);
GstStructure *engine_stats(Engine *engine);

G_END_DECLS

#endif
