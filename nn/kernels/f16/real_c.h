/* SPDX-License-Identifier: MIT */
/* real_c.h - half precision for the references of ../real: a number, how it is read and written.
 * f32/real_c.h is the same for float32. */
#ifndef NN_F16_REAL_C_H
#define NN_F16_REAL_C_H

#include "half.h"
#include "kernel.h"

#include "../real/clamp.h"

typedef uint16_t Real;

static inline float real_get(Real x)
{
    return half_to_float(x);
}

static inline Real real_put(float x)
{
    return half_from_float(x);
}

/* n numbers of a model file, float32 of any alignment. */
static inline void real_read(Real *to, const void *file, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x;
        memcpy(&x, (const char *)file + i * sizeof x, sizeof x);
        to[i] = half_from_float(x);
    }
}

#endif
