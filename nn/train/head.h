/* SPDX-License-Identifier: MIT */
/* head.h - what is behind NnHead, for the files of this folder. */
#ifndef NN_HEAD_H
#define NN_HEAD_H

#include "grad.h"
#include "net.h"
#include "train.h"

/* Values that came up in training: lowest and highest. */
typedef struct {
    double lo, hi;
} HeadRange;

/* z = w x + b are the logits. With "unknown": q - n is a scaled squared distance to a class mean,
 * q = sum_i c_i y_i^2 the same for all classes, n = v y + o one for each, with y = x - centre; the
 * logit of "unknown" is  max z + min (q - n) - far. */
struct NnHead {
    NnModel *model;
    NnHeadInfo info;
    int depth;
    double *w, *b;     /* n_classes rows of depth; n_classes */
    double *centre;    /* depth; in 8 bit networks on the steps of the features */
    double *c, *v, *o; /* depth; n_classes rows of depth; n_classes; unused without unknown */
    double far, slope; /* of the logit; slope = logits per unit of distance, part of c, v, o */

    /* 8 bit networks only have steps for squares: y^2 is rounded to one of 0...255 of these. */
    double square_step; /* 0 in float networks */

    Grad *tuned; /* the blocks that were fine-tuned, or NULL */

    HeadRange logits, tops, centred, shared, means; /* z, max z, y, q, n */
};

#endif
