/* SPDX-License-Identifier: MIT */
/* session.c - changes a lesson while it goes on: pictures and classes come, go, and come back. All
 * changes are moves of files, and are undone by moving them back. */
#include <gio/gio.h>
#include <string.h>

#include "teach/lesson_private.h"

#define FORGOTTEN      ".forgotten"
#define ENCODE_SECONDS 10

/* One change: files that lie at now and go to back when it is undone. */
typedef struct {
    GPtrArray *now, *back;
} Step;

static Step *step_new(void)
{
    Step *step = g_new0(Step, 1);
    step->now = g_ptr_array_new_with_free_func(g_free);
    step->back = g_ptr_array_new_with_free_func(g_free);
    return step;
}

void lesson_step_free(void *data)
{
    Step *step = data;
    g_ptr_array_unref(step->now);
    g_ptr_array_unref(step->back);
    g_free(step);
}

/* ---- moving ------------------------------------------------------------------------------- */

/* A name in a folder that nothing has yet: stem, stem-2, stem-3... */
static char *free_path(const char *folder, const char *stem, const char *suffix)
{
    for (int i = 1;; i++) {
        g_autofree char *name =
            i == 1 ? g_strconcat(stem, suffix, NULL) : g_strdup_printf("%s-%d%s", stem, i, suffix);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
}

/* Where a file would go in another folder. */
static char *place_in(const char *folder, const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    char *dot = strrchr(name, '.');
    g_autofree char *suffix = g_strdup(dot ? dot : "");
    if (dot)
        *dot = '\0';
    return free_path(folder, name, suffix);
}

static bool move(Lesson *l, const char *from, const char *to, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(to);
    g_autofree char *left = g_path_get_dirname(from);
    g_autoptr(GFile) a = g_file_new_for_path(from), b = g_file_new_for_path(to);
    g_mkdir_with_parents(folder, 0755);
    if (!g_file_move(a, b, G_FILE_COPY_NOFOLLOW_SYMLINKS, NULL, NULL, NULL, error)) {
        g_prefix_error(error, "%s: cannot be moved to %s: ", from, folder);
        return false;
    }
    g_autoptr(GFile) emptied = g_file_new_for_path(left);
    if (!g_str_equal(left, l->dir))
        g_file_delete(emptied, NULL, NULL); /* fails unless it is empty, as it should */
    for (guint i = 0; i < l->files->len; i++) {
        LessonFile *f = l->files->pdata[i];
        if (g_str_equal(f->path, from)) {
            g_free(f->path);
            f->path = g_strdup(to);
        }
    }
    return true;
}

/* After moves: what is where now. */
static void settle(Lesson *l)
{
    lesson_rescan(l);
    lesson_read(l, NULL, NULL);
}

/* ---- classes ------------------------------------------------------------------------------ */

static bool has_controls(const char *text)
{
    for (; *text; text = g_utf8_next_char(text))
        if (g_unichar_iscntrl(g_utf8_get_char(text)))
            return true;
    return false;
}

bool lesson_check_name(const char *label, GError **error)
{
    if (*label && label[0] != '.' && !strchr(label, '/') && strlen(label) <= LESSON_LONGEST_NAME &&
        g_utf8_validate(label, -1, NULL) && !has_controls(label))
        return true;
    g_autofree char *shown = g_utf8_make_valid(label, -1);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
                "\"%s\": a class needs a name in one line, of %d bytes at most, without slashes, "
                "that does not begin with a dot",
                shown, LESSON_LONGEST_NAME);
    return false;
}

static int find_label(const Lesson *l, const char *label, GError **error)
{
    for (int k = 0; k < lesson_n_labels(l); k++)
        if (g_str_equal(lesson_labels(l)[k], label))
            return k;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "\"%s\": there is no such class", label);
    return -1;
}

/* Moves all files of a class into a folder, as one step; what was moved stays so on failure. */
static bool move_class(Lesson *l, int label, const char *folder, GError **error)
{
    Step *step = step_new();
    bool ok = true;
    for (guint i = 0; i < l->files->len && ok; i++) {
        const LessonFile *f = l->files->pdata[i];
        if (f->label != label)
            continue;
        g_autofree char *from = g_strdup(f->path), *to = place_in(folder, from);
        ok = move(l, from, to, error);
        if (!ok)
            break;
        g_ptr_array_add(step->now, g_steal_pointer(&to));
        g_ptr_array_add(step->back, g_steal_pointer(&from));
    }
    g_ptr_array_add(l->undo, step);
    settle(l);
    return ok;
}

