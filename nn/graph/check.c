/* SPDX-License-Identifier: MIT */
/* check.c - proves a graph: sizes, order, types, quantisation, shapes. What is true after it is
 * written above graph_check() in graph.h. The arithmetic of int8 operators is proved in
 * check_quant.c. */
#include "check.h"

#include <math.h>
#include <string.h>

bool check_fail(Check *c, NnError code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(c->error, NN_ERROR, code, "op %d %s: %s", c->op->file_index, c->op->op_name, text);
    g_free(text);
    return false;
}

const GraphTensor *check_in(const Check *c, int k)
{
    return &c->graph->tensors[c->op->in[k]];
}

const GraphTensor *check_out(const Check *c)
{
    return &c->graph->tensors[c->op->out];
}

bool check_is_quantised(const GraphTensor *t)
{
    return t->type == NN_U8 || t->type == NN_S8;
}

/* ---- tensors ------------------------------------------------------------------------------ */

static bool tensor_fail(int index, const GraphTensor *t, GError **error, NnError code,
                        const char *why)
{
    char place[GRAPH_PLACE];
    graph_place(place, index, t);
    g_set_error(error, NN_ERROR, code, "%s: %s", place, why);
    return false;
}

static bool check_scales(int index, const GraphTensor *t, GError **error)
{
    int lowest = t->type == NN_U8 ? 0 : t->type == NN_S8 ? -128 : INT32_MIN;
    int highest = t->type == NN_U8 ? 255 : t->type == NN_S8 ? 127 : INT32_MAX;
    if (t->n_dims > 0 && (t->axis < 0 || t->axis >= t->n_dims))
        return tensor_fail(index, t, error, NN_ERROR_CORRUPT,
                           "is quantised along a dimension that it does not have");
    if (t->n_scales > 1 && (t->n_dims == 0 || t->n_scales != t->dims[t->axis]))
        return tensor_fail(index, t, error, NN_ERROR_CORRUPT, "has not one scale for each channel");
    if (t->type == NN_F32 || t->type == NN_F16)
        return true;
    for (int i = 0; i < t->n_scales; i++) {
        /* A channel of nothing but zeros may have scale 0. */
        if (!isfinite(t->scale[i]) || t->scale[i] < 0 || (t->scale[i] == 0 && t->n_scales == 1))
            return tensor_fail(index, t, error, NN_ERROR_CORRUPT,
                               "has a scale that is no positive number");
        if (t->zero[i] < lowest || t->zero[i] > highest)
            return tensor_fail(index, t, error, NN_ERROR_CORRUPT,
                               "has a zero point outside its type");
    }
    return true;
}

bool graph_check_tensor(int index, GraphTensor *t, GError **error)
{
    size_t elements = 1;
    if (t->n_dims < 0 || t->n_dims > 4)
        return tensor_fail(index, t, error, NN_ERROR_UNSUPPORTED, "has more than 4 dimensions");
    for (int i = 0; i < t->n_dims; i++) {
        if (t->dims[i] <= 0)
            return tensor_fail(index, t, error, NN_ERROR_CORRUPT,
                               "has a dimension that is not positive");
        if (t->dims[i] > GRAPH_MAX_DIM ||
            !g_size_checked_mul(&elements, elements, (size_t)t->dims[i]))
            return tensor_fail(index, t, error, NN_ERROR_LIMIT, "is too big");
    }
    if (!g_size_checked_mul(&t->bytes, elements, graph_type_size(t->type)) ||
        t->bytes > GRAPH_MAX_TENSOR_BYTES)
        return tensor_fail(index, t, error, NN_ERROR_LIMIT, "is too big");
    return check_scales(index, t, error);
}

/* ---- shapes ------------------------------------------------------------------------------- */

static char *shape_text(int n, const int *dims)
{
    GString *text = g_string_new(n == 0 ? "one number" : NULL);
    for (int i = 0; i < n; i++)
        g_string_append_printf(text, i ? "x%d" : "%d", dims[i]);
    return g_string_free(text, FALSE);
}

/* The output's dimensions in the file must be these. */
static bool expect(Check *c, int n, const int *dims)
{
    const GraphTensor *out = check_out(c);
    if (out->n_dims == n && memcmp(out->dims, dims, (size_t)n * sizeof *dims) == 0)
        return true;
    char *is = shape_text(out->n_dims, out->dims), *should = shape_text(n, dims);
    check_fail(c, NN_ERROR_CORRUPT, "its output is %s in the file but comes out as %s", is, should);
    g_free(is);
    g_free(should);
    return false;
}

