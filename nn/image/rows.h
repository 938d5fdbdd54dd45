/* SPDX-License-Identifier: MIT */
/* rows.h - the loops over rows that take a frame's time, once in C (image_c.c, the reference) and
 * once in NEON (image_neon.c); both give the same bits.
 *
 * An output row begins as column sums over source rows, in 16 bits (unsigned, samples * 255 at
 * most); these are split into components, shrunk or stretched along the row into floats, and
 * mapped to the tensor's values. Source rows are read up to their last byte, never past it; all
 * other rows are scratch of the plan's, padded by ROWS_PAD elements that may be read and written
 * over. */
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "axis.h"
#include "colour.h"

#define ROWS_PAD 32

typedef struct {
    /* sums[i] = row[i] * weight, for a weight in units of 1/256; rounded */
    void (*begin)(uint16_t *sums, const uint8_t *row, int n, int weight);
    /* sums[i] += row[i] * weight, for a weight of at most 255 in units of 1 */
    void (*add)(uint16_t *sums, const uint8_t *row, int n, int weight);
    /* sums[i] += row[i] * weight, for a weight in units of 1/256; rounded */
    void (*end)(uint16_t *sums, const uint8_t *row, int n, int weight);
    /* lines[k][i] = sums[i * ways + k], i < n, ways 2, 3 or 4; a line may be NULL */
    void (*split)(uint16_t *const lines[], const uint16_t *sums, int n, int ways);
    /* out[i] = the sum that axis (spread) describes, exact in 32 bits, then as a float; axis->n of
     * them and AXIS_GROUP's padding */
    void (*reduce)(float *out, const uint16_t *line, const Axis *axis);
    /* n pixels of `channels` elements of type, from three components each */
    void (*colour)(void *out, const float *const components[3], int n, int channels, NnType type,
                   const ColourMap *map);
} ImageRows;

extern const ImageRows image_rows_c, image_rows_neon;

#endif
