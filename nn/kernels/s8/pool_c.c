/* SPDX-License-Identifier: MIT */
/* pool_c.c - int8 average and maximum pooling and the mean of a whole map, the references. */
#include "kernel.h"
#include "pool_cells.h"
#include "quant.h"

static int32_t sum(const NnWindow *w, const int8_t *in, const PoolCells *s, int c)
{
    int32_t total = 0;
    for (int y = s->top; y < s->bottom; y++)
        for (int x = s->left; x < s->right; x++)
            total += in[((ptrdiff_t)y * w->in_w + x) * w->in_c + c];
    return total;
}

static int32_t largest(const NnWindow *w, const int8_t *in, const PoolCells *s, int c)
{
    int32_t most = INT8_MIN;
    for (int y = s->top; y < s->bottom; y++)
        for (int x = s->left; x < s->right; x++) {
            int32_t cell = in[((ptrdiff_t)y * w->in_w + x) * w->in_c + c];
            most = cell > most ? cell : most;
        }
    return most;
}

static int32_t average(int32_t total, int n)
{
    return total > 0 ? (total + n / 2) / n : (total - n / 2) / n;
}

static void avgpool_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    int8_t *out = (int8_t *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++) {
            PoolCells s = pool_cells(w, y, x);
            int n = (s.bottom - s.top) * (s.right - s.left);
            for (int c = 0; c < w->out_c; c++) {
                int32_t mean = average(sum(w, b->in[0], &s, c) + n * p->bias, n) - p->bias;
                *out++ = (int8_t)quant_clamp(mean, p->act_min, p->act_max);
            }
        }
}

static void maxpool_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    int8_t *out = (int8_t *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++) {
            PoolCells s = pool_cells(w, y, x);
            for (int c = 0; c < w->out_c; c++)
                *out++ = (int8_t)quant_clamp(largest(w, b->in[0], &s, c), p->act_min, p->act_max);
        }
}

static void mean_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    if (y0 == y1)
        return;
    int8_t *out = b->out;
    PoolCells all = {.bottom = w->in_h, .right = w->in_w};

    for (int c = 0; c < w->out_c; c++) {
        int32_t total = sum(w, b->in[0], &all, c) - w->in_h * w->in_w * p->in_zero;
        int32_t mean = quant_scale(total, p->mult, p->shift) + p->out_zero;
        out[c] = (int8_t)quant_clamp(mean, INT8_MIN, INT8_MAX);
    }
}

NN_KERNEL(avgpool_s8_c) = {
    .name = "avgpool_s8_c",
    .op = NN_OP_AVGPOOL,
    .type = NN_KERNEL_S8,
    .run = avgpool_run,
};

NN_KERNEL(maxpool_s8_c) = {
    .name = "maxpool_s8_c",
    .op = NN_OP_MAXPOOL,
    .type = NN_KERNEL_S8,
    .run = maxpool_run,
};

NN_KERNEL(mean_s8_c) = {
    .name = "mean_s8_c",
    .op = NN_OP_MEAN,
    .type = NN_KERNEL_S8,
    .run = mean_run,
};
