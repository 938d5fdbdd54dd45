/* SPDX-License-Identifier: MIT */
/* grad.h - the last operators of a float network, forwards and backwards, in plain C: slow, and
 * only for training. Batch normalisation is part of the weights in such a file. */
#ifndef NN_GRAD_H
#define NN_GRAD_H

#include "graph.h"

typedef struct {
    int tensor; /* of the graph */
    bool bias;  /* no weight decay */
    size_t n;
    float *value, *gradient, *speed; /* speed: the optimiser's */
} GradParam;

typedef struct {
    const NnGraph *graph;
    int from, to;    /* tensors: what enters, what leaves */
    int first, last; /* operators */
    float **value;   /* by tensor; aliases and constants resolved when read */
    float **gradient;
    GArray *params; /* GradParam */
    int *param_of;  /* by tensor, or -1 */
} Grad;

/* The operators between two tensors that all of the network passes through (graph_cuts). NULL and
 * NN_ERROR_UNSUPPORTED, which names the operator, where one of them has no derivative here. */
Grad *grad_new(const NnGraph *graph, int from, int to, GError **error);
void grad_free(Grad *grad); /* NULL is fine */

/* Fills value[to]; in is what enters. */
void grad_forward(Grad *grad, const float *in);

/* After grad_forward(): adds to the gradients of the parameters, given that of what leaves, and
 * fills gradient[from]. */
void grad_backward(Grad *grad, const float *out_gradient);

size_t grad_elements(const NnGraph *graph, int tensor);

#endif
