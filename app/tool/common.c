/* SPDX-License-Identifier: MIT */
/* common.c - what the verbs share: command lines, errors, loading a model, progress. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool.h"

static gboolean print_version(const char *option, const char *value, void *data, GError **error)
{
    (void)option, (void)value, (void)data, (void)error;
    printf("mobilenet %s\n", MOBILENET_VERSION);
    exit(STATUS_OK);
}

bool tool_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *usage,
                const char *summary, const char *details)
{
    static const GOptionEntry version[] = {{"version", 0, G_OPTION_FLAG_NO_ARG,
                                            G_OPTION_ARG_CALLBACK, (void *)print_version,
                                            "Print the version and exit", NULL},
                                           {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    g_option_context_set_summary(context, summary);
    g_autofree char *below =
        g_strconcat(details ? details : "", details ? "\n\n" : "", STATUS_HELP, NULL);
    g_option_context_set_description(context, below);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_main_entries(context, version, NULL);

    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        tool_usage("%s", error->message);
        return false;
    }
    /* GOption leaves the "--" that ended the options. */
    if (*argc > 1 && g_str_equal((*argv)[1], "--")) {
        for (int i = 1; i < *argc; i++)
            (*argv)[i] = (*argv)[i + 1];
        (*argc)--;
    }
    return true;
}

static void print_error(const char *format, va_list args)
{
    g_autofree char *message = g_strdup_vprintf(format, args);
    tool_progress(NULL, 0, 0);
    fprintf(stderr, "%s: %s\n", g_get_prgname(), message);
}

void tool_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_error(format, args);
    va_end(args);
}

int tool_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_error(format, args);
    va_end(args);
    fprintf(stderr, "Try '%s --help'.\n", g_get_prgname());
    return STATUS_USAGE;
}

int tool_open(ToolNet *tool, const char *model, const char *labels, const NnOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = nn_model_find(model, &error);
    *tool = (ToolNet){0};
    if (path)
        tool->model = nn_model_new_from_file(path, &error);
    if (!tool->model) {
        tool_error("%s; " MODEL_HELP, error->message);
        return STATUS_FAILED;
    }
    tool->labels = nn_labels_new(tool->model, labels, &error);
    if (tool->labels)
        tool->net = nn_net_new(tool->model, options, &error);
    if (!tool->net) {
        tool_error("%s", error->message);
        int status =
            g_error_matches(error, NN_ERROR, NN_ERROR_ARGUMENT) ? STATUS_USAGE : STATUS_FAILED;
        tool_close(tool);
        return status;
    }
    tool->path = nn_model_path(tool->model);
    if (nn_labels_warning(tool->labels))
        tool_error("%s", nn_labels_warning(tool->labels));
    return STATUS_OK;
}

void tool_close(ToolNet *tool)
{
    g_clear_pointer(&tool->net, nn_net_free);
    g_clear_pointer(&tool->labels, nn_labels_free);
    g_clear_pointer(&tool->model, nn_model_unref);
}

void tool_progress(const char *what, int done, int total)
{
    enum { WIDTH = 40 };
    static bool shown;
    if (done < total && isatty(STDERR_FILENO)) {
        int full = (int)((gint64)WIDTH * done / total);
        fprintf(stderr, "\r%s [%.*s%.*s] %d/%d ", what, full,
                "########################################", WIDTH - full,
                "                                        ", done, total);
        shown = true;
    } else if (shown) {
        fputs("\r\033[K", stderr);
        shown = false;
    }
}
