/* SPDX-License-Identifier: MIT */
/* rowwise_neon.c - SOFTMAX of float32: within n + 8 rounding errors of its largest value, from the
 * order of the sum and the exponential. */
#include "vec_neon.h"

#include <math.h>

static float find_largest(const float *in, int n)
{
    float32x4_t most = vdupq_n_f32(-INFINITY);
    for (int i = 0; i < n; i += 4)
        most = vmaxq_f32(most, vec_load_filled(in + i, n - i, -INFINITY));
    return vmaxvq_f32(most);
}

/* Writes the exponentials and returns their sum. */
static float exponentials(const float *in, float *out, int n, float largest, float beta)
{
    const float32x4_t most = vdupq_n_f32(largest);
    float32x4_t sum = vdupq_n_f32(0);
    for (int i = 0; i < n; i += 4) {
        const float32x4_t x = vec_load_filled(in + i, n - i, -INFINITY);
        const float32x4_t e = vec_exp(vmulq_n_f32(vsubq_f32(x, most), beta));
        sum = vaddq_f32(sum, e);
        vec_store_first(out + i, e, n - i);
    }
    return vaddvq_f32(sum);
}

static void softmax_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnRowwise *r = &args->rowwise;

    for (int y = y0; y < y1; y++) {
        const float *in = (const float *)b->in[0] + (ptrdiff_t)y * r->n;
        float *out = (float *)b->out + (ptrdiff_t)y * r->n;
        const float sum = exponentials(in, out, r->n, find_largest(in, r->n), r->beta);
        for (int i = 0; i < r->n; i += 4)
            vec_store_first(out + i, vdivq_f32(vld1q_f32(out + i), vdupq_n_f32(sum)), r->n - i);
    }
}

NN_KERNEL(softmax_f32_neon) = {
    .name = "softmax_f32_neon",
    .op = NN_OP_SOFTMAX,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = softmax_run,
};
