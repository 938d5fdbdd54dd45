/* SPDX-License-Identifier: MIT */
/* graph_build.h - graphs by hand, for the tests of check.c and passes.c. */
#ifndef GRAPH_BUILD_H
#define GRAPH_BUILD_H

#include "graph.h"

#include <string.h>

/* A tensor of four dimensions; 8 bit ones get the scale and zero point. */
static inline int tensor(NnGraph *graph, NnType type, int n, int h, int w, int c, float scale,
                         int zero)
{
    GraphTensor t = {.type = type, .n_dims = 4, .dims = {n, h, w, c}, .alias = -1};
    if (type == NN_U8 || type == NN_S8) {
        t.n_scales = 1;
        t.scale = graph_alloc(graph, sizeof *t.scale);
        t.zero = graph_alloc(graph, sizeof *t.zero);
        t.scale[0] = scale;
        t.zero[0] = zero;
    }
    return graph_add_tensor(graph, &t);
}

static inline int f32_tensor(NnGraph *graph, int h, int w, int c)
{
    return tensor(graph, NN_F32, 1, h, w, c, 0, 0);
}

/* Makes a tensor constant: its bytes are all of the value. */
static inline int fill(NnGraph *graph, int index, int value)
{
    GraphTensor *t = &graph->tensors[index];
    size_t bytes = graph_type_size(t->type);
    for (int i = 0; i < t->n_dims; i++)
        bytes *= (size_t)t->dims[i];
    void *data = graph_alloc(graph, bytes);
    memset(data, value, bytes);
    t->data = data;
    return index;
}

/* An operator at the end, with stride and dilation one, VALID. */
static inline GraphOp *add_op(NnGraph *graph, GraphKind kind, int a, int b, int out)
{
    GraphOp op = {.kind = kind,
                  .file_index = graph->n_ops,
                  .op_name = graph_kind_name(kind),
                  .n_in = b < 0 ? 1 : 2,
                  .in = {a, b},
                  .out = out,
                  .stride_h = 1,
                  .stride_w = 1,
                  .dil_h = 1,
                  .dil_w = 1,
                  .new_n = -1,
                  .beta = 1};
    return graph_insert_op(graph, graph->n_ops, &op);
}

#endif
