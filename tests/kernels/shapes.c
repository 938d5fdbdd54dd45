/* SPDX-License-Identifier: MIT */
/* shapes.c - window sizes, activation ranges and zero points for the families. */
#include "kcheck.h"

#include <math.h>

static int padded_size(int in, int k, int stride, int dil, bool same, int *pad)
{
    int span = (k - 1) * dil + 1;
    if (!same) {
        *pad = 0;
        return in < span ? 0 : (in - span) / stride + 1;
    }
    int out = (in + stride - 1) / stride;
    int missing = (out - 1) * stride + span - in;
    *pad = missing > 0 ? missing / 2 : 0;
    return out;
}

bool window_pad(NnWindow *w, bool same)
{
    w->out_h = padded_size(w->in_h, w->k_h, w->stride_h, w->dil_h, same, &w->pad_t);
    w->out_w = padded_size(w->in_w, w->k_w, w->stride_w, w->dil_w, same, &w->pad_l);
    return w->out_h > 0 && w->out_w > 0;
}

void random_act(Random *r, int out_zero, int *act_min, int *act_max)
{
    *act_min = random_chance(r, 3) ? -128 : out_zero;
    *act_max = random_chance(r, 2) ? 127 : random_int(r, *act_min, 127);
}

void random_act_float(Random *r, float *f_min, float *f_max)
{
    *f_min = random_chance(r, 3) ? -INFINITY : 0.f;
    *f_max = random_chance(r, 2) ? INFINITY : 6.f;
}

int32_t random_mult(Random *r)
{
    return random_chance(r, 4) ? 1 << 30 : random_int(r, 1 << 30, INT32_MAX);
}

int random_zero(Random *r)
{
    static const int often[] = {-128, 0, 127};
    return random_chance(r, 3) ? random_int(r, -128, 127) : random_pick(r, often);
}
