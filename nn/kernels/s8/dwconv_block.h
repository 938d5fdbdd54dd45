/* SPDX-License-Identifier: MIT */
/* dwconv_block.h - how the vector rows of the int8 depthwise convolution see their work: blocks of
 * 16 or 8 channels, packed. */
#ifndef NN_S8_DWCONV_BLOCK_H
#define NN_S8_DWCONV_BLOCK_H

#include "conv_requant.h"

enum { BLOCK = 16, HALF = 8 };

/* How many products of 8 bits may be summed in 16 before they are widened; it depends on the
 * weights of the block alone, as inputs are at most 128 in size. Weights are less w_zero here. */
typedef enum {
    SUM_ALL,   /* all taps */
    SUM_ROWS,  /* the taps of a row of the window */
    SUM_PAIRS, /* two */
    SUM_WIDE,  /* none: some weights need 9 bits */
    SUM_WIDEST /* some are even 255, which is no sum of two of 8 bits */
} Summing;

/* Packed: this, then the blocks: of 16 channels each, or of 8 where no more are left or there are
 * fewer than 16 in all. A last block that would hang over starts earlier; of fewer than 8 channels
 * the only block is filled up with zeros. */
typedef struct {
    int32_t rounding;
    int32_t small; /* Requant.small */
    int32_t unused[14];
} Packed;

/* Followed by the weights: int8_t or int16_t [taps][16] (or what a row makes of them, no larger
 * than WEIGHT_SPARE more taps), one tap of zeros behind. */
typedef struct {
    int32_t bias[BLOCK], mult[BLOCK], shift[BLOCK];
    int32_t summing;
    int32_t unused[3];
} Block;

enum { WEIGHT_SPARE = 3 };

static inline int n_taps(const NnConv *c)
{
    return c->win.k_h * c->win.k_w;
}

static inline int n_blocks(const NnConv *c)
{
    int n = c->win.out_c;
    return n < BLOCK ? (n + HALF - 1) / HALF : (n + BLOCK - 1) / BLOCK;
}

/* Channels of block i: BLOCK or HALF. */
static inline int block_size(const NnConv *c, int i)
{
    return c->win.out_c < BLOCK || c->win.out_c - i * BLOCK <= HALF ? HALF : BLOCK;
}

/* First channel of block i. */
static inline int block_start(const NnConv *c, int i)
{
    int start = i * (c->win.out_c < BLOCK ? HALF : BLOCK), last = c->win.out_c - block_size(c, i);
    return start <= last || last < 0 ? start : last;
}

static inline size_t block_bytes(const NnConv *c)
{
    return sizeof(Block) + (size_t)(n_taps(c) + WEIGHT_SPARE) * BLOCK * sizeof(int16_t);
}

static inline const Block *block_at(const NnConv *c, const Packed *head, int i)
{
    return (const Block *)((const char *)(head + 1) + (size_t)i * block_bytes(c));
}

static bool is_plain_depthwise(const NnArgs *args)
{
    return args->conv.depth_mult == 1;
}

static size_t packed_size(const NnArgs *args)
{
    return sizeof(Packed) + (size_t)n_blocks(&args->conv) * block_bytes(&args->conv);
}

/* The largest sum of sizes over n taps in a row, of any channel, for all such rows. */
static int largest_sum(int16_t (*w)[BLOCK], int taps, int n)
{
    int largest = 0;
    for (int t = 0; t < taps; t += n) {
        for (int c = 0; c < BLOCK; c++) {
            int sum = 0;
            for (int i = t; i < t + n && i < taps; i++)
                sum += w[i][c] < 0 ? -w[i][c] : w[i][c];
            largest = sum > largest ? sum : largest;
        }
    }
    return largest;
}

static Summing choose_summing(const NnConv *c, int16_t (*w)[BLOCK])
{
    int limit = INT16_MAX / 128, taps = n_taps(c);
    int largest = largest_sum(w, taps, 1);
    if (largest > 127)
        return largest > 254 ? SUM_WIDEST : SUM_WIDE;
    if (largest_sum(w, taps, taps) <= limit)
        return SUM_ALL;
    return largest_sum(w, taps, c->win.k_w) <= limit ? SUM_ROWS : SUM_PAIRS;
}

/* Packs all blocks with weights in 16 bits, then lets arrange lay them out in place. */
static void pack_blocks(const NnArgs *args, const int8_t *weights, const int32_t *bias,
                        void *packed, void (*arrange)(const NnConv *c, Block *block, int size))
{
    const NnConv *c = &args->conv;
    Packed *head = packed;
    *head = (Packed){.rounding = requant_rounding(c), .small = true};
    for (int i = 0; i < n_blocks(c); i++) {
        Block *block = (Block *)((char *)(head + 1) + (size_t)i * block_bytes(c));
        int16_t(*w)[BLOCK] = (int16_t(*)[BLOCK])(block + 1);
        memset(block, 0, block_bytes(c));
        for (int j = 0; j < block_size(c, i); j++) {
            int n = block_start(c, i) + j, sum = 0, sizes = 0;
            if (n >= c->win.out_c)
                break;
            for (int t = 0; t < n_taps(c); t++) {
                w[t][j] = (int16_t)(weights[t * c->win.out_c + n] - c->w_zero);
                sum += w[t][j];
                sizes += w[t][j] < 0 ? -w[t][j] : w[t][j];
            }
            int32_t own = bias ? bias[n] : 0;
            head->small &= requant_fits(c, n, own, sizes);
            block->bias[j] = (int32_t)((uint32_t)own - (uint32_t)(c->in_zero * sum));
            block->mult[j] = c->mult[n];
            block->shift[j] = c->shift[n];
        }
        block->summing = choose_summing(c, w);
        arrange(c, block, block_size(c, i));
    }
}

NN_INLINE void load_bias(int32x4_t acc[4], const Block *block)
{
    load_vectors(acc, block->bias, 4);
}

/* Widens 16 sums. */
NN_INLINE void add_wide(int32x4_t acc[4], int16x8_t low, int16x8_t high)
{
    acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
    acc[1] = vaddw_high_s16(acc[1], low);
    acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
    acc[3] = vaddw_high_s16(acc[3], high);
}

/* acc += x * w with 16 weights of 16 bits. */
NN_INLINE void mul_wide(int32x4_t acc[4], int8x16_t x, const int16_t *w)
{
    int16x8_t low = vmovl_s8(vget_low_s8(x)), high = vmovl_high_s8(x);
    int16x8_t w0 = vld1q_s16(w), w1 = vld1q_s16(w + 8);
    acc[0] = vmlal_s16(acc[0], vget_low_s16(low), vget_low_s16(w0));
    acc[1] = vmlal_high_s16(acc[1], low, w0);
    acc[2] = vmlal_s16(acc[2], vget_low_s16(high), vget_low_s16(w1));
    acc[3] = vmlal_high_s16(acc[3], high, w1);
}

/* Requantises and stores a pixel of 16 channels. relu is q->relu, as a constant where a loop is
 * made for it. */
NN_INLINE void finish(const Requant *q, bool relu, const Block *block, int32x4_t acc[4],
                      int8_t *out)
{
    int8x16_t v;
    requant(q, relu, acc, 4, block->mult, block->shift, 4, &v);
    vst1q_s8(out, v);
}

#endif
