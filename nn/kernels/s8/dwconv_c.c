/* SPDX-License-Identifier: MIT */
/* dwconv_c.c - int8 depthwise convolution, the reference: anything the contract allows. */
#include "kernel.h"
#include "pack_plain.h"
#include "quant.h"

/* Packed: int32 bias[out_c], then the weights as they are, [k_h][k_w][out_c]. */
static size_t packed_size(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return (size_t)w->out_c * (sizeof(int32_t) + (size_t)w->k_h * w->k_w);
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack_plain(packed, packed_size(args), weights, bias, args->conv.win.out_c);
}

/* Sum over the window of output (y, x) for output channel n; in and weights point at the channel's
 * first value. Cells outside add nothing, as they hold the zero point. */
static int32_t window_sum(const NnConv *c, const int8_t *in, const int8_t *weights, int y, int x)
{
    const NnWindow *w = &c->win;
    int32_t sum = 0;
    for (int i = 0; i < w->k_h; i++) {
        int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
        if (in_y < 0 || in_y >= w->in_h)
            continue;
        for (int j = 0; j < w->k_w; j++) {
            int in_x = x * w->stride_w - w->pad_l + j * w->dil_w;
            if (in_x < 0 || in_x >= w->in_w)
                continue;
            sum += (in[((size_t)in_y * w->in_w + in_x) * w->in_c] - c->in_zero) *
                   (weights[((size_t)i * w->k_w + j) * w->out_c] - c->w_zero);
        }
    }
    return sum;
}

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const int8_t *in = b->in[0];
    const int32_t *bias = b->packed;
    const int8_t *weights = (const int8_t *)(bias + w->out_c);

    for (int y = y0; y < y1; y++) {
        int8_t *out = (int8_t *)b->out + (size_t)y * w->out_w * w->out_c;
        for (int x = 0; x < w->out_w; x++) {
            for (int n = 0; n < w->out_c; n++) {
                int32_t acc = bias[n] + window_sum(c, in + n / c->depth_mult, weights + n, y, x);
                int32_t q = c->out_zero + quant_scale(acc, c->mult[n], c->shift[n]);
                *out++ = (int8_t)quant_clamp(q, c->act_min, c->act_max);
            }
        }
    }
}

NN_KERNEL(dwconv_s8_c) = {
    .name = "dwconv_s8_c",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_S8,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
