/* SPDX-License-Identifier: MIT */
/* dwconv_any_fp16.c - depthwise convolution of any window in half precision. */
#include "real_fp16.h"

#include "../real/dwconv_any.h"

NN_KERNEL(dwconv_any_f16_fp16) = {
    .name = "dwconv_any_f16_fp16",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .accepts = accepts,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
