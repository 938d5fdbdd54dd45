/* SPDX-License-Identifier: MIT */
/* conv_neon.c - int8 convolutions without dot product: pointwise and any window. */
#include "conv_tile_neon.h"
#include "conv_gemm.h"
#include "cpuflags.h"

NN_KERNEL(conv1x1_s8_neon) = {
    .name = "conv1x1_s8_neon",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .accepts = is_pointwise,
    .packed_size = packed_size,
    .pack = pack,
    .run = run_pointwise,
};

NN_KERNEL(conv_s8_neon) = {
    .name = "conv_s8_neon",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run_window,
};
