/* SPDX-License-Identifier: MIT */
/* conv.h - full convolution as a matrix product of pixels and panels of output
 * channels. A window that lies inside the input is read where it stands; others are gathered.
 *
 * Packed form: panel after panel, each as tile.h wants it; the last is filled up with zero
 * channels to a whole vector. */
#ifndef NN_REAL_CONV_H
#define NN_REAL_CONV_H

#include "tile.h"

#include <float.h>
#include <string.h>

enum {
    INPUT_BYTES = 192 * 1024, /* of input that stay in L2 while panels pass by */
    GATHER_PIXELS = 8,
};

/* Vectors in the next panel when left remain. A rest of two narrow panels is split evenly: narrow
 * ones load more for each product. */
static int panel_vecs(int left)
{
    if (left <= TILE_VECS)
        return left;
    return left < 2 * TILE_VECS && left < TILE_VECS + 4 ? (left + 1) / 2 : TILE_VECS;
}

static ptrdiff_t products(const NnConv *c)
{
    return (ptrdiff_t)c->win.k_h * c->win.k_w * c->win.in_c;
}

static size_t packed_size(const NnArgs *args)
{
    const NnConv *c = &args->conv;
    size_t out_vecs = ((size_t)c->win.out_c + LANES - 1) / LANES;
    return out_vecs * LANES * ((size_t)products(c) + 1) * sizeof(Real);
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    const NnConv *c = &args->conv;
    const ptrdiff_t n = products(c);
    const char *file = weights; /* of any alignment */
    Real *to = packed;

    memset(packed, 0, packed_size(args));
    for (int o = 0, vecs; o < c->win.out_c; o += LANES * vecs) {
        vecs = panel_vecs((c->win.out_c - o + LANES - 1) / LANES);
        int valid = c->win.out_c - o < LANES * vecs ? c->win.out_c - o : LANES * vecs;
        if (bias)
            real_read(to, (const char *)bias + sizeof(float) * o, valid);
        to += LANES * vecs;
        for (ptrdiff_t k = 0; k < n; k++, to += LANES * vecs)
            for (int j = 0; j < valid; j++)
                real_read(to + j, file + sizeof(float) * ((o + j) * n + k), 1);
    }
}

/* n pixels of the channels of one panel, of which valid exist. */
static void multiply_panel(const TileShape *s, const Real *in, const Real *panel, int vecs,
                           int valid, Real *out, ptrdiff_t out_c, ptrdiff_t n)
{
    Real all[TILE_PIXELS * TILE_VECS * LANES];

    for (int size = 2; size >= 0; size--) {
        const ptrdiff_t pixels = (ptrdiff_t)1 << size;
        TileFn *run = tiles[vecs - 1][size];
        if (valid == LANES * vecs) {
            const ptrdiff_t count = n / pixels;
            run(s, in, panel, out, out_c, count);
            in += count * pixels * s->pixel;
            out += count * pixels * out_c;
            n -= count * pixels;
            continue;
        }
        for (; n >= pixels; n -= pixels, in += pixels * s->pixel) {
            run(s, in, panel, all, LANES * vecs, 1);
            for (int p = 0; p < pixels; p++, out += out_c)
                memcpy(out, all + p * LANES * vecs, sizeof(Real) * valid);
        }
    }
}

/* n pixels side by side, all channels. */
static void multiply(const NnConv *c, const TileShape *s, const Real *in, const Real *panel,
                     Real *out, ptrdiff_t n)
{
    const int out_c = c->win.out_c;
    const ptrdiff_t rows = (ptrdiff_t)s->segments * s->length + 1;

    for (int o = 0, vecs; o < out_c; o += LANES * vecs) {
        vecs = panel_vecs((out_c - o + LANES - 1) / LANES);
        const int valid = out_c - o < LANES * vecs ? out_c - o : LANES * vecs;
        multiply_panel(s, in, panel, vecs, valid, out + o, out_c, n);
        panel += rows * LANES * vecs;
    }
}

static TileShape shape(const NnConv *c, ptrdiff_t pixel, ptrdiff_t segment, unsigned segments,
                       unsigned length)
{
    const bool clamp = c->f_min > -FLT_MAX || c->f_max < FLT_MAX;
    return (TileShape){
        .pixel = pixel,
        .gap = segment - length,
        .segments = segments,
        .length = length,
#ifdef REAL_BLOCK
        .in_blocks = segments * length > REAL_BLOCK,
        .block = segments * length > REAL_BLOCK ? REAL_BLOCK : length,
#endif
        .clamp = clamp,
        .f_min = c->f_min,
        .f_max = c->f_max,
    };
}

