/* SPDX-License-Identifier: MIT */
/* fetch.c - `mobilenet fetch [NAME...]`: lists published models, downloads and installs them. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "catalogue.h"
#include "download.h"
#include "tool.h"

typedef struct {
    const GPtrArray *catalogue;
    const char *dir; /* where models are installed */
    bool force, json;
} Fetch;

/* ---- interruption ------------------------------------------------------------------------- */

/* Ctrl-C and its like end a download in good order. A thread waits for them, since a signal handler
 * must not touch a GCancellable. */
static struct {
    sigset_t signals;
    GCancellable *cancellable;
    int number; /* of the signal that came; 0: none */
} interruption;

static void *wait_for_signal(void *unused)
{
    int number;
    (void)unused;
    if (sigwait(&interruption.signals, &number) == 0) {
        g_atomic_int_set(&interruption.number, number);
        g_cancellable_cancel(interruption.cancellable);
    }
    /* A second one ends the program at once. */
    pthread_sigmask(SIG_UNBLOCK, &interruption.signals, NULL);
    return NULL;
}

/* Before any other thread starts. */
static void catch_interruption(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(&interruption.signals);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        struct sigaction action;
        /* Whoever started us may want some ignored, as nohup does. */
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&interruption.signals, numbers[i]);
    }
    interruption.cancellable = g_cancellable_new();
    pthread_sigmask(SIG_BLOCK, &interruption.signals, NULL);
    g_thread_unref(g_thread_new("interruption", wait_for_signal, NULL));
}

/* Ends the program as the signal would have, so that a shell's loop around it ends too. */
static void die_of_interruption(void)
{
    int number = g_atomic_int_get(&interruption.number);
    if (number) {
        pthread_sigmask(SIG_UNBLOCK, &interruption.signals, NULL);
        raise(number);
    }
}

/* ---- listing ------------------------------------------------------------------------------ */

static char *path_of(const Fetch *fetch, const CatalogueEntry *entry, const char *suffix)
{
    g_autofree char *file = g_strconcat(entry->name, suffix, NULL);
    return g_build_filename(fetch->dir, file, NULL);
}

static void print_entry_json(const CatalogueEntry *entry, const char *path, bool installed)
{
    JsonBuilder *line = json_line_new();
    json_add_string(line, "name", entry->name);
    json_add_string(line, "title", entry->title);
    json_add_int(line, "size", entry->model.size);
    json_add_string(line, "licence", entry->licence);
    json_add_string(line, "input", entry->input);
    json_add_string(line, "labels", entry->labels);
    if (entry->n_classes > 0)
        json_add_int(line, "classes", entry->n_classes);
    if (entry->top1 > 0)
        json_add_double(line, "top1", entry->top1 / 100);
    json_add_string(line, "url", entry->model.url);
    json_add_string(line, "sha256", entry->model.sha256);
    json_add_bool(line, "installed", installed);
    if (installed)
        json_add_path(line, "path", path);
    json_line_print(line);
}

static int list(const Fetch *fetch)
{
    if (!fetch->json)
        printf("%-26s %8s  %-11s %-9s  %s\n", "name", "size", "licence", "installed", "title");
    for (guint i = 0; i < fetch->catalogue->len; i++) {
        const CatalogueEntry *entry = fetch->catalogue->pdata[i];
        g_autofree char *path = path_of(fetch, entry, ".tflite");
        bool installed = catalogue_file_is(&entry->model, path);
        if (fetch->json)
            print_entry_json(entry, path, installed);
        else
            printf("%-26s %5.1f MB  %-11s %-9s  %s\n", entry->name, (double)entry->model.size / 1e6,
                   entry->licence, installed ? "yes" : "no", entry->title);
    }
    if (!fetch->json)
        printf("\n'mobilenet fetch NAME...' downloads to %s\n", fetch->dir);
    return STATUS_OK;
}

/* ---- installing --------------------------------------------------------------------------- */

