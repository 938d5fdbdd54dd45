/* SPDX-License-Identifier: MIT */
/* resultmeta.h - what the network said, as a struct inside the plugin, as a GstStructure for
 * messages and properties, and as metadata on a buffer: the custom meta "GstMobilenetMeta" on every
 * GStreamer, one multi-class GstAnalyticsClsMtd as well from 1.24 on.
 *
 * The fields of the structure, the same in meta, message and property:
 *
 *   timestamp, stream-time, running-time, duration  guint64  of the picture that was classified
 *   label                                           string   shown; "" when nothing is sure enough
 *   confidence                                      double   0...1, averaged over time
 *   index                                           int      class in the model's output, or -1
 *   results                                         array    of structures label, confidence,
 * index; best first, whatever their confidence inference-time guint64  ns the network took age
 * guint64  ns since that picture was taken frame                                           guint64
 * number of that picture in the stream
 */
#ifndef RESULT_META_H
#define RESULT_META_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define RESULT_META_NAME "GstMobilenetMeta"
#define RESULT_MAX_TOP   10

typedef struct {
    gint index;         /* -1: none */
    gfloat confidence;  /* 0...1 */
    const gchar *label; /* interned, or owned by the meta it was read from */
} ResultClass;

typedef struct {
    ResultClass shown;
    guint n_top;
    ResultClass top[RESULT_MAX_TOP];
    guint64 frame;
    GstClockTime timestamp, stream_time, running_time, duration;
    GstClockTime inference_time, age;
} Result;

/* Once per process, before any other call. */
void result_meta_register(void);

/* A new structure with all fields. */
GstStructure *result_to_structure(const Result *result, const gchar *name);

/* Puts the result on a writable buffer. */
void result_meta_add(GstBuffer *buffer, const Result *result);

/* Reads our result, or a classification of another element's (from 1.24 on), back from a buffer.
 * FALSE if there is none. Labels live as long as the buffer's metas. */
gboolean result_meta_get(GstBuffer *buffer, Result *result);

G_END_DECLS

#endif
