/* SPDX-License-Identifier: MIT */
/* pace.h - how often the network runs: each n-th frame, so many times a second of video, within so
 * much of a core, not while downstream is late. Knows no clock: the caller says what time it is.
 * The caller locks. */
#ifndef PACE_H
#define PACE_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
    guint interval;   /* each n-th frame, >= 1 */
    gdouble max_rate; /* per second of running time; 0: any */
    guint cpu_budget; /* percent of one core; 0: any */
    gboolean qos;     /* listen to downstream */
} PaceSettings;

/* Why a frame is not classified. */
typedef enum {
    PACE_GO,
    PACE_WAIT, /* by interval, rate or budget */
    PACE_LATE, /* downstream could not keep up: a frame of this running time comes too late */
} PaceVerdict;

typedef struct {
    GstClockTime due;      /* running time from which on max_rate allows the next; NONE: any */
    GstClockTime earliest; /* running time before which downstream wants nothing; NONE: any */
    gdouble debt;          /* ns of CPU time used ahead of the budget; negative: saved up */
    gdouble last_cost;     /* ns */
    gint64 debt_at;        /* monotonic us, of debt; 0: never */
} Pace;

void pace_init(Pace *pace);

/* Running time starts anew: a flush, a segment. What CPU time was used still counts. */
void pace_restart(Pace *pace);

/* May the frame with this number be classified? now_us is monotonic. Frames without running time
 * are not bound to a rate. */
PaceVerdict pace_ask(Pace *pace, guint64 frame, GstClockTime running_time, gint64 now_us,
                     const PaceSettings *settings);

/* It is being classified. */
void pace_start(Pace *pace, GstClockTime running_time, const PaceSettings *settings);

/* It took so much CPU time, all threads together. */
void pace_spend(Pace *pace, GstClockTime cpu_time, gint64 now_us, const PaceSettings *settings);

/* A QoS event from downstream: the frame of this running time was early (diff < 0) or late. */
void pace_heed(Pace *pace, GstClockTimeDiff diff, GstClockTime running_time);

G_END_DECLS

#endif
