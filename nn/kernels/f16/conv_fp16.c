/* SPDX-License-Identifier: MIT */
/* conv_fp16.c - full convolution in half precision. */
#include "real_fp16.h"

#include "../real/conv.h"

NN_KERNEL(conv1x1_f16_fp16) = {
    .name = "conv1x1_f16_fp16",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .accepts = accepts_1x1,
    .packed_size = packed_size,
    .pack = pack,
    .run = run_1x1,
};

NN_KERNEL(conv_f16_fp16) = {
    .name = "conv_f16_fp16",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_F16,
    .cpu = NN_CPU_FP16,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .run = run_window,
};
