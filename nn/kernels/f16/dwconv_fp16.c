/* SPDX-License-Identifier: MIT */
/* dwconv_fp16.c - depthwise convolution in half precision. */
#include "real_fp16.h"

#include "../real/dwconv.h"

NN_KERNEL(dwconv_f16_fp16) = {
    .name = "dwconv_f16_fp16",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .accepts = accepts,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run,
};
