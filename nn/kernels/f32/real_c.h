/* SPDX-License-Identifier: MIT */
/* real_c.h - float32 for the references of ../real: a number, how it is read and written.
 * f16/real_c.h is the same for half precision. */
#ifndef NN_F32_REAL_C_H
#define NN_F32_REAL_C_H

#include "kernel.h"

#include "../real/clamp.h"

#include <string.h>

typedef float Real;

static inline float real_get(Real x)
{
    return x;
}

static inline Real real_put(float x)
{
    return x;
}

/* n numbers of a model file, float32 of any alignment. */
static inline void real_read(Real *to, const void *file, size_t n)
{
    memcpy(to, file, n * sizeof(float));
}

#endif
