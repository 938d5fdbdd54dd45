/* SPDX-License-Identifier: MIT */
/* args.h - graph op -> kernel arguments: the graph's numbers are turned into the kernels' here and
 * nowhere else. */
#ifndef NN_ARGS_H
#define NN_ARGS_H

#include "graph.h"
#include "kernel.h"

typedef struct {
    const NnGraph *graph; /* checked, and through the passes */
    GPtrArray *blocks;    /* gets what args point to (multipliers, tables); g_free() */
} ArgsContext;

/* Steps that op needs: one, or for CONCATENATION one an input. */
int args_steps(const GraphOp *op);

/* Fills the arguments of op's step part. */
void args_fill(ArgsContext *ctx, const GraphOp *op, int part, NnArgs *args);

/* The tensor that step part of op reads as operand j (0, 1), or -1; weights do not count. */
int args_input(const GraphOp *op, int part, int j);

/* Multiply-accumulates of a convolution; 0 for the rest. */
uint64_t args_macs(const NnArgs *args);

/* A pointwise convolution does not care where rows end: one pixel a row lets the plan cut it
 * anywhere. True if it is one, and is flat now. */
bool args_flatten(NnArgs *args);

#endif
