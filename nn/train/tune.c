/* SPDX-License-Identifier: MIT */
/* tune.c - fine-tuning: the head and the last blocks together, by stochastic gradient descent. */
#include "fit.h"
#include "softmax.h"

#include <math.h>
#include <string.h>

#define BATCH     16
#define MOMENTUM  0.9
#define HEAD_RATE 30.0 /* times the blocks' rate; on features of mean square length one */
#define MAX_NORM  1.0  /* of the blocks' gradient in one step: no single batch throws them off */

typedef struct {
    Grad *grad;
    int depth, classes;
    double *mean, scale;       /* features of mean square length one: (x - mean) * scale */
    double *w, *b;             /* on these */
    double *gw, *gb, *sw, *sb; /* gradients and speeds */
    double *z, *x;
    float *gx;
    const double *weight; /* of each class */
} Tune;

/* ---- one picture -------------------------------------------------------------------------- */

/* The loss; logits into z, probabilities into t->z. */
static double look(Tune *t, const float *in, int y, double *z)
{
    grad_forward(t->grad, in);
    const float *features = t->grad->value[t->grad->to];
    for (int d = 0; d < t->depth; d++)
        t->x[d] = ((double)features[d] - t->mean[d]) * t->scale;
    for (int k = 0; k < t->classes; k++) {
        const double *w = t->w + (size_t)k * (size_t)t->depth;
        t->z[k] = t->b[k];
        for (int d = 0; d < t->depth; d++)
            t->z[k] += w[d] * t->x[d];
    }
    if (z)
        memcpy(z, t->z, sizeof *z * (size_t)t->classes);
    double own = t->z[y];
    return softmax(t->z, t->classes) - own;
}

static double learn(Tune *t, const float *in, int y, double share)
{
    double loss = look(t, in, y, NULL);
    memset(t->gx, 0, sizeof *t->gx * (size_t)t->depth);
    for (int k = 0; k < t->classes; k++) {
        double slope = (t->z[k] - (k == y)) * t->weight[y] * share;
        size_t row = (size_t)k * (size_t)t->depth;
        t->gb[k] += slope;
        for (int d = 0; d < t->depth; d++) {
            t->gw[row + d] += slope * t->x[d];
            t->gx[d] += (float)(slope * t->w[row + d] * t->scale);
        }
    }
    grad_backward(t->grad, t->gx);
    return loss;
}

/* ---- one step ----------------------------------------------------------------------------- */

static void step_head(Tune *t, double rate, double decay)
{
    for (size_t i = 0; i < (size_t)t->classes * (size_t)t->depth; i++) {
        t->sw[i] = MOMENTUM * t->sw[i] + t->gw[i] + decay * t->w[i];
        t->w[i] -= rate * t->sw[i];
        t->gw[i] = 0;
    }
    for (int k = 0; k < t->classes; k++) {
        t->sb[k] = MOMENTUM * t->sb[k] + t->gb[k];
        t->b[k] -= rate * t->sb[k];
        t->gb[k] = 0;
    }
}

static void step_blocks(Tune *t, double rate, double decay)
{
    GArray *params = t->grad->params;
    double square = 0;
    for (guint i = 0; i < params->len; i++) {
        const GradParam *p = &g_array_index(params, GradParam, i);
        for (size_t k = 0; k < p->n; k++)
            square += (double)p->gradient[k] * (double)p->gradient[k];
    }
    float shrink = (float)(square > MAX_NORM * MAX_NORM ? MAX_NORM / sqrt(square) : 1);
    for (guint i = 0; i < params->len; i++) {
        GradParam *p = &g_array_index(params, GradParam, i);
        float fade = p->bias ? 0 : (float)decay;
        for (size_t k = 0; k < p->n; k++) {
            p->speed[k] =
                (float)MOMENTUM * p->speed[k] + shrink * p->gradient[k] + fade * p->value[k];
            p->value[k] -= (float)rate * p->speed[k];
            p->gradient[k] = 0;
        }
    }
}

/* Half a cosine from rate to 0 over all steps (Loshchilov and Hutter 2017). */
static double cosine(double rate, int step, int steps)
{
    return rate * (1 + cos(G_PI * step / steps)) / 2;
}

/* ---- epochs ------------------------------------------------------------------------------- */

static void shuffle(int *order, int n, uint32_t *seed)
{
    for (int i = n - 1; i > 0; i--) {
        *seed = *seed * 1664525u + 1013904223u;
        int k = (int)((*seed >> 8) % (uint32_t)(i + 1)), keep = order[i];
        order[i] = order[k];
        order[k] = keep;
    }
}

/* How good the weights are on some pictures. */
typedef struct {
    double loss, surprise; /* mean, before and after calibrating the temperature */
    double accuracy;
} Verdict;

