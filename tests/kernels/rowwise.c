/* SPDX-License-Identifier: MIT */
/* rowwise.c - lengths and arguments for SOFTMAX and L2NORM, int8 and float. */
#include "kcheck.h"

#include <math.h>
#include <stdio.h>

static const int lengths[] = {1, 2, 3, 5, 7, 8, 15, 16, 17, 33, 64, 101, 1001};

/* beta * scale of the input as a multiplier with 26 fraction bits, and below which difference from
 * the maximum an int8 softmax takes a term as 0. */
static void quantise(NnRowwise *w, Random *r)
{
    double scale = exp2(random_float(r, -9.f, 1.f));
    int exponent;
    double fraction = frexp(scale * (1 << 26), &exponent);
    w->mult = (int32_t)lrint(fraction * (double)(INT32_C(1) << 30)) << 1;
    if (w->mult < 0)
        w->mult = INT32_MAX;
    w->shift = exponent;
    w->diff_min = -(int32_t)floor(31.0 * (1 << 26) / exp2(exponent));
    w->in_zero = random_zero(r);
    w->out_zero = -128;
}

static void make_sized(Case *c, int rows, int n, Random *r)
{
    NnRowwise *w = &c->args.rowwise;
    w->rows = rows;
    w->n = n;
    w->beta = random_chance(r, 3) ? 0.5f : 1.f;
    c->n_in = 1;
    c->in_n[0] = (size_t)rows * (size_t)n;
    c->in_max = 8;
    c->macs = c->in_n[0];
    quantise(w, r);
    c->in_zero[0] = w->in_zero;
    if (c->args.op == NN_OP_L2NORM)
        c->products = 8 + n;
    else {
        c->products = 16 + n; /* of exponentials by polynomial, and their sum */
        c->floor = 1.0 / n;
    }
    snprintf(c->text, sizeof c->text, "%dx%d beta %g mult %d shift %d diff_min %d zero %d", rows, n,
             (double)w->beta, w->mult, w->shift, w->diff_min, w->in_zero);
}

static void make(Case *c, int i, Random *r)
{
    int n = (int)(sizeof lengths / sizeof *lengths);
    make_sized(c, random_int(r, 1, 5), lengths[i % n], r);
}

static void make_bench(Case *c, int i, Random *r)
{
    (void)i;
    make_sized(c, 1, 1001, r);
}

static bool handles(NnOp op, NnKernelType type)
{
    (void)type;
    return op == NN_OP_SOFTMAX || op == NN_OP_L2NORM;
}

const Family family_rowwise = {handles, 65, 1, make, make_bench};
