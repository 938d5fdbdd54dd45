/* SPDX-License-Identifier: MIT */
/* image_reference.c - frames and the double-precision model of nn/image: filters as explicit
 * weight for every pair of source and output sample, colour equations as the standards have them,
 * turning by one formula per output pixel. */
#include "image_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool frame_is_yuv(const Frame *frame)
{
    switch (frame->format.pixels) {
    case NN_PIXELS_I420:
    case NN_PIXELS_YV12:
    case NN_PIXELS_NV12:
    case NN_PIXELS_NV21:
    case NN_PIXELS_YUY2:
    case NN_PIXELS_UYVY:
    case NN_PIXELS_YVYU:
    case NN_PIXELS_Y42B:
    case NN_PIXELS_Y444:
    case NN_PIXELS_NV16:
        return true;
    default:
        return false;
    }
}

static int chroma_shift_x(NnPixels pixels)
{
    return pixels != NN_PIXELS_Y444;
}

static int chroma_shift_y(NnPixels pixels)
{
    return pixels == NN_PIXELS_I420 || pixels == NN_PIXELS_YV12 || pixels == NN_PIXELS_NV12 ||
           pixels == NN_PIXELS_NV21;
}

static int half_up(int n, int shift)
{
    return (n + shift) >> shift;
}

static void set_plane(Frame *frame, int width, int height, int bytes)
{
    FramePlane *plane = &frame->planes[frame->n_planes++];
    *plane = (FramePlane){width, height, bytes, width * bytes, NULL};
}

void frame_init(Frame *frame, const NnImageFormat *format)
{
    *frame = (Frame){*format, 0, {{0}}};
    NnPixels pixels = format->pixels;
    int w = format->width, h = format->height;
    int cw = half_up(w, chroma_shift_x(pixels)), ch = half_up(h, chroma_shift_y(pixels));
    switch (pixels) {
    case NN_PIXELS_I420:
    case NN_PIXELS_YV12:
    case NN_PIXELS_Y42B:
    case NN_PIXELS_Y444:
        set_plane(frame, w, h, 1);
        set_plane(frame, cw, ch, 1);
        set_plane(frame, cw, ch, 1);
        break;
    case NN_PIXELS_NV12:
    case NN_PIXELS_NV21:
    case NN_PIXELS_NV16:
        set_plane(frame, w, h, 1);
        set_plane(frame, cw, ch, 2);
        break;
    case NN_PIXELS_YUY2:
    case NN_PIXELS_UYVY:
    case NN_PIXELS_YVYU:
        set_plane(frame, cw, h, 4);
        break;
    case NN_PIXELS_GRAY8:
        set_plane(frame, w, h, 1);
        break;
    case NN_PIXELS_RGB16:
        set_plane(frame, w, h, 2);
        break;
    case NN_PIXELS_RGB:
    case NN_PIXELS_BGR:
        set_plane(frame, w, h, 3);
        break;
    default:
        set_plane(frame, w, h, 4);
        break;
    }
}

/* Byte positions of components inside a pixel (packed RGB) or pair of pixels (packed YUV). */
static const char *packed_order(NnPixels pixels)
{
    switch (pixels) {
    case NN_PIXELS_YUY2:
        return "yuyv";
    case NN_PIXELS_UYVY:
        return "uyvy";
    case NN_PIXELS_YVYU:
        return "yvyu";
    case NN_PIXELS_RGB:
    case NN_PIXELS_RGBX:
    case NN_PIXELS_RGBA:
        return "rgb-";
    case NN_PIXELS_BGR:
    case NN_PIXELS_BGRX:
    case NN_PIXELS_BGRA:
        return "bgr-";
    case NN_PIXELS_XRGB:
    case NN_PIXELS_ARGB:
        return "-rgb";
    case NN_PIXELS_XBGR:
    case NN_PIXELS_ABGR:
        return "-bgr";
    default:
        return NULL;
    }
}

