/* SPDX-License-Identifier: MIT */
/* image_neon.c - the loops of rows.h in NEON. */
#include "rows.h"
#include "simd.h"

#include <string.h>

/* ---- sums down the columns ---------------------------------------------------------------- */

/* 64 bytes of a row; or 16, or what is left of them, in val[0]. */
NN_INLINE uint8x16x4_t load(const uint8_t *row, int vectors, int left)
{
    if (vectors == 4)
        return vld1q_u8_x4(row);
    if (left >= 16)
        return (uint8x16x4_t){{vld1q_u8(row)}};
    uint8_t rest[16] = {0};
    memcpy(rest, row, (size_t)left);
    return (uint8x16x4_t){{vld1q_u8(rest)}};
}

/* A weight in units of 1/256: its two bytes. */
typedef struct {
    uint8x16_t hi, lo;
} Weight;

/* Sums of 16 columns. */
typedef struct {
    uint16x8_t a, b;
} Sums;

NN_INLINE Weight weight_from(int weight)
{
    return (Weight){vdupq_n_u8((uint8_t)(weight >> 8)), vdupq_n_u8((uint8_t)(weight & 255))};
}

NN_INLINE Sums add_whole(Sums s, uint8x16_t r, uint8x16_t weight)
{
    s.a = vmlal_u8(s.a, vget_low_u8(r), vget_low_u8(weight));
    s.b = vmlal_high_u8(s.b, r, weight);
    return s;
}

/* Only the product with the low byte needs rounding. */
NN_INLINE Sums add_part(Sums s, uint8x16_t r, Weight weight)
{
    s = add_whole(s, r, weight.hi);
    s.a = vrsraq_n_u16(s.a, vmull_u8(vget_low_u8(r), vget_low_u8(weight.lo)), 8);
    s.b = vrsraq_n_u16(s.b, vmull_high_u8(r, weight.lo), 8);
    return s;
}

#define MOST_ROWS 4 /* read side by side: as many streams as small cores can prefetch */

/* Some of a band's rows; first and last may be NULL. */
typedef struct {
    const uint8_t *first, *whole, *last;
    ptrdiff_t stride;
    int n_whole;
    Weight first_weight, last_weight;
    uint8x16_t whole_weight;
} Rows;

/* Adds rows to the sums of `vectors` times 16 columns from x on, `left` of which exist. */
NN_INLINE void sum_strip(int vectors, uint16_t *sums, int x, int left, const Rows *rows)
{
    Sums s[4];
    if (rows->first) {
        uint8x16x4_t r = load(rows->first + x, vectors, left);
        NN_UNROLL for (int v = 0; v < vectors; v++) s[v] =
            add_part((Sums){vdupq_n_u16(0), vdupq_n_u16(0)}, r.val[v], rows->first_weight);
    } else {
        NN_UNROLL for (int v = 0; v < vectors; v++) s[v] =
            (Sums){vld1q_u16(sums + x + 16 * v), vld1q_u16(sums + x + 16 * v + 8)};
    }
    const uint8_t *row = rows->whole + x;
    for (int y = 0; y < rows->n_whole; y++, row += rows->stride) {
        uint8x16x4_t r = load(row, vectors, left);
        NN_UNROLL for (int v = 0; v < vectors; v++) s[v] =
            add_whole(s[v], r.val[v], rows->whole_weight);
    }
    if (rows->last) {
        uint8x16x4_t r = load(rows->last + x, vectors, left);
        NN_UNROLL for (int v = 0; v < vectors; v++) s[v] =
            add_part(s[v], r.val[v], rows->last_weight);
    }
    NN_UNROLL for (int v = 0; v < vectors; v++)
    {
        vst1q_u16(sums + x + 16 * v, s[v].a);
        vst1q_u16(sums + x + 16 * v + 8, s[v].b);
    }
}

static void sum(uint16_t *sums, const RowBand *band, int n)
{
    Rows rows = {.first = band->first,
                 .whole = band->whole,
                 .stride = band->stride,
                 .first_weight = weight_from(band->first_weight),
                 .last_weight = weight_from(band->last_weight),
                 .whole_weight = vdupq_n_u8((uint8_t)band->whole_weight)};
    int todo = band->n_whole;
    do {
        rows.n_whole = todo < MOST_ROWS ? todo : MOST_ROWS;
        todo -= rows.n_whole;
        rows.last = todo ? NULL : band->last;
        int x = 0;
        for (; x + 64 <= n; x += 64)
            sum_strip(4, sums, x, 64, &rows);
        for (; x < n; x += 16)
            sum_strip(1, sums, x, n - x, &rows);
        rows.first = NULL;
        rows.whole += rows.n_whole * rows.stride;
    } while (todo);
}

/* ---- along the row ------------------------------------------------------------------------ */

