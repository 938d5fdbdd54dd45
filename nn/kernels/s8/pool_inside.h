/* SPDX-License-Identifier: MIT */
/* pool_inside.h - which cells of a pool's window count: those inside the picture. */
#ifndef NN_S8_POOL_INSIDE_H
#define NN_S8_POOL_INSIDE_H

#include "kernel.h"

/* The part of the window at output (y, x) that lies inside the input. */
typedef struct {
    int top, bottom, left, right;
} Inside;

static inline Inside inside(const NnWindow *w, int y, int x)
{
    int top = y * w->stride_h - w->pad_t, left = x * w->stride_w - w->pad_l;
    return (Inside){
        .top = top < 0 ? 0 : top,
        .bottom = top + w->k_h > w->in_h ? w->in_h : top + w->k_h,
        .left = left < 0 ? 0 : left,
        .right = left + w->k_w > w->in_w ? w->in_w : left + w->k_w,
    };
}

#endif
