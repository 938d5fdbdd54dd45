/* SPDX-License-Identifier: MIT */
/* eval.c - `mobilenet eval MODEL --list FILE`: accuracy over a list of pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ahead.h"
#include "tool.h"

enum { TOP = 5, CONFUSIONS = 10 };

/* What was counted for one class. */
typedef struct {
    int images, top1, top5;
} Tally;

/* How often pictures of one class were taken for another. */
typedef struct {
    int truth, taken_for, times;
} Confusion;

typedef struct {
    const ToolNet *tool;
    Ahead *ahead;
    NnFit fit;
    int n_classes;
    Tally *classes; /* n_classes */
    Tally all;
    int failed;            /* pictures that could not be read */
    GHashTable *confusion; /* truth * n_classes + taken_for -> times */
    GPtrArray *paths;      /* of the list */
    GArray *truths;        /* int, one for each */
} Eval;

/* The class a list names: a label, or an index. -1 if it is neither. */
static int class_of(const Eval *eval, const char *name)
{
    int index = nn_labels_find(eval->tool->labels, name);
    if (index >= 0)
        return index;
    guint64 number;
    if (g_ascii_string_to_unsigned(name, 10, 0, (guint64)eval->n_classes - 1, &number, NULL))
        return (int)number;
    return -1;
}

/* Paths are relative to the folder of the list, or else to the current one. */
static char *path_of(const char *list, const char *path)
{
    if (g_path_is_absolute(path))
        return g_strdup(path);
    g_autofree char *folder = g_path_get_dirname(list);
    g_autofree char *beside = g_build_filename(folder, path, NULL);
    if (g_file_test(beside, G_FILE_TEST_EXISTS))
        return g_steal_pointer(&beside);
    return g_strdup(path);
}

static void count(Eval *eval, int truth, const NnClass *best, int n)
{
    Tally *tally = &eval->classes[truth];
    tally->images++;
    eval->all.images++;
    for (int i = 0; i < n; i++) {
        if (best[i].index == truth) {
            tally->top5++;
            eval->all.top5++;
        }
    }
    if (best[0].index == truth) {
        tally->top1++;
        eval->all.top1++;
    } else {
        gpointer key =
            GSIZE_TO_POINTER((gsize)truth * (gsize)eval->n_classes + (gsize)best[0].index);
        int times = GPOINTER_TO_INT(g_hash_table_lookup(eval->confusion, key));
        g_hash_table_insert(eval->confusion, key, GINT_TO_POINTER(times + 1));
    }
}

/* The i-th line of the list. */
static bool judge(Eval *eval, int i)
{
    Picture picture;
    NnClass best[TOP];
    g_autoptr(GError) error = NULL;
    bool shown = false;
    if (ahead_open_next(eval->ahead, &picture, (char *const *)eval->paths->pdata,
                        (int)eval->paths->len, i, &error)) {
        shown = picture_show(&picture, eval->tool->net, eval->fit, &error);
        picture_close(&picture);
    }
    if (!shown) {
        tool_error("%s", error->message);
        return false;
    }
    nn_net_run(eval->tool->net);
    count(eval, g_array_index(eval->truths, int, i), best, nn_net_topk(eval->tool->net, best, TOP));
    return true;
}

/* False if a line is none, or names no class of this model. */
static bool read_list(Eval *eval, const char *list)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(list, &text, NULL, &error)) {
        tool_error("%s; --list names a text file whose lines are PATH, a tab, CLASS",
                   error->message);
        return false;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        char *line = g_strchomp(lines[i]);
        char *tab = strrchr(line, '\t');
        if (*line == '\0')
            continue;
        if (!tab) {
            tool_error("%s:%d: no tab; a line is PATH, a tab, CLASS", list, i + 1);
            return false;
        }
        *tab = '\0';
        int truth = class_of(eval, tab + 1);
        if (truth < 0) {
            tool_error("%s:%d: '%s' is neither a label of %s nor an index under %d", list, i + 1,
                       tab + 1, eval->tool->path, eval->n_classes);
            return false;
        }
        g_ptr_array_add(eval->paths, path_of(list, line));
        g_array_append_val(eval->truths, truth);
    }
    return true;
}

static int compare_confusions(const void *a, const void *b)
{
    const Confusion *x = a, *y = b;
    if (x->times != y->times)
        return y->times - x->times;
    return x->truth != y->truth ? x->truth - y->truth : x->taken_for - y->taken_for;
}

/* All confusions, the most frequent first. */
static GArray *sorted_confusions(const Eval *eval)
{
    GArray *sorted = g_array_new(FALSE, FALSE, sizeof(Confusion));
    GHashTableIter iter;
    gpointer key, times;
    g_hash_table_iter_init(&iter, eval->confusion);
    while (g_hash_table_iter_next(&iter, &key, &times)) {
        gsize pair = GPOINTER_TO_SIZE(key), n = (gsize)eval->n_classes;
        Confusion c = {(int)(pair / n), (int)(pair % n), GPOINTER_TO_INT(times)};
        g_array_append_val(sorted, c);
    }
    g_array_sort(sorted, compare_confusions);
    return sorted;
}

static double share(int part, int whole)
{
    return whole ? (double)part / whole : 0;
}

