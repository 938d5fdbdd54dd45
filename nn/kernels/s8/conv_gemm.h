/* SPDX-License-Identifier: MIT */
/* conv_gemm.h - int8 convolutions as a product of matrices, pixels by channels, on the micro-kernel
 * included before: packing, pointwise layers in place, all others through patches. */
#ifndef NN_S8_CONV_GEMM_H
#define NN_S8_CONV_GEMM_H

#include "conv_tile.h"

/* Pixels a micro-kernel is given at once: few enough that their inputs stay in the first cache
 * while tile after tile of weights goes by, but so many that starting a tile costs little. */
enum { CHUNK_BYTES = 8192, LEAST_CHUNK = 64, CHUNK = 256 };

/* Packed: this, then the tiles. The accumulator is opened up so that the inner loop only sees
 * x * (w - offset):
 *   sum (x - in_zero) * (w - w_zero)
 *     = sum x * (w - offset) - (w_zero - offset) * sum x - in_zero * sum (w - w_zero)
 * where the last term goes into the bias and the middle one is the same for all channels of a
 * pixel. offset is as near to w_zero as 8 bits allow. */
typedef struct {
    int32_t rounding;
    int32_t sum_factor; /* -(w_zero - offset) */
    int32_t pairs;      /* no w - offset is -128 */
    int32_t small;      /* Requant.small */
    int32_t unused[12]; /* tiles start at 64 bytes */
} Packed;

static inline int depth_of(const NnConv *c)
{
    return c->win.k_h * c->win.k_w * c->win.in_c;
}

/* Pixels of a chunk. */
static inline int chunk_of(int depth)
{
    int n = CHUNK_BYTES / depth / TILE_PIXELS * TILE_PIXELS;
    return n < LEAST_CHUNK ? LEAST_CHUNK : n > CHUNK ? CHUNK : n;
}

static size_t packed_size(const NnArgs *args)
{
    size_t size = sizeof(Packed);
    for (int n = 0, width; n < args->conv.win.out_c; n += width) {
        width = tile_channels(args->conv.win.out_c - n);
        size += tile_bytes(depth_of(&args->conv), width);
    }
    return size;
}

/* Bias of filter n with what of the accumulator depends on weights alone. Takes from *small if its
 * values are not. */
static int32_t full_bias(const NnConv *c, const Filters *f, int n, int32_t bias, int32_t *small)
{
    const int8_t *filter = f->weights + (size_t)n * (size_t)f->depth;
    int32_t sum = 0, sizes = 0;
    for (int k = 0; k < f->depth; k++) {
        int w = filter[k] - c->w_zero;
        sum += w;
        sizes += w < 0 ? -w : w;
    }
    *small &= requant_fits(c, n, bias, sizes);
    return (int32_t)((uint32_t)bias - (uint32_t)c->in_zero * (uint32_t)sum);
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    const NnConv *c = &args->conv;
    Filters f = {.weights = weights, .depth = depth_of(c), .out_c = c->win.out_c};
    int least = 127, most = -128;
    for (size_t i = 0; i < (size_t)f.depth * (size_t)f.out_c; i++) {
        least = f.weights[i] < least ? f.weights[i] : least;
        most = f.weights[i] > most ? f.weights[i] : most;
    }
    /* w - offset shall lie in -127...127, where that can be had. */
    bool pairs = most - least <= 254;
    if (pairs) {
        f.offset = c->w_zero < most - 127 ? most - 127 : c->w_zero;
        f.offset = f.offset > least + 127 ? least + 127 : f.offset;
    }
    Packed *head = packed;
    *head = (Packed){
        .rounding = requant_rounding(c),
        .sum_factor = f.offset - c->w_zero,
        .pairs = pairs,
        .small = true,
    };

    int8_t *tile = (int8_t *)(head + 1);
    for (int n = 0, width; n < f.out_c; n += width) {
        width = tile_channels(f.out_c - n);
        int32_t *params = (int32_t *)tile;
        for (int i = 0; i < width; i++) {
            bool real = n + i < f.out_c;
            int32_t own = real && bias ? ((const int32_t *)bias)[n + i] : 0;
            params[i] = real ? full_bias(c, &f, n + i, own, &head->small) : 0;
            params[width + i] = real ? c->mult[n + i] : 0;
            params[2 * width + i] = real ? c->shift[n + i] : 0;
        }
        tile_pack((int8_t *)(params + 3 * width), &f, n, width, pairs);
        tile += tile_bytes(f.depth, width);
    }
}

