/* SPDX-License-Identifier: MIT */
/* run.c - walks the plan: each step's rows are handed out over the pool. Cannot allocate, cannot
 * fail. */
#include "bands.h"

typedef struct {
    const Plan *plan;
    const PlanGroup *group;
    const PlanStep *last;
} Job;

static void run_rows(void *ctx, int task, int worker)
{
    const Job *job = ctx;
    const PlanGroup *group = job->group;
    uint8_t *scratch = job->plan->scratch + (size_t)worker * job->plan->scratch_each;
    int y0 = task * group->task_rows;
    int y1 = MIN(y0 + group->task_rows, job->last->rows);
    if (group->n > 1) {
        bands_run(job->plan, group, scratch, y0, y1);
        return;
    }
    if (job->last->parts) {
        const PlanPart *part = &job->last->parts[task];
        NnBuffers own = part->buf;
        own.scratch = scratch;
        job->last->kernel->run(&part->args, &own, 0, 1);
        return;
    }
    NnBuffers buf = job->last->buf;
    buf.scratch = scratch;
    job->last->kernel->run(&job->last->args, &buf, y0, y1);
}

void plan_run(Plan *plan)
{
    for (int i = 0; i < plan->n_groups; i++) {
        const PlanGroup *group = &plan->groups[i];
        const PlanStep *last = &plan->steps[group->first + group->n - 1];
        int tasks =
            last->parts ? last->n_parts : (last->rows + group->task_rows - 1) / group->task_rows;
        pool_run(plan->pool, tasks, run_rows, &(Job){plan, group, last});
    }
}
