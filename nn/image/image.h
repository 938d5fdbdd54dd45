/* SPDX-License-Identifier: MIT */
/* image.h - camera frame -> input tensor: crop, turn, resize, convert, normalise, quantise in one
 * pass. Plain C, no GLib: callable from the frame's path. nn.c is the only user. */
#ifndef NN_IMAGE_H
#define NN_IMAGE_H

#include "nn.h"

/* The tensor to fill: NHWC, RGB order, channels 3, or 1 for luma. A channel's byte b (0...255, full
 * range R'G'B') becomes b * mul + add; integer tensors are then rounded to nearest and saturated to
 * their type.
 *
 * Resizing is an area average where an axis shrinks, bilinear with half-pixel centres where it
 * grows, in the components the picture comes in; conversion and saturation come last. Each plane is
 * resized on its own grid: a chroma sample stands in the middle of the pixels that share it, and at
 * odd edges covers one pixel fewer. Alpha and X are ignored; the fields of RGB16 count as shares of
 * their largest value. */
typedef struct {
    int width, height, channels;
    NnType type; /* NN_F32, NN_U8, NN_S8 */
    float mul[3], add[3];
} ImageTarget;

typedef struct ImagePlan ImagePlan;

/* Resize tables, colour coefficients and scratch for one format and one target; NULL and *why (a
 * static sentence) if the format makes no sense or memory is short. */
ImagePlan *image_plan_new(const NnImageFormat *format, const ImageTarget *target, const char **why);
void image_plan_free(ImagePlan *plan); /* NULL is fine */

/* Fills dst (height * width * channels elements, packed). One thread at a time per plan (it owns
 * scratch); reads each source row once, in order. cpu: NN_CPU_* that may be used. */
void image_plan_run(ImagePlan *plan, const void *const planes[], const int strides[], void *dst,
                    unsigned cpu);

#endif
