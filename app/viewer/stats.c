/* SPDX-License-Identifier: MIT */
/* stats.c - how the viewer fares. */
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "stats.h"

enum { WINDOW = 4 }; /* updates that rates are taken over */

typedef struct {
    gint64 at;  /* monotonic microseconds */
    double cpu; /* seconds used */
    guint frames, results;
} Reading;

struct StatsMeter {
    Stats stats;
    gint64 start;
    Reading ring[WINDOW];
    guint n;
};

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* A number in a small file; NAN if there is none. */
static double read_number(const char *path, int base)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NAN;
    char *end;
    double number = (double)g_ascii_strtoll(text, &end, base);
    return end == text ? NAN : number;
}

/* The firmware of a Raspberry Pi tells; the lowest four bits are about now. */
static bool is_throttled(void)
{
    double bits = read_number("/sys/devices/platform/soc/soc:firmware/get_throttled", 16);
    return !isnan(bits) && ((long)bits & 0xf) != 0;
}

static double seconds_of(const GstStructure *structure, const char *field)
{
    guint64 ns = 0;
    if (!gst_structure_get_uint64(structure, field, &ns) || !GST_CLOCK_TIME_IS_VALID(ns))
        return 0;
    return (double)ns / GST_SECOND;
}

void stats_meter_result(StatsMeter *meter, const GstStructure *result)
{
    meter->stats.age = seconds_of(result, "age");
}

void stats_meter_update(StatsMeter *meter, guint frames, guint results, GstElement *classifier)
{
    Stats *stats = &meter->stats;
    Reading now = {g_get_monotonic_time(), cpu_seconds(), frames, results};
    const Reading *before = &meter->ring[meter->n >= WINDOW ? meter->n % WINDOW : 0];
    double seconds = (double)(now.at - before->at) / G_USEC_PER_SEC;
    if (seconds > 0) {
        stats->fps = (frames - before->frames) / seconds;
        stats->results_per_second = (results - before->results) / seconds;
        stats->cpu = (now.cpu - before->cpu) / seconds;
    }
    meter->ring[meter->n++ % WINDOW] = now;
    stats->frames = frames;
    stats->results = results;
    stats->uptime = (double)(now.at - meter->start) / G_USEC_PER_SEC;
    stats->temperature = read_number("/sys/class/thermal/thermal_zone0/temp", 10) / 1000;
    stats->throttled = is_throttled();

    g_autoptr(GstStructure) of_element = NULL;
    if (classifier)
        g_object_get(classifier, "stats", &of_element, NULL);
    if (of_element) {
        stats->inference_p50 = seconds_of(of_element, "inference-p50");
        stats->inference_p95 = seconds_of(of_element, "inference-p95");
    }
}

const Stats *stats_meter_get(const StatsMeter *meter)
{
    return &meter->stats;
}

static void append_metric(GString *text, const char *name, const char *type, const char *help,
                          double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(number, sizeof number, "%.9g", value);
    g_string_append_printf(text,
                           "# HELP mobilenet_%s %s\n# TYPE mobilenet_%s %s\nmobilenet_%s %s\n",
                           name, help, name, type, name, number);
}

void stats_append_metrics(GString *text, const Stats *stats)
{
    append_metric(text, "frames_total", "counter", "Frames from the source.",
                  (double)stats->frames);
    append_metric(text, "results_total", "counter", "Classified frames.", (double)stats->results);
    append_metric(text, "frames_per_second", "gauge", "Frames a second of late.", stats->fps);
    append_metric(text, "results_per_second", "gauge", "Classified frames a second of late.",
                  stats->results_per_second);
    append_metric(text, "inference_seconds_p50", "gauge", "Median time of an inference.",
                  stats->inference_p50);
    append_metric(text, "inference_seconds_p95", "gauge", "95th percentile of an inference's time.",
                  stats->inference_p95);
    append_metric(text, "result_age_seconds", "gauge",
                  "Age of the picture of the last result when it came.", stats->age);
    append_metric(text, "cpu_cores", "gauge", "Processor cores in use by this program.",
                  stats->cpu);
    if (!isnan(stats->temperature))
        append_metric(text, "temperature_celsius", "gauge", "Temperature of the processor.",
                      stats->temperature);
    append_metric(text, "throttled", "gauge",
                  "1 while the machine is slowed down by heat or power.", stats->throttled);
    append_metric(text, "uptime_seconds", "gauge", "Time since the start.", stats->uptime);
}

void stats_meter_free(StatsMeter *meter)
{
    g_free(meter);
}

StatsMeter *stats_meter_new(void)
{
    StatsMeter *meter = g_new0(StatsMeter, 1);
    meter->start = g_get_monotonic_time();
    meter->ring[0] = (Reading){meter->start, cpu_seconds(), 0, 0};
    meter->n = 1;
    meter->stats.temperature = NAN;
    return meter;
}
