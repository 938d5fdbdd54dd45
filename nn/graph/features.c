/* SPDX-License-Identifier: MIT */
/* features.c - finds where a classifier can be cut into features and top: the tensors that all of
 * the network passes through. */
#include "graph.h"

static int root_of(const NnGraph *graph, int tensor)
{
    return graph->tensors[tensor].alias >= 0 ? graph->tensors[tensor].alias : tensor;
}

static size_t elements(const GraphTensor *t)
{
    return t->bytes / graph_type_size(t->type);
}

/* A layer that joins all channels of a map of one cell: FULLY_CONNECTED, or CONV_2D behind a
 * global pool. */
static bool is_dense(const NnGraph *graph, const GraphOp *op)
{
    int in[4];
    graph_dims4(&graph->tensors[op->in[0]], in);
    return op->kind == GRAPH_CONV && in[1] == 1 && in[2] == 1;
}

static bool is_one_cell(const NnGraph *graph, int tensor)
{
    int dims[4];
    graph_dims4(&graph->tensors[tensor], dims);
    return dims[1] == 1 && dims[2] == 1;
}

/* Tensors still to be computed, seen from the output. */
typedef struct {
    bool *open;
    int n, last; /* last: one that was opened; the only one if n is 1 */
} Front;

static void open_tensor(const NnGraph *graph, Front *front, int tensor)
{
    if (tensor < 0 || graph->tensors[tensor].data)
        return;
    int root = root_of(graph, tensor);
    if (!front->open[root])
        front->n++;
    front->open[root] = true;
    front->last = root;
}

/* The only open tensor. */
static int sole(const Front *front, int n_tensors)
{
    if (front->open[front->last])
        return front->last;
    for (int i = 0; i < n_tensors; i++)
        if (front->open[i])
            return i;
    return -1;
}

/* One step back over operator i: true if what remains to be computed is one tensor, *cut. */
static bool step_back(const NnGraph *graph, Front *front, int i, int *cut)
{
    const GraphOp *op = &graph->ops[i];
    int out = root_of(graph, op->out);
    if (!front->open[out])
        return false;
    front->open[out] = false;
    front->n--;
    for (int k = 0; k < op->n_in; k++)
        open_tensor(graph, front, op->in[k]);
    *cut = front->n == 1 ? sole(front, graph->n_tensors) : -1;
    return *cut >= 0;
}

int graph_embedding(const NnGraph *graph)
{
    Front front = {.open = g_new0(bool, (size_t)graph->n_tensors)};
    open_tensor(graph, &front, graph->output);
    int best = -1, earliest = is_one_cell(graph, front.last) ? front.last : -1;
    for (int i = graph->n_ops - 1; i >= 0; i--) {
        int cut;
        if (!step_back(graph, &front, i, &cut))
            continue;
        if (is_dense(graph, &graph->ops[i]) &&
            (best < 0 || elements(&graph->tensors[cut]) > elements(&graph->tensors[best])))
            best = cut;
        if (!is_one_cell(graph, cut))
            break;
        earliest = cut;
    }
    g_free(front.open);
    return best >= 0 ? best : earliest;
}

int graph_cuts(const NnGraph *graph, int from, int *cuts)
{
    Front front = {.open = g_new0(bool, (size_t)graph->n_tensors)};
    open_tensor(graph, &front, from);
    int n = 0;
    for (int i = graph->n_ops - 1; i >= 0; i--) {
        int cut;
        if (step_back(graph, &front, i, &cut))
            cuts[n++] = cut;
    }
    g_free(front.open);
    return n;
}

/* The operator that writes a tensor; -1: the input. */
static int writer_of(const NnGraph *graph, int tensor)
{
    for (int i = 0; i < graph->n_ops; i++)
        if (root_of(graph, graph->ops[i].out) == root_of(graph, tensor))
            return i;
    return -1;
}

/* Does a pointwise convolution give more than twice its channels? */
static bool widens(const NnGraph *graph, const GraphOp *op)
{
    int in[4], out[4];
    graph_dims4(&graph->tensors[op->in[0]], in);
    graph_dims4(&graph->tensors[op->out], out);
    return op->kind == GRAPH_CONV && op->k_h == 1 && op->k_w == 1 && out[3] > 2 * in[3];
}

int graph_block_input(const NnGraph *graph, int blocks)
{
    int first = -1, found = -1;
    if (graph->embedding < 0 || blocks < 1)
        return -1;
    for (int i = writer_of(graph, graph->embedding); i >= 0 && blocks > 0; i--)
        if (graph->ops[i].kind == GRAPH_DWCONV && --blocks == 0)
            first = i;
    if (first < 0)
        return -1;
    int before = writer_of(graph, graph->ops[first].in[0]);
    while (before >= 0 && graph->ops[before].n_in == 1 &&
           graph->ops[before].kind != GRAPH_AVERAGE_POOL) /* a free-standing activation */
        before = writer_of(graph, graph->ops[before].in[0]);
    if (before >= 0 && widens(graph, &graph->ops[before]))
        first = before;
    int *cuts = g_new(int, graph->n_ops + 1), n = graph_cuts(graph, graph->embedding, cuts);
    for (int i = 0; i < n && found < 0; i++)
        if (writer_of(graph, cuts[i]) < first)
            found = cuts[i];
    g_free(cuts);
    return found;
}
