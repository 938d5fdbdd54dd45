/* SPDX-License-Identifier: MIT */
/* image_c.c - the loops of rows.h in plain C: the reference. */
#include "rows.h"

/* sample * weight / ROWS_UNIT; only the low byte of weight needs rounding. */
static int weighted(int sample, int weight)
{
    return sample * (weight >> 8) + ((sample * (weight & 255) + 128) >> 8);
}

static void sum(uint16_t *sums, const RowBand *band, int n)
{
    for (int i = 0; band->first && i < n; i++)
        sums[i] = (uint16_t)weighted(band->first[i], band->first_weight);
    for (int y = 0; y < band->n_whole; y++) {
        const uint8_t *row = band->whole + y * band->stride;
        for (int i = 0; i < n; i++)
            sums[i] = (uint16_t)(sums[i] + row[i] * band->whole_weight);
    }
    for (int i = 0; band->last && i < n; i++)
        sums[i] = (uint16_t)(sums[i] + weighted(band->last[i], band->last_weight));
}

static void split(uint16_t *const lines[], const uint16_t *sums, int n, int ways)
{
    for (int k = 0; k < ways; k++)
        for (int i = 0; lines[k] && i < n; i++)
            lines[k][i] = sums[i * ways + k];
}

static uint16_t weighted_sum(const uint16_t *samples, const uint16_t *weights, int n, int step)
{
    uint32_t total = 1u << (COLUMN_SHIFT - 1);
    for (int k = 0; k < n; k += step)
        total += (uint32_t)samples[k] * weights[k];
    return (uint16_t)(total >> COLUMN_SHIFT);
}

static void resize(uint16_t *out, const uint16_t *line, const Axis *axis)
{
    for (int i = 0; i < axis->n; i++)
        out[i] = weighted_sum(line + axis->starts[i] / 2, axis->weights + (ptrdiff_t)i * axis->taps,
                              axis->taps, 1);
}

static void resize_pairs(uint16_t *out0, uint16_t *out1, const uint16_t *line, const Axis *axis)
{
    for (int i = 0; i < axis->n; i++) {
        const uint16_t *samples = line + axis->starts[i] / 2;
        const uint16_t *weights = axis->weights + (ptrdiff_t)i * axis->taps * 2;
        out0[i] = weighted_sum(samples, weights, axis->taps * 2, 2);
        out1[i] = weighted_sum(samples + 1, weights, axis->taps * 2, 2);
    }
}

static void colour_f32(float *out, const uint16_t *const components[3], int n, int channels,
                       const ColourMap *map)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < channels; k++) {
            float x = map->add[k];
            for (int j = 0; j < 3; j++)
                x += map->m[k][j] * (float)components[j][i];
            *out++ = x < map->lo[k] ? map->lo[k] : x > map->hi[k] ? map->hi[k] : x;
        }
}

static int clamp(int x, int lo, int hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static void colour_8(uint8_t *out, const uint16_t *const components[3], int n, int channels,
                     const ColourMap *map)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < channels; k++) {
            int x = map->fixed_add[k];
            for (int j = 0; j < 3; j++) {
                int product = (map->fixed_m[k][j] * components[j][i] + (1 << 14)) >> 15;
                x = clamp(x + product, INT16_MIN, INT16_MAX);
            }
            x = (x + (1 << map->shift >> 1)) >> map->shift;
            *out++ = (uint8_t)clamp(x, map->fixed_lo[k], map->fixed_hi[k]);
        }
}

const ImageRows image_rows_c = {sum, split, resize, resize_pairs, colour_f32, colour_8};
