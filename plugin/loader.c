/* SPDX-License-Identifier: MIT */
/* loader.c - a worker whose job is to free what is retired and to load what is wanted. */
#include "bus.h"
#include "loader.h"
#include "worker.h"

struct Loader {
    GstElement *element;
    Worker *worker;

    /* the streaming thread's while the worker is idle, else the worker's */
    Settings wanted;
    gboolean load;
    Classifier *loaded, *retired;
};

static void work(gpointer data)
{
    Loader *loader = data;
    GError *error = NULL;

    g_clear_pointer(&loader->retired, classifier_free);
    if (!loader->load)
        return;
    loader->load = FALSE;
    loader->loaded = classifier_new(&loader->wanted, &error);
    if (error != NULL) {
        GError *told =
            g_error_new(error->domain, error->code, "%s; the model in use stays", error->message);

        bus_post_warning(loader->element, told);
        g_error_free(told);
        g_error_free(error);
    }
}

void loader_follow(Loader *loader, const Settings *settings)
{
    if (!worker_idle(loader->worker) || loader->loaded != NULL ||
        settings->load_count == loader->wanted.load_count)
        return;
    loader->wanted = *settings;
    loader->load = TRUE;
    worker_submit(loader->worker);
}

gboolean loader_ready(Loader *loader)
{
    return worker_idle(loader->worker) && loader->loaded != NULL;
}

Classifier *loader_take(Loader *loader)
{
    return g_steal_pointer(&loader->loaded);
}

void loader_retire(Loader *loader, Classifier *classifier)
{
    loader->retired = classifier;
    worker_submit(loader->worker);
}

void loader_free(Loader *loader)
{
    if (loader == NULL)
        return;
    worker_free(loader->worker);
    classifier_free(loader->loaded);
    classifier_free(loader->retired);
    g_free(loader);
}

Loader *loader_new(GstElement *element, const Settings *in_use, GError **error)
{
    Loader *loader = g_new0(Loader, 1);

    loader->element = element;
    loader->wanted = *in_use;
    loader->worker = worker_new("mobilenet-load", work, loader, error);
    if (loader->worker == NULL)
        g_clear_pointer(&loader, loader_free);
    return loader;
}
