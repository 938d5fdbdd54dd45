/* SPDX-License-Identifier: MIT */
/* clamp.h - the one clamp of the float references. */
#ifndef NN_REAL_CLAMP_H
#define NN_REAL_CLAMP_H

static inline float real_clamp(float x, float lo, float hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

#endif
