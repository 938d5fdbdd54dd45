/* SPDX-License-Identifier: MIT */
/* binary_c.c - the references of ADD, SUB, MUL and DIV in half precision. */
#include "real_c.h"

#include "../real/binary_ref.h"

NN_KERNEL(add_f16_c) = {
    .name = "add_f16_c",
    .op = NN_OP_ADD,
    .type = NN_KERNEL_F16,
    .run = binary_run,
};

NN_KERNEL(sub_f16_c) = {
    .name = "sub_f16_c",
    .op = NN_OP_SUB,
    .type = NN_KERNEL_F16,
    .run = binary_run,
};

NN_KERNEL(mul_f16_c) = {
    .name = "mul_f16_c",
    .op = NN_OP_MUL,
    .type = NN_KERNEL_F16,
    .run = binary_run,
};

NN_KERNEL(div_f16_c) = {
    .name = "div_f16_c",
    .op = NN_OP_DIV,
    .type = NN_KERNEL_F16,
    .run = binary_run,
};
