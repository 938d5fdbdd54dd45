/* SPDX-License-Identifier: MIT */
/* teach.c - `mobilenet teach --data DIR --out FILE`: classes of your own on a model's features, and
 * how well a model knows them. */
#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "teach/judge.h"
#include "teach/lesson.h"
#include "teach/report.h"
#include "tool.h"

#define MAX_EPOCHS 1000

static volatile sig_atomic_t interrupted; /* Ctrl-C: what there is by then is kept */

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* What fine-tuning went through: one point an epoch. */
typedef struct {
    int n;
    struct {
        double loss, accuracy;
    } at[MAX_EPOCHS + 1];
} Curve;

typedef struct {
    char *data, *out, *model, *report, *method, *fit, *curve;
    double held_out, mean, std;
    int views, seed;
    gboolean evaluate, json;
    NnHeadOptions head;
    NnTuneOptions tune;
    Curve points;
    ViewSettings settings;
} Teach;

static bool reading(void *data, int done, int of)
{
    (void)data;
    tool_progress("looking", done, of);
    return !interrupted;
}

static bool training(void *data, double done)
{
    (void)data;
    tool_progress("teaching", (int)(done * 100), 100);
    return !interrupted;
}

/* Files that are left out, by name. Returns how many. */
static int name_left(const Lesson *lesson)
{
    int n = 0;
    for (int i = 0; i < lesson_n_files(lesson); i++) {
        const LessonFile *f = lesson_file(lesson, i);
        if (!f->left)
            continue;
        tool_error("%s: left out: %s", f->path, f->left);
        n++;
    }
    return n;
}

/* Names of the head's outputs: the classes, and "unknown". */
static char **output_labels(const Lesson *lesson, const NnHeadInfo *info)
{
    char **labels = g_new0(char *, info->n_classes + 2);
    for (int k = 0; k < info->n_classes; k++)
        labels[k] = g_strdup(lesson_labels(lesson)[k]);
    if (info->has_unknown)
        labels[info->n_classes] = g_strdup("unknown");
    return labels;
}

/* The held-out files, as they are, against the head. */
static Report *judge_held_out(const Lesson *lesson, NnHead *head, const Teach *teach,
                              const NnModel *model)
{
    NnHeadInfo info;
    nn_head_info(head, &info);
    g_auto(GStrv) labels = output_labels(lesson, &info);
    int outputs = info.n_classes + info.has_unknown;
    int views = teach->settings.views, depth = nn_model_embedding_size(model);
    int size = info.is_tuned ? nn_model_block_input_size(model, teach->tune.blocks) : depth;
    g_autofree float *scores = g_new(float, outputs), *features = g_new(float, depth);
    Report *report = report_new((const char *const *)labels, outputs);
    for (int i = 0; i < lesson_n_files(lesson); i++) {
        const LessonFile *f = lesson_file(lesson, i);
        for (int frame = 0; f->x && !f->left && f->held_out && frame < f->frames; frame++) {
            const float *x = f->x + (size_t)frame * (size_t)views * (size_t)size;
            if (info.is_tuned) {
                nn_head_tuned_features(head, x, features);
                x = features;
            }
            nn_head_scores(head, x, scores, NULL);
            report_add(report, f->path,
                       views_is_video(f->path) ? frame * teach->settings.interval : REPORT_NO_VIDEO,
                       f->label, scores);
        }
    }
    return report;
}

static void print_head(const Teach *teach, const Lesson *lesson, const NnHead *head)
{
    NnHeadInfo info;
    nn_head_info(head, &info);
    fprintf(teach->json ? stderr : stdout, "%d classes%s by %s, temperature %.2f\n",
            lesson_n_labels(lesson), info.has_unknown ? " and \"unknown\"" : "",
            info.is_tuned                    ? "fine-tuning"
            : info.method == NN_HEAD_IMPRINT ? "imprinting"
                                             : "softmax regression",
            info.temperature);
}

static bool show_report(const Teach *teach, const Report *report, const char *model,
                        const char *title)
{
    g_autoptr(GError) error = NULL;
    if (teach->json)
        report_print_json(report, model);
    else if (report_images(report))
        report_print(report, stdout);
    else
        printf("No picture was held out: there are too few to tell how good it is.\n");
    if (teach->report && !report_write_html(report, teach->report, title, &error)) {
        tool_error("%s: cannot write: %s", teach->report, error->message);
        return false;
    }
    return true;
}

static bool write_model(const Teach *teach, const Lesson *lesson, const NnHead *head,
                        GError **error)
{
    g_autoptr(GBytes) bytes = lesson_export(lesson, head, error);
    if (!bytes)
        return false;
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    return g_file_set_contents(teach->out, data, (gssize)size, error);
}

