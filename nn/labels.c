/* SPDX-License-Identifier: MIT */
/* labels.c - finds the labels of a model and makes them fit its classes. */
#include "nn.h"
#include "labels_text.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAX_FILE    ((goffset)16 << 20)
#define MAX_CLASSES (1 << 20) /* that get a name of their own */

struct NnLabels {
    int n;        /* classes */
    char **names; /* one a class: from the file, or "class 17" */
    bool *named;  /* one a class: it is from the file */
    char **wnids; /* one a class, or NULL */
    char *source;
    char *warning; /* or NULL */
};

/* ---- reading ------------------------------------------------------------------------------ */

/* The bytes of a regular file of reasonable size. */
static char *load_file(const char *path, gsize *size, GError **error)
{
    char *bytes = NULL;
    GError *why = NULL;
    GStatBuf status;
    if (g_stat(path, &status) == 0) {
        if (!S_ISREG(status.st_mode)) {
            g_set_error(error, NN_ERROR, NN_ERROR_OPEN, "%s: not a file", path);
            return NULL;
        }
        if (status.st_size > MAX_FILE) {
            g_set_error(error, NN_ERROR, NN_ERROR_FORMAT, "%s: too big for a label file", path);
            return NULL;
        }
    }
    if (!g_file_get_contents(path, &bytes, size, &why)) {
        bool missing = g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        g_set_error(error, NN_ERROR, missing ? NN_ERROR_NOT_FOUND : NN_ERROR_OPEN, "%s: %s", path,
                    missing ? "no such file" : why->message);
        g_error_free(why);
    }
    return bytes;
}

static GPtrArray *read_file(const char *path, int n_classes, GError **error)
{
    gsize size;
    char *bytes = load_file(path, &size, error);
    if (!bytes)
        return NULL;
    char *text = labels_decode(bytes, size);
    g_free(bytes);
    if (!text) {
        g_set_error(error, NN_ERROR, NN_ERROR_FORMAT,
                    "%s: this is not a text file; labels are one name a line", path);
        return NULL;
    }
    GPtrArray *names = labels_parse(text, n_classes);
    g_free(text);
    if (names->len == 0) {
        g_set_error(error, NN_ERROR, NN_ERROR_FORMAT, "%s: holds not a single label", path);
        g_clear_pointer(&names, g_ptr_array_unref);
    }
    return names;
}

static GPtrArray *read_inside(const NnModel *model, int n_classes)
{
    const char *const *lines = nn_model_labels(model);
    if (!lines)
        return NULL;
    char *text = g_strjoinv("\n", (char **)lines);
    GPtrArray *names = labels_parse(text, n_classes);
    g_free(text);
    if (names->len == 0)
        g_clear_pointer(&names, g_ptr_array_unref);
    return names;
}

/* ---- fitting names to classes ------------------------------------------------------------- */

