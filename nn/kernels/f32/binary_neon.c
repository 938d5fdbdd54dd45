/* SPDX-License-Identifier: MIT */
/* binary_neon.c - ADD, SUB, MUL and DIV on float32. */
#include "real_neon.h"

#include "../real/binary.h"

NN_KERNEL(add_f32_neon) = {
    .name = "add_f32_neon",
    .op = NN_OP_ADD,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = add_run,
};

NN_KERNEL(sub_f32_neon) = {
    .name = "sub_f32_neon",
    .op = NN_OP_SUB,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = sub_run,
};

NN_KERNEL(mul_f32_neon) = {
    .name = "mul_f32_neon",
    .op = NN_OP_MUL,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = mul_run,
};

NN_KERNEL(div_f32_neon) = {
    .name = "div_f32_neon",
    .op = NN_OP_DIV,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = div_run,
};