static void look(const Teach *teach, Lesson *lesson)
{
    lesson_hold_out(lesson, teach->held_out);
    if (!lesson_read(lesson, reading, NULL))
        tool_error("interrupted: teaching with what has been seen so far");
    tool_progress(NULL, 0, 0);
    interrupted = 0;
}

/* ---- fine-tuning -------------------------------------------------------------------------- */

static bool stepping(void *data, double done)
{
    (void)data;
    tool_progress("fine-tuning", (int)(done * 1000), 1000);
    return !interrupted;
}

static bool tuning(void *data, int epoch, double loss, double accuracy)
{
    Teach *teach = data;
    teach->points.at[epoch].loss = loss;
    teach->points.at[epoch].accuracy = accuracy;
    teach->points.n = epoch + 1;
    tool_progress(NULL, 0, 0);
    fprintf(teach->json ? stderr : stdout, "epoch %3d: loss %.4f, held-out %.1f %%\n", epoch, loss,
            100 * accuracy);
    fflush(stdout);
    return !interrupted;
}

/* A line through the points; share(i) is 0...1 of the height. */
static void add_line(GString *svg, const Curve *c, bool loss, double most, const char *colour)
{
    g_string_append_printf(
        svg, "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"", colour);
    for (int i = 0; i < c->n; i++)
        g_string_append_printf(svg, "%.1f,%.1f ", 50 + 520.0 * i / MAX(c->n - 1, 1),
                               260 - 230 * (loss ? c->at[i].loss / most : c->at[i].accuracy));
    g_string_append(svg, "\"/>\n");
}

static bool write_curve(const Teach *teach, GError **error)
{
    const Curve *c = &teach->points;
    double most = 1e-9;
    for (int i = 0; i < c->n; i++)
        most = MAX(most, c->at[i].loss);
    g_autoptr(GString) svg = g_string_new(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 620 300\" "
        "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"620\" height=\"300\" "
        "fill=\"white\"/>\n<path d=\"M50 30V260H570\" fill=\"none\" stroke=\"gray\"/>\n"
        "<text x=\"46\" y=\"34\" text-anchor=\"end\">100 %</text>\n"
        "<text x=\"46\" y=\"264\" text-anchor=\"end\">0</text>\n");
    g_string_append_printf(svg,
                           "<text x=\"574\" y=\"34\">%.2f</text>\n"
                           "<text x=\"570\" y=\"278\" text-anchor=\"end\">%d epochs</text>\n"
                           "<text x=\"60\" y=\"20\" fill=\"#06c\">held-out accuracy</text>\n"
                           "<text x=\"200\" y=\"20\" fill=\"#c30\">training loss</text>\n",
                           most, c->n - 1);
    add_line(svg, c, false, 1, "#06c");
    add_line(svg, c, true, most, "#c30");
    g_string_append(svg, "</svg>\n");
    return g_file_set_contents(teach->curve, svg->str, (gssize)svg->len, error);
}

/* With --unfreeze: another head and the lesson it learnt from, in the place of these. */
static bool tune_model(Teach *teach, NnModel *model, Lesson **lesson, NnHead **head, GError **error)
{
    if (!teach->tune.blocks)
        return true;
    ViewSettings settings = teach->settings;
    settings.options.keep_blocks = teach->tune.blocks;
    Lesson *blocks = lesson_new(teach->data, false, model, &settings, error);
    if (!blocks)
        return false;
    look(teach, blocks);
    teach->tune.seed = settings.seed;
    teach->tune.progress = tuning;
    teach->tune.step = stepping;
    teach->tune.data = teach;
    NnHead *tuned = lesson_tune(blocks, *head, &teach->head, &teach->tune, error);
    if (!tuned) {
        lesson_free(blocks);
        return false;
    }
    lesson_free(*lesson);
    nn_head_free(*head);
    *lesson = blocks;
    *head = tuned;
    return !teach->curve || write_curve(teach, error);
}

static int teach_model(Teach *teach, NnModel *model)
{
    g_autoptr(GError) error = NULL;
    Lesson *lesson = lesson_new(teach->data, false, model, &teach->settings, &error);
    if (!lesson) {
        tool_error("%s", error->message);
        return STATUS_FAILED;
    }
    look(teach, lesson);
    name_left(lesson);
    teach->head.progress = training;
    NnHead *head = lesson_train(lesson, &teach->head, &error);
    tool_progress(NULL, 0, 0);
    bool ok = head && tune_model(teach, model, &lesson, &head, &error) &&
              write_model(teach, lesson, head, &error);
    if (ok) {
        g_autofree char *title = g_strdup_printf("%s: held-out pictures", teach->out);
        Report *report = judge_held_out(lesson, head, teach, model);
        print_head(teach, lesson, head);
        ok = show_report(teach, report, teach->out, title);
        report_free(report);
    } else {
        tool_error("%s", error->message);
    }
    nn_head_free(head);
    lesson_free(lesson);
    return ok ? STATUS_OK : STATUS_FAILED;
}

/* ---- how well a model knows a folder ------------------------------------------------------ */

static bool judging(void *data, int done, int of)
{
    (void)data;
    tool_progress("judging", done, of);
    return !interrupted;
}

static void unreadable(void *data, const char *why)
{
    (void)data;
    tool_error("%s", why);
}

static int evaluate_model(const Teach *teach)
{
    ToolNet tool;
    int status = tool_open(&tool, teach->model, NULL, &teach->settings.options);
    if (status != STATUS_OK)
        return status;
    int n = nn_model_n_classes(tool.model);
    g_autofree const char **labels = g_new0(const char *, n + 1);
    for (int k = 0; k < n; k++)
        labels[k] = nn_labels_get(tool.labels, k);
    Report *report = report_new(labels, n);
    Judge judge = {.net = tool.net,
                   .labels = tool.labels,
                   .settings = &teach->settings,
                   .tell = judging,
                   .unreadable = unreadable};
    int failed = judge_folder(&judge, teach->data, report);
    tool_progress(NULL, 0, 0);
    if (report_images(report) == 0) {
        tool_error("%s: has no folder of pictures that can be read", teach->data);
        status = STATUS_FAILED;
    } else {
        g_autofree char *title = g_strdup_printf("%s on %s", tool.path, teach->data);
        if (!show_report(teach, report, tool.path, title) || failed)
            status = STATUS_FAILED;
    }
    report_free(report);
    tool_close(&tool);
    return status;
}

/* ---- the command line --------------------------------------------------------------------- */

static bool method_from_name(const char *name, NnHeadMethod *method)
{
    static const char *const names[] = {"auto", "softmax", "imprint"};
    *method = NN_HEAD_AUTO;
    for (size_t i = 0; name && i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(name, names[i])) {
            *method = (NnHeadMethod)i;
            return true;
        }
    }
    return !name;
}

