/* SPDX-License-Identifier: MIT */
/* unary_c.c - the references of the functions of one float32: CLAMP, HARD_SWISH, LOGISTIC and
 * QUANTIZE. */
#include "real_c.h"

#include "../real/unary_ref.h"

#include <math.h>

static void logistic_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const float *in = b->in[0];
    float *out = b->out;

    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++)
        out[i] = 1 / (1 + expf(-in[i]));
}

/* Half away from zero, saturated; NaN becomes the zero point. */
static void quantize_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const float *in = b->in[0];
    int8_t *out = b->out;
    float lo = (float)(-128 - u->zero), hi = (float)(127 - u->zero);

    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++) {
        float q = real_clamp(roundf(in[i] / u->scale), lo, hi);
        out[i] = (int8_t)((q == q ? (int)q : 0) + u->zero);
    }
}

NN_KERNEL(clamp_f32_c) = {
    .name = "clamp_f32_c",
    .op = NN_OP_CLAMP,
    .type = NN_KERNEL_F32,
    .run = clamp_run,
};

NN_KERNEL(hard_swish_f32_c) = {
    .name = "hard_swish_f32_c",
    .op = NN_OP_HARD_SWISH,
    .type = NN_KERNEL_F32,
    .run = hard_swish_run,
};

NN_KERNEL(logistic_f32_c) = {
    .name = "logistic_f32_c",
    .op = NN_OP_LOGISTIC,
    .type = NN_KERNEL_F32,
    .run = logistic_run,
};

NN_KERNEL(quantize_f32_c) = {
    .name = "quantize_f32_c",
    .op = NN_OP_QUANTIZE,
    .type = NN_KERNEL_F32,
    .run = quantize_run,
};
