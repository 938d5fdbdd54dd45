/* SPDX-License-Identifier: MIT */
/* judge.c - the whole frame has one smoother, each region that is followed has its own. */
#include "judge.h"
#include "regions.h"

/* The smoother's view of the scores. */
static guint describe(const Classifier *classifier, const Smoother *smoother,
                      const Settings *settings, ResultClass *shown, ResultClass *top)
{
    const gchar *unknown = settings->unknown_label != NULL ? settings->unknown_label : "";
    gint indices[RESULT_MAX_TOP];
    gfloat scores[RESULT_MAX_TOP];
    guint n = smoother_best(smoother, indices, scores, settings->top_k);

    shown->index = smoother_shown(smoother, &shown->confidence);
    shown->label = shown->index >= 0 ? classifier->names[shown->index] : unknown;
    for (guint i = 0; i < n; i++)
        top[i] = (ResultClass){indices[i], scores[i], classifier->names[indices[i]]};
    return n;
}

GstClockTime judge(Classifier *classifier, const Settings *settings, const Region *regions, guint n,
                   GstClockTime now, Result *result, gboolean *changed)
{
    const SmootherSettings *smoothing = &settings->smoother;
    GstClockTime cpu_time = 0;

    if (!result->by_region) {
        cpu_time = classifier_run(classifier, 0);
        *changed = smoother_push(classifier->smoother, classifier->scores, now, smoothing);
        result->n_top =
            describe(classifier, classifier->smoother, settings, &result->shown, result->top);
        return cpu_time;
    }
    for (guint i = 0; i < n; i++) {
        const Region *region = &regions[i];
        ResultRegion *out = &result->regions[i];
        Smoother *smoother = classifier_region_smoother(classifier, region);

        cpu_time += classifier_run(classifier, i);
        *changed |= smoother_push(smoother, classifier->scores, now, smoothing);
        *out = (ResultRegion){.x = region->x,
                              .y = region->y,
                              .w = region->w,
                              .h = region->h,
                              .type = region->type,
                              .id = region->id};
        out->n_top = describe(classifier, smoother, settings, &out->shown, out->top);
    }
    result->n_regions = n;
    regions_sum_up(result);
    return cpu_time;
}
