/* SPDX-License-Identifier: MIT */
/* head.c - a new top for a model: checks samples, has the parts fitted, tells classes. */
#include "head.h"

#include "fit.h"
#include "softmax.h"

#include <math.h>
#include <string.h>

/* ---- ranges ------------------------------------------------------------------------------- */

static void widen(HeadRange *range, double x)
{
    range->lo = MIN(range->lo, x);
    range->hi = MAX(range->hi, x);
}

/* The lowest and highest of everything that the network will compute. */
static void find_ranges(NnHead *head, const NnSamples *s)
{
    int classes = head->info.n_classes;
    double *z = g_new(double, classes), *distances = g_new(double, classes);
    for (int i = 0; i < s->n; i++) {
        const float *x = s->x + (size_t)i * (size_t)head->depth;
        head_logits(head, x, z);
        double top = z[0];
        for (int k = 0; k < classes; k++) {
            widen(&head->logits, z[k]);
            top = MAX(top, z[k]);
        }
        widen(&head->tops, top);
        if (!head->info.has_unknown)
            continue;
        unknown_distances(head, x, distances);
        double q = 0;
        for (int d = 0; d < head->depth; d++)
            q += head->c[d] * unknown_square(head, (double)x[d] - head->centre[d]);
        widen(&head->shared, q);
        for (int k = 0; k < classes; k++)
            widen(&head->means, q - distances[k]);
    }
    g_free(z);
    g_free(distances);
}

static void reset_ranges(NnHead *head)
{
    const HeadRange none = {INFINITY, -INFINITY};
    head->logits = head->tops = head->shared = head->means = none;
}

/* ---- samples ------------------------------------------------------------------------------ */

static bool check_samples(const NnSamples *s, const char *what, int n_classes, int depth,
                          GError **error)
{
    for (int i = 0; i < s->n; i++) {
        if (s->y[i] < 0 || s->y[i] >= n_classes) {
            g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT, "%s picture %d is of class %d; 0...%d",
                        what, i, s->y[i], n_classes - 1);
            return false;
        }
        for (int d = 0; d < depth; d++)
            if (!isfinite(s->x[(size_t)i * (size_t)depth + d])) {
                g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT,
                            "feature %d of %s picture %d is no number", d, what, i);
                return false;
            }
    }
    return true;
}

/* The most pictures a class has, 0 and error if some class has none. */
static int most_of_a_class(const NnSamples *train, int n_classes, GError **error)
{
    int *count = g_new0(int, n_classes), most = 0;
    for (int i = 0; i < train->n; i++) {
        count[train->y[i]]++;
        most = MAX(most, count[train->y[i]]);
    }
    for (int k = 0; k < n_classes && most; k++) {
        if (count[k])
            continue;
        g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT, "class %d has no picture to learn from", k);
        most = 0;
    }
    g_free(count);
    return most;
}

/* ------------------------------------------------------------------------------------------- */

NnHead *head_alloc(NnModel *model, int n_classes)
{
    int depth = nn_model_embedding_size(model);
    size_t weights = (size_t)n_classes * (size_t)depth;
    NnHead *head = g_new0(NnHead, 1);
    head->model = nn_model_ref(model);
    head->depth = depth;
    head->info.n_classes = n_classes;
    head->info.temperature = 1;
    head->w = g_new0(double, weights);
    head->b = g_new0(double, n_classes);
    head->centre = g_new0(double, depth);
    head->c = g_new0(double, depth);
    head->v = g_new0(double, weights);
    head->o = g_new0(double, n_classes);
    return head;
}

void head_calibrate(NnHead *head, const NnSamples *train, const NnSamples *held,
                    const NnHeadOptions *options)
{
    fit_temperature(head, held);
    unknown_centre(head, train);
    if (options->unknown > 0)
        fit_unknown(head, train, held, options->unknown);
    reset_ranges(head);
    find_ranges(head, train);
    find_ranges(head, held);
}

NnHead *nn_head_new(NnModel *model, int n_classes, const NnSamples *train,
                    const NnSamples *held_out, const NnHeadOptions *options, GError **error)
{
    const NnHeadOptions defaults = NN_HEAD_OPTIONS_INIT;
    const NnSamples none = {0};
    if (!options)
        options = &defaults;
    if (!held_out)
        held_out = &none;
    int depth = nn_model_embedding_size(model);
    if (depth == 0 || n_classes < 2 || train->n == 0) {
        g_set_error_literal(error, NN_ERROR, NN_ERROR_ARGUMENT,
                            depth == 0 ? "the model has no features to learn from: nothing in it "
                                         "describes the picture as a whole"
                            : n_classes < 2
                                ? "one class leaves nothing to tell apart: two are needed"
                                : "there is no picture to learn from");
        return NULL;
    }
    if (!check_samples(train, "training", n_classes, depth, error) ||
        !check_samples(held_out, "held-out", n_classes, depth, error))
        return NULL;
    int most = most_of_a_class(train, n_classes, error);
    if (!most)
        return NULL;

    NnHead *head = head_alloc(model, n_classes);
    if (options->method == NN_HEAD_IMPRINT || (options->method == NN_HEAD_AUTO && most == 1))
        fit_imprint(head, train);
    else
        fit_softmax(head, train, held_out, options);
    head_calibrate(head, train, held_out, options);
    return head;
}

void nn_head_free(NnHead *head)
{
    if (!head)
        return;
    grad_free(head->tuned);
    nn_model_unref(head->model);
    g_free(head->w);
    g_free(head->b);
    g_free(head->centre);
    g_free(head->c);
    g_free(head->v);
    g_free(head->o);
    g_free(head);
}

void nn_head_info(const NnHead *head, NnHeadInfo *info)
{
    *info = head->info;
}

void nn_head_scores(const NnHead *head, const float *x, float *scores, double *distance)
{
    int classes = head->info.n_classes, outputs = classes + head->info.has_unknown;
    double *z = g_new(double, 2 * classes + 1), *distances = z + classes + 1;
    head_logits(head, x, z);
    double top = z[0], near = 0;
    for (int k = 1; k < classes; k++)
        top = MAX(top, z[k]);
    if (head->info.has_unknown) {
        near = distances[unknown_distances(head, x, distances)];
        z[classes] = top + near - head->far;
    }
    if (distance)
        *distance = head->info.has_unknown ? near / head->far : 0;
    softmax(z, outputs);
    for (int k = 0; k < outputs; k++)
        scores[k] = (float)z[k];
    g_free(z);
}

char *nn_model_digest(const NnModel *model)
{
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, model->bytes);
}
