/* SPDX-License-Identifier: MIT */
/* options.c - what an operator asks for: its option table and its parameter tensors (axes,
 * paddings, shapes) become plain numbers of a GraphOp. */
#include "reader.h"
#include "schema.h"

#include <string.h>

typedef struct {
    int builtin;
    GraphKind kind;
    unsigned options; /* OPTIONS_* that it must have if it has any; NONE = not looked at */
    bool required;
    int min_in, max_in;
} Row;

/* clang-format off */
static const Row rows[] = {
    {BUILTIN_CONV_2D,           GRAPH_CONV,             OPTIONS_CONV,          true,  2, 3},
    {BUILTIN_DEPTHWISE_CONV_2D, GRAPH_DWCONV,           OPTIONS_DWCONV,        true,  2, 3},
    {BUILTIN_FULLY_CONNECTED,   GRAPH_FULLY_CONNECTED,  OPTIONS_FC,            false, 2, 3},
    {BUILTIN_ADD,               GRAPH_ADD,              OPTIONS_ADD,           false, 2, 2},
    {BUILTIN_SUB,               GRAPH_SUB,              OPTIONS_SUB,           false, 2, 2},
    {BUILTIN_MUL,               GRAPH_MUL,              OPTIONS_MUL,           false, 2, 2},
    {BUILTIN_DIV,               GRAPH_DIV,              OPTIONS_DIV,           false, 2, 2},
    {BUILTIN_AVERAGE_POOL_2D,   GRAPH_AVERAGE_POOL,     OPTIONS_POOL,          true,  1, 1},
    {BUILTIN_MAX_POOL_2D,       GRAPH_MAX_POOL,         OPTIONS_POOL,          true,  1, 1},
    {BUILTIN_MEAN,              GRAPH_MEAN,             OPTIONS_REDUCER,       false, 2, 2},
    {BUILTIN_PAD,               GRAPH_PAD,              OPTIONS_NONE,          false, 2, 2},
    {BUILTIN_PADV2,             GRAPH_PAD,              OPTIONS_NONE,          false, 3, 3},
    {BUILTIN_RESHAPE,           GRAPH_RESHAPE,          OPTIONS_RESHAPE,       false, 1, 2},
    {BUILTIN_SQUEEZE,           GRAPH_RESHAPE,          OPTIONS_SQUEEZE,       false, 1, 1},
    {BUILTIN_EXPAND_DIMS,       GRAPH_RESHAPE,          OPTIONS_NONE,          false, 2, 2},
    {BUILTIN_CONCATENATION,     GRAPH_CONCATENATION,    OPTIONS_CONCATENATION, false, 1, GRAPH_MAX_INPUTS},
    {BUILTIN_SOFTMAX,           GRAPH_SOFTMAX,          OPTIONS_SOFTMAX,       true,  1, 1},
    {BUILTIN_LOGISTIC,          GRAPH_LOGISTIC,         OPTIONS_NONE,          false, 1, 1},
    {BUILTIN_HARD_SWISH,        GRAPH_HARD_SWISH,       OPTIONS_NONE,          false, 1, 1},
    {BUILTIN_RELU,              GRAPH_RELU,             OPTIONS_NONE,          false, 1, 1},
    {BUILTIN_RELU6,             GRAPH_RELU6,            OPTIONS_NONE,          false, 1, 1},
    {BUILTIN_RELU_N1_TO_1,      GRAPH_RELU_N1_TO_1,     OPTIONS_NONE,          false, 1, 1},
    {BUILTIN_L2_NORMALIZATION,  GRAPH_L2_NORMALIZATION, OPTIONS_L2NORM,        false, 1, 1},
    {BUILTIN_QUANTIZE,          GRAPH_QUANTIZE,         OPTIONS_NONE,          false, 1, 1},
    {BUILTIN_DEQUANTIZE,        GRAPH_DEQUANTIZE,       OPTIONS_NONE,          false, 1, 1},
};
/* clang-format on */

static const Row *find_row(int builtin)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].builtin == builtin)
            return &rows[i];
    return NULL;
}

/* ---- option tables ------------------------------------------------------------------------ */

