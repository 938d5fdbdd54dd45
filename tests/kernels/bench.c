/* SPDX-License-Identifier: MIT */
/* bench.c - how long a row takes: two sets of buffers in turn (so that results of one run are not
 * the hot lines of the next), many short batches, median and minimum. */
#include "kcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCHES  31
#define BATCH_NS 300000.0

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static double batch(Buffers sets[2], const Case *c, const NnKernel *k, int runs)
{
    int rows = nn_args_rows(&c->args);
    double start = now_ns();
    for (int i = 0; i < runs; i++)
        buffers_run(&sets[i & 1], &c->args, k, 0, rows);
    return (now_ns() - start) / runs;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double case_bench(const Case *c, const NnKernel *k, double ref_ns, Random *r)
{
    Buffers sets[2] = {0};
    for (int i = 0; i < 2; i++) {
        buffers_fill(&sets[i], c, FILL_UNIFORM, r);
        buffers_pack(&sets[i], c, k, r);
    }
    double warm = batch(sets, c, k, 2); /* the first touches pages, the second tells the speed */
    warm = batch(sets, c, k, 2);
    int runs = (int)(BATCH_NS / (warm + 1)) & ~1;
    runs = runs < 2 ? 2 : runs;

    double ns[BATCHES];
    for (int i = 0; i < BATCHES; i++)
        ns[i] = batch(sets, c, k, runs);
    qsort(ns, BATCHES, sizeof *ns, by_size);
    double median = ns[BATCHES / 2];
    printf("%-26s %11.0f %11.0f %8.2f ", k->name, median, ns[0], (double)c->macs / median);
    if (ref_ns > 0)
        printf("%6.2fx  %s\n", ref_ns / median, c->text);
    else
        printf("%7s  %s\n", "1", c->text);
    for (int i = 0; i < 2; i++)
        buffers_clear(&sets[i]);
    return median;
}
