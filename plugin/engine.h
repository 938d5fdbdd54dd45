/* SPDX-License-Identifier: MIT */
/* engine.h - what happens to the frames of one stream: each is classified in step, or the newest is
 * on a worker while the others pass; the last results, their age and the statistics are kept; a
 * model set while playing is loaded aside. Results and warnings are posted as messages of the
 * element. */
#ifndef ENGINE_H
#define ENGINE_H

#include <gst/video/video.h>

#include "classifier.h"
#include "resultmeta.h"
#include "settings.h"
#include "stats.h"

G_BEGIN_DECLS

typedef struct Engine Engine;

/* Sees what the net is about to see of a frame: n pictures, see classifier_get_picture(). On the
 * streaming thread. */
typedef void EngineWatch(gpointer data, const Classifier *classifier, guint n, GstBuffer *frame);

/* Loads the model and starts the threads. watch gets the element. NULL and error (NN_ERROR, or
 * G_THREAD_ERROR). */
Engine *engine_new(GstElement *element, const Settings *settings, EngineWatch *watch,
                   GError **error);

/* Waits for the inference under way; NULL is fine. */
void engine_free(Engine *engine);

/* ---- the streaming thread's ---- */

typedef struct {
    GstBuffer *buffer;
    const GstVideoInfo *info; /* NULL: a format that cannot be classified */
    const GstSegment *segment;
    gboolean live;
    NnTurn turn; /* how it must be turned to stand upright */
} Frame;

/* One frame goes by and, if it is its turn, is classified or starts to be. Returns its number.
 * error is set if the frame could not be read. */
guint64 engine_frame(Engine *engine, const Frame *frame, const Settings *settings, GError **error);

/* The newest result, aged, of a picture that is not younger than the frame with that number. FALSE
 * if there is none, or if it is older than settings->expire, which is told once; else
 * result_clear() it. */
gboolean engine_result(Engine *engine, guint64 number, const Settings *settings, Result *result);

/* Waits until the frame with that number, if it is the one that is being classified, is done. */
void engine_await(Engine *engine, guint64 number);

/* How long the last classification took, picture and inference; before the first, the trial when
 * the model was loaded. */
GstClockTime engine_busy_time(Engine *engine);

/* Nothing seen so far counts any more, inferences under way included. tell: post that the label,
 * if one was shown, is gone. */
void engine_forget(Engine *engine, gboolean tell);

/* Waits, at most so long, until the last inference has posted its result. */
gboolean engine_finish(Engine *engine, gint64 timeout_us);

/* ---- any thread's ---- */

/* Ends all waits now and in future (TRUE), or allows waiting again (FALSE). */
void engine_break_waits(Engine *engine, gboolean broken);

/* Downstream got the frame of that running time so much too late (diff > 0), or in time. */
void engine_heed_qos(Engine *engine, gdouble proportion, GstClockTimeDiff diff,
                     GstClockTime running_time);

void engine_add_time(Engine *engine, Stage stage, gint64 start_us);

/* New structures; last_result NULL before the first. */
GstStructure *engine_last_result(Engine *engine);
GstStructure *engine_stats(Engine *engine);
GstStructure *engine_model(Engine *engine);

G_END_DECLS

#endif
