/* SPDX-License-Identifier: MIT */
/* simd.h - NEON intrinsics wherever we are: the compiler's own on ARM, SIMDe's elsewhere. No
 * other file includes either. Intrinsics that a target lacks get a form here, not a fork of the
 * kernels. */
#ifndef NN_SIMD_H
#define NN_SIMD_H

#if defined(__ARM_NEON)
#include <arm_neon.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>
#endif

/* Registers that a tile of sums may count on. */
#if defined(__aarch64__)
#define NN_REGISTERS 32
#else
#define NN_REGISTERS 16
#endif

/* Micro-kernels: inlined with constant arguments, small loops over registers unrolled whole, so
 * that an array of vectors indexed by their counters lives in registers. */
#define NN_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define NN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NN_UNROLL _Pragma("GCC unroll 16")
#endif

/* Hides how the pointer p came about: what follows is addressed from p itself, which lets loads
 * step it on the way instead of keeping an address each. */
#define NN_STEP(p) __asm__("" : "+r"(p))

/* Hides what is in the vector v: without, gcc keeps its low half in a register of its own wherever
 * a loop uses both. */
#if defined(__ARM_NEON)
#define NN_WHOLE(v) __asm__("" : "+w"(v))
#else
#define NN_WHOLE(v) (void)(v)
#endif

#if !defined(__aarch64__)
NN_INLINE float32x4_t nn_div_f32(float32x4_t a, float32x4_t b)
{
    return a / b;
}
#undef vdivq_f32 /* newer SIMDe has some of these, with other rounding */
#define vdivq_f32 nn_div_f32

/* Nearest, half away from zero, for |v| < 2^22. */
NN_INLINE int32x4_t nn_cvta_s32_f32(float32x4_t v)
{
    const int32x4_t whole = vcvtq_s32_f32(v);
    const float32x4_t rest = vsubq_f32(v, vcvtq_f32_s32(whole));
    const uint32x4_t up = vcgeq_f32(rest, vdupq_n_f32(0.5f));
    const uint32x4_t down = vcleq_f32(rest, vdupq_n_f32(-0.5f));
    return vaddq_s32(vsubq_s32(whole, vreinterpretq_s32_u32(up)), vreinterpretq_s32_u32(down));
}
#undef vcvtaq_s32_f32
#define vcvtaq_s32_f32 nn_cvta_s32_f32
#endif

#if !defined(__aarch64__) && !defined(vqmovun_high_s16)
#define vqmovun_high_s16(low, a) vcombine_u8(low, vqmovun_s16(a))
#endif

#if defined(__arm__)
#define vfmaq_n_f32(acc, a, n)           vfmaq_f32(acc, a, vdupq_n_f32(n))
#define vfmaq_laneq_f32(acc, a, v, lane) vfmaq_n_f32(acc, a, vgetq_lane_f32(v, lane))

