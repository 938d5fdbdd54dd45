/* SPDX-License-Identifier: MIT */
/* bands.c - the walk through a group: each step makes the rows that the next one asks for. */
#include "bands.h"

#include "arena.h"

#include <string.h>

/* Rows made at a time: pairs, because depthwise kernels share the loads of two, and as many as have
 * this many pixels, so that weights are read from the cache once for several tiles of pixels. */
#define BAND_PIXELS 24

static size_t align_up(size_t x)
{
    return (x + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

/* ---- rows --------------------------------------------------------------------------------- */

static bool is_window(const PlanStep *step)
{
    return step->args.op == NN_OP_CONV || step->args.op == NN_OP_DWCONV;
}

bool bands_can(const PlanStep *step)
{
    switch (step->args.op) {
    case NN_OP_CONV:
    case NN_OP_DWCONV:
    case NN_OP_ADD:
    case NN_OP_SUB:
    case NN_OP_MUL:
    case NN_OP_DIV:
    case NN_OP_LUT:
    case NN_OP_CLAMP:
    case NN_OP_HARD_SWISH:
        return true;
    default:
        return false;
    }
}

void bands_choose(PlanStep *step)
{
    int width = is_window(step) ? MAX(step->args.conv.win.out_w, 1) : BAND_PIXELS;
    int rows = (BAND_PIXELS + width - 1) / width;
    step->band = MAX(rows + rows % 2, 2);
}

/* Rows of its inputs that a step reads for output rows out. */
static BandsRows rows_read(const PlanStep *step, BandsRows out)
{
    if (!is_window(step))
        return out;
    const NnWindow *w = &step->args.conv.win;
    int y0 = out.y0 * w->stride_h - w->pad_t;
    int y1 = (out.y1 - 1) * w->stride_h - w->pad_t + (w->k_h - 1) * w->dil_h + 1;
    return (BandsRows){CLAMP(y0, 0, w->in_h), CLAMP(y1, 0, w->in_h)};
}

void bands_needed(const Plan *plan, const PlanGroup *group, BandsRows out, BandsRows need[])
{
    for (int i = 0; i < group->n - 1; i++)
        need[i] = (BandsRows){G_MAXINT, 0};
    need[group->n - 1] = out;
    for (int i = group->n - 1; i > 0; i--) {
        const PlanStep *step = &plan->steps[group->first + i];
        BandsRows read = rows_read(step, need[i]);
        for (int j = 0; j < 2; j++) {
            int from = step->from[j] - group->first;
            if (from >= 0)
                need[from] = (BandsRows){MIN(need[from].y0, read.y0), MAX(need[from].y1, read.y1)};
        }
    }
}

/* ---- the walk ----------------------------------------------------------------------------- */

/* All but plan's counted from the group's first step. */
typedef struct {
    const Plan *plan;
    const PlanGroup *group;
    const PlanStep *steps;
    uint8_t *scratch; /* NULL: only finds most */
    int *most;
    BandsRows have[BANDS_MOST_STEPS]; /* of each step: what lies in its map; y1 is made next */
    int end[BANDS_MOST_STEPS];        /* the last row to make, plus one */
} Walk;

static void compute(Walk *walk, int i, BandsRows rows)
{
    const PlanStep *step = &walk->steps[i];
    NnBuffers buf = step->buf;
    buf.scratch = walk->scratch + walk->group->map_bytes;
    /* Where row 0 would lie, were all rows there. */
    for (int j = 0; j < 2; j++) {
        int from = step->from[j] - walk->group->first;
        if (from < 0)
            continue;
        const PlanMap *map = &walk->steps[from].map;
        buf.in[j] = (uint8_t *)((uintptr_t)(walk->scratch + map->offset) -
                                (uintptr_t)walk->have[from].y0 * map->row);
    }
    if (i < walk->group->n - 1)
        buf.out = (uint8_t *)((uintptr_t)(walk->scratch + step->map.offset) -
                              (uintptr_t)walk->have[i].y0 * step->map.row);
    step->kernel->run(&step->args, &buf, rows.y0, rows.y1);
}

/* Lets go of rows that no step will read any more if map i cannot hold rows up to y1 beside them.
 */
static void make_room(Walk *walk, int i, int y1)
{
    const PlanMap *map = &walk->steps[i].map;
    BandsRows *have = &walk->have[i];
    if (walk->scratch && y1 - have->y0 <= map->rows)
        return;
    int number = walk->group->first + i, keep = have->y1;
    for (int r = i + 1; r <= walk->steps[i].last_reader - walk->group->first; r++) {
        const PlanStep *reader = &walk->steps[r];
        if (reader->from[0] != number && reader->from[1] != number)
            continue;
        int next = walk->have[r].y1;
        keep = MIN(keep, rows_read(reader, (BandsRows){next, next + 1}).y0);
    }
    keep = MAX(keep, have->y0);
    if (walk->scratch) {
        uint8_t *start = walk->scratch + map->offset;
        memmove(start, start + (size_t)(keep - have->y0) * map->row,
                (size_t)(have->y1 - keep) * map->row);
    } else {
        walk->most[i] = MAX(walk->most[i], y1 - keep);
    }
    have->y0 = keep;
}

/* Makes what step i lacks of its rows up to y1, in whole bands: odd rows cost more. */
static void make_rows(Walk *walk, int i, int y1)
{
    const PlanStep *step = &walk->steps[i];
    BandsRows *have = &walk->have[i];
    while (have->y1 < y1) {
        BandsRows rows = {have->y1, MIN(have->y1 + step->band, walk->end[i])};
        BandsRows read = rows_read(step, rows);
        for (int j = 0; j < 2; j++)
            if (step->from[j] >= walk->group->first)
                make_rows(walk, step->from[j] - walk->group->first, read.y1);
        if (i < walk->group->n - 1)
            make_room(walk, i, rows.y1);
        if (walk->scratch)
            compute(walk, i, rows);
        have->y1 = rows.y1;
    }
}

static void walk_rows(const Plan *plan, const PlanGroup *group, uint8_t *scratch, BandsRows out,
                      int *most)
{
    Walk walk = {plan, group, plan->steps + group->first, scratch, most, {{0, 0}}, {0}};
    bands_needed(plan, group, out, walk.have);
    for (int i = 0; i < group->n; i++) {
        walk.end[i] = walk.have[i].y1;
        walk.have[i].y1 = walk.have[i].y0;
    }
    make_rows(&walk, group->n - 1, out.y1);
}

void bands_measure(const Plan *plan, const PlanGroup *group, BandsRows out, int most[])
{
    walk_rows(plan, group, NULL, out, most);
}

void bands_place(Plan *plan, PlanGroup *group)
{
    const int rows = plan->steps[group->first + group->n - 1].rows;
    int most[BANDS_MOST_STEPS] = {0};
    for (int y = 0; y < rows; y += group->task_rows)
        bands_measure(plan, group, (BandsRows){y, MIN(y + group->task_rows, rows)}, most);
    group->map_bytes = 0;
    for (int i = 0; i < group->n - 1; i++) {
        PlanStep *step = &plan->steps[group->first + i];
        step->map = (PlanMap){
            .offset = group->map_bytes, .row = nn_args_row_bytes(&step->args), .rows = most[i]};
        group->map_bytes += align_up(step->map.row * (size_t)most[i] + NN_SLACK);
    }
}

void bands_run(const Plan *plan, const PlanGroup *group, uint8_t *scratch, int y0, int y1)
{
    walk_rows(plan, group, scratch, (BandsRows){y0, y1}, NULL);
}
