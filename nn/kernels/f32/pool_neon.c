/* SPDX-License-Identifier: MIT */
/* pool_neon.c - average and maximum pooling and the mean over a whole map on float32: 16 channels
 * walk through a window together. Adds in the order of the references and equals them. */
#include "cpuflags.h"
#include "kernel.h"
#include "pool_cells.h"
#include "vec_neon.h"

#include <float.h>

/* One output cell, channels [c, c + 4 * vecs) of which the last may be beyond the end; n cells are
 * inside. */
NN_INLINE void pool_channels(const NnPool *p, const float *in, const PoolCells *cells, float n,
                             int c, float *out, const bool largest, const int vecs)
{
    const NnWindow *w = &p->win;
    const float32x4_t lo = vdupq_n_f32(p->f_min), hi = vdupq_n_f32(p->f_max);
    float32x4_t sum[4];

    NN_UNROLL
    for (int v = 0; v < vecs; v++)
        sum[v] = vdupq_n_f32(largest ? -FLT_MAX : 0);
    for (int y = cells->top; y < cells->bottom; y++) {
        const float *cell = in + ((ptrdiff_t)y * w->in_w + cells->left) * w->in_c + c;
        for (int x = cells->left; x < cells->right; x++, cell += w->in_c) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++) {
                const float32x4_t value = vld1q_f32(cell + 4 * v);
                sum[v] = largest ? vmaxq_f32(sum[v], value) : vaddq_f32(sum[v], value);
            }
        }
    }
    NN_UNROLL
    for (int v = 0; v < vecs; v++) {
        const float32x4_t result = largest ? sum[v] : vdivq_f32(sum[v], vdupq_n_f32(n));
        vec_store(out + c + 4 * v, vminq_f32(vmaxq_f32(result, lo), hi), w->out_c - c - 4 * v);
    }
}

NN_INLINE void run(const NnArgs *args, const NnBuffers *b, int y0, int y1, const bool largest)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    float *out = (float *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++, out += w->out_c) {
            const PoolCells s = pool_cells(w, y, x);
            const float n = (float)((s.bottom - s.top) * (s.right - s.left));
            int c = 0;
            for (; c + 16 <= w->out_c; c += 16)
                pool_channels(p, b->in[0], &s, n, c, out, largest, 4);
            for (; c < w->out_c; c += 4)
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

NN_KERNEL(avgpool_f32_neon) = {
    .name = "avgpool_f32_neon",
    .op = NN_OP_AVGPOOL,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = average_run,
};

NN_KERNEL(maxpool_f32_neon) = {
    .name = "maxpool_f32_neon",
    .op = NN_OP_MAXPOOL,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = largest_run,
};

/* As the reference: the average over a window that is the whole map. */
NN_KERNEL(mean_f32_neon) = {
    .name = "mean_f32_neon",
    .op = NN_OP_MEAN,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = average_run,
};
