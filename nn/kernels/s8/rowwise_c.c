/* SPDX-License-Identifier: MIT */
/* rowwise_c.c - int8 softmax and L2 normalisation, the references. */
#include "kernel.h"
#include "fixedpoint.h"

/* exp of a difference from the row's maximum, in Q0. */
static int32_t term(const NnRowwise *r, int32_t diff)
{
    return fixed_exp_q5(quant_mul_high((int32_t)((uint32_t)diff << r->shift), r->mult));
}

static void softmax_row(const NnRowwise *r, const int8_t *in, int8_t *out)
{
    int32_t most = INT8_MIN;
    for (int i = 0; i < r->n; i++)
        most = in[i] > most ? in[i] : most;
    uint32_t sum = 0; /* Q12 */
    for (int i = 0; i < r->n; i++)
        if (in[i] - most >= r->diff_min)
            sum += (uint32_t)quant_shift_right(term(r, in[i] - most), 12);
    int bits;
    int32_t inverse = fixed_reciprocal_q12(sum, &bits);
    for (int i = 0; i < r->n; i++) {
        int32_t y = 0;
        if (in[i] - most >= r->diff_min)
            y = fixed_softmax_shift(quant_mul_high(inverse, term(r, in[i] - most)), bits + 31 - 8);
        out[i] = (int8_t)quant_clamp(y + r->out_zero, INT8_MIN, INT8_MAX);
    }
}

static void softmax_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnRowwise *r = &args->rowwise;
    for (int y = y0; y < y1; y++)
        softmax_row(r, (const int8_t *)b->in[0] + (ptrdiff_t)y * r->n,
                    (int8_t *)b->out + (ptrdiff_t)y * r->n);
}

/* 128 * x / |row|. The uint8 kernel multiplies by 128 before it rounds, the int8 one after. */
static void l2norm_row(const NnRowwise *r, const int8_t *in, int8_t *out)
{
    int32_t squares = 0;
    for (int i = 0; i < r->n; i++)
        squares += (in[i] - r->in_zero) * (in[i] - r->in_zero);
    int32_t mult;
    int shift;
    fixed_inverse_sqrt(squares, &mult, &shift);
    for (int i = 0; i < r->n; i++) {
        int32_t x = in[i] - r->in_zero;
        int32_t y = r->was_u8 ? quant_scale(128 * x, mult, shift) : quant_scale(x, mult, shift + 7);
        out[i] = (int8_t)quant_clamp(y, INT8_MIN, INT8_MAX);
    }
}

static void l2norm_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnRowwise *r = &args->rowwise;
    for (int y = y0; y < y1; y++)
        l2norm_row(r, (const int8_t *)b->in[0] + (ptrdiff_t)y * r->n,
                   (int8_t *)b->out + (ptrdiff_t)y * r->n);
}

NN_KERNEL(softmax_s8_c) = {
    .name = "softmax_s8_c",
    .op = NN_OP_SOFTMAX,
    .type = NN_KERNEL_S8,
    .run = softmax_run,
};

NN_KERNEL(l2norm_s8_c) = {
    .name = "l2norm_s8_c",
    .op = NN_OP_L2NORM,
    .type = NN_KERNEL_S8,
    .run = l2norm_run,
};
