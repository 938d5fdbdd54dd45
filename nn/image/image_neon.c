/* SPDX-License-Identifier: MIT */
/* image_neon.c - the loops of rows.h in NEON. */
#include "rows.h"
#include "simd.h"

#include <string.h>

/* ---- sums down the columns ---------------------------------------------------------------- */

/* 16 bytes of a row, or what is left of it. */
static inline uint8x16_t load(const uint8_t *row, int left)
{
    uint8_t rest[16] = {0};
    if (left >= 16)
        return vld1q_u8(row);
    memcpy(rest, row, (size_t)left);
    return vld1q_u8(rest);
}

/* sum + sample * weight / 256 as two 8-bit products; only the low byte's needs rounding. */
static inline uint16x8_t add_weighted(uint16x8_t sum, uint8x8_t samples, uint8x8_t weight_hi,
                                      uint8x8_t weight_lo)
{
    sum = vmlal_u8(sum, samples, weight_hi);
    return vrsraq_n_u16(sum, vmull_u8(samples, weight_lo), 8);
}

#define MOST_ROWS 4 /* read side by side: as many streams as small cores can prefetch */

/* Adds to the sums of `vectors` times 16 columns at x, `left` of which exist: first (which starts
 * them), n whole rows, last; first and last may be NULL. */
static inline void sum_strip(int vectors, uint16_t *sums, int x, int left, const RowBand *band,
                             const uint8_t *first, const uint8_t *whole, int n, const uint8_t *last)
{
    uint16x8_t acc[8];
    if (first) {
        uint8x8_t hi = vdup_n_u8((uint8_t)(band->first_weight >> 8));
        uint8x8_t lo = vdup_n_u8((uint8_t)(band->first_weight & 255));
        for (int v = 0; v < vectors; v++) {
            uint8x16_t r = load(first + x + 16 * v, left - 16 * v);
            acc[2 * v] = add_weighted(vdupq_n_u16(0), vget_low_u8(r), hi, lo);
            acc[2 * v + 1] = add_weighted(vdupq_n_u16(0), vget_high_u8(r), hi, lo);
        }
    } else {
        for (int v = 0; v < 2 * vectors; v++)
            acc[v] = vld1q_u16(sums + x + 8 * v);
    }
    uint8x8_t weight = vdup_n_u8((uint8_t)band->whole_weight);
    for (int y = 0; y < n; y++, whole += band->stride)
        for (int v = 0; v < vectors; v++) {
            uint8x16_t r = load(whole + x + 16 * v, left - 16 * v);
            acc[2 * v] = vmlal_u8(acc[2 * v], vget_low_u8(r), weight);
            acc[2 * v + 1] = vmlal_u8(acc[2 * v + 1], vget_high_u8(r), weight);
        }
    if (last) {
        uint8x8_t hi = vdup_n_u8((uint8_t)(band->last_weight >> 8));
        uint8x8_t lo = vdup_n_u8((uint8_t)(band->last_weight & 255));
        for (int v = 0; v < vectors; v++) {
            uint8x16_t r = load(last + x + 16 * v, left - 16 * v);
            acc[2 * v] = add_weighted(acc[2 * v], vget_low_u8(r), hi, lo);
            acc[2 * v + 1] = add_weighted(acc[2 * v + 1], vget_high_u8(r), hi, lo);
        }
    }
    for (int v = 0; v < 2 * vectors; v++)
        vst1q_u16(sums + x + 8 * v, acc[v]);
}

static void sum(uint16_t *sums, const RowBand *band, int n)
{
    const uint8_t *first = band->first, *whole = band->whole;
    int rows = band->n_whole;
    do {
        int few = rows < MOST_ROWS ? rows : MOST_ROWS;
        const uint8_t *last = rows == few ? band->last : NULL;
        int x = 0;
        for (; x + 64 <= n; x += 64)
            sum_strip(4, sums, x, 64, band, first, whole, few, last);
        for (; x + 16 <= n; x += 16)
            sum_strip(1, sums, x, 16, band, first, whole, few, last);
        if (x < n)
            sum_strip(1, sums, x, n - x, band, first, whole, few, last);
        first = NULL;
        whole += few * band->stride;
        rows -= few;
    } while (rows > 0);
}

/* ---- along the row ------------------------------------------------------------------------ */

static void split(uint16_t *const lines[], const uint16_t *sums, int n, int ways)
{
    uint16x8_t v[4];
    for (int i = 0; i < n; i += 8, sums += 8 * ways) {
        if (ways == 2) {
            uint16x8x2_t x = vld2q_u16(sums);
            memcpy(v, &x, sizeof x);
        } else if (ways == 3) {
            uint16x8x3_t x = vld3q_u16(sums);
            memcpy(v, &x, sizeof x);
        } else {
            uint16x8x4_t x = vld4q_u16(sums);
            memcpy(v, &x, sizeof x);
        }
        for (int k = 0; k < ways; k++)
            if (lines[k])
                vst1q_u16(lines[k] + i, v[k]);
    }
}

