/* SPDX-License-Identifier: MIT */
/* groups.h - which steps run together, band by band (bands.h), so that least is moved between cache
 * and memory. */
#ifndef NN_GROUPS_H
#define NN_GROUPS_H

#include "plan.h"

/* Bytes of second-level cache to plan for: NN_BANDS (off, or KiB) from the environment, else what
 * the system says of its first core. 0 = each step by itself. */
size_t groups_cache(void);

/* Sets plan->groups, and of the steps what groups need. Steps must have args, tensors, kernels.
 * Called before tensors are placed: maps inside a group get no place in the arena. */
void groups_choose(Plan *plan, size_t cache, int threads);

#endif
