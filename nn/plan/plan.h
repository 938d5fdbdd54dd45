/* SPDX-License-Identifier: MIT */
/* plan.h - graph -> steps: for each op its arguments, the kernel row chosen for them, packed
 * weights, and where its tensors lie. Made once; run.c only walks it. */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "graph.h"
#include "kernel.h"
#include "pool.h"

/* Some channels of a convolution with one output pixel, as a convolution of its own. */
typedef struct {
    NnArgs args;
    NnBuffers buf;
    int first; /* channel */
} PlanPart;

/* The rows of a step's output that its group holds, in the worker's scratch. */
typedef struct {
    size_t offset, row; /* bytes; row: from one to the next */
    int rows;
} PlanMap;

typedef struct {
    NnArgs args;
    const NnKernel *kernel;
    NnBuffers buf; /* all but scratch, which is the worker's */

    int rows; /* of the output */

    /* A single row cannot be handed out to several threads, but its channels can: the parts run in
     * the place of the step. NULL if it has none. */
    PlanPart *parts;
    int n_parts;

    const GraphOp *op; /* owned by the graph */
    int in[2], out;    /* tensor numbers, aliases resolved; -1 = none */
    int from[2];       /* the steps that make in[0] and in[1], or -1 */
    int last_reader;   /* of out; n_steps if it must outlive all steps */

    int band;    /* rows made at a time in a group */
    PlanMap map; /* in a group, all but its last step */

    size_t packed_bytes;
} PlanStep;

/* Steps that run together: one, or several band by band (bands.h). */
typedef struct {
    int first, n;
    int task_rows;    /* of the last step's output, handed out at a time */
    size_t map_bytes; /* of the maps between the steps */
} PlanGroup;

typedef struct {
    const NnGraph *graph;
    NnGraph *half; /* a copy that runs in half precision, then graph is that; or NULL */
    int n_steps, n_groups;
    PlanStep *steps;
    PlanGroup *groups;

    uint8_t *arena, *packed, *scratch; /* 64-byte aligned */
    size_t arena_bytes, packed_bytes, scratch_bytes;
    size_t scratch_each; /* per worker */
    GPtrArray *blocks;   /* small things that args point to: multipliers, tables */

    int kept;       /* a tensor besides the output that lives until the next run, or -1 */
    size_t *offset; /* of each tensor in the arena; aliases resolved */
    uint8_t *input, *output;
    Pool *pool;
} Plan;

/* graph must be through graph_check and graph_passes, and outlive the plan. */
Plan *plan_new(const NnGraph *graph, const NnOptions *options, int threads, unsigned cpu,
               GError **error);
void plan_free(Plan *plan); /* NULL is fine */

/* The tensor's place in the arena; valid contents only while it lives (or with keep_all). */
void *plan_tensor(const Plan *plan, int tensor);

/* run.c: all steps, in order, rows spread over the pool. */
void plan_run(Plan *plan);

#endif
