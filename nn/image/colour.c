/* SPDX-License-Identifier: MIT */
/* colour.c - colour matrices and ranges. Everything is linear up to the final clamp, so it can be
 * done once per output pixel, after averaging. */
#include "colour.h"

/* Shares of red and blue in luma. */
static void luma_shares(const NnImageFormat *format, double *red, double *blue)
{
    static const double shares[][2] = {
        [NN_MATRIX_BT601] = {0.299, 0.114},    [NN_MATRIX_BT709] = {0.2126, 0.0722},
        [NN_MATRIX_FCC] = {0.30, 0.11},        [NN_MATRIX_SMPTE240M] = {0.212, 0.087},
        [NN_MATRIX_BT2020] = {0.2627, 0.0593},
    };
    NnMatrix matrix = format->matrix;
    if (matrix < NN_MATRIX_BT601 || matrix > NN_MATRIX_BT2020)
        matrix = format->height < 720 ? NN_MATRIX_BT601 : NN_MATRIX_BT709;
    *red = shares[matrix][0];
    *blue = shares[matrix][1];
}

/* R'G'B' (or luma, for one channel) as rows over the components, for components in 0...1 and
 * -0.5...0.5 (chroma). */
static void matrix_init(double m[3][3], PixelsModel model, int channels, double red, double blue)
{
    double green = 1 - red - blue;
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < 3; j++)
            m[k][j] = model == PIXELS_RGB ? k == j : j == 0;
    if (model == PIXELS_RGB && channels == 1) {
        m[0][0] = red;
        m[0][1] = green;
        m[0][2] = blue;
    } else if (model == PIXELS_YUV && channels == 3) {
        m[0][2] = 2 * (1 - red);
        m[1][1] = -2 * (1 - blue) * blue / green;
        m[1][2] = -2 * (1 - red) * red / green;
        m[2][1] = 2 * (1 - blue);
    }
}

static double clamp(double x, double lo, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

void colour_init(ColourMap *map, const PixelsLayout *layout, const NnImageFormat *format,
                 const ImageTarget *target, const double gain[3])
{
    double red, blue, m[3][3];
    luma_shares(format, &red, &blue);
    matrix_init(m, layout->model, target->channels, red, blue);

    bool limited = format->range == NN_RANGE_LIMITED ||
                   (format->range != NN_RANGE_FULL && layout->model == PIXELS_YUV);
    double type_lo = target->type == NN_U8 ? 0 : target->type == NN_S8 ? -128 : -1e30;
    double type_hi = target->type == NN_U8 ? 255 : target->type == NN_S8 ? 127 : 1e30;
    for (int k = 0; k < 3; k++) {
        double mul = target->mul[k], add = target->add[k];
        map->lo[k] = (float)clamp(mul < 0 ? mul * 255 + add : add, type_lo, type_hi);
        map->hi[k] = (float)clamp(mul < 0 ? add : mul * 255 + add, type_lo, type_hi);
        for (int j = 0; j < 3; j++) {
            bool chroma = layout->model == PIXELS_YUV && j > 0;
            double zero = chroma ? 128 : limited ? 16 : 0;
            double span = limited ? (chroma ? 224 : 219) : 255;
            double slope = m[k][j] * 255 / span * mul; /* per step of an 8-bit component */
            /* 5- and 6-bit fields: the largest value is the byte 255, exactly. */
            double step = layout->rgb16 ? 255.0 / (j == 1 ? 63 : 31) : 1;
            add -= slope * zero;
            map->m[k][j] = (float)(slope * step / gain[j]);
        }
        map->add[k] = (float)add;
    }
}
