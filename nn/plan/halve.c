/* SPDX-License-Identifier: MIT */
/* halve.c - makes the copy of a graph that runs in half precision. */
#include "halve.h"

#include "args.h"
#include "half.h"

#include <math.h>
#include <string.h>

typedef struct {
    const NnGraph *from;
    NnGraph *to;
    int kept;
    GArray *other; /* int: of each tensor of from, the one of to in the other precision, or -1 */
} Halving;

static int root_of(const NnGraph *graph, int tensor)
{
    return graph->tensors[tensor].alias >= 0 ? graph->tensors[tensor].alias : tensor;
}

/* ---- what can run in half precision ------------------------------------------------------- */

static bool has_kernels(GraphKind kind)
{
    switch (kind) {
    case GRAPH_CONV:
    case GRAPH_DWCONV:
    case GRAPH_ADD:
    case GRAPH_SUB:
    case GRAPH_MUL:
    case GRAPH_DIV:
    case GRAPH_AVERAGE_POOL:
    case GRAPH_MAX_POOL:
    case GRAPH_PAD:
    case GRAPH_CONCATENATION:
    case GRAPH_HARD_SWISH:
    case GRAPH_RELU:
    case GRAPH_RELU6:
    case GRAPH_RELU_N1_TO_1:
        return true;
    default:
        return false;
    }
}

static bool fits(const GraphTensor *t)
{
    for (size_t i = 0; t->data && i < t->bytes / sizeof(float); i++) {
        float x;
        memcpy(&x, (const char *)t->data + i * sizeof x, sizeof x);
        if (!(fabsf(x) <= HALF_MAX))
            return false;
    }
    return true;
}

static bool is_map(const GraphTensor *t)
{
    int d[4];
    graph_dims4(t, d);
    return d[1] * d[2] > 1;
}

static bool runs_in_half(const Halving *h, const GraphOp *op)
{
    const NnGraph *graph = h->from;
    const int out = root_of(graph, op->out);
    if (!has_kernels(op->kind) || !is_map(&graph->tensors[op->out]) ||
        out == root_of(graph, graph->output) || out == h->kept)
        return false;
    for (int i = 0; i < op->n_in; i++) {
        if (op->in[i] < 0)
            continue;
        const GraphTensor *t = &graph->tensors[op->in[i]];
        if (t->type != NN_F32 || !fits(t))
            return false;
    }
    return fabsf(op->pad_value) <= HALF_MAX;
}

/* ---- conversions -------------------------------------------------------------------------- */

static void set_type(GraphTensor *t, NnType type)
{
    const size_t n = t->bytes / graph_type_size(t->type);
    t->type = type;
    t->bytes = n * graph_type_size(type);
}

static void halve_constant(NnGraph *graph, GraphTensor *t)
{
    const size_t n = t->bytes / sizeof(float);
    const char *file = t->data; /* of any alignment */
    uint16_t *data = g_new(uint16_t, n);
    for (size_t i = 0; i < n; i++) {
        float x;
        memcpy(&x, file + i * sizeof x, sizeof x);
        data[i] = half_from_float(x);
    }
    g_ptr_array_add(graph->blocks, data);
    t->data = data;
}

/* The number in the copy of what is tensor in the original, in the precision asked for. A
 * conversion goes to the end of the operators. */
static int in_precision(Halving *h, int tensor, NnType type)
{
    GraphTensor other = h->to->tensors[tensor];
    int *known = &g_array_index(h->other, int, tensor);
    if (other.type == type)
        return tensor;
    if (*known >= 0)
        return *known;

    if (other.data)
        halve_constant(h->to, &other);
    set_type(&other, type);
    other.alias = -1;
    *known = graph_add_tensor(h->to, &other);
    if (!other.data) {
        const GraphOp cast = {.kind = type == NN_F16 ? GRAPH_QUANTIZE : GRAPH_DEQUANTIZE,
                              .file_index = -1,
                              .op_name = "CAST",
                              .n_in = 1,
                              .in = {tensor},
                              .out = *known};
        graph_insert_op(h->to, h->to->n_ops, &cast);
    }
    return *known;
}

/* Appends op to the copy. */
static void add_op(Halving *h, const GraphOp *op, bool half)
{
    GraphOp copy = *op;
    for (int part = 0; part < args_steps(op); part++)
        for (int j = 0; j < 2; j++) {
            const int in = args_input(op, part, j);
            if (in < 0 || h->from->tensors[in].type != NN_F32)
                continue;
            const int i = op->kind == GRAPH_CONCATENATION ? part : j;
            copy.in[i] = in_precision(h, in, half ? NN_F16 : NN_F32);
        }
    graph_insert_op(h->to, h->to->n_ops, &copy);
    for (int i = 0; half && i < h->from->n_tensors; i++)
        if (root_of(h->from, i) == root_of(h->from, op->out))
            set_type(&h->to->tensors[i], NN_F16);
}

/* ---- the copy ----------------------------------------------------------------------------- */

NnGraph *halve_graph(const NnGraph *graph, int kept)
{
    Halving h = {graph, graph_new(), kept, g_array_new(FALSE, FALSE, sizeof(int))};
    const int none = -1;
    int n_half = 0;

    h.to->input = graph->input;
    h.to->output = graph->output;
    h.to->embedding = graph->embedding;
    for (int i = 0; i < graph->n_tensors; i++) {
        graph_add_tensor(h.to, &graph->tensors[i]);
        g_array_append_val(h.other, none);
    }
    for (int i = 0; i < graph->n_ops; i++) {
        const bool half = runs_in_half(&h, &graph->ops[i]);
        add_op(&h, &graph->ops[i], half);
        n_half += half;
    }
    g_array_free(h.other, TRUE);
    if (n_half > 0)
        return h.to;
    graph_free(h.to);
    return NULL;
}
