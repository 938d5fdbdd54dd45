/* SPDX-License-Identifier: MIT */
/* conv_tile_neon.h - the micro-kernel of the int8 convolutions without dot product: 2 pixels by 8
 * channels, an accumulator of 4 partial sums for each of the 16 outputs.
 *
 * SMULL and SMLAL gather several products in a 16-bit lane before SADALP widens them: two always
 * fit when no weight is -128, four when the weights at stake allow it (as they mostly do), which is
 * noted by block when packing. */
#ifndef NN_S8_CONV_TILE_NEON_H
#define NN_S8_CONV_TILE_NEON_H

#include "conv_tile.h"

enum { TILE_PIXELS = 2, TILE_CHANNELS = 8 };

/* A filter is cut along its depth into blocks of 32, 16 and 8. Weights that do not even fit in
 * pairs are done in blocks of 8. */
typedef struct {
    int n32, n16, n8;
} Blocks;

static inline Blocks cut(int depth, bool pairs)
{
    int eights = (depth + 7) / 8;
    if (!pairs)
        return (Blocks){.n8 = eights};
    return (Blocks){eights / 4, eights / 2 % 2, eights % 2};
}

/* A tile: int32 bias, mult and shift of its channels; the weights, block after block, in each block
 * channel after channel; a byte for each block of 32: may four products share a lane? */
static inline int tile_channels(int left)
{
    (void)left;
    return TILE_CHANNELS;
}

/* Bytes of the flags of a tile, rounded up so that the next tile is aligned. */
static inline size_t flag_bytes(int depth)
{
    return (size_t)(cut(depth, true).n32 + 15) / 16 * 16;
}

static inline size_t tile_bytes(int depth, int channels)
{
    size_t column = 3 * sizeof(int32_t) + (size_t)((depth + 7) / 8 * 8);
    return (size_t)channels * column + flag_bytes(depth);
}

/* Whether the sums of n products that share a 16-bit lane fit, 8 lanes a channel, whatever the
 * inputs: inputs are at most 128 in size. */
static bool lanes_fit(const int8_t *w, int n)
{
    for (int lane = 0; lane < 8; lane++) {
        int sum = 0;
        for (int i = 0; i < n; i++)
            sum += w[8 * i + lane] < 0 ? -w[8 * i + lane] : w[8 * i + lane];
        if (sum * 128 > INT16_MAX)
            return false;
    }
    return true;
}

/* Lays out the weights of the tile of filters from first on. */
static void tile_pack(int8_t *dst, const Filters *f, int first, int channels, bool pairs)
{
    Blocks cuts = cut(f->depth, pairs);
    uint8_t *quads = (uint8_t *)dst + channels * ((f->depth + 7) / 8 * 8);
    int k = 0;
    for (int i = 0; i < cuts.n32 + cuts.n16 + cuts.n8; i++) {
        int size = i < cuts.n32 ? 32 : i < cuts.n32 + cuts.n16 ? 16 : 8;
        bool fit = true;
        for (int c = 0; c < channels; c++, dst += size) {
            for (int j = 0; j < size; j++)
                dst[j] = filter_weight(f, first + c, k + j);
            fit = fit && lanes_fit(dst, size / 8);
        }
        if (size == 32)
            quads[i] = fit;
        k += size;
    }
}

/* Adds up 16 inputs; one: the factor of each, 1 or 0. */
static inline int32x4_t add_inputs(int32x4_t sum, int8x16_t x, int8x16_t one)
{
    return vpadalq_s16(sum, vpaddlq_s8(vmulq_s8(x, one)));
}

NN_INLINE int32x4_t widen(int32x4_t acc, int16x8_t products, bool first)
{
    return first ? vpaddlq_s16(products) : vpadalq_s16(acc, products);
}

/* Each step does one block of weights for n pixels (1 or 2) from x[...]; first: accumulators start
 * here. */
NN_INLINE void step32(int32x4_t acc[][TILE_CHANNELS], const int8_t *const *x, ptrdiff_t at,
                      const int8_t *w, int n, bool first, bool quads)
{
    int8x16_t x0[TILE_PIXELS], x1[TILE_PIXELS];
    NN_UNROLL
    for (int p = 0; p < n; p++) {
        x0[p] = vld1q_s8(x[p] + at);
        x1[p] = vld1q_s8(x[p] + at + 16);
    }
    NN_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++) {
        int8x16_t w0 = vld1q_s8(w + 32 * c), w1 = vld1q_s8(w + 32 * c + 16);
        int16x8_t t[TILE_PIXELS];
        NN_UNROLL
        for (int p = 0; p < n; p++)
            t[p] = vmull_s8(vget_low_s8(x0[p]), vget_low_s8(w0));
        NN_UNROLL
        for (int p = 0; p < n; p++)
            t[p] = vmlal_high_s8(t[p], x0[p], w0);
        NN_UNROLL
        for (int p = 0; p < n; p++) {
            if (quads) {
                t[p] = vmlal_s8(t[p], vget_low_s8(x1[p]), vget_low_s8(w1));
            } else {
                acc[p][c] = widen(acc[p][c], t[p], first);
                t[p] = vmull_s8(vget_low_s8(x1[p]), vget_low_s8(w1));
            }
        }
        NN_UNROLL
        for (int p = 0; p < n; p++)
            t[p] = vmlal_high_s8(t[p], x1[p], w1);
        NN_UNROLL
        for (int p = 0; p < n; p++)
            acc[p][c] = widen(acc[p][c], t[p], first && quads);
    }
}