NN_INLINE void store(uint16_t *line, int i, uint16x8_t v)
{
    if (line)
        vst1q_u16(line + i, v);
}

static void split(uint16_t *const lines[], const uint16_t *sums, int n, int ways)
{
    uint16_t *a = lines[0], *b = lines[1], *c = lines[2], *d = lines[3];
    for (int i = 0; ways == 2 && i < n; i += 8, sums += 16) {
        uint16x8x2_t v = vld2q_u16(sums);
        store(a, i, v.val[0]);
        store(b, i, v.val[1]);
    }
    for (int i = 0; ways == 3 && i < n; i += 8, sums += 24) {
        uint16x8x3_t v = vld3q_u16(sums);
        store(a, i, v.val[0]);
        store(b, i, v.val[1]);
        store(c, i, v.val[2]);
    }
    for (int i = 0; ways == 4 && i < n; i += 8, sums += 32) {
        uint16x8x4_t v = vld4q_u16(sums);
        store(a, i, v.val[0]);
        store(b, i, v.val[1]);
        store(c, i, v.val[2]);
        store(d, i, v.val[3]);
    }
}

/* Products of `taps` samples, start bytes into the line, and their weights: four partial sums. */
NN_INLINE uint32x4_t products(const uint16_t *line, int start, const uint16_t *weights, int taps)
{
    const uint16_t *samples = (const uint16_t *)((const uint8_t *)line + start);
    if (taps == 4)
        return vmull_u16(vld1_u16(samples), vld1_u16(weights));
    uint16x8_t x = vld1q_u16(samples), w = vld1q_u16(weights);
    uint32x4_t sum = vmlal_high_u16(vmull_u16(vget_low_u16(x), vget_low_u16(w)), x, w);
    int k = 8;
    for (; k + 8 <= taps; k += 8) {
        x = vld1q_u16(samples + k);
        w = vld1q_u16(weights + k);
        sum = vmlal_high_u16(vmlal_u16(sum, vget_low_u16(x), vget_low_u16(w)), x, w);
    }
    return k < taps ? vmlal_u16(sum, vld1_u16(samples + k), vld1_u16(weights + k)) : sum;
}

NN_INLINE void resize_taps(uint16_t *out, const uint16_t *line, const Axis *axis, int taps)
{
    const int32_t *s = axis->starts;
    const uint16_t *w = axis->weights;
    for (int i = 0, n = axis->n; i < n; i += 4, s += 4, w += 4 * taps) {
        uint32x4_t a = products(line, s[0], w, taps);
        uint32x4_t b = products(line, s[1], w + taps, taps);
        uint32x4_t c = products(line, s[2], w + 2 * taps, taps);
        uint32x4_t d = products(line, s[3], w + 3 * taps, taps);
        uint32x4_t sum = vpaddq_u32(vpaddq_u32(a, b), vpaddq_u32(c, d));
        vst1_u16(out + i, vrshrn_n_u32(sum, COLUMN_SHIFT));
    }
}

/* A case with a constant for each number of taps that a camera's picture meets: 1920 columns to 224
 * take 12. */
static void resize(uint16_t *out, const uint16_t *line, const Axis *axis)
{
    if (axis->taps == 4)
        resize_taps(out, line, axis, 4);
    else if (axis->taps == 8)
        resize_taps(out, line, axis, 8);
    else if (axis->taps == 12)
        resize_taps(out, line, axis, 12);
    else
        resize_taps(out, line, axis, axis->taps);
}

/* Partial sums of two outputs, each u v u v, to u v u v. */
NN_INLINE uint16x4_t join_pairs(uint32x4_t a, uint32x4_t b)
{
    uint32x4_t inner = vextq_u32(a, b, 2);
    uint32x4_t outer = vbslq_u32(vcombine_u32(vdup_n_u32(~0u), vdup_n_u32(0)), a, b);
    return vrshrn_n_u32(vaddq_u32(inner, outer), COLUMN_SHIFT);
}

NN_INLINE void resize_pairs_taps(uint16_t *out0, uint16_t *out1, const uint16_t *line,
                                 const Axis *axis, int taps)
{
    const int32_t *s = axis->starts;
    const uint16_t *w = axis->weights;
    for (int i = 0, n = axis->n; i < n; i += 4, s += 4, w += 8 * taps) {
        uint32x4_t a = products(line, s[0], w, 2 * taps);
        uint32x4_t b = products(line, s[1], w + 2 * taps, 2 * taps);
        uint32x4_t c = products(line, s[2], w + 4 * taps, 2 * taps);
        uint32x4_t d = products(line, s[3], w + 6 * taps, 2 * taps);
        uint16x4x2_t pairs = vuzp_u16(join_pairs(a, b), join_pairs(c, d));
        vst1_u16(out0 + i, pairs.val[0]);
        vst1_u16(out1 + i, pairs.val[1]);
    }
}

