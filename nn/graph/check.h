/* SPDX-License-Identifier: MIT */
/* check.h - what check.c and check_quant.c share. */
#ifndef NN_CHECK_H
#define NN_CHECK_H

#include "graph.h"

typedef struct {
    NnGraph *graph;
    GraphOp *op;
    bool *written, *constant; /* one a tensor: has a value by now; the same value always */
    GError **error;
} Check;

/* Sets "op 27 CONV_2D: ..." and returns false. */
bool check_fail(Check *c, NnError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

const GraphTensor *check_in(const Check *c, int k);
const GraphTensor *check_out(const Check *c);
bool check_is_quantised(const GraphTensor *t);

/* check_quant.c: the arithmetic of 8 bit operators stays inside 32 bits and the scales are those
 * that TensorFlow Lite takes; float operators pass at once. */

/* Convolutions: sums of products; channel_dim is that of the weights which counts outputs. */
bool check_quant_products(Check *c, int channel_dim);

/* Input k and the output have one scale and zero point: bytes are only moved or compared. */
bool check_quant_same(Check *c, int k);

bool check_quant_binary(Check *c);
bool check_quant_mean(Check *c, int h, int w);
bool check_quant_unary(Check *c);

#endif
