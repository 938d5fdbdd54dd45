/* SPDX-License-Identifier: MIT */
/* conv_tile.h - what the micro-kernels of the int8 convolutions (conv_tile_neon.h,
 * conv_tile_dotprod.h) share: where weights come from when packing, and the job they do. */
#ifndef NN_S8_CONV_TILE_H
#define NN_S8_CONV_TILE_H

#include "conv_requant.h"

/* Filters as in the file, OHWI: depth weights each. Packed weights are less by offset. */
typedef struct {
    const int8_t *weights;
    int depth, out_c;
    int offset;
} Filters;

/* Weight k of filter n; 0 beside the filters and behind their ends. */
static inline int8_t filter_weight(const Filters *f, int n, int k)
{
    if (n >= f->out_c || k >= f->depth)
        return 0;
    return (int8_t)(f->weights[(size_t)n * (size_t)f->depth + (size_t)k] - f->offset);
}

/* A panel: pixels by the channels of one tile. Pixel p has its depth inputs at x + p * x_pitch and
 * its outputs, one a channel, at out + p * out_pitch. */
typedef struct {
    const int8_t *x;
    ptrdiff_t x_pitch;
    int8_t *out;
    ptrdiff_t out_pitch;
    int pixels, depth;
    const int32_t *extra; /* one to add to all accumulators of each pixel; NULL = nothing */
} Panel;

/* Ones in the first n of 16 bytes, zeros behind. */
static inline int8x16_t first_bytes(int n)
{
    static const int8_t count[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8x16_t inside = vcltq_s8(vld1q_s8(count), vdupq_n_s8((int8_t)n));
    return vandq_s8(vreinterpretq_s8_u8(inside), vdupq_n_s8(1));
}

#endif