static bool is_background(const char *name)
{
    static const char *const names[] = {"background", "???", "dummy", "unknown", "unused"};
    if (!name)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

/* One more or less: a background class at index 0 that only one side counts. */
static bool fit(GPtrArray *names, int n_classes)
{
    int n = (int)names->len;
    if (n + 1 == n_classes)
        g_ptr_array_insert(names, 0, g_strdup("background"));
    else if (n == n_classes + 1 && is_background(names->pdata[0]))
        g_ptr_array_remove_index(names, 0);
    return (int)names->len == n_classes;
}

static char *mismatch_text(const char *source, guint n, int n_classes)
{
    return g_strdup_printf("%s: %u labels for a model of %d classes; %s", source, n, n_classes,
                           (int)n < n_classes ? "classes without a label show their number"
                                              : "the labels that are too many are not used");
}

static NnLabels *make(GPtrArray *names, int n_classes, const char *source, char *warning)
{
    NnLabels *labels = g_new0(NnLabels, 1);
    labels->n = MIN(n_classes, MAX_CLASSES);
    labels->names = g_new0(char *, (size_t)labels->n + 1);
    labels->named = g_new0(bool, (size_t)labels->n);
    labels->source = g_strdup(source);
    labels->warning = warning;
    for (int i = 0; i < labels->n; i++) {
        const char *name = names && i < (int)names->len ? names->pdata[i] : NULL;
        labels->named[i] = name != NULL;
        labels->names[i] = name ? g_strdup(name) : g_strdup_printf("class %d", i);
    }
    return labels;
}

/* Takes names. */
static NnLabels *make_fitting(GPtrArray *names, int n_classes, const char *source)
{
    guint n = names->len;
    char *warning = fit(names, n_classes) ? NULL : mismatch_text(source, n, n_classes);
    NnLabels *labels = make(names, n_classes, source, warning);
    g_ptr_array_unref(names);
    return labels;
}

/* ---- beside the model --------------------------------------------------------------------- */

/* Names that say which model they are for come first; the others may be another model's, so they
 * must fit. */
static NnLabels *find_beside(const char *model_path, int n_classes)
{
    static const char *const patterns[] = {"%s.txt", "%s_labels.txt", "%s.labels", "labels.txt",
                                           "dict.txt"};
    char *folder = g_path_get_dirname(model_path), *stem = g_path_get_basename(model_path);
    char *dot = strrchr(stem, '.'), *warning = NULL;
    NnLabels *labels = NULL;
    if (dot && dot != stem)
        *dot = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(patterns) && !labels; i++) {
        bool own = g_str_has_prefix(patterns[i], "%s");
        char *base = own ? g_strconcat(stem, patterns[i] + 2, NULL) : g_strdup(patterns[i]);
        char *path = g_build_filename(folder, base, NULL);
        GPtrArray *names = read_file(path, n_classes, NULL);
        bool near = names && ABS((int)names->len - n_classes) <= 1;
        if (names && (own || near)) {
            labels = make_fitting(g_steal_pointer(&names), n_classes, path);
        } else if (names && !warning) {
            warning = g_strdup_printf("%s: not used, %u labels for a model of %d classes", path,
                                      names->len, n_classes);
        }
        g_clear_pointer(&names, g_ptr_array_unref);
        g_free(base);
        g_free(path);
    }
    g_free(folder);
    g_free(stem);
    if (labels)
        g_free(warning);
    return labels ? labels : make(NULL, n_classes, "none", warning);
}

/* ---- public ------------------------------------------------------------------------------- */

static NnLabels *find_labels(const NnModel *model, const char *path, GError **error)
{
    int n_classes = nn_model_n_classes(model);
    if (path) {
        GPtrArray *names = read_file(path, n_classes, error);
        return names ? make_fitting(names, n_classes, path) : NULL;
    }
    GPtrArray *inside = read_inside(model, n_classes);
    if (inside)
        return make_fitting(inside, n_classes, "inside the model");
    const char *model_path = nn_model_path(model);
    return model_path ? find_beside(model_path, n_classes) : make(NULL, n_classes, "none", NULL);
}

NnLabels *nn_labels_new(const NnModel *model, const char *path, GError **error)
{
    g_return_val_if_fail(model, NULL);
    NnLabels *labels = find_labels(model, path, error);
    if (labels)
        labels->wnids = g_strdupv((char **)nn_model_wnids(model));
    return labels;
}

void nn_labels_free(NnLabels *labels)
{
    if (!labels)
        return;
    g_strfreev(labels->names);
    g_free(labels->named);
    g_strfreev(labels->wnids);
    g_free(labels->source);
    g_free(labels->warning);
    g_free(labels);
}

const char *nn_labels_get(const NnLabels *labels, int index)
{
    return index >= 0 && index < labels->n ? labels->names[index] : "class without a number";
}

int nn_labels_find(const NnLabels *labels, const char *label)
{
    for (int i = 0; i < labels->n; i++)
        if (labels->named[i] && strcmp(labels->names[i], label) == 0)
            return i;
    for (int i = 0; i < labels->n; i++)
        if (labels->named[i] && g_ascii_strcasecmp(labels->names[i], label) == 0)
            return i;
    for (int i = 0; labels->wnids && labels->wnids[i]; i++)
        if (strcmp(labels->wnids[i], label) == 0)
            return i;
    return -1;
}

const char *nn_labels_source(const NnLabels *labels)
{
    return labels->source;
}

const char *nn_labels_warning(const NnLabels *labels)
{
    return labels->warning;
}
