/* SPDX-License-Identifier: MIT */
/* conv_gemm.h - int8 convolutions as a product of matrices, pixels by channels, on the micro-kernel
 * included before: packing, pointwise layers in place, all others through patches. */
#ifndef NN_S8_CONV_GEMM_H
#define NN_S8_CONV_GEMM_H

#include "conv_tile.h"

/* Pixels a micro-kernel is given at once: few enough that their inputs stay in the first cache
 * while tile after tile of weights goes by. */
#define CHUNK 32

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
    int32_t unused[13]; /* tiles start at 64 bytes */
} Packed;

static inline int depth_of(const NnConv *c)
{
    return c->win.k_h * c->win.k_w * c->win.in_c;
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

/* Bias of filter n with what of the accumulator depends on weights alone. */
static int32_t full_bias(const NnConv *c, const int8_t *filter, int32_t bias)
{
    int32_t sum = 0;
    for (int k = 0; k < depth_of(c); k++)
        sum += filter[k] - c->w_zero;
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
    };

    int8_t *tile = (int8_t *)(head + 1);
    for (int n = 0, width; n < f.out_c; n += width) {
        width = tile_channels(f.out_c - n);
        int32_t *params = (int32_t *)tile;
        for (int i = 0; i < width; i++) {
            bool real = n + i < f.out_c;
            const int8_t *filter = f.weights + (size_t)(n + i) * (size_t)f.depth;
            params[i] = real ? full_bias(c, filter, bias ? ((const int32_t *)bias)[n + i] : 0) : 0;
            params[width + i] = real ? c->mult[n + i] : 0;
            params[2 * width + i] = real ? c->shift[n + i] : 0;
        }
        tile_pack((int8_t *)(params + 3 * width), &f, n, width, pairs);
        tile += tile_bytes(f.depth, width);
    }
}

/* factor * the sum of the inputs of each pixel, four pixels at a time. */
static void sum_pixels(const Panel *panel, int factor, int32_t *sums)
{
    int rest = panel->depth % 16;
    int8x16_t one = vdupq_n_s8(1), tail = first_bytes(rest);
    for (int p = 0; p < panel->pixels; p += 4) {
        const int8_t *x[4];
        int32x4_t sum[4];
        NN_UNROLL
        for (int i = 0; i < 4; i++) {
            int pixel = p + i < panel->pixels ? p + i : panel->pixels - 1;
            x[i] = panel->x + pixel * panel->x_pitch;
            sum[i] = vdupq_n_s32(0);
        }
        int k = 0;
        for (; k < panel->depth - rest; k += 16) {
            NN_UNROLL
            for (int i = 0; i < 4; i++)
                sum[i] = add_inputs(sum[i], vld1q_s8(x[i] + k), one);
        }
        if (rest) {
            NN_UNROLL
            for (int i = 0; i < 4; i++)
                sum[i] = add_inputs(sum[i], vld1q_s8(x[i] + k), tail);
        }
        int32x4_t four = vpaddq_s32(vpaddq_s32(sum[0], sum[1]), vpaddq_s32(sum[2], sum[3]));
        vst1q_s32(sums + p, vmulq_n_s32(four, factor));
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
    Requant q = requant_init(c, (Rounding)head->rounding);
    ptrdiff_t end = (ptrdiff_t)y1 * w->out_w;
    for (ptrdiff_t p = (ptrdiff_t)y0 * w->out_w; p < end; p += CHUNK) {
        Panel panel = {
            .x = (const int8_t *)b->in[0] + p * w->in_c,
            .x_pitch = w->in_c,
            .out = (int8_t *)b->out + p * w->out_c,
            .out_pitch = w->out_c,
            .pixels = end - p < CHUNK ? (int)(end - p) : CHUNK,
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
    return rows_bytes(c) + border_bytes(c) + CHUNK * patch_pitch(c) + 16;
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
static inline void gather(const NnWindow *w, const int8_t *const *rows, const int8_t *border,
                          int8_t *patch, int x)
{
    int in_x = x * w->stride_w - w->pad_l;
    ptrdiff_t run = (ptrdiff_t)w->k_w * w->in_c;
    if (w->dil_w == 1 && in_x >= 0 && in_x + w->k_w <= w->in_w) {
        for (int i = 0; i < w->k_h; i++)
            patch = put_copy(patch, rows[i] + (ptrdiff_t)in_x * w->in_c, run);
        return;
    }
    for (int i = 0; i < w->k_h; i++) {
        for (int j = 0; j < w->k_w; j++) {
            int column = in_x + j * w->dil_w;
            bool inside = column >= 0 && column < w->in_w;
            const int8_t *cell = inside ? rows[i] + (ptrdiff_t)column * w->in_c : border;
            patch = put_copy(patch, cell, w->in_c);
        }
    }
}

static void run_window(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow w = c->win;
    const Packed *head = b->packed;
    Requant q = requant_init(c, (Rounding)head->rounding);
    const int8_t **rows = b->scratch;
    int8_t *border = (int8_t *)b->scratch + rows_bytes(c);
    int8_t *patches = border + border_bytes(c);
    memset(border, c->in_zero, border_bytes(c));

    Panel panel = {.x = patches, .x_pitch = (ptrdiff_t)patch_pitch(c), .depth = depth_of(c)};
    panel.out = (int8_t *)b->out + (ptrdiff_t)y0 * w.out_w * w.out_c;
    panel.out_pitch = w.out_c;
    for (int y = y0; y < y1; y++) {
        find_rows(&w, b->in[0], border, rows, y);
        for (int x = 0; x < w.out_w; x++) {
            gather(&w, rows, border, patches + panel.pixels * panel.x_pitch, x);
            bool last = y == y1 - 1 && x == w.out_w - 1;
            if (++panel.pixels == CHUNK || last) {
                run_chunk(c, &q, head, panel);
                panel.out += panel.pixels * panel.out_pitch;
                panel.pixels = 0;
            }
        }
    }
}

#endif
