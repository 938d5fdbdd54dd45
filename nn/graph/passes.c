/* SPDX-License-Identifier: MIT */
/* passes.c - rewrites a checked graph into the normal form that graph.h describes. Removed
 * operators are marked with out = -1 and swept once. */
#include "graph.h"

#include "half.h"

#include <string.h>

#define REMOVED (-1)

static bool no_memory(const NnGraph *graph, const char *what, GError **error)
{
    g_set_error(error, NN_ERROR, NN_ERROR_LIMIT, "%s: not enough memory (%zu bytes so far)", what,
                graph->owned);
    return false;
}

static void sweep(NnGraph *graph)
{
    int kept = 0;
    for (int i = 0; i < graph->n_ops; i++)
        if (graph->ops[i].out != REMOVED)
            graph->ops[kept++] = graph->ops[i];
    graph->n_ops = kept;
}

/* How often each tensor is read, by operators, as an alias, or as the output. g_free() it. */
static int *count_uses(const NnGraph *graph)
{
    int *uses = g_new0(int, (size_t)graph->n_tensors);
    uses[graph->output]++;
    for (int i = 0; i < graph->n_tensors; i++)
        if (graph->tensors[i].alias >= 0)
            uses[graph->tensors[i].alias]++;
    for (int i = 0; i < graph->n_ops; i++)
        for (int k = 0; k < graph->ops[i].n_in && graph->ops[i].out != REMOVED; k++)
            if (graph->ops[i].in[k] >= 0)
                uses[graph->ops[i].in[k]]++;
    return uses;
}

/* The operator that writes each tensor, or -1. g_free() it. */
static int *find_writers(const NnGraph *graph)
{
    int *writers = g_new(int, (size_t)graph->n_tensors);
    for (int i = 0; i < graph->n_tensors; i++)
        writers[i] = -1;
    for (int i = 0; i < graph->n_ops; i++)
        writers[graph->ops[i].out] = i;
    return writers;
}

static bool same_quantisation(const GraphTensor *a, const GraphTensor *b)
{
    if (a->type != b->type || a->n_scales > 1 || b->n_scales > 1 || a->n_scales != b->n_scales)
        return false;
    return a->n_scales == 0 || (a->scale[0] == b->scale[0] && a->zero[0] == b->zero[0]);
}

/* ---- operators that nobody needs ---------------------------------------------------------- */

static void drop_unused(NnGraph *graph)
{
    int *uses = count_uses(graph);
    for (int i = graph->n_ops - 1; i >= 0; i--) {
        GraphOp *op = &graph->ops[i];
        if (uses[op->out] > 0)
            continue;
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k] >= 0)
                uses[op->in[k]]--;
        op->out = REMOVED;
    }
    g_free(uses);
    sweep(graph);
}

/* ---- DEQUANTIZE of constants -------------------------------------------------------------- */

static uint16_t half_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* Channels of a per-channel tensor repeat every `inner` elements. */
static float constant_at(const GraphTensor *t, size_t i, size_t inner)
{
    const uint8_t *bytes = t->data;
    if (t->type == NN_F16)
        return half_to_float(half_at(bytes + 2 * i));
    size_t channel = t->n_scales > 1 ? i / inner % (size_t)t->n_scales : 0;
    int q = t->type == NN_U8 ? bytes[i] : (int8_t)bytes[i];
    return t->scale[channel] * (float)(q - t->zero[channel]);
}

static bool fold_dequantize(NnGraph *graph, GError **error)
{
    for (int i = 0; i < graph->n_ops; i++) {
        GraphOp *op = &graph->ops[i];
        const GraphTensor *in = &graph->tensors[op->in[0]];
        GraphTensor *out = &graph->tensors[op->out];
        if (op->kind != GRAPH_DEQUANTIZE || !in->data)
            continue;
        float *values = graph_alloc(graph, out->bytes);
        if (!values)
            return no_memory(graph, "weights as float32", error);
        size_t inner = 1;
        for (int d = in->axis + 1; d < in->n_dims; d++)
            inner *= (size_t)in->dims[d];
        for (size_t k = 0; k < out->bytes / sizeof *values; k++)
            values[k] = constant_at(in, k, inner);
        out->data = values;
        op->out = REMOVED;
    }
    sweep(graph);
    return true;
}

/* ---- FULLY_CONNECTED -> CONV -------------------------------------------------------------- */

