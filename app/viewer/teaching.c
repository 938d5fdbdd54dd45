/* SPDX-License-Identifier: MIT */
/* teaching.c - a session of teaching, from its begin to its end. */
#include <gio/gio.h>

#include "jsonline.h"
#include "teach/lesson.h"
#include "teacher.h"
#include "teaching.h"

enum { NAMED_CLASSES = 3 }; /* in a sentence */

struct Teaching {
    TeachingHooks hooks;
    gpointer data;
    char *folder;
    Teacher *teacher;
    const TeacherStatus *status; /* the teacher's, of its last change */
    bool on;
    bool had_choice; /* there were two classes */
    guint models;    /* written, as far as is known here */

    gint64 let_go;  /* monotonic; since then an answer is awaited; 0: none is */
    bool handed;    /* and the model that will give it is on its way */
    double seconds; /* that the last answer took; negative: none has come */
};

static const TeacherClass *find_class(const Teaching *t, const char *name)
{
    for (guint i = 0; i < t->status->classes->len; i++) {
        const TeacherClass *one = t->status->classes->pdata[i];
        if (g_str_equal(one->name, name))
            return one;
    }
    return NULL;
}

/* ---- from the teacher --------------------------------------------------------------------- */

static void on_changed(gpointer data)
{
    Teaching *t = data;
    bool was_taking = t->status->taking != NULL;
    t->status = teacher_status(t->teacher);
    if (was_taking && !t->status->taking && !t->let_go)
        t->let_go = g_get_monotonic_time(); /* by itself: there were enough */
    if (t->status->models != t->models) {
        t->models = t->status->models;
        t->handed = t->let_go != 0;
        t->hooks.model(teacher_model(t->teacher), true, t->data);
    }
    guint n = t->status->classes->len;
    if (t->on && t->had_choice && n < 2)
        t->hooks.model(teacher_model(t->teacher), false, t->data);
    t->had_choice = t->on && n >= 2;
    t->hooks.changed(t->data);
}

void teaching_offer(Teaching *t, GstBuffer *buffer, GstCaps *caps)
{
    teacher_offer(t->teacher, buffer, caps);
}

void teaching_swapped(Teaching *t)
{
    if (!t->handed)
        return;
    t->seconds = (double)(g_get_monotonic_time() - t->let_go) / G_USEC_PER_SEC;
    t->let_go = 0;
    t->handed = false;
    t->hooks.changed(t->data);
}

/* ---- from the user ------------------------------------------------------------------------ */

bool teaching_set_on(Teaching *t, bool on, GError **error)
{
    if (on) { /* again, too: the model may be another one now */
        g_autofree char *base = t->hooks.base(error, t->data);
        if (!base)
            return false;
        teacher_open(t->teacher, base);
    } else if (t->on) {
        teacher_close(t->teacher);
    }
    if (t->on != on) {
        t->on = on;
        t->had_choice = false;
        t->let_go = 0;
        t->handed = false;
        t->seconds = -1;
        t->hooks.changed(t->data);
    }
    return true;
}

bool teaching_hold(Teaching *t, const char *name, GError **error)
{
    if (!lesson_check_name(name, error) || !teaching_set_on(t, true, error))
        return false;
    t->let_go = 0;
    t->handed = false;
    teacher_take(t->teacher, name);
    t->status = teacher_status(t->teacher);
    t->hooks.changed(t->data);
    return true;
}

void teaching_done(Teaching *t)
{
    if (!t->status->taking)
        return;
    t->let_go = g_get_monotonic_time();
    teacher_done(t->teacher);
    t->hooks.changed(t->data);
}

/* Whether the class can be changed now. */
static bool check_class(Teaching *t, const char *name, GError **error)
{
    if (find_class(t, name))
        return teaching_set_on(t, true, error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no class is called \"%s\"", name);
    return false;
}

bool teaching_undo(Teaching *t, GError **error)
{
    bool busy = t->status->taking || t->status->phase != TEACHER_IDLE;
    teaching_done(t);
    if (!busy && !t->status->can_undo) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is nothing to be taken back");
        return false;
    }
    teacher_undo(t->teacher);
    return true;
}

bool teaching_rename(Teaching *t, const char *from, const char *to, GError **error)
{
    if (!lesson_check_name(to, error) || !check_class(t, from, error))
        return false;
    teaching_done(t);
    teacher_rename(t->teacher, from, to);
    return true;
}

bool teaching_forget(Teaching *t, const char *name, GError **error)
{
    if (!check_class(t, name, error))
        return false;
    teaching_done(t);
    teacher_forget(t->teacher, name);
    return true;
}

