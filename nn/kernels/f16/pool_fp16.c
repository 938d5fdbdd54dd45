/* SPDX-License-Identifier: MIT */
/* pool_fp16.c - average and maximum pooling in half precision. */
#include "real_fp16.h"

#include "../real/pool.h"

NN_KERNEL(avgpool_f16_fp16) = {
    .name = "avgpool_f16_fp16",
    .op = NN_OP_AVGPOOL,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .run = average_run,
};

NN_KERNEL(maxpool_f16_fp16) = {
    .name = "maxpool_f16_fp16",
    .op = NN_OP_MAXPOOL,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .run = largest_run,
};