uint8_t *frame_byte(const Frame *frame, int component, int x, int y)
{
    NnPixels pixels = frame->format.pixels;
    const char *order = packed_order(pixels);
    int plane = 0, offset = 0;
    if (order && frame_is_yuv(frame)) {
        const char *at = strchr(order, "yuv"[component]);
        if (component == 0 && x % 2)
            at = strchr(at + 1, 'y');
        offset = (int)(at - order);
        x /= 2;
    } else if (order) {
        offset = (int)(strchr(order, "rgb"[component]) - order);
    } else if (component) {
        bool v_first = pixels == NN_PIXELS_YV12 || pixels == NN_PIXELS_NV21;
        int which = v_first ? 2 - component : component - 1;
        plane = frame->n_planes == 3 ? 1 + which : 1;
        offset = frame->n_planes == 3 ? 0 : which;
        x >>= chroma_shift_x(pixels);
        y >>= chroma_shift_y(pixels);
    }
    const FramePlane *p = &frame->planes[plane];
    return p->data + (ptrdiff_t)y * p->stride + x * p->bytes + offset;
}

/* Of an RGB16 frame; need not be aligned. */
static uint8_t *rgb16_word(const Frame *frame, int x, int y)
{
    const FramePlane *p = &frame->planes[0];
    return p->data + (ptrdiff_t)y * p->stride + x * 2;
}

/* Component of pixel (x, y) in bytes. */
static double sample(const Frame *frame, int component, int x, int y)
{
    if (frame->format.pixels == NN_PIXELS_RGB16) {
        uint16_t word;
        memcpy(&word, rgb16_word(frame, x, y), sizeof word);
        int field[3] = {word >> 11, word >> 5 & 63, word & 31};
        return field[component] * 255.0 / (component == 1 ? 63 : 31);
    }
    return *frame_byte(frame, component, x, y);
}

/* ---- colour ------------------------------------------------------------------------------- */

static void luma_weights(const NnImageFormat *format, double *kr, double *kb)
{
    switch (format->matrix) {
    case NN_MATRIX_BT601:
        *kr = 0.299, *kb = 0.114;
        return;
    case NN_MATRIX_BT709:
        *kr = 0.2126, *kb = 0.0722;
        return;
    case NN_MATRIX_FCC:
        *kr = 0.3, *kb = 0.11;
        return;
    case NN_MATRIX_SMPTE240M:
        *kr = 0.212, *kb = 0.087;
        return;
    case NN_MATRIX_BT2020:
        *kr = 0.2627, *kb = 0.0593;
        return;
    default:
        *kr = format->height < 720 ? 0.299 : 0.2126;
        *kb = format->height < 720 ? 0.114 : 0.0722;
    }
}

static bool limited(const Frame *frame)
{
    NnRange range = frame->format.range;
    return range == NN_RANGE_LIMITED || (range == NN_RANGE_UNKNOWN && frame_is_yuv(frame));
}

void frame_encode(const Frame *frame, const double rgb[3], double components[3])
{
    double kr, kb;
    luma_weights(&frame->format, &kr, &kb);
    double base = limited(frame) ? 16 : 0, span = limited(frame) ? 219 : 255;
    double chroma_span = limited(frame) ? 224 : 255;
    double y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
    bool grey = frame->format.pixels == NN_PIXELS_GRAY8;
    for (int j = 0; j < 3; j++)
        components[j] = base + span * (grey ? y : rgb[j]);
    if (frame_is_yuv(frame)) {
        components[0] = base + span * y;
        components[1] = 128 + chroma_span * (rgb[2] - y) / (2 * (1 - kb));
        components[2] = 128 + chroma_span * (rgb[0] - y) / (2 * (1 - kr));
    }
}

/* Components in bytes -> R'G'B' in 0...255, or luma three times. */
static void decode(const Frame *frame, bool luma, const double c[3], double rgb[3])
{
    double kr, kb;
    luma_weights(&frame->format, &kr, &kb);
    double base = limited(frame) ? 16 : 0, span = limited(frame) ? 219 : 255;
    double chroma_span = limited(frame) ? 224 : 255;
    if (frame->format.pixels == NN_PIXELS_GRAY8 || (frame_is_yuv(frame) && luma)) {
        rgb[0] = rgb[1] = rgb[2] = 255 * (c[0] - base) / span;
    } else if (frame_is_yuv(frame)) {
        double y = (c[0] - base) / span;
        double cb = (c[1] - 128) / chroma_span, cr = (c[2] - 128) / chroma_span;
        double r = y + 2 * (1 - kr) * cr, b = y + 2 * (1 - kb) * cb;
        rgb[0] = 255 * r;
        rgb[1] = 255 * (y - kr * r - kb * b) / (1 - kr - kb);
        rgb[2] = 255 * b;
    } else {
        for (int j = 0; j < 3; j++)
            rgb[j] = 255 * (c[j] - base) / span;
        if (luma)
            rgb[0] = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
    }
}

