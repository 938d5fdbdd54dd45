/* SPDX-License-Identifier: MIT */
/* conv.c - shapes and arguments for CONV and DWCONV, int8 and float. */
#include "kcheck.h"

#include <math.h>
#include <stdio.h>

/* The window kinds that networks of the family have, and a few they do not. */
static const struct {
    int k_h, k_w, stride, dil;
    bool same;
} windows[] = {
    {1, 1, 1, 1, false}, {3, 3, 1, 1, true},  {3, 3, 2, 1, true},  {3, 3, 1, 1, false},
    {3, 3, 2, 1, false}, {5, 5, 1, 1, true},  {5, 5, 2, 1, true},  {1, 1, 2, 1, false},
    {3, 3, 1, 2, true},  {2, 2, 2, 1, false}, {5, 5, 1, 1, false}, {7, 7, 2, 1, true},
    {3, 3, 1, 2, false}, {1, 3, 1, 1, true},  {3, 1, 1, 1, true},  {3, 3, 3, 1, true},
};
#define N_WINDOWS ((int)(sizeof windows / sizeof *windows))

static const int channels[] = {1, 3, 7, 8, 15, 16, 17, 24, 33, 64, 72};
#define N_CHANNELS ((int)(sizeof channels / sizeof *channels))

#define N_GRID (3 * N_WINDOWS * N_CHANNELS)

#define MOST_MACS 400000 /* so that the test stays short, under emulation too */

static const int sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 17};

/* Shapes beside the grid: long sums, many outputs, fully connected, first layers, and
 * pictures as the planner flattens them: a pixel a row. */
static const struct {
    int in_h, in_w, in_c, out_c, k, stride;
    bool same;
} extra[] = {
    {1, 1, 1024, 37, 1, 1, false},  {1, 1, 1280, 101, 1, 1, false}, {3, 1, 257, 5, 1, 1, false},
    {1, 1, 576, 1024, 1, 1, false}, {2, 3, 320, 96, 1, 1, false},   {7, 7, 160, 40, 1, 1, false},
    {17, 19, 3, 8, 3, 2, true},     {16, 16, 3, 16, 3, 2, true},    {15, 15, 3, 24, 3, 2, false},
    {9, 20, 3, 32, 3, 2, true},     {6, 6, 96, 33, 3, 1, true},     {1, 33, 16, 16, 1, 1, false},
    {49, 1, 96, 33, 1, 1, false},   {197, 1, 17, 24, 1, 1, false},
};
#define N_EXTRA ((int)(sizeof extra / sizeof *extra))

/* What MobileNet spends its time on. */
typedef struct {
    int in_h, in_w, in_c, out_c, k, stride;
} Bench;
static const Bench conv_benches[] = {
    {112, 112, 32, 64, 1, 1}, {56, 56, 24, 144, 1, 1},  {28, 28, 192, 32, 1, 1},
    {14, 14, 512, 512, 1, 1}, {1, 1, 1024, 1001, 1, 1}, {224, 224, 3, 32, 3, 2},
};
static const Bench dwconv_benches[] = {
    {112, 112, 32, 32, 3, 1}, {56, 56, 144, 144, 3, 2}, {28, 28, 192, 192, 3, 1},
    {14, 14, 512, 512, 3, 1}, {7, 7, 960, 960, 3, 1},   {28, 28, 72, 72, 5, 2},
};
#define N_BENCHES 6

static void quantise(Case *c, int products, Random *r)
{
    NnConv *conv = &c->args.conv;
    int out_c = conv->win.out_c;
    conv->in_zero = random_zero(r);
    conv->out_zero = random_zero(r);
    conv->w_zero = random_chance(r, 2) ? random_zero(r) : 0;
    random_act(r, conv->out_zero, &conv->act_min, &conv->act_max);
    c->in_zero[0] = conv->in_zero;
    c->w_zero = conv->w_zero;
    c->w_lo = random_chance(r, 2) ? -127 : -128;
    c->bias_max = random_chance(r, 4) ? 0 : 1 << random_int(r, 4, 16);

    /* Multipliers that spread uniform data over the output's range, more or less; some that give
     * all or nothing. Shifts stay where the accumulator still fits after a left shift. */
    bool per_channel = random_chance(r, 2);
    int typical = -(int)lrint(log2(sqrt(products) * 5500.0 / 60.0)) + 1;
    for (int i = 0; i < out_c; i++) {
        if (i && !per_channel) {
            c->mult[i] = c->mult[0];
            c->shift[i] = c->shift[0];
            continue;
        }
        c->mult[i] = random_mult(r);
        c->shift[i] = typical + random_int(r, -3, 2);
        if (random_chance(r, 16))
            c->shift[i] = random_int(r, -20, products > 1024 ? 0 : 3);
        if (random_chance(r, 64))
            c->mult[i] = 0;
    }
    conv->mult = c->mult;
    conv->shift = c->shift;
}

