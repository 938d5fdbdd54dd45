/* SPDX-License-Identifier: MIT */
/* real_fp16.h - half precision with the FP16 instructions for the kernels of ../real: a number, a
 * vector, what is done with them. f32/real_neon.h is the same for float32. */
#ifndef NN_F16_REAL_FP16_H
#define NN_F16_REAL_FP16_H

#include "cpuflags.h"
#include "kernel.h"
#include "simd.h"

#include <string.h>

#define REAL_TYPE   NN_KERNEL_F16
#define REAL_CPU    NN_CPU_FP16
#define LANES       8
#define REAL_LOWEST (-65504)

#define REAL_BLOCK NN_HALF_BLOCK

typedef float16_t Real;
typedef float16x8_t Vec;
typedef float16x8x4_t Vec4;

#define vec_load4(p)           vld1q_f16_x4(p)
#define vec_set(x)             vdupq_n_f16((float16_t)(x))
#define vec_add(a, b)          vaddq_f16(a, b)
#define vec_sub(a, b)          vsubq_f16(a, b)
#define vec_mul(a, b)          vmulq_f16(a, b)
#define vec_div(a, b)          vdivq_f16(a, b)
#define vec_min(a, b)          vminq_f16(a, b)
#define vec_max(a, b)          vmaxq_f16(a, b)
#define vec_fma(sum, a, b)     vfmaq_f16(sum, a, b)
#define vec_fma_one(sum, a, x) vfmaq_n_f16(sum, a, x)

/* sum + a * x[lane]. In gcc the intrinsic is a copy of the lane to all of a register and a product
 * with that; used more than once the copy stays, and takes the register of a sum. */
#define vec_fma_lane(sum, a, x, lane)                                                              \
    ({                                                                                             \
        Vec fma_sum = (sum);                                                                       \
        __asm__("fmla %0.8h, %1.8h, %2.h[" #lane "]" : "+w"(fma_sum) : "w"(a), "x"(x));            \
        fma_sum;                                                                                   \
    })

/* All ones or all zeros in each lane. */
typedef uint16x8_t Mask;
#define mask_set(on)     vdupq_n_u16((on) ? 0xffff : 0)
#define vec_and(a, mask) vreinterpretq_f16_u16(vandq_u16(vreinterpretq_u16_f16(a), mask))

/* Sums over many cells, of a precision that bears it. */
typedef struct {
    float32x4_t low, high;
} Total;

NN_INLINE Total total_zero(void)
{
    return (Total){vdupq_n_f32(0), vdupq_n_f32(0)};
}

NN_INLINE Total total_add(Total total, Vec a)
{
    return (Total){vaddq_f32(total.low, vcvt_f32_f16(vget_low_f16(a))),
                   vaddq_f32(total.high, vcvt_high_f32_f16(a))};
}

NN_INLINE Vec total_round(Total total)
{
    return vcvt_high_f16_f32(vcvt_f16_f32(total.low), total.high);
}

NN_INLINE Total total_load(const float *p)
{
    return (Total){vld1q_f32(p), vld1q_f32(p + 4)};
}

NN_INLINE void total_store(float *p, Total total)
{
    vst1q_f32(p, total.low);
    vst1q_f32(p + 4, total.high);
}

NN_INLINE Vec total_over(Total total, float n)
{
    const float32x4_t by = vdupq_n_f32(n);
    return total_round((Total){vdivq_f32(total.low, by), vdivq_f32(total.high, by)});
}

NN_INLINE Vec vec_load(const Real *p)
{
    return vld1q_f16(p);
}

NN_INLINE void vec_store(Real *p, Vec v)
{
    vst1q_f16(p, v);
}

/* n numbers of a model file, float32 of any alignment. */
static inline void real_read(Real *to, const void *file, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x;
        memcpy(&x, (const char *)file + i * sizeof x, sizeof x);
        to[i] = (Real)x;
    }
}

#include "../real/ends.h"

#endif