static uint8_t to_byte(double x)
{
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : lround(x));
}

void frame_paint(const Frame *frame, const double *rgb)
{
    int w = frame->format.width, h = frame->format.height;
    NnPixels pixels = frame->format.pixels;
    bool yuv = frame_is_yuv(frame);
    int sx = yuv ? chroma_shift_x(pixels) : 0, sy = yuv ? chroma_shift_y(pixels) : 0;
    for (int y = 0; y < h; y += 1 << sy)
        for (int x = 0; x < w; x += 1 << sx) {
            double sum[3] = {0}, c[3];
            int n = 0;
            for (int v = y; v < h && v < y + (1 << sy); v++)
                for (int u = x; u < w && u < x + (1 << sx); u++, n++) {
                    frame_encode(frame, rgb + 3 * ((size_t)v * w + u), c);
                    for (int j = 0; j < 3; j++)
                        sum[j] += c[j];
                    if (yuv)
                        *frame_byte(frame, 0, u, v) = to_byte(c[0]);
                }
            uint16_t word = (uint16_t)(lround(sum[0] * 31 / 255) << 11 |
                                       lround(sum[1] * 63 / 255) << 5 | lround(sum[2] * 31 / 255));
            if (pixels == NN_PIXELS_RGB16)
                memcpy(rgb16_word(frame, x, y), &word, sizeof word);
            else
                for (int j = yuv; j < (pixels == NN_PIXELS_GRAY8 ? 1 : 3); j++)
                    *frame_byte(frame, j, x, y) = to_byte(sum[j] / n);
        }
}

/* ---- resizing ----------------------------------------------------------------------------- */

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static int inside(double x, double lo, double hi)
{
    return (int)smaller(larger(x, lo), hi);
}

/* Weight of each of n_in samples in each of n_out outputs that divide [from, to). */
static double *filter(int n_in, int n_out, double from, double to)
{
    double *weights = calloc((size_t)n_in * n_out, sizeof *weights);
    double step = (to - from) / n_out;
    for (int i = 0; i < n_out; i++) {
        double *row = weights + (size_t)i * n_in;
        double left = from + i * step, right = from + (i + 1) * step;
        if (step >= 1) {
            for (int k = 0; k < n_in; k++)
                row[k] = larger(0, smaller(k + 1, right) - larger(k, left)) / step;
        } else {
            double at = (left + right) / 2 - 0.5, part = at - floor(at);
            double lo = floor(from + 1e-4), hi = ceil(to - 1e-4) - 1;
            row[inside(floor(at), lo, hi)] += 1 - part;
            row[inside(floor(at) + 1, lo, hi)] += part;
        }
    }
    return weights;
}

typedef struct {
    double x, y, w, h;                     /* seen part, pixels */
    int out_w, out_h, left, top, w_t, h_t; /* result before turning; its place in the target */
} Seen;

static bool is_sideways(NnTurn turn)
{
    return turn == NN_TURN_90R || turn == NN_TURN_90L || turn == NN_TURN_UL_LR ||
           turn == NN_TURN_UR_LL;
}