/* The sums of the inputs of four pixels at x[0...3]. */
NN_INLINE int32x4_t sum_four(const int8_t *const x[4], int depth, int8x16_t one, int8x16_t tail)
{
    int32x4_t sum[4];
    int rest = depth % 16, k = 0;
    NN_UNROLL
    for (int i = 0; i < 4; i++)
        sum[i] = vdupq_n_s32(0);
    for (; k < depth - rest; k += 16) {
        NN_UNROLL
        for (int i = 0; i < 4; i++)
            sum[i] = add_inputs(sum[i], vld1q_s8(x[i] + k), one);
    }
    if (rest) {
        NN_UNROLL
        for (int i = 0; i < 4; i++)
            sum[i] = add_inputs(sum[i], vld1q_s8(x[i] + k), tail);
    }
    return vpaddq_s32(vpaddq_s32(sum[0], sum[1]), vpaddq_s32(sum[2], sum[3]));
}

/* factor * the sum of the inputs of each pixel, four pixels at a time. */
static void sum_pixels(const Panel *panel, int factor, int32_t *sums)
{
    const int depth = panel->depth, pixels = panel->pixels;
    const ptrdiff_t pitch = panel->x_pitch;
    const int8x16_t one = vdupq_n_s8(1), tail = first_bytes(depth % 16);
    const int8_t *x = panel->x;
    int p = 0;
    for (; p + 4 <= pixels; p += 4, x += 4 * pitch) {
        const int8_t *const four[4] = {x, x + pitch, x + 2 * pitch, x + 3 * pitch};
        vst1q_s32(sums + p, vmulq_n_s32(sum_four(four, depth, one, tail), factor));
    }
    if (p < pixels) {
        int left = pixels - p - 1; /* beside the first; the last stands for those missing */
        const int8_t *const four[4] = {x, x + (left < 1 ? left : 1) * pitch,
                                       x + (left < 2 ? left : 2) * pitch, x + left * pitch};
        vst1q_s32(sums + p, vmulq_n_s32(sum_four(four, depth, one, tail), factor));
    }
}

/* All channels of a chunk of pixels. The last tile may be wider than what is left of the channels:
 * it then goes through a buffer. */
static void run_chunk(const NnConv *c, const Requant *q, const Packed *head, Panel panel)
{
    int32_t extra[CHUNK];
    if (head->sum_factor) {
        sum_pixels(&panel, head->sum_factor, extra);
        panel.extra = extra;
    }
    const int8_t *tile = (const int8_t *)(head + 1);
    int8_t *out = panel.out;
    for (int n = 0, width; n < c->win.out_c; n += width) {
        int left = c->win.out_c - n;
        width = tile_channels(left);
        if (width <= left) {
            panel.out = out + n;
            tile_run(q, &panel, tile, width, head->pairs);
        } else {
            int8_t whole[CHUNK * TILE_CHANNELS];
            panel.out = whole;
            panel.out_pitch = width;
            tile_run(q, &panel, tile, width, head->pairs);
            for (int p = 0; p < panel.pixels; p++)
                memcpy(out + p * (ptrdiff_t)c->win.out_c + n, whole + p * width, (size_t)left);
        }
        tile += tile_bytes(panel.depth, width);
    }
}

/* ---- pointwise: the input is the matrix ---- */

static bool is_pointwise(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return w->k_h == 1 && w->k_w == 1 && w->stride_h == 1 && w->stride_w == 1 && w->pad_t == 0 &&
           w->pad_l == 0 && w->in_h == w->out_h && w->in_w == w->out_w;
}

static void run_pointwise(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const Packed *head = b->packed;
    Requant q = requant_init(c, (Rounding)head->rounding, head->small);
    ptrdiff_t end = (ptrdiff_t)y1 * w->out_w, chunk = chunk_of(w->in_c);
    for (ptrdiff_t p = (ptrdiff_t)y0 * w->out_w; p < end; p += chunk) {
        Panel panel = {
            .x = (const int8_t *)b->in[0] + p * w->in_c,
            .x_pitch = w->in_c,
            .out = (int8_t *)b->out + p * w->out_c,
            .out_pitch = w->out_c,
            .pixels = (int)(end - p < chunk ? end - p : chunk),
            .depth = w->in_c,
        };
        run_chunk(c, &q, head, panel);
    }
}

/* ---- any window: gather what each pixel sees ---- */

/* Scratch: k_h pointers to input rows, a row of zero points, the patches of a chunk. Patches are
 * that far apart; copies go 16 bytes at a time and may run past their end. */
static inline size_t patch_pitch(const NnConv *c)
{
    return ((size_t)depth_of(c) + 15) / 16 * 16;
}

static inline size_t rows_bytes(const NnConv *c)
{
    return (size_t)c->win.k_h * sizeof(int8_t *);
}

static inline size_t border_bytes(const NnConv *c)
{
    return (size_t)c->win.in_w * (size_t)c->win.in_c + 16;
}

static size_t scratch_size(const NnArgs *args)
{
    const NnConv *c = &args->conv;
    return rows_bytes(c) + border_bytes(c) + (size_t)chunk_of(depth_of(c)) * patch_pitch(c) + 16;
}

