/* SPDX-License-Identifier: MIT */
/* stats.c - percentiles over a ring of the last times. */
#include <stdlib.h>
#include <string.h>

#include "stats.h"

static const gchar *const stage_names[STAGE_COUNT] = {"map", "tensor", "picture", "inference",
                                                      "draw"};

static int compare_us(const void *a, const void *b)
{
    guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;

    return (x > y) - (x < y);
}

static void set_percentiles(GstStructure *structure, const gchar *name, const guint32 *us, guint n)
{
    static const guint percents[] = {50, 95, 99};
    guint32 sorted[STATS_WINDOW];

    memcpy(sorted, us, n * sizeof *us);
    qsort(sorted, n, sizeof *sorted, compare_us);
    for (guint i = 0; i < G_N_ELEMENTS(percents); i++) {
        gchar *field = g_strdup_printf("%s-p%u", name, percents[i]);

        gst_structure_set(structure, field, G_TYPE_UINT64,
                          sorted[(n - 1) * percents[i] / 100] * GST_USECOND, NULL);
        g_free(field);
    }
}

void stats_add(Stats *stats, Stage stage, GstClockTime took)
{
    guint64 at = stats->stages[stage].count++ % STATS_WINDOW;

    stats->stages[stage].us[at] = (guint32)MIN(GST_TIME_AS_USECONDS(took), G_MAXUINT32);
}

GstStructure *stats_to_structure(const Stats *stats)
{
    /* clang-format off */
    GstStructure *structure = gst_structure_new("mobilenet-stats",
        "frames", G_TYPE_UINT64, stats->frames,
        "classified", G_TYPE_UINT64, stats->classified,
        "skipped", G_TYPE_UINT64, stats->skipped,
        "paced", G_TYPE_UINT64, stats->paced,
        "qos-skipped", G_TYPE_UINT64, stats->late,
        "dropped-by-age", G_TYPE_UINT64, stats->dropped,
        "cpu-time", G_TYPE_UINT64, stats->cpu_time,
        NULL);
    /* clang-format on */

    for (guint i = 0; i < STAGE_COUNT; i++) {
        guint n = (guint)MIN(stats->stages[i].count, STATS_WINDOW);

        if (n > 0)
            set_percentiles(structure, stage_names[i], stats->stages[i].us, n);
    }
    return structure;
}
