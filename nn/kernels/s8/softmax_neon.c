/* SPDX-License-Identifier: MIT */
/* softmax_neon.c - int8 softmax. A row has at most 256 different values, so the exponentials and
 * the results are computed once for each, four at a time, and looked up. */
#include "cpuflags.h"
#include "kernel.h"
#include "fixedpoint.h"
#include "lanes_neon.h"

/* fixed_exp_q5 of four numbers. */
NN_INLINE int32x4_t exp_q5(int32x4_t x)
{
    static const int32_t factors[] = {
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242,
    };
    const int32x4_t eighth = vdupq_n_s32(1895147668), third = vdupq_n_s32(715827883);
    const int32x4_t quarter = vdupq_n_s32(1 << 24);
    int32x4_t fraction = vsubq_s32(vandq_s32(x, vdupq_n_s32((1 << 24) - 1)), quarter);

    int32x4_t t = vaddq_s32(vshlq_n_s32(fraction, 5), vdupq_n_s32(1 << 28));
    int32x4_t t2 = vqrdmulhq_s32(t, t);
    int32x4_t t3 = vqrdmulhq_s32(t2, t);
    int32x4_t t4 = LANES_SHIFT_RIGHT(vqrdmulhq_s32(t2, t2), 2);
    int32x4_t rest = vaddq_s32(vqrdmulhq_s32(vaddq_s32(t4, t3), third), t2);
    t = vaddq_s32(t, LANES_SHIFT_RIGHT(rest, 1));
    int32x4_t y = vaddq_s32(eighth, vqrdmulhq_s32(eighth, t));

    int32x4_t bits = vsubq_s32(fraction, x);
    NN_UNROLL
    for (int i = 0; i < 7; i++) {
        uint32x4_t set = vtstq_s32(bits, vdupq_n_s32(1 << (24 + i)));
        y = vbslq_s32(set, vqrdmulhq_s32(y, vdupq_n_s32(factors[i])), y);
    }
    return vbslq_s32(vceqq_s32(x, vdupq_n_s32(0)), vdupq_n_s32(INT32_MAX), y);
}

/* terms[d] = exp of a difference of -d from the maximum, d 0...range; 0 below diff_min. Fills up to
 * the next multiple of four. */
static void make_terms(const NnRowwise *r, int range, int32_t terms[256])
{
    static const int32_t first[] = {0, -1, -2, -3};
    const int32x4_t shift = vdupq_n_s32(r->shift), least = vdupq_n_s32(r->diff_min);
    int32x4_t diff = vld1q_s32(first);
    for (int d = 0; d <= range; d += 4) {
        int32x4_t x = vqrdmulhq_s32(vshlq_s32(diff, shift), vdupq_n_s32(r->mult));
        uint32x4_t counts = vcgeq_s32(diff, least);
        vst1q_s32(terms + d, vandq_s32(exp_q5(x), vreinterpretq_s32_u32(counts)));
        diff = vsubq_s32(diff, vdupq_n_s32(4));
    }
}

static void softmax_row(const NnRowwise *r, const int8_t *in, int8_t *out)
{
    int most = INT8_MIN, least = INT8_MAX;
    for (int i = 0; i < r->n; i++) {
        most = in[i] > most ? in[i] : most;
        least = in[i] < least ? in[i] : least;
    }
    int range = most - least;
    int32_t terms[256];
    make_terms(r, range, terms);

    int32_t parts[256]; /* of the sum, Q12; terms are never negative: no fix-up of ties */
    for (int d = 0; d <= range; d += 4)
        vst1q_s32(parts + d, vrshrq_n_s32(vld1q_s32(terms + d), 12));
    uint32_t sum = 0;
    for (int i = 0; i < r->n; i++)
        sum += (uint32_t)parts[most - in[i]];

    int bits;
    int32_t inverse = fixed_reciprocal_q12(sum, &bits);
    uint8_t results[256]; /* by the input's byte */
    for (int d = 0; d <= range; d++) {
        int32_t y = 0;
        if (-d >= r->diff_min)
            y = fixed_softmax_shift(quant_mul_high(inverse, terms[d]), bits + 31 - 8);
        results[(uint8_t)(most - d)] = (uint8_t)quant_clamp(y + r->out_zero, INT8_MIN, INT8_MAX);
    }
    for (int i = 0; i < r->n; i++)
        out[i] = (int8_t)results[(uint8_t)in[i]];
}

static void softmax_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnRowwise *r = &args->rowwise;
    for (int y = y0; y < y1; y++)
        softmax_row(r, (const int8_t *)b->in[0] + (ptrdiff_t)y * r->n,
                    (int8_t *)b->out + (ptrdiff_t)y * r->n);
}

NN_KERNEL(softmax_s8_neon) = {
    .name = "softmax_s8_neon",
    .op = NN_OP_SOFTMAX,
    .type = NN_KERNEL_S8,
    .cpu = NN_CPU_NEON,
    .run = softmax_run,
};