NN_INLINE void step16(int32x4_t acc[][TILE_CHANNELS], const int8_t *const *x, ptrdiff_t at,
                      const int8_t *w, int n, bool first)
{
    int8x16_t xs[TILE_PIXELS];
    NN_UNROLL
    for (int p = 0; p < n; p++)
        xs[p] = vld1q_s8(x[p] + at);
    NN_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++) {
        int8x16_t ws = vld1q_s8(w + 16 * c);
        int16x8_t t[TILE_PIXELS];
        NN_UNROLL
        for (int p = 0; p < n; p++)
            t[p] = vmull_s8(vget_low_s8(xs[p]), vget_low_s8(ws));
        NN_UNROLL
        for (int p = 0; p < n; p++)
            t[p] = vmlal_high_s8(t[p], xs[p], ws);
        NN_UNROLL
        for (int p = 0; p < n; p++)
            acc[p][c] = widen(acc[p][c], t[p], first);
    }
}

NN_INLINE void step8(int32x4_t acc[][TILE_CHANNELS], const int8_t *const *x, ptrdiff_t at,
                     const int8_t *w, int n, bool first)
{
    int8x8_t xs[TILE_PIXELS];
    NN_UNROLL
    for (int p = 0; p < n; p++)
        xs[p] = vld1_s8(x[p] + at);
    NN_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++) {
        int8x8_t ws = vld1_s8(w + 8 * c);
        NN_UNROLL
        for (int p = 0; p < n; p++)
            acc[p][c] = widen(acc[p][c], vmull_s8(xs[p], ws), first);
    }
}

/* The sums of n pixels over the whole depth. */
NN_INLINE void tile_sums(int32x4_t acc[][TILE_CHANNELS], const int8_t *const *x, const int8_t *w,
                         Blocks cuts, const uint8_t *quads, int n)
{
    ptrdiff_t at = 0;
    if (cuts.n32) {
        if (quads[0])
            step32(acc, x, at, w, n, true, true);
        else
            step32(acc, x, at, w, n, true, false);
        at += 32, w += 32 * TILE_CHANNELS;
        for (int i = 1; i < cuts.n32; i++, at += 32, w += 32 * TILE_CHANNELS) {
            if (quads[i])
                step32(acc, x, at, w, n, false, true);
            else
                step32(acc, x, at, w, n, false, false);
        }
        if (cuts.n16) {
            step16(acc, x, at, w, n, false);
            at += 16, w += 16 * TILE_CHANNELS;
        }
    } else if (cuts.n16) {
        step16(acc, x, at, w, n, true);
        at += 16, w += 16 * TILE_CHANNELS;
    } else {
        step8(acc, x, at, w, n, true);
        at += 8, w += 8 * TILE_CHANNELS;
        cuts.n8--;
    }
    for (int i = 0; i < cuts.n8; i++, at += 8, w += 8 * TILE_CHANNELS)
        step8(acc, x, at, w, n, false);
}

/* n pixels from number p on, whose inputs and outputs are at x0 and out. */
NN_INLINE void tile(const Requant *q, const Panel *panel, const int8_t *packed, Blocks cuts,
                    const uint8_t *quads, const int8_t *x0, int8_t *out, int p, int n)
{
    const int32_t *bias = (const int32_t *)packed;
    const int32_t *mult = bias + TILE_CHANNELS, *shift = mult + TILE_CHANNELS;
    const int8_t *w = (const int8_t *)(shift + TILE_CHANNELS);
    const int8_t *x[TILE_PIXELS] = {x0, x0 + panel->x_pitch};

    int32x4_t acc[TILE_PIXELS][TILE_CHANNELS];
    tile_sums(acc, x, w, cuts, quads, n);

    int32x4_t sums[4]; /* [pixel][4 channels] */
    NN_UNROLL
    for (int i = 0; i < 2 * n; i++) {
        const int32x4_t *a = &acc[i / 2][i % 2 * 4];
        int32x4_t sum = vpaddq_s32(vpaddq_s32(a[0], a[1]), vpaddq_s32(a[2], a[3]));
        sums[i] = vaddq_s32(sum, vld1q_s32(bias + i % 2 * 4));
    }
    if (panel->extra) {
        NN_UNROLL
        for (int i = 0; i < 2 * n; i++)
            sums[i] = vaddq_s32(sums[i], vld1q_dup_s32(panel->extra + p + i / 2));
    }
    if (n == 1) {
        vst1_s8(out, requant_8(q, q->relu, sums, mult, shift));
        return;
    }
    int8x16_t v;
    if (q->relu)
        requant(q, true, sums, 4, mult, shift, 2, &v);
    else
        requant(q, false, sums, 4, mult, shift, 2, &v);
    vst1_s8(out, vget_low_s8(v));
    vst1_s8(out + panel->out_pitch, vget_high_s8(v));
}

/* Outputs are bytes, which may alias anything: copies keep what is shared in registers. */
static void tile_run(const Requant *shared, const Panel *job, const int8_t *packed, int channels,
                     bool pairs)
{
    const Requant q = *shared;
    const Panel panel = *job;
    Blocks cuts = cut(panel.depth, pairs);
    const uint8_t *quads =
        (const uint8_t *)packed + tile_bytes(panel.depth, channels) - flag_bytes(panel.depth);
    const int8_t *x = panel.x;
    int8_t *out = panel.out;
    int p = 0;
    for (; p + 2 <= panel.pixels; p += 2) {
        tile(&q, &panel, packed, cuts, quads, x, out, p, 2);
        x += 2 * panel.x_pitch;
        out += 2 * panel.out_pitch;
    }
    if (p < panel.pixels)
        tile(&q, &panel, packed, cuts, quads, x, out, p, 1);
}

#endif