static bool accepts_1x1(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return w->k_h == 1 && w->k_w == 1 && w->stride_h == 1 && w->stride_w == 1 && w->pad_t == 0 &&
           w->pad_l == 0 && w->in_h == w->out_h && w->in_w == w->out_w;
}

/* Rows follow each other in input and output, so they are one long row. */
static void run_1x1(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const TileShape s = shape(c, w->in_c, 0, 1, w->in_c);
    const ptrdiff_t n = (ptrdiff_t)(y1 - y0) * w->out_w, first = (ptrdiff_t)y0 * w->out_w;
    const Real *in = (const Real *)b->in[0] + first * w->in_c;
    Real *out = (Real *)b->out + first * w->out_c;

    const ptrdiff_t blocks = 1 + n * w->in_c * (ptrdiff_t)sizeof(Real) / INPUT_BYTES;
    const ptrdiff_t block =
        ((n + blocks - 1) / blocks + TILE_PIXELS - 1) / TILE_PIXELS * TILE_PIXELS;
    for (ptrdiff_t x = 0; x < n; x += block)
        multiply(c, &s, in + x * w->in_c, b->packed, out + x * w->out_c,
                 n - x < block ? n - x : block);
}

static size_t scratch_size(const NnArgs *args)
{
    return GATHER_PIXELS * (size_t)products(&args->conv) * sizeof(Real);
}

/* What output (y, x) sees, zeros outside. */
static Real *gather(const NnWindow *w, const Real *in, int y, int x, Real *to)
{
    const size_t cell = sizeof(Real) * w->in_c;
    for (int i = 0; i < w->k_h; i++) {
        const int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
        for (int j = 0; j < w->k_w; j++, to += w->in_c) {
            const int in_x = x * w->stride_w - w->pad_l + j * w->dil_w;
            if (in_y < 0 || in_y >= w->in_h || in_x < 0 || in_x >= w->in_w)
                memset(to, 0, cell);
            else
                memcpy(to, in + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c, cell);
        }
    }
    return to;
}

/* Outputs [x0, x1) of row y through scratch. */
static void run_gathered(const NnConv *c, const NnBuffers *b, int y, int x0, int x1)
{
    const NnWindow *w = &c->win;
    const int n = (int)products(c);
    const TileShape s = shape(c, n, 0, 1, n);
    Real *out = (Real *)b->out + (ptrdiff_t)y * w->out_w * w->out_c;

    for (int x = x0; x < x1; x += GATHER_PIXELS) {
        const int end = x1 - x < GATHER_PIXELS ? x1 : x + GATHER_PIXELS;
        Real *to = b->scratch;
        for (int p = x; p < end; p++)
            to = gather(w, b->in[0], y, p, to);
        multiply(c, &s, b->scratch, b->packed, out + (ptrdiff_t)x * w->out_c, end - x);
    }
}

/* Outputs [*x0, *x1) of row y whose windows lie inside the input and whose taps lie side by side
 * there. */
static void find_inside(const NnWindow *w, int y, int *x0, int *x1)
{
    const int in_y = y * w->stride_h - w->pad_t;
    const int room = w->in_w + w->pad_l - w->k_w; /* the last x * stride_w that fits */
    *x0 = *x1 = 0;
    if (w->dil_w != 1 || in_y < 0 || in_y + (w->k_h - 1) * w->dil_h >= w->in_h || room < 0)
        return;
    *x0 = (w->pad_l + w->stride_w - 1) / w->stride_w;
    *x1 = room / w->stride_w + 1;
    *x1 = *x1 > w->out_w ? w->out_w : *x1;
    *x0 = *x0 > *x1 ? *x1 : *x0;
}

static void run_window(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const ptrdiff_t row = (ptrdiff_t)w->in_w * w->in_c;
    const TileShape s =
        shape(c, (ptrdiff_t)w->stride_w * w->in_c, w->dil_h * row, w->k_h, w->k_w * w->in_c);

    for (int y = y0; y < y1; y++) {
        int x0, x1;
        find_inside(w, y, &x0, &x1);
        run_gathered(c, b, y, 0, x0);
        run_gathered(c, b, y, x1, w->out_w);
        if (x0 == x1)
            continue;
        const Real *in = (const Real *)b->in[0] + (ptrdiff_t)(y * w->stride_h - w->pad_t) * row +
                         (ptrdiff_t)(x0 * w->stride_w - w->pad_l) * w->in_c;
        Real *out = (Real *)b->out + ((ptrdiff_t)y * w->out_w + x0) * w->out_c;
        multiply(c, &s, in, b->packed, out, x1 - x0);
    }
}

#endif
