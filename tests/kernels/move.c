/* SPDX-License-Identifier: MIT */
/* move.c - shapes and arguments for PAD and COPY, any element size. */
#include "kcheck.h"

#include <stdio.h>

static const int channels[] = {1, 3, 8, 15, 16, 17, 33, 64};

static void make_pad(Case *c, int h, int w, Random *r)
{
    NnMove *m = &c->args.move;
    m->in_h = h;
    m->in_w = w;
    m->t = random_int(r, 0, 2);
    m->l = random_int(r, 0, 2);
    m->c = random_chance(r, 3) ? random_int(r, 0, 5) : 0;
    m->out_h = m->t + m->in_h + random_int(r, 0, 2);
    m->out_w = m->l + m->in_w + random_int(r, 0, 2);
    m->out_c = m->c + m->in_c + (random_chance(r, 3) ? random_int(r, 0, 5) : 0);
    m->value = random_zero(r);
    m->f_value = random_chance(r, 2) ? 0.f : -1.5f;
    c->in_n[0] = (size_t)m->in_h * (size_t)m->in_w * (size_t)m->in_c;
    c->macs = (uint64_t)m->out_h * (uint64_t)m->out_w * (uint64_t)m->out_c;
    snprintf(c->text, sizeof c->text, "pad %dx%dx%d at %d,%d,%d of %dx%dx%d with %d or %g", m->in_h,
             m->in_w, m->in_c, m->t, m->l, m->c, m->out_h, m->out_w, m->out_c, m->value,
             (double)m->f_value);
}

static void make_copy(Case *c, int rows, Random *r)
{
    NnMove *m = &c->args.move;
    size_t elem = (size_t)m->elem;
    m->rows = rows;
    m->in_row = (size_t)m->in_c * elem;
    m->at = (size_t)random_int(r, 0, 9) * elem;
    m->out_row = m->at + m->in_row + (size_t)random_int(r, 0, 9) * elem;
    c->in_n[0] = (size_t)m->rows * (size_t)m->in_c;
    c->macs = c->in_n[0];
    c->gaps = true;
    snprintf(c->text, sizeof c->text, "copy %d rows of %zu bytes to %zu in %zu", m->rows, m->in_row,
             m->at, m->out_row);
}

static void make_sized(Case *c, int h, int w, int in_c, Random *r)
{
    NnMove *m = &c->args.move;
    m->elem = (int)case_elem_in(c);
    m->in_c = in_c;
    c->n_in = 1;
    c->in_max = 1;
    if (c->args.op == NN_OP_PAD)
        make_pad(c, h, w, r);
    else
        make_copy(c, h * w, r);
}

static void make(Case *c, int i, Random *r)
{
    int n = (int)(sizeof channels / sizeof *channels);
    make_sized(c, random_int(r, 1, 7), random_int(r, 1, 7), channels[i % n], r);
}

static void make_bench(Case *c, int i, Random *r)
{
    (void)i;
    make_sized(c, 56, 56, 64, r);
}

static bool handles(NnOp op, NnKernelType type)
{
    (void)type;
    return op == NN_OP_PAD || op == NN_OP_COPY;
}

const Family family_move = {handles, 48, 1, make, make_bench};
