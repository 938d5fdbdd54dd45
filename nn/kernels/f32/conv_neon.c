/* SPDX-License-Identifier: MIT */
/* conv_neon.c - full convolution on float32. */
#include "real_neon.h"

#include "../real/conv.h"

NN_KERNEL(conv1x1_f32_neon) = {
    .name = "conv1x1_f32_neon",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts_1x1,
    .packed_size = packed_size,
    .pack = pack,
    .run = run_1x1,
};

NN_KERNEL(conv_f32_neon) = {
    .name = "conv_f32_neon",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run_window,
};
