/* SPDX-License-Identifier: MIT */
/* tile.h - the inner product that every float convolution is made of: a few pixels times a
 * panel of output channels, all sums in registers. */
#ifndef NN_REAL_TILE_H
#define NN_REAL_TILE_H

#include <stdbool.h>
#include <stddef.h>

/* A tile is at most 4 pixels by TILE_VECS vectors of channels: with 32 registers 24 hold sums, 4
 * pixels and 4 weights. */
enum {
    TILE_PIXELS = 4,
    TILE_VECS = NN_REGISTERS == 32 ? 6 : 2,
};

/* What one output sees of the input: segments runs of length numbers with gap numbers between
 * them (the rows of a window; one run if it was gathered or is 1x1). The next output's begin pixel
 * numbers further on. Where REAL_BLOCK is set, no more than that many products are summed up in a
 * register: in_blocks says that there are more, and block how many at a time. */
typedef struct {
    ptrdiff_t pixel, gap;
    unsigned segments, length;
#ifdef REAL_BLOCK
    bool in_blocks;
    unsigned block;
#endif
    bool clamp;
    float f_min, f_max;
} TileShape;

/* panel: a vector of bias for each of vecs, then for each product of an output vecs vectors of
 * weights. Computes count tiles side by side: writes count * pixels rows of LANES * vecs numbers,
 * out_stride numbers apart. */
typedef void TileFn(const TileShape *s, const Real *in, const Real *panel, Real *out,
                    ptrdiff_t out_stride, ptrdiff_t count);

/* Weights come four vectors a load; i counts vectors, q holds those from the last multiple of 4. */
#define TILE_LANE(lane)                                                                            \
    NN_UNROLL                                                                                      \
    for (int v = 0; v < vecs; v++) {                                                               \
        const int i = lane * vecs + v;                                                             \
        if (i % 4 == 0) {                                                                          \
            q = vec_load4(w);                                                                      \
            w += 4 * LANES;                                                                        \
            NN_STEP(w);                                                                            \
        }                                                                                          \
        NN_UNROLL                                                                                  \
        for (int p = 0; p < pixels; p++)                                                           \
            sum[p][v] = vec_fma_lane(sum[p][v], q.val[i % 4], x[p], lane);                         \
    }

/* LANES products of every sum; steps the inputs, returns the weights after. */
NN_INLINE const Real *tile_lanes(Vec sum[TILE_PIXELS][TILE_VECS], const Real *in[TILE_PIXELS],
                                 const Real *w, const int pixels, const int vecs)
{
    Vec x[TILE_PIXELS];
    Vec4 q;
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        x[p] = vec_load(in[p]);
        in[p] += LANES;
        NN_STEP(in[p]);
    }
    TILE_LANE(0)
    TILE_LANE(1)
    TILE_LANE(2)
    TILE_LANE(3)
#if LANES == 8
    TILE_LANE(4)
    TILE_LANE(5)
    TILE_LANE(6)
    TILE_LANE(7)
#endif
    return w;
}

#undef TILE_LANE

/* One product of every sum. */
NN_INLINE const Real *tile_one(Vec sum[TILE_PIXELS][TILE_VECS], const Real *in[TILE_PIXELS],
                               const Real *w, const int pixels, const int vecs)
{
    NN_UNROLL
    for (int v = 0; v < vecs; v++, w += LANES) {
        const Vec weights = vec_load(w);
        NN_UNROLL
        for (int p = 0; p < pixels; p++)
            sum[p][v] = vec_fma_one(sum[p][v], weights, *in[p]);
    }
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        in[p]++;
        NN_STEP(in[p]);
    }
    return w;
}

#ifdef REAL_BLOCK
/* Adds the sums to the totals and begins anew. */
NN_INLINE void tile_add_up(float *total, Vec sum[TILE_PIXELS][TILE_VECS], const int pixels,
                           const int vecs)
{
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        NN_UNROLL
        for (int v = 0; v < vecs; v++) {
            float *at = total + LANES * (vecs * p + v);
            total_store(at, total_add(total_load(at), sum[p][v]));
            sum[p][v] = vec_set(0);
        }
    }
}
#endif

NN_INLINE void tile(const TileShape *s, const Real *in, const Real *w, Real *out,
                    ptrdiff_t out_stride, const int pixels, const int vecs)
{
    Vec sum[TILE_PIXELS][TILE_VECS];
    const Real *x[TILE_PIXELS];
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        x[p] = in + p * s->pixel;
        NN_UNROLL
        for (int v = 0; v < vecs; v++)
            sum[p][v] = vec_load(w + LANES * v);
    }
    w += LANES * vecs;
#ifdef REAL_BLOCK
    float totals[TILE_PIXELS * TILE_VECS * LANES], *total = totals;
    if (s->in_blocks) {
        NN_UNROLL
        for (int i = 0; i < pixels * vecs; i++)
            total_store(total + LANES * i, total_zero());
    }
#endif

    for (unsigned i = s->segments; i > 0; i--) {
        for (unsigned left = s->length, n; left > 0; left -= n) {
#ifdef REAL_BLOCK
            n = left < s->block ? left : s->block;
#else
            n = left;
#endif
            for (unsigned k = n / LANES; k > 0; k--)
                w = tile_lanes(sum, x, w, pixels, vecs);
            for (unsigned k = n % LANES; k > 0; k--)
                w = tile_one(sum, x, w, pixels, vecs);
#ifdef REAL_BLOCK
            if (s->in_blocks && (i > 1 || left > n)) {
                NN_STEP(total); /* or gcc keeps copies of it on the stack */
                tile_add_up(total, sum, pixels, vecs);
            }
#endif
        }
        NN_UNROLL
        for (int p = 0; p < pixels; p++)
            x[p] += s->gap;
    }

#ifdef REAL_BLOCK
    if (s->in_blocks) {
        NN_UNROLL
        for (int p = 0; p < pixels; p++) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++)
                sum[p][v] =
                    total_round(total_add(total_load(total + LANES * (vecs * p + v)), sum[p][v]));
        }
    }
#endif
    if (s->clamp) {
        const Vec lo = vec_set(s->f_min), hi = vec_set(s->f_max);
        NN_UNROLL
        for (int p = 0; p < pixels; p++) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++)
                sum[p][v] = vec_min(vec_max(sum[p][v], lo), hi);
        }
    }
    NN_UNROLL
    for (int p = 0; p < pixels; p++) {
        NN_UNROLL
        for (int v = 0; v < vecs; v++)
            vec_store(out + LANES * v, sum[p][v]);
        out += out_stride;
        NN_STEP(out);
    }
}

/* One function for each size, kept apart so that each has the registers to itself. */
#define TILE(pixels, vecs)                                                                         \
    static void tile_##pixels##x##vecs(const TileShape *s, const Real *in, const Real *panel,      \
                                       Real *out, ptrdiff_t out_stride, ptrdiff_t count)           \
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
