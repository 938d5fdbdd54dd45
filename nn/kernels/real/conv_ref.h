/* SPDX-License-Identifier: MIT */
/* conv_ref.h - the references of full and depthwise convolution: plain loops that define
 * the result. Sums
 * are float32 whatever a number is. Packed form: the weights in the order of the file, then one
 * bias a channel. */
#ifndef NN_REAL_CONV_REF_H
#define NN_REAL_CONV_REF_H

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

static void pack(Real *packed, const void *weights, size_t n, const void *bias, int out_c)
{
    real_read(packed, weights, n);
    if (bias)
        real_read(packed + n, bias, (size_t)out_c);
    else
        memset(packed + n, 0, (size_t)out_c * sizeof(Real));
}

static size_t conv_packed_size(const NnArgs *args)
{
    return (conv_weights(&args->conv) + (size_t)args->conv.win.out_c) * sizeof(Real);
}

static void conv_pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack(packed, weights, conv_weights(&args->conv), bias, args->conv.win.out_c);
}

static void conv_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const Real *in = b->in[0], *weights = b->packed, *bias = weights + conv_weights(c);
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++) {
        for (int x = 0; x < w->out_w; x++) {
            const Real *tap = weights;
            for (int o = 0; o < w->out_c; o++) {
                float sum = 0;
                for (int i = 0; i < w->k_h; i++) {
                    int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
                    for (int j = 0; j < w->k_w; j++, tap += w->in_c) {
                        int in_x = x * w->stride_w - w->pad_l + j * w->dil_w;
                        if (in_y < 0 || in_y >= w->in_h || in_x < 0 || in_x >= w->in_w)
                            continue;
                        const Real *cell = in + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c;
                        for (int k = 0; k < w->in_c; k++)
                            sum += real_get(cell[k]) * real_get(tap[k]);
                    }
                }
                *out++ = real_put(real_clamp(sum + real_get(bias[o]), c->f_min, c->f_max));
            }
        }
    }
}

static size_t dwconv_packed_size(const NnArgs *args)
{
    return (dwconv_weights(&args->conv) + (size_t)args->conv.win.out_c) * sizeof(Real);
}

static void dwconv_pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack(packed, weights, dwconv_weights(&args->conv), bias, args->conv.win.out_c);
}

static void dwconv_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const Real *in = b->in[0], *weights = b->packed, *bias = weights + dwconv_weights(c);
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++) {
        for (int x = 0; x < w->out_w; x++) {
            for (int o = 0; o < w->out_c; o++) {
                const Real *tap = weights + o;
                float sum = 0;
                for (int i = 0; i < w->k_h; i++) {
                    int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
                    for (int j = 0; j < w->k_w; j++, tap += w->out_c) {
                        int in_x = x * w->stride_w - w->pad_l + j * w->dil_w;
                        if (in_y < 0 || in_y >= w->in_h || in_x < 0 || in_x >= w->in_w)
                            continue;
                        const Real *cell = in + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c;
                        sum += real_get(cell[o / c->depth_mult]) * real_get(*tap);
                    }
                }
                *out++ = real_put(real_clamp(sum + real_get(bias[o]), c->f_min, c->f_max));
            }
        }
    }
}

#endif
