/* SPDX-License-Identifier: MIT */
/* ahead.c - a pool of threads that decode, and a table of what they have decoded. */
#include "ahead.h"

#define DECODERS 3 /* at a time: they wait more than they work */

/* A picture that is decoded, or about to be. */
typedef struct {
    char *path;
    Picture picture;
    GError *error;
    bool ready, ok;
} Wanted;

struct Ahead {
    GThreadPool *pool;
    GMutex lock;
    GCond done;
    GHashTable *wanted; /* path -> Wanted */
};

static void decode(void *data, void *user)
{
    Wanted *w = data;
    Ahead *a = user;
    GError *error = NULL;
    Picture picture;
    bool ok = picture_open(&picture, w->path, &error);
    g_mutex_lock(&a->lock);
    w->picture = picture;
    w->error = error;
    w->ok = ok;
    w->ready = true;
    g_cond_broadcast(&a->done);
    g_mutex_unlock(&a->lock);
}

static void wanted_free(void *data)
{
    Wanted *w = data;
    if (w->ok)
        picture_close(&w->picture);
    g_clear_error(&w->error);
    g_free(w->path);
    g_free(w);
}

Ahead *ahead_new(void)
{
    Ahead *a = g_new0(Ahead, 1);
    a->pool = g_thread_pool_new(decode, a, DECODERS, FALSE, NULL);
    a->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, wanted_free);
    g_mutex_init(&a->lock);
    g_cond_init(&a->done);
    return a;
}

void ahead_free(Ahead *a)
{
    if (!a)
        return;
    g_thread_pool_free(a->pool, FALSE, TRUE);
    g_hash_table_unref(a->wanted);
    g_mutex_clear(&a->lock);
    g_cond_clear(&a->done);
    g_free(a);
}

void ahead_want(Ahead *a, const char *path)
{
    if (g_hash_table_contains(a->wanted, path))
        return;
    Wanted *w = g_new0(Wanted, 1);
    w->path = g_strdup(path);
    g_hash_table_insert(a->wanted, w->path, w);
    g_thread_pool_push(a->pool, w, NULL);
}

bool ahead_open(Ahead *a, Picture *picture, const char *path, GError **error)
{
    Wanted *w = g_hash_table_lookup(a->wanted, path);
    if (!w)
        return picture_open(picture, path, error);
    g_mutex_lock(&a->lock);
    while (!w->ready)
        g_cond_wait(&a->done, &a->lock);
    g_mutex_unlock(&a->lock);
    bool ok = w->ok;
    if (ok)
        *picture = w->picture; /* whose it is from here on */
    else
        g_propagate_error(error, g_steal_pointer(&w->error));
    w->ok = false;
    g_hash_table_remove(a->wanted, path);
    return ok;
}

bool ahead_open_next(Ahead *a, Picture *picture, char *const *paths, int n, int i, GError **error)
{
    for (int k = i; k < MIN(i + AHEAD_PICTURES, n); k++)
        ahead_want(a, paths[k]);
    return ahead_open(a, picture, paths[i], error);
}