bool lesson_rename(Lesson *l, const char *label, const char *name, GError **error)
{
    int k = find_label(l, label, error);
    if (k < 0 || !lesson_check_name(name, error))
        return false;
    if (g_str_equal(label, name))
        return true;
    g_autofree char *folder = g_build_filename(l->dir, name, NULL);
    return move_class(l, k, folder, error);
}

bool lesson_forget(Lesson *l, const char *label, GError **error)
{
    int k = find_label(l, label, error);
    if (k < 0)
        return false;
    g_autofree char *folder = g_build_filename(l->dir, FORGOTTEN, label, NULL);
    return move_class(l, k, folder, error);
}

/* ---- pictures ----------------------------------------------------------------------------- */

static GBytes *encode(GstSample *sample, GError **error)
{
    g_autoptr(GstCaps) caps = gst_caps_new_empty_simple("image/png");
    g_autoptr(GstSample) png =
        gst_video_convert_sample(sample, caps, ENCODE_SECONDS * GST_SECOND, error);
    if (!png) {
        g_prefix_error(error, "the picture cannot be stored as PNG (gstreamer1.0-plugins-good has "
                              "the encoder): ");
        return NULL;
    }
    GstMapInfo map;
    GstBuffer *buffer = gst_sample_get_buffer(png);
    if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the picture is not readable");
        return NULL;
    }
    GBytes *bytes = g_bytes_new(map.data, map.size);
    gst_buffer_unmap(buffer, &map);
    return bytes;
}

static const LessonFile *find_digest(const Lesson *l, const char *digest)
{
    for (guint i = 0; i < l->files->len; i++) {
        const LessonFile *f = l->files->pdata[i];
        if (f->digest && g_str_equal(f->digest, digest))
            return f;
    }
    return NULL;
}

/* Writes the picture where nothing is yet; returns its path. */
static char *store(const Lesson *l, const char *label, GBytes *png, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *folder = g_build_filename(l->dir, label, NULL);
    g_autofree char *stem = g_date_time_format(now, "%Y%m%d-%H%M%S");
    g_mkdir_with_parents(folder, 0755);
    g_autofree char *path = free_path(folder, stem, ".png");
    gsize size;
    const char *data = g_bytes_get_data(png, &size);
    if (!g_file_set_contents(path, data, (gssize)size, error))
        return NULL;
    return g_steal_pointer(&path);
}

bool lesson_add(Lesson *l, const char *label, GstSample *sample, GError **error)
{
    if (!lesson_check_name(label, error))
        return false;
    g_autoptr(GBytes) png = encode(sample, error);
    if (!png)
        return false;
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, png);
    const LessonFile *same = find_digest(l, digest);
    if (same) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS, "the same picture is there already: %s",
                    same->path);
        return false;
    }
    g_autofree char *path = store(l, label, png, error);
    if (!path)
        return false;
    settle(l);
    Step *step = step_new();
    g_autofree char *folder = g_build_filename(l->dir, FORGOTTEN, label, NULL);
    g_ptr_array_add(step->now, g_strdup(path));
    g_ptr_array_add(step->back, place_in(folder, path));
    g_ptr_array_add(l->undo, step);
    return true;
}

/* ------------------------------------------------------------------------------------------- */

bool lesson_undo(Lesson *l, GError **error)
{
    if (l->undo->len == 0)
        return false;
    Step *step = g_ptr_array_steal_index(l->undo, l->undo->len - 1);
    bool ok = true;
    for (guint i = step->now->len; i-- > 0 && ok;)
        ok = move(l, step->now->pdata[i], step->back->pdata[i], error);
    lesson_step_free(step);
    settle(l);
    return ok;
}

bool lesson_can_undo(const Lesson *l)
{
    return l->undo->len > 0;
}

void lesson_join(Lesson *l)
{
    if (l->undo->len < 2)
        return;
    Step *last = g_ptr_array_steal_index(l->undo, l->undo->len - 1);
    Step *before = l->undo->pdata[l->undo->len - 1];
    g_ptr_array_extend_and_steal(before->now, g_steal_pointer(&last->now));
    g_ptr_array_extend_and_steal(before->back, g_steal_pointer(&last->back));
    g_free(last);
}

GBytes *lesson_answer(Lesson *l, const NnHeadOptions *options, GError **error)
{
    NnHead *head = lesson_train(l, options, error);
    GBytes *bytes = head ? lesson_export(l, head, error) : NULL;
    nn_head_free(head);
    return bytes;
}
