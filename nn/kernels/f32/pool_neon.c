/* SPDX-License-Identifier: MIT */
/* pool_neon.c - average and maximum pooling and the mean on float32. */
#include "real_neon.h"

#include "../real/pool.h"

NN_KERNEL(avgpool_f32_neon) = {
    .name = "avgpool_f32_neon",
    .op = NN_OP_AVGPOOL,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = average_run,
};

NN_KERNEL(maxpool_f32_neon) = {
    .name = "maxpool_f32_neon",
    .op = NN_OP_MAXPOOL,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = largest_run,
};

/* As the reference: the average over a window that is the whole map. */
NN_KERNEL(mean_f32_neon) = {
    .name = "mean_f32_neon",
    .op = NN_OP_MEAN,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .run = average_run,
};
