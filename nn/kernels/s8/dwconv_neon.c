/* SPDX-License-Identifier: MIT */
/* dwconv_neon.c - int8 depthwise convolution without dot product: 3 by 3 windows and any other. */
#include "cpuflags.h"
#include "dwconv_any.h"
#include "dwconv_slide_neon.h"

/* Output rows y0...y1 - 1. border: a row of zero points; few: room for a row of 8 channels. */
static void run_3x3(const NnConv *c, const Requant *q, const NnBuffers *b, const int8_t *border,
                    int8_t *few, int y0, int y1)
{
    const NnWindow *w = &c->win;
    Span s = make_span(c);
    SlideFn *slide_row = s.stride == 1 ? (q->relu ? slide_relu_1 : slide_any_1)
                                       : (q->relu ? slide_relu_2 : slide_any_2);
    for (int y = y0; y < y1; y++) {
        int8_t *out = (int8_t *)b->out + (ptrdiff_t)y * w->out_w * w->out_c;
        const int8_t *rows[3];
        for (int i = 0; i < 3; i++)
            rows[i] = input_row(w, b->in[0], border, y * w->stride_h - w->pad_t + i);
        slide_row(c, &s, q, b->packed, rows, w->out_c < HALF ? few : out);
        if (w->out_c < HALF) {
            for (int x = 0; x < w->out_w; x++)
                memcpy(out + x * w->out_c, few + x * HALF, (size_t)w->out_c);
        }
    }
}

/* Scratch: the pointers of row_any, a row of zero points, a row of 8 channels. */
static inline size_t cells_bytes(const NnConv *c)
{
    return (size_t)(n_taps(c) + 1) * sizeof(int8_t *);
}

static size_t scratch_size(const NnArgs *args)
{
    const NnConv *c = &args->conv;
    return cells_bytes(c) + border_bytes(c) + (size_t)c->win.out_w * HALF;
}

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const Packed *head = b->packed;
    Requant q = requant_init(c, (Rounding)head->rounding, head->small);
    const int8_t **cells = b->scratch;
    int8_t *border = (int8_t *)b->scratch + cells_bytes(c);
    memset(border, c->in_zero, border_bytes(c));
    if (is_3x3(w)) {
        run_3x3(c, &q, b, border, border + border_bytes(c), y0, y1);
        return;
    }
    for (int y = y0; y < y1; y++) {
        int8_t *out = (int8_t *)b->out + (ptrdiff_t)y * w->out_w * w->out_c;
        row_any(c, &q, head, b->in[0], border, cells, out, y);
    }
}

/* Do all paths of the block take weights of 16 bits? */
static bool stays_wide(const NnConv *c, const Block *block, int size)
{
    return block->summing >= SUM_WIDE || (size == HALF && is_3x3(&c->win));
}

/* Weights of 8 bits, tap after tap, and a tap of zeros. */
static void arrange(const NnConv *c, Block *block, int size)
{
    int16_t(*w)[BLOCK] = (int16_t(*)[BLOCK])(block + 1);
    int8_t *dst = (int8_t *)w;
    if (stays_wide(c, block, size))
        return;
    for (int t = 0; t < n_taps(c); t++) {
        for (int j = 0; j < BLOCK; j++)
            *dst++ = (int8_t)w[t][j];
    }
    memset(dst, 0, BLOCK);
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack_blocks(args, weights, bias, packed, arrange);
}

NN_KERNEL(dwconv_s8_neon) = {
    .name = "dwconv_s8_neon",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .accepts = is_plain_depthwise,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run,
};
