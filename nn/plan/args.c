/* SPDX-License-Identifier: MIT */
/* args.c - fills kernel arguments from graph ops. */
#include "args.h"

#include "prepare_s8.h"

#include <math.h>
#include <string.h>

static const GraphTensor *in_tensor(const ArgsContext *ctx, const GraphOp *op, int i)
{
    return i < op->n_in && op->in[i] >= 0 ? &ctx->graph->tensors[op->in[i]] : NULL;
}

static const GraphTensor *out_tensor(const ArgsContext *ctx, const GraphOp *op)
{
    return &ctx->graph->tensors[op->out];
}

static void *keep(ArgsContext *ctx, size_t bytes)
{
    void *block = g_malloc0(bytes);
    g_ptr_array_add(ctx->blocks, block);
    return block;
}

static int zero_of(const GraphTensor *t)
{
    return t->n_scales ? t->zero[0] : 0;
}

static float scale_of(const GraphTensor *t)
{
    return t->n_scales ? t->scale[0] : 0;
}

static PrepareQuant quant_of(const GraphTensor *t)
{
    return (PrepareQuant){.scale = scale_of(t), .zero = zero_of(t), .u8 = t->type == NN_U8};
}

/* The range that an activation leaves. */
static void float_range(GraphAct act, float *min, float *max)
{
    *min = act == GRAPH_ACT_NONE ? -INFINITY : act == GRAPH_ACT_RELU_N1_TO_1 ? -1 : 0;
    *max = act == GRAPH_ACT_RELU6 ? 6 : act == GRAPH_ACT_RELU_N1_TO_1 ? 1 : INFINITY;
}

static void int_range(GraphAct act, const GraphTensor *out, int *min, int *max)
{
    float f_min, f_max;
    float_range(act, &f_min, &f_max);
    prepare_act(f_min, f_max, scale_of(out), zero_of(out), min, max);
}

static void window(const ArgsContext *ctx, const GraphOp *op, int k_h, int k_w, NnWindow *win)
{
    int in[4], out[4];
    graph_dims4(in_tensor(ctx, op, 0), in);
    graph_dims4(out_tensor(ctx, op), out);
    *win = (NnWindow){.in_h = in[1],
                      .in_w = in[2],
                      .in_c = in[3],
                      .out_h = out[1],
                      .out_w = out[2],
                      .out_c = out[3],
                      .k_h = k_h,
                      .k_w = k_w,
                      .stride_h = op->stride_h,
                      .stride_w = op->stride_w,
                      .dil_h = op->dil_h,
                      .dil_w = op->dil_w,
                      .pad_t = op->pad_t,
                      .pad_l = op->pad_l};
}

static void fill_conv(ArgsContext *ctx, const GraphOp *op, NnArgs *args)
{
    const GraphTensor *in = in_tensor(ctx, op, 0), *w = in_tensor(ctx, op, 1);
    const GraphTensor *out = out_tensor(ctx, op);
    NnConv *conv = &args->conv;
    int k[4];
    graph_dims4(w, k);
    args->op = op->kind == GRAPH_DWCONV ? NN_OP_DWCONV : NN_OP_CONV;
    window(ctx, op, k[1], k[2], &conv->win);
    conv->depth_mult = op->kind == GRAPH_DWCONV ? op->depth_mult : 1;
    float_range(op->act, &conv->f_min, &conv->f_max);
    if (args->type != NN_KERNEL_S8)
        return;

    int n = conv->win.out_c;
    int32_t *mult = keep(ctx, sizeof *mult * (size_t)n);
    int32_t *shift = keep(ctx, sizeof *shift * (size_t)n);
    bool float_product = op->u8_origin || (op->fc_origin && w->n_scales == 1);
    prepare_conv(scale_of(in), w->scale, w->n_scales, scale_of(out), float_product, n, mult, shift);
    conv->mult = mult;
    conv->shift = shift;
    conv->in_zero = zero_of(in);
    conv->w_zero = zero_of(w);
    conv->out_zero = zero_of(out);
    int_range(op->act, out, &conv->act_min, &conv->act_max);
}

