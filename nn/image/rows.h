/* SPDX-License-Identifier: MIT */
/* rows.h - the loops over rows that take a frame's time, once in C (image_c.c, the reference) and
 * once in NEON (image_neon.c); both give the same bits.
 *
 * An output row begins as sums down the columns of source rows; these are split into components,
 * each resized along the row, and mapped to the tensor's values. Source rows are read up to their
 * last byte, never past it; all other rows are scratch of the plan's with ROWS_PAD elements after
 * them that may be read and overwritten. */
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "axis.h"
#include "colour.h"

#define ROWS_PAD 32

/* Weights of source rows are in units of 1/256 and sum to 255 at most: a sum of bytes fits 16
 * bits. Weights of columns sum to 1 << 15 at most: a sum of those fits 31 bits. */
#define ROWS_UNIT    256
#define ROWS_LIMIT   (255 * ROWS_UNIT)
#define COLUMN_LIMIT (1 << 15)
#define COLUMN_SHIFT 16

/* The source rows that make one output row. */
typedef struct {
    const uint8_t *first; /* starts the sums; NULL to go on with those that are there */
    const uint8_t *whole; /* n_whole rows */
    const uint8_t *last;  /* NULL if there is none */
    ptrdiff_t stride;     /* between whole rows */
    int n_whole;
    int first_weight, last_weight; /* times ROWS_UNIT */
    int whole_weight;
} RowBand;

typedef struct {
    /* sums[i] = the weighted sum of column i; products of first and last are rounded */
    void (*sum)(uint16_t *sums, const RowBand *band, int n);
    /* lines[k][i] = sums[i * ways + k], i < n, ways 2, 3 or 4; a line may be NULL */
    void (*split)(uint16_t *const lines[], const uint16_t *sums, int n, int ways);
    /* out[i] = the sum over line that axis (spread, 1 way) describes >> COLUMN_SHIFT, rounded, so
     * at most 15 bits; axis->n of them and AXIS_GROUP's padding */
    void (*resize)(uint16_t *out, const uint16_t *line, const Axis *axis);
    /* the same for two interleaved components (axis spread 2 ways) */
    void (*resize_pairs)(uint16_t *out0, uint16_t *out1, const uint16_t *line, const Axis *axis);
    /* n pixels of `channels` elements, from three components each */
    void (*colour_f32)(float *out, const uint16_t *const components[3], int n, int channels,
                       const ColourMap *map);
    void (*colour_8)(uint8_t *out, const uint16_t *const components[3], int n, int channels,
                     const ColourMap *map);
} ImageRows;

extern const ImageRows image_rows_c, image_rows_neon;

#endif