static void resize_pairs(uint16_t *out0, uint16_t *out1, const uint16_t *line, const Axis *axis)
{
    if (axis->taps == 4)
        resize_pairs_taps(out0, out1, line, axis, 4);
    else if (axis->taps == 8)
        resize_pairs_taps(out0, out1, line, axis, 8);
    else
        resize_pairs_taps(out0, out1, line, axis, axis->taps);
}

/* ---- colour ------------------------------------------------------------------------------- */

typedef struct {
    float32x4_t m[3], add, lo, hi;
} ChannelF32;

NN_INLINE ChannelF32 channel_f32_from(const ColourMap *map, int k)
{
    return (ChannelF32){
        {vdupq_n_f32(map->m[k][0]), vdupq_n_f32(map->m[k][1]), vdupq_n_f32(map->m[k][2])},
        vdupq_n_f32(map->add[k]),
        vdupq_n_f32(map->lo[k]),
        vdupq_n_f32(map->hi[k])};
}

NN_INLINE float32x4_t channel_f32(const ChannelF32 *channel, const float32x4_t c[3])
{
    float32x4_t x = channel->add;
    NN_UNROLL for (int j = 0; j < 3; j++) x = vaddq_f32(x, vmulq_f32(c[j], channel->m[j]));
    return vminq_f32(vmaxq_f32(x, channel->lo), channel->hi);
}

static void colour_f32(float *out, const uint16_t *const components[3], int n, int channels,
                       const ColourMap *map)
{
    const uint16_t *c0 = components[0], *c1 = components[1], *c2 = components[2];
    const ChannelF32 r = channel_f32_from(map, 0), g = channel_f32_from(map, 1),
                     b = channel_f32_from(map, 2);
    for (int i = 0; i < n; i += 4, out += 4 * channels) {
        const float32x4_t c[3] = {vcvtq_f32_u32(vmovl_u16(vld1_u16(c0 + i))),
                                  vcvtq_f32_u32(vmovl_u16(vld1_u16(c1 + i))),
                                  vcvtq_f32_u32(vmovl_u16(vld1_u16(c2 + i)))};
        if (channels == 1)
            vst1q_f32(out, channel_f32(&r, c));
        else
            vst3q_f32(out, ((float32x4x3_t){
                               {channel_f32(&r, c), channel_f32(&g, c), channel_f32(&b, c)}}));
    }
}

typedef struct {
    int16x8_t m[3], add, lo, hi;
} Channel8;

NN_INLINE Channel8 channel_8_from(const ColourMap *map, int k)
{
    return (Channel8){{vdupq_n_s16(map->fixed_m[k][0]), vdupq_n_s16(map->fixed_m[k][1]),
                       vdupq_n_s16(map->fixed_m[k][2])},
                      vdupq_n_s16(map->fixed_add[k]),
                      vdupq_n_s16(map->fixed_lo[k]),
                      vdupq_n_s16(map->fixed_hi[k])};
}

NN_INLINE uint8x8_t channel_8(const Channel8 *channel, const int16x8_t c[3], int16x8_t shift)
{
    int16x8_t x = channel->add;
    NN_UNROLL for (int j = 0; j < 3; j++) x = vqaddq_s16(x, vqrdmulhq_s16(c[j], channel->m[j]));
    x = vminq_s16(vmaxq_s16(vrshlq_s16(x, shift), channel->lo), channel->hi);
    return vmovn_u16(vreinterpretq_u16_s16(x));
}

static void colour_8(uint8_t *out, const uint16_t *const components[3], int n, int channels,
                     const ColourMap *map)
{
    const uint16_t *c0 = components[0], *c1 = components[1], *c2 = components[2];
    const Channel8 r = channel_8_from(map, 0), g = channel_8_from(map, 1),
                   b = channel_8_from(map, 2);
    const int16x8_t shift = vdupq_n_s16((int16_t)-map->shift);
    for (int i = 0; i < n; i += 8, out += 8 * channels) {
        const int16x8_t c[3] = {vreinterpretq_s16_u16(vld1q_u16(c0 + i)),
                                vreinterpretq_s16_u16(vld1q_u16(c1 + i)),
                                vreinterpretq_s16_u16(vld1q_u16(c2 + i))};
        if (channels == 1)
            vst1_u8(out, channel_8(&r, c, shift));
        else
            vst3_u8(out, ((uint8x8x3_t){{channel_8(&r, c, shift), channel_8(&g, c, shift),
                                         channel_8(&b, c, shift)}}));
    }
}

const ImageRows image_rows_neon = {sum, split, resize, resize_pairs, colour_f32, colour_8};