static void fill_pool(ArgsContext *ctx, const GraphOp *op, NnArgs *args)
{
    const GraphTensor *in = in_tensor(ctx, op, 0), *out = out_tensor(ctx, op);
    NnPool *pool = &args->pool;
    bool mean = op->kind == GRAPH_MEAN;
    args->op = mean ? NN_OP_MEAN : op->kind == GRAPH_AVERAGE_POOL ? NN_OP_AVGPOOL : NN_OP_MAXPOOL;
    window(ctx, op, op->k_h, op->k_w, &pool->win);
    if (mean) {
        pool->win = (NnWindow){.in_h = pool->win.in_h,
                               .in_w = pool->win.in_w,
                               .in_c = pool->win.in_c,
                               .out_h = 1,
                               .out_w = 1,
                               .out_c = pool->win.in_c,
                               .k_h = pool->win.in_h,
                               .k_w = pool->win.in_w,
                               .stride_h = 1,
                               .stride_w = 1,
                               .dil_h = 1,
                               .dil_w = 1};
    }
    float_range(op->act, &pool->f_min, &pool->f_max);
    if (args->type != NN_KERNEL_S8)
        return;
    pool->bias = op->u8_origin ? 128 : 0;
    int_range(op->act, out, &pool->act_min, &pool->act_max);
    if (!mean)
        return;
    pool->in_zero = zero_of(in);
    pool->out_zero = zero_of(out);
    prepare_mean(pool, scale_of(in), scale_of(out));
}

/* Strides of one operand over the output's rows, columns, channels: 0 where it is broadcast. */
static void strides(const GraphTensor *t, ptrdiff_t *row, ptrdiff_t *col, ptrdiff_t *chan)
{
    int d[4];
    graph_dims4(t, d);
    *chan = d[3] > 1 ? 1 : 0;
    *col = d[2] > 1 ? d[3] : 0;
    *row = d[1] > 1 ? (ptrdiff_t)d[2] * d[3] : 0;
}

static void fill_binary(ArgsContext *ctx, const GraphOp *op, NnArgs *args)
{
    static const NnOp ops[] = {[GRAPH_ADD] = NN_OP_ADD,
                               [GRAPH_SUB] = NN_OP_SUB,
                               [GRAPH_MUL] = NN_OP_MUL,
                               [GRAPH_DIV] = NN_OP_DIV};
    const GraphTensor *a = in_tensor(ctx, op, 0), *b = in_tensor(ctx, op, 1);
    const GraphTensor *out = out_tensor(ctx, op);
    NnBinary *bin = &args->binary;
    int d[4];
    graph_dims4(out, d);
    args->op = ops[op->kind];
    bin->rows = d[1];
    bin->cols = d[2];
    bin->channels = d[3];
    strides(a, &bin->a_row, &bin->a_col, &bin->a_chan);
    strides(b, &bin->b_row, &bin->b_col, &bin->b_chan);
    float_range(op->act, &bin->f_min, &bin->f_max);
    if (args->type != NN_KERNEL_S8)
        return;
    bin->a_zero = zero_of(a);
    bin->b_zero = zero_of(b);
    bin->out_zero = zero_of(out);
    if (op->kind == GRAPH_MUL)
        prepare_mul(bin, scale_of(a), scale_of(b), scale_of(out));
    else
        prepare_add(bin, scale_of(a), scale_of(b), scale_of(out));
    int_range(op->act, out, &bin->act_min, &bin->act_max);
}

static GraphAct act_of(GraphKind kind)
{
    return kind == GRAPH_RELU    ? GRAPH_ACT_RELU
           : kind == GRAPH_RELU6 ? GRAPH_ACT_RELU6
                                 : GRAPH_ACT_RELU_N1_TO_1;
}

