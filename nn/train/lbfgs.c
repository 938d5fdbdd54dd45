/* SPDX-License-Identifier: MIT */
/* lbfgs.c - the limited-memory BFGS method. */
#include "lbfgs.h"

#include "vector.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define MEMORY        10
#define MAX_HALVINGS  30
#define ARMIJO        1e-4
#define LEAST_GAIN    1e-12 /* of the value, in one iteration: it has converged */
#define LEAST_CURVING 1e-12 /* s.y relative to y.y: below, the pair says nothing */

typedef struct {
    double *s[MEMORY], *y[MEMORY]; /* steps and changes of the gradient, the newest last */
    double rho[MEMORY];
    int count;
} History;

static void add_scaled(int n, double *a, double factor, const double *b)
{
    for (int i = 0; i < n; i++)
        a[i] += factor * b[i];
}

static double largest(int n, const double *a)
{
    double most = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(a[i]));
    return most;
}

/* The two-loop recursion: direction = -H gradient. */
static void find_direction(int n, const History *h, const double *gradient, double *direction)
{
    double alpha[MEMORY];
    for (int i = 0; i < n; i++)
        direction[i] = -gradient[i];
    for (int k = h->count - 1; k >= 0; k--) {
        alpha[k] = h->rho[k] * vector_dot(h->s[k], direction, n);
        add_scaled(n, direction, -alpha[k], h->y[k]);
    }
    if (h->count) {
        int last = h->count - 1;
        double scale = 1 / (h->rho[last] * vector_dot(h->y[last], h->y[last], n));
        for (int i = 0; i < n; i++)
            direction[i] *= scale;
    }
    for (int k = 0; k < h->count; k++)
        add_scaled(n, direction, alpha[k] - h->rho[k] * vector_dot(h->y[k], direction, n), h->s[k]);
}

/* Remembers x1 - x0 and g1 - g0, forgetting the oldest pair. */
static void remember(History *h, int n, const double *x0, const double *x1, const double *g0,
                     const double *g1)
{
    if (h->count == MEMORY) {
        double *s = h->s[0], *y = h->y[0];
        memmove(h->s, h->s + 1, sizeof *h->s * (MEMORY - 1));
        memmove(h->y, h->y + 1, sizeof *h->y * (MEMORY - 1));
        memmove(h->rho, h->rho + 1, sizeof *h->rho * (MEMORY - 1));
        h->s[--h->count] = s;
        h->y[h->count] = y;
    }
    double *s = h->s[h->count], *y = h->y[h->count];
    for (int i = 0; i < n; i++) {
        s[i] = x1[i] - x0[i];
        y[i] = g1[i] - g0[i];
    }
    double curving = vector_dot(s, y, n);
    if (curving <= LEAST_CURVING * vector_dot(y, y, n))
        return;
    h->rho[h->count++] = 1 / curving;
}

double lbfgs_minimise(const Lbfgs *f, double *x)
{
    int n = f->n;
    double *block = g_new0(double, (size_t)n *(4 + 2 * MEMORY));
    double *x1 = block, *g = block + n, *g1 = block + 2 * (size_t)n, *p = block + 3 * (size_t)n;
    History h = {0};
    for (int k = 0; k < MEMORY; k++) {
        h.s[k] = block + (size_t)n * (size_t)(4 + 2 * k);
        h.y[k] = h.s[k] + n;
    }
    double value = f->value(f->data, x, g);
    for (int it = 0; it < f->max_iterations && largest(n, g) > f->tolerance; it++) {
        find_direction(n, &h, g, p);
        double slope = vector_dot(g, p, n),
               step = h.count ? 1 : 1 / fmax(1, sqrt(vector_dot(g, g, n)));
        if (!(slope < 0)) /* rounding has spoilt the memory */
            break;
        double next = INFINITY;
        int halvings = 0;
        for (; halvings < MAX_HALVINGS; halvings++, step /= 2) {
            memcpy(x1, x, sizeof *x * (size_t)n);
            add_scaled(n, x1, step, p);
            next = f->value(f->data, x1, g1);
            if (next <= value + ARMIJO * step * slope)
                break;
        }
        if (halvings == MAX_HALVINGS)
            break;
        remember(&h, n, x, x1, g, g1);
        double gain = value - next;
        memcpy(x, x1, sizeof *x * (size_t)n);
        memcpy(g, g1, sizeof *g * (size_t)n);
        value = next;
        if (gain <= LEAST_GAIN * fabs(value) || (f->progress && !f->progress(f->data, it)))
            break;
    }
    g_free(block);
    return value;
}