NN_INLINE float32x4x4_t nn_ld1q_f32_x4(const float *p)
{
    return (float32x4x4_t){{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
}
#define vld1q_f32_x4 nn_ld1q_f32_x4

NN_INLINE int32x4x4_t nn_ld1q_s32_x4(const int32_t *p)
{
    return (int32x4x4_t){{vld1q_s32(p), vld1q_s32(p + 4), vld1q_s32(p + 8), vld1q_s32(p + 12)}};
}
#define vld1q_s32_x4 nn_ld1q_s32_x4

NN_INLINE int32x4_t nn_padd_s32(int32x4_t a, int32x4_t b)
{
    return vcombine_s32(vpadd_s32(vget_low_s32(a), vget_high_s32(a)),
                        vpadd_s32(vget_low_s32(b), vget_high_s32(b)));
}
#define vpaddq_s32 nn_padd_s32

#define vmull_high_s8(a, b)      vmull_s8(vget_high_s8(a), vget_high_s8(b))
#define vmlal_high_s8(acc, a, b) vmlal_s8(acc, vget_high_s8(a), vget_high_s8(b))
#define vaddw_high_s16(a, b)     vaddw_s16(a, vget_high_s16(b))
#define vmovl_high_s8(a)         vmovl_s8(vget_high_s8(a))
#define vqmovn_high_s32(low, a)  vcombine_s16(low, vqmovn_s32(a))
#define vqmovn_high_s16(low, a)  vcombine_s8(low, vqmovn_s16(a))

NN_INLINE float nn_addv_f32(float32x4_t v)
{
    float32x2_t half = vadd_f32(vget_low_f32(v), vget_high_f32(v));
    return vget_lane_f32(vpadd_f32(half, half), 0);
}
#define vaddvq_f32 nn_addv_f32

NN_INLINE float nn_maxv_f32(float32x4_t v)
{
    float32x2_t half = vmax_f32(vget_low_f32(v), vget_high_f32(v));
    return vget_lane_f32(vpmax_f32(half, half), 0);
}
#define vmaxvq_f32 nn_maxv_f32

#define vmull_high_u8(a, b)       vmull_u8(vget_high_u8(a), vget_high_u8(b))
#define vmlal_high_u8(acc, a, b)  vmlal_u8(acc, vget_high_u8(a), vget_high_u8(b))
#define vmlal_high_u16(acc, a, b) vmlal_u16(acc, vget_high_u16(a), vget_high_u16(b))
#define vmlal_high_s16(acc, a, b) vmlal_s16(acc, vget_high_s16(a), vget_high_s16(b))

NN_INLINE uint32x4_t nn_paddq_u32(uint32x4_t a, uint32x4_t b)
{
    return vcombine_u32(vpadd_u32(vget_low_u32(a), vget_high_u32(a)),
                        vpadd_u32(vget_low_u32(b), vget_high_u32(b)));
}
#define vpaddq_u32 nn_paddq_u32

NN_INLINE uint8x16x4_t nn_ld1q_u8_x4(const uint8_t *p)
{
    return (uint8x16x4_t){{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
}
#define vld1q_u8_x4 nn_ld1q_u8_x4
#endif

/* 8 values that fit 16 bits. */
NN_INLINE int16x8_t simd_narrow_s32(int32x4_t a, int32x4_t b)
{
#if defined(__aarch64__)
    return vuzp1q_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b));
#elif defined(__arm__)
    return vcombine_s16(vmovn_s32(a), vmovn_s32(b));
#else
    return vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)); /* one instruction there */
#endif
}

/* A table of 256 bytes in registers. */
#if defined(__arm__)
typedef struct {
    uint8x8x4_t part[8];
} SimdTable;

NN_INLINE SimdTable simd_table_load(const uint8_t *bytes)
{
    SimdTable t;
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 4; j++)
            t.part[i].val[j] = vld1_u8(bytes + 32 * i + 8 * j);
    return t;
}

NN_INLINE uint8x16_t simd_table_lookup(const SimdTable *t, uint8x16_t at)
{
    uint8x8_t low = vget_low_u8(at), high = vget_high_u8(at), step = vdup_n_u8(32);
    uint8x8_t y_low = vtbl4_u8(t->part[0], low), y_high = vtbl4_u8(t->part[0], high);
    NN_UNROLL
    for (int i = 1; i < 8; i++) {
        low = vsub_u8(low, step);
        high = vsub_u8(high, step);
        y_low = vtbx4_u8(y_low, t->part[i], low);
        y_high = vtbx4_u8(y_high, t->part[i], high);
    }
    return vcombine_u8(y_low, y_high);
}
#else
typedef struct {
    uint8x16x4_t part[4];
} SimdTable;

NN_INLINE SimdTable simd_table_load(const uint8_t *bytes)
{
    SimdTable t;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            t.part[i].val[j] = vld1q_u8(bytes + 64 * i + 16 * j);
    return t;
}

NN_INLINE uint8x16_t simd_table_lookup(const SimdTable *t, uint8x16_t at)
{
    const uint8x16_t step = vdupq_n_u8(64);
    uint8x16_t y = vqtbl4q_u8(t->part[0], at);
    NN_UNROLL
    for (int i = 1; i < 4; i++) {
        at = vsubq_u8(at, step);
        y = vqtbx4q_u8(y, t->part[i], at);
    }
    return y;
}
#endif

#endif
