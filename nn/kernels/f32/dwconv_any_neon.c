/* SPDX-License-Identifier: MIT */
/* dwconv_any_neon.c - depthwise convolution on float32 for what dwconv_neon.c declines: narrow
 * maps, few channels, dilation, other kernels. One output at a time, 16 channels together.
 *
 * Packed form: bias, then each tap, as lines of all channels filled up to a multiple of 4. */
#include "cpuflags.h"
#include "kernel.h"
#include "vec_neon.h"

static bool accepts(const NnArgs *args)
{
    return args->conv.depth_mult == 1;
}

/* Floats of a packed line. */
static size_t line(const NnWindow *w)
{
    return ((size_t)w->out_c + 3) / 4 * 4;
}

static size_t packed_size(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return line(w) * ((size_t)w->k_h * (size_t)w->k_w + 1) * sizeof(float);
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    const NnWindow *w = &args->conv.win;
    const size_t bytes = (size_t)w->out_c * sizeof(float);
    float *to = packed;

    memset(packed, 0, packed_size(args));
    if (bias)
        memcpy(to, bias, bytes);
    for (int k = 0; k < w->k_h * w->k_w; k++)
        memcpy(to + (k + 1) * line(w), (const char *)weights + k * bytes, bytes);
}

/* The taps of an output that lie inside the input: rows [i0, i1), columns [j0, j1) of the kernel.
 */
typedef struct {
    int i0, i1, j0, j1;
} Taps;

/* The first and last of n taps at from, from + step, ... in [0, size). */
static void find_taps(int from, int step, int n, int size, int *first, int *end)
{
    *first = from < 0 ? (-from + step - 1) / step : 0;
    *end = from < size ? (size - 1 - from) / step + 1 : 0;
    *end = *end > n ? n : *end;
}

/* Channels [c, c + 4 * vecs) of an output whose first tap stands at cell. */
NN_INLINE void output(const NnConv *conv, const Taps *t, const float *cell, const float *packed,
                      int c, float *out, const int vecs)
{
    const NnWindow *w = &conv->win;
    const ptrdiff_t step = (ptrdiff_t)line(w), col = (ptrdiff_t)w->dil_w * w->in_c;
    const ptrdiff_t row = (ptrdiff_t)w->dil_h * w->in_w * w->in_c;
    const float32x4_t lo = vdupq_n_f32(conv->f_min), hi = vdupq_n_f32(conv->f_max);
    float32x4_t sum[4];

    NN_UNROLL
    for (int v = 0; v < vecs; v++)
        sum[v] = vld1q_f32(packed + c + 4 * v);
    for (int i = t->i0; i < t->i1; i++) {
        const float *x = cell + i * row + t->j0 * col + c;
        const float *tap = packed + (1 + i * w->k_w + t->j0) * step + c;
        for (int j = t->j0; j < t->j1; j++, x += col, tap += step) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++)
                sum[v] = vfmaq_f32(sum[v], vld1q_f32(x + 4 * v), vld1q_f32(tap + 4 * v));
        }
    }
    NN_UNROLL
    for (int v = 0; v < vecs; v++)
        vec_store(out + c + 4 * v, vminq_f32(vmaxq_f32(sum[v], lo), hi), w->out_c - c - 4 * v);
}

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *conv = &args->conv;
    const NnWindow *w = &conv->win;
    float *out = (float *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++, out += w->out_c) {
            const int in_y = y * w->stride_h - w->pad_t, in_x = x * w->stride_w - w->pad_l;
            const float *cell =
                (const float *)b->in[0] + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c;
            Taps t;
            find_taps(in_y, w->dil_h, w->k_h, w->in_h, &t.i0, &t.i1);
            find_taps(in_x, w->dil_w, w->k_w, w->in_w, &t.j0, &t.j1);
            int c = 0;
            for (; c + 16 <= w->out_c; c += 16)
                output(conv, &t, cell, b->packed, c, out, 4);
            for (; c < w->out_c; c += 4)
                output(conv, &t, cell, b->packed, c, out, 1);
        }
}

NN_KERNEL(dwconv_any_f32_neon) = {
    .name = "dwconv_any_f32_neon",
    .op = NN_OP_DWCONV,
    .type = NN_KERNEL_F32,
    .cpu = NN_CPU_NEON,
    .accepts = accepts,
    .packed_size = packed_size,
    .pack = pack,
    .run = run,
};
