/* SPDX-License-Identifier: MIT */
/* dwconv_3x3.h - what the rows of the int8 depthwise convolution share when the window is 3 by 3:
 * the geometry of sliding along a row, and the path for weights of 9 bits. */
#ifndef NN_S8_DWCONV_3X3_H
#define NN_S8_DWCONV_3X3_H

#include "dwconv_block.h"

/* What the rows of a layer have in common. */
typedef struct {
    int in_w, out_w, stride, pad_l;
    int inside; /* that many outputs find the columns they add inside the input */
    ptrdiff_t in_pitch, out_pitch;
    int8x16_t zero; /* what columns beside the input hold */
} Span;

/* Windows that slide: the first column of the first window is at most what is added at once before
 * the input. */
static bool is_3x3(const NnWindow *w)
{
    return w->k_h == 3 && w->k_w == 3 && w->dil_h == 1 && w->dil_w == 1 &&
           (w->stride_w == 1 || w->stride_w == 2) && w->pad_l <= 3 - w->stride_w;
}

static Span make_span(const NnConv *c)
{
    const NnWindow *w = &c->win;
    int reach = w->in_w - 3 + w->pad_l;
    int inside = reach < 0 ? 0 : reach / w->stride_w + 1;
    return (Span){
        .in_w = w->in_w,
        .out_w = w->out_w,
        .stride = w->stride_w,
        .pad_l = w->pad_l,
        .inside = inside < w->out_w ? inside : w->out_w,
        .in_pitch = w->in_c,
        .out_pitch = w->out_c < BLOCK ? BLOCK : w->out_c,
        .zero = vdupq_n_s8((int8_t)c->in_zero),
    };
}

/* A row of zero points stands for input rows outside. */
static inline size_t border_bytes(const NnConv *c)
{
    return (size_t)c->win.in_w * (size_t)c->win.in_c + BLOCK;
}

static inline const int8_t *input_row(const NnWindow *w, const int8_t *in, const int8_t *border,
                                      int y)
{
    return y >= 0 && y < w->in_h ? in + (ptrdiff_t)y * w->in_w * w->in_c : border;
}

/* An output row of a block with weights of 16 bits; in: the three input rows, at the block's first
 * channel. */
static void slide_wide(const Span *s, const Requant *q, const Block *block,
                       const int8_t *const in[3], int8_t *out)
{
    const int16_t *weights = (const int16_t *)(block + 1);
    for (int x = 0; x < s->out_w; x++, out += s->out_pitch) {
        int32x4_t acc[4];
        load_bias(acc, block);
        NN_UNROLL
        for (int j = 0; j < 3; j++) {
            int in_x = x * s->stride - s->pad_l + j;
            bool inside = in_x >= 0 && in_x < s->in_w;
            NN_UNROLL
            for (int i = 0; i < 3; i++) {
                int8x16_t v = inside ? vld1q_s8(in[i] + in_x * s->in_pitch) : s->zero;
                mul_wide(acc, v, weights + (3 * i + j) * BLOCK);
            }
        }
        finish(q, block, acc, out);
    }
}

#endif
