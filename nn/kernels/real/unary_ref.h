/* SPDX-License-Identifier: MIT */
/* unary_ref.h - the references of CLAMP and HARD_SWISH. */
#ifndef NN_REAL_UNARY_REF_H
#define NN_REAL_UNARY_REF_H

static void clamp_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const Real *in = b->in[0];
    Real *out = b->out;

    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++)
        out[i] = real_put(real_clamp(real_get(in[i]), u->f_min, u->f_max));
}

static void hard_swish_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnUnary *u = &args->unary;
    const Real *in = b->in[0];
    Real *out = b->out;

    for (ptrdiff_t i = (ptrdiff_t)y0 * u->n; i < (ptrdiff_t)y1 * u->n; i++) {
        const float x = real_get(in[i]);
        out[i] = real_put(x * real_clamp(x + 3, 0, 6) / 6);
    }
}

#endif
