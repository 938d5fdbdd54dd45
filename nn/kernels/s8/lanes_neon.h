/* SPDX-License-Identifier: MIT */
/* lanes_neon.h - what the int8 kernels beside the convolutions do with 16 values at a time: scale
 * them as quant.h does, narrow and clamp, store the first few. */
#ifndef NN_S8_LANES_NEON_H
#define NN_S8_LANES_NEON_H

#include "simd.h"

#include <string.h>

/* x / 2^s to nearest, ties away from zero; s 1...31. SRSHL rounds ties up, which is the same after
 * taking 1 from negative values. */
#define LANES_SHIFT_RIGHT(x, s) vrshrq_n_s32(vsraq_n_s32((x), (x), 31), (s))

/* Multiplication by mult * 2^(shift - 31) with shift <= 0. */
typedef struct {
    int32x4_t mult, shift;
    int32x4_t fix; /* -1, or 0 where nothing is shifted and so nothing rounded */
} LanesScale;

NN_INLINE LanesScale lanes_scale_init(int32_t mult, int shift)
{
    return (LanesScale){vdupq_n_s32(mult), vdupq_n_s32(shift), vdupq_n_s32(shift ? -1 : 0)};
}

NN_INLINE int32x4_t lanes_scale(int32x4_t x, const LanesScale *s)
{
    x = vqrdmulhq_s32(x, s->mult);
    x = vaddq_s32(x, vandq_s32(vshrq_n_s32(x, 31), s->fix));
    return vrshlq_s32(x, s->shift);
}

/* The last step: + zero, clamped. */
typedef struct {
    int16x8_t zero;
    int8x16_t act_min, act_max;
} LanesRange;

static inline LanesRange lanes_range_init(int zero, int act_min, int act_max)
{
    return (LanesRange){vdupq_n_s16((int16_t)zero), vdupq_n_s8((int8_t)act_min),
                        vdupq_n_s8((int8_t)act_max)};
}

NN_INLINE int8x16_t lanes_clamp(int8x16_t x, const LanesRange *r)
{
    return vminq_s8(vmaxq_s8(x, r->act_min), r->act_max);
}

/* Saturating on the way does not show after the clamp. */
NN_INLINE int8x16_t lanes_narrow(const int32x4_t x[4], const LanesRange *r)
{
    int16x8_t low = vcombine_s16(vqmovn_s32(x[0]), vqmovn_s32(x[1]));
    int16x8_t high = vcombine_s16(vqmovn_s32(x[2]), vqmovn_s32(x[3]));
    low = vqaddq_s16(low, r->zero);
    high = vqaddq_s16(high, r->zero);
    return lanes_clamp(vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)), r);
}

/* Stores the first n of 16 values. */
NN_INLINE void lanes_store(int8_t *out, int8x16_t x, int n)
{
    if (n >= 16) {
        vst1q_s8(out, x);
    } else {
        int8_t all[16];
        vst1q_s8(all, x);
        memcpy(out, all, (size_t)n);
    }
}

/* x - zero of 16 values, 8 and 8. */
NN_INLINE void lanes_minus_zero(int8x16_t x, int16x8_t zero, int16x8_t out[2])
{
    out[0] = vsubq_s16(vmovl_s8(vget_low_s8(x)), zero);
    out[1] = vsubq_s16(vmovl_s8(vget_high_s8(x)), zero);
}

#endif
