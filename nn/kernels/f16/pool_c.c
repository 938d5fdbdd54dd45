/* SPDX-License-Identifier: MIT */
/* pool_c.c - the references of average and maximum pooling in half precision. */
#include "real_c.h"

#include "../real/pool_ref.h"

NN_KERNEL(avgpool_f16_c) = {
    .name = "avgpool_f16_c",
    .op = NN_OP_AVGPOOL,
    .type = NN_KERNEL_F16,
    .run = avgpool_run,
};

NN_KERNEL(maxpool_f16_c) = {
    .name = "maxpool_f16_c",
    .op = NN_OP_MAXPOOL,
    .type = NN_KERNEL_F16,
    .run = maxpool_run,
};
