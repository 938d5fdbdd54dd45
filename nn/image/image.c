/* SPDX-License-Identifier: MIT */
/* image.c - the plan: tables and scratch for one format and target, and the walk over a frame's
 * rows. Every plane is resized on its own grid, then components meet and are converted once per
 * output pixel. */
#include "image.h"
#include "axis.h"
#include "colour.h"
#include "kernels_built.h"
#include "pixels.h"
#include "rows.h"
#include "view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FACTOR 1e6f /* of normalisation */

/* A source row that the next output row will need again, out of the camera's memory. */
typedef struct {
    int y; /* -1: empty */
    uint8_t *bytes;
} KeptRow;

/* Samples that are resized together. */
typedef struct {
    const PixelsPlane *layout;
    Axis x, y;     /* y of samples inside another plane is unused */
    size_t offset; /* of the first byte looked at in a row of memory */
    int n;         /* samples looked at, those of all ways */
    int positions; /* n / ways, without rounding up for the vector loops */
    KeptRow kept[2];
    uint16_t *sums;
    bool pairs;                       /* U and V, resized together */
    uint16_t *lines[PIXELS_MAX_WAYS]; /* sums, split; NULL where not needed */
} Plane;

struct ImagePlan {
    const PixelsLayout *layout;
    ImageTarget target;
    View view;
    ColourMap colour;
    size_t pixel_bytes;
    int bands; /* partial rows that an output row is the sum of; over 1 for giants only */
    int n_planes;
    Plane planes[PIXELS_MAX_PLANES];
    uint16_t *components[3];
    uint32_t *totals[3]; /* of the bands so far */
    uint8_t *packed;     /* one row of output pixels */
};

static bool plane_init(Plane *plane, const PixelsLayout *pixels, const PixelsPlane *layout,
                       const View *view, const NnImageFormat *format, int bands)
{
    plane->layout = layout;
    double scale_x = 1.0 / (1 << layout->sub_x), scale_y = 1.0 / (1 << layout->sub_y);
    double left = view->x * scale_x, right = (view->x + view->w) * scale_x;
    double top = view->y * scale_y, bottom = (view->y + view->h) * scale_y;
    int width = (format->width + (1 << layout->sub_x) - 1) >> layout->sub_x;
    int lo_x = (int)floor(left), hi_x = (int)ceil(right);
    int lo_y = (int)floor(top), hi_y = (int)ceil(bottom);
    if (!axis_init(&plane->x, view->out_w, left, right, lo_x, hi_x, COLUMN_LIMIT, 1) ||
        !axis_init(&plane->y, view->out_h * bands, top, bottom, lo_y, hi_y, ROWS_LIMIT, ROWS_UNIT))
        return false;

    int ways = layout->ways;
    if (layout->component[0] == PIXELS_CHROMA || layout->component[1] == PIXELS_CHROMA) {
        /* Whole pairs of pixels, so that U comes first; rows end in a whole pair. */
        lo_x &= ~1;
        hi_x = (hi_x + 1) & ~1;
        width = (width + 1) & ~1;
    }
    plane->pairs = ways == 2 && layout->component[0] >= 0 && layout->component[1] >= 0;
    if (!axis_spread(&plane->x, lo_x, plane->pairs ? 2 : 1))
        return false;
    plane->positions = hi_x - lo_x;
    plane->n = plane->positions * ways;
    plane->offset = (size_t)lo_x * (size_t)(pixels->rgb16 ? 2 : ways);
    /* Whole vectors where the row goes on. */
    int vectors = (plane->n + 15) & ~15;
    int rest = pixels->rgb16 ? vectors : (width - lo_x) * ways;
    plane->n = vectors < rest ? vectors : rest;

    size_t length = (size_t)(plane->n + (plane->x.taps + ROWS_PAD) * ways);
    if (layout->memory >= 0) {
        plane->sums = calloc(length, sizeof *plane->sums);
        if (!plane->sums)
            return false;
        for (int i = 0; i < 2; i++)
            if (!(plane->kept[i].bytes = calloc(length, 1)))
                return false;
    }
    for (int k = 0; k < ways && ways > 1 && !plane->pairs; k++)
        if (layout->component[k] != PIXELS_IGNORED &&
            !(plane->lines[k] = calloc(length, sizeof *plane->lines[k])))
            return false;
    return true;
}

