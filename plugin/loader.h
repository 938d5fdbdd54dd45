/* SPDX-License-Identifier: MIT */
/* loader.h - loads a model aside while another one is in use, and takes the old one away, so that
 * the streaming thread never waits for either. The functions are the streaming thread's. */
#ifndef LOADER_H
#define LOADER_H

#include "classifier.h"
#include "settings.h"

G_BEGIN_DECLS

typedef struct Loader Loader;

/* in_use: the settings that the classifier in use was made with. Failures to load are posted as
 * warnings of element. NULL and error if there are no threads left. */
Loader *loader_new(GstElement *element, const Settings *in_use, GError **error);

/* Waits for the load under way; NULL is fine. */
void loader_free(Loader *loader);

/* Starts loading if model, labels, threads or precision are others than those loaded last, and no
 * load is under way. */
void loader_follow(Loader *loader, const Settings *settings);

/* Whether a classifier is ready, and the classifier, which is the caller's. */
gboolean loader_ready(Loader *loader);
Classifier *loader_take(Loader *loader);

/* Frees a classifier aside; only after loader_take(), before loader_follow(). */
void loader_retire(Loader *loader, Classifier *classifier);

G_END_DECLS

#endif
