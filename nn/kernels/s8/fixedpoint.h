/* SPDX-License-Identifier: MIT */
/* fixedpoint.h - functions of fixed-point numbers, as gemmlowp computes them: a raw int32 with n
 * integer bits stands for raw / 2^(31 - n). Qn in names says which n. */
#ifndef NN_FIXEDPOINT_H
#define NN_FIXEDPOINT_H

#include "quant.h"

/* x * 2^s, saturated; s 0...30. */
static inline int32_t fixed_shift_left(int32_t x, int s)
{
    int64_t y = (int64_t)x * ((int64_t)1 << s);
    return y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : (int32_t)y;
}

/* exp(x) in Q0 for x in Q0, -1/4 <= x < 0: a polynomial around -1/8. */
static inline int32_t fixed_exp_quarter(int32_t x)
{
    const int32_t exp_of_minus_eighth = 1895147668, third = 715827883;
    x += 1 << 28; /* + 1/8 */
    int32_t x2 = quant_mul_high(x, x);
    int32_t x3 = quant_mul_high(x2, x);
    int32_t x4_over_4 = quant_shift_right(quant_mul_high(x2, x2), 2);
    int32_t rest = quant_shift_right(quant_mul_high(x4_over_4 + x3, third) + x2, 1);
    return exp_of_minus_eighth + quant_mul_high(exp_of_minus_eighth, x + rest);
}

/* exp(x) in Q0 for x <= 0 in Q5: the fraction by polynomial, then one factor e^-(2^k) for each bit
 * of the rest. */
static inline int32_t fixed_exp_q5(int32_t x)
{
    static const int32_t factors[] = {
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242,
    };
    const int32_t quarter = 1 << 24;
    if (x == 0)
        return INT32_MAX;
    int32_t fraction = (x & (quarter - 1)) - quarter; /* -1/4 <= fraction < 0 */
    int32_t y = fixed_exp_quarter(fraction * (1 << 5));
    int32_t rest = fraction - x;
    for (int i = 0; i < 7; i++)
        if (rest & (quarter << i))
            y = quant_mul_high(y, factors[i]);
    return y;
}

/* 1 / (1 + x) in Q0 for x in Q0, 0 <= x < 1: three Newton steps from 48/17 - 32/17 d on the half
 * denominator d = (1 + x) / 2. */
static inline int32_t fixed_one_over_one_plus(int32_t x)
{
    int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + quant_mul_high(half, -1010580540); /* Q2 */
    for (int i = 0; i < 3; i++) {
        int32_t error = (1 << 29) - quant_mul_high(half, y);
        y += fixed_shift_left(quant_mul_high(y, error), 2);
    }
    return fixed_shift_left(y, 1); /* y / 2, from Q2 over Q1 to Q0 */
}

/* 1 / sum for a sum > 0 of softmax terms in Q12: returns q in Q0 with 1 / sum = q * 2^-*bits. */
static inline int32_t fixed_reciprocal_q12(uint32_t sum, int *bits)
{
    int zeros = __builtin_clz(sum);
    *bits = 12 - zeros;
    return fixed_one_over_one_plus((int32_t)((sum << zeros) - ((uint32_t)1 << 31)));
}

/* x / 2^s to nearest for a softmax's results, x >= 0, s 12...35. From 32 on (more than 512 terms as
 * large as the largest) the reference shifts by more bits than there are, which comes to this on
 * every machine: all of the row is near its top. */
static inline int32_t fixed_softmax_shift(int32_t x, int s)
{
    return s < 32 ? quant_shift_right(x, s) : (x >> (s - 32)) + 1;
}

/* 1 / sqrt(x) = mult * 2^(shift - 31), x >= 0 (0 counts as 1); shift <= 0. */
static inline void fixed_inverse_sqrt(int32_t x, int32_t *mult, int *shift)
{
    if (x <= 1) {
        *mult = INT32_MAX;
        *shift = 0;
        return;
    }
    int right = 11;
    for (; x >= 1 << 29; right++)
        x /= 4;
    int pairs = -1; /* of bits to shift left so that x lies in 2^27...2^29 */
    for (int32_t top = x; top < 1 << 29; top *= 4)
        pairs++;
    right -= pairs;
    x = (int32_t)((uint32_t)x << (2 * pairs));

    const int32_t half_sqrt_2 = 1518500250, three_halves = (1 << 28) + (1 << 27);
    int32_t half = quant_shift_right(x >> 1, 1); /* Q3 */
    int32_t y = 1 << 28;                         /* Q3: 1 */
    for (int i = 0; i < 5; i++) {
        int32_t y3 = fixed_shift_left(quant_mul_high(quant_mul_high(y, y), y), 6);
        y = fixed_shift_left(quant_mul_high(three_halves, y) - quant_mul_high(half, y3), 3);
    }
    y = quant_mul_high(y, half_sqrt_2);
    if (right < 0) {
        y = (int32_t)((uint32_t)y << -right);
        right = 0;
    }
    *mult = y;
    *shift = -right;
}

#endif
