/* SPDX-License-Identifier: MIT */
/* dwconv_dotprod.c - int8 depthwise convolution with dot product: the three taps of a column of the
 * window, and a zero, are what SDOT sums. */
#include "dwconv_block.h"

#include "nn.h"

enum { EMIT_BY_SUMMING = false };

/* Vector v: for channels 4 * v ... 4 * v + 3 the top, middle, bottom and again bottom input. */
typedef struct {
    int8x16_t four[4];
} Column;

/* The same order, by column of the window, the last of four being zero. */
typedef struct {
    int8x16_t column[3][4];
} Weights;

NN_INLINE Column make_column(int8x16_t top, int8x16_t middle, int8x16_t bottom)
{
    int16x8_t upper0 = vreinterpretq_s16_s8(vzip1q_s8(top, middle));
    int16x8_t upper1 = vreinterpretq_s16_s8(vzip2q_s8(top, middle));
    int16x8_t lower0 = vreinterpretq_s16_s8(vzip1q_s8(bottom, bottom));
    int16x8_t lower1 = vreinterpretq_s16_s8(vzip2q_s8(bottom, bottom));
    return (Column){{
        vreinterpretq_s8_s16(vzip1q_s16(upper0, lower0)),
        vreinterpretq_s8_s16(vzip2q_s16(upper0, lower0)),
        vreinterpretq_s8_s16(vzip1q_s16(upper1, lower1)),
        vreinterpretq_s8_s16(vzip2q_s16(upper1, lower1)),
    }};
}

NN_INLINE Weights load_weights(const Block *block)
{
    Weights w;
    const int8_t *from = (const int8_t *)(block + 1);
    NN_UNROLL
    for (int i = 0; i < 12; i++)
        w.column[i / 4][i % 4] = vld1q_s8(from + 16 * i);
    return w;
}

/* No halves of vectors are used here. */
NN_INLINE void keep_column(Column *c)
{
    (void)c;
}

NN_INLINE void keep_weights(Weights *w)
{
    (void)w;
}

NN_INLINE void emit(const Requant *q, const Block *block, const Weights *w, const Column *a,
                    const Column *b, const Column *c, int8_t *out, Summing summing)
{
    (void)summing;
    int32x4_t acc[4];
    load_bias(acc, block);
    NN_UNROLL
    for (int v = 0; v < 4; v++) {
        acc[v] = vdotq_s32(acc[v], a->four[v], w->column[0][v]);
        acc[v] = vdotq_s32(acc[v], b->four[v], w->column[1][v]);
        acc[v] = vdotq_s32(acc[v], c->four[v], w->column[2][v]);
    }
    finish(q, block, acc, out);
}

#include "dwconv_3x3.h"

static void narrow(const NnConv *c, int8_t *dst, int16_t (*w)[BLOCK])
{
    if (!is_3x3(&c->win)) {
        narrow_taps(c, dst, w);
        return;
    }
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

NN_KERNEL(dwconv_s8_dotprod) = {
    .name = "dwconv_s8_dotprod",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_DOTPROD,
    .accepts = is_plain_depthwise,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run,
};