static Seen look(const NnImageFormat *f, const ImageTarget *t)
{
    Seen s = {0, 0, f->width, f->height, 0, 0, 0, 0, t->width, t->height};
    if (f->roi_w) {
        s.x = f->roi_x, s.y = f->roi_y;
        s.w = f->roi_w, s.h = f->roi_h;
    }
    /* As displayed, upright: width over height of the region and of the target. */
    double par = f->par_n ? (double)f->par_n / f->par_d : 1;
    double aspect = s.w * par / s.h;
    if (is_sideways(f->turn))
        aspect = 1 / aspect;
    double wanted = (double)t->width / t->height;
    double keep = smaller(aspect / wanted, wanted / aspect);
    bool cut_width = (aspect > wanted) != is_sideways(f->turn);
    if (f->fit == NN_FIT_CROP && cut_width) {
        s.x += s.w * (1 - keep) / 2;
        s.w *= keep;
    } else if (f->fit == NN_FIT_CROP) {
        s.y += s.h * (1 - keep) / 2;
        s.h *= keep;
    } else if (f->fit == NN_FIT_LETTERBOX && aspect > wanted) {
        s.h_t = inside(floor(t->height * keep + 0.500001), 1, t->height);
        s.top = (t->height - s.h_t) / 2;
    } else if (f->fit == NN_FIT_LETTERBOX) {
        s.w_t = inside(floor(t->width * keep + 0.500001), 1, t->width);
        s.left = (t->width - s.w_t) / 2;
    }
    s.out_w = is_sideways(f->turn) ? s.h_t : s.w_t;
    s.out_h = is_sideways(f->turn) ? s.w_t : s.h_t;
    return s;
}

/* out_w x out_h values of one component. */
static double *resized(const Frame *frame, int component, const Seen *s)
{
    bool chroma = component && frame_is_yuv(frame);
    int sx = chroma ? chroma_shift_x(frame->format.pixels) : 0;
    int sy = chroma ? chroma_shift_y(frame->format.pixels) : 0;
    int w = half_up(frame->format.width, sx), h = half_up(frame->format.height, sy);
    double fx = 1 << sx, fy = 1 << sy;
    double *across = filter(w, s->out_w, s->x / fx, (s->x + s->w) / fx);
    double *down = filter(h, s->out_h, s->y / fy, (s->y + s->h) / fy);
    double *out = calloc((size_t)s->out_w * s->out_h, sizeof *out);
    double *column = calloc((size_t)w, sizeof *column);
    for (int j = 0; j < s->out_h; j++) {
        memset(column, 0, (size_t)w * sizeof *column);
        for (int y = 0; y < h; y++) {
            double weight = down[(size_t)j * h + y];
            if (weight == 0)
                continue;
            for (int x = 0; x < w; x++)
                column[x] += weight * sample(frame, component, x << sx, y << sy);
        }
        for (int i = 0; i < s->out_w; i++)
            for (int x = 0; x < w; x++)
                out[j * s->out_w + i] += across[(size_t)i * w + x] * column[x];
    }
    free(across);
    free(down);
    free(column);
    return out;
}

/* Which pixel of the unturned w x h result stands at (x, y) of the turned one. */
static int unturned(NnTurn turn, int x, int y, int w, int h)
{
    switch (turn) {
    case NN_TURN_90R:
        return (h - 1 - x) * w + y;
    case NN_TURN_180:
        return (h - 1 - y) * w + (w - 1 - x);
    case NN_TURN_90L:
        return x * w + (w - 1 - y);
    case NN_TURN_HORIZ:
        return y * w + (w - 1 - x);
    case NN_TURN_VERT:
        return (h - 1 - y) * w + x;
    case NN_TURN_UL_LR:
        return x * w + y;
    case NN_TURN_UR_LL:
        return (h - 1 - x) * w + (w - 1 - y);
    default:
        return y * w + x;
    }
}

void image_reference(const Frame *frame, const ImageTarget *target, double *out)
{
    Seen s = look(&frame->format, target);
    int n = frame->format.pixels == NN_PIXELS_GRAY8 ? 1 : 3;
    double *components[3] = {NULL, NULL, NULL};
    for (int j = 0; j < n; j++)
        components[j] = resized(frame, j, &s);
    for (int y = 0; y < target->height; y++)
        for (int x = 0; x < target->width; x++) {
            int u = x - s.left, v = y - s.top;
            double c[3] = {0}, rgb[3] = {0};
            if (u >= 0 && u < s.w_t && v >= 0 && v < s.h_t) {
                int at = unturned(frame->format.turn, u, v, s.out_w, s.out_h);
                for (int j = 0; j < n; j++)
                    c[j] = components[j][at];
                decode(frame, target->channels == 1, c, rgb);
            }
            for (int k = 0; k < target->channels; k++)
                *out++ = larger(0, smaller(255, rgb[k])) * target->mul[k] + target->add[k];
        }
    for (int j = 0; j < 3; j++)
        free(components[j]);
}