static bool expect_same(Check *c)
{
    return expect(c, check_in(c, 0)->n_dims, check_in(c, 0)->dims);
}

/* One direction of a window: output size and cells of padding before. */
static bool place_window(Check *c, int in, int k, int stride, int dil, int *out, int *pad)
{
    const GraphOp *op = c->op;
    int64_t reach = (int64_t)(k - 1) * dil + 1;
    if (k < 1 || stride < 1 || dil < 1)
        return check_fail(c, NN_ERROR_CORRUPT,
                          "window %dx%d, stride %dx%d, dilation %dx%d: all must be positive",
                          op->k_h, op->k_w, op->stride_h, op->stride_w, op->dil_h, op->dil_w);
    if (reach > GRAPH_MAX_WINDOW || stride > GRAPH_MAX_DIM)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "a window of %" G_GINT64_FORMAT " is too big",
                          reach);
    if (op->pad_same) {
        *out = (in - 1) / stride + 1;
        int64_t missing = (int64_t)(*out - 1) * stride + reach - in;
        *pad = missing > 0 ? (int)(missing / 2) : 0;
        return true;
    }
    *pad = 0;
    if (reach > in)
        return check_fail(c, NN_ERROR_CORRUPT, "a window of %d does not fit into %d", (int)reach,
                          in);
    *out = (in - (int)reach) / stride + 1;
    return true;
}

/* Windows over H and W of the input, giving so many channels. */
static bool check_window(Check *c, int channels)
{
    GraphOp *op = c->op;
    const GraphTensor *in = check_in(c, 0);
    int dims[4] = {1, 0, 0, channels};
    return place_window(c, in->dims[1], op->k_h, op->stride_h, op->dil_h, &dims[1], &op->pad_t) &&
           place_window(c, in->dims[2], op->k_w, op->stride_w, op->dil_w, &dims[2], &op->pad_l) &&
           expect(c, 4, dims);
}

static bool expect_4d(Check *c, const GraphTensor *t, const char *what)
{
    return t->n_dims == 4 ||
           check_fail(c, NN_ERROR_UNSUPPORTED, "%s has %d dimensions; 4 are due", what, t->n_dims);
}

/* Weights and bias of a convolution or fully connected layer with so many outputs: constant, of
 * types that go together. */
static bool check_weights(Check *c, int outputs)
{
    const GraphTensor *in = check_in(c, 0), *w = check_in(c, 1);
    if (!c->constant[c->op->in[1]])
        return check_fail(c, NN_ERROR_UNSUPPORTED, "its weights are not constant");
    if (in->type == NN_F32 && check_is_quantised(w))
        return check_fail(c, NN_ERROR_UNSUPPORTED,
                          "hybrid: %s weights with float32 activations; export with full integer "
                          "quantisation, or with float16 or float32 weights",
                          graph_type_name(w->type));
    if (w->type != in->type)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "%s weights with %s activations",
                          graph_type_name(w->type), graph_type_name(in->type));
    if (c->op->n_in < 3 || c->op->in[2] < 0)
        return true;
    const GraphTensor *bias = check_in(c, 2);
    NnType due = in->type == NN_F32 ? NN_F32 : NN_S32;
    if (!c->constant[c->op->in[2]] || bias->type != due)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "its bias is not constant %s",
                          graph_type_name(due));
    if (bias->bytes / 4 != (size_t)outputs)
        return check_fail(c, NN_ERROR_CORRUPT, "has %zu biases for %d channels", bias->bytes / 4,
                          outputs);
    return true;
}

static bool check_conv(Check *c)
{
    const GraphTensor *in = check_in(c, 0), *w = check_in(c, 1);
    if (!expect_4d(c, in, "the input") || !expect_4d(c, w, "the weights tensor"))
        return false;
    if (w->dims[3] != in->dims[3])
        return check_fail(c, in->dims[3] % w->dims[3] ? NN_ERROR_CORRUPT : NN_ERROR_UNSUPPORTED,
                          "weights for %d channels, input of %d (grouped convolutions are not "
                          "supported)",
                          w->dims[3], in->dims[3]);
    c->op->k_h = w->dims[1];
    c->op->k_w = w->dims[2];
    return check_weights(c, w->dims[0]) && check_window(c, w->dims[0]) &&
           check_quant_products(c, 0);
}

