/* SPDX-License-Identifier: MIT */
/* binary.c - shapes, broadcasts and arguments for ADD, SUB, MUL and DIV, int8 and float. */
#include "kcheck.h"

#include <stdio.h>

static const int channels[] = {1, 3, 7, 8, 15, 16, 17, 24, 33, 64, 72, 100};
static const int sizes[] = {1, 2, 3, 5, 7, 8, 13};

/* How an operand is spread over the output. */
static const struct {
    const char *name;
    bool rows, cols, channels;
} spreads[] = {
    {"full", true, true, true},      {"channels", false, false, true},
    {"scalar", false, false, false}, {"pixels", true, true, false},
    {"column", true, false, false},  {"row", false, true, true},
};
#define N_SPREADS ((int)(sizeof spreads / sizeof *spreads))

static size_t spread(int kind, const NnBinary *b, ptrdiff_t *row, ptrdiff_t *col, ptrdiff_t *chan)
{
    int n_chan = spreads[kind].channels ? b->channels : 1;
    int n_col = spreads[kind].cols ? b->cols : 1;
    int n_row = spreads[kind].rows ? b->rows : 1;
    *chan = spreads[kind].channels ? 1 : 0;
    *col = spreads[kind].cols ? n_chan : 0;
    *row = spreads[kind].rows ? (ptrdiff_t)n_chan * n_col : 0;
    return (size_t)n_chan * (size_t)n_col * (size_t)n_row;
}

/* Multipliers as the planner draws them from scales: inputs at most 1/2, ADD's output large enough
 * for the sum. */
static void quantise(Case *c, Random *r)
{
    NnBinary *b = &c->args.binary;
    b->a_zero = random_zero(r);
    b->b_zero = random_zero(r);
    b->out_zero = random_zero(r);
    c->in_zero[0] = b->a_zero;
    c->in_zero[1] = b->b_zero;
    bool a_larger = random_chance(r, 2);
    b->a_mult = a_larger ? 1 << 30 : random_mult(r);
    b->b_mult = a_larger ? random_mult(r) : 1 << 30;
    b->a_shift = a_larger ? 0 : random_int(r, -6, -1);
    b->b_shift = a_larger ? random_int(r, -6, -1) : 0;
    b->out_mult = random_mult(r);
    b->out_shift = c->args.op == NN_OP_MUL ? random_int(r, -12, -3) : random_int(r, -20, -17);
    random_act(r, b->out_zero, &b->act_min, &b->act_max);
}

static void finish(Case *c, int a_kind, int b_kind, Random *r)
{
    NnBinary *b = &c->args.binary;
    c->n_in = 2;
    c->in_n[0] = spread(a_kind, b, &b->a_row, &b->a_col, &b->a_chan);
    c->in_n[1] = spread(b_kind, b, &b->b_row, &b->b_col, &b->b_chan);
    c->in_max = 4;
    c->no_zero = c->args.op == NN_OP_DIV;
    c->products = c->args.op == NN_OP_DIV ? 4 : 1;
    c->macs = (uint64_t)b->rows * (uint64_t)b->cols * (uint64_t)b->channels;
    random_act_float(r, &b->f_min, &b->f_max);
    quantise(c, r);
    snprintf(c->text, sizeof c->text,
             "%dx%dx%d, a %s, b %s zeros %d,%d,%d shifts %d,%d,%d act %d..%d", b->rows, b->cols,
             b->channels, spreads[a_kind].name, spreads[b_kind].name, b->a_zero, b->b_zero,
             b->out_zero, b->a_shift, b->b_shift, b->out_shift, b->act_min, b->act_max);
}

static void make(Case *c, int i, Random *r)
{
    NnBinary *b = &c->args.binary;
    b->rows = random_pick(r, sizes);
    b->cols = random_pick(r, sizes);
    b->channels = channels[i % (int)(sizeof channels / sizeof *channels)];
    int other = random_int(r, 0, N_SPREADS - 1);
    switch (random_int(r, 0, 3)) {
    case 0:
        finish(c, 0, 0, r);
        break;
    case 1:
        finish(c, other, 0, r);
        break;
    default:
        finish(c, 0, other, r);
        break;
    }
}

static void make_bench(Case *c, int i, Random *r)
{
    NnBinary *b = &c->args.binary;
    b->rows = b->cols = 28;
    b->channels = 96;
    finish(c, 0, i, r);
}

static bool handles(NnOp op, NnKernelType type)
{
    (void)type;
    return op == NN_OP_ADD || op == NN_OP_SUB || op == NN_OP_MUL || op == NN_OP_DIV;
}

const Family family_binary = {handles, 180, 3, make, make_bench};
