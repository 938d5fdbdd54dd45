/* SPDX-License-Identifier: MIT */
/* groups.c - splits the steps into groups. Any run of steps may be one whose maps are read inside
 * it alone; of all ways to split, that of least cost is taken, in bytes moved to and from memory.
 */
#include "groups.h"

#include "args.h"
#include "bands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CACHE ((size_t)512 << 10) /* the smallest among the Pis: 512 KiB for four cores */

/* Work done twice at the seams between threads: so many multiply-accumulates take the time of a
 * byte from memory (a Pi 4: 30 thousand million of them a second on four cores, 5.6 GB/s). */
#define WORK_A_BYTE 5

#define CACHE_SPEED 16 /* bytes from the cache that cost as much as one from memory */

#define TASKS_EACH 2 /* pieces of a group per thread: each starts with an overlap */

/* The second-level cache of the first core: what getconf says, which on many ARM systems is 0, else
 * what the kernel says. */
static size_t system_cache(void)
{
    long l2 = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    g_autofree char *text = NULL; /* "1024K" */
    if (l2 <= 0 &&
        g_file_get_contents("/sys/devices/system/cpu/cpu0/cache/index2/size", &text, NULL, NULL))
        l2 = atol(text) << 10;
    return l2 > 0 ? (size_t)l2 : DEFAULT_CACHE;
}

size_t groups_cache(void)
{
    const char *env = g_getenv("NN_BANDS");
    if (env && !strcmp(env, "off"))
        return 0;
    if (env && atoi(env) > 0)
        return (size_t)atoi(env) << 10;
    return system_cache();
}

/* ---- who reads what ----------------------------------------------------------------------- */

/* Finds of each step who makes its inputs and who reads its output. */
static void link_steps(Plan *plan)
{
    const NnGraph *graph = plan->graph;
    g_autofree int *maker = g_new(int, graph->n_tensors);
    memset(maker, -1, sizeof *maker * (size_t)graph->n_tensors);
    for (int i = 0; i < plan->n_steps; i++) {
        PlanStep *step = &plan->steps[i];
        for (int j = 0; j < 2; j++) {
            step->from[j] = step->in[j] >= 0 ? maker[step->in[j]] : -1;
            if (step->from[j] >= 0)
                plan->steps[step->from[j]].last_reader = i;
        }
        maker[step->out] = i;
        step->last_reader = plan->n_steps;
    }
    int output = graph->tensors[graph->output].alias;
    const int outlive[] = {output >= 0 ? output : graph->output, plan->kept};
    for (int i = 0; i < 2; i++)
        if (outlive[i] >= 0 && maker[outlive[i]] >= 0)
            plan->steps[maker[outlive[i]]].last_reader = plan->n_steps;
}

/* Does step read the rows that step i of its group makes, as they are made? */
static bool rows_match(const Plan *plan, int first, const PlanStep *step)
{
    bool window = step->args.op == NN_OP_CONV || step->args.op == NN_OP_DWCONV;
    int rows = window ? step->args.conv.win.in_h : step->rows;
    for (int j = 0; j < 2; j++)
        if (step->from[j] >= first && plan->steps[step->from[j]].rows != rows)
            return false;
    return true;
}

/* Are the maps between the group's steps read inside it alone? */
static bool is_closed(const Plan *plan, const PlanGroup *group)
{
    int last = group->first + group->n - 1;
    for (int i = group->first; i < last; i++)
        if (plan->steps[i].last_reader > last)
            return false;
    return true;
}

/* ---- cost --------------------------------------------------------------------------------- */

/* Bytes moved to write or to read a tensor that lies in the arena: the larger it is, the less of it
 * is still in cache when it is wanted. */
static double tensor_cost(const Plan *plan, int tensor, size_t cache)
{
    double bytes = (double)plan->graph->tensors[tensor].bytes;
    return bytes * MIN(bytes / (double)cache, 1);
}

static double ends_cost(const Plan *plan, const PlanGroup *group, size_t cache)
{
    const PlanStep *steps = plan->steps + group->first;
    double cost = tensor_cost(plan, steps[group->n - 1].out, cache);
    int before = -1;
    for (int i = 0; i < group->n; i++) {
        for (int j = 0; j < 2; j++) {
            int in = steps[i].in[j];
            if (in < 0 || in == before || steps[i].from[j] >= group->first ||
                plan->graph->tensors[in].data)
                continue;
            cost += tensor_cost(plan, in, cache);
            before = in;
        }
    }
    return cost;
}

static double weight_bytes(const PlanStep *step)
{
    return step->kernel->packed_size ? (double)step->kernel->packed_size(&step->args) : 0;
}

