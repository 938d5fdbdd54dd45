/* SPDX-License-Identifier: MIT */
/* unary_c.c - int8 table look-up and int8 to float, the references. */
#include "kernel.h"

static void lut_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const uint8_t *in = b->in[0];
    uint8_t *out = b->out;
    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++)
        out[i] = u->lut[in[i]];
}

static void dequantize_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const int8_t *in = b->in[0];
    float *out = b->out;
    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++)
        out[i] = u->scale * (float)(in[i] - u->zero);
}

NN_KERNEL(lut_s8_c) = {
    .name = "lut_s8_c",
    .op = NN_OP_LUT,
    .type = NN_KERNEL_S8,
    .run = lut_run,
};

NN_KERNEL(dequantize_s8_c) = {
    .name = "dequantize_s8_c",
    .op = NN_OP_DEQUANTIZE,
    .type = NN_KERNEL_S8,
    .run = dequantize_run,
};
