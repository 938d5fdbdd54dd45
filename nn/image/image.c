/* SPDX-License-Identifier: MIT */
/* image.c - the plan: tables and scratch for one format and target, and the walk over a frame's
 * rows. Every plane is resized on its own grid, then components meet and are converted once per
 * output pixel. */
#include "image.h"
#include "axis.h"
#include "colour.h"
#include "pixels.h"
#include "rows.h"
#include "view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights of rows: 255 in all at most, in units of 1/256, so that sums of bytes fit 16 bits.
 * Weights of columns: 65535 at most, so that sums of those fit 32 bits. */
#define ROW_UNIT     256
#define ROW_LIMIT    (255 * ROW_UNIT)
#define COLUMN_LIMIT 65535

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
    float *components[3], *band;
    uint8_t *packed; /* one row of output pixels */
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
        !axis_init(&plane->y, view->out_h * bands, top, bottom, lo_y, hi_y, ROW_LIMIT, ROW_UNIT))
        return false;

    int ways = layout->ways;
    if (layout->component[0] == PIXELS_CHROMA || layout->component[1] == PIXELS_CHROMA) {
        /* Whole pairs of pixels, so that U comes first; rows end in a whole pair. */
        lo_x &= ~1;
        hi_x = (hi_x + 1) & ~1;
        width = (width + 1) & ~1;
    }
    if (!axis_spread(&plane->x, lo_x))
        return false;
    plane->positions = hi_x - lo_x;
    plane->n = plane->positions * ways;
    plane->offset = (size_t)lo_x * (size_t)(pixels->rgb16 ? 2 : ways);
    /* Whole vectors where the row goes on. */
    int vectors = (plane->n + 15) & ~15;
    int rest = pixels->rgb16 ? vectors : (width - lo_x) * ways;
    plane->n = vectors < rest ? vectors : rest;

    size_t length = (size_t)(plane->n + plane->x.taps + ROWS_PAD * ways);
    if (layout->memory >= 0) {
        plane->sums = calloc(length, sizeof *plane->sums);
        if (!plane->sums)
            return false;
        for (int i = 0; i < 2; i++)
            if (!(plane->kept[i].bytes = calloc(length, 1)))
                return false;
    }
    for (int k = 0; k < ways && ways > 1; k++)
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

static void unpack_rgb16(uint8_t *out, const uint8_t *in, int n)
{
    for (int i = 0; i < n; i++) {
        uint16_t word;
        memcpy(&word, in + 2 * i, 2);
        out[3 * i] = (uint8_t)(word >> 11);
        out[3 * i + 1] = (word >> 5) & 63;
        out[3 * i + 2] = word & 31;
    }
}

/* The bytes looked at of source row y. Rows needed again for output row `next` are kept, so that
 * the camera's memory, which may be uncached, is read once. */
static const uint8_t *source_row(Plane *plane, bool rgb16, const uint8_t *base, int stride, int y,
                                 int next)
{
    KeptRow *kept = &plane->kept[y & 1];
    if (kept->y == y)
        return kept->bytes;
    const uint8_t *row = base + (ptrdiff_t)y * stride + plane->offset;
    bool again = next < plane->y.n && plane->y.spans[next].first <= y;
    if (!again && !rgb16)
        return row;
    if (rgb16)
        unpack_rgb16(kept->bytes, row, plane->positions);
    else
        memcpy(kept->bytes, row, (size_t)plane->n);
    kept->y = y;
    return kept->bytes;
}

/* Column sums of the source rows that make row i of the axis y. */
static void sum_rows(Plane *plane, const ImageRows *rows, bool rgb16, const uint8_t *base,
                     int stride, int i)
{
    const AxisSpan *span = &plane->y.spans[i];
    const uint8_t *row = source_row(plane, rgb16, base, stride, span->first, i + 1);
    rows->begin(plane->sums, row, plane->n, span->first_weight);
    for (int y = span->first + 1; y < span->last; y++) {
        row = source_row(plane, rgb16, base, stride, y, i + 1);
        rows->add(plane->sums, row, plane->n, plane->y.whole / ROW_UNIT);
    }
    if (span->last > span->first) {
        row = source_row(plane, rgb16, base, stride, span->last, i + 1);
        rows->end(plane->sums, row, plane->n, span->last_weight);
    }
}

