/* SPDX-License-Identifier: MIT */
/* colour.c - colour matrices and ranges. Everything is linear up to the final clamp, so it can be
 * done once per output pixel, after averaging. */
#include "colour.h"

#include <math.h>

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

static int16_t to_s16(double x)
{
    return (int16_t)lround(clamp(x, INT16_MIN, INT16_MAX));
}

/* m and add from doubles, with as many fractional bits as values up to `largest` leave room for. */
static void make_fixed(ColourMap *map, const double m[3][3], const double add[3], double largest,
                       NnType type)
{
    map->shift = 7;
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < 3; j++)
            largest = fmax(largest, fabs(m[k][j]) * (1 << 15)); /* the coefficient must fit, too */
    while (map->shift > 0 && (largest + 0.5) * (1 << map->shift) > INT16_MAX)
        map->shift--;
    double unit = 1 << map->shift;
    for (int k = 0; k < 3; k++) {
        double lo = type == NN_S8 ? -128 : 0, hi = type == NN_S8 ? 127 : 255;
        map->fixed_lo[k] = to_s16(clamp(map->lo[k], lo, hi));
        map->fixed_hi[k] = to_s16(clamp(map->hi[k], lo, hi));
        map->fixed_add[k] = to_s16(add[k] * unit);
        for (int j = 0; j < 3; j++)
            map->fixed_m[k][j] = to_s16(m[k][j] * unit * (1 << 15));
    }
}

void colour_init(ColourMap *map, const PixelsLayout *layout, const NnImageFormat *format,
                 const ImageTarget *target, const double gain[3])
{
    double red, blue, m[3][3], add[3], largest = 0;
    luma_shares(format, &red, &blue);
    matrix_init(m, layout->model, target->channels, red, blue);

    bool limited = format->range == NN_RANGE_LIMITED ||
                   (format->range != NN_RANGE_FULL && layout->model == PIXELS_YUV);
    for (int k = 0; k < 3; k++) {
        double mul = target->mul[k];
        double below = 0, above = 0; /* what components may add to add[k] */
        add[k] = target->add[k];
        map->lo[k] = (float)(mul < 0 ? mul * 255 + add[k] : add[k]);
        map->hi[k] = (float)(mul < 0 ? add[k] : mul * 255 + add[k]);
        for (int j = 0; j < 3; j++) {
            bool chroma = layout->model == PIXELS_YUV && j > 0;
            double zero = chroma ? 128 : limited ? 16 : 0;
            double span = limited ? (chroma ? 224 : 219) : 255;
            m[k][j] *= 255 / span * mul; /* per step of an 8-bit component */
            add[k] -= m[k][j] * zero;
            below += fmin(m[k][j] * 255, 0);
            above += fmax(m[k][j] * 255, 0);
            /* The high bits of a byte, the others 0: all ones must become 255. */
            m[k][j] *= layout->rgb16 ? 255.0 / (j == 1 ? 252 : 248) : 1;
            m[k][j] /= gain[j];
            map->m[k][j] = (float)m[k][j];
        }
        map->add[k] = (float)add[k];
        largest = fmax(largest, fmax(fabs(add[k] + below), fabs(add[k] + above)));
    }
    make_fixed(map, m, add, largest, target->type);
}
