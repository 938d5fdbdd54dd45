/* SPDX-License-Identifier: MIT */
/* find.c - where models live: a name -> a path. */
#define _GNU_SOURCE /* dladdr */
#include "nn.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* The folder of the module (plugin or program) that this code is linked into. */
static char *module_dir(void)
{
    Dl_info info;
    if (!dladdr((void *)(uintptr_t)module_dir, &info) || !info.dli_fname)
        return NULL;
    return g_path_get_dirname(info.dli_fname);
}

static void add(GPtrArray *dirs, char *dir)
{
    if (dir)
        g_ptr_array_add(dirs, dir);
}

/* In order: MOBILENET_MODELS (a list like PATH), the user's, the system's, the build tree's. */
static GPtrArray *model_dirs(void)
{
    GPtrArray *dirs = g_ptr_array_new_with_free_func(g_free);
    const char *env = g_getenv("MOBILENET_MODELS");
    if (env) {
        char **list = g_strsplit(env, G_SEARCHPATH_SEPARATOR_S, -1);
        for (char **dir = list; *dir; dir++)
            if (**dir)
                add(dirs, g_strdup(*dir));
        g_strfreev(list);
    }
    add(dirs, g_build_filename(g_get_user_data_dir(), "gst-mobilenet", "models", NULL));
    add(dirs, g_strdup(NN_MODELS_DIR));
    for (const char *const *dir = g_get_system_data_dirs(); *dir; dir++)
        add(dirs, g_build_filename(*dir, "gst-mobilenet", "models", NULL));
    char *module = module_dir();
    if (module)
        add(dirs, g_build_filename(module, "..", "models", NULL));
    g_free(module);
    return dirs;
}

static char *find_in(const GPtrArray *dirs, const char *name)
{
    bool has_suffix = g_str_has_suffix(name, ".tflite");
    char *file = has_suffix ? g_strdup(name) : g_strconcat(name, ".tflite", NULL);
    char *path = NULL;
    for (guint i = 0; i < dirs->len && !path; i++) {
        path = g_build_filename(dirs->pdata[i], file, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
            g_clear_pointer(&path, g_free);
    }
    g_free(file);
    return path;
}

char *nn_model_find(const char *name, GError **error)
{
    /* Whatever looks like a path is one, and so is a file that is there. */
    if (name && *name && (strchr(name, G_DIR_SEPARATOR) || g_file_test(name, G_FILE_TEST_EXISTS)))
        return g_strdup(name);

    bool bundled = !name || !*name;
    GPtrArray *dirs = model_dirs();
    char *path = find_in(dirs, bundled ? NN_DEFAULT_MODEL : name);
    if (!path) {
        GString *looked = g_string_new(NULL);
        for (guint i = 0; i < dirs->len; i++)
            g_string_append_printf(looked, "%s%s", i ? ", " : "", (char *)dirs->pdata[i]);
        if (bundled)
            g_set_error(
                error, NN_ERROR, NN_ERROR_NOT_FOUND,
                "no model was named, and the bundled one (%s.tflite) is in none of %s; name "
                "a .tflite file, or install the bundled model",
                NN_DEFAULT_MODEL, looked->str);
        else
            g_set_error(error, NN_ERROR, NN_ERROR_NOT_FOUND,
                        "%s: no such file here, and no model of that name in %s", name,
                        looked->str);
        g_string_free(looked, TRUE);
    }
    g_ptr_array_free(dirs, TRUE);
    return path;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **nn_model_names(void)
{
    GPtrArray *dirs = model_dirs();
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < dirs->len; i++) {
        GDir *dir = g_dir_open(dirs->pdata[i], 0, NULL);
        const char *file;
        while (dir && (file = g_dir_read_name(dir))) {
            char *name = g_str_has_suffix(file, ".tflite")
                             ? g_strndup(file, strlen(file) - strlen(".tflite"))
                             : NULL;
            if (name && *name && !g_hash_table_contains(names, name))
                g_hash_table_add(names, name);
            else
                g_free(name);
        }
        if (dir)
            g_dir_close(dir);
    }
    guint n;
    char **list = (char **)g_hash_table_get_keys_as_array(names, &n);
    qsort(list, n, sizeof *list, compare_names);
    g_hash_table_unref(names);
    g_ptr_array_free(dirs, TRUE);
    return list;
}
