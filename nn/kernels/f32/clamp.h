/* SPDX-License-Identifier: MIT */
/* clamp.h - the one clamp of the float references. */
#ifndef NN_F32_CLAMP_H
#define NN_F32_CLAMP_H

static inline float f32_clamp(float x, float lo, float hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

#endif
