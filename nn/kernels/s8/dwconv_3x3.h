/* SPDX-License-Identifier: MIT */
/* dwconv_3x3.h - what the rows of the int8 depthwise convolution share when the window is 3 by 3:
 * the geometry of sliding along a row, and the path for weights of 9 bits or 8 channels. */
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
        .out_pitch = w->out_c < HALF ? HALF : w->out_c,
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

/* The body of a function that makes an output row: columns pass through a, b and c, of type Column,
 * which trade places from output to output. LOAD(at): the column at byte at of its row; BESIDE(x):
 * column x, which may lie outside; OUTPUT(a, b, c): does one output and steps to the next. s and
 * stride (1 or 2) are the function's. */
/* clang-format off */
#define SLIDE_INSIDE(a, b, c)                                                                      \
    if (stride == 2)                                                                               \
        b = LOAD(at - s->in_pitch);                                                                \
    c = LOAD(at);                                                                                  \
    at += stride * s->in_pitch;                                                                    \
    OUTPUT(a, b, c)
#define SLIDE_EDGE(a, b, c)                                                                        \
    if (stride == 2)                                                                               \
        b = BESIDE(x + 1);                                                                         \
    c = BESIDE(x + 2);                                                                             \
    x += stride;                                                                                   \
    OUTPUT(a, b, c)                                                                                \
    if (--left == 0)                                                                               \
        break;
#define SLIDE_THREE(ONE)                                                                           \
    if (stride == 1) {                                                                             \
        ONE(a, b, c)                                                                               \
        ONE(b, c, a)                                                                               \
        ONE(c, a, b)                                                                               \
    } else {                                                                                       \
        ONE(a, b, c)                                                                               \
        ONE(c, a, b)                                                                               \
        ONE(b, c, a)                                                                               \
    }
#define SLIDE(Column)                                                                              \
    int x = -s->pad_l, left = s->out_w; /* column of a; outputs to do */                           \
    Column a = BESIDE(x), b = a, c = a;                                                            \
    if (stride == 1)                                                                               \
        b = BESIDE(x + 1);                                                                         \
    ptrdiff_t at = (x + 2) * s->in_pitch; /* of column c */                                        \
    for (; left - 3 >= s->out_w - s->inside; left -= 3, x += 3 * stride) {                         \
        SLIDE_THREE(SLIDE_INSIDE)                                                                  \
    }                                                                                              \
    while (left > 0) {                                                                             \
        SLIDE_THREE(SLIDE_EDGE)                                                                    \
    }
/* clang-format on */

/* ---- 8 channels with weights of 16 bits ---- */

typedef struct {
    int16x8_t row[3];
} WideColumn;

NN_INLINE WideColumn wide_column(const int8_t *const in[3], ptrdiff_t at)
{
    return (WideColumn){{vmovl_s8(vld1_s8(in[0] + at)), vmovl_s8(vld1_s8(in[1] + at)),
                         vmovl_s8(vld1_s8(in[2] + at))}};
}

NN_INLINE WideColumn wide_column_or_zero(const Span *s, const int8_t *const in[3], int x)
{
    if (x >= 0 && x < s->in_w)
        return wide_column(in, x * s->in_pitch);
    int16x8_t zero = vmovl_s8(vget_low_s8(s->zero));
    return (WideColumn){{zero, zero, zero}};
}

NN_INLINE void emit_wide(const Requant *q, bool relu, const Block *block, int half,
                         int16x8_t taps[9], const WideColumn *a, const WideColumn *b,
                         const WideColumn *c, int8_t *out)
{
    int32x4_t acc[2] = {vld1q_s32(block->bias + half), vld1q_s32(block->bias + half + 4)};
    NN_UNROLL
    for (int t = 0; t < 9; t++) {
        int16x8_t x = (t % 3 == 0 ? a : t % 3 == 1 ? b : c)->row[t / 3];
        NN_WHOLE(x);
        NN_WHOLE(taps[t]);
        acc[0] = vmlal_s16(acc[0], vget_low_s16(x), vget_low_s16(taps[t]));
        acc[1] = vmlal_high_s16(acc[1], x, taps[t]);
    }
    vst1_s8(out, requant_8(q, relu, acc, block->mult + half, block->shift + half));
}

/* An output row of 8 channels; half: the first of them within the block; in: the three input rows
 * and out, at that channel. */
NN_INLINE void slide_wide_half(const Span *s, const Requant *q, bool relu, const Block *block,
                               int half, const int8_t *const in[3], int8_t *out, int stride)
{
    int16x8_t taps[9];
    NN_UNROLL
    for (int t = 0; t < 9; t++)
        taps[t] = vld1q_s16((const int16_t *)(block + 1) + t * BLOCK + half);
#define LOAD(at)  wide_column(in, at)
#define BESIDE(x) wide_column_or_zero(s, in, x)
#define OUTPUT(a, b, c)                                                                            \
    emit_wide(q, relu, block, half, taps, &a, &b, &c, out);                                        \
    out += s->out_pitch;
    SLIDE(WideColumn)
#undef LOAD
#undef BESIDE
#undef OUTPUT
}

/* An output row of a block of size channels with weights of 16 bits; in: the three input rows, at
 * the block's first channel. */
static void slide_wide(const Span *span, const Requant *requant, const Block *block, int size,
                       const int8_t *const in[3], int8_t *out)
{
    const Span s = *span;
    const Requant q = *requant;
    for (int half = 0; half < size; half += HALF) {
        const int8_t *const rows[3] = {in[0] + half, in[1] + half, in[2] + half};
        if (s.stride == 2)
            slide_wide_half(&s, &q, q.relu, block, half, rows, out + half, 2);
        else
            slide_wide_half(&s, &q, q.relu, block, half, rows, out + half, 1);
    }
}

#endif
