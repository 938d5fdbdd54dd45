/* SPDX-License-Identifier: MIT */
/* catalogue.c - reads and checks the list of published models, and finds names in it. */
#include "catalogue.h"

#include <glib/gstdio.h>
#include <string.h>

#include "nn.h"

#define MAX_SIZE ((guint64)1 << 31) /* of a file, in bytes */

/* ---- reading ------------------------------------------------------------------------------ */

/* One group, while it is being read. */
typedef struct {
    GKeyFile *keys;
    const char *path, *group;
    GError **error;
} Reader;

/* Reports what is wrong with the group; always false. */
static G_GNUC_PRINTF(2, 3) bool broken(const Reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(r->error, NN_ERROR, NN_ERROR_FORMAT, "%s: [%s] %s", r->path, r->group, what);
    return false;
}

/* The value of a key; NULL if it is missing or empty. */
static char *get(const Reader *r, const char *key)
{
    char *value = g_key_file_get_string(r->keys, r->group, key, NULL);
    if (value && !*g_strstrip(value))
        g_clear_pointer(&value, g_free);
    return value;
}

static bool need(const Reader *r, const char *key, char **value)
{
    *value = get(r, key);
    return *value || broken(r, "has no %s=", key);
}

/* A name becomes a file name: it must not lead elsewhere, nor hide. */
static bool check_name(const Reader *r)
{
    for (const char *p = r->group; *p; p++)
        if (!g_ascii_isalnum(*p) && (p == r->group || !strchr("._-", *p)))
            return broken(r, "cannot be a name: letters, digits, '.', '_' and '-' only, and a "
                             "letter or digit first");
    return true;
}

static bool read_file(const Reader *r, const char *url_key, const char *size_key,
                      const char *sha256_key, CatalogueFile *file)
{
    g_autofree char *size = NULL;
    guint64 n;
    if (!need(r, url_key, &file->url) || !need(r, size_key, &size) ||
        !need(r, sha256_key, &file->sha256))
        return false;
    if ((!g_str_has_prefix(file->url, "https://") && !g_str_has_prefix(file->url, "http://")) ||
        !g_uri_is_valid(file->url, G_URI_FLAGS_NONE, NULL))
        return broken(r, "%s=%s: must be an address that begins with https:// or http://", url_key,
                      file->url);
    if (!g_ascii_string_to_unsigned(size, 10, 1, MAX_SIZE, &n, NULL))
        return broken(r, "%s=%s: must be a number of bytes", size_key, size);
    file->size = (goffset)n;
    if (strlen(file->sha256) != 64 || strspn(file->sha256, "0123456789abcdef") != 64)
        return broken(r, "%s=%s: must be 64 digits 0-9 a-f", sha256_key, file->sha256);
    return true;
}

static bool read_labels(const Reader *r, CatalogueEntry *entry)
{
    if (!need(r, "labels", &entry->labels))
        return false;
    if (g_str_equal(entry->labels, "inside") || g_str_equal(entry->labels, "none"))
        return true;
    if (!g_str_equal(entry->labels, "list"))
        return read_file(r, "labels", "labels_size", "labels_sha256", &entry->label_file);
    entry->label_list = g_key_file_get_string_list(r->keys, r->group, "list", NULL, NULL);
    return entry->label_list || broken(r, "has labels=list, but no list=");
}

/* Facts that not every model has. */
static bool read_facts(const Reader *r, CatalogueEntry *entry)
{
    g_autofree char *classes = get(r, "classes"), *top1 = get(r, "top1");
    guint64 n = 0;
    if (classes && !g_ascii_string_to_unsigned(classes, 10, 1, G_MAXINT, &n, NULL))
        return broken(r, "classes=%s: must be a number", classes);
    entry->n_classes = (int)n;
    char *end = top1;
    entry->top1 = top1 ? g_ascii_strtod(top1, &end) : 0;
    if (end && (*end || !(entry->top1 > 0 && entry->top1 <= 100)))
        return broken(r, "top1=%s: must be a number of percent", top1);
    return true;
}

