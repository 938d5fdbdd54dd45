/* SPDX-License-Identifier: MIT */
/* classifier.h - a model made ready for one stream: the net, the names of its classes, the smoother
 * of its scores. Belongs to one thread at a time. */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include <gst/video/video.h>

#include "nn.h"
#include "smoother.h"

G_BEGIN_DECLS

typedef struct {
    gchar *path;    /* of the model, or its resource:// */
    NnModel *model; /* of the cache */
    NnNet *net;
    Smoother *smoother;
    guint n_classes;
    const gchar **names;     /* n_classes interned strings */
    gfloat *scores;          /* n_classes, of the last run */
    GError *warning;         /* labels that are missing or do not fit; NULL if all is well */
    GstClockTime load_time;  /* what finding, reading, preparing and trying took */
    GstClockTime trial_time; /* what the first inference took */
    GstClockTime map_time, tensor_time; /* of the last picture */
    NnImageFormat format;
    gboolean prepared; /* for pictures of this format */
} Classifier;

/* Finds, loads and tries the model: a path, a name, a resource:// or NULL for the bundled one.
 * Without a usable labels file the classes are numbered and warning says why. NULL and error
 * (NN_ERROR) on failure. */
Classifier *classifier_new(const gchar *model_file, const gchar *labels_file, gint threads,
                           GError **error);
void classifier_free(Classifier *classifier); /* NULL is fine */

/* Puts a picture into the net. FALSE and error if the frame cannot be mapped or its size is
 * impossible; info is that of the caps. Never copies the pixels elsewhere. */
gboolean classifier_set_picture(Classifier *classifier, GstBuffer *buffer, const GstVideoInfo *info,
                                NnFit fit, GError **error);

/* Runs the net; scores are fresh afterwards. Returns the CPU time, all threads together. */
GstClockTime classifier_run(Classifier *classifier);

/* CPU time of the calling thread. */
GstClockTime classifier_thread_time(void);

/* A new structure that describes the model: path, name, width, height, channels, classes,
 * labels-fit, threads, load-time, inference-time (of the trial). */
GstStructure *classifier_describe(const Classifier *classifier);

/* Looks, without loading, whether there is a readable file where the model should be. */
gboolean classifier_check(const gchar *model_file, GError **error);

G_END_DECLS

#endif
