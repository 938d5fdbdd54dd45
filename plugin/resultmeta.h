/* SPDX-License-Identifier: MIT */
/* resultmeta.h - what the network said, as a struct inside the plugin, as a GstStructure for
 * messages and properties, and as metadata on a buffer: the custom meta "GstMobilenetMeta" on every
 * GStreamer, one multi-class GstAnalyticsClsMtd as well from 1.24 on.
 *
 * The fields of the structure, the same in meta, message and property:
 *
 *   element         string   name of the element that made it
 *   timestamp       guint64  of the picture that was classified, in ns, as are all times; also
 *                            stream-time, running-time, duration
 *   label           string   shown; "" (or unknown-label) when nothing is sure enough
 *   confidence      double   0...1, averaged over time
 *   index           int      class in the model's output, or -1
 *   results         array    of structures label, confidence, index; best first, whatever their
 *                            confidence
 *   regions         array    with inference-region=roi-list, else not there: of structures x, y,
 *                            width, height (int), type (string), id (int), label, confidence,
 *                            index, results; the fields above are those of the surest region
 *   embedding       GBytes   with attach-embedding, else not there: floats, host byte order
 *   inference-time  guint64  that the network took
 *   age             guint64  since that picture was taken
 *   frame           guint64  number of that picture in the stream
 *
 * Each element adds a meta of its own: after two in series a buffer has two, and readers get the
 * last one, that of the element nearest to them, unless they ask for one by its element's name. */
#ifndef RESULT_META_H
#define RESULT_META_H

#include <gst/gst.h>

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

G_BEGIN_DECLS

#define RESULT_META_NAME   "GstMobilenetMeta"
#define RESULT_MAX_TOP     10
#define RESULT_MAX_REGIONS 16

typedef struct {
    gint index;         /* -1: none */
    gfloat confidence;  /* 0...1 */
    const gchar *label; /* interned, or owned by the meta it was read from */
} ResultClass;

typedef struct {
    gint x, y, w, h; /* pixels */
    GQuark type;     /* the detector's word for it; 0: none */
    gint id;
    ResultClass shown;
    guint n_top;
    ResultClass top[RESULT_MAX_TOP];
} ResultRegion;

typedef struct {
    const gchar *element; /* name; interned, or owned by the meta it was read from */
    ResultClass shown;
    guint n_top;
    ResultClass top[RESULT_MAX_TOP];
    gboolean by_region; /* regions count, even if there is none */
    gboolean whole_too; /* the whole frame has a result beside those of its regions */
    guint n_regions;
    ResultRegion regions[RESULT_MAX_REGIONS];
    GBytes *embedding; /* NULL: none */
    guint64 frame;
    GstClockTime timestamp, stream_time, running_time, duration;
    GstClockTime inference_time, age;
} Result;

/* Once per process, before any other call. */
void result_meta_register(void);

/* Gives back what a result holds. */
void result_clear(Result *result);

/* A new structure with all fields. */
GstStructure *result_to_structure(const Result *result, const gchar *name);

GstStructure *result_region_to_structure(const ResultRegion *region, const gchar *name);

/* Puts the result on a writable buffer. */
void result_meta_add(GstBuffer *buffer, const Result *result);

/* Reads our result back from a buffer: that of the element with this name, or NULL for the last
 * one, or else (NULL only, from 1.24 on) classifications and detections of other elements. FALSE if
 * there is none. Labels live as long as the buffer's metas. */
gboolean result_meta_get(GstBuffer *buffer, const gchar *element, Result *result);

#ifdef HAVE_ANALYTICS
/* Adds the classes as one multi-class classification. */
gboolean result_add_cls_mtd(GstAnalyticsRelationMeta *relations, const ResultClass *top,
                            guint n_top, GstAnalyticsClsMtd *classification);
#endif

G_END_DECLS

#endif