/* From 8 bits to 8 bits every function is a table. */
static void fill_lut(ArgsContext *ctx, const GraphOp *op, NnUnary *un)
{
    PrepareQuant in = quant_of(in_tensor(ctx, op, 0)), out = quant_of(out_tensor(ctx, op));
    uint8_t *lut = keep(ctx, 256);
    float f_min, f_max;
    switch (op->kind) {
    case GRAPH_QUANTIZE:
        prepare_lut_requantize(in, out, lut);
        break;
    case GRAPH_HARD_SWISH:
        prepare_lut_hard_swish(in, out, lut);
        break;
    case GRAPH_LOGISTIC:
        prepare_lut_logistic(in, out, lut);
        break;
    default:
        float_range(act_of(op->kind), &f_min, &f_max);
        prepare_lut_clamp(in, out, f_min, f_max, lut);
        break;
    }
    un->lut = lut;
}

static void fill_unary(ArgsContext *ctx, const GraphOp *op, NnArgs *args)
{
    const GraphTensor *in = in_tensor(ctx, op, 0), *out = out_tensor(ctx, op);
    NnUnary *un = &args->unary;
    int d[4];
    graph_dims4(out, d);
    un->rows = d[1];
    un->n = d[2] * d[3];
    if (in->type == NN_F16 || out->type == NN_F16) {
        float_range(act_of(op->kind), &un->f_min, &un->f_max);
        args->op = in->type != out->type          ? NN_OP_CONVERT
                   : op->kind == GRAPH_HARD_SWISH ? NN_OP_HARD_SWISH
                                                  : NN_OP_CLAMP;
        return;
    }
    if (in->type != NN_F32 && out->type != NN_F32) {
        args->op = NN_OP_LUT;
        fill_lut(ctx, op, un);
        return;
    }
    const GraphTensor *quantised = op->kind == GRAPH_QUANTIZE ? out : in;
    un->scale = scale_of(quantised);
    un->zero = zero_of(quantised);
    switch (op->kind) {
    case GRAPH_QUANTIZE:
        args->op = NN_OP_QUANTIZE;
        break;
    case GRAPH_DEQUANTIZE:
        args->op = NN_OP_DEQUANTIZE;
        break;
    case GRAPH_HARD_SWISH:
        args->op = NN_OP_HARD_SWISH;
        break;
    case GRAPH_LOGISTIC:
        args->op = NN_OP_LOGISTIC;
        break;
    default:
        args->op = NN_OP_CLAMP;
        float_range(act_of(op->kind), &un->f_min, &un->f_max);
        break;
    }
}

static void fill_rowwise(ArgsContext *ctx, const GraphOp *op, NnArgs *args)
{
    const GraphTensor *in = in_tensor(ctx, op, 0), *out = out_tensor(ctx, op);
    NnRowwise *row = &args->rowwise;
    int d[4];
    graph_dims4(out, d);
    args->op = op->kind == GRAPH_SOFTMAX ? NN_OP_SOFTMAX : NN_OP_L2NORM;
    row->rows = d[1] * d[2];
    row->n = d[3];
    row->beta = op->beta;
    if (args->type != NN_KERNEL_S8)
        return;
    row->in_zero = zero_of(in);
    row->out_zero = zero_of(out);
    row->was_u8 = op->u8_origin;
    if (op->kind == GRAPH_SOFTMAX)
        prepare_softmax(row, scale_of(in));
}

static void fill_pad(ArgsContext *ctx, const GraphOp *op, NnArgs *args)
{
    const GraphTensor *in = in_tensor(ctx, op, 0), *out = out_tensor(ctx, op);
    NnMove *move = &args->move;
    int i[4], o[4];
    graph_dims4(in, i);
    graph_dims4(out, o);
    args->op = NN_OP_PAD;
    *move = (NnMove){.in_h = i[1],
                     .in_w = i[2],
                     .in_c = i[3],
                     .out_h = o[1],
                     .out_w = o[2],
                     .out_c = o[3],
                     .t = op->pad_before[1],
                     .l = op->pad_before[2],
                     .c = op->pad_before[3],
                     .elem = (int)graph_type_size(in->type),
                     .value = (int)op->pad_value,
                     .f_value = op->pad_value};
}

