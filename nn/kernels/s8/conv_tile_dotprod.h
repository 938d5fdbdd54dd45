/* SPDX-License-Identifier: MIT */
/* conv_tile_dotprod.h - the micro-kernel of the int8 convolutions with dot product: 4 pixels by 16
 * channels, or by 8 at the end, on SDOT by lane. */
#ifndef NN_S8_CONV_TILE_DOTPROD_H
#define NN_S8_CONV_TILE_DOTPROD_H

#include "conv_tile.h"

enum { TILE_PIXELS = 4, TILE_CHANNELS = 16 };

/* A tile: int32 bias, mult and shift of its channels; the weights, 4 of each channel together, for
 * depth rounded up to 4. */
static inline int tile_channels(int left)
{
    return left > 8 ? 16 : 8;
}

static inline size_t tile_bytes(int depth, int channels)
{
    return (size_t)channels * (3 * sizeof(int32_t) + (size_t)((depth + 3) / 4 * 4));
}

static void tile_pack(int8_t *dst, const Filters *f, int first, int channels, bool pairs)
{
    (void)pairs;
    for (int k = 0; k < f->depth; k += 4) {
        for (int c = 0; c < channels; c++) {
            for (int j = 0; j < 4; j++)
                *dst++ = filter_weight(f, first + c, k + j);
        }
    }
}

/* The sum of depth inputs. */
static inline int32_t row_sum(const int8_t *x, int depth)
{
    int32x4_t sum = vdupq_n_s32(0);
    int k = 0;
    for (; k + 16 <= depth; k += 16)
        sum = vdotq_s32(sum, vld1q_s8(x + k), vdupq_n_s8(1));
    if (k < depth)
        sum = vdotq_s32(sum, vld1q_s8(x + k), first_bytes(depth - k, 1));
    return vaddvq_s32(sum);
}

/* Lane j: 4 products of channel j. lane is constant after inlining. */
NN_INLINE int32x4_t dot_lane(int32x4_t acc, int8x16_t w, int8x16_t x, int lane)
{
    switch (lane) {
    case 0:
        return vdotq_laneq_s32(acc, w, x, 0);
    case 1:
        return vdotq_laneq_s32(acc, w, x, 1);
    case 2:
        return vdotq_laneq_s32(acc, w, x, 2);
    default:
        return vdotq_laneq_s32(acc, w, x, 3);
    }
}

/* Depth 4 * lane ... 4 * lane + 3 of the inputs in x, for n pixels; w: 4 weights a channel. */
NN_INLINE void step4(int32x4_t *acc, const int8x16_t *x, const int8_t *w, int n, int vectors,
                     int lane)
{
    NN_UNROLL
    for (int v = 0; v < vectors; v++) {
        int8x16_t weights = vld1q_s8(w + 16 * v);
        NN_UNROLL
        for (int p = 0; p < n; p++)
            acc[p * vectors + v] = dot_lane(acc[p * vectors + v], weights, x[p], lane);
    }
}

/* n pixels from number p on by 4 * vectors channels. */
NN_INLINE void tile(const Requant *q, const Panel *panel, const int8_t *packed, int p, int n,
                    int vectors)
{
    int channels = 4 * vectors;
    const int32_t *bias = (const int32_t *)packed;
    const int32_t *mult = bias + channels, *shift = mult + channels;
    const int8_t *w = (const int8_t *)(shift + channels);
    const int8_t *x[TILE_PIXELS];
    NN_UNROLL
    for (int i = 0; i < n; i++)
        x[i] = panel->x + (p + i) * panel->x_pitch;

    int32x4_t acc[TILE_PIXELS * 4]; /* [pixel][vector of 4 channels] */
    NN_UNROLL
    for (int i = 0; i < n * vectors; i++)
        acc[i] = vld1q_s32(bias + 4 * (i % vectors));
    if (panel->extra) {
        NN_UNROLL
        for (int i = 0; i < n; i++) {
            int32x4_t extra = vld1q_dup_s32(panel->extra + p + i);
            NN_UNROLL
            for (int v = 0; v < vectors; v++)
                acc[i * vectors + v] = vaddq_s32(acc[i * vectors + v], extra);
        }
    }

    int8x16_t xs[TILE_PIXELS];
    ptrdiff_t k = 0;
    for (; k + 16 <= panel->depth; k += 16, w += 16 * channels) {
        NN_UNROLL
        for (int i = 0; i < n; i++)
            xs[i] = vld1q_s8(x[i] + k);
        NN_UNROLL
        for (int lane = 0; lane < 4; lane++)
            step4(acc, xs, w + 4 * lane * channels, n, vectors, lane);
    }
    if (k < panel->depth) {
        NN_UNROLL
        for (int i = 0; i < n; i++)
            xs[i] = vld1q_s8(x[i] + k);
        step4(acc, xs, w, n, vectors, 0);
        if (k + 4 < panel->depth)
            step4(acc, xs, w + 4 * channels, n, vectors, 1);
        if (k + 8 < panel->depth)
            step4(acc, xs, w + 8 * channels, n, vectors, 2);
        if (k + 12 < panel->depth)
            step4(acc, xs, w + 12 * channels, n, vectors, 3);
    }

    requant_scale(acc, n * vectors, mult, shift, vectors, q->rounding);
    int8x16_t v[TILE_PIXELS];
    int full = n * vectors / 4;
    if (full == 0) { /* one pixel by 8 channels */
        acc[2] = acc[0], acc[3] = acc[1];
        full = 1;
    }
    NN_UNROLL
    for (int i = 0; i < full; i++)
        v[i] = requant_narrow(q, acc + 4 * i);
    if (q->clamp) {
        NN_UNROLL
        for (int i = 0; i < full; i++)
            v[i] = requant_clamp(q, v[i]);
    }
    int8_t *out = panel->out + p * panel->out_pitch;
    NN_UNROLL
    for (int i = 0; i < n; i++, out += panel->out_pitch) {
        if (vectors == 4)
            vst1q_s8(out, v[i]);
        else
            vst1_s8(out, i % 2 ? vget_high_s8(v[i / 2]) : vget_low_s8(v[i / 2]));
    }
}

static void tile_run(const Requant *q, const Panel *panel, const int8_t *packed, int channels,
                     bool pairs)
{
    (void)pairs;
    int p = 0;
    if (channels == 16) {
        for (; p + 4 <= panel->pixels; p += 4)
            tile(q, panel, packed, p, 4, 4);
        for (; p < panel->pixels; p++)
            tile(q, panel, packed, p, 1, 4);
    } else {
        for (; p + 4 <= panel->pixels; p += 4)
            tile(q, panel, packed, p, 4, 2);
        for (; p < panel->pixels; p++)
            tile(q, panel, packed, p, 1, 2);
    }
}

#endif
