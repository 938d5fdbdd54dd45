/* SPDX-License-Identifier: MIT */
/* statsline.c - counts over half seconds. */
#include "statsline.h"

#define PERIOD_US (G_USEC_PER_SEC / 2)

/* Rates are not known before the first period is over. */
static void write_text(StatsLine *line, const Result *result, gdouble frame_rate,
                       gdouble result_rate)
{
    gint n = g_snprintf(
        line->text, sizeof line->text, "age %" G_GUINT64_FORMAT " ms  inference %.1f ms",
        GST_TIME_AS_MSECONDS(result->age), (gdouble)result->inference_time / GST_MSECOND);

    if (frame_rate > 0.0)
        g_snprintf(line->text + n, sizeof line->text - (gsize)n, "  %.1f frames/s  %.1f results/s",
                   frame_rate, result_rate);
}

const gchar *stats_line_update(StatsLine *line, const Result *result, gint64 now_us)
{
    gboolean first = line->since == 0;
    gint64 passed = now_us - line->since;

    line->results += !first && result->frame != line->last;
    line->frames += !first;
    line->last = result->frame;
    if (first) {
        line->since = now_us;
        write_text(line, result, 0.0, 0.0);
    } else if (passed >= PERIOD_US) {
        gdouble seconds = (gdouble)passed / G_USEC_PER_SEC;

        write_text(line, result, line->frames / seconds, line->results / seconds);
        line->since = now_us;
        line->frames = line->results = 0;
    }
    return line->text;
}
