/* SPDX-License-Identifier: MIT */
/* bench.c - `mobilenet bench MODEL`: how long one inference takes on this machine. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool.h"

enum { WARM_UP_RUNS = 3, DEFAULT_RUNS = 50, SEED = 1 };

typedef struct {
    double min, median, p95; /* ms */
} Times;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* The same picture of noise every time: bytes, or floats of -1...1. */
static void *make_input(const NnTensorInfo *in)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    void *data = g_malloc(in->bytes);
    if (in->type == NN_F32) {
        for (size_t i = 0; i < in->bytes / sizeof(float); i++)
            ((float *)data)[i] = (float)g_rand_double_range(rand, -1, 1);
    } else {
        for (size_t i = 0; i < in->bytes; i++)
            ((uint8_t *)data)[i] = (uint8_t)g_rand_int(rand);
    }
    g_rand_free(rand);
    return data;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static Times measure(const ToolNet *tool, int runs)
{
    const NnTensorInfo *in = nn_model_input(tool->model);
    g_autofree void *input = make_input(in);
    g_autofree double *ms = g_new(double, runs);
    for (int i = -WARM_UP_RUNS; i < runs; i++) {
        memcpy(nn_net_input(tool->net), input, in->bytes);
        double start = now_ms();
        nn_net_run(tool->net);
        if (i >= 0)
            ms[i] = now_ms() - start;
        tool_progress("running", MAX(i + 1, 0), runs);
    }
    qsort(ms, (size_t)runs, sizeof *ms, compare_doubles);
    int p95 = (int)ceil(0.95 * runs) - 1;
    return (Times){.min = ms[0], .median = (ms[(runs - 1) / 2] + ms[runs / 2]) / 2, .p95 = ms[p95]};
}

static char *cpu_names(void)
{
    unsigned flags = nn_cpu_flags();
    return g_strdup_printf("c%s%s%s", flags & NN_CPU_NEON ? ",neon" : "",
                           flags & NN_CPU_DOTPROD ? ",dotprod" : "",
                           flags & NN_CPU_FP16 ? ",fp16" : "");
}

static void print_text(const ToolNet *tool, int runs, uint64_t macs, const Times *t)
{
    g_autofree char *cpu = cpu_names();
    printf("%s: %d thread%s, kernels %s, %d run%s\n", tool->path, nn_net_threads(tool->net),
           nn_net_threads(tool->net) == 1 ? "" : "s", cpu, runs, runs == 1 ? "" : "s");
    printf("median %.3f ms, min %.3f ms, 95 %% under %.3f ms; %.1f inferences/s, %.2f GMAC/s\n",
           t->median, t->min, t->p95, 1e3 / t->median, (double)macs / t->median / 1e6);
}

static void print_json(const ToolNet *tool, int runs, uint64_t macs, const Times *t)
{
    g_autofree char *cpu = cpu_names();
    JsonBuilder *line = json_line_new();
    json_add_path(line, "model", tool->path);
    json_add_int(line, "threads", nn_net_threads(tool->net));
    json_add_string(line, "cpu", cpu);
    json_add_int(line, "runs", runs);
    json_add_double(line, "median_ms", t->median);
    json_add_double(line, "min_ms", t->min);
    json_add_double(line, "p95_ms", t->p95);
    json_add_int(line, "macs", (gint64)macs);
    json_add_double(line, "macs_per_second", (double)macs / t->median * 1e3);
    json_line_print(line);
}

int verb_bench(int argc, char **argv)
{
    gboolean json = FALSE;
    int runs = DEFAULT_RUNS;
    NnOptions options = NN_OPTIONS_INIT;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads,
         "Number of threads; default: one per core, 4 at most", "N"},
        {"runs", 'n', 0, G_OPTION_ARG_INT, &runs, "Number of measured runs (50)", "N"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "One JSON object", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(&argc, &argv, entries, "[MODEL]",
                    "Measures how long one inference takes here, on a picture of noise.",
                    "MODEL is a path or a name; default: the bundled model. A few runs to warm up "
                    "are not\ncounted. Decoding and resizing pictures is no part of the time. "
                    "NN_CPU=c measures the\nplain C kernels."))
        return STATUS_USAGE;
    if (argc > 2)
        return tool_usage("more than one model given");
    if (runs < 1 || runs > 1000000)
        return tool_usage("--runs %d: must be 1 to 1000000", runs);

    ToolNet tool;
    int status = tool_open(&tool, argc == 2 ? argv[1] : NULL, NULL, &options);
    if (status != STATUS_OK)
        return status;
    NnNetInfo info;
    nn_net_info(tool.net, &info);
    Times times = measure(&tool, runs);
    if (json)
        print_json(&tool, runs, info.macs, &times);
    else
        print_text(&tool, runs, info.macs, &times);
    tool_close(&tool);
    return STATUS_OK;
}
