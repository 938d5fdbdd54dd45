/* SPDX-License-Identifier: MIT */
/* softmax.c - multinomial logistic regression by L-BFGS. */
#include "softmax.h"

#include "lbfgs.h"
#include "vector.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define MAX_ITERATIONS 300
#define TOLERANCE      1e-5 /* of the gradient of the mean loss, features of length about one */
#define JITTER         1e-9 /* of the mean square length: rows that depend on others */

struct SoftmaxSolver {
    SoftmaxProblem p;
    double *factor; /* lower triangle, n x n; NULL = the rows as they are */
    int columns;
    double c;
    double *u; /* solution: columns + 1 rows of n_classes; the last are the biases */
    double *z; /* one row of logits */
};

double softmax(double *z, int n)
{
    double most = z[0], sum = 0;
    for (int k = 1; k < n; k++)
        most = fmax(most, z[k]);
    for (int k = 0; k < n; k++)
        sum += z[k] = exp(z[k] - most);
    for (int k = 0; k < n; k++)
        z[k] /= sum;
    return most + log(sum);
}

/* ---- fewer rows than columns -------------------------------------------------------------- */

/* L with L L' = X X' + jitter. */
static double *make_factor(const SoftmaxProblem *p)
{
    int n = p->n;
    double *l = g_new0(double, (size_t)n *(size_t)n), mean = 0;
    for (int i = 0; i < n; i++) {
        const double *xi = p->x + (size_t)i * (size_t)p->depth;
        for (int j = 0; j <= i; j++)
            l[(size_t)i * n + j] = vector_dot(xi, p->x + (size_t)j * (size_t)p->depth, p->depth);
        mean += l[(size_t)i * n + i] / n;
    }
    double jitter = JITTER * mean + 1e-300;
    for (int i = 0; i < n; i++) {
        double *row = l + (size_t)i * n;
        row[i] += jitter;
        for (int j = 0; j <= i; j++) {
            const double *other = l + (size_t)j * n;
            double rest = row[j] - vector_dot(row, other, j);
            row[j] = i == j ? sqrt(fmax(rest, jitter)) : rest / other[j];
        }
    }
    return l;
}

/* w = X' a with L' a = u, class by class. */
static void unfold(const SoftmaxSolver *s, double *w)
{
    const SoftmaxProblem *p = &s->p;
    int n = p->n, classes = p->n_classes;
    double *a = g_new(double, n);
    memset(w, 0, sizeof *w * (size_t)classes * (size_t)p->depth);
    for (int k = 0; k < classes; k++) {
        for (int i = n - 1; i >= 0; i--) {
            double rest = s->u[(size_t)i * classes + k];
            for (int j = i + 1; j < n; j++)
                rest -= s->factor[(size_t)j * n + i] * a[j];
            a[i] = rest / s->factor[(size_t)i * n + i];
        }
        double *row = w + (size_t)k * (size_t)p->depth;
        for (int i = 0; i < n; i++)
            for (int d = 0; d < p->depth; d++)
                row[d] += a[i] * p->x[(size_t)i * (size_t)p->depth + d];
    }
    g_free(a);
}

/* ---- loss --------------------------------------------------------------------------------- */

static double loss(void *data, const double *u, double *gradient)
{
    SoftmaxSolver *s = data;
    const SoftmaxProblem *p = &s->p;
    int classes = p->n_classes, columns = s->columns;
    size_t weights = (size_t)columns * (size_t)classes;
    double scale = 1.0 / p->n, decay = 1 / (s->c * p->n), sum = 0;
    memset(gradient, 0, sizeof *gradient * (weights + (size_t)classes));
    for (int i = 0; i < p->n; i++) {
        const double *row = (s->factor ? s->factor : p->x) + (size_t)i * (size_t)columns;
        int filled = s->factor ? i + 1 : columns;
        double *z = s->z, each = (p->weight ? p->weight[i] : 1) * scale;
        memcpy(z, u + weights, sizeof *z * (size_t)classes);
        for (int d = 0; d < filled; d++)
            for (int k = 0; k < classes; k++)
                z[k] += row[d] * u[(size_t)d * classes + k];
        double own = z[p->y[i]];
        sum += each * (softmax(z, classes) - own);
        z[p->y[i]] -= 1;
        for (int k = 0; k < classes; k++)
            gradient[weights + k] += z[k] *= each;
        for (int d = 0; d < filled; d++)
            for (int k = 0; k < classes; k++)
                gradient[(size_t)d * classes + k] += row[d] * z[k];
    }
    double square = 0;
    for (size_t d = 0; d < weights; d++) {
        square += u[d] * u[d];
        gradient[d] += decay * u[d];
    }
    return sum + decay * square / 2;
}

static bool progress(void *data, int iteration)
{
    SoftmaxSolver *s = data;
    (void)iteration;
    return !s->p.progress || s->p.progress(s->p.data);
}

/* ------------------------------------------------------------------------------------------- */

SoftmaxSolver *softmax_solver_new(const SoftmaxProblem *problem)
{
    SoftmaxSolver *s = g_new0(SoftmaxSolver, 1);
    s->p = *problem;
    if (problem->n < problem->depth)
        s->factor = make_factor(problem);
    s->columns = s->factor ? problem->n : problem->depth;
    s->u = g_new0(double, ((size_t)s->columns + 1) * (size_t)problem->n_classes);
    s->z = g_new(double, problem->n_classes);
    return s;
}

void softmax_solver_free(SoftmaxSolver *s)
{
    if (!s)
        return;
    g_free(s->factor);
    g_free(s->u);
    g_free(s->z);
    g_free(s);
}

void softmax_solve(SoftmaxSolver *s, double c, double *w, double *b)
{
    const SoftmaxProblem *p = &s->p;
    int classes = p->n_classes;
    size_t weights = (size_t)s->columns * (size_t)classes;
    Lbfgs f = {.n = (int)weights + classes,
               .value = loss,
               .progress = progress,
               .data = s,
               .max_iterations = MAX_ITERATIONS,
               .tolerance = TOLERANCE};
    s->c = c;
    lbfgs_minimise(&f, s->u);
    if (s->factor)
        unfold(s, w);
    else
        for (int k = 0; k < classes; k++)
            for (int d = 0; d < p->depth; d++)
                w[(size_t)k * (size_t)p->depth + d] = s->u[(size_t)d * classes + k];
    memcpy(b, s->u + weights, sizeof *b * (size_t)classes);
}