static bool check_dwconv(Check *c)
{
    const GraphTensor *in = check_in(c, 0), *w = check_in(c, 1);
    if (!expect_4d(c, in, "the input") || !expect_4d(c, w, "the weights tensor"))
        return false;
    if (w->dims[0] != 1 || w->dims[3] % in->dims[3] != 0)
        return check_fail(c, NN_ERROR_CORRUPT, "weights %dx..x%d for an input of %d channels",
                          w->dims[0], w->dims[3], in->dims[3]);
    c->op->k_h = w->dims[1];
    c->op->k_w = w->dims[2];
    c->op->depth_mult = w->dims[3] / in->dims[3];
    return check_weights(c, w->dims[3]) && check_window(c, w->dims[3]) &&
           check_quant_products(c, 3);
}

static bool check_fully_connected(Check *c)
{
    const GraphTensor *in = check_in(c, 0), *w = check_in(c, 1);
    if (w->n_dims != 2)
        return check_fail(c, NN_ERROR_CORRUPT, "its weights have %d dimensions instead of 2",
                          w->n_dims);
    int outputs = w->dims[0], depth = w->dims[1];
    size_t elements = in->bytes / graph_type_size(in->type);
    if (elements % (size_t)depth != 0)
        return check_fail(c, NN_ERROR_CORRUPT, "%zu inputs for weights of depth %d", elements,
                          depth);
    if (!check_weights(c, outputs) || !check_quant_products(c, 0))
        return false;
    if (!c->op->keep_dims) {
        int dims[2] = {(int)(elements / (size_t)depth), outputs};
        return expect(c, 2, dims);
    }
    int dims[4] = {0};
    memcpy(dims, in->dims, sizeof dims);
    if (in->n_dims == 0 || dims[in->n_dims - 1] != depth)
        return check_fail(c, NN_ERROR_CORRUPT, "its input does not end in %d", depth);
    dims[in->n_dims - 1] = outputs;
    return expect(c, in->n_dims, dims);
}

static bool check_pool(Check *c)
{
    const GraphTensor *in = check_in(c, 0);
    return expect_4d(c, in, "the input") && check_window(c, in->dims[3]) && check_quant_same(c, 0);
}

static bool check_binary(Check *c)
{
    const GraphTensor *a = check_in(c, 0), *b = check_in(c, 1);
    int n = MAX(a->n_dims, b->n_dims);
    int a4[4], b4[4], dims[4];
    if (b->type != a->type)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "operands are %s and %s",
                          graph_type_name(a->type), graph_type_name(b->type));
    if (c->op->kind == GRAPH_DIV && check_is_quantised(a))
        return check_fail(c, NN_ERROR_UNSUPPORTED, "division of %s is not supported",
                          graph_type_name(a->type));
    graph_dims4(a, a4);
    graph_dims4(b, b4);
    for (int i = 4 - n; i < 4; i++) {
        dims[i - 4 + n] = MAX(a4[i], b4[i]);
        if (a4[i] != b4[i] && a4[i] != 1 && b4[i] != 1)
            return check_fail(c, NN_ERROR_CORRUPT, "operands of %d and %d do not go together",
                              a4[i], b4[i]);
    }
    return expect(c, n, dims) && check_quant_binary(c);
}

static bool check_mean(Check *c)
{
    const GraphTensor *in = check_in(c, 0);
    int in4[4], dims[4], n = 0, lead = 4 - in->n_dims;
    graph_dims4(in, in4);
    for (int i = 0; i < 4; i++) {
        bool spatial = i == 1 || i == 2;
        if (in4[i] != 1 && c->op->reduce[i] != spatial)
            return check_fail(c, NN_ERROR_UNSUPPORTED,
                              "only means over the whole height and width are supported");
        if (i >= lead && (c->op->keep_dims || !c->op->reduce[i]))
            dims[n++] = c->op->reduce[i] ? 1 : in4[i];
    }
    return expect(c, n, dims) && check_quant_mean(c, in4[1], in4[2]);
}

static bool check_pad(Check *c)
{
    const GraphTensor *in = check_in(c, 0);
    int dims[4], lead = 4 - in->n_dims;
    for (int i = 0; i < in->n_dims; i++) {
        int before = c->op->pad_before[lead + i], after = c->op->pad_after[lead + i];
        if (before < 0 || after < 0 || before > GRAPH_MAX_DIM || after > GRAPH_MAX_DIM)
            return check_fail(c, NN_ERROR_CORRUPT, "paddings of %d and %d", before, after);
        dims[i] = in->dims[i] + before + after;
    }
    return expect(c, in->n_dims, dims) && check_quant_same(c, 0);
}

