/* SPDX-License-Identifier: MIT */
/* half.h - IEEE half precision (5 bits of exponent, 10 of fraction) as 16 bits, for code that runs
 * on any core. */
#ifndef NN_HALF_H
#define NN_HALF_H

#include <stdint.h>
#include <string.h>

#define HALF_MAX     65504.0f      /* the largest finite value */
#define HALF_EPSILON 9.765625e-4f  /* from 1 to the next */
#define HALF_LEAST   5.9604645e-8f /* the smallest above 0 */

static inline float half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t exponent = (half >> 10) & 31, fraction = half & 0x3ff;
    uint32_t bits = sign | (exponent + 112) << 23 | fraction << 13;
    float value;
    if (exponent == 31)
        bits = sign | 0x7f800000 | fraction << 13;
    if (exponent == 0) { /* zero, or less than the smallest normal */
        value = (float)fraction * HALF_LEAST;
        return sign ? -value : value;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The nearest, to even among two; infinite from 65520 on. */
static inline uint16_t half_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits > 0x7f800000)
        return sign | 0x7e00; /* not a number */
    if (bits >= 0x477ff000)
        return sign | 0x7c00;
    if (bits < 0x38800000) {
        /* Below the smallest normal: 0.5 has as many steps as fit there, and rounds to them. */
        float shifted;
        memcpy(&shifted, &bits, sizeof shifted);
        shifted += 0.5f;
        memcpy(&bits, &shifted, sizeof bits);
        return sign | (uint16_t)(bits - 0x3f000000);
    }
    bits += 0xfff + (bits >> 13 & 1);
    return sign | (uint16_t)((bits >> 13) - (112 << 10));
}

#endif
