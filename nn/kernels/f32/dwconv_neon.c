/* SPDX-License-Identifier: MIT */
/* dwconv_neon.c - depthwise convolution on float32. */
#include "real_neon.h"

#include "../real/dwconv.h"

NN_KERNEL(dwconv_f32_neon) = {
    .name = "dwconv_f32_neon",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run,
};