static Verdict judge(Tune *t, const NnSamples *s)
{
    size_t size = grad_elements(t->grad->graph, t->grad->from);
    double *z = g_new(double, (size_t)s->n *(size_t)t->classes + 1);
    Verdict v = {0};
    for (int i = 0; i < s->n; i++) {
        double *row = z + (size_t)i * (size_t)t->classes;
        v.loss += look(t, s->x + (size_t)i * size, s->y[i], row) / s->n;
        int best = 0;
        for (int k = 1; k < t->classes; k++)
            best = row[k] > row[best] ? k : best;
        v.accuracy += (double)(best == s->y[i]) / s->n;
    }
    if (s->n)
        v.surprise = fit_surprise(z, s, t->classes);
    g_free(z);
    return v;
}

/* Everything that is learnt, in one block, to go back to. */
static size_t state_size(const Tune *t)
{
    size_t n = ((size_t)t->classes * (size_t)t->depth + (size_t)t->classes) * sizeof(double);
    for (guint i = 0; i < t->grad->params->len; i++)
        n += g_array_index(t->grad->params, GradParam, i).n * sizeof(float);
    return n;
}

static void copy_state(Tune *t, uint8_t *block, bool back)
{
    struct {
        void *data;
        size_t bytes;
    } part[2] = {{t->w, (size_t)t->classes * (size_t)t->depth * sizeof(double)},
                 {t->b, (size_t)t->classes * sizeof(double)}};
    for (guint i = 0; i < 2 + t->grad->params->len; i++) {
        GradParam *p = i < 2 ? NULL : &g_array_index(t->grad->params, GradParam, i - 2);
        void *data = p ? p->value : part[i].data;
        size_t bytes = p ? p->n * sizeof(float) : part[i].bytes;
        memcpy(back ? data : block, back ? block : data, bytes);
        block += bytes;
    }
}

/* False: stopped. loss: the mean over the epoch. */
static bool run_epoch(Tune *t, const NnSamples *s, const int *order, const NnTuneOptions *o,
                      int epoch, double *loss)
{
    size_t size = grad_elements(t->grad->graph, t->grad->from);
    int batches = (s->n + BATCH - 1) / BATCH, steps = o->epochs * batches;
    *loss = 0;
    for (int batch = 0; batch < batches; batch++) {
        int first = batch * BATCH, n = MIN(BATCH, s->n - first);
        for (int i = first; i < first + n; i++)
            *loss += learn(t, s->x + (size_t)order[i] * size, s->y[order[i]], 1.0 / n) / s->n;
        int done = epoch * batches + batch;
        double rate = cosine(o->rate, done, steps);
        step_head(t, HEAD_RATE * rate, o->decay);
        step_blocks(t, rate, o->decay);
        if (o->step && !o->step(o->data, (double)(done + 1) / steps))
            return false;
    }
    return true;
}

static void run(Tune *t, const NnSamples *train, const NnSamples *held, const NnTuneOptions *o)
{
    uint8_t *best = g_malloc(state_size(t));
    int *order = g_new(int, train->n);
    uint32_t seed = o->seed;
    for (int i = 0; i < train->n; i++)
        order[i] = i;
    const Verdict start = judge(t, held);
    double least = start.surprise, loss;
    copy_state(t, best, false);
    bool going = !o->progress || o->progress(o->data, 0, judge(t, train).loss, start.accuracy);
    for (int epoch = 0; epoch < o->epochs && going; epoch++) {
        shuffle(order, train->n, &seed);
        if (!run_epoch(t, train, order, o, epoch, &loss))
            break;
        const Verdict now = judge(t, held);
        /* Likelihood is the steadier guide, accuracy what is promised. */
        if (held->n == 0 || (now.surprise < least && now.accuracy >= start.accuracy)) {
            least = now.surprise;
            copy_state(t, best, false);
        }
        going = !o->progress || o->progress(o->data, epoch + 1, loss, now.accuracy);
    }
    copy_state(t, best, true);
    g_free(best);
    g_free(order);
}

/* ---- before and after --------------------------------------------------------------------- */

/* Features of all rows by the blocks as they are now. */
static NnSamples features_of(Grad *grad, const NnSamples *s, int depth)
{
    size_t size = grad_elements(grad->graph, grad->from);
    float *x = g_new(float, (size_t)s->n *(size_t)depth + 1);
    for (int i = 0; i < s->n; i++) {
        grad_forward(grad, s->x + (size_t)i * size);
        memcpy(x + (size_t)i * (size_t)depth, grad->value[grad->to], sizeof *x * (size_t)depth);
    }
    return (NnSamples){s->n, x, s->y};
}

