/* SPDX-License-Identifier: MIT */
/* judge.h - from pictures in a classifier to what is shown: the net runs, the smoothers decide. */
#ifndef JUDGE_H
#define JUDGE_H

#include "classifier.h"
#include "resultmeta.h"
#include "settings.h"

G_BEGIN_DECLS

/* Runs the net on the picture, or if result->by_region on those of the n regions, and fills in what
 * they show and their best classes. now, ns, is what labels are held by. changed: whether a label
 * is another one. Returns the CPU time. The thread's that has the classifier. */
GstClockTime judge(Classifier *classifier, const Settings *settings, const Region *regions, guint n,
                   GstClockTime now, Result *result, gboolean *changed);

G_END_DECLS

#endif