static void plane_clear(Plane *plane)
{
    axis_clear(&plane->x);
    axis_clear(&plane->y);
    free(plane->kept[0].bytes);
    free(plane->kept[1].bytes);
    free(plane->sums);
    for (int k = 0; k < PIXELS_MAX_WAYS; k++)
        free(plane->lines[k]);
}

/* Fields to the high bits of a byte each. */
static void unpack_rgb16(uint8_t *out, const uint8_t *in, int n)
{
    for (int i = 0; i < n; i++) {
        uint16_t word;
        memcpy(&word, in + 2 * i, 2);
        out[3 * i] = (uint8_t)(word >> 8 & 0xf8);
        out[3 * i + 1] = (uint8_t)(word >> 3 & 0xfc);
        out[3 * i + 2] = (uint8_t)(word << 3);
    }
}

/* The bytes looked at of source row y. Rows needed again for output row `next` are kept, so that
 * the camera's memory, which may be uncached, is read once; row `busy` stays where it is. */
static const uint8_t *source_row(Plane *plane, bool rgb16, const uint8_t *base, int stride, int y,
                                 int busy, int next)
{
    for (int i = 0; i < 2; i++)
        if (plane->kept[i].y == y)
            return plane->kept[i].bytes;
    const uint8_t *row = base + (ptrdiff_t)y * stride + plane->offset;
    bool again = next < plane->y.n && plane->y.spans[next].first <= y;
    if (!again && !rgb16)
        return row;
    KeptRow *kept = &plane->kept[plane->kept[0].y == busy];
    kept->y = y;
    if (rgb16)
        unpack_rgb16(kept->bytes, row, plane->positions);
    else
        memcpy(kept->bytes, row, (size_t)plane->n);
    return kept->bytes;
}

/* Column sums of the source rows that make row i of the axis y. */
static void sum_rows(Plane *plane, const ImageRows *rows, bool rgb16, const uint8_t *base,
                     int stride, int i)
{
    const AxisSpan *span = &plane->y.spans[i];
    RowBand band = {.first = source_row(plane, rgb16, base, stride, span->first, span->last, i + 1),
                    .whole = base + (ptrdiff_t)span->first * stride + plane->offset,
                    .stride = stride,
                    .first_weight = span->first_weight,
                    .last_weight = span->last_weight,
                    .whole_weight = plane->y.whole / ROWS_UNIT};
    for (int y = span->first + 1; rgb16 && y < span->last; y++) {
        band.whole = source_row(plane, rgb16, base, stride, y, span->first, i + 1);
        band.n_whole = 1;
        rows->sum(plane->sums, &band, plane->n);
        band.first = NULL;
        band.n_whole = 0;
    }
    if (!rgb16 && span->last > span->first) {
        band.whole += stride;
        band.n_whole = span->last - span->first - 1;
    }
    if (span->last > span->first)
        band.last = source_row(plane, rgb16, base, stride, span->last, span->first, i + 1);
    rows->sum(plane->sums, &band, plane->n);
}

/* Averages the partial rows of component lines when row i is the last of them. */
static void join_bands(ImagePlan *plan, int component, int i)
{
    uint16_t *line = plan->components[component];
    uint32_t *totals = plan->totals[component], n = (uint32_t)plan->bands;
    bool start = i % plan->bands == 0, stop = i % plan->bands == plan->bands - 1;
    for (int x = 0; x < plan->view.out_w; x++) {
        totals[x] = (start ? n / 2 : totals[x]) + line[x];
        if (stop)
            line[x] = (uint16_t)(totals[x] / n);
    }
}

