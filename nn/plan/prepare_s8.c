/* SPDX-License-Identifier: MIT */
/* prepare_s8.c - multipliers, ranges and tables of int8 operators from scales and zero points. */
#include "prepare_s8.h"
#include "quant.h"

#include <math.h>

void prepare_multiplier(double real, int32_t *mult, int32_t *shift)
{
    int exponent;
    double fraction = frexp(real, &exponent);
    int64_t fixed = (int64_t)round(fraction * (double)((int64_t)1 << 31));
    if (fixed == (int64_t)1 << 31) {
        fixed /= 2;
        exponent++;
    }
    if (exponent < -31) {
        fixed = 0;
        exponent = 0;
    }
    if (exponent > 30) {
        fixed = INT32_MAX;
        exponent = 30;
    }
    *mult = (int32_t)fixed;
    *shift = exponent;
}

/* The quantised f; ends of the range stand for everything beyond. */
static int bound(float f, float scale, int zero, int lo, int hi)
{
    float q = (float)zero + roundf(f / scale);
    return q <= (float)lo ? lo : q >= (float)hi ? hi : (int)q;
}

void prepare_act(float f_min, float f_max, float out_scale, int out_zero, int *act_min,
                 int *act_max)
{
    *act_min = bound(f_min, out_scale, out_zero, -128, 127);
    *act_max = bound(f_max, out_scale, out_zero, -128, 127);
}

void prepare_conv(float in_scale, const float *w_scales, int n_w_scales, float out_scale,
                  bool float_product, int out_c, int32_t *mult, int32_t *shift)
{
    for (int i = 0; i < out_c; i++) {
        float w_scale = w_scales[n_w_scales > 1 ? i : 0];
        double product =
            float_product ? (double)(in_scale * w_scale) : (double)in_scale * (double)w_scale;
        prepare_multiplier(product / (double)out_scale, &mult[i], &shift[i]);
    }
}

void prepare_add(NnBinary *b, float a_scale, float b_scale, float out_scale)
{
    double twice_max = 2.0 * (double)(a_scale > b_scale ? a_scale : b_scale);
    prepare_multiplier((double)a_scale / twice_max, &b->a_mult, &b->a_shift);
    prepare_multiplier((double)b_scale / twice_max, &b->b_mult, &b->b_shift);
    prepare_multiplier(twice_max / (double)(out_scale * (1 << 20)), &b->out_mult, &b->out_shift);
}

void prepare_mul(NnBinary *b, float a_scale, float b_scale, float out_scale)
{
    float real = a_scale * b_scale / out_scale;
    prepare_multiplier((double)real, &b->out_mult, &b->out_shift);
}

static int floor_log2(int n)
{
    int log = 0;
    while (n >>= 1)
        log++;
    return log;
}

void prepare_mean(NnPool *p, float in_scale, float out_scale)
{
    int n = p->win.in_h * p->win.in_w;
    prepare_multiplier((double)in_scale / (double)out_scale, &p->mult, &p->shift);
    /* mult / n with as many bits as fit; the quotient is cut, not rounded, as in the reference. */
    int bits = floor_log2(n);
    bits = bits < 31 + p->shift ? bits : 31 + p->shift;
    p->mult = (int32_t)(((int64_t)p->mult << bits) / n);
    p->shift -= bits;
}

/* Differences from the maximum are scaled to 5 integer and 26 fraction bits. */
#define SOFTMAX_INTEGER_BITS 5

void prepare_softmax(NnRowwise *r, float in_scale)
{
    double one = (double)(1 << (31 - SOFTMAX_INTEGER_BITS));
    double real = fmin((double)r->beta * (double)in_scale * one, (double)INT32_MAX);
    prepare_multiplier(fmax(real, 1.0), &r->mult, &r->shift);
    double most = (double)((1 << SOFTMAX_INTEGER_BITS) - 1) * one / exp2((double)r->shift);
    r->diff_min = most > (double)INT32_MAX ? -INT32_MAX : -(int32_t)floor(most);
}

/* ---- tables ------------------------------------------------------------------------------- */

static int value_of(uint8_t byte, PrepareQuant q)
{
    return q.u8 || byte < 128 ? byte : byte - 256;
}