/* Labels that are there stay: they may have been translated. */
static bool install_labels(const Fetch *fetch, const CatalogueEntry *entry, GError **error)
{
    g_autofree char *path = path_of(fetch, entry, ".txt");
    if (!fetch->force && g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    if (entry->label_file.url)
        return download(&entry->label_file, path, entry->name, interruption.cancellable, error);
    if (!entry->label_list)
        return true;
    g_autofree char *text = g_strjoinv("\n", entry->label_list);
    return g_file_set_contents(path, text, -1, error);
}

/* The model comes last: where it is, its labels are. *fresh: it was not there before. */
static bool install(const Fetch *fetch, const CatalogueEntry *entry, const char *path, bool *fresh,
                    GError **error)
{
    *fresh = fetch->force || !g_file_test(path, G_FILE_TEST_EXISTS);
    if (!*fresh && !catalogue_file_is(&entry->model, path)) {
        g_set_error(error, NN_ERROR, NN_ERROR_OPEN,
                    "%s: is there, but is not the model of the catalogue; rename it, or replace it "
                    "with --force",
                    path);
        return false;
    }
    return install_labels(fetch, entry, error) &&
           (!*fresh || download(&entry->model, path, entry->name, interruption.cancellable, error));
}

static bool install_and_tell(const Fetch *fetch, const CatalogueEntry *entry)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of(fetch, entry, ".tflite");
    bool fresh;
    if (!install(fetch, entry, path, &fresh, &error)) {
        tool_error("%s", error->message);
        return false;
    }
    if (fetch->json) {
        JsonBuilder *line = json_line_new();
        json_add_string(line, "name", entry->name);
        json_add_path(line, "path", path);
        json_add_bool(line, "downloaded", fresh);
        json_line_print(line);
    } else {
        printf("%s: %s, %s\n", entry->name, fresh ? "installed" : "was installed before", path);
    }
    return true;
}

/* entries: CatalogueEntry. */
static int install_all(const Fetch *fetch, const GPtrArray *entries)
{
    if (g_mkdir_with_parents(fetch->dir, 0755) != 0) {
        tool_error("%s: cannot be made: %s; choose another folder with --to", fetch->dir,
                   g_strerror(errno));
        return STATUS_FAILED;
    }
    catch_interruption();
    int status = STATUS_OK;
    for (guint i = 0; i < entries->len && !g_atomic_int_get(&interruption.number); i++)
        if (!install_and_tell(fetch, entries->pdata[i]))
            status = STATUS_FAILED;
    die_of_interruption();
    return status;
}

/* ---- the verb ----------------------------------------------------------------------------- */

/* The entries of that name, NULL after an unknown name, which has been reported. */
static GPtrArray *choose(const GPtrArray *catalogue, const char *path, char **names, int n_names)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    for (int i = 0; i < n_names; i++) {
        const CatalogueEntry *entry = catalogue_find(catalogue, names[i]);
        if (!entry) {
            g_autofree char *near = catalogue_near(catalogue, names[i]);
            if (near)
                tool_error("%s: no model of that name in %s; is it one of %s?", names[i], path,
                           near);
            else
                tool_error("%s: no model of that name in %s; 'mobilenet fetch' lists them",
                           names[i], path);
            return NULL;
        }
        g_ptr_array_add(chosen, (void *)entry);
    }
    return g_steal_pointer(&chosen);
}

static int fetch_from(const char *path, Fetch *fetch, bool all, char **names, int n_names)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) catalogue = catalogue_read(path, &error);
    if (!catalogue) {
        tool_error("%s", error->message);
        return STATUS_FAILED;
    }
    fetch->catalogue = catalogue;
    if (all)
        return install_all(fetch, catalogue);
    if (n_names == 0)
        return list(fetch);
    g_autoptr(GPtrArray) chosen = choose(catalogue, path, names, n_names);
    return chosen ? install_all(fetch, chosen) : STATUS_FAILED;
}

int verb_fetch(int argc, char **argv)
{
    g_autofree char *file = NULL, *to = NULL;
    gboolean all = FALSE, force = FALSE, json = FALSE;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &all, "Download all models of the catalogue", NULL},
        {"force", 'f', 0, G_OPTION_ARG_NONE, &force,
         "Download and replace what is installed already", NULL},
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &to,
         "Folder to install in; default: the user's own, where a model's name is looked for",
         "DIR"},
        {"catalogue", 'c', 0, G_OPTION_ARG_FILENAME, &file,
         "List of models; default: the one that came with this program", "FILE"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "One object of JSON for each model", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(&argc, &argv, entries, "[NAME...]",
                    "Downloads published models; without NAME, lists them.",
                    "Each file is verified (SHA-256) before it is installed as NAME.tflite in\n"
                    "$XDG_DATA_HOME/gst-mobilenet/models. Then NAME serves wherever a model is "
                    "asked for:\nmodel-file=NAME, mobilenet classify --model NAME. A download "
                    "that was interrupted goes\non where it ended. http_proxy and https_proxy "
                    "name proxies."))
        return STATUS_USAGE;
    if (all && argc > 1)
        return tool_usage("--all goes without names");
    if (force && !all && argc == 1)
        return tool_usage("--force needs names, or --all");

    g_autofree char *path = file ? g_strdup(file) : catalogue_path();
    g_autofree char *dir =
        to ? g_strdup(to)
           : g_build_filename(g_get_user_data_dir(), "gst-mobilenet", "models", NULL);
    Fetch fetch = {.dir = dir, .force = force, .json = json};
    return fetch_from(path, &fetch, all, argv + 1, argc - 1);
}