/* A tensor with the bytes of another (also when that is constant) under four dimensions. */
static int reshaped(NnGraph *graph, int tensor, int h, int w, int c, int n)
{
    GraphTensor copy = graph->tensors[tensor];
    copy.n_dims = 4;
    copy.dims[0] = n;
    copy.dims[1] = h;
    copy.dims[2] = w;
    copy.dims[3] = c;
    copy.axis = 0;
    copy.alias = copy.data ? -1 : tensor;
    return graph_add_tensor(graph, &copy);
}

static void convert_fully_connected(NnGraph *graph)
{
    for (int i = 0; i < graph->n_ops; i++) {
        GraphOp *op = &graph->ops[i];
        if (op->kind != GRAPH_FULLY_CONNECTED)
            continue;
        int out4[4], in4[4];
        int depth = graph->tensors[op->in[1]].dims[1];
        graph_dims4(&graph->tensors[op->out], out4);
        graph_dims4(&graph->tensors[op->in[0]], in4);
        if (in4[1] != out4[1] || in4[2] != out4[2] || in4[3] != depth)
            op->in[0] = reshaped(graph, op->in[0], out4[1], out4[2], depth, 1);
        op->in[1] = reshaped(graph, op->in[1], 1, 1, depth, out4[3]);
        op->kind = GRAPH_CONV;
        op->fc_origin = true;
        op->k_h = op->k_w = op->stride_h = op->stride_w = op->dil_h = op->dil_w = 1;
    }
}

/* ---- PAD into the convolution that follows ------------------------------------------------ */

static bool is_foldable_pad(const NnGraph *graph, const GraphOp *op)
{
    const GraphTensor *in = &graph->tensors[op->in[0]], *out = &graph->tensors[op->out];
    float zero = in->n_scales ? (float)in->zero[0] : 0.0f;
    return op->kind == GRAPH_PAD && op->pad_value == zero && same_quantisation(in, out) &&
           in->n_dims == 4 && op->pad_before[3] == 0 && op->pad_after[3] == 0;
}

static void fold_pad(NnGraph *graph)
{
    int *uses = count_uses(graph), *writers = find_writers(graph);
    for (int i = 0; i < graph->n_ops; i++) {
        GraphOp *op = &graph->ops[i];
        int writer = writers[op->in[0]];
        if ((op->kind != GRAPH_CONV && op->kind != GRAPH_DWCONV) || writer < 0)
            continue;
        const GraphOp *pad = &graph->ops[writer];
        if (pad->out == REMOVED || uses[pad->out] != 1 || !is_foldable_pad(graph, pad))
            continue;
        op->in[0] = pad->in[0];
        op->pad_t += pad->pad_before[1];
        op->pad_l += pad->pad_before[2];
        graph->ops[writer].out = REMOVED;
    }
    g_free(uses);
    g_free(writers);
    sweep(graph);
}

/* ---- free-standing activations ------------------------------------------------------------ */

static bool takes_activation(GraphKind kind)
{
    return kind == GRAPH_CONV || kind == GRAPH_DWCONV || kind == GRAPH_ADD || kind == GRAPH_SUB ||
           kind == GRAPH_MUL || kind == GRAPH_DIV || kind == GRAPH_AVERAGE_POOL ||
           kind == GRAPH_MAX_POOL;
}

static bool is_activation(GraphKind kind, GraphAct *act)
{
    *act = kind == GRAPH_RELU           ? GRAPH_ACT_RELU
           : kind == GRAPH_RELU6        ? GRAPH_ACT_RELU6
           : kind == GRAPH_RELU_N1_TO_1 ? GRAPH_ACT_RELU_N1_TO_1
                                        : GRAPH_ACT_NONE;
    return *act != GRAPH_ACT_NONE;
}

/* Makes first the one activation that does what it and then second do; false if there is none. */
static bool join_activations(GraphAct *first, GraphAct second)
{
    bool relus = (*first == GRAPH_ACT_RELU && second == GRAPH_ACT_RELU6) ||
                 (*first == GRAPH_ACT_RELU6 && second == GRAPH_ACT_RELU);
    if (*first != GRAPH_ACT_NONE && *first != second && !relus)
        return false;
    *first = relus ? GRAPH_ACT_RELU6 : second;
    return true;
}

static void fuse_activations(NnGraph *graph)
{
    int *uses = count_uses(graph), *writers = find_writers(graph);
    for (int i = 0; i < graph->n_ops; i++) {
        GraphOp *relu = &graph->ops[i];
        GraphAct act;
        int writer = writers[relu->in[0]];
        if (!is_activation(relu->kind, &act) || writer < 0)
            continue;
        GraphOp *op = &graph->ops[writer];
        if (!takes_activation(op->kind) || uses[op->out] != 1 ||
            !same_quantisation(&graph->tensors[op->out], &graph->tensors[relu->out]) ||
            !join_activations(&op->act, act))
            continue;
        writers[relu->out] = writer;
        op->out = relu->out;
        relu->out = REMOVED;
    }
    g_free(uses);
    g_free(writers);
    sweep(graph);
}

