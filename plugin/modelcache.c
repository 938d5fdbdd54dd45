/* SPDX-License-Identifier: MIT */
/* modelcache.c - a short list of models with the number of their users; a file is known by its
 * path, size, inode and time of change. */
#include <string.h>
#include <sys/stat.h>
#include <gio/gio.h>

#include "modelcache.h"

typedef struct {
    gchar *place;
    guint64 size, inode;
    gint64 seconds, nanoseconds; /* of the last change; all four 0 for resources */
    NnModel *model;
    guint users;
} Entry;

static GMutex lock; /* for entries; held while a model is read, so that two who want it share it */
static GPtrArray *entries;

static void entry_free(gpointer data)
{
    Entry *entry = data;

    nn_model_unref(entry->model);
    g_free(entry->place);
    g_free(entry);
}

static Entry *find(const Entry *like)
{
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        Entry *entry = g_ptr_array_index(entries, i);

        if (g_str_equal(entry->place, like->place) && entry->size == like->size &&
            entry->inode == like->inode && entry->seconds == like->seconds &&
            entry->nanoseconds == like->nanoseconds)
            return entry;
    }
    return NULL;
}

static void identify(Entry *entry)
{
    struct stat status;

    if (stat(entry->place, &status) != 0)
        return;
    entry->size = (guint64)status.st_size;
    entry->inode = (guint64)status.st_ino;
    entry->seconds = status.st_mtim.tv_sec;
    entry->nanoseconds = status.st_mtim.tv_nsec;
}

static NnModel *read_resource(const gchar *place, GError **error)
{
    const gchar *path = place + strlen(MODEL_CACHE_RESOURCE);
    GBytes *bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

    if (bytes == NULL) {
        g_set_error(error, NN_ERROR, NN_ERROR_NOT_FOUND,
                    "%s: no such resource is compiled into this program", place);
        return NULL;
    }
    NnModel *model = nn_model_new_from_bytes(bytes, error);
    g_bytes_unref(bytes);
    if (model == NULL)
        g_prefix_error(error, "%s: ", place);
    return model;
}

NnModel *model_cache_get(const gchar *model_file, gchar **place, GError **error)
{
    gboolean resource = model_file != NULL && g_str_has_prefix(model_file, MODEL_CACHE_RESOURCE);

    *place = resource ? g_strdup(model_file) : nn_model_find(model_file, error);
    if (*place == NULL)
        return NULL;

    Entry wanted = {.place = *place};
    if (!resource)
        identify(&wanted);
    g_mutex_lock(&lock);
    Entry *entry = find(&wanted);
    if (entry == NULL) {
        wanted.model =
            resource ? read_resource(*place, error) : nn_model_new_from_file(*place, error);
        if (wanted.model != NULL) {
            entry = g_memdup2(&wanted, sizeof wanted);
            entry->place = g_strdup(*place);
            if (entries == NULL)
                entries = g_ptr_array_new_with_free_func(entry_free);
            g_ptr_array_add(entries, entry);
        }
    }
    if (entry != NULL)
        entry->users++;
    NnModel *model = entry != NULL ? entry->model : NULL;
    g_mutex_unlock(&lock);
    return model;
}

void model_cache_release(NnModel *model)
{
    if (model == NULL)
        return;
    g_mutex_lock(&lock);
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = g_ptr_array_index(entries, i);

        if (entry->model == model && --entry->users == 0) {
            g_ptr_array_remove_index_fast(entries, i);
            break;
        }
    }
    if (entries->len == 0)
        g_clear_pointer(&entries, g_ptr_array_unref);
    g_mutex_unlock(&lock);
}
