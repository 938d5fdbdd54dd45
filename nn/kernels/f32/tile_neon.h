/* SPDX-License-Identifier: MIT */
/* tile_neon.h - the inner product that every float convolution is made of: a few pixels times a
 * panel of output channels, all sums in registers. */
#ifndef NN_F32_TILE_NEON_H
#define NN_F32_TILE_NEON_H

#include "simd.h"

#include <stdbool.h>
#include <stddef.h>

/* A tile is at most 4 pixels by TILE_VECS vectors of 4 channels: with 32 registers 24 hold sums, 4
 * pixels and 4 weights. */
enum {
    TILE_PIXELS = 4,
    TILE_VECS = NN_REGISTERS == 32 ? 6 : 2,
};

/* What one output sees of the input: segments runs of length floats with gap floats between them
 * (the rows of a window; one run if it was gathered or is 1x1). The next output's begin pixel
 * floats further on. */
typedef struct {
    ptrdiff_t pixel, gap;
    unsigned segments, length;
    bool clamp;
    float f_min, f_max;
} TileShape;

/* panel: a vector of bias for each of vecs, then for each product of an output vecs vectors of
 * weights. Computes count tiles side by side: writes count * pixels rows of 4 * vecs floats,
 * out_stride floats apart. */
typedef void TileFn(const TileShape *s, const float *in, const float *panel, float *out,
                    ptrdiff_t out_stride, ptrdiff_t count);

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

/* Four products of every sum; steps the inputs, returns the weights after. */
NN_INLINE const float *tile_four(float32x4_t sum[TILE_PIXELS][TILE_VECS],
                                 const float *in[TILE_PIXELS], const float *w, const int pixels,
                                 const int vecs)
{
    float32x4_t x[TILE_PIXELS];
    float32x4x4_t q;
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        x[p] = vld1q_f32(in[p]);
        in[p] += 4;
        NN_STEP(in[p]);
    }
    TILE_LANE(0)
    TILE_LANE(1)
    TILE_LANE(2)
    TILE_LANE(3)
    return w;
}

#undef TILE_LANE

/* One product of every sum. */
NN_INLINE const float *tile_one(float32x4_t sum[TILE_PIXELS][TILE_VECS],
                                const float *in[TILE_PIXELS], const float *w, const int pixels,
                                const int vecs)
{
    NN_UNROLL
    for (int v = 0; v < vecs; v++, w += 4) {
        const float32x4_t weights = vld1q_f32(w);
        NN_UNROLL
        for (int p = 0; p < pixels; p++)
            sum[p][v] = vfmaq_n_f32(sum[p][v], weights, *in[p]);
    }
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        in[p]++;
        NN_STEP(in[p]);
    }
    return w;
}

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

    for (unsigned i = s->segments; i > 0; i--) {
        for (unsigned k = s->length / 4; k > 0; k--)
            w = tile_four(sum, x, w, pixels, vecs);
        for (unsigned k = s->length % 4; k > 0; k--)
            w = tile_one(sum, x, w, pixels, vecs);
        NN_UNROLL
        for (int p = 0; p < pixels; p++)
            x[p] += s->gap;
    }

    if (s->clamp) {
        const float32x4_t lo = vdupq_n_f32(s->f_min), hi = vdupq_n_f32(s->f_max);
        NN_UNROLL
        for (int p = 0; p < pixels; p++) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++)
                sum[p][v] = vminq_f32(vmaxq_f32(sum[p][v], lo), hi);
        }
    }
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        NN_UNROLL
        for (int v = 0; v < vecs; v++)
            vst1q_f32(out + 4 * v, sum[p][v]);
        out += out_stride;
        NN_STEP(out);
    }
}

/* One function for each size, kept apart so that each has the registers to itself. */
#define TILE(pixels, vecs)                                                                         \
    static void tile_##pixels##x##vecs(const TileShape *s, const float *in, const float *panel,    \
                                       float *out, ptrdiff_t out_stride, ptrdiff_t count)          \
    {                                                                                              \
        for (; count > 0; count--, in += pixels * s->pixel, out += pixels * out_stride)            \
            tile(s, in, panel, out, out_stride, pixels, vecs);                                     \
    }
#define TILES(vecs) TILE(1, vecs) TILE(2, vecs) TILE(4, vecs)
#define TILE_ROW(vecs)                                                                             \
    {                                                                                              \
        tile_1x##vecs, tile_2x##vecs, tile_4x##vecs                                                \
    }

TILES(1)
TILES(2)
#if NN_REGISTERS == 32
TILES(3)
TILES(4)
TILES(5)
TILES(6)
#endif

/* [vecs - 1][0 to 2]: tiles of 1, 2 and 4 pixels. */
static TileFn *const tiles[TILE_VECS][3] = {
    TILE_ROW(1), TILE_ROW(2),
#if NN_REGISTERS == 32
    TILE_ROW(3), TILE_ROW(4), TILE_ROW(5), TILE_ROW(6),
#endif
};

#undef TILE
#undef TILES
#undef TILE_ROW

#endif
