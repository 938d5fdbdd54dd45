/* SPDX-License-Identifier: MIT */
/* image_c.c - the loops of rows.h in plain C: the reference. */
#include "rows.h"

/* row * weight / 256, with the weight's high byte exact and its low byte rounded: what two 8-bit
 * multiplications make of it. */
static int weighted(int sample, int weight)
{
    return sample * (weight >> 8) + ((sample * (weight & 255) + 128) >> 8);
}

static void begin(uint16_t *sums, const uint8_t *row, int n, int weight)
{
    for (int i = 0; i < n; i++)
        sums[i] = (uint16_t)weighted(row[i], weight);
}

static void add(uint16_t *sums, const uint8_t *row, int n, int weight)
{
    for (int i = 0; i < n; i++)
        sums[i] = (uint16_t)(sums[i] + row[i] * weight);
}

static void end(uint16_t *sums, const uint8_t *row, int n, int weight)
{
    for (int i = 0; i < n; i++)
        sums[i] = (uint16_t)(sums[i] + weighted(row[i], weight));
}

static void split(uint16_t *const lines[], const uint16_t *sums, int n, int ways)
{
    for (int k = 0; k < ways; k++)
        for (int i = 0; lines[k] && i < n; i++)
            lines[k][i] = sums[i * ways + k];
}

static void reduce(float *out, const uint16_t *line, const Axis *axis)
{
    for (int i = 0; i < axis->n; i++) {
        const uint16_t *samples = line + axis->starts[i];
        const uint16_t *weights = axis->weights + (size_t)i * (size_t)axis->taps;
        uint32_t sum = 0;
        for (int k = 0; k < axis->taps; k++)
            sum += (uint32_t)samples[k] * weights[k];
        out[i] = (float)sum;
    }
}

/* To the nearest integer, halves away from zero. x - whole is exact. */
static int nearest(float x)
{
    int whole = (int)x;
    float rest = x - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

static void colour(void *out, const float *const components[3], int n, int channels, NnType type,
                   const ColourMap *map)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < channels; k++) {
            float x = map->m[k][0] * components[0][i] + map->m[k][1] * components[1][i] +
                      map->m[k][2] * components[2][i] + map->add[k];
            x = x < map->lo[k] ? map->lo[k] : x > map->hi[k] ? map->hi[k] : x;
            if (type == NN_F32)
                ((float *)out)[i * channels + k] = x;
            else if (type == NN_U8)
                ((uint8_t *)out)[i * channels + k] = (uint8_t)nearest(x);
            else
                ((int8_t *)out)[i * channels + k] = (int8_t)nearest(x);
        }
}

const ImageRows image_rows_c = {begin, add, end, split, reduce, colour};