/* The dimensions asked for, -1 standing for what is left; or just as many elements. */
static bool check_reshape(Check *c)
{
    const GraphOp *op = c->op;
    const GraphTensor *in = check_in(c, 0), *out = check_out(c);
    if (in->bytes != out->bytes)
        return check_fail(c, NN_ERROR_CORRUPT, "turns %zu bytes into %zu", in->bytes, out->bytes);
    if (op->new_n < 0)
        return true;
    bool fits = out->n_dims == op->new_n;
    for (int i = 0, wild = 0; i < op->new_n && fits; i++)
        fits = op->new_dims[i] == -1 ? wild++ == 0 : op->new_dims[i] == out->dims[i];
    return fits ||
           check_fail(c, NN_ERROR_CORRUPT, "its output is not of the dimensions it asks for");
}

static bool check_concatenation(Check *c)
{
    const GraphOp *op = c->op;
    const GraphTensor *first = check_in(c, 0);
    int lead = 4 - first->n_dims, axis = op->axis - lead, dims[4];
    if (axis < 0 || op->axis > 3)
        return check_fail(c, NN_ERROR_CORRUPT, "joins along a dimension that is not there");
    if (op->act != GRAPH_ACT_NONE)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "a fused activation is not supported");
    memcpy(dims, first->dims, sizeof dims);
    dims[axis] = 0;
    for (int k = 0; k < op->n_in; k++) {
        const GraphTensor *in = check_in(c, k);
        if (c->constant[op->in[k]])
            return check_fail(c, NN_ERROR_UNSUPPORTED, "input %d is constant", k);
        for (int i = 0; i < first->n_dims; i++)
            if (in->n_dims != first->n_dims || (i != axis && in->dims[i] != first->dims[i]))
                return check_fail(c, NN_ERROR_CORRUPT, "inputs 0 and %d do not go together", k);
        if (in->type != first->type)
            return check_fail(c, NN_ERROR_UNSUPPORTED, "inputs are %s and %s",
                              graph_type_name(first->type), graph_type_name(in->type));
        if (in->dims[axis] > GRAPH_MAX_DIM - dims[axis])
            return check_fail(c, NN_ERROR_LIMIT, "its output is too big");
        dims[axis] += in->dims[axis];
        if (!check_quant_same(c, k))
            return false;
    }
    return expect(c, first->n_dims, dims);
}

static bool check_l2norm(Check *c)
{
    if (c->op->act != GRAPH_ACT_NONE)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "a fused activation is not supported");
    return expect_same(c) && check_quant_unary(c);
}

/* ---- operators ---------------------------------------------------------------------------- */

static bool check_types(Check *c)
{
    const GraphOp *op = c->op;
    const GraphTensor *in = check_in(c, 0), *out = check_out(c);
    bool in_8bit = check_is_quantised(in), out_8bit = check_is_quantised(out);
    bool ok = (in_8bit || in->type == NN_F32) && in->type == out->type;
    if (op->kind == GRAPH_QUANTIZE)
        ok = (in_8bit || in->type == NN_F32) && out_8bit;
    if (op->kind == GRAPH_DEQUANTIZE)
        ok = (in_8bit || (in->type == NN_F16 && c->constant[op->in[0]])) && out->type == NN_F32;
    if (!ok)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "from %s to %s is not supported",
                          graph_type_name(in->type), graph_type_name(out->type));
    if ((in_8bit && in->n_scales == 0) || (out_8bit && out->n_scales == 0))
        return check_fail(c, NN_ERROR_CORRUPT, "its %s tensor has no scale",
                          in_8bit && in->n_scales == 0 ? "input" : "output");
    if ((in_8bit && in->n_scales > 1 && op->kind != GRAPH_DEQUANTIZE) ||
        (out_8bit && out->n_scales > 1))
        return check_fail(c, NN_ERROR_UNSUPPORTED, "scales per channel outside of weights");
    return true;
}

/* Everything that is computed belongs to one picture. */
static bool check_batch(Check *c, const GraphTensor *t)
{
    int dims[4];
    graph_dims4(t, dims);
    return dims[0] == 1 || check_fail(c, NN_ERROR_UNSUPPORTED,
                                      "a batch of %d; only one picture at a time", dims[0]);
}

/* Inputs exist before they are read; each tensor is written once; what is computed is computed
 * from something that is not constant (but for the decompression of weights). */
