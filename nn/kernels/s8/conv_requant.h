/* SPDX-License-Identifier: MIT */
/* conv_requant.h - from int32 accumulators to int8 outputs in NEON, bit-equal to quant.h; shared by
 * the convolutions. */
#ifndef NN_S8_CONV_REQUANT_H
#define NN_S8_CONV_REQUANT_H

#include "kernel.h"
#include "simd.h"

#include <string.h>

/* How a layer may round. SRSHL rounds ties up, quant_shift_right away from zero: they differ for
 * negative values only, and those do not matter where the activation clamps them anyway. Taking 1
 * from a negative value before SRSHL makes them agree, but for a shift of 0. */
typedef enum {
    ROUND_UP,   /* no left shifts, act_min >= out_zero: SRSHL as it is */
    ROUND_AWAY, /* right shifts in every channel: take 1 from negative values */
    ROUND_ANY,  /* left shifts or shifts of 0 among the channels */
} Rounding;

static inline Rounding requant_rounding(const NnConv *c)
{
    int most = -31;
    for (int i = 0; i < c->win.out_c; i++)
        most = c->shift[i] > most ? c->shift[i] : most;
    if (most <= 0 && c->act_min >= c->out_zero)
        return ROUND_UP;
    return most < 0 ? ROUND_AWAY : ROUND_ANY;
}

/* Whether the scaled values of channel n fit 16 bits, with room for a zero point, whatever the
 * inputs; weights: the sum of the sizes of its weights less w_zero. */
static inline bool requant_fits(const NnConv *c, int n, int32_t bias, int64_t weights)
{
    int64_t below = c->in_zero + 128, above = 127 - c->in_zero;
    int64_t most = (bias < 0 ? -(int64_t)bias : bias) + weights * (below > above ? below : above);
    return c->shift[n] <= 0 && most <= INT32_MAX &&
           ((most * c->mult[n]) >> 31 >> -c->shift[n]) < INT16_MAX - 256;
}

/* What all channels of a layer share. */
typedef struct {
    Rounding rounding;
    bool small; /* scaled values fit 16 bits: requant_fits() */
    bool clamp; /* the range is narrower than int8 */
    bool relu;  /* what most layers are: small, ROUND_UP, -128...127 from a zero point of -128 */
    int16x8_t zero;
    int8x16_t act_min, act_max;
} Requant;

static inline Requant requant_init(const NnConv *c, Rounding rounding, bool small)
{
    bool clamp = c->act_min > -128 || c->act_max < 127;
    return (Requant){
        .rounding = rounding,
        .small = small,
        .clamp = clamp,
        .relu = small && rounding == ROUND_UP && !clamp && c->out_zero == -128,
        .zero = vdupq_n_s16((int16_t)c->out_zero),
        .act_min = vdupq_n_s8((int8_t)c->act_min),
        .act_max = vdupq_n_s8((int8_t)c->act_max),
    };
}

/* Loads n vectors of 4. */
NN_INLINE void load_vectors(int32x4_t *v, const int32_t *from, int n)
{
    if (n == 4) {
        int32x4x4_t four = vld1q_s32_x4(from);
        v[0] = four.val[0], v[1] = four.val[1], v[2] = four.val[2], v[3] = four.val[3];
    } else {
        NN_UNROLL
        for (int i = 0; i < n; i++)
            v[i] = vld1q_s32(from + 4 * i);
    }
}

/* Scales n accumulators in place; those of channels 4 * i ... 4 * i + 3 use multipliers and shifts
 * 4 * i on, i counting modulo period (2 or 4). */
