/* SPDX-License-Identifier: MIT */
/* real_neon.h - float32 with NEON for the kernels of ../real: a number, a vector, what is done with
 * them. f16/real_fp16.h is the same for half precision. */
#ifndef NN_F32_REAL_NEON_H
#define NN_F32_REAL_NEON_H

#include "cpuflags.h"
#include "kernel.h"
#include "simd.h"

#include <float.h>
#include <string.h>

#define REAL_TYPE   NN_KERNEL_F32
#define REAL_CPU    NN_CPU_NEON
#define LANES       4
#define REAL_LOWEST (-FLT_MAX)

typedef float Real;
typedef float32x4_t Vec;
typedef float32x4x4_t Vec4;

#define vec_load4(p)                  vld1q_f32_x4(p)
#define vec_set(x)                    vdupq_n_f32(x)
#define vec_add(a, b)                 vaddq_f32(a, b)
#define vec_sub(a, b)                 vsubq_f32(a, b)
#define vec_mul(a, b)                 vmulq_f32(a, b)
#define vec_div(a, b)                 vdivq_f32(a, b)
#define vec_min(a, b)                 vminq_f32(a, b)
#define vec_max(a, b)                 vmaxq_f32(a, b)
#define vec_fma(sum, a, b)            vfmaq_f32(sum, a, b)
#define vec_fma_one(sum, a, x)        vfmaq_n_f32(sum, a, x)
#define vec_fma_lane(sum, a, x, lane) vfmaq_laneq_f32(sum, a, x, lane)

/* All ones or all zeros in each lane. */
typedef uint32x4_t Mask;
#define mask_set(on)     vdupq_n_u32((on) ? ~0u : 0)
#define vec_and(a, mask) vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(a), mask))

/* Sums over many cells, of a precision that bears it. */
typedef float32x4_t Total;
#define total_zero()         vdupq_n_f32(0)
#define total_add(total, a)  vaddq_f32(total, a)
#define total_over(total, n) vdivq_f32(total, vdupq_n_f32(n))

NN_INLINE Vec vec_load(const Real *p)
{
    return vld1q_f32(p);
}

NN_INLINE void vec_store(Real *p, Vec v)
{
    vst1q_f32(p, v);
}

/* n numbers of a model file, float32 of any alignment. */
static inline void real_read(Real *to, const void *file, size_t n)
{
    memcpy(to, file, n * sizeof(float));
}

#include "../real/ends.h"

#endif
