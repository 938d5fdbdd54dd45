/* SPDX-License-Identifier: MIT */
/* dwconv_any.h - depthwise convolution for what dwconv.h declines: narrow
 * maps, few channels, dilation, other kernels. One output at a time, 4 vectors of channels
 * together.
 *
 * Packed form: bias, then each tap, as lines of all channels filled up to whole vectors. */
#ifndef NN_REAL_DWCONV_ANY_H
#define NN_REAL_DWCONV_ANY_H

static bool accepts(const NnArgs *args)
{
    return args->conv.depth_mult == 1;
}

/* Numbers of a packed line. */
static size_t line(const NnWindow *w)
{
    return ((size_t)w->out_c + LANES - 1) / LANES * LANES;
}

static size_t packed_size(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return line(w) * ((size_t)w->k_h * (size_t)w->k_w + 1) * sizeof(Real);
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    const NnWindow *w = &args->conv.win;
    const size_t n = (size_t)w->out_c;
    Real *to = packed;

    memset(packed, 0, packed_size(args));
    if (bias)
        real_read(to, bias, n);
    for (int k = 0; k < w->k_h * w->k_w; k++)
        real_read(to + (k + 1) * line(w), (const char *)weights + k * n * sizeof(float), n);
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

/* Channels [c, c + LANES * vecs) of an output whose first tap stands at cell. */
NN_INLINE void output(const NnConv *conv, const Taps *t, const Real *cell, const Real *packed,
                      int c, Real *out, const int vecs)
{
    const NnWindow *w = &conv->win;
    const ptrdiff_t step = (ptrdiff_t)line(w), col = (ptrdiff_t)w->dil_w * w->in_c;
    const ptrdiff_t row = (ptrdiff_t)w->dil_h * w->in_w * w->in_c;
    const Vec lo = vec_set(conv->f_min), hi = vec_set(conv->f_max);
    Vec sum[4];

    NN_UNROLL
    for (int v = 0; v < vecs; v++)
        sum[v] = vec_load(packed + c + LANES * v);
    for (int i = t->i0; i < t->i1; i++) {
        const Real *x = cell + i * row + t->j0 * col + c;
        const Real *tap = packed + (1 + i * w->k_w + t->j0) * step + c;
        for (int j = t->j0; j < t->j1; j++, x += col, tap += step) {
            NN_UNROLL
            for (int v = 0; v < vecs; v++)
                sum[v] = vec_fma(sum[v], vec_load(x + LANES * v), vec_load(tap + LANES * v));
        }
    }
    NN_UNROLL
    for (int v = 0; v < vecs; v++)
        vec_store_first(out + c + LANES * v, vec_min(vec_max(sum[v], lo), hi),
                        w->out_c - c - LANES * v);
}

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *conv = &args->conv;
    const NnWindow *w = &conv->win;
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * w->out_w * w->out_c;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < w->out_w; x++, out += w->out_c) {
            const int in_y = y * w->stride_h - w->pad_t, in_x = x * w->stride_w - w->pad_l;
            const Real *cell =
                (const Real *)b->in[0] + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c;
            Taps t;
            find_taps(in_y, w->dil_h, w->k_h, w->in_h, &t.i0, &t.i1);
            find_taps(in_x, w->dil_w, w->k_w, w->in_w, &t.j0, &t.j1);
            int c = 0;
            for (; c + 4 * LANES <= w->out_c; c += 4 * LANES)
                output(conv, &t, cell, b->packed, c, out, 4);
            for (; c < w->out_c; c += LANES)
                output(conv, &t, cell, b->packed, c, out, 1);
        }
}

#endif
