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

/* What half a block of 16 channels needs. Weights of 9 bits are the sum of two of 8. */
typedef struct {
    int8x16_t upper[3][2], lower[3][2]; /* [column][4 channels] */
    const int8_t *rest;                 /* the second summands, as packed; wide only */
    const int32_t *bias, *mult, *shift;
} Half;

/* Packed weights: [part][column][channel][4 rows, the last zero], part 1 for wide blocks only. */
enum { COLUMN_BYTES = 4 * BLOCK, PART_BYTES = 3 * COLUMN_BYTES };

/* Weights for the lower of two outputs. */
NN_INLINE int8x16_t one_row_down(int8x16_t weights)
{
    return vreinterpretq_s8_s32(vshlq_n_s32(vreinterpretq_s32_s8(weights), 8));
}

NN_INLINE Half load_half(const Block *block, int half)
{
    const int8_t *w = (const int8_t *)(block + 1) + 4 * half;
    Half h = {.rest = w + PART_BYTES,
              .bias = block->bias + half,
              .mult = block->mult + half,
              .shift = block->shift + half};
    NN_UNROLL
    for (int i = 0; i < 6; i++) {
        int8x16_t weights = vld1q_s8(w + i / 2 * COLUMN_BYTES + i % 2 * 16);
        h.upper[i / 2][i % 2] = weights;
        h.lower[i / 2][i % 2] = one_row_down(weights);
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

NN_INLINE void emit_two(const Requant *q, bool relu, bool wide, const Half *h, const Column4 *a,
                        const Column4 *b, const Column4 *c, int8_t *upper, int8_t *lower)
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
    if (wide) {
        NN_UNROLL
        for (int i = 0; i < 6; i++) {
            const Column4 *x = i / 2 == 0 ? a : i / 2 == 1 ? b : c;
            int8x16_t rest = vld1q_s8(h->rest + i / 2 * COLUMN_BYTES + i % 2 * 16);
            acc[i % 2] = vdotq_s32(acc[i % 2], i % 2 ? x->high : x->low, rest);
            acc[2 + i % 2] =
                vdotq_s32(acc[2 + i % 2], i % 2 ? x->high : x->low, one_row_down(rest));
        }
    }
    int8x16_t v;
    requant(q, relu, acc, 4, h->mult, h->shift, 2, &v);
    vst1_s8(upper, vget_low_s8(v));
    vst1_s8(lower, vget_high_s8(v));
}

/* Two output rows of 8 channels; in: the four input rows, at the first channel. */
NN_INLINE void slide_two(const Span *s, const Requant *q, bool relu, bool wide, const Block *block,
                         int half, const int8_t *const in[4], int8_t *upper, int8_t *lower)
{
    const int stride = 1;
    Half h = load_half(block, half);
#define LOAD(at)  column4(in, at)
#define BESIDE(x) column4_or_zero(s, in, x)
#define OUTPUT(a, b, c)                                                                            \
    emit_two(q, relu, wide, &h, &a, &b, &c, upper, lower);                                         \
    upper += s->out_pitch;                                                                         \
    lower += s->out_pitch;
    SLIDE(Column4)
#undef LOAD
#undef BESIDE
#undef OUTPUT
}

/* All blocks of two output rows. */
NN_INLINE void slide_two_blocks(const NnConv *conv, const Span *span, const Requant *requant,
                                bool relu, const Packed *head, const int8_t *const rows[4],
                                int8_t *upper, int8_t *lower)
{
    const Span s = *span;
    const Requant q = *requant;
    for (int i = 0; i < n_blocks(conv); i++) {
        const Block *block = block_at(conv, head, i);
        int size = block_size(conv, i);
        for (int half = 0; half < size; half += HALF) {
            int at = block_start(conv, i) + half;
            const int8_t *const in[4] = {rows[0] + at, rows[1] + at, rows[2] + at, rows[3] + at};
            if (block->summing == SUM_WIDEST) {
                slide_wide(&s, &q, block, size, in, upper + at);
                slide_wide(&s, &q, block, size, in + 1, lower + at);
                break;
            }
            if (block->summing == SUM_WIDE)
                slide_two(&s, &q, relu, true, block, half, in, upper + at, lower + at);
            else
                slide_two(&s, &q, relu, false, block, half, in, upper + at, lower + at);
        }
    }
}

static void slide_two_any(const NnConv *c, const Span *s, const Requant *q, const Packed *head,
                          const int8_t *const rows[4], int8_t *upper, int8_t *lower)
{
    slide_two_blocks(c, s, q, false, head, rows, upper, lower);
}

static void slide_two_relu(const NnConv *c, const Span *s, const Requant *q, const Packed *head,
                           const int8_t *const rows[4], int8_t *upper, int8_t *lower)
{
    slide_two_blocks(c, s, q, true, head, rows, upper, lower);
}

/* Weights as SDOT wants them. */
static void arrange(const NnConv *c, Block *block, int size)
{
    (void)c, (void)size;
    if (block->summing == SUM_WIDEST)
        return;
    int8_t *dst = (int8_t *)(block + 1);
    int16_t taps[9][BLOCK];
    memcpy(taps, dst, sizeof taps);
    for (int part = 0; part < (block->summing == SUM_WIDE ? 2 : 1); part++) {
        for (int j = 0; j < 3; j++) {
            for (int channel = 0; channel < BLOCK; channel++) {
                for (int i = 0; i < 4; i++) {
                    int w = i < 3 ? taps[3 * i + j][channel] : 0;
                    int first = w < -128 ? -128 : w > 127 ? 127 : w;
                    *dst++ = (int8_t)(part ? w - first : first);
                }
            }
        }
    }
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack_blocks(args, weights, bias, packed, arrange);
}

static bool accepts(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return is_plain_depthwise(args) && is_3x3(w) && w->stride_w == 1 && w->stride_h == 1 &&
           w->out_c >= HALF;
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
    Requant q = requant_init(c, (Rounding)head->rounding, head->small);
    Span s = make_span(c);
    int8_t *border = b->scratch, *spare = border + border_bytes(c);
    memset(border, c->in_zero, border_bytes(c));
    ptrdiff_t pitch = (ptrdiff_t)w->out_w * w->out_c;
    for (int y = y0; y < y1; y += 2) {
        const int8_t *rows[4];
        for (int i = 0; i < 4; i++)
            rows[i] = input_row(w, b->in[0], border, y - w->pad_t + i);
        int8_t *upper = (int8_t *)b->out + y * pitch;
        int8_t *lower = y + 1 < y1 ? upper + pitch : spare;
        if (q.relu)
            slide_two_relu(c, &s, &q, head, rows, upper, lower);
        else
            slide_two_any(c, &s, &q, head, rows, upper, lower);
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