/* Row i of every component, into plan->components. */
static void resize_row(ImagePlan *plan, const ImageRows *rows, const void *const planes[],
                       const int strides[], int i)
{
    const uint16_t *chroma = NULL;
    for (int p = 0; p < plan->n_planes; p++) {
        Plane *plane = &plan->planes[p];
        const PixelsPlane *layout = plane->layout;
        const uint16_t *sums = layout->memory >= 0 ? plane->sums : chroma;
        if (layout->memory >= 0)
            sum_rows(plane, rows, plan->layout->rgb16, planes[layout->memory],
                     strides[layout->memory], i);
        const signed char *component = layout->component;
        if (plane->pairs) {
            rows->resize_pairs(plan->components[component[0]], plan->components[component[1]], sums,
                               &plane->x);
            continue;
        }
        if (layout->ways > 1)
            rows->split(plane->lines, sums, plane->positions, layout->ways);
        for (int k = 0; k < layout->ways; k++) {
            const uint16_t *line = layout->ways > 1 ? plane->lines[k] : sums;
            if (component[k] == PIXELS_CHROMA)
                chroma = line;
            else if (component[k] >= 0)
                rows->resize(plan->components[component[k]], line, &plane->x);
        }
    }
    for (int j = 0; j < 3 && plan->bands > 1; j++)
        if (plan->components[j])
            join_bands(plan, j, i);
}

/* The row of output pixels from its components. */
static void colour_row(ImagePlan *plan, const ImageRows *rows, const ColourMap *map, int n)
{
    /* Components that a picture or a target lacks have coefficients of 0: any will do. */
    const uint16_t *components[3];
    for (int j = 0; j < 3; j++)
        components[j] = plan->components[j] ? plan->components[j] : plan->components[0];
    if (plan->target.type == NN_F32)
        rows->colour_f32((float *)plan->packed, components, n, plan->target.channels, map);
    else
        rows->colour_8((uint8_t *)plan->packed, components, n, plan->target.channels, map);
}

/* Spreads a row of packed output pixels over the target. */
static void place_row(const ImagePlan *plan, uint8_t *dst, int y)
{
    size_t bytes = plan->pixel_bytes;
    const uint8_t *from = plan->packed;
    uint8_t *to = dst + (plan->view.origin + y * plan->view.step_y) * (ptrdiff_t)bytes;
    ptrdiff_t step = plan->view.step_x * (ptrdiff_t)bytes;
    if (plan->view.step_x == 1) {
        memcpy(to, from, bytes * (size_t)plan->view.out_w);
        return;
    }
    for (int x = 0; x < plan->view.out_w; x++, from += bytes, to += step)
        memcpy(to, from, bytes);
}

/* Black everywhere: a picture of no colour at all, limited to the value of black. */
static void fill_bars(ImagePlan *plan, uint8_t *dst)
{
    ColourMap black = plan->colour;
    for (int k = 0; k < 3; k++) {
        bool negative = plan->target.mul[k] < 0;
        black.lo[k] = black.hi[k] = negative ? black.hi[k] : black.lo[k];
        black.fixed_lo[k] = black.fixed_hi[k] = negative ? black.fixed_hi[k] : black.fixed_lo[k];
    }
    colour_row(plan, &image_rows_c, &black, 1);
    size_t pixels = (size_t)plan->target.width * (size_t)plan->target.height;
    for (size_t i = 0; i < pixels; i++)
        memcpy(dst + i * plan->pixel_bytes, plan->packed, plan->pixel_bytes);
}

static const char *target_complaint(const ImageTarget *target)
{
    if (target->channels != 1 && target->channels != 3)
        return "an input tensor must have 3 channels (RGB) or 1 (luma)";
    if (target->type != NN_F32 && target->type != NN_U8 && target->type != NN_S8)
        return "an input tensor must be float32, uint8 or int8";
    float most_mul = target->type == NN_F32 ? MAX_FACTOR : COLOUR_MAX_MUL;
    for (int k = 0; k < target->channels; k++)
        if (!(fabsf(target->mul[k]) <= most_mul && fabsf(target->add[k]) <= MAX_FACTOR))
            return "the normalisation of the input is out of all proportion";
    return NULL;
}

