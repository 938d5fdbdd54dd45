/* SPDX-License-Identifier: MIT */
/* quant.h - the one definition of our integer rounding: that of TensorFlow Lite's reference
 * kernels (gemmlowp's fixed point), which rounds twice. Everything else must give these bits. */
#ifndef NN_QUANT_H
#define NN_QUANT_H

#include <stdint.h>

/* (a * b) / 2^31, rounded to nearest, ties up (what SQRDMULH computes). INT32_MIN squared
 * saturates. */
static inline int32_t quant_mul_high(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    int64_t ab = (int64_t)a * b;
    int64_t nudge = ab >= 0 ? (1 << 30) : (1 - (1 << 30));
    return (int32_t)((ab + nudge) / ((int64_t)1 << 31));
}

/* x / 2^s rounded to nearest, ties away from zero; s 0...31. */
static inline int32_t quant_shift_right(int32_t x, int s)
{
    int32_t mask = (int32_t)(((int64_t)1 << s) - 1);
    int32_t rest = x & mask;
    int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> s) + (rest > threshold);
}

/* x * mult * 2^(shift - 31): mult is a fraction in [2^30, 2^31) or 0, shift -31...30, left
 * positive. Left shifts wrap, as the reference's do on every machine we care for. */
static inline int32_t quant_scale(int32_t x, int32_t mult, int shift)
{
    int left = shift > 0 ? shift : 0;
    int right = shift > 0 ? 0 : -shift;
    return quant_shift_right(quant_mul_high((int32_t)((uint32_t)x << left), mult), right);
}

static inline int32_t quant_clamp(int32_t x, int32_t lo, int32_t hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

#endif
