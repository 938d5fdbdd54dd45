/* SPDX-License-Identifier: MIT */
/* axis.c - integer weights for area averaging and bilinear interpolation along one axis. */
#include "axis.h"

#include <math.h>
#include <stdlib.h>

static int clamp(int x, int lo, int hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

/* The box [from, to): its edges cut the first and the last sample. Rounding the edges, never the
 * sum, keeps flat areas flat. */
static AxisSpan box_span(const Axis *axis, double from, double to, int lo, int hi)
{
    AxisSpan span;
    span.first = clamp((int)floor(from), lo, hi - 1);
    span.last = clamp((int)ceil(to) - 1, span.first, hi - 1);
    int rest = axis->total;
    if (span.last > span.first)
        rest -= axis->whole * (span.last - span.first - 1);
    int first = axis->total;
    if (span.last > span.first)
        first = clamp((int)lround((span.first + 1 - from) * axis->whole), 0, rest);
    span.first_weight = (uint16_t)first;
    span.last_weight = (uint16_t)(span.last > span.first ? rest - first : 0);
    return span;
}

/* The two samples whose centres enclose centre; the outermost ones go on outwards. */
static AxisSpan line_span(const Axis *axis, double centre, int lo, int hi)
{
    double left = floor(centre - 0.5);
    AxisSpan span;
    span.first = clamp((int)left, lo, hi - 1);
    span.last = clamp((int)left + 1, lo, hi - 1);
    int last = span.last > span.first ? (int)lround((centre - 0.5 - left) * axis->total) : 0;
    if (!last)
        span.last = span.first;
    span.last_weight = (uint16_t)last;
    span.first_weight = (uint16_t)(axis->total - last);
    return span;
}

bool axis_init(Axis *axis, int n, double from, double to, int lo, int hi, int limit, int unit)
{
    double step = (to - from) / n;
    bool shrink = step >= 1;
    axis->n = n;
    axis->whole = (uint16_t)(shrink ? (int)(limit / unit / step) * unit : limit);
    axis->total = (uint16_t)(shrink ? lround(axis->whole * step) : limit);
    axis->spans = malloc((size_t)n * sizeof *axis->spans);
    if (!axis->spans)
        return false;
    for (int i = 0; i < n; i++)
        axis->spans[i] = shrink ? box_span(axis, from + i * step, from + (i + 1) * step, lo, hi)
                                : line_span(axis, from + (i + 0.5) * step, lo, hi);
    return true;
}

bool axis_spread(Axis *axis, int origin, int ways)
{
    int taps = 1;
    for (int i = 0; i < axis->n; i++) {
        int count = axis->spans[i].last - axis->spans[i].first + 1;
        taps = count > taps ? count : taps;
    }
    axis->taps = (taps + 3) / 4 * 4;
    size_t padded = ((size_t)axis->n + AXIS_GROUP - 1) / AXIS_GROUP * AXIS_GROUP;
    size_t length = (size_t)(axis->taps * ways);
    axis->starts = calloc(padded, sizeof *axis->starts);
    axis->weights = calloc(padded * length, sizeof *axis->weights);
    if (!axis->starts || !axis->weights)
        return false;
    for (int i = 0; i < axis->n; i++) {
        const AxisSpan *span = &axis->spans[i];
        uint16_t *weights = axis->weights + (size_t)i * length;
        int end = span->last - span->first;
        axis->starts[i] = (span->first - origin) * ways * (int32_t)sizeof(uint16_t);
        for (int k = 0; k <= end; k++)
            for (int c = 0; c < ways; c++)
                *weights++ = k == 0     ? span->first_weight
                             : k == end ? span->last_weight
                                        : axis->whole;
    }
    return true;
}

void axis_clear(Axis *axis)
{
    free(axis->spans);
    free(axis->starts);
    free(axis->weights);
    *axis = (Axis){0};
}
