/* SPDX-License-Identifier: MIT */
/* conv_c.c - the references of full and depthwise convolution in half precision. */
#include "real_c.h"

#include "../real/conv_ref.h"

NN_KERNEL(conv_f16_c) = {
    .name = "conv_f16_c",
    .op = NN_OP_CONV,
    .type = NN_KERNEL_F16,
    .packed_size = conv_packed_size,
    .pack = conv_pack,
    .run = conv_run,
};

NN_KERNEL(dwconv_f16_c) = {
    .name = "dwconv_f16_c",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_F16,
    .packed_size = dwconv_packed_size,
    .pack = dwconv_pack,
    .run = dwconv_run,
};