/* All but the sizes of the picture and the channels. */
static void finish(Case *c, Random *r)
{
    NnConv *conv = &c->args.conv;
    NnWindow *w = &conv->win;
    bool dw = c->args.op == NN_OP_DWCONV;
    int products = w->k_h * w->k_w * (dw ? 1 : w->in_c);
    c->n_in = 1;
    c->in_n[0] = (size_t)w->in_h * (size_t)w->in_w * (size_t)w->in_c;
    c->in_max = 1;
    c->weight_n = (size_t)products * (size_t)w->out_c;
    c->bias_n = random_chance(r, 5) ? 0 : (size_t)w->out_c;
    c->products = products + 1;
    c->magnitudes = true;
    c->macs = (uint64_t)w->out_h * (uint64_t)w->out_w * (uint64_t)c->weight_n;
    char quant[80] = "";
    if (c->args.type == NN_KERNEL_S8) {
        quantise(c, products, r);
        snprintf(quant, sizeof quant, " zeros %d,%d,%d act %d..%d shift[0] %d%s", conv->in_zero,
                 conv->w_zero, conv->out_zero, conv->act_min, conv->act_max, conv->shift[0],
                 c->w_lo > -128 ? " narrow" : "");
    } else {
        random_act_float(r, &conv->f_min, &conv->f_max);
    }
    snprintf(c->text, sizeof c->text,
             "in %dx%dx%d out %dx%dx%d k %dx%d stride %d,%d dil %d,%d pad %d,%d%s%s", w->in_h,
             w->in_w, w->in_c, w->out_h, w->out_w, w->out_c, w->k_h, w->k_w, w->stride_h,
             w->stride_w, w->dil_h, w->dil_w, w->pad_t, w->pad_l, quant,
             c->bias_n ? "" : " no bias");
}

static void set_extra(Case *c, int i)
{
    NnWindow *w = &c->args.conv.win;
    bool dw = c->args.op == NN_OP_DWCONV;
    *w = (NnWindow){
        .in_h = extra[i].in_h,
        .in_w = extra[i].in_w,
        .in_c = extra[i].in_c,
        .out_c = dw ? extra[i].in_c : extra[i].out_c,
        .k_h = extra[i].k,
        .k_w = extra[i].k,
        .stride_h = extra[i].stride,
        .stride_w = extra[i].stride,
        .dil_h = 1,
        .dil_w = 1,
    };
    c->args.conv.depth_mult = 1;
    window_pad(w, extra[i].same);
}

/* The grid: each window with each number of input channels, three times; the rest is drawn. */
static void make(Case *c, int i, Random *r)
{
    if (i >= N_GRID) {
        set_extra(c, i - N_GRID);
        finish(c, r);
        return;
    }
    NnConv *conv = &c->args.conv;
    NnWindow *w = &conv->win;
    int kind = i % N_WINDOWS;
    w->in_c = channels[i / N_WINDOWS % N_CHANNELS];
    w->out_c = random_pick(r, channels);
    conv->depth_mult = 1;
    if (c->args.op == NN_OP_DWCONV) {
        conv->depth_mult = random_chance(r, 5) ? 2 : 1;
        w->out_c = w->in_c * conv->depth_mult;
    }
    w->k_h = windows[kind].k_h;
    w->k_w = windows[kind].k_w;
    w->stride_h = w->stride_w = windows[kind].stride;
    w->dil_h = w->dil_w = windows[kind].dil;
    int64_t each = (int64_t)w->k_h * w->k_w * w->in_c * w->out_c;
    do {
        w->in_h = random_pick(r, sizes);
        w->in_w = random_pick(r, sizes);
    } while (!window_pad(w, windows[kind].same) ||
             (w->out_h * w->out_w > 1 && each * w->out_h * w->out_w > MOST_MACS));
    finish(c, r);
}

static void make_bench(Case *c, int i, Random *r)
{
    const Bench *b = c->args.op == NN_OP_DWCONV ? &dwconv_benches[i] : &conv_benches[i];
    c->args.conv.win = (NnWindow){
        .in_h = b->in_h,
        .in_w = b->in_w,
        .in_c = b->in_c,
        .out_c = b->out_c,
        .k_h = b->k,
        .k_w = b->k,
        .stride_h = b->stride,
        .stride_w = b->stride,
        .dil_h = 1,
        .dil_w = 1,
    };
    c->args.conv.depth_mult = 1;
    window_pad(&c->args.conv.win, true);
    finish(c, r);
}

static bool handles(NnOp op, NnKernelType type)
{
    (void)type;
    return op == NN_OP_CONV || op == NN_OP_DWCONV;
}

const Family family_conv = {handles, N_GRID + N_EXTRA, N_BENCHES, make, make_bench};