/* Components, each with its gain, and the places where they meet. */
static bool components_init(ImagePlan *plan, double gain[3])
{
    size_t length = (size_t)plan->view.out_w + ROWS_PAD;
    plan->packed = calloc(length, plan->pixel_bytes);
    if (!plan->packed)
        return false;
    for (int p = 0; p < plan->n_planes; p++) {
        const Plane *plane = &plan->planes[p];
        /* Chroma inside a packed plane has the row weights of that plane. */
        const Axis *y = plane->layout->memory >= 0 ? &plane->y : &plan->planes[p - 1].y;
        for (int k = 0; k < plane->layout->ways; k++) {
            int component = plane->layout->component[k];
            if (component < 0)
                continue;
            gain[component] = (double)plane->x.total * y->total / ROWS_UNIT / (1 << COLUMN_SHIFT);
            plan->components[component] = calloc(length, sizeof(uint16_t));
            plan->totals[component] = calloc(length, sizeof(uint32_t));
            if (!plan->components[component] || !plan->totals[component])
                return false;
        }
    }
    return true;
}

ImagePlan *image_plan_new(const NnImageFormat *format, const ImageTarget *target, const char **why)
{
    const PixelsLayout *layout = pixels_layout(format->pixels);
    *why = layout ? target_complaint(target) : "there is no such pixel format";
    View view;
    if (*why || !view_init(&view, format, target, why))
        return NULL;

    *why = "not enough memory for the resize tables";
    ImagePlan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->layout = layout;
    plan->target = *target;
    plan->view = view;
    plan->pixel_bytes = (size_t)target->channels * (target->type == NN_F32 ? sizeof(float) : 1);
    plan->bands = (int)ceil(view.h / view.out_h / (ROWS_LIMIT / ROWS_UNIT));
    bool luma_only = layout->model == PIXELS_YUV && target->channels == 1;
    plan->n_planes = luma_only ? 1 : layout->n_planes;
    for (int p = 0; p < plan->n_planes; p++)
        if (!plane_init(&plan->planes[p], layout, &layout->planes[p], &view, format, plan->bands))
            goto fail;
    double gain[3] = {1, 1, 1};
    if (!components_init(plan, gain))
        goto fail;
    colour_init(&plan->colour, layout, format, target, gain);
    *why = NULL;
    return plan;

fail:
    image_plan_free(plan);
    return NULL;
}

void image_plan_free(ImagePlan *plan)
{
    if (!plan)
        return;
    for (int p = 0; p < plan->n_planes; p++)
        plane_clear(&plan->planes[p]);
    for (int j = 0; j < 3; j++) {
        free(plan->components[j]);
        free(plan->totals[j]);
    }
    free(plan->packed);
    free(plan);
}

void image_plan_run(ImagePlan *plan, const void *const planes[], const int strides[], void *dst,
                    unsigned cpu)
{
    const ImageRows *rows = &image_rows_c;
#if HAVE_NEON_ROWS
    if (cpu & NN_CPU_NEON)
        rows = &image_rows_neon;
#else
    (void)cpu;
#endif
    if (plan->view.bars)
        fill_bars(plan, dst);
    for (int p = 0; p < plan->n_planes; p++)
        plan->planes[p].kept[0].y = plan->planes[p].kept[1].y = -1;

    for (int y = 0; y < plan->view.out_h; y++) {
        for (int band = 0; band < plan->bands; band++)
            resize_row(plan, rows, planes, strides, y * plan->bands + band);
        colour_row(plan, rows, &plan->colour, plan->view.out_w);
        place_row(plan, dst, y);
    }
}