NN_INLINE void requant_scale(int32x4_t *acc, int n, const int32_t *mults, const int32_t *shifts,
                             int period, Rounding rounding)
{
    int32x4_t mult[4], shift[4];
    load_vectors(mult, mults, period);
    if (rounding == ROUND_UP) {
        NN_UNROLL
        for (int i = 0; i < n; i++)
            acc[i] = vqrdmulhq_s32(acc[i], mult[i % period]);
        load_vectors(shift, shifts, period);
        NN_UNROLL
        for (int i = 0; i < n; i++)
            acc[i] = vrshlq_s32(acc[i], shift[i % period]);
    } else if (rounding == ROUND_AWAY) {
        NN_UNROLL
        for (int i = 0; i < n; i++)
            acc[i] = vqrdmulhq_s32(acc[i], mult[i % period]);
        load_vectors(shift, shifts, period);
        NN_UNROLL
        for (int i = 0; i < n; i++)
            acc[i] = vrshlq_s32(vsraq_n_s32(acc[i], acc[i], 31), shift[i % period]);
    } else {
        load_vectors(shift, shifts, period);
        NN_UNROLL
        for (int i = 0; i < n; i++) {
            int32x4_t left = vmaxq_s32(shift[i % period], vdupq_n_s32(0));
            int32x4_t right = vminq_s32(shift[i % period], vdupq_n_s32(0));
            int32x4_t high = vqrdmulhq_s32(vshlq_s32(acc[i], left), mult[i % period]);
            int32x4_t fix = vandq_s32(vshrq_n_s32(high, 31), vshrq_n_s32(right, 31));
            acc[i] = vrshlq_s32(vaddq_s32(high, fix), right);
        }
    }
}

/* Adds the zero point to 16 scaled values and clamps to int8; that the narrowing saturates on the
 * way does not show after the clamp. small as in Requant. */
NN_INLINE int8x16_t requant_narrow(const Requant *q, const int32x4_t acc[4], bool small)
{
    int16x8_t low, high;
    if (small) {
        low = simd_narrow_s32(acc[0], acc[1]);
        high = simd_narrow_s32(acc[2], acc[3]);
    } else {
        low = vqmovn_high_s32(vqmovn_s32(acc[0]), acc[1]);
        high = vqmovn_high_s32(vqmovn_s32(acc[2]), acc[3]);
    }
    low = vqaddq_s16(low, q->zero);
    high = vqaddq_s16(high, q->zero);
    return vqmovn_high_s16(vqmovn_s16(low), high);
}

/* The same for a layer with Requant.relu: values saturate at 0 and 255, then count from -128. */
NN_INLINE int8x16_t requant_narrow_relu(const int32x4_t acc[4])
{
    int16x8_t low = simd_narrow_s32(acc[0], acc[1]), high = simd_narrow_s32(acc[2], acc[3]);
    uint8x16_t v = vqmovun_high_s16(vqmovun_s16(low), high);
    return vreinterpretq_s8_u8(veorq_u8(v, vdupq_n_u8(0x80)));
}

NN_INLINE int8x16_t requant_clamp(const Requant *q, int8x16_t v)
{
    return vminq_s8(vmaxq_s8(v, q->act_min), q->act_max);
}

/* From accumulators to outputs: n vectors of 4 become n / 4 of 16. mults and shifts as in
 * requant_scale. relu is q->relu, as a constant. */
NN_INLINE void requant(const Requant *q, bool relu, int32x4_t *acc, int n, const int32_t *mults,
                       const int32_t *shifts, int period, int8x16_t *out)
{
    if (relu) {
        requant_scale(acc, n, mults, shifts, period, ROUND_UP);
        NN_UNROLL
        for (int i = 0; i < n / 4; i++)
            out[i] = requant_narrow_relu(acc + 4 * i);
        return;
    }
    requant_scale(acc, n, mults, shifts, period, q->rounding);
    if (q->small) {
        NN_UNROLL
        for (int i = 0; i < n / 4; i++)
            out[i] = requant_narrow(q, acc + 4 * i, true);
    } else {
        NN_UNROLL
        for (int i = 0; i < n / 4; i++)
            out[i] = requant_narrow(q, acc + 4 * i, false);
    }
    if (q->clamp) {
        NN_UNROLL
        for (int i = 0; i < n / 4; i++)
            out[i] = requant_clamp(q, out[i]);
    }
}

/* 8 outputs. */
NN_INLINE int8x8_t requant_8(const Requant *q, bool relu, int32x4_t *acc, const int32_t *mults,
                             const int32_t *shifts)
{
    if (relu) {
        requant_scale(acc, 2, mults, shifts, 2, ROUND_UP);
        uint8x8_t v = vqmovun_s16(simd_narrow_s32(acc[0], acc[1]));
        return vreinterpret_s8_u8(veor_u8(v, vdup_n_u8(0x80)));
    }
    requant_scale(acc, 2, mults, shifts, 2, q->rounding);
    const int32x4_t twice[4] = {acc[0], acc[1], acc[0], acc[1]};
    int8x16_t v = requant_narrow(q, twice, false);
    return vget_low_s8(q->clamp ? requant_clamp(q, v) : v);
}

#endif
