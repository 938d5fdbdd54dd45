/* SPDX-License-Identifier: MIT */
/* pool_ref.h - the references of average and maximum pooling and of the mean over a whole map; sums
 * are float32. */
#ifndef NN_REAL_POOL_REF_H
#define NN_REAL_POOL_REF_H

#include "pool_cells.h"

#include <float.h>

static float sum(const NnWindow *w, const Real *in, const PoolCells *s, int c)
{
    float total = 0;
    for (int y = s->top; y < s->bottom; y++)
        for (int x = s->left; x < s->right; x++)
            total += real_get(in[((ptrdiff_t)y * w->in_w + x) * w->in_c + c]);
    return total;
}

static float largest(const NnWindow *w, const Real *in, const PoolCells *s, int c)
{
    float most = -FLT_MAX;
    for (int y = s->top; y < s->bottom; y++)
        for (int x = s->left; x < s->right; x++) {
            float cell = real_get(in[((ptrdiff_t)y * w->in_w + x) * w->in_c + c]);
            most = cell > most ? cell : most;
        }
    return most;
}

static void avgpool_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++) {
            PoolCells s = pool_cells(w, y, x);
            float n = (float)((s.bottom - s.top) * (s.right - s.left));
            for (int c = 0; c < w->out_c; c++)
                *out++ = real_put(real_clamp(sum(w, b->in[0], &s, c) / n, p->f_min, p->f_max));
        }
}

static void maxpool_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++) {
            PoolCells s = pool_cells(w, y, x);
            for (int c = 0; c < w->out_c; c++)
                *out++ = real_put(real_clamp(largest(w, b->in[0], &s, c), p->f_min, p->f_max));
        }
}

#endif
