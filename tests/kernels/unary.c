/* SPDX-License-Identifier: MIT */
/* unary.c - lengths and arguments for LUT, CLAMP, HARD_SWISH, LOGISTIC, QUANTIZE, DEQUANTIZE,
 * CONVERT. */
#include "kcheck.h"

#include <stdio.h>

static const int lengths[] = {1, 3, 7, 8, 15, 16, 17, 31, 33, 64, 65, 127, 200, 1001};

static void make_sized(Case *c, int rows, int n, Random *r)
{
    NnUnary *u = &c->args.unary;
    u->rows = rows;
    u->n = n;
    c->n_in = 1;
    c->in_n[0] = (size_t)rows * (size_t)n;
    c->in_max = 6;
    c->macs = c->in_n[0];
    int adds = random_chance(r, 3) ? random_int(r, 1, 255) : 0; /* an addition, or anything */
    for (int i = 0; i < 256; i++)
        c->lut[i] = (uint8_t)(adds ? i + adds : random_int(r, 0, 255));
    u->lut = c->lut;
    u->f_min = random_chance(r, 2) ? 0.f : -1.f;
    u->f_max = random_chance(r, 2) ? 6.f : 1.f;
    u->scale = random_float(r, 1.f / 256, 1.f / 8);
    u->zero = random_zero(r);
    c->in_zero[0] = u->zero;
    if (c->args.op == NN_OP_HARD_SWISH)
        c->products = 4;
    if (c->args.op == NN_OP_LOGISTIC) {
        c->products = 8; /* of an exponential by polynomial */
        c->floor = 0.25;
    }
    snprintf(c->text, sizeof c->text, "%dx%d scale %g zero %d range %g..%g", rows, n,
             (double)u->scale, u->zero, (double)u->f_min, (double)u->f_max);
}

static void make(Case *c, int i, Random *r)
{
    int n = (int)(sizeof lengths / sizeof *lengths);
    make_sized(c, random_int(r, 1, 6), lengths[i % n], r);
}

static void make_bench(Case *c, int i, Random *r)
{
    (void)i;
    make_sized(c, 28, 28 * 72, r);
}

static bool handles(NnOp op, NnKernelType type)
{
    (void)type;
    return op == NN_OP_LUT || op == NN_OP_CLAMP || op == NN_OP_HARD_SWISH || op == NN_OP_LOGISTIC ||
           op == NN_OP_QUANTIZE || op == NN_OP_DEQUANTIZE || op == NN_OP_CONVERT;
}

const Family family_unary = {handles, 56, 1, make, make_bench};
