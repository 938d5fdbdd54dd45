/* SPDX-License-Identifier: MIT */
/* binary_c.c - int8 ADD, SUB and MUL with any broadcast, the references. */
#include "kernel.h"
#include "quant.h"

typedef int32_t BinaryFn(const NnBinary *p, int32_t a, int32_t b); /* of values minus zeros */

static int32_t scale_input(int32_t x, int32_t mult, int shift)
{
    return quant_scale(x * (1 << 20), mult, shift);
}

static int32_t add(const NnBinary *p, int32_t a, int32_t b)
{
    return scale_input(a, p->a_mult, p->a_shift) + scale_input(b, p->b_mult, p->b_shift);
}

/* Not the difference of the scaled values: ties round the other way. */
static int32_t sub(const NnBinary *p, int32_t a, int32_t b)
{
    return scale_input(a, p->a_mult, p->a_shift) + scale_input(b, -p->b_mult, p->b_shift);
}

static int32_t mul(const NnBinary *p, int32_t a, int32_t b)
{
    (void)p;
    return a * b;
}

static inline void walk(const NnArgs *args, const NnBuffers *buffers, int y0, int y1, BinaryFn *fn)
{
    const NnBinary *p = &args->binary;
    int8_t *out = (int8_t *)buffers->out + (ptrdiff_t)y0 * p->cols * p->channels;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < p->cols; x++) {
            const int8_t *a = (const int8_t *)buffers->in[0] + y * p->a_row + x * p->a_col;
            const int8_t *b = (const int8_t *)buffers->in[1] + y * p->b_row + x * p->b_col;
            for (int c = 0; c < p->channels; c++, a += p->a_chan, b += p->b_chan) {
                int32_t raw = fn(p, *a - p->a_zero, *b - p->b_zero);
                int32_t q = quant_scale(raw, p->out_mult, p->out_shift) + p->out_zero;
                *out++ = (int8_t)quant_clamp(q, p->act_min, p->act_max);
            }
        }
}

static void add_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    walk(args, b, y0, y1, add);
}

static void sub_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    walk(args, b, y0, y1, sub);
}

static void mul_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    walk(args, b, y0, y1, mul);
}

NN_KERNEL(add_s8_c) = {
    .name = "add_s8_c",
    .op = NN_OP_ADD,
    .type = NN_KERNEL_S8,
    .run = add_run,
};

NN_KERNEL(sub_s8_c) = {
    .name = "sub_s8_c",
    .op = NN_OP_SUB,
    .type = NN_KERNEL_S8,
    .run = sub_run,
};

NN_KERNEL(mul_s8_c) = {
    .name = "mul_s8_c",
    .op = NN_OP_MUL,
    .type = NN_KERNEL_S8,
    .run = mul_run,
};