/* 0, or a usage error. */
static int check_options(Teach *t)
{
    if (!t->data)
        return tool_usage("no --data given: the folder with a folder of pictures for each class");
    if (!t->out && !t->evaluate)
        return tool_usage("no --out given: the .tflite file to write");
    if (!method_from_name(t->method, &t->head.method))
        return tool_usage("--method %s: must be auto, softmax or imprint", t->method);
    if (!picture_fit_from_name(t->fit, &t->settings.fit))
        return tool_usage("--fit %s: must be crop, stretch or letterbox", t->fit);
    if (t->held_out < 0 || t->held_out > 0.9)
        return tool_usage("--held-out %g: must be from 0 to 0.9", t->held_out);
    if (t->head.unknown < 0 || t->head.unknown > 0.5)
        return tool_usage("--unknown %g: must be from 0 to 0.5", t->head.unknown);
    if (t->views < 1 || t->views > 64)
        return tool_usage("--views %d: must be from 1 to 64", t->views);
    if (t->tune.blocks < 0 || t->tune.blocks > 100)
        return tool_usage("--unfreeze %d: must be from 1 to 100", t->tune.blocks);
    if (t->tune.epochs < 1 || t->tune.epochs > MAX_EPOCHS)
        return tool_usage("--epochs %d: must be from 1 to %d", t->tune.epochs, MAX_EPOCHS);
    if (!(t->tune.rate > 0 && t->tune.rate < 10))
        return tool_usage("--rate %g: must be over 0 and under 10", t->tune.rate);
    if (t->std < 0 || (t->mean != 0 && t->std == 0))
        return tool_usage("--mean and --std go together, and STD must be over 0");
    t->settings.options.mean = (float)t->mean;
    t->settings.options.std = (float)t->std;
    t->settings.views = t->views;
    t->settings.seed = (guint32)t->seed;
    return STATUS_OK;
}

/* Whether there will be a place for it, before the work begins. */
static bool check_output(const char *option, const char *path)
{
    g_autofree char *folder = path ? g_path_get_dirname(path) : g_strdup(".");
    g_autofree char *inside = g_build_filename(folder, ".", NULL);
    if (access(inside, W_OK) == 0)
        return true;
    tool_error("--%s %s: %s: %s; name a file in a folder that may be written to", option, path,
               folder, g_strerror(errno));
    return false;
}

