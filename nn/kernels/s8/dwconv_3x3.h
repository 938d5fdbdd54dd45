/* SPDX-License-Identifier: MIT */
/* dwconv_3x3.h - int8 depthwise convolution, 3 by 3 and stride 1 or 2: slides along a row with the
 * columns that outputs share kept in registers. The file that includes this has defined, for
 * weights that fit 8 bits, Column, make_column, keep_column, Weights, load_weights, keep_weights,
 * emit and whether emit comes in a form for each Summing, EMIT_BY_SUMMING. */
#ifndef NN_S8_DWCONV_3X3_H
#define NN_S8_DWCONV_3X3_H

#include "dwconv_any.h"

/* What the rows of a layer have in common. */
typedef struct {
    int in_w, out_w, stride, pad_l;
    int inside; /* that many outputs find the columns they add inside the input */
    ptrdiff_t in_pitch, out_pitch;
    int8x16_t zero; /* what columns beside the input hold */
} Span;

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

NN_INLINE Column column(const int8_t *const in[3], ptrdiff_t at)
{
    return make_column(vld1q_s8(in[0] + at), vld1q_s8(in[1] + at), vld1q_s8(in[2] + at));
}

NN_INLINE Column column_or_zero(const Span *s, const int8_t *const in[3], int x)
{
    if (x >= 0 && x < s->in_w)
        return column(in, x * s->in_pitch);
    return make_column(s->zero, s->zero, s->zero);
}

/* An output row of one block; in: the three input rows, at the block's first channel. Columns pass
 * through a, b and c, which trade places from output to output. */
NN_INLINE void slide(const Span *s, const Requant *q, const Block *block, const int8_t *const in[3],
                     int8_t *out, int stride, Summing summing)
{
    Weights weights = load_weights(block);
    int x = -s->pad_l, left = s->out_w; /* column of a; outputs to do */
    Column a = column_or_zero(s, in, x), b = a, c = a;
    if (stride == 1)
        b = column_or_zero(s, in, x + 1);

/* clang-format off */
#define OUTPUT(a, b, c)                                                                            \
    keep_weights(&weights);                                                                        \
    keep_column(&a);                                                                               \
    keep_column(&b);                                                                               \
    keep_column(&c);                                                                               \
    emit(q, block, &weights, &a, &b, &c, out, summing);                                            \
    out += s->out_pitch;
#define INSIDE(a, b, c)                                                                            \
    if (stride == 2)                                                                               \
        b = column(in, at - s->in_pitch);                                                          \
    c = column(in, at);                                                                            \
    at += stride * s->in_pitch;                                                                    \
    OUTPUT(a, b, c)
#define AT_EDGE(a, b, c)                                                                           \
    if (stride == 2)                                                                               \
        b = column_or_zero(s, in, x + 1);                                                          \
    c = column_or_zero(s, in, x + 2);                                                              \
    x += stride;                                                                                   \
    OUTPUT(a, b, c)                                                                                \
    if (--left == 0)                                                                               \
        break;
    /* clang-format on */

    ptrdiff_t at = (x + 2) * s->in_pitch; /* of column c */
    for (; left - 3 >= s->out_w - s->inside; left -= 3, x += 3 * stride) {
        if (stride == 1) {
            INSIDE(a, b, c)
            INSIDE(b, c, a)
            INSIDE(c, a, b)
        } else {
            INSIDE(a, b, c)
            INSIDE(c, a, b)
            INSIDE(b, c, a)
        }
    }
    while (left > 0) {
        if (stride == 1) {
            AT_EDGE(a, b, c)
            AT_EDGE(b, c, a)
            AT_EDGE(c, a, b)
        } else {
            AT_EDGE(a, b, c)
            AT_EDGE(c, a, b)
            AT_EDGE(b, c, a)
        }
    }
#undef OUTPUT
#undef INSIDE
#undef AT_EDGE
}

/* The same, without further ado, for weights of 16 bits. */
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

/* An output row of all blocks. Outputs are bytes, which may alias anything: copies keep what is
 * shared in registers. */
