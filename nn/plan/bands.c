/* SPDX-License-Identifier: MIT */
/* bands.c - finds groups of steps, sizes their bands, runs them. */
#include "bands.h"

#include "arena.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_L2 ((size_t)512 << 10) /* the smallest among the Pis: 512 KiB for four cores */

static size_t align_up(size_t x)
{
    return (x + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

/* The second-level cache of the first core: what getconf says, which on many ARM systems is 0, else
 * what the kernel says. */
static size_t l2_bytes(void)
{
    long l2 = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    g_autofree char *text = NULL; /* "1024K" */
    if (l2 <= 0 &&
        g_file_get_contents("/sys/devices/system/cpu/cpu0/cache/index2/size", &text, NULL, NULL))
        l2 = atol(text) << 10;
    return l2 > 0 ? (size_t)l2 : DEFAULT_L2;
}

size_t bands_budget(void)
{
    const char *env = g_getenv("NN_BANDS");
    if (env && !strcmp(env, "off"))
        return 0;
    if (env && atoi(env) > 0)
        return (size_t)atoi(env) << 10;
    return l2_bytes() / 4;
}

/* ---- which rows a band needs -------------------------------------------------------------- */

typedef struct {
    int y0, y1;
} Rows;

/* Rows of its first input that a step reads for output rows out. */
static Rows rows_needed(const PlanStep *step, Rows out)
{
    if (step->args.op != NN_OP_CONV && step->args.op != NN_OP_DWCONV)
        return out;
    const NnWindow *w = &step->args.conv.win;
    int y0 = out.y0 * w->stride_h - w->pad_t;
    int y1 = (out.y1 - 1) * w->stride_h - w->pad_t + (w->k_h - 1) * w->dil_h + 1;
    return (Rows){CLAMP(y0, 0, w->in_h), CLAMP(y1, 0, w->in_h)};
}

/* ---- finding groups ----------------------------------------------------------------------- */

static bool reads(const PlanStep *step, int tensor)
{
    return step->in[0] == tensor || step->in[1] == tensor;
}

/* Does step i feed step i + 1 and nobody else? */
static bool feeds_next_only(const Plan *plan, int i)
{
    int tensor = plan->steps[i].out;
    const GraphTensor *output = &plan->graph->tensors[plan->graph->output];
    int output_root = output->alias >= 0 ? output->alias : plan->graph->output;
    if (i + 1 >= plan->n_steps || tensor == output_root || tensor == plan->kept ||
        !reads(&plan->steps[i + 1], tensor))
        return false;
    for (int j = i + 2; j < plan->n_steps; j++)
        if (reads(&plan->steps[j], tensor))
            return false;
    const PlanStep *next = &plan->steps[i + 1];
    bool window = next->args.op == NN_OP_CONV || next->args.op == NN_OP_DWCONV;
    return plan->steps[i].rows == (window ? next->args.conv.win.in_h : next->rows);
}

static bool is_op(const Plan *plan, int i, NnOp op)
{
    return i < plan->n_steps && plan->steps[i].args.op == op;
}

/* The number of steps of the group that starts at step i; 0 if there is none. */
static int match(const Plan *plan, int i)
{
    int n = is_op(plan, i, NN_OP_CONV) && feeds_next_only(plan, i) ? 1 : 0;
    if (!is_op(plan, i + n, NN_OP_DWCONV) || !feeds_next_only(plan, i + n) ||
        !is_op(plan, i + n + 1, NN_OP_CONV))
        return 0;
    n += 2;
    if (is_op(plan, i + n, NN_OP_ADD) && feeds_next_only(plan, i + n - 1))
        n++;
    return n;
}

/* Places the maps between the steps for bands of so many output rows; returns their bytes. */
static size_t place_maps(Plan *plan, int first, int n, int band)
{
    size_t at = 0;
    Rows rows = {0, band};
    for (int i = first + n - 1; i > first; i--) {
        const PlanStep *step = &plan->steps[i];
        PlanStep *before = &plan->steps[i - 1];
        int most = band;
        if (step->args.op == NN_OP_CONV || step->args.op == NN_OP_DWCONV) {
            const NnWindow *w = &step->args.conv.win;
            most = (rows.y1 - rows.y0 - 1) * w->stride_h + (w->k_h - 1) * w->dil_h + 1;
        }
        most = MIN(most, before->rows);
        before->map_offset = at;
        before->map_row = nn_args_row_bytes(&before->args);
        at += align_up(before->map_row * (size_t)most + NN_SLACK);
        rows = (Rows){0, most};
    }
    return at;
}

void bands_find(Plan *plan, size_t budget, int threads)
{
    plan->groups = g_new0(PlanGroup, plan->n_steps);
    for (int i = 0; i < plan->n_steps; i++) {
        PlanGroup *group = &plan->groups[plan->n_groups++];
        *group = (PlanGroup){.first = i, .n = 1};
        int n = budget ? match(plan, i) : 0;
        if (n < 2)
            continue;
        int rows = plan->steps[i + n - 1].rows;
        if (place_maps(plan, i, n, rows) <= budget)
            continue;
        int band = rows;
        while (band > 1 && place_maps(plan, i, n, band) > budget)
            band--;
        /* Depthwise kernels do two rows at a time, and single rows of float maps cost 5 % more
         * instructions: a pair may take twice the budget, still no more than half of the cache. */
        if (band < rows)
            band = MAX(band & ~1, 2);
        if (place_maps(plan, i, n, band) > 2 * budget)
            band = 1;
        group->n = n;
        group->band = band;
        group->map_bytes = place_maps(plan, i, n, band);
        /* A piece for a thread starts with an overlap computed twice: few, large pieces. */
        group->task_rows = threads == 1 ? rows : (rows + 2 * threads - 1) / (2 * threads);
        group->task_rows = MAX(group->task_rows, MIN(band, rows));
        i += n - 1;
    }
}

/* ---- running ------------------------------------------------------------------------------ */

#define MAX_GROUP 4

/* The address that row 0 of a map would have if row y0 lies at its start. */
static uint8_t *row_zero(uint8_t *map, int y0, size_t row)
{
    return (uint8_t *)((uintptr_t)map - (uintptr_t)y0 * row);
}

/* Output rows [y0, y1): computes of each map the rows that are not there yet. */
static void run_band(const Plan *plan, const PlanGroup *group, uint8_t *scratch, Rows have[],
                     int y0, int y1)
{
    Rows need[MAX_GROUP];
    const PlanStep *steps = &plan->steps[group->first];
    need[group->n - 1] = (Rows){y0, y1};
    for (int i = group->n - 1; i > 0; i--)
        need[i - 1] = rows_needed(&steps[i], need[i]);

    for (int i = 0; i < group->n; i++) {
        const PlanStep *step = &steps[i];
        NnBuffers buf = step->buf;
        buf.scratch = scratch + group->map_bytes;
        for (int j = 0; i > 0 && j < 2; j++)
            if (step->in[j] == steps[i - 1].out)
                buf.in[j] = row_zero(scratch + steps[i - 1].map_offset, need[i - 1].y0,
                                     steps[i - 1].map_row);
        int from = y0;
        if (i < group->n - 1) {
            uint8_t *map = scratch + step->map_offset;
            int kept = MAX(have[i].y1 - need[i].y0, 0);
            if (kept > 0 && need[i].y0 > have[i].y0)
                memmove(map, map + (size_t)(need[i].y0 - have[i].y0) * step->map_row,
                        (size_t)kept * step->map_row);
            from = need[i].y0 + kept;
            have[i] = need[i];
            buf.out = row_zero(map, need[i].y0, step->map_row);
        }
        if (from < need[i].y1)
            step->kernel->run(&step->args, &buf, from, need[i].y1);
    }
}

void bands_run(const Plan *plan, const PlanGroup *group, uint8_t *scratch, int y0, int y1)
{
    Rows have[MAX_GROUP] = {{0, 0}};
    for (int y = y0; y < y1; y += group->band)
        run_band(plan, group, scratch, have, y, MIN(y + group->band, y1));
}
