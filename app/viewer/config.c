/* SPDX-License-Identifier: MIT */
/* config.c - options from a file. */
#include <stdbool.h>
#include <string.h>

#include "config.h"

#define GROUP "viewer"

/* What --config names, the last one counts; NULL: nothing. Only lives as long as argv. */
static const char *named_file(char **argv)
{
    const char *path = NULL;
    for (char **arg = argv; *arg && !g_str_equal(*arg, "--"); arg++) {
        if (g_str_has_prefix(*arg, "--config="))
            path = *arg + strlen("--config=");
        else if (g_str_equal(*arg, "--config") && arg[1])
            path = arg[1];
    }
    return path;
}

static char *usual_file(void)
{
    char *path = g_build_filename(g_get_user_config_dir(), "gst-mobilenet", "viewer.ini", NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return path;
    g_free(path);
    path = g_strdup("/etc/gst-mobilenet/viewer.ini");
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return path;
    g_free(path);
    return NULL;
}

static const GOptionEntry *find_entry(const GOptionEntry *entries, const char *name)
{
    for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
        if (g_str_equal(entry->long_name, name))
            return entry;
    }
    return NULL;
}

static bool add_option(GPtrArray *args, const char *path, GKeyFile *file, const char *key,
                       const GOptionEntry *entries, GError **error)
{
    const GOptionEntry *entry = find_entry(entries, key);
    if (!entry || g_str_equal(key, "config") || g_str_equal(key, "list") ||
        g_str_equal(key, "version")) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND,
                    "%s: there is no option '%s'; mobilenet-viewer --help lists them", path, key);
        return false;
    }
    g_autofree char *value = g_key_file_get_string(file, GROUP, key, error);
    if (!value) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    bool takes_none = entry->arg == G_OPTION_ARG_NONE;
    bool may_lack = takes_none || (entry->flags & G_OPTION_FLAG_OPTIONAL_ARG);
    if (may_lack && (g_str_equal(value, "true") || g_str_equal(value, "false"))) {
        if (g_str_equal(value, "true"))
            g_ptr_array_add(args, g_strconcat("--", key, NULL));
        return true;
    }
    if (takes_none) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                    "%s: %s=%s: must be true or false", path, key, value);
        return false;
    }
    g_ptr_array_add(args, g_strdup_printf("--%s=%s", key, value));
    return true;
}

static bool add_file(GPtrArray *args, const char *path, const GOptionEntry *entries, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) why = NULL;
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why)) {
        g_set_error(error, why->domain, why->code,
                    "%s: %s; a config file has [" GROUP "], then lines such as web=true", path,
                    why->message);
        return false;
    }
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (char **group = groups; *group; group++) {
        if (!g_str_equal(*group, GROUP)) {
            g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND,
                        "%s: [%s] means nothing; the options stand under [" GROUP "]", path,
                        *group);
            return false;
        }
    }
    g_auto(GStrv) keys = g_key_file_get_keys(file, GROUP, NULL, NULL);
    for (char **key = keys; key && *key; key++) {
        if (!add_option(args, path, file, *key, entries, error))
            return false;
    }
    return true;
}

char *config_file(char **argv)
{
    const char *named = named_file(argv);
    return named ? g_strdup(named) : usual_file();
}

char **config_add(char **argv, const GOptionEntry *entries, GError **error)
{
    g_autofree char *path = config_file(argv);
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(args, g_strdup(argv[0]));
    if (path && *path && !add_file(args, path, entries, error)) {
        g_ptr_array_unref(args);
        return NULL;
    }
    for (char **arg = argv + 1; *arg; arg++)
        g_ptr_array_add(args, g_strdup(*arg));
    g_ptr_array_add(args, NULL);
    return (char **)g_ptr_array_free(args, FALSE);
}
