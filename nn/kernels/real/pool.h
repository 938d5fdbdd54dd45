/* SPDX-License-Identifier: MIT */
/* pool.h - average and maximum pooling and the mean over a whole map: 4 vectors of channels walk
 * through a window together. Adds in the order of the references and equals them. */
#ifndef NN_REAL_POOL_H
#define NN_REAL_POOL_H

#include "pool_cells.h"

/* One output cell, channels [c, c + LANES * vecs) of which the last may be beyond the end; n cells
 * are inside. */
NN_INLINE void pool_channels(const NnPool *p, const Real *in, const PoolCells *cells, float n,
                             int c, Real *out, const bool largest, const int vecs)
{
    const NnWindow *w = &p->win;
    const Vec lo = vec_set(p->f_min), hi = vec_set(p->f_max);
    Vec most[4];
    Total sum[4];

    NN_UNROLL
    for (int v = 0; v < vecs; v++) {
        most[v] = vec_set(REAL_LOWEST);
        sum[v] = total_zero();
    }
    for (int y = cells->top; y < cells->bottom; y++) {
        const Real *cell = in + ((ptrdiff_t)y * w->in_w + cells->left) * w->in_c + c;
        for (int x = cells->left; x < cells->right; x++, cell += w->in_c) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++) {
                const Vec value = vec_load(cell + LANES * v);
                if (largest)
                    most[v] = vec_max(most[v], value);
                else
                    sum[v] = total_add(sum[v], value);
            }
        }
    }
    NN_UNROLL
    for (int v = 0; v < vecs; v++) {
        const Vec result = largest ? most[v] : total_over(sum[v], n);
        vec_store_first(out + c + LANES * v, vec_min(vec_max(result, lo), hi),
                        w->out_c - c - LANES * v);
    }
}

NN_INLINE void run(const NnArgs *args, const NnBuffers *b, int y0, int y1, const bool largest)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++, out += w->out_c) {
            const PoolCells s = pool_cells(w, y, x);
            const float n = (float)((s.bottom - s.top) * (s.right - s.left));
            int c = 0;
            for (; c + 4 * LANES <= w->out_c; c += 4 * LANES)
                pool_channels(p, b->in[0], &s, n, c, out, largest, 4);
            for (; c < w->out_c; c += LANES)
                pool_channels(p, b->in[0], &s, n, c, out, largest, 1);
        }
}

static void average_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, false);
}

static void largest_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, true);
}

#endif
