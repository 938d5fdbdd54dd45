/* SPDX-License-Identifier: MIT */
/* run.c - walks the plan: each step's rows are handed out over the pool. Cannot allocate, cannot
 * fail. */
#include "plan.h"

typedef struct {
    const Plan *plan;
    const PlanStep *step;
} Job;

static void run_rows(void *ctx, int task, int worker)
{
    const Job *job = ctx;
    const PlanStep *step = job->step;
    NnBuffers buf = step->buf;
    buf.scratch = job->plan->scratch + (size_t)worker * job->plan->scratch_each;
    int y0 = task * step->task_rows;
    int y1 = MIN(y0 + step->task_rows, step->rows);
    step->kernel->run(&step->args, &buf, y0, y1);
}

void plan_run(Plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        const PlanStep *step = &plan->steps[i];
        int tasks = (step->rows + step->task_rows - 1) / step->task_rows;
        pool_run(plan->pool, tasks, run_rows, &(Job){plan, step});
    }
}
