/* SPDX-License-Identifier: MIT */
/* dwconv_slide_neon.h - int8 depthwise convolution without dot product, 3 by 3 and stride 1 or 2:
 * slides along a row, the columns that outputs share in registers, and sums as many 8-bit products
 * in 16 bits as the weights allow. */
#ifndef NN_S8_DWCONV_SLIDE_NEON_H
#define NN_S8_DWCONV_SLIDE_NEON_H

#include "dwconv_3x3.h"

typedef struct {
    int8x16_t row[3];
} Column;

typedef struct {
    int8x16_t tap[9];
} Weights;

NN_INLINE Column make_column(int8x16_t top, int8x16_t middle, int8x16_t bottom)
{
    return (Column){{top, middle, bottom}};
}

NN_INLINE Weights load_weights(const Block *block)
{
    Weights w;
    NN_UNROLL
    for (int t = 0; t < 9; t++)
        w.tap[t] = vld1q_s8((const int8_t *)(block + 1) + t * BLOCK);
    return w;
}

NN_INLINE void keep_column(Column *c)
{
    NN_UNROLL
    for (int i = 0; i < 3; i++)
        NN_WHOLE(c->row[i]);
}

NN_INLINE void keep_weights(Weights *w)
{
    NN_UNROLL
    for (int t = 0; t < 9; t++)
        NN_WHOLE(w->tap[t]);
}

/* Whether the 16-bit sums are widened after tap t. */
NN_INLINE bool sum_ends(int t, Summing summing)
{
    return t == 8 || (summing == SUM_ROWS && t % 3 == 2) || (summing == SUM_PAIRS && t % 2 == 1);
}

NN_INLINE void emit(const Requant *q, bool relu, const Block *block, const Weights *w,
                    const Column *a, const Column *b, const Column *c, int8_t *out, Summing summing)
{
    int32x4_t acc[4];
    load_bias(acc, block);
    int16x8_t low = vdupq_n_s16(0), high = low;
    NN_UNROLL
    for (int t = 0; t < 9; t++) {
        int8x16_t x = (t % 3 == 0 ? a : t % 3 == 1 ? b : c)->row[t / 3];
        if (t == 0 || sum_ends(t - 1, summing)) {
            low = vmull_s8(vget_low_s8(x), vget_low_s8(w->tap[t]));
            high = vmull_high_s8(x, w->tap[t]);
        } else {
            low = vmlal_s8(low, vget_low_s8(x), vget_low_s8(w->tap[t]));
            high = vmlal_high_s8(high, x, w->tap[t]);
        }
        if (sum_ends(t, summing))
            add_wide(acc, low, high);
    }
    finish(q, relu, block, acc, out);
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

/* An output row of one block; in: the three input rows, at the block's first channel. */
NN_INLINE void slide(const Span *s, const Requant *q, bool relu, const Block *block,
                     const int8_t *const in[3], int8_t *out, int stride, Summing summing)
{
    Weights weights = load_weights(block);
#define LOAD(at)  column(in, at)
#define BESIDE(x) column_or_zero(s, in, x)
#define OUTPUT(a, b, c)                                                                            \
    keep_weights(&weights);                                                                        \
    keep_column(&a);                                                                               \
    keep_column(&b);                                                                               \
    keep_column(&c);                                                                               \
    emit(q, relu, block, &weights, &a, &b, &c, out, summing);                                      \
    out += s->out_pitch;
    SLIDE(Column)
#undef LOAD
#undef BESIDE
#undef OUTPUT
}

/* An output row of all blocks. Outputs are bytes, which may alias anything: copies keep what is
 * shared in registers. */
NN_INLINE void slide_blocks(const NnConv *conv, const Span *span, const Requant *requant, bool relu,
                            const Packed *head, const int8_t *const rows[3], int8_t *out,
                            int stride)
{
    const Span s = *span;
    const Requant q = *requant;
    for (int i = 0; i < n_blocks(conv); i++) {
        const Block *block = block_at(conv, head, i);
        int at = block_start(conv, i), size = block_size(conv, i);
        const int8_t *const in[3] = {rows[0] + at, rows[1] + at, rows[2] + at};
        if (block->summing >= SUM_WIDE || size == HALF)
            slide_wide(&s, &q, block, size, in, out + at);
        else if (block->summing == SUM_ALL)
            slide(&s, &q, relu, block, in, out + at, stride, SUM_ALL);
        else if (block->summing == SUM_ROWS)
            slide(&s, &q, relu, block, in, out + at, stride, SUM_ROWS);
        else
            slide(&s, &q, relu, block, in, out + at, stride, SUM_PAIRS);
    }
}

/* A function each, as one of all would be too large for the compiler to keep its registers apart.
 */
typedef void SlideFn(const NnConv *c, const Span *s, const Requant *q, const Packed *head,
                     const int8_t *const rows[3], int8_t *out);

#define SLIDE_FN(name, relu, stride)                                                               \
    static void name(const NnConv *c, const Span *s, const Requant *q, const Packed *head,         \
                     const int8_t *const rows[3], int8_t *out)                                     \
    {                                                                                              \
        slide_blocks(c, s, q, relu, head, rows, out, stride);                                      \
    }
SLIDE_FN(slide_any_1, false, 1)
SLIDE_FN(slide_any_2, false, 2)
SLIDE_FN(slide_relu_1, true, 1)
SLIDE_FN(slide_relu_2, true, 2)
#undef SLIDE_FN

#endif
