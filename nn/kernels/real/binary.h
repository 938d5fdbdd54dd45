/* SPDX-License-Identifier: MIT */
/* binary.h - ADD, SUB, MUL and DIV: whatever the broadcast, the work is runs of
 * numbers of which either side may be one number for the whole run. */
#ifndef NN_REAL_BINARY_H
#define NN_REAL_BINARY_H

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

NN_INLINE Vec apply(const NnOp op, Vec a, Vec b)
{
    return op == NN_OP_ADD   ? vec_add(a, b)
           : op == NN_OP_SUB ? vec_sub(a, b)
           : op == NN_OP_MUL ? vec_mul(a, b)
                             : vec_div(a, b);
}

/* a_one, b_one: one number instead of n. */
NN_INLINE void run_one(const NnOp op, const bool a_one, const bool b_one, const Real *a,
                       const Real *b, Real *out, ptrdiff_t n, float f_min, float f_max)
{
    const Vec lo = vec_set(f_min), hi = vec_set(f_max);
    const Vec a_all = vec_set(*a), b_all = vec_set(*b);
    ptrdiff_t i = 0;

    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        NN_UNROLL
        for (int j = 0; j < 4 * LANES; j += LANES) {
            const Vec va = a_one ? a_all : vec_load(a + i + j);
            const Vec vb = b_one ? b_all : vec_load(b + i + j);
            vec_store(out + i + j, vec_min(vec_max(apply(op, va, vb), lo), hi));
        }
    }
    for (; i < n; i += LANES) {
        const Vec va = a_one ? a_all : vec_load(a + i);
        const Vec vb = b_one ? b_all : vec_load(b + i);
        vec_store_first(out + i, vec_min(vec_max(apply(op, va, vb), lo), hi), n - i);
    }
}

NN_INLINE void run(const NnArgs *args, const NnBuffers *b, int y0, int y1, const NnOp op)
{
    const NnBinary *n = &args->binary;
    const Runs r = find_runs(n);
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * n->cols * n->channels;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < r.cols; x++, out += r.n) {
            const Real *pa = (const Real *)b->in[0] + y * n->a_row + x * r.a_col;
            const Real *pb = (const Real *)b->in[1] + y * n->b_row + x * r.b_col;
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

#endif