NN_INLINE void slide_blocks(const NnConv *conv, const Span *span, const Requant *requant,
                            const Packed *head, const int8_t *const rows[3], int8_t *out,
                            int stride)
{
    const Span s = *span;
    const Requant q = *requant;
    size_t size = block_bytes(conv);
    const Block *block = (const Block *)(head + 1);
    int n = n_blocks(conv), last = conv->win.out_c - BLOCK;
    for (int i = 0; i < n; i++, block = (const Block *)((const char *)block + size)) {
        int at = i * BLOCK <= last || last < 0 ? i * BLOCK : last;
        const int8_t *const in[3] = {rows[0] + at, rows[1] + at, rows[2] + at};
        if (block->summing == SUM_WIDE)
            slide_wide(&s, &q, block, in, out + at);
        else if (EMIT_BY_SUMMING && block->summing == SUM_ALL)
            slide(&s, &q, block, in, out + at, stride, SUM_ALL);
        else if (EMIT_BY_SUMMING && block->summing == SUM_ROWS)
            slide(&s, &q, block, in, out + at, stride, SUM_ROWS);
        else
            slide(&s, &q, block, in, out + at, stride, SUM_PAIRS);
    }
}

static void slide_blocks_1(const NnConv *c, const Span *s, const Requant *q, const Packed *head,
                           const int8_t *const rows[3], int8_t *out)
{
    slide_blocks(c, s, q, head, rows, out, 1);
}

static void slide_blocks_2(const NnConv *c, const Span *s, const Requant *q, const Packed *head,
                           const int8_t *const rows[3], int8_t *out)
{
    slide_blocks(c, s, q, head, rows, out, 2);
}

/* Output rows y0...y1 - 1. border: a row of zero points; few: room for a row of 16 channels. */
static void rows_3x3(const NnConv *c, const Requant *q, const NnBuffers *b, const int8_t *border,
                     int8_t *few, int y0, int y1)
{
    const NnWindow *w = &c->win;
    Span s = make_span(c);
    for (int y = y0; y < y1; y++) {
        int8_t *out = (int8_t *)b->out + (ptrdiff_t)y * w->out_w * w->out_c;
        int8_t *to = w->out_c < BLOCK ? few : out;
        const int8_t *rows[3];
        for (int i = 0; i < 3; i++) {
            int in_y = y * w->stride_h - w->pad_t + i;
            bool inside = in_y >= 0 && in_y < w->in_h;
            rows[i] =
                inside ? (const int8_t *)b->in[0] + (ptrdiff_t)in_y * w->in_w * w->in_c : border;
        }
        if (s.stride == 1)
            slide_blocks_1(c, &s, q, b->packed, rows, to);
        else
            slide_blocks_2(c, &s, q, b->packed, rows, to);
        if (w->out_c < BLOCK) {
            for (int x = 0; x < w->out_w; x++)
                memcpy(out + x * w->out_c, few + x * BLOCK, (size_t)w->out_c);
        }
    }
}

/* ---- both paths ---- */

/* Scratch: the pointers of row_any, a row of zero points, a row of 16 channels. */
static inline size_t cells_bytes(const NnConv *c)
{
    return (size_t)(n_taps(c) + 1) * sizeof(int8_t *);
}

static inline size_t border_bytes(const NnConv *c)
{
    return (size_t)c->win.in_w * (size_t)c->win.in_c + BLOCK;
}

static size_t scratch_size(const NnArgs *args)
{
    const NnConv *c = &args->conv;
    return cells_bytes(c) + border_bytes(c) + (size_t)c->win.out_w * BLOCK;
}

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const Packed *head = b->packed;
    Requant q = requant_init(c, (Rounding)head->rounding);
    const int8_t **cells = b->scratch;
    int8_t *border = (int8_t *)b->scratch + cells_bytes(c);
    int8_t *few = border + border_bytes(c);
    memset(border, c->in_zero, border_bytes(c));
    if (is_3x3(w)) {
        rows_3x3(c, &q, b, border, few, y0, y1);
        return;
    }
    for (int y = y0; y < y1; y++) {
        int8_t *out = (int8_t *)b->out + (ptrdiff_t)y * w->out_w * w->out_c;
        row_any(c, &q, head, b->in[0], border, cells, out, y);
    }
}

#endif
