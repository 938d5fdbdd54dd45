/* SPDX-License-Identifier: MIT */
/* unary_neon.c - CLAMP, HARD_SWISH, LOGISTIC and QUANTIZE of float32. CLAMP and QUANTIZE equal the
 * references; HARD_SWISH is within 2 units in the last place of x * relu6(x + 3), LOGISTIC within
 * 4 of the result. */
#include "real_neon.h"
#include "vec_neon.h"

#include "../real/unary.h"

/* e = e^-|x| cannot overflow: 1 / (1 + e) for x >= 0, else e / (1 + e). */
NN_INLINE float32x4_t logistic(const NnUnary *u, float32x4_t x)
{
    (void)u;
    const float32x4_t one = vdupq_n_f32(1), e = vec_exp(vnegq_f32(vabsq_f32(x)));
    const uint32x4_t negative = vcltq_f32(x, vdupq_n_f32(0));
    return vdivq_f32(vbslq_f32(negative, e, one), vaddq_f32(one, e));
}

static void logistic_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, logistic);
}

/* Clamping first changes nothing, the bounds being whole, and keeps the conversion in range. */
NN_INLINE int16x4_t quantize(const NnUnary *u, const float *in)
{
    const float32x4_t lo = vdupq_n_f32((float)(-128 - u->zero));
    const float32x4_t hi = vdupq_n_f32((float)(127 - u->zero));
    const float32x4_t q = vdivq_f32(vld1q_f32(in), vdupq_n_f32(u->scale));
    const int32x4_t whole = vcvtaq_s32_f32(vminq_f32(vmaxq_f32(q, lo), hi));
    return vmovn_s32(vaddq_s32(whole, vdupq_n_s32(u->zero)));
}

static void quantize_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const ptrdiff_t n = (ptrdiff_t)(y1 - y0) * u->n;
    const float *in = (const float *)b->in[0] + (ptrdiff_t)y0 * u->n;
    int8_t *out = (int8_t *)b->out + (ptrdiff_t)y0 * u->n;

    for (ptrdiff_t i = 0; i < n; i += 8) {
        int8_t last[8];
        const int8x8_t q = vmovn_s16(vcombine_s16(quantize(u, in + i), quantize(u, in + i + 4)));
        if (n - i >= 8) {
            vst1_s8(out + i, q);
            continue;
        }
        vst1_s8(last, q);
        memcpy(out + i, last, (size_t)(n - i));
    }
}

NN_KERNEL(clamp_f32_neon) = {
    .name = "clamp_f32_neon",
    .op = NN_OP_CLAMP,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = clamp_run,
};

NN_KERNEL(hard_swish_f32_neon) = {
    .name = "hard_swish_f32_neon",
    .op = NN_OP_HARD_SWISH,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = hard_swish_run,
};

NN_KERNEL(logistic_f32_neon) = {
    .name = "logistic_f32_neon",
    .op = NN_OP_LOGISTIC,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = logistic_run,
};

NN_KERNEL(quantize_f32_neon) = {
    .name = "quantize_f32_neon",
    .op = NN_OP_QUANTIZE,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = quantize_run,
};
