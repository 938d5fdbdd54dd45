/* SPDX-License-Identifier: MIT */
/* tile_neon.h - the inner product that every float convolution is made of: a few pixels times a
 * panel of output channels, all sums in registers. */
#ifndef NN_F32_TILE_NEON_H
#define NN_F32_TILE_NEON_H

#include "simd.h"

#include <stddef.h>

/* A tile is at most 4 pixels by TILE_VECS vectors of 4 channels: with 32 registers 24 hold sums, 4
 * pixels and 4 weights. */
enum {
    TILE_PIXELS = 4,
    TILE_VECS = NN_REGISTERS == 32 ? 6 : 2,
};

/* What one output sees of the input: segments runs of length floats, segment floats apart (the
 * rows of a window; one run if it was gathered or is 1x1). The next output's begin pixel floats
 * further on. */
typedef struct {
    ptrdiff_t pixel, segment;
    int segments, length;
    float f_min, f_max;
} TileShape;

/* panel: a vector of bias for each of vecs, then for each product of an output vecs vectors of
 * weights. Writes pixels rows of 4 * vecs floats, out_stride floats apart. */
typedef void TileFn(const TileShape *s, const float *in, const float *panel, float *out,
                    ptrdiff_t out_stride);

/* Weights come four vectors a load; i counts vectors, q holds those from the last multiple of 4. */
#define TILE_LANE(lane)                                                                            \
    NN_UNROLL                                                                                      \
    for (int v = 0; v < vecs; v++) {                                                               \
        const int i = lane * vecs + v;                                                             \
        if (i % 4 == 0) {                                                                          \
            q = vld1q_f32_x4(w);                                                                   \
            w += 16;                                                                               \
            NN_STEP(w);                                                                            \
        }                                                                                          \
        NN_UNROLL                                                                                  \
        for (int p = 0; p < pixels; p++)                                                           \
            sum[p][v] = vfmaq_laneq_f32(sum[p][v], q.val[i % 4], x[p], lane);                      \
    }

/* Four products of every sum; returns the weights after. */
NN_INLINE const float *tile_step(float32x4_t sum[TILE_PIXELS][TILE_VECS],
                                 const float *const in[TILE_PIXELS], ptrdiff_t k, const float *w,
                                 const int pixels, const int vecs)
{
    float32x4_t x[TILE_PIXELS];
    float32x4x4_t q;
    NN_UNROLL
    for (int p = 0; p < pixels; p++)
        x[p] = vld1q_f32(in[p] + k);
    TILE_LANE(0)
    TILE_LANE(1)
    TILE_LANE(2)
    TILE_LANE(3)
    return w;
}

#undef TILE_LANE

NN_INLINE void tile(const TileShape *s, const float *in, const float *w, float *out,
                    ptrdiff_t out_stride, const int pixels, const int vecs)
{
    float32x4_t sum[TILE_PIXELS][TILE_VECS];
    const float *x[TILE_PIXELS];
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        x[p] = in + p * s->pixel;
        NN_UNROLL
        for (int v = 0; v < vecs; v++)
            sum[p][v] = vld1q_f32(w + 4 * v);
    }
    w += 4 * vecs;

    const ptrdiff_t length = s->length, fours = length & ~(ptrdiff_t)3;
    for (int i = 0; i < s->segments; i++) {
        ptrdiff_t k = 0;
        for (; k < fours; k += 4)
            w = tile_step(sum, x, k, w, pixels, vecs);
        for (; k < length; k++) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++) {
                float32x4_t weights = vld1q_f32(w + 4 * v);
                NN_UNROLL
                for (int p = 0; p < pixels; p++)
                    sum[p][v] = vfmaq_n_f32(sum[p][v], weights, x[p][k]);
            }
            w += 4 * vecs;
        }
        NN_UNROLL
        for (int p = 0; p < pixels; p++)
            x[p] += s->segment;
    }

    const float32x4_t lo = vdupq_n_f32(s->f_min), hi = vdupq_n_f32(s->f_max);
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        NN_UNROLL
        for (int v = 0; v < vecs; v++)
            vst1q_f32(out + 4 * v, vminq_f32(vmaxq_f32(sum[p][v], lo), hi));
        out += out_stride;
    }
}

/* One function for each size, kept apart so that each has the registers to itself. */
#define TILE(pixels, vecs)                                                                         \
    static void tile_##pixels##x##vecs(const TileShape *s, const float *in, const float *panel,    \
                                       float *out, ptrdiff_t out_stride)                           \
    {                                                                                              \
        tile(s, in, panel, out, out_stride, pixels, vecs);                                         \
    }
#define TILES(vecs) TILE(1, vecs) TILE(2, vecs) TILE(4, vecs)
#define TILE_ROW(vecs)                                                                             \
    {                                                                                              \
        tile_1x##vecs, tile_2x##vecs, tile_2x##vecs, tile_4x##vecs                                 \
    }

TILES(1)
TILES(2)
#if NN_REGISTERS == 32
TILES(3)
TILES(4)
TILES(5)
TILES(6)
#endif

/* [vecs - 1][pixels at hand - 1]: the largest tile for as many pixels; 3 are done as 2 and 1. */
static TileFn *const tiles[TILE_VECS][TILE_PIXELS] = {
    TILE_ROW(1), TILE_ROW(2),
#if NN_REGISTERS == 32
    TILE_ROW(3), TILE_ROW(4), TILE_ROW(5), TILE_ROW(6),
#endif
};

#undef TILE
#undef TILES
#undef TILE_ROW

#endif
