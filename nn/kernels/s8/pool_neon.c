/* SPDX-License-Identifier: MIT */
/* pool_neon.c - int8 average and maximum pooling and the mean of a whole map, 16 channels at a
 * time. */
#include "cpuflags.h"
#include "kernel.h"
#include "lanes_neon.h"
#include "pool_cells.h"

/* Sums of 16 channels from c on over the cells of s. */
static inline void sum(const NnWindow *w, const int8_t *in, const PoolCells *s, int c,
                       int32x4_t total[4])
{
    for (int i = 0; i < 4; i++)
        total[i] = vdupq_n_s32(0);
    for (int y = s->top; y < s->bottom; y++)
        for (int x = s->left; x < s->right;) {
            const int8_t *cell = in + ((ptrdiff_t)y * w->in_w + x) * w->in_c + c;
            int end = s->right - x > 255 ? x + 255 : s->right; /* 255 * -128 fits in 16 bits */
            int16x8_t low = vdupq_n_s16(0), high = vdupq_n_s16(0);
            for (; x < end; x++, cell += w->in_c) {
                int8x16_t v = vld1q_s8(cell);
                low = vaddw_s8(low, vget_low_s8(v));
                high = vaddw_s8(high, vget_high_s8(v));
            }
            total[0] = vaddw_s16(total[0], vget_low_s16(low));
            total[1] = vaddw_s16(total[1], vget_high_s16(low));
            total[2] = vaddw_s16(total[2], vget_low_s16(high));
            total[3] = vaddw_s16(total[3], vget_high_s16(high));
        }
}

/* (|total| + n / 2) / n, cut, with the sign of total. The float product is off by less than 2^-15
 * of at most 257, and the quotient with its extra half at least 1 / 2n away from an integer: exact
 * for n up to MOST_CELLS. */
#define MOST_CELLS 8192

NN_INLINE int32x4_t average(int32x4_t total, int n, float one_over_n)
{
    float32x4_t size = vcvtq_f32_s32(vaddq_s32(vabsq_s32(total), vdupq_n_s32(n / 2)));
    size = vmulq_n_f32(vaddq_f32(size, vdupq_n_f32(0.5f)), one_over_n);
    int32x4_t q = vcvtq_s32_f32(size);
    int32x4_t sign = vshrq_n_s32(total, 31);
    return vsubq_s32(veorq_s32(q, sign), sign);
}

static void avgpool_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    const LanesRange range = lanes_range_init(-p->bias, p->act_min, p->act_max);
    int8_t *out = (int8_t *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++, out += w->out_c) {
            PoolCells s = pool_cells(w, y, x);
            int n = (s.bottom - s.top) * (s.right - s.left);
            int32x4_t bias = vdupq_n_s32(n * p->bias);
            float one_over_n = 1.0f / (float)n;
            for (int c = 0; c < w->out_c; c += 16) {
                int32x4_t total[4];
                sum(w, b->in[0], &s, c, total);
                for (int i = 0; i < 4; i++)
                    total[i] = average(vaddq_s32(total[i], bias), n, one_over_n);
                lanes_store(out + c, lanes_narrow(total, &range), w->out_c - c);
            }
        }
}

static void maxpool_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    const LanesRange range = lanes_range_init(0, p->act_min, p->act_max);
    int8_t *out = (int8_t *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++, out += w->out_c) {
            PoolCells s = pool_cells(w, y, x);
            for (int c = 0; c < w->out_c; c += 16) {
                int8x16_t most = vdupq_n_s8(-128);
                for (int i = s.top; i < s.bottom; i++) {
                    const int8_t *cell =
                        (const int8_t *)b->in[0] + ((ptrdiff_t)i * w->in_w + s.left) * w->in_c + c;
                    for (int j = s.left; j < s.right; j++, cell += w->in_c)
                        most = vmaxq_s8(most, vld1q_s8(cell));
                }
                lanes_store(out + c, lanes_clamp(most, &range), w->out_c - c);
            }
        }
}

static void mean_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnPool *p = &args->pool;
    const NnWindow *w = &p->win;
    if (y0 == y1)
        return;
    const LanesScale scale = lanes_scale_init(p->mult, p->shift);
    const LanesRange range = lanes_range_init(p->out_zero, -128, 127);
    const int32x4_t zeros = vdupq_n_s32(w->in_h * w->in_w * p->in_zero);
    const PoolCells all = {.bottom = w->in_h, .right = w->in_w};

    for (int c = 0; c < w->out_c; c += 16) {
        int32x4_t total[4];
        sum(w, b->in[0], &all, c, total);
        for (int i = 0; i < 4; i++)
            total[i] = lanes_scale(vsubq_s32(total[i], zeros), &scale);
        lanes_store((int8_t *)b->out + c, lanes_narrow(total, &range), w->out_c - c);
    }
}

static bool avgpool_accepts(const NnArgs *args)
{
    const NnWindow *w = &args->pool.win;
    return (int64_t)w->k_h * w->k_w <= MOST_CELLS;
}

static bool mean_accepts(const NnArgs *args)
{
    return args->pool.shift <= 0;
}

NN_KERNEL(avgpool_s8_neon) = {
    .name = "avgpool_s8_neon",
    .op = NN_OP_AVGPOOL,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .accepts = avgpool_accepts,
    .run = avgpool_run,
};

NN_KERNEL(maxpool_s8_neon) = {
    .name = "maxpool_s8_neon",
    .op = NN_OP_MAXPOOL,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .run = maxpool_run,
};

NN_KERNEL(mean_s8_neon) = {
    .name = "mean_s8_neon",
    .op = NN_OP_MEAN,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .accepts = mean_accepts,
    .run = mean_run,
};
