/* SPDX-License-Identifier: MIT */
/* statsline.h - the line that show-stats draws: age, inference time, rates. */
#ifndef STATS_LINE_H
#define STATS_LINE_H

#include "resultmeta.h"

G_BEGIN_DECLS

typedef struct {
    gint64 since; /* monotonic us; 0: not yet */
    guint frames, results;
    guint64 last; /* frame of the last result */
    gchar text[96];
} StatsLine;

/* A frame with this result goes by now. The text changes twice a second at most: what changes more
 * often cannot be read, and would be painted for each frame. */
const gchar *stats_line_update(StatsLine *line, const Result *result, gint64 now_us);

G_END_DECLS

#endif
