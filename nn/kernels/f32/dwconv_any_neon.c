/* SPDX-License-Identifier: MIT */
/* dwconv_any_neon.c - depthwise convolution of any window on float32. */
#include "real_neon.h"

#include "../real/dwconv_any.h"

NN_KERNEL(dwconv_any_f32_neon) = {
    .name = "dwconv_any_f32_neon",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
