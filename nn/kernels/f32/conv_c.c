/* SPDX-License-Identifier: MIT */
/* conv_c.c - the references of full and depthwise convolution on float32: plain loops that define
 * the result. Packed form: the weights as in the file, then one bias a channel. */
#include "kernel.h"
#include "clamp.h"

#include <string.h>

static size_t conv_weights(const NnConv *c)
{
    const NnWindow *w = &c->win;
    return (size_t)w->out_c * (size_t)w->k_h * (size_t)w->k_w * (size_t)w->in_c;
}

static size_t dwconv_weights(const NnConv *c)
{
    const NnWindow *w = &c->win;
    return (size_t)w->k_h * (size_t)w->k_w * (size_t)w->out_c;
}

static void pack(float *packed, const void *weights, size_t n, const void *bias, int out_c)
{
    memcpy(packed, weights, n * sizeof(float));
    if (bias)
        memcpy(packed + n, bias, (size_t)out_c * sizeof(float));
    else
        memset(packed + n, 0, (size_t)out_c * sizeof(float));
}

static size_t conv_packed_size(const NnArgs *args)
{
    return (conv_weights(&args->conv) + (size_t)args->conv.win.out_c) * sizeof(float);
}

static void conv_pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack(packed, weights, conv_weights(&args->conv), bias, args->conv.win.out_c);
}

static void conv_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const float *in = b->in[0], *weights = b->packed, *bias = weights + conv_weights(c);
    float *out = (float *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++) {
        for (int x = 0; x < w->out_w; x++) {
            const float *tap = weights;
            for (int o = 0; o < w->out_c; o++) {
                float sum = 0;
                for (int i = 0; i < w->k_h; i++) {
                    int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
                    for (int j = 0; j < w->k_w; j++, tap += w->in_c) {
                        int in_x = x * w->stride_w - w->pad_l + j * w->dil_w;
                        if (in_y < 0 || in_y >= w->in_h || in_x < 0 || in_x >= w->in_w)
                            continue;
                        const float *cell = in + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c;
                        for (int k = 0; k < w->in_c; k++)
                            sum += cell[k] * tap[k];
                    }
                }
                *out++ = f32_clamp(sum + bias[o], c->f_min, c->f_max);
            }
        }
    }
}

static size_t dwconv_packed_size(const NnArgs *args)
{
    return (dwconv_weights(&args->conv) + (size_t)args->conv.win.out_c) * sizeof(float);
}

static void dwconv_pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack(packed, weights, dwconv_weights(&args->conv), bias, args->conv.win.out_c);
}

static void dwconv_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const float *in = b->in[0], *weights = b->packed, *bias = weights + dwconv_weights(c);
    float *out = (float *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++) {
        for (int x = 0; x < w->out_w; x++) {
            for (int o = 0; o < w->out_c; o++) {
                const float *tap = weights + o;
                float sum = 0;
                for (int i = 0; i < w->k_h; i++) {
                    int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
                    for (int j = 0; j < w->k_w; j++, tap += w->out_c) {
                        int in_x = x * w->stride_w - w->pad_l + j * w->dil_w;
                        if (in_y < 0 || in_y >= w->in_h || in_x < 0 || in_x >= w->in_w)
                            continue;
                        const float *cell = in + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c;
                        sum += cell[o / c->depth_mult] * *tap;
                    }
                }
                *out++ = f32_clamp(sum + bias[o], c->f_min, c->f_max);
            }
        }
    }
}

NN_KERNEL(conv_f32_c) = {
    .name = "conv_f32_c",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_F32,
    .packed_size = conv_packed_size,
    .pack = conv_pack,
    .run = conv_run,
};

NN_KERNEL(dwconv_f32_c) = {
    .name = "dwconv_f32_c",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_F32,
    .packed_size = dwconv_packed_size,
    .pack = dwconv_pack,
    .run = dwconv_run,
};