static void print_text(const Eval *eval)
{
    const NnLabels *labels = eval->tool->labels;
    g_autoptr(GArray) confusions = sorted_confusions(eval);
    printf("%7s %7s %7s  class\n", "images", "top 1", "top 5");
    for (int i = 0; i < eval->n_classes; i++) {
        const Tally *t = &eval->classes[i];
        if (t->images)
            printf("%7d %5.1f %% %5.1f %%  %s\n", t->images, 100 * share(t->top1, t->images),
                   100 * share(t->top5, t->images), nn_labels_get(labels, i));
    }
    if (confusions->len)
        printf("\nTaken for another most often:\n");
    for (guint i = 0; i < MIN(confusions->len, CONFUSIONS); i++) {
        const Confusion *c = &g_array_index(confusions, Confusion, i);
        printf("%7d times  %s -> %s\n", c->times, nn_labels_get(labels, c->truth),
               nn_labels_get(labels, c->taken_for));
    }
    printf("\n%d images: top 1 %.2f %%, top 5 %.2f %%", eval->all.images,
           100 * share(eval->all.top1, eval->all.images),
           100 * share(eval->all.top5, eval->all.images));
    if (eval->failed)
        printf("; %d could not be read", eval->failed);
    putchar('\n');
}

static void add_tally(JsonBuilder *line, const Tally *t)
{
    json_add_int(line, "images", t->images);
    json_add_double(line, "top1", share(t->top1, t->images));
    json_add_double(line, "top5", share(t->top5, t->images));
}

static void print_json(const Eval *eval)
{
    const NnLabels *labels = eval->tool->labels;
    g_autoptr(GArray) confusions = sorted_confusions(eval);
    for (int i = 0; i < eval->n_classes; i++) {
        if (!eval->classes[i].images)
            continue;
        JsonBuilder *line = json_line_new();
        json_add_string(line, "class", nn_labels_get(labels, i));
        json_add_int(line, "index", i);
        add_tally(line, &eval->classes[i]);
        json_line_print(line);
    }
    for (guint i = 0; i < MIN(confusions->len, CONFUSIONS); i++) {
        const Confusion *c = &g_array_index(confusions, Confusion, i);
        JsonBuilder *line = json_line_new();
        json_add_string(line, "truth", nn_labels_get(labels, c->truth));
        json_add_string(line, "taken_for", nn_labels_get(labels, c->taken_for));
        json_add_int(line, "times", c->times);
        json_line_print(line);
    }
    JsonBuilder *line = json_line_new();
    json_add_path(line, "model", eval->tool->path);
    add_tally(line, &eval->all);
    json_add_int(line, "failed", eval->failed);
    json_line_print(line);
}

static int evaluate(Eval *eval, const char *list, bool json)
{
    if (!read_list(eval, list))
        return STATUS_FAILED;
    for (int i = 0; i < (int)eval->paths->len; i++) {
        eval->failed += !judge(eval, i);
        tool_progress("judging", i + 1, (int)eval->paths->len);
    }
    if (eval->all.images == 0) {
        tool_error("%s: names no picture that can be read; a line is PATH, a tab, CLASS", list);
        return STATUS_FAILED;
    }
    if (json)
        print_json(eval);
    else
        print_text(eval);
    return eval->failed ? STATUS_FAILED : STATUS_OK;
}

static int evaluate_with(const ToolNet *tool, NnFit fit, const char *list, bool json)
{
    Eval eval = {.tool = tool,
                 .ahead = ahead_new(),
                 .fit = fit,
                 .n_classes = nn_model_n_classes(tool->model),
                 .confusion = g_hash_table_new(NULL, NULL),
                 .paths = g_ptr_array_new_with_free_func(g_free),
                 .truths = g_array_new(FALSE, FALSE, sizeof(int))};
    eval.classes = g_new0(Tally, eval.n_classes);
    int status = evaluate(&eval, list, json);
    ahead_free(eval.ahead);
    g_free(eval.classes);
    g_hash_table_unref(eval.confusion);
    g_ptr_array_unref(eval.paths);
    g_array_unref(eval.truths);
    return status;
}

int verb_eval(int argc, char **argv)
{
    g_autofree char *list = NULL, *labels = NULL, *fit_name = NULL;
    gboolean json = FALSE;
    NnOptions options = NN_OPTIONS_INIT;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"list", 'L', 0, G_OPTION_ARG_FILENAME, &list,
         "Lines of PATH, a tab, CLASS; CLASS is a label or an index", "FILE"},
        {"labels", 'l', 0, G_OPTION_ARG_FILENAME, &labels,
         "Label file; default: inside or beside the model", "FILE"},
        {"fit", 'f', 0, G_OPTION_ARG_STRING, &fit_name,
         "How a picture fills the model's square: crop (default), stretch or letterbox", "FIT"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads,
         "Number of threads; default: one per core, 4 at most", "N"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json,
         "Lines of JSON: classes, confusions, and last top1, top5 and images", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(
            &argc, &argv, entries, "[MODEL]",
            "Measures the accuracy of a model on pictures whose class is known.",
            "MODEL is a path or a name; default: the bundled model. Paths in the list "
            "are relative to its\nfolder, or else to the current one. Each picture is "
            "cropped to the model's shape around its\ncentre (--fit), shrunk by area "
            "average or enlarged bilinearly, and normalised as the model says.\nWordNet ids in the "
            "list need a model that knows them (metadata file wnids.txt), or a file of them,\none "
            "for each class, as --labels."))
        return STATUS_USAGE;
    NnFit fit;
    if (argc > 2)
        return tool_usage("more than one model given");
    if (!list)
        return tool_usage("no --list given");
    if (!picture_fit_from_name(fit_name, &fit))
        return tool_usage("--fit %s: must be crop, stretch or letterbox", fit_name);

    g_autoptr(GError) error = NULL;
    if (!picture_init(&error)) {
        tool_error("%s", error->message);
        return STATUS_FAILED;
    }
    ToolNet tool;
    int status = tool_open(&tool, argc == 2 ? argv[1] : NULL, labels, &options);
    if (status != STATUS_OK)
        return status;
    status = evaluate_with(&tool, fit, list, json);
    tool_close(&tool);
    return status;
}
