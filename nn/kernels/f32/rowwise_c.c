/* SPDX-License-Identifier: MIT */
/* rowwise_c.c - the references of what looks at a whole row of float32: SOFTMAX and L2NORM. */
#include "kernel.h"

#include <math.h>

static void softmax_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnRowwise *r = &args->rowwise;

    for (int y = y0; y < y1; y++) {
        const float *in = (const float *)b->in[0] + (ptrdiff_t)y * r->n;
        float *out = (float *)b->out + (ptrdiff_t)y * r->n;

        float most = in[0], sum = 0;
        for (int i = 1; i < r->n; i++)
            most = in[i] > most ? in[i] : most;
        for (int i = 0; i < r->n; i++) {
            out[i] = expf((in[i] - most) * r->beta);
            sum += out[i];
        }
        for (int i = 0; i < r->n; i++)
            out[i] /= sum;
    }
}

static void l2norm_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnRowwise *r = &args->rowwise;

    for (int y = y0; y < y1; y++) {
        const float *in = (const float *)b->in[0] + (ptrdiff_t)y * r->n;
        float *out = (float *)b->out + (ptrdiff_t)y * r->n;

        float squares = 0;
        for (int i = 0; i < r->n; i++)
            squares += in[i] * in[i];
        float length = sqrtf(squares);
        length = length > 1e-6f ? length : 1e-6f;
        for (int i = 0; i < r->n; i++)
            out[i] = in[i] / length;
    }
}

NN_KERNEL(softmax_f32_c) = {
    .name = "softmax_f32_c",
    .op = NN_OP_SOFTMAX,
    .type = NN_KERNEL_F32,
    .run = softmax_run,
};

NN_KERNEL(l2norm_f32_c) = {
    .name = "l2norm_f32_c",
    .op = NN_OP_L2NORM,
    .type = NN_KERNEL_F32,
    .run = l2norm_run,
};