/* Writes up to 15 bytes more than n. */
static inline int8_t *put_copy(int8_t *dst, const int8_t *src, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += 16)
        vst1q_s8(dst + i, vld1q_s8(src + i));
    return dst + n;
}

/* Where the input rows of output row y start, border for those outside. */
static void find_rows(const NnWindow *w, const int8_t *in, const int8_t *border,
                      const int8_t **rows, int y)
{
    for (int i = 0; i < w->k_h; i++) {
        int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
        bool inside = in_y >= 0 && in_y < w->in_h;
        rows[i] = inside ? in + (ptrdiff_t)in_y * w->in_w * w->in_c : border;
    }
}

/* The patch of output column x: [k_h][k_w][in_c], zero points where it hangs over the edges. */
static void gather(const NnWindow *w, const int8_t *const *rows, const int8_t *border,
                   int8_t *patch, int x)
{
    int in_x = x * w->stride_w - w->pad_l;
    for (int i = 0; i < w->k_h; i++) {
        for (int j = 0; j < w->k_w; j++) {
            int column = in_x + j * w->dil_w;
            bool inside = column >= 0 && column < w->in_w;
            const int8_t *cell = inside ? rows[i] + (ptrdiff_t)column * w->in_c : border;
            patch = put_copy(patch, cell, w->in_c);
        }
    }
}

/* The patches of n output columns from x on whose cells lie side by side in the input: a run of
 * bytes from each row. */
static void gather_runs(const NnWindow *w, const int8_t *const *rows, int8_t *patch,
                        ptrdiff_t pitch, int x, int n)
{
    const ptrdiff_t run = (ptrdiff_t)w->k_w * w->in_c, step = (ptrdiff_t)w->stride_w * w->in_c;
    ptrdiff_t at = (ptrdiff_t)(x * w->stride_w - w->pad_l) * w->in_c;
    if (w->k_h == 3 && run <= 16) { /* a first layer */
        const int8_t *r0 = rows[0] + at, *r1 = rows[1] + at, *r2 = rows[2] + at;
        for (int i = 0; i < n; i++, patch += pitch) {
            vst1q_s8(patch, vld1q_s8(r0));
            vst1q_s8(patch + run, vld1q_s8(r1));
            vst1q_s8(patch + 2 * run, vld1q_s8(r2));
            r0 += step, r1 += step, r2 += step;
        }
        return;
    }
    for (int i = 0; i < n; i++, patch += pitch, at += step) {
        int8_t *to = patch;
        for (int j = 0; j < w->k_h; j++)
            to = put_copy(to, rows[j] + at, run);
    }
}

/* Output columns [*x0, *x1) are those whose cells lie side by side in the input. */
static void find_runs(const NnWindow *w, int *x0, int *x1)
{
    int room = w->in_w + w->pad_l - w->k_w; /* the last x * stride_w that fits */
    *x0 = *x1 = 0;
    if (w->dil_w != 1 || room < 0)
        return;
    *x0 = (w->pad_l + w->stride_w - 1) / w->stride_w;
    *x1 = room / w->stride_w + 1;
    *x1 = *x1 > w->out_w ? w->out_w : *x1;
    *x0 = *x0 > *x1 ? *x1 : *x0;
}

static void run_window(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow w = c->win;
    const Packed *head = b->packed;
    Requant q = requant_init(c, (Rounding)head->rounding, head->small);
    const int8_t **rows = b->scratch;
    int8_t *border = (int8_t *)b->scratch + rows_bytes(c);
    int8_t *patches = border + border_bytes(c);
    memset(border, c->in_zero, border_bytes(c));
    const int chunk = chunk_of(depth_of(c));
    int x0, x1;
    find_runs(&w, &x0, &x1);

    Panel panel = {.x = patches, .x_pitch = (ptrdiff_t)patch_pitch(c), .depth = depth_of(c)};
    panel.out = (int8_t *)b->out + (ptrdiff_t)y0 * w.out_w * w.out_c;
    panel.out_pitch = w.out_c;
    for (int y = y0; y < y1; y++) {
        find_rows(&w, b->in[0], border, rows, y);
        for (int x = 0, n; x < w.out_w; x += n) {
            int8_t *to = patches + panel.pixels * panel.x_pitch;
            n = 1;
            if (x >= x0 && x < x1) {
                n = x1 - x < chunk - panel.pixels ? x1 - x : chunk - panel.pixels;
                gather_runs(&w, rows, to, panel.x_pitch, x, n);
            } else {
                gather(&w, rows, border, to, x);
            }
            panel.pixels += n;
            bool last = y == y1 - 1 && x + n == w.out_w;
            if (panel.pixels == chunk || last) {
                run_chunk(c, &q, head, panel);
                panel.out += panel.pixels * panel.out_pitch;
                panel.pixels = 0;
            }
        }
    }
}

#endif
