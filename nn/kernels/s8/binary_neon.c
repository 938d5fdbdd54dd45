/* SPDX-License-Identifier: MIT */
/* binary_neon.c - int8 ADD, SUB and MUL, 16 values at a time along the longest runs that the
 * broadcast leaves. */
#include "cpuflags.h"
#include "kernel.h"
#include "lanes_neon.h"

typedef struct {
    int16x8_t a_zero, b_zero;
    LanesScale a, b, out;
    LanesRange range;
} Constants;

/* 16 results from 16 values of each input. */
NN_INLINE int8x16_t combine(NnOp op, const Constants *k, int8x16_t a, int8x16_t b)
{
    int16x8_t x[2], y[2];
    lanes_minus_zero(a, k->a_zero, x);
    lanes_minus_zero(b, k->b_zero, y);
    int32x4_t sum[4];
    NN_UNROLL
    for (int i = 0; i < 4; i++) {
        int16x4_t u = i & 1 ? vget_high_s16(x[i / 2]) : vget_low_s16(x[i / 2]);
        int16x4_t v = i & 1 ? vget_high_s16(y[i / 2]) : vget_low_s16(y[i / 2]);
        if (op == NN_OP_MUL)
            sum[i] = vmull_s16(u, v);
        else
            sum[i] = vaddq_s32(lanes_scale(vshlq_n_s32(vmovl_s16(u), 20), &k->a),
                               lanes_scale(vshlq_n_s32(vmovl_s16(v), 20), &k->b));
        sum[i] = lanes_scale(sum[i], &k->out);
    }
    return lanes_narrow(sum, &k->range);
}

/* Steps are 1, or 0 for an operand that stands still. */
NN_INLINE void line(NnOp op, const Constants *k, const int8_t *a, ptrdiff_t a_step, const int8_t *b,
                    ptrdiff_t b_step, int8_t *out, int n)
{
    int8x16_t still_a = vld1q_dup_s8(a), still_b = vld1q_dup_s8(b);
    for (int i = 0; i < n; i += 16) {
        int8x16_t u = a_step ? vld1q_s8(a + i) : still_a;
        int8x16_t v = b_step ? vld1q_s8(b + i) : still_b;
        lanes_store(out + i, combine(op, k, u, v), n - i);
    }
}

/* True if going on to the next column is going on to the next channel. */
static bool runs_on(ptrdiff_t col, ptrdiff_t chan, int channels)
{
    return col == chan * channels;
}

NN_INLINE void run(NnOp op, const NnArgs *args, const NnBuffers *buffers, int y0, int y1)
{
    const NnBinary *p = &args->binary;
    const Constants k = {
        .a_zero = vdupq_n_s16((int16_t)p->a_zero),
        .b_zero = vdupq_n_s16((int16_t)p->b_zero),
        .a = lanes_scale_init(p->a_mult, p->a_shift),
        .b = lanes_scale_init(op == NN_OP_SUB ? -p->b_mult : p->b_mult, p->b_shift),
        .out = lanes_scale_init(p->out_mult, p->out_shift),
        .range = lanes_range_init(p->out_zero, p->act_min, p->act_max),
    };
    int n = p->channels, lines = p->cols;
    if (runs_on(p->a_col, p->a_chan, n) && runs_on(p->b_col, p->b_chan, n)) {
        n *= lines;
        lines = 1;
    }
    int8_t *out = (int8_t *)buffers->out + (ptrdiff_t)y0 * p->cols * p->channels;
    for (int y = y0; y < y1; y++)
        for (int x = 0; x < lines; x++, out += n) {
            const int8_t *a = (const int8_t *)buffers->in[0] + y * p->a_row + x * p->a_col;
            const int8_t *b = (const int8_t *)buffers->in[1] + y * p->b_row + x * p->b_col;
            if (p->a_chan && p->b_chan)
                line(op, &k, a, 1, b, 1, out, n);
            else
                line(op, &k, a, p->a_chan, b, p->b_chan, out, n);
        }
}

static void add_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(NN_OP_ADD, args, b, y0, y1);
}

static void sub_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(NN_OP_SUB, args, b, y0, y1);
}

static void mul_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(NN_OP_MUL, args, b, y0, y1);
}

/* Left shifts only come from absurd scales. */
static bool accepts(const NnArgs *args)
{
    const NnBinary *p = &args->binary;
    return p->out_shift <= 0 && (args->op == NN_OP_MUL || (p->a_shift <= 0 && p->b_shift <= 0));
}

NN_KERNEL(add_s8_neon) = {
    .name = "add_s8_neon",
    .op = NN_OP_ADD,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = add_run,
};

NN_KERNEL(sub_s8_neon) = {
    .name = "sub_s8_neon",
    .op = NN_OP_SUB,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = sub_run,
};

NN_KERNEL(mul_s8_neon) = {
    .name = "mul_s8_neon",
    .op = NN_OP_MUL,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = mul_run,
};
