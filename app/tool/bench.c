/* SPDX-License-Identifier: MIT */
/* bench.c - `mobilenet bench MODEL`: how long an inference takes on this machine, how long the
 * first after loading, and how much memory stays resident. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pipeline.h"
#include "tool.h"

enum { DEFAULT_RUNS = 50, DEFAULT_WARM_UP = 3, SEED = 1 };

typedef struct {
    double first;            /* ms from the start of loading to the first result */
    double min, median, p95; /* ms */
    size_t resident;         /* bytes, 0 = unknown */
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

/* Memory of this process that lies in RAM, shared libraries included. */
static size_t resident_bytes(void)
{
    g_autofree char *text = NULL;
    unsigned long pages = 0;
    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
        sscanf(text, "%*u %lu", &pages) != 1)
        return 0;
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* loading: when it began. */
static Times measure(const ToolNet *tool, double loading, int warm_up, int runs)
{
    const NnTensorInfo *in = nn_model_input(tool->model);
    double loaded = now_ms();
    g_autofree void *input = make_input(in);
    g_autofree double *ms = g_new(double, runs);
    double first = 0;
    for (int i = -warm_up; i < runs; i++) {
        memcpy(nn_net_input(tool->net), input, in->bytes);
        double start = now_ms();
        nn_net_run(tool->net);
        double took = now_ms() - start;
        if (i == -warm_up)
            first = loaded - loading + took;
        if (i >= 0)
            ms[i] = took;
        tool_progress("running", MAX(i + 1, 0), runs);
    }
    qsort(ms, (size_t)runs, sizeof *ms, compare_doubles);
    int p95 = (int)ceil(0.95 * runs) - 1;
    return (Times){.first = first,
                   .min = ms[0],
                   .median = (ms[(runs - 1) / 2] + ms[runs / 2]) / 2,
                   .p95 = ms[p95],
                   .resident = resident_bytes()};
}

static char *cpu_names(void)
{
    unsigned flags = nn_cpu_flags();
    return g_strdup_printf("c%s%s%s", flags & NN_CPU_NEON ? ",neon" : "",
                           flags & NN_CPU_DOTPROD ? ",dotprod" : "",
                           flags & NN_CPU_FP16 ? ",fp16" : "");
}

static void print_text(const ToolNet *tool, int runs, const NnNetInfo *info, const Times *t)
{
    g_autofree char *cpu = cpu_names();
    printf("%s: %d thread%s, kernels %s, %d run%s\n", tool->path, nn_net_threads(tool->net),
           nn_net_threads(tool->net) == 1 ? "" : "s", cpu, runs, runs == 1 ? "" : "s");
    printf("median %.3f ms, min %.3f ms, 95 %% under %.3f ms; %.1f inferences/s, %.2f GMAC/s\n",
           t->median, t->min, t->p95, 1e3 / t->median, (double)info->macs / t->median / 1e6);
    printf(
        "load to first result %.1f ms; resident %.1f MB: weights %.1f, activations %.1f, scratch "
        "%.1f, the program itself the rest\n",
        t->first, (double)t->resident / 1e6, (double)info->weight_bytes / 1e6,
        (double)info->arena_bytes / 1e6, (double)info->scratch_bytes / 1e6);
}

static void print_json(const ToolNet *tool, int runs, const NnNetInfo *info, const Times *t)
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
    json_add_int(line, "macs", (gint64)info->macs);
    json_add_double(line, "macs_per_second", (double)info->macs / t->median * 1e3);
    json_add_double(line, "first_ms", t->first);
    json_add_int(line, "resident_bytes", (gint64)t->resident);
    json_add_int(line, "weight_bytes", (gint64)info->weight_bytes);
    json_add_int(line, "arena_bytes", (gint64)info->arena_bytes);
    json_add_int(line, "scratch_bytes", (gint64)info->scratch_bytes);
    json_line_print(line);
}

int verb_bench(int argc, char **argv)
{
    gboolean json = FALSE;
    int runs = DEFAULT_RUNS, warm_up = DEFAULT_WARM_UP;
    g_autofree char *pipeline = NULL;
    NnOptions options = NN_OPTIONS_INIT;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads,
         "Number of threads; default: one per core, 4 at most", "N"},
        {"runs", 'n', 0, G_OPTION_ARG_INT, &runs, "Number of measured runs (50)", "N"},
        {"warm-up", 'w', 0, G_OPTION_ARG_INT, &warm_up, "Number of runs before them (3)", "N"},
        {"pipeline", 'p', 0, G_OPTION_ARG_STRING, &pipeline,
         "Measure the element on frames of this size and format, 1920x1080@NV12", "WxH@FORMAT"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "One JSON object", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(&argc, &argv, entries, "[MODEL]",
                    "Measures how long one inference takes here, on a picture of noise.",
                    "MODEL is a path or a name; default: the bundled model. A few runs to warm up "
                    "are not\ncounted. Decoding and resizing pictures is no part of the time, but "
                    "with --pipeline, which\nsends --runs frames through the element `mobilenet`. "
                    "NN_CPU=c measures the plain C kernels."))
        return STATUS_USAGE;
    if (argc > 2)
        return tool_usage("more than one model given");
    if (runs < 1 || runs > 1000000)
        return tool_usage("--runs %d: must be 1 to 1000000", runs);
    if (warm_up < 0 || warm_up > 1000000)
        return tool_usage("--warm-up %d: must be 0 to 1000000", warm_up);
    if (pipeline)
        return bench_pipeline(pipeline, argc == 2 ? argv[1] : NULL, options.threads, runs, json);

    double loading = now_ms();
    ToolNet tool;
    int status = tool_open(&tool, argc == 2 ? argv[1] : NULL, NULL, &options);
    if (status != STATUS_OK)
        return status;
    NnNetInfo info;
    nn_net_info(tool.net, &info);
    Times times = measure(&tool, loading, warm_up, runs);
    if (json)
        print_json(&tool, runs, &info, &times);
    else
        print_text(&tool, runs, &info, &times);
    tool_close(&tool);
    return STATUS_OK;
}
