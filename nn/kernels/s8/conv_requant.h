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

/* What all channels of a layer share. */
typedef struct {
    Rounding rounding;
    bool clamp; /* the range is narrower than int8 */
    int16x8_t zero;
    int8x16_t act_min, act_max;
} Requant;

static inline Requant requant_init(const NnConv *c, Rounding rounding)
{
    return (Requant){
        .rounding = rounding,
        .clamp = c->act_min > -128 || c->act_max < 127,
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

/* Adds the zero point to 16 scaled values and clamps; that the narrowing saturates on the way does
 * not show after the clamp. */
NN_INLINE int8x16_t requant_narrow(const Requant *q, const int32x4_t acc[4])
{
    int16x8_t low = vqmovn_high_s32(vqmovn_s32(acc[0]), acc[1]);
    int16x8_t high = vqmovn_high_s32(vqmovn_s32(acc[2]), acc[3]);
    low = vqaddq_s16(low, q->zero);
    high = vqaddq_s16(high, q->zero);
    return vqmovn_high_s16(vqmovn_s16(low), high);
}

NN_INLINE int8x16_t requant_clamp(const Requant *q, int8x16_t v)
{
    return vminq_s8(vmaxq_s8(v, q->act_min), q->act_max);
}

#endif
