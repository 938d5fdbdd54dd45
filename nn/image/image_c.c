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

static void resize(uint16_t *const out[], const uint16_t *const lines[], int n, const Axis *axis)
{
    for (int i = 0; i < axis->n; i++) {
        const uint16_t *weights = axis->weights + (ptrdiff_t)i * axis->taps;
        for (int k = 0; k < n; k++) {
            const uint16_t *samples = lines[k] + axis->starts[i] / (int)sizeof(uint16_t);
            uint32_t total = 1u << (COLUMN_SHIFT - 1);
            for (int t = 0; t < axis->taps; t++)
                total += (uint32_t)samples[t] * weights[t];
            out[k][i] = (uint16_t)(total >> COLUMN_SHIFT);
        }
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

static void colour_8(uint8_t *out, const uint16_t *const components[3], int n, int channels,
                     const ColourMap *map)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < channels; k++) {
            int32_t x = map->fixed_add[k];
            for (int j = 0; j < 3; j++)
                x += map->fixed_m[k][j] * components[j][i];
            x >>= map->shift;
            x = x < map->fixed_lo[k]   ? map->fixed_lo[k]
                : x > map->fixed_hi[k] ? map->fixed_hi[k]
                                       : x;
            *out++ = (uint8_t)x;
        }
}

const ImageRows image_rows_c = {sum, split, resize, colour_f32, colour_8};