static void begin(Tune *t, const NnHead *start, const NnSamples *train)
{
    NnSamples s = features_of(t->grad, train, t->depth);
    double square = 0;
    for (size_t i = 0; i < (size_t)s.n * (size_t)t->depth; i++)
        t->mean[i % (size_t)t->depth] += (double)s.x[i] / s.n;
    for (size_t i = 0; i < (size_t)s.n * (size_t)t->depth; i++) {
        double off = (double)s.x[i] - t->mean[i % (size_t)t->depth];
        square += off * off / s.n;
    }
    t->scale = square > 0 ? 1 / sqrt(square) : 1;
    for (int k = 0; k < t->classes; k++) {
        t->b[k] = start->b[k];
        for (int d = 0; d < t->depth; d++) {
            size_t at = (size_t)k * (size_t)t->depth + d;
            t->w[at] = start->w[at] / t->scale;
            t->b[k] += start->w[at] * t->mean[d];
        }
    }
    g_free((void *)s.x);
}

static NnHead *finish(Tune *t, const NnHead *start, const NnSamples *train, const NnSamples *held,
                      const NnHeadOptions *options)
{
    NnHead *head = head_alloc(start->model, t->classes);
    for (int k = 0; k < t->classes; k++) {
        head->b[k] = t->b[k];
        for (int d = 0; d < t->depth; d++) {
            size_t at = (size_t)k * (size_t)t->depth + d;
            head->w[at] = t->w[at] * t->scale;
            head->b[k] -= head->w[at] * t->mean[d];
        }
    }
    head->info.method = start->info.method;
    head->info.strength = start->info.strength;
    NnSamples seen = features_of(t->grad, train, t->depth);
    NnSamples judged = features_of(t->grad, held, t->depth);
    head_calibrate(head, &seen, &judged, options);
    head->tuned = t->grad;
    head->info.is_tuned = true;
    g_free((void *)seen.x);
    g_free((void *)judged.x);
    return head;
}

/* Weights that the file holds in another form cannot be put back. */
static bool can_be_written(const NnModel *model, const Grad *grad, GError **error)
{
    gsize size;
    const uint8_t *file = g_bytes_get_data(model->bytes, &size);
    for (guint i = 0; i < grad->params->len; i++) {
        const GraphTensor *t =
            &grad->graph->tensors[g_array_index(grad->params, GradParam, i).tensor];
        const uint8_t *data = t->data;
        if (data < file || data >= file + size) {
            g_set_error(error, NN_ERROR, NN_ERROR_UNSUPPORTED,
                        "weights \"%s\" are not float32 in the file: cannot be fine-tuned",
                        t->name);
            return false;
        }
    }
    return true;
}

NnHead *nn_head_tune(const NnHead *start, const NnSamples *train, const NnSamples *held_out,
                     const NnHeadOptions *options, const NnTuneOptions *tune, GError **error)
{
    const NnHeadOptions defaults = NN_HEAD_OPTIONS_INIT;
    const NnTuneOptions tune_defaults = NN_TUNE_OPTIONS_INIT;
    const NnSamples none = {0};
    NnGraph *graph = start->model->graph;
    if (!tune)
        tune = &tune_defaults;
    if (!held_out)
        held_out = &none;
    int from = graph_block_input(graph, tune->blocks);
    if (from < 0 || train->n == 0 || tune->epochs < 1 || !(tune->rate > 0)) {
        g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT,
                    from < 0 ? "the model has not %d blocks to fine-tune"
                             : "fine-tuning %d blocks needs pictures, epochs and a rate over 0",
                    tune->blocks);
        return NULL;
    }
    Grad *grad = grad_new(graph, from, graph->embedding, error);
    if (!grad || !can_be_written(start->model, grad, error)) {
        grad_free(grad);
        return NULL;
    }
    int classes = start->info.n_classes, depth = start->depth;
    size_t weights = (size_t)classes * (size_t)depth;
    double *block =
        g_new0(double, 3 * (weights + (size_t)classes) + 2 * (size_t)depth + 2 * (size_t)classes);
    Tune t = {.grad = grad, .depth = depth, .classes = classes, .w = block};
    t.gw = t.w + weights;
    t.sw = t.gw + weights;
    t.b = t.sw + weights;
    t.gb = t.b + classes;
    t.sb = t.gb + classes;
    t.mean = t.sb + classes;
    t.x = t.mean + depth;
    t.z = t.x + depth;
    double *weight = t.z + classes;
    t.gx = g_new(float, depth);
    for (int i = 0; i < train->n; i++)
        weight[train->y[i]]++;
    for (int k = 0; k < classes; k++)
        weight[k] =
            !options || options->balance ? (double)train->n / classes / MAX(weight[k], 1) : 1;
    t.weight = weight;
    begin(&t, start, train);
    run(&t, train, held_out, tune);
    NnHead *head = finish(&t, start, train, held_out, options ? options : &defaults);
    g_free(block);
    g_free(t.gx);
    return head;
}

void nn_head_tuned_features(NnHead *head, const float *in, float *features)
{
    g_return_if_fail(head->tuned);
    grad_forward(head->tuned, in);
    memcpy(features, head->tuned->value[head->tuned->to], sizeof *features * (size_t)head->depth);
}
