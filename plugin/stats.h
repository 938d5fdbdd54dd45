/* SPDX-License-Identifier: MIT */
/* stats.h - counts frames and remembers how long the stages took. The caller locks. */
#ifndef STATS_H
#define STATS_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum {
    STAGE_MAP,       /* frame -> memory that the CPU can read */
    STAGE_TENSOR,    /* crop, turn, resize, convert, quantise */
    STAGE_PICTURE,   /* both */
    STAGE_INFERENCE, /* the network */
    STAGE_DRAW,      /* paint, attach or blend */
    STAGE_COUNT,
} Stage;

#define STATS_WINDOW 256

typedef struct {
    guint64 frames;        /* came through */
    guint64 classified;    /* of them */
    guint64 skipped;       /* of them, because the network was still busy with an older one */
    guint64 paced;         /* of them, because of interval, rate or budget */
    guint64 late;          /* of them, because downstream was late */
    guint64 dropped;       /* results that were too old when they came */
    GstClockTime cpu_time; /* of all classifications, all threads together */
    struct {
        guint64 count;
        guint32 us[STATS_WINDOW]; /* ring */
    } stages[STAGE_COUNT];
} Stats;

void stats_add(Stats *stats, Stage stage, GstClockTime took);

/* frames, classified, skipped, paced, qos-skipped, dropped-by-age, cpu-time (guint64), and for each
 * stage map, tensor, picture, inference, draw that ever ran STAGE-p50, -p95, -p99 (guint64, ns, of
 * the last 256 times). */
GstStructure *stats_to_structure(const Stats *stats);

G_END_DECLS

#endif
