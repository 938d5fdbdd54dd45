/* SPDX-License-Identifier: MIT */
/* binary_fp16.c - ADD, SUB, MUL and DIV in half precision. */
#include "real_fp16.h"

#include "../real/binary.h"

NN_KERNEL(add_f16_fp16) = {
    .name = "add_f16_fp16",
    .op = NN_OP_ADD,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .accepts = accepts,
    .run = add_run,
};

NN_KERNEL(sub_f16_fp16) = {
    .name = "sub_f16_fp16",
    .op = NN_OP_SUB,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .accepts = accepts,
    .run = sub_run,
};

NN_KERNEL(mul_f16_fp16) = {
    .name = "mul_f16_fp16",
    .op = NN_OP_MUL,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .accepts = accepts,
    .run = mul_run,
};

NN_KERNEL(div_f16_fp16) = {
    .name = "div_f16_fp16",
    .op = NN_OP_DIV,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .accepts = accepts,
    .run = div_run,
};
