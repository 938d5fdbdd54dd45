/* SPDX-License-Identifier: MIT */
/* bench_budget.c - does cpu-budget hold? A live pipeline of 640x480 at 30 frames a second, beside
 * threads that compute in bursts; what classifying took is counted twice: by the element itself,
 * and from outside as what the process took more than the same pipeline that never classifies.
 * usage: bench_budget MODEL SECONDS LOAD BUDGET... */
#include <stdlib.h>
#include <time.h>

#include "helper.h"

#define BURST_MS 200 /* on, then off */

typedef struct {
    double budget, own, outside, worst; /* percent of a core; worst: own, of a sixth of the time */
    guint64 frames, classified, paced, skipped; /* skipped: no time, whatever the budget */
} Outcome;

static gint load_goes_on;

static double cpu_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Returns its own CPU time in us. */
static gpointer burn(gpointer data)
{
    (void)data;
    while (g_atomic_int_get(&load_goes_on)) {
        gint64 end = g_get_monotonic_time() + BURST_MS * 1000;
        volatile double x = 1.0;

        while (g_get_monotonic_time() < end)
            x = x * 1.000001 + 0.1;
        g_usleep(BURST_MS * 1000);
    }
    return GSIZE_TO_POINTER((gsize)(cpu_ms(CLOCK_THREAD_CPUTIME_ID) * 1e3));
}

/* Runs for so long, in six parts; percent of a core that the process took without the load. */
static double play(const char *model, const char *properties, guint seconds, guint load,
                   Outcome *outcome)
{
    char *launch = g_strdup_printf(
        "videotestsrc is-live=true ! video/x-raw,format=I420,width=640,height=480,framerate=30/1 "
        "! mobilenet name=m mode=newest overlay=false message=none threads=1 model-file=\"%s\" %s "
        "! fakesink",
        model, properties);
    GstElement *pipeline = gst_parse_launch(launch, NULL);
    GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), "m");
    GThread *threads[16];
    guint64 spent = 0;
    double loaded = 0.0;

    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    if (gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND) == GST_STATE_CHANGE_FAILURE)
        exit(1);
    g_atomic_int_set(&load_goes_on, TRUE);
    double start = cpu_ms(CLOCK_PROCESS_CPUTIME_ID), wall = cpu_ms(CLOCK_MONOTONIC);
    for (guint i = 0; i < load; i++)
        threads[i] = g_thread_new("load", burn, NULL);
    for (guint part = 0; part < 6; part++) {
        double part_start = cpu_ms(CLOCK_MONOTONIC);

        g_usleep(seconds * G_USEC_PER_SEC / 6);
        guint64 now = get_stat(element, "cpu-time");
        double percent = (double)(now - spent) / 1e4 / (cpu_ms(CLOCK_MONOTONIC) - part_start);
        if (part > 0) /* the first has the start in it */
            outcome->worst = MAX(outcome->worst, percent);
        spent = now;
    }
    g_atomic_int_set(&load_goes_on, FALSE);
    for (guint i = 0; i < load; i++)
        loaded += (double)GPOINTER_TO_SIZE(g_thread_join(threads[i])) / 1e3;
    wall = cpu_ms(CLOCK_MONOTONIC) - wall;
    double took = cpu_ms(CLOCK_PROCESS_CPUTIME_ID) - start - loaded;

    outcome->own = (double)get_stat(element, "cpu-time") / 1e4 / wall;
    outcome->frames = get_stat(element, "frames");
    outcome->classified = get_stat(element, "classified");
    outcome->paced = get_stat(element, "paced");
    outcome->skipped = get_stat(element, "skipped");
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(element);
    gst_object_unref(pipeline);
    g_free(launch);
    return 100.0 * took / wall;
}

int main(int argc, char **argv)
{
    if (!helper_init(&argc, &argv))
        return 77;
    if (argc < 5) {
        g_printerr("usage: bench_budget MODEL SECONDS LOAD BUDGET...\n");
        return 2;
    }
    guint seconds = (guint)atoi(argv[2]), load = (guint)CLAMP(atoi(argv[3]), 0, 16);
    Outcome nothing = {.budget = 0.0};
    double idle = play(argv[1], "interval=4294967295", MAX(seconds / 6, 6), load, &nothing);
    gboolean held = TRUE;

    g_print("%8s %8s %8s %8s %8s %11s %8s %8s\n", "budget", "own, %", "worst", "outside", "frames",
            "classified", "paced", "skipped");
    for (int i = 4; i < argc; i++) {
        char *properties = g_strdup_printf("cpu-budget=%d", atoi(argv[i]));
        Outcome outcome = {.budget = atof(argv[i])};

        outcome.outside = play(argv[1], properties, seconds, load, &outcome) - idle;
        g_print("%8.0f %8.1f %8.1f %8.1f %8" G_GUINT64_FORMAT " %11" G_GUINT64_FORMAT
                " %8" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT "\n",
                outcome.budget, outcome.own, outcome.worst, outcome.outside, outcome.frames,
                outcome.classified, outcome.paced, outcome.skipped);
        held &= outcome.own <= outcome.budget + 5.0 && outcome.outside <= outcome.budget + 5.0;
        g_free(properties);
    }
    return held ? 0 : 1;
}