static uint8_t byte_of(int32_t value, PrepareQuant q)
{
    return (uint8_t)(q.u8 ? quant_clamp(value, 0, 255) : quant_clamp(value, -128, 127));
}

static int16_t saturate16(int32_t x)
{
    return (int16_t)quant_clamp(x, INT16_MIN, INT16_MAX);
}

/* a * b / 2^15, to nearest, as quant_mul_high. b > 0. */
static int16_t mul_high16(int16_t a, int16_t b)
{
    int32_t ab = (int32_t)a * b;
    int32_t nudge = ab >= 0 ? 1 << 14 : 1 - (1 << 14);
    return (int16_t)((ab + nudge) / (1 << 15));
}

/* A multiplier with 15 bits; the exponent as in prepare_multiplier. */
static int16_t multiplier16(float real, int *exponent)
{
    int32_t mult, shift;
    prepare_multiplier((double)real, &mult, &shift);
    *exponent = shift;
    return mult >= INT32_MAX - (1 << 15) ? INT16_MAX : (int16_t)((mult + (1 << 15)) >> 16);
}

/* min(max(x + 3, 0), 6) / 6 as a fraction of 2^15, from x in 1/128 of the input's steps. The
 * reference shifts left in two parts around the multiplication so as not to lose bits. */
static int16_t reluish(int16_t x, int16_t mult, int exponent)
{
    if (exponent > 1)
        x = saturate16(x * (1 << (exponent < 16 ? exponent - 1 : 15)));
    x = mul_high16(x, mult);
    if (exponent > 0)
        x = saturate16(x * 2);
    if (exponent < 0)
        x = (int16_t)quant_shift_right(x, -exponent);
    return (int16_t)((x + (1 << 15)) >> 1);
}

void prepare_lut_hard_swish(PrepareQuant in, PrepareQuant out, uint8_t lut[256])
{
    float fine_scale = (1.0f / 128.0f) * in.scale;
    int out_exponent, reluish_exponent;
    int16_t out_mult = multiplier16(fine_scale / out.scale, &out_exponent);
    int16_t reluish_mult = multiplier16(fine_scale / (3.0f / 32768.0f), &reluish_exponent);
    for (int i = 0; i < 256; i++) {
        int16_t x = saturate16((value_of((uint8_t)i, in) - in.zero) * 128);
        int16_t scaled = mul_high16(x, out_mult);
        int32_t product = (int32_t)reluish(x, reluish_mult, reluish_exponent) * scaled / (1 << 15);
        int32_t y = quant_shift_right(product, out_exponent < 0 ? -out_exponent : 0);
        lut[i] = byte_of(y + out.zero, out);
    }
}

void prepare_lut_logistic(PrepareQuant in, PrepareQuant out, uint8_t lut[256])
{
    float inverse = 1.0f / out.scale;
    for (int i = 0; i < 256; i++) {
        float x = in.scale * (float)(value_of((uint8_t)i, in) - in.zero);
        float y = 1.0f / (1.0f + expf(-x));
        lut[i] = byte_of((int32_t)(roundf(y * inverse) + (float)out.zero), out);
    }
}

void prepare_lut_clamp(PrepareQuant in, PrepareQuant out, float f_min, float f_max,
                       uint8_t lut[256])
{
    int lo = bound(f_min, out.scale, out.zero, out.u8 ? 0 : -128, out.u8 ? 255 : 127);
    int hi = bound(f_max, out.scale, out.zero, out.u8 ? 0 : -128, out.u8 ? 255 : 127);
    int32_t mult, shift;
    prepare_multiplier((double)(in.scale / out.scale), &mult, &shift);
    for (int i = 0; i < 256; i++) {
        int32_t y = quant_scale(value_of((uint8_t)i, in) - in.zero, mult, shift);
        lut[i] = (uint8_t)quant_clamp(y + out.zero, lo, hi);
    }
}

void prepare_lut_requantize(PrepareQuant in, PrepareQuant out, uint8_t lut[256])
{
    int32_t mult, shift;
    prepare_multiplier((double)in.scale / (double)out.scale, &mult, &shift);
    for (int i = 0; i < 256; i++) {
        int32_t y = quant_scale(value_of((uint8_t)i, in) - in.zero, mult, shift);
        lut[i] = byte_of(y + out.zero, out);
    }
}
