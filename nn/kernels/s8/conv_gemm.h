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

/* Patches are that far apart; copies in 16 bytes may run past a patch's end. */
static inline size_t patch_pitch(const NnConv *c)
{
    return ((size_t)depth_of(c) + 15) / 16 * 16;
}

static size_t scratch_size(const NnArgs *args)
{
    return patch_pitch(&args->conv) * CHUNK + 16;
}

/* Both write up to 15 bytes more than n. */
static inline int8_t *put_copy(int8_t *dst, const int8_t *src, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += 16)
        vst1q_s8(dst + i, vld1q_s8(src + i));
    return dst + n;
}

static inline int8_t *put_zero(int8_t *dst, int8x16_t zero, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += 16)
        vst1q_s8(dst + i, zero);
    return dst + n;
}

/* Columns j0 <= j < j1 of a window whose first column is in_x lie inside the input. */
static inline void columns_inside(const NnWindow *w, int in_x, int *j0, int *j1)
{
    int left = in_x < 0 ? (-in_x + w->dil_w - 1) / w->dil_w : 0;
    int right = in_x < w->in_w ? (w->in_w - in_x + w->dil_w - 1) / w->dil_w : 0;
    *j1 = right < w->k_w ? right : w->k_w;
    *j0 = left < *j1 ? left : *j1;
}

/* The patch of output (y, x): [k_h][k_w][in_c], the zero point where it hangs over the edges. */
static void gather(const NnConv *c, const int8_t *in, int8_t *patch, int y, int x)
{
    const NnWindow *w = &c->win;
    int8x16_t zero = vdupq_n_s8((int8_t)c->in_zero);
    int in_x = x * w->stride_w - w->pad_l;
    int j0, j1;
    columns_inside(w, in_x, &j0, &j1);
    for (int i = 0; i < w->k_h; i++) {
        int in_y = y * w->stride_h - w->pad_t + i * w->dil_h;
        if (in_y < 0 || in_y >= w->in_h) {
            patch = put_zero(patch, zero, (ptrdiff_t)w->k_w * w->in_c);
            continue;
        }
        const int8_t *row = in + ((ptrdiff_t)in_y * w->in_w + in_x) * w->in_c;
        patch = put_zero(patch, zero, (ptrdiff_t)j0 * w->in_c);
        if (w->dil_w == 1) {
            patch = put_copy(patch, row + (ptrdiff_t)j0 * w->in_c, (ptrdiff_t)(j1 - j0) * w->in_c);
        } else {
            for (int j = j0; j < j1; j++)
                patch = put_copy(patch, row + (ptrdiff_t)j * w->dil_w * w->in_c, w->in_c);
        }
        patch = put_zero(patch, zero, (ptrdiff_t)(w->k_w - j1) * w->in_c);
    }
}

static void run_window(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const Packed *head = b->packed;
    Requant q = requant_init(c, (Rounding)head->rounding);
    ptrdiff_t pitch = (ptrdiff_t)patch_pitch(c);
    int y = y0, x = 0;
    ptrdiff_t end = (ptrdiff_t)y1 * w->out_w;
    for (ptrdiff_t p = (ptrdiff_t)y0 * w->out_w; p < end; p += CHUNK) {
        Panel panel = {
            .x = b->scratch,
            .x_pitch = pitch,
            .out = (int8_t *)b->out + p * w->out_c,
            .out_pitch = w->out_c,
            .pixels = end - p < CHUNK ? (int)(end - p) : CHUNK,
            .depth = depth_of(c),
        };
        for (int i = 0; i < panel.pixels; i++) {
            gather(c, b->in[0], (int8_t *)b->scratch + i * pitch, y, x);
            if (++x == w->out_w)
                x = 0, y++;
        }
        run_chunk(c, &q, head, panel);
    }
}

#endif
