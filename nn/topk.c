/* SPDX-License-Identifier: MIT */
/* topk.c - output tensor -> probabilities, and the k best of them. */
#include "net.h"

#include <math.h>

/* Raw values as real numbers; with logits, exp(x - max) / sum turns them into probabilities. */
typedef struct {
    const void *data;
    NnType type;
    int n;
    float scale;
    int zero;
    bool logits;
    float max, sum;
} Scores;

static float raw_value(const Scores *s, int i)
{
    switch (s->type) {
    case NN_U8:
        return s->scale * (float)(((const uint8_t *)s->data)[i] - s->zero);
    case NN_S8:
        return s->scale * (float)(((const int8_t *)s->data)[i] - s->zero);
    default:
        return ((const float *)s->data)[i];
    }
}

static Scores scores_of(const NnNet *net)
{
    const NnTensorInfo *out = &net->model->output;
    Scores s = {.data = nn_net_output(net),
                .type = out->type,
                .n = net->model->n_classes,
                .scale = out->scale,
                .zero = out->zero,
                .logits = !net->model->output_is_probability};
    if (!s.logits)
        return s;
    s.max = raw_value(&s, 0);
    for (int i = 1; i < s.n; i++)
        s.max = fmaxf(s.max, raw_value(&s, i));
    for (int i = 0; i < s.n; i++)
        s.sum += expf(raw_value(&s, i) - s.max);
    return s;
}

static float score(const Scores *s, int i)
{
    float x = raw_value(s, i);
    return s->logits ? expf(x - s->max) / s->sum : x;
}

void nn_net_scores(const NnNet *net, float *scores)
{
    Scores s = scores_of(net);
    for (int i = 0; i < s.n; i++)
        scores[i] = score(&s, i);
}

int nn_net_topk(const NnNet *net, NnClass *best, int k)
{
    Scores s = scores_of(net);
    int n = 0;
    for (int i = 0; i < s.n; i++) {
        float x = score(&s, i);
        if (n == k && !(n && x > best[n - 1].confidence))
            continue;
        int at = n < k ? n++ : n - 1;
        for (; at > 0 && x > best[at - 1].confidence; at--)
            best[at] = best[at - 1];
        best[at] = (NnClass){.index = i, .confidence = x};
    }
    return n;
}
