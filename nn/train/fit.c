/* SPDX-License-Identifier: MIT */
/* fit.c - the weights of a head: logistic regression or imprinting, and its temperature. */
#include "fit.h"

#include "softmax.h"

#include <math.h>
#include <string.h>

/* Strengths that are tried, weakest first: each starts from the one before. */
static const double strengths[] = {1, 10, 100, 1000};
#define DEFAULT_STRENGTH 10 /* where no held-out pictures choose */

#define IMPRINT_SCALE 10 /* logits per unit of cosine */

#define LOWEST_LOG_T  -4.0
#define HIGHEST_LOG_T 4.0
#define STEPS_LOG_T   60 /* of golden section: far below float's precision */

/* ---- features of mean square length one --------------------------------------------------- */

typedef struct {
    double *mean, scale, *x;
} Centred;

static Centred centre(const NnSamples *s, int depth)
{
    Centred c = {
        .mean = g_new0(double, depth), .x = g_new(double, (size_t)s->n *(size_t)depth), .scale = 1};
    double square = 0;
    for (int i = 0; i < s->n; i++)
        for (int d = 0; d < depth; d++)
            c.mean[d] += (double)s->x[(size_t)i * (size_t)depth + d] / s->n;
    for (int i = 0; i < s->n; i++)
        for (int d = 0; d < depth; d++) {
            size_t at = (size_t)i * (size_t)depth + d;
            c.x[at] = (double)s->x[at] - c.mean[d];
            square += c.x[at] * c.x[at] / s->n;
        }
    if (square > 0)
        c.scale = 1 / sqrt(square);
    for (size_t i = 0; i < (size_t)s->n * (size_t)depth; i++)
        c.x[i] *= c.scale;
    return c;
}

/* Weights on centred features -> weights on features as they are. */
static void uncentre(NnHead *head, const Centred *c, const double *w, const double *b)
{
    for (int k = 0; k < head->info.n_classes; k++) {
        const double *from = w + (size_t)k * (size_t)head->depth;
        double *to = head->w + (size_t)k * (size_t)head->depth;
        head->b[k] = b[k];
        for (int d = 0; d < head->depth; d++) {
            to[d] = from[d] * c->scale;
            head->b[k] -= to[d] * c->mean[d];
        }
    }
}

/* ---- likelihood --------------------------------------------------------------------------- */

