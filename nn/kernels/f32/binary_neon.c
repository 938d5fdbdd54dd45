/* SPDX-License-Identifier: MIT */
/* binary_neon.c - ADD, SUB, MUL and DIV on float32: whatever the broadcast, the work is runs of
 * numbers of which either side may be one number for the whole run. */
#include "cpuflags.h"
#include "kernel.h"
#include "vec_neon.h"

typedef struct {
    int cols;
    ptrdiff_t n; /* of a run */
    ptrdiff_t a_col, a_step, b_col, b_step;
} Runs;

static bool joins(ptrdiff_t col, ptrdiff_t step, const Runs *r)
{
    return r->cols == 1 || (step == 1 && col == r->n) || (step == 0 && col == 0);
}

/* Runs as long as they can be within a row. */
static Runs find_runs(const NnBinary *n)
{
    Runs r = {n->cols, n->channels, n->a_col, n->a_chan, n->b_col, n->b_chan};
    if (r.n == 1)
        r = (Runs){1, n->cols, 0, n->a_col, 0, n->b_col};
    if (joins(r.a_col, r.a_step, &r) && joins(r.b_col, r.b_step, &r)) {
        r.n *= r.cols;
        r.cols = 1;
    }
    return r;
}

static bool accepts(const NnArgs *args)
{
    const Runs r = find_runs(&args->binary);
    return r.n == 1 || (r.a_step <= 1 && r.b_step <= 1 && r.a_step + r.b_step > 0);
}

NN_INLINE float32x4_t apply(const NnOp op, float32x4_t a, float32x4_t b)
{
    return op == NN_OP_ADD   ? vaddq_f32(a, b)
           : op == NN_OP_SUB ? vsubq_f32(a, b)
           : op == NN_OP_MUL ? vmulq_f32(a, b)
                             : vdivq_f32(a, b);
}

/* a_one, b_one: one number instead of n. */
NN_INLINE void run_one(const NnOp op, const bool a_one, const bool b_one, const float *a,
                       const float *b, float *out, ptrdiff_t n, float f_min, float f_max)
{
    const float32x4_t lo = vdupq_n_f32(f_min), hi = vdupq_n_f32(f_max);
    const float32x4_t a_all = vdupq_n_f32(*a), b_all = vdupq_n_f32(*b);
    ptrdiff_t i = 0;

    for (; i + 16 <= n; i += 16) {
        NN_UNROLL
        for (int j = 0; j < 16; j += 4) {
            const float32x4_t va = a_one ? a_all : vld1q_f32(a + i + j);
            const float32x4_t vb = b_one ? b_all : vld1q_f32(b + i + j);
            vst1q_f32(out + i + j, vminq_f32(vmaxq_f32(apply(op, va, vb), lo), hi));
        }
    }
    for (; i < n; i += 4) {
        const float32x4_t va = a_one ? a_all : vld1q_f32(a + i);
        const float32x4_t vb = b_one ? b_all : vld1q_f32(b + i);
        vec_store(out + i, vminq_f32(vmaxq_f32(apply(op, va, vb), lo), hi), n - i);
    }
}

NN_INLINE void run(const NnArgs *args, const NnBuffers *b, int y0, int y1, const NnOp op)
{
    const NnBinary *n = &args->binary;
    const Runs r = find_runs(n);
    float *out = (float *)b->out + (ptrdiff_t)y0 * n->cols * n->channels;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < r.cols; x++, out += r.n) {
            const float *pa = (const float *)b->in[0] + y * n->a_row + x * r.a_col;
            const float *pb = (const float *)b->in[1] + y * n->b_row + x * r.b_col;
            if (r.a_step && r.b_step)
                run_one(op, false, false, pa, pb, out, r.n, n->f_min, n->f_max);
            else if (r.a_step)
                run_one(op, false, true, pa, pb, out, r.n, n->f_min, n->f_max);
            else
                run_one(op, true, false, pa, pb, out, r.n, n->f_min, n->f_max);
        }
}

static void add_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, NN_OP_ADD);
}

static void sub_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, NN_OP_SUB);
}

static void mul_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, NN_OP_MUL);
}

static void div_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, NN_OP_DIV);
}

NN_KERNEL(add_f32_neon) = {
    .name = "add_f32_neon",
    .op = NN_OP_ADD,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = add_run,
};

NN_KERNEL(sub_f32_neon) = {
    .name = "sub_f32_neon",
    .op = NN_OP_SUB,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = sub_run,
};

NN_KERNEL(mul_f32_neon) = {
    .name = "mul_f32_neon",
    .op = NN_OP_MUL,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = mul_run,
};

NN_KERNEL(div_f32_neon) = {
    .name = "div_f32_neon",
    .op = NN_OP_DIV,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .run = div_run,
};
