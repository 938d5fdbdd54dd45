/* SPDX-License-Identifier: MIT */
/* pool_c.c - the references of average and maximum pooling and of the mean on float32. */
#include "real_c.h"

#include "../real/pool_ref.h"

NN_KERNEL(avgpool_f32_c) = {
    .name = "avgpool_f32_c",
    .op = NN_OP_AVGPOOL,
    .type = NN_KERNEL_F32,
    .run = avgpool_run,
};

NN_KERNEL(maxpool_f32_c) = {
    .name = "maxpool_f32_c",
    .op = NN_OP_MAXPOOL,
    .type = NN_KERNEL_F32,
    .run = maxpool_run,
};

/* The mean is the average over a window that is the whole map. */
NN_KERNEL(mean_f32_c) = {
    .name = "mean_f32_c",
    .op = NN_OP_MEAN,
    .type = NN_KERNEL_F32,
    .run = avgpool_run,
};
