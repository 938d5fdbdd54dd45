/* SPDX-License-Identifier: MIT */
/* unary_c.c - the references of the functions of one number in half precision, and of CONVERT. */
#include "real_c.h"

#include "../real/unary_ref.h"

static void narrow_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const float *in = b->in[0];
    Real *out = b->out;

    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++)
        out[i] = real_put(in[i]);
}

static void widen_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const Real *in = b->in[0];
    float *out = b->out;

    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++)
        out[i] = real_get(in[i]);
}

NN_KERNEL(clamp_f16_c) = {
    .name = "clamp_f16_c",
    .op = NN_OP_CLAMP,
    .type = NN_KERNEL_F16,
    .run = clamp_run,
};

NN_KERNEL(hard_swish_f16_c) = {
    .name = "hard_swish_f16_c",
    .op = NN_OP_HARD_SWISH,
    .type = NN_KERNEL_F16,
    .run = hard_swish_run,
};

NN_KERNEL(convert_f32_c) = {
    .name = "convert_f32_c",
    .op = NN_OP_CONVERT,
    .type = NN_KERNEL_F32,
    .run = narrow_run,
};

NN_KERNEL(convert_f16_c) = {
    .name = "convert_f16_c",
    .op = NN_OP_CONVERT,
    .type = NN_KERNEL_F16,
    .run = widen_run,
};
