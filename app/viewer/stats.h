/* SPDX-License-Identifier: MIT */
/* stats.h - how the viewer fares: rates, times, processor, heat. Main thread. */
#ifndef VIEWER_STATS_H
#define VIEWER_STATS_H

#include <gst/gst.h>
#include <stdbool.h>

typedef struct {
    double fps, results_per_second;      /* of the last seconds */
    double inference_p50, inference_p95; /* seconds; 0: not known */
    double age;                          /* seconds, of the last result; 0: none yet */
    double cpu;                          /* of this program, 1 = one core */
    double temperature;                  /* of the processor, Celsius; NAN: not known */
    bool throttled;                      /* a Raspberry Pi is slowed down right now */
    guint64 frames, results;             /* since the start */
    double uptime;                       /* seconds */
} Stats;

typedef struct StatsMeter StatsMeter;

StatsMeter *stats_meter_new(void);
void stats_meter_free(StatsMeter *meter);

/* To be called once a second or so; classifier: the element mobilenet, or NULL. */
void stats_meter_update(StatsMeter *meter, guint frames, guint results, GstElement *classifier);

/* A result has come. */
void stats_meter_result(StatsMeter *meter, const GstStructure *result);

const Stats *stats_meter_get(const StatsMeter *meter); /* owned by meter */

/* For Prometheus: appends the numbers in its text format. */
void stats_append_metrics(GString *text, const Stats *stats);

#endif
