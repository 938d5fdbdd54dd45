/* SPDX-License-Identifier: MIT */
/* dwconv_dotprod.c - int8 depthwise convolution with dot product, 3 by 3 and stride 1, two output
 * rows at a time: the four input rows they see are what SDOT sums, with weights w0 w1 w2 0 for the
 * upper output and 0 w0 w1 w2 for the lower. */
#include "cpuflags.h"
#include "dwconv_3x3.h"

/* Four inputs, from top to bottom, of each of 8 channels. */
typedef struct {
    int8x16_t low, high;
} Column4;

/* What half a block of 16 channels needs. */
typedef struct {
    int8x16_t upper[3][2], lower[3][2]; /* [column][4 channels] */
    const int32_t *bias, *mult, *shift;
} Half;

NN_INLINE Half load_half(const Block *block, int half)
{
    Half h = {.bias = block->bias + 8 * half,
              .mult = block->mult + 8 * half,
              .shift = block->shift + 8 * half};
    const int8_t *w = (const int8_t *)(block + 1) + 32 * half;
    NN_UNROLL
    for (int i = 0; i < 6; i++) {
        int8x16_t weights = vld1q_s8(w + i / 2 * 64 + i % 2 * 16);
        h.upper[i / 2][i % 2] = weights;
        h.lower[i / 2][i % 2] = vreinterpretq_s8_s32(vshlq_n_s32(vreinterpretq_s32_s8(weights), 8));
    }
    return h;
}

/* Only the first 8 bytes at each address count. */
NN_INLINE Column4 column4(const int8_t *const in[4], ptrdiff_t at)
{
    int16x8_t upper = vreinterpretq_s16_s8(vzip1q_s8(vld1q_s8(in[0] + at), vld1q_s8(in[1] + at)));
    int16x8_t lower = vreinterpretq_s16_s8(vzip1q_s8(vld1q_s8(in[2] + at), vld1q_s8(in[3] + at)));
    return (Column4){vreinterpretq_s8_s16(vzip1q_s16(upper, lower)),
                     vreinterpretq_s8_s16(vzip2q_s16(upper, lower))};
}

NN_INLINE Column4 column4_or_zero(const Span *s, const int8_t *const in[4], int x)
{
    if (x >= 0 && x < s->in_w)
        return column4(in, x * s->in_pitch);
    return (Column4){s->zero, s->zero};
}

NN_INLINE void emit_two(const Requant *q, const Half *h, const Column4 *a, const Column4 *b,
                        const Column4 *c, int8_t *upper, int8_t *lower)
{
    int32x4_t acc[4]; /* [row][4 channels] */
    NN_UNROLL
    for (int i = 0; i < 4; i++) {
        const int8x16_t(*w)[2] = i < 2 ? h->upper : h->lower;
        int v = i % 2;
        acc[i] = vld1q_s32(h->bias + 4 * v);
        acc[i] = vdotq_s32(acc[i], v ? a->high : a->low, w[0][v]);
        acc[i] = vdotq_s32(acc[i], v ? b->high : b->low, w[1][v]);
        acc[i] = vdotq_s32(acc[i], v ? c->high : c->low, w[2][v]);
    }
    requant_scale(acc, 4, h->mult, h->shift, 2, q->rounding);
    int8x16_t v = requant_narrow(q, acc);
    if (q->clamp)
        v = requant_clamp(q, v);
    vst1_s8(upper, vget_low_s8(v));
    vst1_s8(lower, vget_high_s8(v));
}