static bool read_act(Reader *r, const char *place, const FlatTable *options, int id, GraphOp *op)
{
    int act = flat_i8(&r->fb, options, id, ACT_NONE);
    switch (act) {
    case ACT_NONE:
        op->act = GRAPH_ACT_NONE;
        return true;
    case ACT_RELU:
        op->act = GRAPH_ACT_RELU;
        return true;
    case ACT_RELU6:
        op->act = GRAPH_ACT_RELU6;
        return true;
    case ACT_RELU_N1_TO_1:
        op->act = GRAPH_ACT_RELU_N1_TO_1;
        return true;
    default:
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "fused activation %d is not supported",
                           act);
    }
}

static bool read_padding(Reader *r, const char *place, const FlatTable *options, int id,
                         GraphOp *op)
{
    int padding = flat_i8(&r->fb, options, id, PADDING_SAME);
    op->pad_same = padding == PADDING_SAME;
    if (padding != PADDING_SAME && padding != PADDING_VALID)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "padding %d is neither SAME nor VALID",
                           padding);
    return true;
}

static bool read_conv(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    op->stride_w = flat_i32(&r->fb, o, CONV_STRIDE_W, 0);
    op->stride_h = flat_i32(&r->fb, o, CONV_STRIDE_H, 0);
    op->dil_w = flat_i32(&r->fb, o, CONV_DIL_W, 1);
    op->dil_h = flat_i32(&r->fb, o, CONV_DIL_H, 1);
    return read_padding(r, place, o, CONV_PADDING, op) && read_act(r, place, o, CONV_ACT, op);
}

static bool read_dwconv(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    op->stride_w = flat_i32(&r->fb, o, DWCONV_STRIDE_W, 0);
    op->stride_h = flat_i32(&r->fb, o, DWCONV_STRIDE_H, 0);
    op->dil_w = flat_i32(&r->fb, o, DWCONV_DIL_W, 1);
    op->dil_h = flat_i32(&r->fb, o, DWCONV_DIL_H, 1);
    return read_padding(r, place, o, DWCONV_PADDING, op) && read_act(r, place, o, DWCONV_ACT, op);
}

static bool read_pool(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    op->stride_w = flat_i32(&r->fb, o, POOL_STRIDE_W, 0);
    op->stride_h = flat_i32(&r->fb, o, POOL_STRIDE_H, 0);
    op->k_w = flat_i32(&r->fb, o, POOL_FILTER_W, 0);
    op->k_h = flat_i32(&r->fb, o, POOL_FILTER_H, 0);
    op->dil_w = op->dil_h = 1;
    return read_padding(r, place, o, POOL_PADDING, op) && read_act(r, place, o, POOL_ACT, op);
}

static bool read_fully_connected(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    int format = flat_i8(&r->fb, o, FC_WEIGHTS_FORMAT, 0);
    op->keep_dims = flat_u8(&r->fb, o, FC_KEEP_NUM_DIMS, 0) != 0;
    if (format != 0)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "shuffled weights (format %d)", format);
    return read_act(r, place, o, FC_ACT, op);
}

/* ---- parameter tensors -------------------------------------------------------------------- */

/* The constant integers of input k, at most max of them; -1 with an error if it is no such. */
static int read_integers(Reader *r, const char *place, const GraphOp *op, int k, int *values,
                         int max)
{
    const GraphTensor *t = op->in[k] < 0 ? NULL : &r->graph->tensors[op->in[k]];
    if (!t || t->type != NN_S32 || !t->data) {
        reader_fail(r, NN_ERROR_UNSUPPORTED, place, "input %d must be constant integers", k);
        return -1;
    }
    size_t n = t->bytes / 4;
    if (n > (size_t)max) {
        reader_fail(r, NN_ERROR_UNSUPPORTED, place, "input %d has %zu numbers; at most %d fit", k,
                    n, max);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t value;
        memcpy(&value, (const uint8_t *)t->data + 4 * i, 4);
        values[i] = GINT32_FROM_LE(value);
    }
    return (int)n;
}

