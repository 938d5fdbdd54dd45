/* SPDX-License-Identifier: MIT */
/* vec_neon.h - what the element-wise float kernels need besides: loads at the end, and the
 * exponential. */
#ifndef NN_F32_VEC_NEON_H
#define NN_F32_VEC_NEON_H

#include "real_neon.h"

/* n values, 1...4, the rest is fill. */
NN_INLINE float32x4_t vec_load_filled(const float *from, ptrdiff_t n, float fill)
{
    float all[4] = {fill, fill, fill, fill};
    if (n >= 4)
        return vld1q_f32(from);
    memcpy(all, from, sizeof(float) * (size_t)n);
    return vld1q_f32(all);
}

/* e^x for x <= 88, within 2 units in the last place; 0 below -87.
 * x = n ln 2 + r with |r| <= ln 2 / 2; e^r is a polynomial of degree 7 (Cephes), 2^n an addition to
 * the exponent. Adding 1.5 * 2^23 rounds to n and leaves it in the lowest bits. */
NN_INLINE float32x4_t vec_exp(float32x4_t x)
{
    const float32x4_t lowest = vdupq_n_f32(-87), round = vdupq_n_f32(12582912);
    const uint32x4_t in_range = vcgeq_f32(x, lowest);
    x = vmaxq_f32(x, lowest);

    const float32x4_t shifted = vfmaq_n_f32(round, x, 1.44269504f);
    const float32x4_t n = vsubq_f32(shifted, round);
    float32x4_t r = vfmaq_n_f32(x, n, -0.693359375f);
    r = vfmaq_n_f32(r, n, 2.12194440e-4f);

    float32x4_t p = vfmaq_n_f32(vdupq_n_f32(1.3981999507e-3f), r, 1.9875691500e-4f);
    p = vfmaq_f32(vdupq_n_f32(8.3334519073e-3f), p, r);
    p = vfmaq_f32(vdupq_n_f32(4.1665795894e-2f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.6666665459e-1f), p, r);
    p = vfmaq_f32(vdupq_n_f32(5.0000001201e-1f), p, r);
    p = vaddq_f32(vfmaq_f32(r, p, vmulq_f32(r, r)), vdupq_n_f32(1));

    const int32x4_t power = vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23);
    const int32x4_t bits = vaddq_s32(vreinterpretq_s32_f32(p), power);
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_s32(bits), in_range));
}

#endif