/* Row i of every component, as floats, in plan->components. */
static void resize_row(ImagePlan *plan, const ImageRows *rows, const void *const planes[],
                       const int strides[], int i)
{
    const uint16_t *chroma = NULL;
    for (int p = 0; p < plan->n_planes; p++) {
        Plane *plane = &plan->planes[p];
        const PixelsPlane *layout = plane->layout;
        const uint16_t *sums = plane->sums;
        if (layout->memory >= 0)
            sum_rows(plane, rows, plan->layout->rgb16, planes[layout->memory],
                     strides[layout->memory], i);
        else
            sums = chroma;
        if (layout->ways > 1)
            rows->split(plane->lines, sums, plane->positions, layout->ways);
        for (int k = 0; k < layout->ways; k++) {
            int component = layout->component[k];
            const uint16_t *line = layout->ways > 1 ? plane->lines[k] : sums;
            if (component == PIXELS_CHROMA)
                chroma = line;
            else if (component >= 0 && i % plan->bands == 0)
                rows->reduce(plan->components[component], line, &plane->x);
            else if (component >= 0) {
                rows->reduce(plan->band, line, &plane->x);
                for (int x = 0; x < plane->x.n; x++)
                    plan->components[component][x] += plan->band[x];
            }
        }
    }
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

/* Black everywhere. */
static void fill_bars(const ImagePlan *plan, uint8_t *dst)
{
    static const float zero[1] = {0};
    const float *const components[3] = {zero, zero, zero};
    ColourMap black = plan->colour;
    for (int k = 0; k < 3; k++)
        black.add[k] = plan->target.add[k];
    image_rows_c.colour(plan->packed, components, 1, plan->target.channels, plan->target.type,
                        &black);
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
    return NULL;
}

/* Components, each with its gain, and the places where they meet. */
static bool components_init(ImagePlan *plan, double gain[3])
{
    size_t length = (size_t)plan->view.out_w + ROWS_PAD;
    plan->packed = calloc(length, plan->pixel_bytes);
    plan->band = calloc(length, sizeof(float));
    if (!plan->packed || !plan->band)
        return false;
    for (int p = 0; p < plan->n_planes; p++) {
        const Plane *plane = &plan->planes[p];
        /* Chroma inside a packed plane has the row weights of that plane. */
        const Axis *y = plane->layout->memory >= 0 ? &plane->y : &plan->planes[p - 1].y;
        for (int k = 0; k < plane->layout->ways; k++) {
            int component = plane->layout->component[k];
            if (component < 0)
                continue;
            gain[component] = (double)plane->x.total * y->total / ROW_UNIT * plan->bands;
            if (!(plan->components[component] = calloc(length, sizeof(float))))
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
    plan->bands = (int)ceil(view.h / view.out_h / (ROW_LIMIT / ROW_UNIT));
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
    for (int j = 0; j < 3; j++)
        free(plan->components[j]);
    free(plan->band);
    free(plan->packed);
    free(plan);
}

void image_plan_run(ImagePlan *plan, const void *const planes[], const int strides[], void *dst,
                    unsigned cpu)
{
    const ImageRows *rows = &image_rows_c;
    (void)cpu;
    if (plan->view.bars)
        fill_bars(plan, dst);
    for (int p = 0; p < plan->n_planes; p++)
        plan->planes[p].kept[0].y = plan->planes[p].kept[1].y = -1;

    /* Components that a picture or a target lacks have coefficients of 0: any floats will do. */
    const float *components[3];
    for (int j = 0; j < 3; j++)
        components[j] = plan->components[j] ? plan->components[j] : plan->components[0];
    for (int y = 0; y < plan->view.out_h; y++) {
        for (int band = 0; band < plan->bands; band++)
            resize_row(plan, rows, planes, strides, y * plan->bands + band);
        rows->colour(plan->packed, components, plan->view.out_w, plan->target.channels,
                     plan->target.type, &plan->colour);
        place_row(plan, dst, y);
    }
}
