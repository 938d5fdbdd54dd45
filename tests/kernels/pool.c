/* SPDX-License-Identifier: MIT */
/* pool.c - shapes and arguments for AVGPOOL, MAXPOOL and MEAN, int8 and float. */
#include "kcheck.h"

#include <stdio.h>

static const int channels[] = {1, 3, 7, 8, 15, 16, 17, 24, 33, 64, 72, 130};
static const int sizes[] = {1, 2, 3, 5, 7, 8, 11, 14};
static const int windows[] = {1, 2, 3, 5, 7};

static const struct {
    int size, channels, k, stride;
} benches[] = {{7, 1024, 7, 1}, {14, 256, 2, 2}, {56, 64, 3, 2}};

static void finish(Case *c, Random *r)
{
    NnPool *p = &c->args.pool;
    NnWindow *w = &p->win;
    w->out_c = w->in_c;
    c->n_in = 1;
    c->in_n[0] = (size_t)w->in_h * (size_t)w->in_w * (size_t)w->in_c;
    c->in_max = 1;
    c->products = c->args.op == NN_OP_MAXPOOL ? 0 : w->k_h * w->k_w + 1;
    c->magnitudes = c->args.op != NN_OP_MAXPOOL;
    c->macs = (uint64_t)w->out_h * (uint64_t)w->out_w * (uint64_t)w->out_c * (uint64_t)w->k_h *
              (uint64_t)w->k_w;
    p->in_zero = random_zero(r);
    p->out_zero = c->args.op == NN_OP_MEAN ? random_zero(r) : p->in_zero;
    p->bias = random_chance(r, 2) ? 128 : 0;
    c->in_zero[0] = p->in_zero;
    random_act(r, p->out_zero, &p->act_min, &p->act_max);
    random_act_float(r, &p->f_min, &p->f_max);
    if (c->args.op == NN_OP_MEAN) {
        p->act_min = -128;
        p->act_max = 127;
        /* mult / n comes to about 2^shift */
        p->mult = random_mult(r);
        p->shift = random_int(r, -1, 1);
        for (int n = w->in_h * w->in_w; n > 1; n /= 2)
            p->shift--;
    }
    snprintf(c->text, sizeof c->text,
             "in %dx%dx%d out %dx%d k %dx%d stride %d,%d pad %d,%d zeros %d,%d bias %d act %d..%d",
             w->in_h, w->in_w, w->in_c, w->out_h, w->out_w, w->k_h, w->k_w, w->stride_h,
             w->stride_w, w->pad_t, w->pad_l, p->in_zero, p->out_zero, p->bias, p->act_min,
             p->act_max);
}

static void set_global(NnWindow *w)
{
    w->k_h = w->in_h;
    w->k_w = w->in_w;
    w->stride_h = w->stride_w = 1;
    window_pad(w, false);
}

static void make(Case *c, int i, Random *r)
{
    NnWindow *w = &c->args.pool.win;
    w->in_c = channels[i % (int)(sizeof channels / sizeof *channels)];
    w->dil_h = w->dil_w = 1;
    bool global = c->args.op == NN_OP_MEAN || random_chance(r, 4);
    do {
        w->in_h = random_pick(r, sizes);
        w->in_w = random_pick(r, sizes);
        w->k_h = random_pick(r, windows);
        w->k_w = random_chance(r, 3) ? random_pick(r, windows) : w->k_h;
        w->stride_h = random_int(r, 1, 3);
        w->stride_w = random_chance(r, 3) ? random_int(r, 1, 3) : w->stride_h;
        if (i % 16 == 5)
            w->in_w = 300; /* more cells in a row than 16 bits can sum */
        if (global)
            set_global(w);
    } while (!window_pad(w, !global && random_chance(r, 2)));
    finish(c, r);
}

static void make_bench(Case *c, int i, Random *r)
{
    NnWindow *w = &c->args.pool.win;
    w->in_h = w->in_w = benches[i].size;
    w->in_c = benches[i].channels;
    w->dil_h = w->dil_w = 1;
    w->k_h = w->k_w = benches[i].k;
    w->stride_h = w->stride_w = benches[i].stride;
    if (c->args.op == NN_OP_MEAN)
        set_global(w);
    window_pad(w, false);
    finish(c, r);
}

static bool handles(NnOp op, NnKernelType type)
{
    (void)type;
    return op == NN_OP_AVGPOOL || op == NN_OP_MAXPOOL || op == NN_OP_MEAN;
}

const Family family_pool = {handles, 120, (int)(sizeof benches / sizeof *benches), make,
                            make_bench};
