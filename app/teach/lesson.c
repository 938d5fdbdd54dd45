/* SPDX-License-Identifier: MIT */
/* lesson.c - a folder of classes: what is in it, features, heads. session.c changes it. */
#include "teach/lesson_private.h"

#include <errno.h>
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "tool/ahead.h"

#define MIN_HELD_OUT 5 /* files of a class; with fewer, none is held out */

static void file_free(void *data)
{
    LessonFile *f = data;
    g_free(f->path);
    g_free(f->digest);
    g_free(f->x);
    g_free(f->left);
    g_free(f);
}

/* ---- what is in the folder ---------------------------------------------------------------- */

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *lesson_list(const char *dir)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;
    while (d && (name = g_dir_read_name(d)))
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return names;
}

static void scan_class(Lesson *l, const char *folder, int label)
{
    g_autoptr(GPtrArray) names = lesson_list(folder);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            scan_class(l, path, label); /* pictures may lie deeper */
            continue;
        }
        g_autofree char *type = g_content_type_guess(path, NULL, 0, NULL);
        g_autofree char *mime = g_content_type_get_mime_type(type);
        if (!mime || (!g_str_has_prefix(mime, "image/") && !g_str_has_prefix(mime, "video/")))
            continue;
        LessonFile *f = g_new0(LessonFile, 1);
        f->path = g_steal_pointer(&path);
        f->label = label;
        g_ptr_array_add(l->files, f);
    }
}

static void add_label(Lesson *l, const char *label)
{
    l->labels->pdata[l->labels->len - 1] = g_strdup(label);
    g_ptr_array_add(l->labels, NULL);
}

static void scan(Lesson *l)
{
    g_autoptr(GPtrArray) names = lesson_list(l->dir);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *folder = g_build_filename(l->dir, names->pdata[i], NULL);
        guint before = l->files->len;
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
            continue;
        scan_class(l, folder, (int)l->labels->len - 1);
        if (l->files->len == before)
            continue;
        g_autofree char *label = g_filename_display_name(names->pdata[i]);
        add_label(l, label);
    }
}

void lesson_rescan(Lesson *l)
{
    g_autoptr(GPtrArray) old = l->files;
    g_autoptr(GHashTable) by_path = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < old->len; i++)
        g_hash_table_insert(by_path, ((LessonFile *)old->pdata[i])->path, old->pdata[i]);
    l->files = g_ptr_array_new_with_free_func(file_free);
    g_ptr_array_set_size(l->labels, 0);
    g_ptr_array_add(l->labels, NULL);
    scan(l);
    for (guint i = 0; i < l->files->len; i++) {
        LessonFile *f = l->files->pdata[i], *known = g_hash_table_lookup(by_path, f->path);
        if (!known)
            continue;
        f->digest = g_steal_pointer(&known->digest);
        f->x = g_steal_pointer(&known->x);
        f->frames = known->frames;
    }
}

Lesson *lesson_new(const char *dir, bool make, NnModel *model, const ViewSettings *settings,
                   GError **error)
{
    if (make && g_mkdir_with_parents(dir, 0755) != 0) {
        int why = errno;
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(why),
                    "%s: %s; name a folder that can be made", dir, g_strerror(why));
        return NULL;
    }
    if (!g_file_test(dir, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "%s: no such folder; a folder with one folder of pictures for each class is "
                    "needed",
                    dir);
        return NULL;
    }
    Views *views = views_new(model, settings, error);
    if (!views)
        return NULL;
    Lesson *l = g_new0(Lesson, 1);
    l->dir = g_strdup(dir);
    l->model = nn_model_ref(model);
    l->settings = *settings;
    l->views = views;
    l->share = 0.2;
    l->labels = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(l->labels, NULL);
    l->files = g_ptr_array_new_with_free_func(file_free);
    l->undo = g_ptr_array_new_with_free_func(lesson_step_free);
    scan(l);
    return l;
}

void lesson_free(Lesson *l)
{
    if (!l)
        return;
    views_free(l->views);
    nn_model_unref(l->model);
    g_ptr_array_unref(l->labels);
    g_ptr_array_unref(l->files);
    g_ptr_array_unref(l->undo);
    g_free(l->dir);
    g_free(l);
}

int lesson_n_labels(const Lesson *l)
{
    return (int)l->labels->len - 1;
}

const char *const *lesson_labels(const Lesson *l)
{
    return (const char *const *)l->labels->pdata;
}

int lesson_n_files(const Lesson *l)
{
    return (int)l->files->len;
}