/* Two output rows of 8 channels; in: the four input rows, at the first channel. As slide() does. */
NN_INLINE void slide_two(const Span *s, const Requant *q, const Block *block, int half,
                         const int8_t *const in[4], int8_t *upper, int8_t *lower)
{
    Half h = load_half(block, half);
    int x = -s->pad_l, left = s->out_w; /* column of a; outputs to do */
    Column4 a = column4_or_zero(s, in, x), b = column4_or_zero(s, in, x + 1), c;

/* clang-format off */
#define OUTPUT(a, b, c)                                                                            \
    emit_two(q, &h, &a, &b, &c, upper, lower);                                                     \
    upper += s->out_pitch;                                                                         \
    lower += s->out_pitch;
#define INSIDE(a, b, c)                                                                            \
    c = column4(in, at);                                                                           \
    at += s->in_pitch;                                                                             \
    OUTPUT(a, b, c)
#define AT_EDGE(a, b, c)                                                                           \
    c = column4_or_zero(s, in, x + 2);                                                             \
    x++;                                                                                           \
    OUTPUT(a, b, c)                                                                                \
    if (--left == 0)                                                                               \
        break;
    /* clang-format on */

    ptrdiff_t at = (x + 2) * s->in_pitch; /* of column c */
    for (; left - 3 >= s->out_w - s->inside; left -= 3, x += 3) {
        INSIDE(a, b, c)
        INSIDE(b, c, a)
        INSIDE(c, a, b)
    }
    while (left > 0) {
        AT_EDGE(a, b, c)
        AT_EDGE(b, c, a)
        AT_EDGE(c, a, b)
    }
#undef OUTPUT
#undef INSIDE
#undef AT_EDGE
}

/* All blocks of two output rows. */
static void slide_two_blocks(const NnConv *conv, const Span *span, const Requant *requant,
                             const Packed *head, const int8_t *const rows[4], int8_t *upper,
                             int8_t *lower)
{
    const Span s = *span;
    const Requant q = *requant;
    for (int i = 0; i < 2 * n_blocks(conv); i++) {
        const Block *block = block_at(conv, head, i / 2);
        int half = i % 2, at = block_start(conv, i / 2);
        if (block->summing != SUM_WIDE) {
            at += 8 * half;
            const int8_t *const in[4] = {rows[0] + at, rows[1] + at, rows[2] + at, rows[3] + at};
            slide_two(&s, &q, block, half, in, upper + at, lower + at);
        } else if (half == 0) {
            const int8_t *const in[4] = {rows[0] + at, rows[1] + at, rows[2] + at, rows[3] + at};
            slide_wide(&s, &q, block, in, upper + at);
            slide_wide(&s, &q, block, in + 1, lower + at);
        }
    }
}

/* Weights of 8 bits as SDOT wants them: [column][channel][4 rows, the last zero]. */
static void narrow(const NnConv *c, int8_t *dst, int16_t (*w)[BLOCK])
{
    (void)c;
    int16_t taps[9][BLOCK];
    memcpy(taps, w, sizeof taps);
    for (int j = 0; j < 3; j++) {
        for (int channel = 0; channel < BLOCK; channel++) {
            for (int i = 0; i < 4; i++)
                *dst++ = i < 3 ? (int8_t)taps[3 * i + j][channel] : 0;
        }
    }
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack_blocks(args, weights, bias, packed, narrow);
}

static bool accepts(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return is_plain_depthwise(args) && is_3x3(w) && w->stride_w == 1 && w->stride_h == 1 &&
           w->out_c >= BLOCK;
}

/* Scratch: a row of zero points, and an output row to throw away. */
static size_t scratch_size(const NnArgs *args)
{
    return border_bytes(&args->conv) + (size_t)args->conv.win.out_w * (size_t)args->conv.win.out_c;
}

/* If the rows are odd in number, the last one is done with one that is thrown away. */
static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const Packed *head = b->packed;
    Requant q = requant_init(c, (Rounding)head->rounding);
    Span s = make_span(c);
    int8_t *border = b->scratch, *spare = border + border_bytes(c);
    memset(border, c->in_zero, border_bytes(c));
    ptrdiff_t pitch = (ptrdiff_t)w->out_w * w->out_c;
    for (int y = y0; y < y1; y += 2) {
        const int8_t *rows[4];
        for (int i = 0; i < 4; i++)
            rows[i] = input_row(w, b->in[0], border, y - w->pad_t + i);
        int8_t *upper = (int8_t *)b->out + y * pitch;
        slide_two_blocks(c, &s, &q, head, rows, upper, y + 1 < y1 ? upper + pitch : spare);
    }
}

NN_KERNEL(dwconv_s8_dotprod) = {
    .name = "dwconv_s8_dotprod",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_DOTPROD,
    .accepts = accepts,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run,
};