static bool check_order(Check *c)
{
    NnGraph *graph = c->graph;
    const GraphOp *op = c->op;
    char place[GRAPH_PLACE];
    bool weighted =
        op->kind == GRAPH_CONV || op->kind == GRAPH_DWCONV || op->kind == GRAPH_FULLY_CONNECTED;
    bool constant = true;
    for (int k = 0; k < op->n_in; k++) {
        if (op->in[k] < 0 && weighted && k == 2)
            continue;
        if (op->in[k] < 0 || op->in[k] >= graph->n_tensors)
            return check_fail(c, NN_ERROR_CORRUPT, "input %d is missing", k);
        graph_place(place, op->in[k], check_in(c, k));
        if (!c->written[op->in[k]])
            return check_fail(c, NN_ERROR_CORRUPT, "reads %s, which nothing has written yet",
                              place);
        bool data_input = !weighted || k == 0;
        constant = constant && (c->constant[op->in[k]] || !data_input);
    }
    graph_place(place, op->out, check_out(c));
    if (c->written[op->out])
        return check_fail(c, NN_ERROR_CORRUPT, "writes %s, which is %s", place,
                          c->constant[op->out]      ? "constant"
                          : op->out == graph->input ? "the network's input"
                                                    : "written by another operator");
    if (constant && op->kind != GRAPH_DEQUANTIZE)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "all its inputs are constant");
    c->written[op->out] = true;
    c->constant[op->out] = constant;
    return true;
}

static bool check_shape(Check *c)
{
    switch (c->op->kind) {
    case GRAPH_CONV:
        return check_conv(c);
    case GRAPH_DWCONV:
        return check_dwconv(c);
    case GRAPH_FULLY_CONNECTED:
        return check_fully_connected(c);
    case GRAPH_ADD:
    case GRAPH_SUB:
    case GRAPH_MUL:
    case GRAPH_DIV:
        return check_binary(c);
    case GRAPH_AVERAGE_POOL:
    case GRAPH_MAX_POOL:
        return check_pool(c);
    case GRAPH_MEAN:
        return check_mean(c);
    case GRAPH_PAD:
        return check_pad(c);
    case GRAPH_RESHAPE:
        return check_reshape(c);
    case GRAPH_CONCATENATION:
        return check_concatenation(c);
    case GRAPH_L2_NORMALIZATION:
        return check_l2norm(c);
    case GRAPH_SOFTMAX:
    case GRAPH_LOGISTIC:
    case GRAPH_HARD_SWISH:
    case GRAPH_RELU:
    case GRAPH_RELU6:
    case GRAPH_RELU_N1_TO_1:
    case GRAPH_QUANTIZE:
    case GRAPH_DEQUANTIZE:
        return expect_same(c) && check_quant_unary(c);
    }
    return false;
}

static bool check_op(Check *c)
{
    if (c->op->n_in < 1 || c->op->out < 0 || c->op->out >= c->graph->n_tensors)
        return check_fail(c, NN_ERROR_CORRUPT, "has no input or no output");
    if (!check_order(c) || !check_types(c))
        return false;
    if (c->constant[c->op->out])
        return check_shape(c);
    return check_batch(c, check_in(c, 0)) && check_batch(c, check_out(c)) && check_shape(c);
}

static bool check_ends(NnGraph *graph, const Check *c, GError **error)
{
    char place[GRAPH_PLACE];
    const char *why = NULL;
    if (graph->output == graph->input || c->constant[graph->output])
        why = "does not depend on the input";
    else if (!c->written[graph->output])
        why = "is written by no operator";
    if (!why)
        return true;
    graph_place(place, graph->output, &graph->tensors[graph->output]);
    g_set_error(error, NN_ERROR, NN_ERROR_CORRUPT, "output %s: %s", place, why);
    return false;
}

bool graph_check(NnGraph *graph, GError **error)
{
    bool *marks = g_new0(bool, 2 * (size_t)graph->n_tensors);
    Check c = {
        .graph = graph, .error = error, .written = marks, .constant = marks + graph->n_tensors};
    bool ok = true;
    for (int i = 0; i < graph->n_tensors && ok; i++) {
        c.written[i] = c.constant[i] = graph->tensors[i].data != NULL;
        ok = graph_check_tensor(i, &graph->tensors[i], error);
    }
    if (ok && c.constant[graph->input])
        ok = tensor_fail(graph->input, &graph->tensors[graph->input], error, NN_ERROR_CORRUPT,
                         "is the network's input and constant");
    c.written[graph->input] = true;
    for (int i = 0; i < graph->n_ops && ok; i++) {
        c.op = &graph->ops[i];
        ok = check_op(&c);
    }
    ok = ok && check_ends(graph, &c, error);
    g_free(marks);
    return ok;
}