void head_logits(const NnHead *head, const float *x, double *z)
{
    for (int k = 0; k < head->info.n_classes; k++) {
        const double *w = head->w + (size_t)k * (size_t)head->depth;
        double sum[4] = {head->b[k]};
        int d = 0;
        for (; d + 4 <= head->depth; d += 4)
            for (int j = 0; j < 4; j++)
                sum[j] += w[d + j] * (double)x[d + j];
        for (; d < head->depth; d++)
            sum[0] += w[d] * (double)x[d];
        z[k] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
}

/* Of all samples, n rows of n_classes. g_free() it. */
static double *all_logits(const NnHead *head, const NnSamples *s)
{
    int classes = head->info.n_classes;
    double *z = g_new(double, (size_t)s->n *(size_t)classes);
    for (int i = 0; i < s->n; i++)
        head_logits(head, s->x + (size_t)i * (size_t)head->depth, z + (size_t)i * classes);
    return z;
}

/* Sum of -log p(class) at a temperature, and what draws that towards one. */
static double penalty(const double *z, const NnSamples *s, int classes, double log_t)
{
    double sum = log_t * log_t, *row = g_new(double, classes);
    for (int i = 0; i < s->n; i++) {
        for (int k = 0; k < classes; k++)
            row[k] = z[(size_t)i * classes + k] * exp(-log_t);
        double own = row[s->y[i]];
        sum += softmax(row, classes) - own;
    }
    g_free(row);
    return sum;
}

/* The logarithm of the best temperature: golden section, as the function has one minimum. */
static double best_log_t(const double *z, const NnSamples *s, int classes, double *least)
{
    const double golden = 0.6180339887498949;
    double lo = LOWEST_LOG_T, hi = HIGHEST_LOG_T;
    double a = hi - golden * (hi - lo), b = lo + golden * (hi - lo);
    double fa = penalty(z, s, classes, a), fb = penalty(z, s, classes, b);
    for (int i = 0; i < STEPS_LOG_T; i++) {
        if (fa < fb) {
            hi = b;
            b = a;
            fb = fa;
            a = hi - golden * (hi - lo);
            fa = penalty(z, s, classes, a);
        } else {
            lo = a;
            a = b;
            fa = fb;
            b = lo + golden * (hi - lo);
            fb = penalty(z, s, classes, b);
        }
    }
    *least = MIN(fa, fb);
    return (lo + hi) / 2;
}

double fit_surprise(const double *z, const NnSamples *samples, int n_classes)
{
    double least;
    best_log_t(z, samples, n_classes, &least);
    return least / samples->n;
}

void fit_temperature(NnHead *head, const NnSamples *samples)
{
    head->info.temperature = 1;
    if (samples->n == 0)
        return;
    int classes = head->info.n_classes;
    double *z = all_logits(head, samples), least;
    double t = exp(best_log_t(z, samples, classes, &least));
    g_free(z);
    for (size_t i = 0; i < (size_t)classes * (size_t)head->depth; i++)
        head->w[i] /= t;
    for (int k = 0; k < classes; k++)
        head->b[k] /= t;
    head->info.temperature = t;
}

/* ---- logistic regression ------------------------------------------------------------------ */

/* Each class the same sum of weights; n together. NULL if they are not to be balanced. */
static double *class_weights(const NnSamples *s, int n_classes, bool balance)
{
    if (!balance)
        return NULL;
    int *count = g_new0(int, n_classes);
    double *weight = g_new(double, s->n);
    for (int i = 0; i < s->n; i++)
        count[s->y[i]]++;
    for (int i = 0; i < s->n; i++)
        weight[i] = (double)s->n / n_classes / count[s->y[i]];
    g_free(count);
    return weight;
}

typedef struct {
    const NnHeadOptions *options;
    int trial, trials;
    bool stopped;
} Progress;

static bool report(void *data)
{
    Progress *p = data;
    if (p->options->progress &&
        !p->options->progress(p->options->data, (double)p->trial / p->trials))
        p->stopped = true;
    return !p->stopped;
}

void fit_softmax(NnHead *head, const NnSamples *train, const NnSamples *held,
                 const NnHeadOptions *options)
{
    int classes = head->info.n_classes;
    size_t weights = (size_t)classes * (size_t)head->depth;
    bool choose = !(options->strength > 0) && held->n >= 2 * classes;
    double fixed = options->strength > 0 ? options->strength : DEFAULT_STRENGTH;
    Progress progress = {options, 0, choose ? (int)G_N_ELEMENTS(strengths) : 1, false};
    Centred c = centre(train, head->depth);
    double *weight = class_weights(train, classes, options->balance);
    SoftmaxProblem problem = {.n = train->n,
                              .depth = head->depth,
                              .n_classes = classes,
                              .x = c.x,
                              .y = train->y,
                              .weight = weight,
                              .progress = report,
                              .data = &progress};
    SoftmaxSolver *solver = softmax_solver_new(&problem);
    double *w = g_new0(double, weights), *b = g_new0(double, classes), best = INFINITY;
    double *best_w = g_new(double, weights), *best_b = g_new(double, classes);
    for (; progress.trial < progress.trials && !progress.stopped; progress.trial++) {
        double strength = choose ? strengths[progress.trial] : fixed, least = 0;
        softmax_solve(solver, strength, w, b);
        uncentre(head, &c, w, b);
        if (choose) {
            double *z = all_logits(head, held);
            best_log_t(z, held, classes, &least);
            g_free(z);
        }
        if (least >= best)
            continue;
        best = least;
        head->info.strength = strength;
        memcpy(best_w, head->w, sizeof *best_w * weights);
        memcpy(best_b, head->b, sizeof *best_b * (size_t)classes);
    }
    memcpy(head->w, best_w, sizeof *best_w * weights);
    memcpy(head->b, best_b, sizeof *best_b * (size_t)classes);
    head->info.method = NN_HEAD_SOFTMAX;
    softmax_solver_free(solver);
    g_free(w);
    g_free(b);
    g_free(best_w);
    g_free(best_b);
    g_free(weight);
    g_free(c.mean);
    g_free(c.x);
}

/* ---- imprinting --------------------------------------------------------------------------- */

static double length(int n, const double *x)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* Directions count from the mean of all classes, which all features share a part of (Wang et al.
 * 2019, "SimpleShot"). The network has no way to give each picture's features length one; that it
 * divides by their mean length instead changes no decision, as all classes share it. */
void fit_imprint(NnHead *head, const NnSamples *train)
{
    int depth = head->depth, classes = head->info.n_classes, *count = g_new0(int, classes);
    double *row = g_new(double, depth), *mean = g_new0(double, depth), mean_length = 0;
    for (int i = 0; i < train->n; i++)
        count[train->y[i]]++;
    for (int i = 0; i < train->n; i++)
        for (int d = 0; d < depth; d++)
            mean[d] +=
                (double)train->x[(size_t)i * (size_t)depth + d] / count[train->y[i]] / classes;
    for (int i = 0; i < train->n; i++) {
        for (int d = 0; d < depth; d++)
            row[d] = (double)train->x[(size_t)i * (size_t)depth + d] - mean[d];
        double norm = length(depth, row);
        mean_length += norm / train->n;
        for (int d = 0; d < depth && norm > 0; d++)
            head->w[(size_t)train->y[i] * (size_t)depth + d] += row[d] / norm;
    }
    for (int k = 0; k < classes; k++) {
        double *w = head->w + (size_t)k * (size_t)depth, norm = length(depth, w);
        for (int d = 0; d < depth && norm > 0 && mean_length > 0; d++) {
            w[d] *= IMPRINT_SCALE / (norm * mean_length);
            head->b[k] -= w[d] * mean[d];
        }
    }
    head->info.method = NN_HEAD_IMPRINT;
    g_free(count);
    g_free(mean);
    g_free(row);
}
