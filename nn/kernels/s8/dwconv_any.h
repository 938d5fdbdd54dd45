/* SPDX-License-Identifier: MIT */
/* dwconv_any.h - int8 depthwise convolution over any window: for each output pixel the cells it
 * sees are looked up once, then all channels pass by. */
#ifndef NN_S8_DWCONV_ANY_H
#define NN_S8_DWCONV_ANY_H

#include "dwconv_block.h"

/* Fills cells with where each tap of output (y, x) reads, border for those outside. */
static void find_cells(const NnWindow *w, const int8_t *in, const int8_t *border,
                       const int8_t **cells, int y, int x)
{
    for (int i = 0; i < w->k_h; i++) {
        int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
        const int8_t *row = in + (ptrdiff_t)in_y * w->in_w * w->in_c;
        for (int j = 0; j < w->k_w; j++) {
            int in_x = x * w->stride_w - w->pad_l + j * w->dil_w;
            bool inside = in_y >= 0 && in_y < w->in_h && in_x >= 0 && in_x < w->in_w;
            *cells++ = inside ? row + (ptrdiff_t)in_x * w->in_c : border;
        }
    }
    *cells = border; /* makes pairs of an odd number of taps; its weights are zeros */
}

static void pixel_narrow(const Requant *q, const Block *block, const int8_t *const *cells, int taps,
                         int channel, int8_t *out)
{
    const int8_t *w = (const int8_t *)(block + 1);
    int32x4_t acc[4];
    load_bias(acc, block);
    for (int t = 0; t < taps; t += 2, w += 2 * BLOCK) {
        int8x16_t x0 = vld1q_s8(cells[t] + channel), x1 = vld1q_s8(cells[t + 1] + channel);
        int8x16_t w0 = vld1q_s8(w), w1 = vld1q_s8(w + BLOCK);
        int16x8_t low = vmull_s8(vget_low_s8(x0), vget_low_s8(w0));
        int16x8_t high = vmull_high_s8(x0, w0);
        low = vmlal_s8(low, vget_low_s8(x1), vget_low_s8(w1));
        high = vmlal_high_s8(high, x1, w1);
        add_wide(acc, low, high);
    }
    finish(q, false, block, acc, out);
}

/* A window 5 wide, of which a row or all (Summing) can be summed in 16 bits. */
NN_INLINE void pixel_fives(const Requant *q, const Block *block, const int8_t *const *cells,
                           int rows, int channel, int8_t *out, bool all)
{
    const int8_t *w = (const int8_t *)(block + 1);
    int16x8_t low = vdupq_n_s16(0), high = low;
    int32x4_t acc[4];
    load_bias(acc, block);
    for (int i = 0; i < rows; i++, cells += 5, w += 5 * BLOCK) {
        NN_UNROLL
        for (int j = 0; j < 5; j++) {
            int8x16_t x = vld1q_s8(cells[j] + channel), tap = vld1q_s8(w + j * BLOCK);
            low = vmlal_s8(low, vget_low_s8(x), vget_low_s8(tap));
            high = vmlal_high_s8(high, x, tap);
        }
        if (!all) {
            add_wide(acc, low, high);
            low = high = vdupq_n_s16(0);
        }
    }
    if (all)
        add_wide(acc, low, high);
    finish(q, false, block, acc, out);
}

static void pixel_wide(const Requant *q, const Block *block, const int8_t *const *cells, int taps,
                       int channel, int8_t *out)
{
    const int16_t *w = (const int16_t *)(block + 1);
    int32x4_t acc[4];
    load_bias(acc, block);
    for (int t = 0; t < taps; t++, w += BLOCK)
        mul_wide(acc, vld1q_s8(cells[t] + channel), w);
    finish(q, false, block, acc, out);
}

/* One output row; cells is room for a pointer a tap and one more. */
static void row_any(const NnConv *c, const Requant *q, const Packed *head, const int8_t *in,
                    const int8_t *border, const int8_t **cells, int8_t *out, int y)
{
    const NnWindow *w = &c->win;
    int taps = n_taps(c), blocks = n_blocks(c);
    for (int x = 0; x < w->out_w; x++, out += w->out_c) {
        find_cells(w, in, border, cells, y, x);
        for (int i = 0; i < blocks; i++) {
            const Block *block = block_at(c, head, i);
            int channel = block_start(c, i), size = block_size(c, i);
            int8_t half[BLOCK], *to = size == HALF ? half : out + channel;
            if (block->summing >= SUM_WIDE)
                pixel_wide(q, block, cells, taps, channel, to);
            else if (w->k_w == 5 && block->summing == SUM_ALL)
                pixel_fives(q, block, cells, w->k_h, channel, to, true);
            else if (w->k_w == 5 && block->summing == SUM_ROWS)
                pixel_fives(q, block, cells, w->k_h, channel, to, false);
            else
                pixel_narrow(q, block, cells, taps, channel, to);
            if (size == HALF)
                memcpy(out + channel, half, (size_t)(w->out_c < HALF ? w->out_c : HALF));
        }
    }
}

#endif