/* ---- uint8 -> int8 ------------------------------------------------------------------------ */

/* The zero points less 128. Constants stay as they are in the file, with was_u8 for those who read
 * them: copies of all weights would stay in memory. */
static bool tensor_to_s8(NnGraph *graph, GraphTensor *t)
{
    int32_t *zero = graph_alloc(graph, (size_t)t->n_scales * sizeof *zero);
    if (!zero)
        return false;
    for (int i = 0; i < t->n_scales; i++)
        zero[i] = t->zero[i] - 128;
    t->zero = zero;
    t->type = NN_S8;
    t->was_u8 = true;
    return true;
}

/* A QUANTIZE between two tensors. */
static void insert_quantize(NnGraph *graph, int at, int from, int to)
{
    GraphOp op = {.kind = GRAPH_QUANTIZE,
                  .file_index = -1,
                  .op_name = graph_kind_name(GRAPH_QUANTIZE),
                  .n_in = 1,
                  .in = {from},
                  .out = to};
    graph_insert_op(graph, at, &op);
}

/* Gives the uint8 tensor at an end of the graph a copy inside, to become int8; all operators and
 * aliases turn to that. Returns its number. */
static int split_end(NnGraph *graph, int end)
{
    GraphTensor copy = graph->tensors[end];
    int inside = graph_add_tensor(graph, &copy);
    for (int i = 0; i < graph->n_ops; i++) {
        GraphOp *op = &graph->ops[i];
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k] == end)
                op->in[k] = inside;
        if (op->out == end)
            op->out = inside;
    }
    for (int i = 0; i < graph->n_tensors; i++)
        if (graph->tensors[i].alias == end)
            graph->tensors[i].alias = inside;
    return inside;
}

static bool u8_to_s8(NnGraph *graph, GError **error)
{
    for (int i = 0; i < graph->n_ops; i++) {
        GraphOp *op = &graph->ops[i];
        op->u8_origin = graph->tensors[op->in[0]].type == NN_U8;
        if (op->kind == GRAPH_PAD && op->u8_origin)
            op->pad_value -= 128;
    }
    if (graph->tensors[graph->input].type == NN_U8)
        insert_quantize(graph, 0, graph->input, split_end(graph, graph->input));
    if (graph->tensors[graph->output].type == NN_U8)
        insert_quantize(graph, graph->n_ops, split_end(graph, graph->output), graph->output);
    int *uses = count_uses(graph);
    bool ok = true;
    for (int i = 0; i < graph->n_tensors && ok; i++) {
        GraphTensor *t = &graph->tensors[i];
        bool end = i == graph->input || i == graph->output;
        if (t->type == NN_U8 && !end && uses[i] > 0)
            ok = tensor_to_s8(graph, t) || no_memory(graph, "zero points", error);
    }
    g_free(uses);
    return ok;
}

/* ---- operators that move nothing ---------------------------------------------------------- */

/* RESHAPE, and QUANTIZE between equal scales and types: the output is the input's bytes. */
static void drop_copies(NnGraph *graph)
{
    for (int i = 0; i < graph->n_ops; i++) {
        GraphOp *op = &graph->ops[i];
        GraphTensor *out = &graph->tensors[op->out];
        bool copies =
            op->kind == GRAPH_RESHAPE ||
            (op->kind == GRAPH_QUANTIZE && same_quantisation(&graph->tensors[op->in[0]], out));
        if (!copies)
            continue;
        out->alias = op->in[0];
        op->out = REMOVED;
    }
    sweep(graph);
}

/* Every alias straight to the tensor that is written. Chains are short, and cannot be circular
 * because an alias is made of what was written before. */
static void straighten_aliases(NnGraph *graph)
{
    for (int i = 0; i < graph->n_tensors; i++) {
        int root = i;
        while (graph->tensors[root].alias >= 0)
            root = graph->tensors[root].alias;
        if (root != i)
            graph->tensors[i].alias = root;
    }
}

bool graph_passes(NnGraph *graph, GError **error)
{
    drop_unused(graph);
    if (!fold_dequantize(graph, error))
        return false;
    convert_fully_connected(graph);
    fold_pad(graph);
    fuse_activations(graph);
    if (!u8_to_s8(graph, error))
        return false;
    drop_copies(graph);
    straighten_aliases(graph);
    return true;
}
