/* SPDX-License-Identifier: MIT */
/* lbfgs.h - minimises a smooth function of many variables, in double precision. */
#ifndef NN_LBFGS_H
#define NN_LBFGS_H

#include <stdbool.h>

typedef struct {
    int n;
    /* The value at x; fills gradient. */
    double (*value)(void *data, const double *x, double *gradient);
    /* After each iteration; false stops there. NULL = none. */
    bool (*progress)(void *data, int iteration);
    void *data;
    int max_iterations;
    double tolerance; /* of the largest component of the gradient */
} Lbfgs;

/* Starts from x and leaves the best point there; returns its value. L-BFGS with a memory of ten
 * steps and a backtracking line search (Nocedal 1980; Liu and Nocedal 1989). Does the same whenever
 * it is given the same. */
double lbfgs_minimise(const Lbfgs *f, double *x);

#endif
