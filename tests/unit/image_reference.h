/* SPDX-License-Identifier: MIT */
/* image_reference.h - nn/image once more: slow, plain, in double precision, sharing no code with
 * it. Also frames to feed both: made from a picture, or noise. */
#ifndef IMAGE_REFERENCE_H
#define IMAGE_REFERENCE_H

#include "image.h"

typedef struct {
    int width, height; /* samples: rows end after width * bytes */
    int bytes;         /* between neighbouring samples */
    int stride;
    uint8_t *data;
} FramePlane;

typedef struct {
    NnImageFormat format;
    int n_planes;
    FramePlane planes[3];
} Frame;

/* Dimensions only. Strides are the rows' bytes, planes have no data yet. */
void frame_init(Frame *frame, const NnImageFormat *format);

/* The byte that holds component (0, 1, 2: Y U V or R G B) of pixel (x, y); not for RGB16. */
uint8_t *frame_byte(const Frame *frame, int component, int x, int y);

bool frame_is_yuv(const Frame *frame);

/* R'G'B' in 0...1 -> components in bytes, not rounded, by the frame's matrix and range. */
void frame_encode(const Frame *frame, const double rgb[3], double components[3]);

/* Every pixel from rgb (R'G'B' in 0...1, three to a pixel), chroma averaged over the pixels that
 * share it. */
void frame_paint(const Frame *frame, const double *rgb);

/* What image_plan_run() should write, before rounding: bytes after mul and add and saturation to
 * the byte's range; target->height * target->width * target->channels values. */
void image_reference(const Frame *frame, const ImageTarget *target, double *out);

#endif