static int run(Teach *t)
{
    g_autoptr(GError) error = NULL;
    if (!check_output("out", t->out) || !check_output("report", t->report) ||
        !check_output("curve", t->curve))
        return STATUS_FAILED;
    if (!picture_init(&error)) {
        tool_error("%s", error->message);
        return STATUS_FAILED;
    }
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    if (t->evaluate)
        return evaluate_model(t);
    g_autofree char *path = nn_model_find(t->model, &error);
    NnModel *model = path ? nn_model_new_from_file(path, &error) : NULL;
    if (!model) {
        tool_error("%s; " MODEL_HELP, error->message);
        return STATUS_FAILED;
    }
    int status = teach_model(t, model);
    nn_model_unref(model);
    return status;
}

int verb_teach(int argc, char **argv)
{
    Teach t = {.held_out = 0.2,
               .views = 4,
               .seed = 1,
               .head = NN_HEAD_OPTIONS_INIT,
               .tune = NN_TUNE_OPTIONS_INIT,
               .settings = VIEW_SETTINGS_INIT};
    t.tune.blocks = 0;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"data", 'd', 0, G_OPTION_ARG_FILENAME, &t.data,
         "Folder with a folder of pictures or videos for each class", "DIR"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &t.out, "The .tflite file to write", "FILE"},
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &t.model,
         "Model whose features are used; default: the bundled one", "MODEL"},
        {"evaluate", 'e', 0, G_OPTION_ARG_NONE, &t.evaluate,
         "Teach nothing; tell how well MODEL knows what is in DIR", NULL},
        {"report", 'r', 0, G_OPTION_ARG_FILENAME, &t.report,
         "Write a page with confusions and doubtful pictures", "HTML"},
        {"held-out", 'H', 0, G_OPTION_ARG_DOUBLE, &t.held_out,
         "Share of each class's files that is not learnt but judged (0.2)", "SHARE"},
        {"method", 0, 0, G_OPTION_ARG_STRING, &t.method,
         "softmax, imprint, or auto (default): imprint if there is one picture a class", "METHOD"},
        {"unknown", 'u', 0, G_OPTION_ARG_DOUBLE, &t.head.unknown,
         "Share of known pictures that may be taken for unknown (0.05); 0: no class unknown",
         "SHARE"},
        {"views", 'n', 0, G_OPTION_ARG_INT, &t.views,
         "Views of each picture: itself, and mirrored, cropped, recoloured ones (4)", "N"},
        {"unfreeze", 'U', 0, G_OPTION_ARG_INT, &t.tune.blocks,
         "Go on through the last K blocks of a float32 model", "K"},
        {"epochs", 0, 0, G_OPTION_ARG_INT, &t.tune.epochs, "Of that: passes over all pictures (10)",
         "N"},
        {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &t.tune.rate,
         "Of that: learning rate of the blocks (0.003); the head's is 30 times as high", "RATE"},
        {"curve", 'c', 0, G_OPTION_ARG_FILENAME, &t.curve, "Draw how that went", "SVG"},
        {"seed", 's', 0, G_OPTION_ARG_INT, &t.seed, "Of what is held out, and of views (1)", "N"},
        {"fit", 'f', 0, G_OPTION_ARG_STRING, &t.fit,
         "How a picture fills the model's square: crop (default), stretch or letterbox", "FIT"},
        {"mean", 0, 0, G_OPTION_ARG_DOUBLE, &t.mean,
         "Input is (byte - MEAN) / STD; default: what the model says", "MEAN"},
        {"std", 0, 0, G_OPTION_ARG_DOUBLE, &t.std, "See --mean", "STD"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &t.settings.options.threads,
         "Number of threads; default: one per core, 4 at most", "N"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &t.json,
         "Lines of JSON: classes, confusions, and last accuracy and images", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(
            &argc, &argv, entries, NULL,
            "Teaches a model classes of your own: a .tflite file comes out.",
            "DIR/cup/1.jpg, DIR/cup/2.png, DIR/key/film.mp4, ...: each folder is a class. The "
            "features of\nMODEL stay, a new top learns the classes in seconds; what is far from "
            "all of them becomes\n\"unknown\". A folder \"unknown\" teaches that class with "
            "pictures instead. The file keeps the type\nof MODEL (int8 stays int8), has its labels "
            "inside, and runs wherever MODEL runs.\n\n"
            "Features are kept in ~/.cache/gst-mobilenet: teaching again is quick. Ctrl-C teaches "
            "with what has\nbeen seen so far, and keeps the best epoch of fine-tuning.\n\n"
            "Examples:\n"
            "  mobilenet teach --data things --out things.tflite --report things.html\n"
            "  mobilenet teach --evaluate --model things.tflite --data more-things"))
        return STATUS_USAGE;
    int status = argc > 1 ? tool_usage("%s: is no option", argv[1]) : check_options(&t);
    if (status == STATUS_OK)
        status = run(&t);
    g_free(t.data);
    g_free(t.out);
    g_free(t.model);
    g_free(t.report);
    g_free(t.method);
    g_free(t.fit);
    g_free(t.curve);
    return status;
}
