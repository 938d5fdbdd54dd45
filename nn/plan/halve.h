/* SPDX-License-Identifier: MIT */
/* halve.h - the copy of a float graph that runs in half precision.
 *
 * The rule: an operator works in half precision if it has such kernels (convolutions, pools,
 * arithmetic, PAD, CONCATENATION, ReLUs, hard-swish), what it writes is a map of more than one
 * pixel and neither the net's output nor kept for the caller, and half precision can hold its
 * constants. That is all of a MobileNet up to its pool. The rest, single pixels (gates, features,
 * classifier, softmax), costs little and stays float32, so that features and logits are not rounded
 * once more. Between the two stand conversions, one a tensor. */
#ifndef NN_PLAN_HALVE_H
#define NN_PLAN_HALVE_H

#include "graph.h"

/* graph must be through graph_check and graph_passes. Tensors keep their numbers, new ones come
 * behind; kept: a tensor that stays float32, or -1. Borrows from graph, which must outlive it. NULL
 * if nothing would run in half precision; else graph_free() it. */
NnGraph *halve_graph(const NnGraph *graph, int kept);

#endif
