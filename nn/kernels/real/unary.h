/* SPDX-License-Identifier: MIT */
/* unary.h - functions of one number over an array: the loop, CLAMP, and HARD_SWISH within 2 units
 * in the last place of x * relu6(x + 3). */
#ifndef NN_REAL_UNARY_H
#define NN_REAL_UNARY_H

typedef Vec Function(const NnUnary *u, Vec x);

NN_INLINE void run(const NnArgs *args, const NnBuffers *b, int y0, int y1, Function *const f)
{
    const NnUnary *u = &args->unary;
    const ptrdiff_t n = (ptrdiff_t)(y1 - y0) * u->n;
    const Real *in = (const Real *)b->in[0] + (ptrdiff_t)y0 * u->n;
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * u->n;
    ptrdiff_t i = 0;

    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        NN_UNROLL
        for (int j = 0; j < 4 * LANES; j += LANES)
            vec_store(out + i + j, f(u, vec_load(in + i + j)));
    }
    for (; i < n; i += LANES)
        vec_store_first(out + i, f(u, vec_load(in + i)), n - i);
}

NN_INLINE Vec clamp(const NnUnary *u, Vec x)
{
    return vec_min(vec_max(x, vec_set(u->f_min)), vec_set(u->f_max));
}

NN_INLINE Vec hard_swish(const NnUnary *u, Vec x)
{
    (void)u;
    const Vec open = vec_max(vec_add(x, vec_set(3)), vec_set(0));
    const Vec gate = vec_min(open, vec_set(6));
    return vec_mul(vec_mul(x, gate), vec_set(1.0f / 6));
}

static void clamp_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, clamp);
}

static void hard_swish_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    run(args, b, y0, y1, hard_swish);
}

#endif
