/* SPDX-License-Identifier: MIT */
/* pixels.h - where the samples of each pixel format lie. */
#ifndef NN_PIXELS_H
#define NN_PIXELS_H

#include "nn.h"

#define PIXELS_MAX_PLANES 3
#define PIXELS_MAX_WAYS   4

typedef enum {
    PIXELS_YUV,
    PIXELS_RGB,
    PIXELS_GRAY,
} PixelsModel;

/* What a sample is: component 0, 1 or 2 (Y U V, or R G B), or one of these. */
enum {
    PIXELS_IGNORED = -1, /* alpha, X */
    PIXELS_CHROMA = -2,  /* U and V by turns: described by the next plane */
};

/* Samples that are resized together. Row y of the plane has `ways` interleaved samples for each of
 * its positions; there is a position for every 1 << sub_x pixels, rounded up. */
typedef struct {
    int memory; /* index into planes[] and strides[]; -1: the PIXELS_CHROMA samples of the plane
                 * before this one */
    int ways;
    signed char component[PIXELS_MAX_WAYS];
    int sub_x, sub_y;
} PixelsPlane;

typedef struct {
    const char *name;
    PixelsModel model;
    bool rgb16; /* memory holds 5-6-5 words, to be unpacked into three ways */
    int n_planes;
    PixelsPlane planes[PIXELS_MAX_PLANES];
} PixelsLayout;

/* NULL if pixels is not an NnPixels. */
const PixelsLayout *pixels_layout(NnPixels pixels);

#endif
