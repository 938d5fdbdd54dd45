/* SPDX-License-Identifier: MIT */
/* binary_c.c - the references of ADD, SUB, MUL and DIV on float32, with any broadcast. */
#include "kernel.h"
#include "clamp.h"

static float apply(NnOp op, float a, float b)
{
    switch (op) {
    case NN_OP_ADD:
        return a + b;
    case NN_OP_SUB:
        return a - b;
    case NN_OP_MUL:
        return a * b;
    default:
        return a / b;
    }
}

static void binary_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnBinary *n = &args->binary;
    float *out = (float *)b->out + (ptrdiff_t)y0 * n->cols * n->channels;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < n->cols; x++) {
            const float *pa = (const float *)b->in[0] + y * n->a_row + x * n->a_col;
            const float *pb = (const float *)b->in[1] + y * n->b_row + x * n->b_col;
            for (int c = 0; c < n->channels; c++) {
                float r = apply(args->op, pa[c * n->a_chan], pb[c * n->b_chan]);
                *out++ = f32_clamp(r, n->f_min, n->f_max);
            }
        }
}

NN_KERNEL(add_f32_c) = {
    .name = "add_f32_c",
    .op = NN_OP_ADD,
    .type = NN_KERNEL_F32,
    .run = binary_run,
};

NN_KERNEL(sub_f32_c) = {
    .name = "sub_f32_c",
    .op = NN_OP_SUB,
    .type = NN_KERNEL_F32,
    .run = binary_run,
};

NN_KERNEL(mul_f32_c) = {
    .name = "mul_f32_c",
    .op = NN_OP_MUL,
    .type = NN_KERNEL_F32,
    .run = binary_run,
};

NN_KERNEL(div_f32_c) = {
    .name = "div_f32_c",
    .op = NN_OP_DIV,
    .type = NN_KERNEL_F32,
    .run = binary_run,
};