/* Products of one output's taps, in four partial sums. */
static inline uint32x4_t products(const uint16_t *samples, const uint16_t *weights, int taps)
{
    if (taps == 4)
        return vmull_u16(vld1_u16(samples), vld1_u16(weights));
    uint16x8_t s = vld1q_u16(samples), w = vld1q_u16(weights);
    uint32x4_t acc = vmull_u16(vget_low_u16(s), vget_low_u16(w));
    acc = vmlal_u16(acc, vget_high_u16(s), vget_high_u16(w));
    for (int k = 8; k < taps; k += 8) {
        s = vld1q_u16(samples + k);
        w = vld1q_u16(weights + k);
        acc = vmlal_u16(acc, vget_low_u16(s), vget_low_u16(w));
        acc = vmlal_u16(acc, vget_high_u16(s), vget_high_u16(w));
    }
    return acc;
}

static inline uint16x4_t four_outputs(const uint16_t *line, const int32_t *starts,
                                      const uint16_t *weights, int taps)
{
    uint32x4_t a = products(line + starts[0], weights, taps);
    uint32x4_t b = products(line + starts[1], weights + taps, taps);
    uint32x4_t c = products(line + starts[2], weights + 2 * taps, taps);
    uint32x4_t d = products(line + starts[3], weights + 3 * taps, taps);
    return vrshrn_n_u32(vpaddq_u32(vpaddq_u32(a, b), vpaddq_u32(c, d)), COLUMN_SHIFT);
}

static inline void resize_taps(uint16_t *out, const uint16_t *line, const Axis *axis, int taps)
{
    const int32_t *starts = axis->starts;
    const uint16_t *weights = axis->weights;
    for (int i = 0; i < axis->n; i += 8, starts += 8, weights += 8 * taps)
        vst1q_u16(out + i, vcombine_u16(four_outputs(line, starts, weights, taps),
                                        four_outputs(line, starts + 4, weights + 4 * taps, taps)));
}

static void resize(uint16_t *out, const uint16_t *line, const Axis *axis)
{
    if (axis->taps == 4)
        resize_taps(out, line, axis, 4);
    else if (axis->taps == 8)
        resize_taps(out, line, axis, 8);
    else
        resize_taps(out, line, axis, axis->taps);
}

/* ---- colour ------------------------------------------------------------------------------- */

static inline float32x4_t channel_f32(const ColourMap *map, int k, const float32x4_t c[3])
{
    float32x4_t x = vdupq_n_f32(map->add[k]);
    for (int j = 0; j < 3; j++)
        x = vaddq_f32(x, vmulq_n_f32(c[j], map->m[k][j]));
    x = vmaxq_f32(x, vdupq_n_f32(map->lo[k]));
    return vminq_f32(x, vdupq_n_f32(map->hi[k]));
}

static void colour_f32(float *out, const uint16_t *const components[3], int n, int channels,
                       const ColourMap *map)
{
    for (int i = 0; i < n; i += 4, out += 4 * channels) {
        float32x4_t c[3];
        for (int j = 0; j < 3; j++)
            c[j] = vcvtq_f32_u32(vmovl_u16(vld1_u16(components[j] + i)));
        float32x4x3_t x = {{channel_f32(map, 0, c)}};
        if (channels == 1) {
            vst1q_f32(out, x.val[0]);
            continue;
        }
        x.val[1] = channel_f32(map, 1, c);
        x.val[2] = channel_f32(map, 2, c);
        vst3q_f32(out, x);
    }
}

static inline uint8x8_t channel_8(const ColourMap *map, int k, const int16x8_t c[3])
{
    int32x4_t lo = vdupq_n_s32(map->fixed_add[k]), hi = lo, shift = vdupq_n_s32(-map->shift);
    for (int j = 0; j < 3; j++) {
        lo = vmlal_n_s16(lo, vget_low_s16(c[j]), map->fixed_m[k][j]);
        hi = vmlal_n_s16(hi, vget_high_s16(c[j]), map->fixed_m[k][j]);
    }
    int16x8_t x = vcombine_s16(vqmovn_s32(vshlq_s32(lo, shift)), vqmovn_s32(vshlq_s32(hi, shift)));
    x = vmaxq_s16(x, vdupq_n_s16(map->fixed_lo[k]));
    x = vminq_s16(x, vdupq_n_s16(map->fixed_hi[k]));
    return vmovn_u16(vreinterpretq_u16_s16(x));
}

static void colour_8(uint8_t *out, const uint16_t *const components[3], int n, int channels,
                     const ColourMap *map)
{
    for (int i = 0; i < n; i += 8, out += 8 * channels) {
        int16x8_t c[3];
        for (int j = 0; j < 3; j++)
            c[j] = vreinterpretq_s16_u16(vld1q_u16(components[j] + i));
        uint8x8x3_t x = {{channel_8(map, 0, c)}};
        if (channels == 1) {
            vst1_u8(out, x.val[0]);
            continue;
        }
        x.val[1] = channel_8(map, 1, c);
        x.val[2] = channel_8(map, 2, c);
        vst3_u8(out, x);
    }
}

const ImageRows image_rows_neon = {sum, split, resize, colour_f32, colour_8};
