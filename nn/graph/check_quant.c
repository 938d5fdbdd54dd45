/* SPDX-License-Identifier: MIT */
/* check_quant.c - proves that the arithmetic of an 8 bit operator stays inside 32 bits whatever
 * the picture, and that its scales are such as TensorFlow Lite takes for it. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for the output's zero point and for a first shift to the left (see quant.h). */
#define SUM_LIMIT ((double)(1 << 30))

/* A difference of two 8 bit values. */
#define SPAN 255

static bool is_near(double a, double b, double relative)
{
    return fabs(a - b) <= relative * fabs(b);
}

/* |value| * ratio must leave room. */
static bool check_ratio(Check *c, double value, double ratio)
{
    return (isfinite(ratio) && value * ratio < SUM_LIMIT) ||
           check_fail(c, NN_ERROR_UNSUPPORTED, "its scales differ too much (a factor of %g)",
                      ratio);
}

static int32_t bias_at(const GraphTensor *bias, int i)
{
    int32_t value;
    memcpy(&value, (const uint8_t *)bias->data + 4 * (size_t)i, 4);
    return GINT32_FROM_LE(value);
}

/* Sum of |w - zero| over the weights of output channel i: n of them, step apart. */
static int64_t weight_sum(const GraphTensor *w, size_t first, size_t n, size_t step)
{
    const uint8_t *bytes = (const uint8_t *)w->data + first;
    int64_t sum = 0;
    int zero = w->zero[0];
    if (w->type == NN_U8)
        for (size_t k = 0; k < n; k++)
            sum += abs(bytes[k * step] - zero);
    else
        for (size_t k = 0; k < n; k++)
            sum += abs((int8_t)bytes[k * step]);
    return sum;
}

static bool check_weight_scales(Check *c, const GraphTensor *w, int outputs, int channel_dim)
{
    if (w->n_scales == 0)
        return check_fail(c, NN_ERROR_CORRUPT, "its weights have no scale");
    if (w->n_scales > 1 && (w->axis != channel_dim || w->n_scales != outputs))
        return check_fail(c, NN_ERROR_UNSUPPORTED,
                          "weights are quantised along dimension %d instead of %d", w->axis,
                          channel_dim);
    if (w->type == NN_U8)
        return w->n_scales == 1 ||
               check_fail(c, NN_ERROR_UNSUPPORTED, "uint8 weights with a scale per channel");
    for (int i = 0; i < w->n_scales; i++)
        if (w->zero[i] != 0)
            return check_fail(c, NN_ERROR_UNSUPPORTED, "int8 weights with zero point %d",
                              w->zero[i]);
    return true;
}

/* Where a bias has a scale it must be that of the products. */
static bool check_bias_scale(Check *c, const GraphTensor *bias, double product, double out)
{
    return bias->n_scales != 1 || fabs(product - (double)bias->scale[0]) / out <= 0.02 ||
           check_fail(c, NN_ERROR_CORRUPT, "its bias has scale %g, the products have %g",
                      (double)bias->scale[0], product);
}

bool check_quant_products(Check *c, int channel_dim)
{
    const GraphTensor *in = check_in(c, 0), *w = check_in(c, 1), *out = check_out(c);
    if (!check_is_quantised(in))
        return true;
    const GraphTensor *bias = c->op->n_in > 2 && c->op->in[2] >= 0 ? check_in(c, 2) : NULL;
    int outputs = w->dims[channel_dim];
    size_t n = w->bytes / (size_t)outputs;
    if (!check_weight_scales(c, w, outputs, channel_dim))
        return false;
    if (bias && w->n_scales == 1 &&
        !check_bias_scale(c, bias, (double)(in->scale[0] * w->scale[0]), (double)out->scale[0]))
        return false;
    for (int i = 0; i < outputs; i++) {
        int64_t sum = channel_dim == 0 ? weight_sum(w, (size_t)i * n, n, 1)
                                       : weight_sum(w, (size_t)i, n, (size_t)outputs);
        sum = sum * SPAN + (bias ? llabs((long long)bias_at(bias, i)) : 0);
        if (sum > INT32_MAX)
            return check_fail(c, NN_ERROR_UNSUPPORTED,
                              "sums of output channel %d may exceed 32 bits", i);
        double scale = (double)w->scale[w->n_scales > 1 ? i : 0];
        if (!check_ratio(c, (double)sum, (double)in->scale[0] * scale / (double)out->scale[0]))
            return false;
    }
    return true;
}

