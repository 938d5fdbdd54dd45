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

    /* The same for 8-bit tensors and components of at most COLOUR_MAX, in 32 bits:
     * clamp((fixed_m * c + fixed_add) >> shift, fixed_lo, fixed_hi) is rounded to nearest. */
    int16_t fixed_m[3][3];
    int32_t fixed_add[3];
    int16_t fixed_lo[3], fixed_hi[3];
    int shift;
} ColourMap;

#define COLOUR_MAX 32767

/* Component j arrives multiplied by gain[j]. */
void colour_init(ColourMap *map, const PixelsLayout *layout, const NnImageFormat *format,
                 const ImageTarget *target, const double gain[3]);

#endif
