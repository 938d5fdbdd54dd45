/* SPDX-License-Identifier: MIT */
/* lut_neon.c - int8 table look-up, 16 values at a time; plain addition where a table does no more
 * than that, as between uint8 and int8. */
#include "cpuflags.h"
#include "kernel.h"
#include "lanes_neon.h"

/* Does the table add its first entry, modulo 256? */
static bool adds(const uint8_t *lut)
{
    static const uint8_t count[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8x16_t expected = vaddq_u8(vld1q_u8(count), vdupq_n_u8(lut[0])), off = vdupq_n_u8(0);
    for (int i = 0; i < 256; i += 16) {
        off = vorrq_u8(off, veorq_u8(vld1q_u8(lut + i), expected));
        expected = vaddq_u8(expected, vdupq_n_u8(16));
    }
    uint64x2_t halves = vreinterpretq_u64_u8(off);
    return (vgetq_lane_u64(halves, 0) | vgetq_lane_u64(halves, 1)) == 0;
}

static void run_add(uint8x16_t what, const uint8_t *in, uint8_t *out, ptrdiff_t n)
{
    ptrdiff_t i = 0;
    for (; i + 64 <= n; i += 64) {
        NN_UNROLL
        for (int j = 0; j < 64; j += 16)
            vst1q_u8(out + i + j, vaddq_u8(vld1q_u8(in + i + j), what));
    }
    for (; i < n; i += 16) {
        uint8x16_t y = vaddq_u8(vld1q_u8(in + i), what);
        lanes_store((int8_t *)out + i, vreinterpretq_s8_u8(y), n - i < 16 ? (int)(n - i) : 16);
    }
}

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const uint8_t *in = (const uint8_t *)b->in[0] + (ptrdiff_t)y0 * u->n;
    int8_t *out = (int8_t *)b->out + (ptrdiff_t)y0 * u->n;
    ptrdiff_t n = (ptrdiff_t)(y1 - y0) * u->n;
    if (adds(u->lut)) {
        run_add(vdupq_n_u8(u->lut[0]), in, (uint8_t *)out, n);
        return;
    }
    SimdTable table = simd_table_load(u->lut);
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