static size_t bytes_from(const int dims[4], int axis, const GraphTensor *t)
{
    size_t bytes = graph_type_size(t->type);
    for (int i = axis; i < 4; i++)
        bytes *= (size_t)dims[i];
    return bytes;
}

static void fill_copy(ArgsContext *ctx, const GraphOp *op, int part, NnArgs *args)
{
    const GraphTensor *out = out_tensor(ctx, op);
    NnMove *move = &args->move;
    int d[4];
    graph_dims4(out, d);
    args->op = NN_OP_COPY;
    move->elem = (int)graph_type_size(out->type);
    move->rows = 1;
    for (int i = 0; i < op->axis; i++)
        move->rows *= d[i];
    move->out_row = bytes_from(d, op->axis, out);
    for (int i = 0; i <= part; i++) {
        graph_dims4(in_tensor(ctx, op, i), d);
        move->in_row = bytes_from(d, op->axis, out);
        if (i < part)
            move->at += move->in_row;
    }
}

/* ---- what plan.c asks --------------------------------------------------------------------- */

int args_steps(const GraphOp *op)
{
    return op->kind == GRAPH_CONCATENATION ? op->n_in : 1;
}

int args_input(const GraphOp *op, int part, int j)
{
    switch (op->kind) {
    case GRAPH_CONCATENATION:
        return j == 0 ? op->in[part] : -1;
    case GRAPH_ADD:
    case GRAPH_SUB:
    case GRAPH_MUL:
    case GRAPH_DIV:
        return op->in[j];
    default:
        return j == 0 ? op->in[0] : -1;
    }
}

uint64_t args_macs(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    uint64_t each = (uint64_t)w->out_h * (uint64_t)w->out_w * (uint64_t)w->out_c *
                    (uint64_t)w->k_h * (uint64_t)w->k_w;
    if (args->op == NN_OP_DWCONV)
        return each;
    return args->op == NN_OP_CONV ? each * (uint64_t)w->in_c : 0;
}

bool args_flatten(NnArgs *args)
{
    NnWindow *w = &args->conv.win;
    if (args->op != NN_OP_CONV || w->k_h != 1 || w->k_w != 1 || w->stride_h != 1 ||
        w->stride_w != 1 || w->pad_t || w->pad_l || w->in_h != w->out_h || w->in_w != w->out_w)
        return false;
    w->in_h = w->out_h = w->in_h * w->in_w;
    w->in_w = w->out_w = 1;
    return true;
}

static NnKernelType type_of(const GraphTensor *t)
{
    return t->type == NN_F32 ? NN_KERNEL_F32 : t->type == NN_F16 ? NN_KERNEL_F16 : NN_KERNEL_S8;
}

void args_fill(ArgsContext *ctx, const GraphOp *op, int part, NnArgs *args)
{
    memset(args, 0, sizeof *args);
    args->type = type_of(in_tensor(ctx, op, part));
    switch (op->kind) {
    case GRAPH_CONV:
    case GRAPH_DWCONV:
        fill_conv(ctx, op, args);
        break;
    case GRAPH_AVERAGE_POOL:
    case GRAPH_MAX_POOL:
    case GRAPH_MEAN:
        fill_pool(ctx, op, args);
        break;
    case GRAPH_ADD:
    case GRAPH_SUB:
    case GRAPH_MUL:
    case GRAPH_DIV:
        fill_binary(ctx, op, args);
        break;
    case GRAPH_SOFTMAX:
    case GRAPH_L2_NORMALIZATION:
        fill_rowwise(ctx, op, args);
        break;
    case GRAPH_PAD:
        fill_pad(ctx, op, args);
        break;
    case GRAPH_CONCATENATION:
        fill_copy(ctx, op, part, args);
        break;
    default:
        fill_unary(ctx, op, args);
        break;
    }
}
