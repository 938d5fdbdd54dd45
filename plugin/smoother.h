/* SPDX-License-Identifier: MIT */
/* smoother.h - scores over time -> the one label that is shown: averaging, hysteresis, hold. */
#ifndef SMOOTHER_H
#define SMOOTHER_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
    gfloat smoothing;  /* weight of the past in the average, 0 (none)...<1 */
    gfloat threshold;  /* a label appears from this confidence on */
    gfloat hysteresis; /* it stays until it is so much below, or another one so much above it */
    GstClockTime hold; /* and for so long after */
} SmootherSettings;

typedef struct Smoother Smoother;

Smoother *smoother_new(guint n_classes);
void smoother_free(Smoother *smoother); /* NULL is fine */

/* Forgets everything. */
void smoother_reset(Smoother *smoother);

/* Only classes whose byte is not 0 are shown or counted among the best; NULL: all. allowed is the
 * caller's and has to last. */
void smoother_allow(Smoother *smoother, const guint8 *allowed);

/* Takes one result: n_classes scores of the picture at time now, which only has to be a time that
 * grows. TRUE if another label, or none, is to be shown from now on. */
gboolean smoother_push(Smoother *smoother, const gfloat *scores, GstClockTime now,
                       const SmootherSettings *settings);

/* Index of the class to show and its averaged score, or -1 and 0. */
gint smoother_shown(const Smoother *smoother, gfloat *score);

/* The k best classes by averaged score, descending, the lower index first among equals. Returns
 * how many: k or n_classes, none before the first result. */
guint smoother_best(const Smoother *smoother, gint *indices, gfloat *scores, guint k);

G_END_DECLS

#endif