static bool read_mean(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    const GraphTensor *in = &r->graph->tensors[op->in[0]];
    int axes[4], lead = 4 - in->n_dims;
    int n = read_integers(r, place, op, 1, axes, 4);
    op->keep_dims = flat_u8(&r->fb, o, REDUCER_KEEP_DIMS, 0) != 0;
    for (int i = 0; i < n; i++) {
        int axis = axes[i] < 0 ? axes[i] + in->n_dims : axes[i];
        if (axis < 0 || axis >= in->n_dims)
            return reader_fail(r, NN_ERROR_CORRUPT, place, "axis %d of %d dimensions", axes[i],
                               in->n_dims);
        op->reduce[lead + axis] = true;
    }
    op->mean_plain = op->keep_dims && in->n_dims == 4 && n == 2 &&
                     ((axes[0] == 1 && axes[1] == 2) || (axes[0] == 2 && axes[1] == 1));
    return n >= 0;
}

static bool read_pad(Reader *r, const char *place, GraphOp *op)
{
    const GraphTensor *in = &r->graph->tensors[op->in[0]];
    const GraphTensor *out = &r->graph->tensors[op->out];
    int pads[8], lead = 4 - in->n_dims;
    int n = read_integers(r, place, op, 1, pads, 8);
    if (n < 0)
        return false;
    if (n != 2 * in->n_dims)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "%d paddings for %d dimensions", n,
                           in->n_dims);
    for (int i = 0; i < in->n_dims; i++) {
        op->pad_before[lead + i] = pads[2 * i];
        op->pad_after[lead + i] = pads[2 * i + 1];
    }
    op->pad_value = out->n_scales ? (float)out->zero[0] : 0.0f;
    return true;
}

static bool read_padv2(Reader *r, const char *place, GraphOp *op)
{
    const GraphTensor *value = op->in[2] < 0 ? NULL : &r->graph->tensors[op->in[2]];
    const GraphTensor *in = &r->graph->tensors[op->in[0]];
    if (!read_pad(r, place, op))
        return false;
    if (!value || !value->data || value->type != in->type || value->n_dims > 1 ||
        value->bytes != graph_type_size(value->type))
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place,
                           "the padding must be one constant of the input's type");
    const uint8_t *bytes = value->data;
    if (in->type == NN_U8)
        op->pad_value = bytes[0];
    else if (in->type == NN_S8)
        op->pad_value = (int8_t)bytes[0];
    else if (in->type == NN_F32)
        op->pad_value = flat_float_at(&r->fb, (size_t)(bytes - r->fb.data));
    return reader_sound(r, place);
}

static void ask_for(GraphOp *op, int dimension)
{
    op->new_dims[op->new_n++] = dimension;
}

static bool read_reshape(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    FlatVector shape = flat_vector(&r->fb, o, RESHAPE_NEW_SHAPE, 4);
    bool given = op->n_in > 1 && op->in[1] >= 0;
    if (given && r->graph->tensors[op->in[1]].data) {
        op->new_n = read_integers(r, place, op, 1, op->new_dims, 4);
        return op->new_n >= 0;
    }
    op->new_n = given || shape.n == 0 ? -1 : 0;
    if (shape.n > 4)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "to %u dimensions", shape.n);
    for (uint32_t i = 0; op->new_n >= 0 && i < shape.n; i++)
        ask_for(op, flat_vector_i32(&r->fb, &shape, i));
    return true;
}

static bool read_squeeze(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    const GraphTensor *in = &r->graph->tensors[op->in[0]];
    FlatVector axes = flat_vector(&r->fb, o, SQUEEZE_DIMS, 4);
    bool squeezed[4] = {false};
    if (axes.n > 4)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "squeezes %u dimensions", axes.n);
    for (uint32_t i = 0; i < axes.n; i++) {
        int axis = flat_vector_i32(&r->fb, &axes, i);
        axis = axis < 0 ? axis + in->n_dims : axis;
        if (axis < 0 || axis >= in->n_dims || in->dims[axis] != 1)
            return reader_fail(r, NN_ERROR_CORRUPT, place, "dimension %d is not 1", axis);
        squeezed[axis] = true;
    }
    for (int i = 0; i < in->n_dims; i++)
        if (axes.n == 0 ? in->dims[i] != 1 : !squeezed[i])
            ask_for(op, in->dims[i]);
    return true;
}