/* ---- what is told ------------------------------------------------------------------------- */

bool teaching_is_on(const Teaching *t)
{
    return t->on;
}

bool teaching_is_taking(const Teaching *t)
{
    return t->status->taking != NULL;
}

const char *teaching_model(const Teaching *t)
{
    return teacher_model(t->teacher);
}

char *teaching_classes(const Teaching *t)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < t->status->classes->len; i++) {
        const TeacherClass *one = t->status->classes->pdata[i];
        g_string_append_printf(text, "%s%s %d", i ? ", " : "", one->name, one->pictures);
    }
    return g_string_free(text, FALSE);
}

char *teaching_free_name(const Teaching *t)
{
    for (int n = 1;; n++) {
        g_autofree char *name = g_strdup_printf("class %d", n);
        if (!find_class(t, name))
            return g_steal_pointer(&name);
    }
}

static char *known_text(const TeacherStatus *s)
{
    GString *text = g_string_new("Knows ");
    int n = (int)s->classes->len;
    for (int i = 0; i < MIN(n, NAMED_CLASSES); i++)
        g_string_append_printf(text, "%s%s",
                               i == 0       ? ""
                               : i == n - 1 ? " and "
                                            : ", ",
                               ((TeacherClass *)s->classes->pdata[i])->name);
    if (n > NAMED_CLASSES)
        g_string_append_printf(text, " and %d more", n - NAMED_CLASSES);
    return g_string_free(text, FALSE);
}

char *teaching_text(const Teaching *t)
{
    const TeacherStatus *s = t->status;
    guint n = s->classes->len;
    if (s->problem)
        return g_strdup(s->problem);
    if (s->phase == TEACHER_OPENING)
        return g_strdup_printf("Reading the pictures of last time: %d of %d", s->done, s->of);
    if (s->taking && s->repeated > s->taken)
        return g_strdup_printf("%s: %d pictures; nothing moves, turn it a little", s->taking,
                               s->taken);
    if (s->taking)
        return g_strdup_printf("%s: %d %s taken", s->taking, s->taken,
                               s->taken == 1 ? "picture" : "pictures");
    if (s->phase == TEACHER_LEARNING)
        return g_strdup("Learning");
    if (n == 0)
        return g_strdup("Nothing is taught yet");
    if (n == 1)
        return g_strdup_printf("Knows %s only; teach another class, so that there is a choice",
                               ((TeacherClass *)s->classes->pdata[0])->name);
    return known_text(s);
}

static const char *phase_name(const Teaching *t)
{
    return !t->on                                 ? "off"
           : t->status->phase == TEACHER_OPENING  ? "opening"
           : t->status->taking                    ? "taking"
           : t->status->phase == TEACHER_LEARNING ? "learning"
                                                  : "idle";
}

void teaching_add_state(const Teaching *t, JsonBuilder *line)
{
    const TeacherStatus *s = t->status;
    g_autofree char *text = teaching_text(t);
    json_begin_object(line, "teach");
    json_add_bool(line, "on", t->on);
    json_add_path(line, "folder", t->folder);
    json_add_string(line, "phase", phase_name(t));
    json_add_string(line, "text", text);
    json_add_string(line, "name", s->taking ? s->taking : "");
    json_add_int(line, "taken", s->taken);
    json_add_bool(line, "undo", s->can_undo);
    json_add_int(line, "models", t->models);
    json_add_double(line, "seconds", t->seconds);
    json_begin_array(line, "classes");
    for (guint i = 0; i < s->classes->len; i++) {
        const TeacherClass *one = s->classes->pdata[i];
        json_builder_begin_object(line);
        json_add_path(line, "name", one->name);
        json_add_int(line, "pictures", one->pictures);
        json_builder_end_object(line);
    }
    json_builder_end_array(line);
    json_builder_end_object(line);
}

/* ------------------------------------------------------------------------------------------- */

void teaching_free(Teaching *t)
{
    if (!t)
        return;
    teacher_free(t->teacher);
    g_free(t->folder);
    g_free(t);
}

Teaching *teaching_new(const char *folder, const TeachingHooks *hooks, gpointer data)
{
    Teaching *t = g_new0(Teaching, 1);
    t->hooks = *hooks;
    t->data = data;
    t->seconds = -1;
    t->folder = folder ? g_strdup(folder)
                       : g_build_filename(g_get_user_data_dir(), "gst-mobilenet", "taught", NULL);
    t->teacher = teacher_new(t->folder, on_changed, t);
    t->status = teacher_status(t->teacher);
    return t;
}
