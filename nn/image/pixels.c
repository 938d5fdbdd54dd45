/* SPDX-License-Identifier: MIT */
/* pixels.c - the table of pixel formats: names and layouts. */
#include "pixels.h"

#include <string.h>

enum { Y = 0, U = 1, V = 2, R = 0, G = 1, B = 2, X = PIXELS_IGNORED, C = PIXELS_CHROMA };

/* clang-format off */
#define PLANAR(a, b, c, sub_x, sub_y) .model = PIXELS_YUV, .n_planes = 3, .planes = { \
        {0, 1, {a}}, {1, 1, {b}, sub_x, sub_y}, {2, 1, {c}, sub_x, sub_y}}
#define BIPLANAR(b, c, sub_y) .model = PIXELS_YUV, .n_planes = 2, .planes = { \
        {0, 1, {Y}}, {1, 2, {b, c}, 1, sub_y}}
/* One luma, one chroma sample by turns: two planes of NV16, interleaved. */
#define PACKED422(first, second, b, c) .model = PIXELS_YUV, .n_planes = 2, .planes = { \
        {0, 2, {first, second}}, {-1, 2, {b, c}, 1, 0}}
#define PACKED(ways, ...) .model = PIXELS_RGB, .n_planes = 1, .planes = { \
        {0, ways, {__VA_ARGS__}}}

static const PixelsLayout layouts[NN_PIXELS_COUNT] = {
    [NN_PIXELS_I420]  = {"I420",  PLANAR(Y, U, V, 1, 1)},
    [NN_PIXELS_YV12]  = {"YV12",  PLANAR(Y, V, U, 1, 1)},
    [NN_PIXELS_NV12]  = {"NV12",  BIPLANAR(U, V, 1)},
    [NN_PIXELS_NV21]  = {"NV21",  BIPLANAR(V, U, 1)},
    [NN_PIXELS_YUY2]  = {"YUY2",  PACKED422(Y, C, U, V)},
    [NN_PIXELS_UYVY]  = {"UYVY",  PACKED422(C, Y, U, V)},
    [NN_PIXELS_YVYU]  = {"YVYU",  PACKED422(Y, C, V, U)},
    [NN_PIXELS_RGB]   = {"RGB",   PACKED(3, R, G, B)},
    [NN_PIXELS_BGR]   = {"BGR",   PACKED(3, B, G, R)},
    [NN_PIXELS_RGBX]  = {"RGBx",  PACKED(4, R, G, B, X)},
    [NN_PIXELS_BGRX]  = {"BGRx",  PACKED(4, B, G, R, X)},
    [NN_PIXELS_XRGB]  = {"xRGB",  PACKED(4, X, R, G, B)},
    [NN_PIXELS_XBGR]  = {"xBGR",  PACKED(4, X, B, G, R)},
    [NN_PIXELS_RGBA]  = {"RGBA",  PACKED(4, R, G, B, X)},
    [NN_PIXELS_BGRA]  = {"BGRA",  PACKED(4, B, G, R, X)},
    [NN_PIXELS_ARGB]  = {"ARGB",  PACKED(4, X, R, G, B)},
    [NN_PIXELS_ABGR]  = {"ABGR",  PACKED(4, X, B, G, R)},
    [NN_PIXELS_GRAY8] = {"GRAY8", .model = PIXELS_GRAY, .n_planes = 1, .planes = {{0, 1, {Y}}}},
    [NN_PIXELS_RGB16] = {"RGB16", PACKED(3, R, G, B), .rgb16 = true},
    [NN_PIXELS_Y42B]  = {"Y42B",  PLANAR(Y, U, V, 1, 0)},
    [NN_PIXELS_Y444]  = {"Y444",  PLANAR(Y, U, V, 0, 0)},
    [NN_PIXELS_NV16]  = {"NV16",  BIPLANAR(U, V, 0)},
};
/* clang-format on */

const PixelsLayout *pixels_layout(NnPixels pixels)
{
    return (unsigned)pixels < NN_PIXELS_COUNT ? &layouts[pixels] : NULL;
}

const char *nn_pixels_name(NnPixels pixels)
{
    return (unsigned)pixels < NN_PIXELS_COUNT ? layouts[pixels].name : NULL;
}

int nn_pixels_from_name(const char *name)
{
    for (int i = 0; i < NN_PIXELS_COUNT; i++)
        if (!strcmp(layouts[i].name, name))
            return i;
    return -1;
}
