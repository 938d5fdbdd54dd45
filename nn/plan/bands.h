/* SPDX-License-Identifier: MIT */
/* bands.h - the groups that MobileNet is made of, run a band of rows at a time.
 *
 * A group is [convolution] + depthwise + convolution [+ residual add]. Run step by step, its
 * expanded maps go out to memory and come back; run band by band, a few rows of them at a time lie
 * in a buffer that stays in the core's cache. Kernels compute any rows [y0, y1), so that no kernel
 * knows of it: it is given the address that the tensor's row 0 would have. Rows that the next band
 * needs again (the overlap of the depthwise windows) are kept and move to the buffer's start. */
#ifndef NN_BANDS_H
#define NN_BANDS_H

#include "plan.h"

/* Bytes of a group's maps that may lie in cache at once: NN_BANDS (off, or KiB) from the
 * environment, else a quarter of the core's second-level cache. 0 = no bands. */
size_t bands_budget(void);

/* Finds the groups that pay: those whose maps between the steps are more than budget bytes. Sets
 * plan->groups and each such step's group and band fields. Steps must have args, tensors, kernels.
 * Called before tensors are placed: maps inside a group get no place in the arena. */
void bands_find(Plan *plan, size_t budget, int threads);

/* Runs output rows [y0, y1) of the group's last step; scratch is the worker's: first the group's
 * maps, then what kernels need. */
void bands_run(const Plan *plan, const PlanGroup *group, uint8_t *scratch, int y0, int y1);

#endif
