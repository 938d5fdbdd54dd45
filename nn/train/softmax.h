/* SPDX-License-Identifier: MIT */
/* softmax.h - multinomial logistic regression with L2. */
#ifndef NN_SOFTMAX_H
#define NN_SOFTMAX_H

#include <stdbool.h>

typedef struct {
    int n, depth, n_classes;
    const double *x;              /* n rows of depth */
    const int *y;                 /* class of each row */
    const double *weight;         /* of each row, summing up to n; NULL = 1 each */
    bool (*progress)(void *data); /* may be NULL; false stops early */
    void *data;
} SoftmaxProblem;

typedef struct SoftmaxSolver SoftmaxSolver;

/* Prepares solutions for several strengths. With fewer rows than columns the problem is turned into
 * one of as many columns as rows: the weights lie in the span of the rows (the representer
 * theorem), and a Cholesky factor of the rows' products keeps lengths and angles. Borrows x, y. */
SoftmaxSolver *softmax_solver_new(const SoftmaxProblem *problem);
void softmax_solver_free(SoftmaxSolver *solver);

/* Minimises  c * sum_i weight_i * CE_i + |w|^2 / 2  (biases are free), starting from the previous
 * solution. w: n_classes rows of depth; b: n_classes. */
void softmax_solve(SoftmaxSolver *solver, double c, double *w, double *b);

/* In place: logits -> probabilities. Returns the logarithm of the sum of exponentials. */
double softmax(double *z, int n);

#endif