const LessonFile *lesson_file(const Lesson *l, int i)
{
    return l->files->pdata[i];
}

int lesson_count(const Lesson *l, int label)
{
    int n = 0;
    for (guint i = 0; i < l->files->len; i++) {
        const LessonFile *f = l->files->pdata[i];
        n += f->label == label && f->x && !f->left;
    }
    return n;
}

/* ---- held-out files ----------------------------------------------------------------------- */

typedef struct {
    LessonFile *file;
    guint order;
} Draw;

static int by_order(gconstpointer a, gconstpointer b)
{
    const Draw *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return strcmp(x->file->digest, y->file->digest);
}

/* By contents, so that a file added later changes little of it. */
static void split_class(Lesson *l, int label)
{
    g_autoptr(GArray) draws = g_array_new(FALSE, FALSE, sizeof(Draw));
    for (guint i = 0; i < l->files->len; i++) {
        LessonFile *f = l->files->pdata[i];
        f->held_out = f->label == label ? false : f->held_out;
        if (f->label != label || !f->x || f->left)
            continue;
        g_autofree char *key = g_strdup_printf("%u %s", l->settings.seed, f->digest);
        Draw draw = {f, g_str_hash(key)};
        g_array_append_val(draws, draw);
    }
    g_array_sort(draws, by_order);
    guint n = draws->len < MIN_HELD_OUT ? 0 : (guint)lrint(l->share * draws->len);
    for (guint i = 0; i < MIN(n, draws->len - 1); i++)
        g_array_index(draws, Draw, i).file->held_out = true;
}

static void split(Lesson *l)
{
    for (int k = 0; k < lesson_n_labels(l); k++)
        split_class(l, k);
}

void lesson_hold_out(Lesson *l, double share)
{
    l->share = share;
    split(l);
}

/* ---- reading ------------------------------------------------------------------------------ */

static void leave(LessonFile *f, char *why)
{
    g_free(f->left);
    f->left = why;
}

static void digest_files(Lesson *l)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < l->files->len; i++) {
        LessonFile *f = l->files->pdata[i];
        g_autoptr(GError) error = NULL;
        if (!f->digest && !f->left)
            f->digest = views_digest(f->path, &error);
        if (error)
            leave(f, g_strdup(error->message));
        if (!f->digest)
            continue;
        const LessonFile *first = g_hash_table_lookup(seen, f->digest);
        if (first && !f->left)
            leave(f,
                  first->label == f->label
                      ? g_strdup_printf("the same as %s", first->path)
                      : g_strdup_printf("the same as %s, which is of another class", first->path));
        else if (!first)
            g_hash_table_insert(seen, f->digest, f);
    }
}

static void read_file(Lesson *l, LessonFile *f)
{
    g_autoptr(GError) error = NULL;
    f->x = views_of_file(l->views, f->path, f->digest, &f->frames, &error);
    if (f->x)
        return;
    /* The message starts with the path, which is told already. */
    const char *why = error->message;
    if (g_str_has_prefix(why, f->path) && g_str_has_prefix(why + strlen(f->path), ": "))
        why += strlen(f->path) + 2;
    leave(f, g_strdup(why));
}

/* The files in turns, one of each class: who stops early has seen something of all. */
static GPtrArray *in_turns(const Lesson *l)
{
    GPtrArray *turns = g_ptr_array_new();
    for (guint round = 0; turns->len < l->files->len; round++) {
        guint seen = 0;
        for (guint i = 0; i < l->files->len; i++) {
            const LessonFile *f = l->files->pdata[i];
            bool starts = i == 0 || ((LessonFile *)l->files->pdata[i - 1])->label != f->label;
            seen = starts ? 0 : seen + 1;
            if (seen == round)
                g_ptr_array_add(turns, l->files->pdata[i]);
        }
    }
    return turns;
}

bool lesson_read(Lesson *l, bool (*tell)(void *data, int done, int of), void *data)
{
    digest_files(l);
    g_autoptr(GPtrArray) turns = in_turns(l);
    guint n = turns->len, ahead = 0;
    bool going = true;
    for (guint i = 0; i < n && going; i++) {
        LessonFile *f = turns->pdata[i];
        going = !tell || tell(data, (int)i, (int)n);
        for (; ahead < MIN(i + AHEAD_PICTURES, n) && going; ahead++) {
            const LessonFile *next = turns->pdata[ahead];
            if (!next->x && !next->left)
                views_prefetch(l->views, next->path, next->digest);
        }
        if (going && !f->x && !f->left)
            read_file(l, f);
    }
    split(l);
    return going;
}

