/* SPDX-License-Identifier: MIT */
/* binary_c.c - the references of ADD, SUB, MUL and DIV on float32. */
#include "real_c.h"

#include "../real/binary_ref.h"

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
