/* SPDX-License-Identifier: MIT */
/* bands.h - runs a group of steps a few rows at a time.
 *
 * Run step by step, the maps between the steps of a net go out to memory and come back. In a group
 * each step makes a few rows, only when the next step asks for them, into a map in the worker's
 * scratch that holds no more rows than are still wanted: those maps stay in the core's cache. No
 * row is computed twice; at the seams between the pieces of two threads alone each computes what
 * the other has. Kernels compute any rows [y0, y1), so that none knows of it: it is given the
 * address that the tensor's row 0 would have. groups.h says which steps go together. */
#ifndef NN_BANDS_H
#define NN_BANDS_H

#include "plan.h"

#define BANDS_MOST_STEPS 32 /* of a group */

typedef struct {
    int y0, y1;
} BandsRows;

/* Can this step's rows be made a few at a time? */
bool bands_can(const PlanStep *step);

/* Sets the step's band, the rows that it makes at a time. */
void bands_choose(PlanStep *step);

/* The rows that each of the group's steps must make for rows out of the last. */
void bands_needed(const Plan *plan, const PlanGroup *group, BandsRows out, BandsRows need[]);

/* Raises most[], of each step of the group but the last, to the rows that its map must hold while
 * rows out of the last are made. */
void bands_measure(const Plan *plan, const PlanGroup *group, BandsRows out, int most[]);

/* Places the maps in scratch, once the steps have their bands and the group its task_rows. */
void bands_place(Plan *plan, PlanGroup *group);

/* Makes output rows [y0, y1) of the group's last step; scratch is the worker's: first the group's
 * maps, then what kernels need. */
void bands_run(const Plan *plan, const PlanGroup *group, uint8_t *scratch, int y0, int y1);

#endif