static void free_file(CatalogueFile *file)
{
    g_free(file->url);
    g_free(file->sha256);
}

static void free_entry(void *data)
{
    CatalogueEntry *entry = data;
    g_free(entry->name);
    g_free(entry->title);
    g_free(entry->licence);
    g_free(entry->input);
    g_free(entry->labels);
    free_file(&entry->model);
    free_file(&entry->label_file);
    g_strfreev(entry->label_list);
    g_free(entry);
}

static bool read_entry(const Reader *r, CatalogueEntry *entry)
{
    entry->name = g_strdup(r->group);
    return check_name(r) && need(r, "title", &entry->title) &&
           need(r, "licence", &entry->licence) && need(r, "input", &entry->input) &&
           read_file(r, "url", "size", "sha256", &entry->model) && read_labels(r, entry) &&
           read_facts(r, entry);
}

GPtrArray *catalogue_read(const char *path, GError **error)
{
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GError) why = NULL;
    if (!g_key_file_load_from_file(keys, path, G_KEY_FILE_NONE, &why)) {
        g_set_error(error, NN_ERROR,
                    why->domain == G_KEY_FILE_ERROR ? NN_ERROR_FORMAT : NN_ERROR_OPEN,
                    "%s: not a catalogue of models that can be read: %s", path, why->message);
        return NULL;
    }
    g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);
    g_autoptr(GPtrArray) catalogue = g_ptr_array_new_with_free_func(free_entry);
    for (char **group = groups; *group; group++) {
        Reader reader = {.keys = keys, .path = path, .group = *group, .error = error};
        CatalogueEntry *entry = g_new0(CatalogueEntry, 1);
        g_ptr_array_add(catalogue, entry);
        if (!read_entry(&reader, entry))
            return NULL;
    }
    return g_steal_pointer(&catalogue);
}

/* ---- finding ------------------------------------------------------------------------------ */

char *catalogue_path(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(program ? program : ".");
    g_autofree char *built = g_build_filename(folder, "..", "models", "catalogue.ini", NULL);
    if (g_file_test(built, G_FILE_TEST_EXISTS))
        return g_canonicalize_filename(built, NULL);
    return g_build_filename(MODELS_DIR, "catalogue.ini", NULL);
}

const CatalogueEntry *catalogue_find(const GPtrArray *catalogue, const char *name)
{
    for (guint i = 0; i < catalogue->len; i++) {
        const CatalogueEntry *entry = catalogue->pdata[i];
        if (g_str_equal(entry->name, name))
            return entry;
    }
    return NULL;
}

/* How many letters must be put in, left out or changed to make b of a (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    size_t n_b = strlen(b);
    g_autofree size_t *row = g_new(size_t, n_b + 1);
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n_b; j++) {
            size_t changed = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = MIN(changed, MIN(row[j], diagonal) + 1);
        }
    }
    return row[n_b];
}

char *catalogue_near(const GPtrArray *catalogue, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    g_autoptr(GString) near = g_string_new(NULL);
    for (guint i = 0; i < catalogue->len; i++) {
        const CatalogueEntry *entry = catalogue->pdata[i];
        if (strstr(entry->name, lower) || strstr(lower, entry->name) ||
            distance(lower, entry->name) <= MAX(2, strlen(entry->name) / 4))
            g_string_append_printf(near, "%s%s", near->len ? ", " : "", entry->name);
    }
    return near->len ? g_string_free(g_steal_pointer(&near), FALSE) : NULL;
}

/* ---- files -------------------------------------------------------------------------------- */

char *catalogue_sha256(const char *path)
{
    g_autoptr(GMappedFile) map = g_mapped_file_new(path, FALSE, NULL);
    if (!map)
        return NULL;
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                       (const guchar *)g_mapped_file_get_contents(map),
                                       g_mapped_file_get_length(map));
}

bool catalogue_file_is(const CatalogueFile *file, const char *path)
{
    GStatBuf status;
    if (g_stat(path, &status) != 0 || status.st_size != file->size)
        return false;
    g_autofree char *sha256 = catalogue_sha256(path);
    return g_strcmp0(sha256, file->sha256) == 0;
}
