/* SPDX-License-Identifier: MIT */
/* unary_fp16.c - CLAMP and HARD_SWISH in half precision, and the ways in and out: CONVERT. */
#include "real_fp16.h"

#include "../real/unary.h"

static void narrow_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const ptrdiff_t n = (ptrdiff_t)(y1 - y0) * u->n;
    const float *in = (const float *)b->in[0] + (ptrdiff_t)y0 * u->n;
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * u->n;

    for (ptrdiff_t i = 0; i < n; i += LANES)
        vec_store_first(out + i, total_round(total_load(in + i)), n - i);
}

static void widen_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const ptrdiff_t n = (ptrdiff_t)(y1 - y0) * u->n;
    const Real *in = (const Real *)b->in[0] + (ptrdiff_t)y0 * u->n;
    float *out = (float *)b->out + (ptrdiff_t)y0 * u->n;

    for (ptrdiff_t i = 0; i < n; i += LANES) {
        float last[LANES];
        const Total wide = total_add(total_zero(), vec_load(in + i));
        if (n - i >= LANES) {
            total_store(out + i, wide);
            continue;
        }
        total_store(last, wide);
        memcpy(out + i, last, sizeof(float) * (size_t)(n - i));
    }
}

NN_KERNEL(clamp_f16_fp16) = {
    .name = "clamp_f16_fp16",
    .op = NN_OP_CLAMP,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .run = clamp_run,
};

NN_KERNEL(hard_swish_f16_fp16) = {
    .name = "hard_swish_f16_fp16",
    .op = NN_OP_HARD_SWISH,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .run = hard_swish_run,
};

NN_KERNEL(convert_f32_fp16) = {
    .name = "convert_f32_fp16",
    .op = NN_OP_CONVERT,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_FP16,
    .run = narrow_run,
};

NN_KERNEL(convert_f16_fp16) = {
    .name = "convert_f16_fp16",
    .op = NN_OP_CONVERT,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .run = widen_run,
};
