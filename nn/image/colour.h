/* SPDX-License-Identifier: MIT */
/* colour.h - the linear map from a picture's components to the values of the input tensor. */
#ifndef NN_COLOUR_H
#define NN_COLOUR_H

#include "image.h"
#include "pixels.h"

/* Channel k = clamp(m[k][0] * c0 + m[k][1] * c1 + m[k][2] * c2 + add[k], lo[k], hi[k]): colour
 * matrix, range, normalisation and saturation in one. */
typedef struct {
    float m[3][3], add[3], lo[3], hi[3];

    /* The same for 8-bit tensors in 16 bits with `shift` fractional ones: add, plus the products
     * fixed_m * c >> 15, each rounded, all additions saturating; then >> shift, rounded, and
     * clamped. Within a quarter of a step while normalisation multiplies by at most 2. */
    int16_t fixed_m[3][3], fixed_add[3], fixed_lo[3], fixed_hi[3];
    int shift;
} ColourMap;

#define COLOUR_MAX_MUL 32 /* of an 8-bit tensor's normalisation */

/* Component j arrives multiplied by gain[j], in 15 bits. */
void colour_init(ColourMap *map, const PixelsLayout *layout, const NnImageFormat *format,
                 const ImageTarget *target, const double gain[3]);

#endif