/* Rows of each map, found where the picture's borders are far. */
static void estimate_maps(const Plan *plan, const PlanGroup *group, int most[])
{
    const PlanStep *last = &plan->steps[group->first + group->n - 1];
    int y = last->rows / 2;
    memset(most, 0, sizeof *most * (size_t)group->n);
    bands_measure(plan, group, (BandsRows){y, MIN(y + 2 * last->band, last->rows)}, most);
}

/* What the group's own maps and weights cost. In half of the cache they stay: only that weights are
 * read from there for every band. The more of the other half they take, the more of them is pushed
 * out by what passes through, and comes from memory every time. */
static double maps_cost(const Plan *plan, const PlanGroup *group, size_t cache, int threads)
{
    int most[BANDS_MOST_STEPS];
    double held = 0, maps = 0, weights = 0;
    estimate_maps(plan, group, most);
    for (int i = 0; i < group->n; i++) {
        const PlanStep *step = &plan->steps[group->first + i];
        held += weight_bytes(step);
        weights += weight_bytes(step) * MAX((double)step->rows / step->band - 1, 0);
        if (i == group->n - 1)
            break;
        double row = (double)nn_args_row_bytes(&step->args);
        held += threads * row * most[i];
        maps += row * step->rows;
    }
    double lost = CLAMP(2 * held / (double)cache - 1, 0, 1);
    return lost * (weights + maps) + (1 - lost) * weights / CACHE_SPEED;
}

static double row_work(const PlanStep *step)
{
    return (double)args_macs(&step->args) / MAX(step->rows, 1);
}

/* The work that threads do twice. */
static double seams_cost(const Plan *plan, const PlanGroup *group)
{
    const PlanStep *steps = plan->steps + group->first;
    const int rows = steps[group->n - 1].rows;
    double work = 0;
    BandsRows need[BANDS_MOST_STEPS];
    for (int y = 0; y < rows; y += group->task_rows) {
        bands_needed(plan, group, (BandsRows){y, MIN(y + group->task_rows, rows)}, need);
        for (int i = 0; i < group->n; i++)
            work += row_work(&steps[i]) * (need[i].y1 - need[i].y0);
    }
    for (int i = 0; i < group->n; i++)
        work -= row_work(&steps[i]) * steps[i].rows;
    return MAX(work, 0) / WORK_A_BYTE;
}

/* ---- the choice --------------------------------------------------------------------------- */

static PlanGroup make_group(const Plan *plan, int first, int n, int threads)
{
    const PlanStep *last = &plan->steps[first + n - 1];
    int pieces = threads == 1 ? 1 : TASKS_EACH * threads;
    int task_rows = (last->rows + pieces - 1) / pieces;
    return (PlanGroup){
        .first = first, .n = n, .task_rows = MAX(task_rows, MIN(last->band, last->rows))};
}

/* The best group that starts at step first, when the rest costs after[step]; sets *cost. */
static PlanGroup best_group(const Plan *plan, int first, const double *after, size_t cache,
                            int threads, double *cost)
{
    PlanGroup best = {.first = first, .n = 1};
    *cost = ends_cost(plan, &best, cache) + after[first + 1];
    for (int n = 1; n <= BANDS_MOST_STEPS && first + n <= plan->n_steps; n++) {
        const PlanStep *step = &plan->steps[first + n - 1];
        if (!bands_can(step) || !rows_match(plan, first, step))
            break;
        PlanGroup group = make_group(plan, first, n, threads);
        if (n == 1 || !is_closed(plan, &group))
            continue;
        double sum = after[first + n] + ends_cost(plan, &group, cache) + seams_cost(plan, &group);
        if (sum < *cost)
            sum += maps_cost(plan, &group, cache, threads);
        if (sum < *cost) {
            best = group;
            *cost = sum;
        }
    }
    return best;
}

void groups_choose(Plan *plan, size_t cache, int threads)
{
    const int n = plan->n_steps;
    g_autofree double *after = g_new0(double, n + 1);
    g_autofree PlanGroup *best = g_new0(PlanGroup, n + 1);
    link_steps(plan);
    for (int i = 0; i < n; i++)
        bands_choose(&plan->steps[i]);
    for (int i = n - 1; i >= 0; i--)
        best[i] = cache ? best_group(plan, i, after, cache, threads, &after[i])
                        : (PlanGroup){.first = i, .n = 1};

    plan->groups = g_new0(PlanGroup, n);
    for (int i = 0; i < n; i += best[i].n) {
        PlanGroup *group = &plan->groups[plan->n_groups++];
        *group = best[i];
        if (group->n > 1)
            bands_place(plan, group);
    }
}
