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

/* Adds up 16 inputs; one: the factor of each, 1 or 0. */
static inline int32x4_t add_inputs(int32x4_t sum, int8x16_t x, int8x16_t one)
{
    return vdotq_s32(sum, x, one);
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

/* Depth 4 * lane ... 4 * lane + 3 of the inputs in x, for n pixels; w: 4 weights a channel. Returns
 * the next weights. */
NN_INLINE const int8_t *step4(int32x4_t *acc, const int8x16_t *x, const int8_t *w, int n,
                              int vectors, int lane)
{
    int8x16_t weights[4];
    if (vectors == 4) {
        int8x16x4_t four = vld1q_s8_x4(w);
        weights[0] = four.val[0], weights[1] = four.val[1];
        weights[2] = four.val[2], weights[3] = four.val[3];
    } else {
        weights[0] = vld1q_s8(w), weights[1] = vld1q_s8(w + 16);
    }
    NN_UNROLL
    for (int v = 0; v < vectors; v++) {
        NN_UNROLL
        for (int p = 0; p < n; p++)
            acc[p * vectors + v] = dot_lane(acc[p * vectors + v], weights[v], x[p], lane);
    }
    w += 16 * vectors;
    NN_STEP(w);
    return w;
}

NN_INLINE void load_inputs(int8x16_t *xs, const int8_t *const *x, ptrdiff_t k, int n)
{
    NN_UNROLL
    for (int i = 0; i < n; i++)
        xs[i] = vld1q_s8(x[i] + k);
}

/* n pixels from number p on, whose inputs and outputs are at x0 and out, by 4 * vectors channels.
 */
NN_INLINE void tile(const Requant *q, const Panel *panel, const int8_t *packed, const int8_t *x0,
                    int8_t *out, int p, int n, int vectors)
{
    int channels = 4 * vectors;
    const int32_t *bias = (const int32_t *)packed;
    const int32_t *mult = bias + channels, *shift = mult + channels;
    const int8_t *w = (const int8_t *)(shift + channels);
    const int8_t *x[TILE_PIXELS] = {x0};
    NN_UNROLL
    for (int i = 1; i < n; i++)
        x[i] = x[i - 1] + panel->x_pitch;

    int32x4_t acc[TILE_PIXELS * 4]; /* [pixel][vector of 4 channels] */
    if (panel->extra) {
        NN_UNROLL
        for (int i = 0; i < n * vectors; i++)
            acc[i] = vaddq_s32(vld1q_s32(bias + 4 * (i % vectors)),
                               vld1q_dup_s32(panel->extra + p + i / vectors));
    } else {
        NN_UNROLL
        for (int i = 0; i < n * vectors; i++)
            acc[i] = vld1q_s32(bias + 4 * (i % vectors));
    }

    int8x16_t xs[TILE_PIXELS];
    int rest = panel->depth % 16;
    ptrdiff_t k = 0;
    for (; k < panel->depth - rest; k += 16) {
        load_inputs(xs, x, k, n);
        NN_UNROLL
        for (int lane = 0; lane < 4; lane++)
            w = step4(acc, xs, w, n, vectors, lane);
    }
    if (rest) {
        load_inputs(xs, x, k, n);
        w = step4(acc, xs, w, n, vectors, 0);
        if (rest > 4)
            w = step4(acc, xs, w, n, vectors, 1);
        if (rest > 8)
            w = step4(acc, xs, w, n, vectors, 2);
        if (rest > 12)
            step4(acc, xs, w, n, vectors, 3);
    }

    int8x16_t v[TILE_PIXELS];
    if (n * vectors == 2) { /* one pixel by 8 channels */
        vst1_s8(out, requant_8(q, q->relu, acc, mult, shift));
        return;
    }
    if (q->relu)
        requant(q, true, acc, n * vectors, mult, shift, vectors, v);
    else
        requant(q, false, acc, n * vectors, mult, shift, vectors, v);
    NN_UNROLL
    for (int i = 0; i < n; i++, out += panel->out_pitch) {
        if (vectors == 4)
            vst1q_s8(out, v[i]);
        else
            vst1_s8(out, i % 2 ? vget_high_s8(v[i / 2]) : vget_low_s8(v[i / 2]));
    }
}

NN_INLINE void run_vectors(const Requant *q, const Panel *panel, const int8_t *packed, int vectors)
{
    const int8_t *x = panel->x;
    int8_t *out = panel->out;
    int p = 0;
    for (; p + 4 <= panel->pixels; p += 4) {
        tile(q, panel, packed, x, out, p, 4, vectors);
        x += 4 * panel->x_pitch;
        out += 4 * panel->out_pitch;
    }
    for (; p < panel->pixels; p++) {
        tile(q, panel, packed, x, out, p, 1, vectors);
        x += panel->x_pitch;
        out += panel->out_pitch;
    }
}

/* Outputs are bytes, which may alias anything: copies keep what is shared in registers. */
static void tile_run(const Requant *shared, const Panel *job, const int8_t *packed, int channels,
                     bool pairs)
{
    (void)pairs;
    const Requant q = *shared;
    const Panel panel = *job;
    if (channels == 16)
        run_vectors(&q, &panel, packed, 4);
    else
        run_vectors(&q, &panel, packed, 2);
}

#endif
