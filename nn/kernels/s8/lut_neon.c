/* SPDX-License-Identifier: MIT */
/* lut_neon.c - int8 table look-up, 16 values at a time. */
#include "cpuflags.h"
#include "kernel.h"
#include "lanes_neon.h"

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    SimdTable table = simd_table_load(u->lut);
    const uint8_t *in = (const uint8_t *)b->in[0] + (ptrdiff_t)y0 * u->n;
    int8_t *out = (int8_t *)b->out + (ptrdiff_t)y0 * u->n;
    ptrdiff_t n = (ptrdiff_t)(y1 - y0) * u->n;
    for (ptrdiff_t i = 0; i < n; i += 16) {
        uint8x16_t y = simd_table_lookup(&table, vld1q_u8(in + i));
        lanes_store(out + i, vreinterpretq_s8_u8(y), n - i < 16 ? (int)(n - i) : 16);
    }
}

NN_KERNEL(lut_s8_neon) = {
    .name = "lut_s8_neon",
    .op = NN_OP_LUT,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .run = run,
};
