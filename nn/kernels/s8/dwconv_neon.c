/* SPDX-License-Identifier: MIT */
/* dwconv_neon.c - int8 depthwise convolution without dot product: as many 8-bit products a 16-bit
 * lane as the weights allow. */
#include "dwconv_block.h"

#include "nn.h"

enum { EMIT_BY_SUMMING = true };

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

NN_INLINE void emit(const Requant *q, const Block *block, const Weights *w, const Column *a,
                    const Column *b, const Column *c, int8_t *out, Summing summing)
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
    finish(q, block, acc, out);
}

#include "dwconv_3x3.h"

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    pack_blocks(args, weights, bias, packed, narrow_taps);
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
