/* SPDX-License-Identifier: MIT */
/* fit.h - the parts of making a head. All work on samples that were checked. */
#ifndef NN_FIT_H
#define NN_FIT_H

#include "head.h"

/* fit.c: fills w, b, info.method, info.strength. held may be empty. */
void fit_softmax(NnHead *head, const NnSamples *train, const NnSamples *held,
                 const NnHeadOptions *options);
void fit_imprint(NnHead *head, const NnSamples *train);

/* The temperature with the best likelihood on samples, drawn towards 1 as if by one more picture;
 * divides w and b by it and notes it in info. Nothing without samples. */
void fit_temperature(NnHead *head, const NnSamples *samples);

/* Mean of -log p(class) of n rows of logits, at the temperature (drawn towards 1 as above) that
 * makes it least: what calibrating will leave of it. */
double fit_surprise(const double *z, const NnSamples *samples, int n_classes);

/* unknown.c: fills c, v, o, far, slope, info.has_unknown and info.far. False, and no "unknown", if
 * there are too few pictures to know how far is far. */
bool fit_unknown(NnHead *head, const NnSamples *train, const NnSamples *held, double share);

/* Squared distance to each class mean, in logits; returns the nearest. distances: n_classes. */
int unknown_distances(const NnHead *head, const float *x, double *distances);

/* y^2 as the network computes it. */
double unknown_square(const NnHead *head, double y);

/* Chooses the centre and the step of squares; before fit_unknown(). */
void unknown_centre(NnHead *head, const NnSamples *train);

/* head.c: temperature, "unknown" and ranges for weights that are fixed. */
void head_calibrate(NnHead *head, const NnSamples *train, const NnSamples *held,
                    const NnHeadOptions *options);
NnHead *head_alloc(NnModel *model, int n_classes);

/* The logits of one row, without "unknown". */
void head_logits(const NnHead *head, const float *x, double *z);

#endif
