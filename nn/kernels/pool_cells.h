/* SPDX-License-Identifier: MIT */
/* pool_cells.h - which cells of its input a pool looks at. */
#ifndef NN_POOL_CELLS_H
#define NN_POOL_CELLS_H

#include "kernel.h"

/* The part of the window at output (y, x) that lies inside the input: rows [top, bottom), columns
 * [left, right). Pools have no dilation. */
typedef struct {
    int top, bottom, left, right;
} PoolCells;

static inline PoolCells pool_cells(const NnWindow *w, int y, int x)
{
    int top = y * w->stride_h - w->pad_t, left = x * w->stride_w - w->pad_l;
    return (PoolCells){
        .top = top < 0 ? 0 : top,
        .bottom = top + w->k_h > w->in_h ? w->in_h : top + w->k_h,
        .left = left < 0 ? 0 : left,
        .right = left + w->k_w > w->in_w ? w->in_w : left + w->k_w,
    };
}

#endif
