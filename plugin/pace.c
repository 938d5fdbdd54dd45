/* SPDX-License-Identifier: MIT */
/* pace.c - a rate by due times, a budget by a leaky bucket of CPU time, QoS as the base class of
 * transforms reckons it, but for inferences instead of frames. */
#include "pace.h"

void pace_restart(Pace *pace)
{
    pace->due = GST_CLOCK_TIME_NONE;
    pace->earliest = GST_CLOCK_TIME_NONE;
}

void pace_init(Pace *pace)
{
    *pace = (Pace){.debt = 0.0};
    pace_restart(pace);
}

/* The debt melts with time at the rate of the budget. What is saved up is bounded: enough not to
 * lose the time until the next frame and that of the inference itself, too little for a burst. */
static void melt(Pace *pace, gint64 now_us, guint cpu_budget)
{
    gdouble a_quarter_second = 0.25e9 * cpu_budget / 100.0;

    if (pace->debt_at != 0 && now_us > pace->debt_at)
        pace->debt -= (gdouble)(now_us - pace->debt_at) * 1000.0 * cpu_budget / 100.0;
    pace->debt = MAX(pace->debt, -MAX(2.0 * pace->last_cost, a_quarter_second));
    pace->debt_at = now_us;
}

static gboolean rate_allows(const Pace *pace, GstClockTime running_time, gdouble max_rate)
{
    return max_rate <= 0.0 || !GST_CLOCK_TIME_IS_VALID(running_time) ||
           !GST_CLOCK_TIME_IS_VALID(pace->due) || running_time >= pace->due;
}

static gboolean budget_allows(Pace *pace, gint64 now_us, guint cpu_budget)
{
    if (cpu_budget == 0)
        return TRUE;
    melt(pace, now_us, cpu_budget);
    return pace->debt <= 0.0;
}

PaceVerdict pace_ask(Pace *pace, guint64 frame, GstClockTime running_time, gint64 now_us,
                     const PaceSettings *settings)
{
    if (frame % settings->interval != 0 || !rate_allows(pace, running_time, settings->max_rate) ||
        !budget_allows(pace, now_us, settings->cpu_budget))
        return PACE_WAIT;
    if (settings->qos && GST_CLOCK_TIME_IS_VALID(pace->earliest) &&
        GST_CLOCK_TIME_IS_VALID(running_time) && running_time < pace->earliest)
        return PACE_LATE;
    return PACE_GO;
}

void pace_start(Pace *pace, GstClockTime running_time, const PaceSettings *settings)
{
    if (settings->max_rate <= 0.0 || !GST_CLOCK_TIME_IS_VALID(running_time)) {
        pace->due = GST_CLOCK_TIME_NONE;
        return;
    }

    /* from the time that was due, not from the frame that came next, or the rate would never be
     * reached; after a pause from now */
    GstClockTime period = (GstClockTime)(GST_SECOND / settings->max_rate);
    gboolean on_time = GST_CLOCK_TIME_IS_VALID(pace->due) && running_time - pace->due < period;
    pace->due = (on_time ? pace->due : running_time) + period;
}

void pace_spend(Pace *pace, GstClockTime cpu_time, gint64 now_us, const PaceSettings *settings)
{
    pace->last_cost = (gdouble)cpu_time;
    if (settings->cpu_budget == 0) {
        pace->debt = 0.0;
        pace->debt_at = now_us;
        return;
    }
    melt(pace, now_us, settings->cpu_budget);
    pace->debt += (gdouble)cpu_time;
}

void pace_heed(Pace *pace, GstClockTimeDiff diff, GstClockTime running_time)
{
    if (!GST_CLOCK_TIME_IS_VALID(running_time))
        return;
    if (diff > 0) /* late, and by the time that the next frame is there still late */
        pace->earliest = running_time + 2 * (GstClockTime)diff;
    else
        pace->earliest = GST_CLOCK_TIME_NONE;
}