bool check_quant_same(Check *c, int k)
{
    const GraphTensor *in = check_in(c, k), *out = check_out(c);
    if (!check_is_quantised(in) || in->type != out->type)
        return true;
    if (in->n_scales == 1 && in->zero[0] == out->zero[0] &&
        is_near((double)in->scale[0], (double)out->scale[0], 1e-6))
        return true;
    return check_fail(c, NN_ERROR_UNSUPPORTED, "input %d and the output have different scales", k);
}

bool check_quant_binary(Check *c)
{
    const GraphTensor *a = check_in(c, 0), *b = check_in(c, 1);
    if (!check_is_quantised(a))
        return true;
    if (b->n_scales != 1)
        return check_fail(c, NN_ERROR_CORRUPT, "its second operand has no scale of its own");
    double a_scale = (double)a->scale[0], b_scale = (double)b->scale[0];
    double out_scale = (double)check_out(c)->scale[0];
    if (c->op->kind == GRAPH_MUL)
        return check_ratio(c, SPAN * SPAN, a_scale * b_scale / out_scale);
    /* Values are taken times 2^20 and added, then brought back. */
    double ratio = 2.0 * MAX(a_scale, b_scale) / (out_scale * (1 << 20));
    return ratio < 0.999999 ||
           check_fail(c, NN_ERROR_UNSUPPORTED, "its output's scale is too small (%g)", out_scale);
}

bool check_quant_mean(Check *c, int h, int w)
{
    const GraphTensor *in = check_in(c, 0);
    if (!check_is_quantised(in))
        return true;
    double cells = (double)h * (double)w;
    if (cells * SPAN > INT32_MAX)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "sums of %dx%d cells may exceed 32 bits", h, w);
    return check_ratio(c, SPAN, (double)in->scale[0] / (double)check_out(c)->scale[0]);
}

/* The fixed output scale (to that part of it) of operators whose range is known. zero is that of an
 * int8 output. */
static bool check_fixed_output(Check *c, double scale, double relative, int zero)
{
    const GraphTensor *out = check_out(c);
    int due = out->type == NN_U8 ? zero + 128 : zero;
    return (is_near((double)out->scale[0], scale, relative) && out->zero[0] == due) ||
           check_fail(c, NN_ERROR_UNSUPPORTED,
                      "output scale %g and zero point %d; %g and %d are due", (double)out->scale[0],
                      out->zero[0], scale, due);
}

static bool check_softmax(Check *c, const GraphTensor *in)
{
    double beta = (double)c->op->beta;
    if (!isfinite(beta) || beta <= 0)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "beta of %g", beta);
    if (!check_is_quantised(in))
        return true;
    if (beta * (double)in->scale[0] * (1 << 26) <= 1.000001)
        return check_fail(c, NN_ERROR_UNSUPPORTED, "input scale %g is too small",
                          (double)in->scale[0]);
    return check_fixed_output(c, 1.0 / 256, 1e-3, -128);
}

bool check_quant_unary(Check *c)
{
    const GraphTensor *in = check_in(c, 0), *out = check_out(c);
    if (c->op->kind == GRAPH_SOFTMAX)
        return check_softmax(c, in);
    if (!check_is_quantised(in) || !check_is_quantised(out))
        return true;
    double ratio = (double)in->scale[0] / (double)out->scale[0];
    switch (c->op->kind) {
    case GRAPH_LOGISTIC:
        return check_fixed_output(c, 1.0 / 256, 0, -128);
    case GRAPH_L2_NORMALIZATION:
        return check_fixed_output(c, 1.0 / 128, 0, 0);
    case GRAPH_HARD_SWISH:
        return ratio < 128 || check_ratio(c, SUM_LIMIT, ratio);
    default:
        return check_ratio(c, SPAN, ratio);
    }
}
