/* SPDX-License-Identifier: MIT */
/* view.h - which part of the frame is looked at, and where its pixels go in the target. */
#ifndef NN_VIEW_H
#define NN_VIEW_H

#include "image.h"

typedef struct {
    double x, y, w, h; /* the part of the frame, in pixels */
    int out_w, out_h;  /* pixels that it becomes, before turning */
    /* Pixel (i, j) of those is element origin + i * step_x + j * step_y of the target, in pixels */
    ptrdiff_t origin, step_x, step_y;
    bool bars; /* they do not cover the whole target */
} View;

/* False and *why (a static sentence) if the sizes make no sense. */
bool view_init(View *view, const NnImageFormat *format, const ImageTarget *target,
               const char **why);

#endif
