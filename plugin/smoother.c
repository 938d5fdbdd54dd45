/* SPDX-License-Identifier: MIT */
/* smoother.c - an exponential average per class, and a label that does not flicker. */
#include <string.h>

#include "smoother.h"

struct Smoother {
    guint n_classes;
    guint64 n_pushed;
    const guint8 *allowed;  /* NULL: all */
    gint shown;             /* -1: none */
    GstClockTime last_good; /* when the shown class last deserved it */
    gfloat average[];
};

static gboolean may_show(const Smoother *smoother, gint class)
{
    return smoother->allowed == NULL || smoother->allowed[class] != 0;
}

/* -1 if none is allowed. */
static gint best_class(const Smoother *smoother)
{
    gint best = -1;

    for (gint i = 0; i < (gint)smoother->n_classes; i++) {
        if (may_show(smoother, i) && (best < 0 || smoother->average[i] > smoother->average[best]))
            best = i;
    }
    return best;
}

static void average(Smoother *smoother, const gfloat *scores, gfloat smoothing)
{
    gfloat past = smoother->n_pushed == 0 ? 0.0f : smoothing;

    for (guint i = 0; i < smoother->n_classes; i++)
        smoother->average[i] = past * smoother->average[i] + (1.0f - past) * scores[i];
    smoother->n_pushed++;
}

void smoother_allow(Smoother *smoother, const guint8 *allowed)
{
    smoother->allowed = allowed;
}

void smoother_reset(Smoother *smoother)
{
    smoother->n_pushed = 0;
    smoother->shown = -1;
    memset(smoother->average, 0, smoother->n_classes * sizeof smoother->average[0]);
}

gboolean smoother_push(Smoother *smoother, const gfloat *scores, GstClockTime now,
                       const SmootherSettings *settings)
{
    gint before = smoother->shown;

    average(smoother, scores, settings->smoothing);

    gint best = best_class(smoother);
    gfloat best_score = best >= 0 ? smoother->average[best] : 0.0f;
    gboolean enters = best >= 0 && best_score >= settings->threshold;

    if (before < 0 || !may_show(smoother, before)) {
        smoother->shown = -1;
        if (enters)
            smoother->shown = best;
    } else {
        gfloat score = smoother->average[before];
        gboolean stays = score >= settings->threshold - settings->hysteresis;
        gboolean beaten = enters && (!stays || best_score > score + settings->hysteresis);

        if (stays)
            smoother->last_good = now;
        if (beaten)
            smoother->shown = best;
        else if (!stays && now > smoother->last_good + settings->hold)
            smoother->shown = -1;
    }
    if (smoother->shown != before)
        smoother->last_good = now;
    return smoother->shown != before;
}

gint smoother_shown(const Smoother *smoother, gfloat *score)
{
    *score = smoother->shown < 0 ? 0.0f : smoother->average[smoother->shown];
    return smoother->shown;
}

guint smoother_best(const Smoother *smoother, gint *indices, gfloat *scores, guint k)
{
    guint n = 0;

    if (smoother->n_pushed == 0)
        return 0;
    for (guint i = 0; i < smoother->n_classes; i++) {
        gfloat score = smoother->average[i];
        guint at = n;

        if (!may_show(smoother, (gint)i))
            continue;

        /* insertion into a list of at most k; equals stay behind, so the lower index is first */
        while (at > 0 && score > scores[at - 1])
            at--;
        if (at == k)
            continue;
        if (n < k)
            n++;
        memmove(&scores[at + 1], &scores[at], (n - 1 - at) * sizeof *scores);
        memmove(&indices[at + 1], &indices[at], (n - 1 - at) * sizeof *indices);
        scores[at] = score;
        indices[at] = (gint)i;
    }
    return n;
}

void smoother_free(Smoother *smoother)
{
    g_free(smoother);
}

Smoother *smoother_new(guint n_classes)
{
    Smoother *smoother = g_malloc0(sizeof *smoother + n_classes * sizeof smoother->average[0]);

    smoother->n_classes = n_classes;
    smoother->shown = -1;
    return smoother;
}