/* ---- teaching ----------------------------------------------------------------------------- */

/* Rows of the files that are held out, or not: every view of these, the frame itself of those. */
static NnSamples gather(const Lesson *l, bool held_out)
{
    size_t depth = (size_t)views_depth(l->views);
    GByteArray *x = g_byte_array_new();
    GArray *y = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint i = 0; i < l->files->len; i++) {
        const LessonFile *f = l->files->pdata[i];
        if (!f->x || f->left || f->held_out != held_out)
            continue;
        for (int row = 0; row < f->frames * l->settings.views; row++) {
            if (held_out && row % l->settings.views)
                continue;
            g_byte_array_append(x, (const guint8 *)(f->x + (size_t)row * depth),
                                (guint)(depth * sizeof *f->x));
            g_array_append_val(y, f->label);
        }
    }
    NnSamples s = {.n = (int)y->len};
    s.x = (const float *)g_byte_array_free(x, FALSE);
    s.y = (const int *)(void *)g_array_free(y, FALSE);
    return s;
}

static void free_samples(NnSamples *s)
{
    g_free((void *)s->x);
    g_free((void *)s->y);
}

static bool has_unknown(const Lesson *l)
{
    for (int k = 0; k < lesson_n_labels(l); k++)
        if (g_ascii_strcasecmp(lesson_labels(l)[k], "unknown") == 0)
            return true;
    return false;
}

/* Pictures of a class: those of a video are as many as its frames. */
static int count_frames(const Lesson *l, int label)
{
    int n = 0;
    for (guint i = 0; i < l->files->len; i++) {
        const LessonFile *f = l->files->pdata[i];
        n += f->label == label && f->x && !f->left ? f->frames : 0;
    }
    return n;
}

NnHead *lesson_train(const Lesson *l, const NnHeadOptions *options, GError **error)
{
    NnHeadOptions defaults = NN_HEAD_OPTIONS_INIT;
    NnHeadOptions o = options ? *options : defaults;
    int n = lesson_n_labels(l), most = 0;
    if (n < 2) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: has pictures of %s; two classes at least are needed, each a folder of "
                    "pictures",
                    l->dir, n ? "one class only" : "no class");
        return NULL;
    }
    for (int k = 0; k < n; k++) {
        int frames = count_frames(l, k);
        most = MAX(most, frames);
        if (frames)
            continue;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: no picture of class \"%s\" can be used", l->dir, lesson_labels(l)[k]);
        return NULL;
    }
    /* Views of one picture are one picture still. */
    if (o.method == NN_HEAD_AUTO && most == 1)
        o.method = NN_HEAD_IMPRINT;
    if (most == 1 || has_unknown(l)) /* nothing says how far is far; or pictures of it do */
        o.unknown = 0;
    NnSamples train = gather(l, false), held = gather(l, true);
    NnHead *head = nn_head_new(l->model, n, &train, &held, &o, error);
    free_samples(&train);
    free_samples(&held);
    return head;
}

NnHead *lesson_tune(const Lesson *l, const NnHead *start, const NnHeadOptions *options,
                    const NnTuneOptions *tune, GError **error)
{
    NnHeadOptions o = *options;
    if (has_unknown(l))
        o.unknown = 0;
    NnSamples train = gather(l, false), held = gather(l, true);
    NnHead *head = nn_head_tune(start, &train, &held, &o, tune, error);
    free_samples(&train);
    free_samples(&held);
    return head;
}

GBytes *lesson_export(const Lesson *l, const NnHead *head, GError **error)
{
    g_autofree char *digest = nn_model_digest(l->model);
    g_autofree char *name = g_path_get_basename(l->dir);
    g_autofree char *base = nn_model_path(l->model) ? g_path_get_basename(nn_model_path(l->model))
                                                    : g_strdup("a model");
    int files = 0;
    for (int k = 0; k < lesson_n_labels(l); k++)
        files += lesson_count(l, k);
    NnHeadInfo info;
    nn_head_info(head, &info);
    g_autofree char *text = g_strdup_printf(
        "%d classes, taught by gst-mobilenet with %d files on the features of %s%s%s (SHA-256 %s); "
        "%s.",
        lesson_n_labels(l), files, base, *nn_model_name(l->model) ? ", " : "",
        nn_model_name(l->model), digest,
        info.is_tuned                    ? "fine-tuned"
        : info.method == NN_HEAD_IMPRINT ? "imprinted weights"
                                         : "softmax regression");
    return nn_head_export(head, lesson_labels(l), name, text, l->settings.options.mean,
                          l->settings.options.std, error);
}
