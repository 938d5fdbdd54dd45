/* SPDX-License-Identifier: MIT */
/* classifier.h - a model made ready for one stream: the net, the names of its classes, the smoother
 * of its scores. Belongs to one thread at a time. */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include <gst/video/video.h>

#include "nn.h"
#include "regions.h"
#include "roi.h"
#include "settings.h"
#include "smoother.h"

G_BEGIN_DECLS

typedef struct {
    gchar *path;    /* of the model, or its resource:// */
    NnModel *model; /* of the cache */
    NnNet *net;
    Smoother *smoother; /* of the whole picture */
    struct {
        Smoother *smoother; /* NULL until the slot is used */
        guint64 track;      /* whose scores these are */
    } slots[RESULT_MAX_REGIONS];
    guint n_classes;
    const gchar **names; /* n_classes interned strings */
    gfloat *scores;      /* n_classes, of the last run */
    guint8 *allowed;     /* n_classes, by these two interned lists of patterns */
    const gchar *show, *hide;
    guint8 *inputs;  /* pictures of several regions, one after the other; NULL: not needed yet */
    guint n_kept;    /* of them; 0: the picture is in the net */
    GError *warning; /* labels that are missing or do not fit; NULL if all is well */
    GstClockTime load_time;             /* what finding, reading, preparing and trying took */
    GstClockTime trial_time;            /* what the first inference took */
    GstClockTime map_time, tensor_time; /* of the last picture */
    NnImageFormat format;
    gboolean prepared; /* for pictures of this format */
} Classifier;

/* Finds, loads and tries the model that the settings name, with their labels, threads and
 * precision. Without a usable labels file the classes are numbered and warning says why. NULL and
 * error (NN_ERROR) on failure. */
Classifier *classifier_new(const Settings *settings, GError **error);
void classifier_free(Classifier *classifier); /* NULL is fine */

/* How a frame is looked at. */
typedef struct {
    NnFit fit;
    NnTurn turn;
    Roi roi;
    const Region *regions; /* those instead, if there are any */
    guint n_regions;
} Look;

/* Makes a picture of the frame, or of each region. FALSE and error if the frame cannot be mapped or
 * its size is impossible; info is that of the caps. Never copies the frame's pixels elsewhere. Of
 * interlaced frames the top field is seen. */
gboolean classifier_set_picture(Classifier *classifier, GstBuffer *buffer, const GstVideoInfo *info,
                                const Look *look, GError **error);

/* Which labels may be shown: see label_filter(). Cheap if they are those of the last time. */
void classifier_filter(Classifier *classifier, const gchar *show, const gchar *hide);

/* The smoother for a region, new if the track is another than the slot's last. */
Smoother *classifier_region_smoother(Classifier *classifier, const Region *region);

/* Forgets all scores, of regions, too. */
void classifier_start_over(Classifier *classifier);

/* Runs the net on the picture, or on that of region n of several; scores are fresh afterwards.
 * Returns the CPU time, all threads together. */
GstClockTime classifier_run(Classifier *classifier, guint n);

/* What the net is about to see, or will see of region n of several: the input tensor as a picture,
 * width * height * channels bytes. Between classifier_set_picture() and classifier_run(). */
void classifier_get_picture(const Classifier *classifier, guint n, guint8 *pixels);
void classifier_input_size(const Classifier *classifier, gint *width, gint *height, gint *channels);

/* The features of the last run, floats; the caller's. */
GBytes *classifier_embedding(Classifier *classifier);

/* CPU time of the calling thread. */
GstClockTime classifier_thread_time(void);

/* A new structure that describes the model: path, name, width, height, channels, classes,
 * labels-fit, threads, load-time, inference-time (of the trial). */
GstStructure *classifier_describe(const Classifier *classifier);

/* Looks, without loading, whether there is a readable file where the model should be. */
gboolean classifier_check(const gchar *model_file, GError **error);

G_END_DECLS

#endif
