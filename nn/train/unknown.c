/* SPDX-License-Identifier: MIT */
/* unknown.c - tells what belongs to no class by its distance to the class means. */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The variance of a feature within classes is drawn towards the mean of all features' variances as
 * if that had been seen in so many pictures, and never counts for less than a tenth of it. */
#define PRIOR_PICTURES 10
#define LEAST_VARIANCE 0.1

#define SURE_LOGITS 4.0 /* of a known picture of median distance, against "unknown" */
#define MIN_HELD    20  /* held-out pictures; below, those of the training stand in */
#define FAR_SPREAD  1.2 /* how far beyond the median "unknown" begins at least */

double unknown_square(const NnHead *head, double y)
{
    double step = head->square_step;
    return step > 0 ? step * CLAMP(nearbyint(y * y / step), 0, 255) : y * y;
}

int unknown_distances(const NnHead *head, const float *x, double *distances)
{
    int nearest = 0;
    double q = 0;
    for (int d = 0; d < head->depth; d++)
        q += head->c[d] * unknown_square(head, (double)x[d] - head->centre[d]);
    for (int k = 0; k < head->info.n_classes; k++) {
        const double *v = head->v + (size_t)k * (size_t)head->depth;
        double n = head->o[k];
        for (int d = 0; d < head->depth; d++)
            n += v[d] * ((double)x[d] - head->centre[d]);
        distances[k] = q - n;
        if (distances[k] < distances[nearest])
            nearest = k;
    }
    return nearest;
}

void unknown_centre(NnHead *head, const NnSamples *train)
{
    const NnGraph *graph = head->model->graph;
    const GraphTensor *t = &graph->tensors[graph->embedding];
    size_t n = (size_t)train->n * (size_t)head->depth;
    for (size_t i = 0; i < n; i++)
        head->centre[i % (size_t)head->depth] += (double)train->x[i] / train->n;
    for (int d = 0; d < head->depth && t->type != NN_F32; d++)
        head->centre[d] = (double)t->scale[0] * nearbyint(head->centre[d] / (double)t->scale[0]);
    head->centred = (HeadRange){0, 0};
    for (size_t i = 0; i < n; i++) {
        double y = (double)train->x[i] - head->centre[i % (size_t)head->depth];
        head->centred.lo = MIN(head->centred.lo, y);
        head->centred.hi = MAX(head->centred.hi, y);
    }
    double most = MAX(-head->centred.lo, head->centred.hi);
    if (t->type != NN_F32)
        head->square_step = MAX(most * most, 1e-12) / 255;
}

/* ---- means and variances ------------------------------------------------------------------ */

/* Class means, n_classes rows of depth. g_free() it. */
static double *class_means(const NnHead *head, const NnSamples *s, const int *count)
{
    double *means = g_new0(double, (size_t)head->info.n_classes *(size_t)head->depth);
    for (int i = 0; i < s->n; i++)
        for (int d = 0; d < head->depth; d++)
            means[(size_t)s->y[i] * (size_t)head->depth + d] +=
                (double)s->x[(size_t)i * (size_t)head->depth + d] / count[s->y[i]];
    return means;
}

/* 1 / (variance * depth) of each feature into c: distances come out around one. */
static bool find_precisions(NnHead *head, const NnSamples *s, const double *means)
{
    int depth = head->depth, freedom = s->n - head->info.n_classes;
    double mean = 0;
    memset(head->c, 0, sizeof *head->c * (size_t)depth);
    for (int i = 0; i < s->n; i++)
        for (int d = 0; d < depth; d++) {
            double off = (double)s->x[(size_t)i * (size_t)depth + d] -
                         means[(size_t)s->y[i] * (size_t)depth + d];
            head->c[d] += off * off / MAX(freedom, 1);
        }
    for (int d = 0; d < depth; d++)
        mean += head->c[d] / depth;
    if (!(mean > 0) || freedom < 1)
        return false;
    for (int d = 0; d < depth; d++) {
        double variance =
            (head->c[d] * freedom + mean * PRIOR_PICTURES) / (freedom + PRIOR_PICTURES);
        head->c[d] = 1 / (MAX(variance, LEAST_VARIANCE * mean) * depth);
    }
    return true;
}

static void use_means(NnHead *head, const double *means)
{
    for (int k = 0; k < head->info.n_classes; k++) {
        head->o[k] = 0;
        for (int d = 0; d < head->depth; d++) {
            size_t at = (size_t)k * (size_t)head->depth + d;
            double mean = means[at] - head->centre[d];
            head->v[at] = 2 * head->c[d] * mean;
            head->o[k] -= head->c[d] * mean * mean;
        }
    }
}

/* ---- how far is far ----------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Distances of known pictures to the nearest mean, ascending; returns how many. A picture that
 * helped to make its class's mean is taken out of it: leaving one of n out stretches its distance
 * to that mean by n / (n - 1). */
static int known_distances(const NnHead *head, const NnSamples *s, const int *left_out,
                           double *known)
{
    double *distances = g_new(double, head->info.n_classes);
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        int own = s->y[i];
        if (left_out && left_out[own] < 2)
            continue;
        unknown_distances(head, s->x + (size_t)i * (size_t)head->depth, distances);
        if (left_out) {
            double stretch = (double)left_out[own] / (left_out[own] - 1);
            distances[own] *= stretch * stretch;
        }
        double least = distances[0];
        for (int k = 1; k < head->info.n_classes; k++)
            least = MIN(least, distances[k]);
        known[n++] = least;
    }
    g_free(distances);
    qsort(known, (size_t)n, sizeof *known, ascending);
    return n;
}

bool fit_unknown(NnHead *head, const NnSamples *train, const NnSamples *held, double share)
{
    int classes = head->info.n_classes;
    int *count = g_new0(int, classes);
    for (int i = 0; i < train->n; i++)
        count[train->y[i]]++;
    double *means = class_means(head, train, count);
    double *known = g_new(double, MAX(train->n, held->n));
    int n = 0;
    if (find_precisions(head, train, means)) {
        use_means(head, means);
        n = held->n >= MIN_HELD ? known_distances(head, held, NULL, known)
                                : known_distances(head, train, count, known);
    }
    head->info.has_unknown = n >= 2;
    if (head->info.has_unknown) {
        double median = known[n / 2];
        int at = MIN((int)ceil((1 - share) * n), n - 1);
        head->info.far = MAX(known[at], FAR_SPREAD * median);
        head->slope = SURE_LOGITS / (head->info.far - median);
        head->far = head->slope * head->info.far;
        for (int d = 0; d < head->depth; d++)
            head->c[d] *= head->slope;
        use_means(head, means);
    }
    g_free(count);
    g_free(means);
    g_free(known);
    return head->info.has_unknown;
}