static bool read_expand_dims(Reader *r, const char *place, GraphOp *op)
{
    const GraphTensor *in = &r->graph->tensors[op->in[0]];
    int axis;
    if (read_integers(r, place, op, 1, &axis, 1) < 0)
        return false;
    axis = axis < 0 ? axis + in->n_dims + 1 : axis;
    if (axis < 0 || axis > in->n_dims || in->n_dims == 4)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "a new dimension %d in %d", axis,
                           in->n_dims);
    for (int i = 0; i <= in->n_dims; i++) {
        if (i == axis)
            ask_for(op, 1);
        if (i < in->n_dims)
            ask_for(op, in->dims[i]);
    }
    return true;
}

static bool read_concatenation(Reader *r, const char *place, const FlatTable *o, GraphOp *op)
{
    const GraphTensor *out = &r->graph->tensors[op->out];
    int axis = flat_i32(&r->fb, o, CONCATENATION_AXIS, 0);
    op->axis = (axis < 0 ? axis + out->n_dims : axis) + 4 - out->n_dims;
    if (axis < -out->n_dims || axis >= out->n_dims)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "axis %d of %d dimensions", axis,
                           out->n_dims);
    return read_act(r, place, o, CONCATENATION_ACT, op);
}

/* Dispatches on the operator; parameter tensors end as numbers and leave the inputs. */
static bool read_by_builtin(Reader *r, const char *place, const FileOp *file, const FlatTable *o,
                            GraphOp *op)
{
    switch (file->builtin) {
    case BUILTIN_CONV_2D:
        return read_conv(r, place, o, op);
    case BUILTIN_DEPTHWISE_CONV_2D:
        return read_dwconv(r, place, o, op);
    case BUILTIN_AVERAGE_POOL_2D:
    case BUILTIN_MAX_POOL_2D:
        return read_pool(r, place, o, op);
    case BUILTIN_FULLY_CONNECTED:
        return read_fully_connected(r, place, o, op);
    case BUILTIN_ADD:
    case BUILTIN_SUB:
    case BUILTIN_MUL:
    case BUILTIN_DIV:
    case BUILTIN_L2_NORMALIZATION:
        return read_act(r, place, o, BINARY_ACT, op);
    case BUILTIN_MEAN:
        return read_mean(r, place, o, op);
    case BUILTIN_PAD:
        return read_pad(r, place, op);
    case BUILTIN_PADV2:
        return read_padv2(r, place, op);
    case BUILTIN_RESHAPE:
        return read_reshape(r, place, o, op);
    case BUILTIN_SQUEEZE:
        return read_squeeze(r, place, o, op);
    case BUILTIN_EXPAND_DIMS:
        return read_expand_dims(r, place, op);
    case BUILTIN_CONCATENATION:
        return read_concatenation(r, place, o, op);
    case BUILTIN_SOFTMAX:
        op->beta = flat_f32(&r->fb, o, SOFTMAX_BETA, 0.0f);
        return true;
    default:
        return true;
    }
}

int options_kind(int builtin)
{
    const Row *row = find_row(builtin);
    return row ? (int)row->kind : -1;
}

bool options_read(Reader *r, int i, GraphOp *op)
{
    const FileOp *file = &r->ops[i];
    const Row *row = find_row(file->builtin);
    char place[64];
    g_snprintf(place, sizeof place, "op %d %s", i, op->op_name);
    if (op->n_in < row->min_in || op->n_in > row->max_in)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "has %d inputs instead of %d", op->n_in,
                           row->max_in);
    if (op->in[0] < 0)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "input 0 is missing");
    unsigned type = flat_u8(&r->fb, &file->table, OPERATOR_OPTIONS_TYPE, OPTIONS_NONE);
    FlatTable none = {0}, options = none;
    if (row->options != OPTIONS_NONE && type != OPTIONS_NONE) {
        if (type != row->options)
            return reader_fail(r, NN_ERROR_CORRUPT, place, "has options of another operator (%u)",
                               type);
        options = flat_subtable(&r->fb, &file->table, OPERATOR_OPTIONS);
    }
    if (!reader_sound(r, place))
        return false;
    if (row->required && options.at == 0)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "has no options");
    if (!read_by_builtin(r, place, file, &options, op) || !reader_sound(r, place))
        return false;
    if (op->kind == GRAPH_MEAN || op->kind == GRAPH_PAD || op->kind == GRAPH_RESHAPE)
        op->n_in = 1;
    return true;
}
