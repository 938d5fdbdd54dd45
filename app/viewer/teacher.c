/* SPDX-License-Identifier: MIT */
/* teacher.c - a queue of jobs for one thread, which has the lesson to itself. */
#include <gio/gio.h>

#include "teach/lesson.h"
#include "teacher.h"
#include "train.h"

enum {
    EVERY_MS = 250, /* between pictures: what is held to the camera has moved meanwhile */
    MANY = 100,     /* pictures that take long to learn from */
};

typedef enum { JOB_OPEN, JOB_CLOSE, JOB_PICTURE, JOB_LEARN, JOB_UNDO, JOB_RENAME, JOB_FORGET } Kind;

typedef struct {
    Kind kind;
    char *name, *other; /* class, and a rename's new name; OPEN: the model */
    GstSample *sample;
    guint take; /* number of the teacher_take() that it belongs to */
} Job;

struct Teacher {
    char *folder, *path;
    void (*changed)(gpointer data);
    gpointer data;
    GThreadPool *pool;
    TeacherStatus told; /* what teacher_status() gave last; the main thread's */
    gint closing;       /* atomic: what takes long is not begun, or broken off */

    GMutex lock;          /* for these: */
    TeacherStatus status; /* phase: IDLE or OPENING */
    int n_jobs;           /* that are not done */
    guint idle;
    guint take;
    bool waiting; /* a picture is on its way to the worker: no other until it is stored */
    bool last;    /* done was said before there was any */
    gint64 next;  /* monotonic; no picture before */

    /* the worker's: */
    Lesson *lesson;
    char *model;
    guint last_take; /* whose picture was the last change; 0: it was another one */
    bool dirty;      /* it has changed since it learnt */
};

/* ---- status ------------------------------------------------------------------------------- */

static void class_free(gpointer data)
{
    TeacherClass *one = data;
    g_free(one->name);
    g_free(one);
}

static void status_clear(TeacherStatus *status)
{
    g_clear_pointer(&status->classes, g_ptr_array_unref);
    g_clear_pointer(&status->taking, g_free);
    g_clear_pointer(&status->problem, g_free);
}

const TeacherStatus *teacher_status(Teacher *t)
{
    status_clear(&t->told);
    g_mutex_lock(&t->lock);
    t->told = t->status;
    if (t->n_jobs > 0 && t->status.phase == TEACHER_IDLE && !t->status.taking)
        t->told.phase = TEACHER_LEARNING;
    t->told.classes = g_ptr_array_ref(t->status.classes); /* replaced, never changed */
    t->told.taking = g_strdup(t->status.taking);
    t->told.problem = g_strdup(t->status.problem);
    g_mutex_unlock(&t->lock);
    return &t->told;
}

static gboolean on_idle(gpointer data)
{
    Teacher *t = data;
    g_mutex_lock(&t->lock);
    t->idle = 0;
    g_mutex_unlock(&t->lock);
    t->changed(t->data);
    return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void tell(Teacher *t)
{
    if (!t->idle)
        t->idle = g_idle_add(on_idle, t);
}

static void set_opening(Teacher *t, bool opening)
{
    g_mutex_lock(&t->lock);
    t->status.phase = opening ? TEACHER_OPENING : TEACHER_IDLE;
    t->status.done = t->status.of = 0;
    tell(t);
    g_mutex_unlock(&t->lock);
}

/* Takes error; NULL: all is well. */
static void set_problem(Teacher *t, GError *error)
{
    g_mutex_lock(&t->lock);
    g_free(t->status.problem);
    t->status.problem = error ? g_strdup(error->message) : NULL;
    tell(t);
    g_mutex_unlock(&t->lock);
    g_clear_error(&error);
}

/* What the lesson holds now. */
static void tell_classes(Teacher *t)
{
    GPtrArray *classes = g_ptr_array_new_with_free_func(class_free);
    for (int k = 0; t->lesson && k < lesson_n_labels(t->lesson); k++) {
        TeacherClass *one = g_new0(TeacherClass, 1);
        one->name = g_strdup(lesson_labels(t->lesson)[k]);
        one->pictures = lesson_count(t->lesson, k);
        g_ptr_array_add(classes, one);
    }
    g_mutex_lock(&t->lock);
    g_ptr_array_unref(t->status.classes);
    t->status.classes = classes;
    t->status.can_undo = t->lesson && lesson_can_undo(t->lesson);
    tell(t);
    g_mutex_unlock(&t->lock);
}

/* ---- the worker --------------------------------------------------------------------------- */

static bool is_closing(const Teacher *t)
{
    return g_atomic_int_get(&t->closing);
}

static bool on_read(void *data, int done, int of)
{
    Teacher *t = data;
    g_mutex_lock(&t->lock);
    t->status.done = done;
    t->status.of = of;
    tell(t);
    g_mutex_unlock(&t->lock);
    return !is_closing(t);
}

static void shut(Teacher *t)
{
    g_clear_pointer(&t->lesson, lesson_free);
    g_clear_pointer(&t->model, g_free);
    t->last_take = 0;
    t->dirty = false;
}

static void do_open(Teacher *t, const Job *job)
{
    GError *error = NULL;
    if (t->lesson && g_str_equal(t->model, job->name))
        return;
    shut(t);
    set_opening(t, true);
    NnModel *model = nn_model_new_from_file(job->name, &error);
    ViewSettings settings = VIEW_SETTINGS_INIT;
    settings.options.threads = MAX((int)g_get_num_processors() / 2, 1); /* the video goes on */
    t->lesson = model ? lesson_new(t->folder, true, model, &settings, &error) : NULL;
    nn_model_unref(model);
    t->model = g_strdup(job->name);
    if (t->lesson)
        lesson_read(t->lesson, on_read, t);
    set_opening(t, false);
    set_problem(t, error);
    tell_classes(t);
}

static void do_picture(Teacher *t, const Job *job)
{
    GError *error = NULL;
    bool stored = lesson_add(t->lesson, job->name, job->sample, &error);
    bool repeated = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_EXISTS);
    if (stored) {
        if (t->last_take == job->take)
            lesson_join(t->lesson);
        t->last_take = job->take;
        t->dirty = true;
    }
    g_mutex_lock(&t->lock);
    if (t->take == job->take) {
        t->status.taken += stored;
        t->status.repeated += repeated;
    }
    g_mutex_unlock(&t->lock);
    if (repeated)
        g_clear_error(&error);
    set_problem(t, error);
    tell_classes(t);
}

static void do_change(Teacher *t, const Job *job)
{
    GError *error = NULL;
    bool done = job->kind == JOB_UNDO     ? lesson_undo(t->lesson, &error)
                : job->kind == JOB_RENAME ? lesson_rename(t->lesson, job->name, job->other, &error)
                                          : lesson_forget(t->lesson, job->name, &error);
    t->last_take = 0;
    t->dirty = t->dirty || done;
    set_problem(t, error);
    tell_classes(t);
}

static bool on_progress(void *data, double done)
{
    (void)done;
    return !is_closing(data);
}

static void answer(Teacher *t, NnHeadMethod method)
{
    GError *error = NULL;
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    options.method = method;
    options.progress = on_progress;
    options.data = t;
    g_autoptr(GBytes) bytes = lesson_answer(t->lesson, &options, &error);
    gsize size;
    const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    bool written =
        data && !is_closing(t) && g_file_set_contents(t->path, data, (gssize)size, &error);
    g_mutex_lock(&t->lock);
    t->status.models += written;
    tell(t);
    g_mutex_unlock(&t->lock);
    if (error)
        set_problem(t, error);
}

/* Nobody waits long for an answer: where there is much to be learnt from, a quick one comes first.
 */
static void learn(Teacher *t)
{
    int pictures = 0, n = lesson_n_labels(t->lesson);
    t->dirty = false;
    for (int k = 0; k < n; k++)
        pictures += lesson_count(t->lesson, k);
    if (n < 2)
        return; /* nothing to tell apart yet */
    if (pictures > MANY)
        answer(t, NN_HEAD_IMPRINT);
    answer(t, NN_HEAD_AUTO);
}

/* Without a lesson nothing can be done; why there is none was told when it was opened. */
static void do_job(Teacher *t, const Job *job)
{
    switch (job->kind) {
    case JOB_OPEN:
        do_open(t, job);
        break;
    case JOB_UNDO:
    case JOB_RENAME:
    case JOB_FORGET:
        if (t->lesson)
            do_change(t, job);
        break;
    case JOB_PICTURE:
        if (t->lesson)
            do_picture(t, job);
        g_mutex_lock(&t->lock);
        t->waiting = false;
        g_mutex_unlock(&t->lock);
        return; /* more will come, then JOB_LEARN */
    case JOB_LEARN:
    case JOB_CLOSE:
        break;
    }
    /* Whatever waits changes it once more, or is followed by what does. */
    if (t->dirty && (job->kind == JOB_CLOSE || g_thread_pool_unprocessed(t->pool) == 0))
        learn(t);
    if (job->kind == JOB_CLOSE) {
        shut(t);
        tell_classes(t);
    }
}

static void work(gpointer data, gpointer user)
{
    Job *job = data;
    Teacher *t = user;
    if (!is_closing(t) || job->kind == JOB_PICTURE) /* those are never lost */
        do_job(t, job);
    g_clear_pointer(&job->sample, gst_sample_unref);
    g_free(job->name);
    g_free(job->other);
    g_free(job);
    g_mutex_lock(&t->lock);
    t->n_jobs--;
    tell(t);
    g_mutex_unlock(&t->lock);
}

/* With the lock held. */
static void push(Teacher *t, Job job)
{
    t->n_jobs++;
    g_thread_pool_push(t->pool, g_memdup2(&job, sizeof job), NULL);
}

static void ask(Teacher *t, Job job)
{
    g_mutex_lock(&t->lock);
    push(t, job);
    g_mutex_unlock(&t->lock);
}

/* ---- pictures ----------------------------------------------------------------------------- */

/* With the lock held. */
static void end_taking(Teacher *t)
{
    g_clear_pointer(&t->status.taking, g_free);
    t->last = false;
    push(t, (Job){.kind = JOB_LEARN});
    tell(t);
}

void teacher_take(Teacher *t, const char *name)
{
    g_mutex_lock(&t->lock);
    g_free(t->status.taking);
    t->status.taking = g_strdup(name);
    t->status.taken = t->status.repeated = 0;
    g_clear_pointer(&t->status.problem, g_free);
    t->take++;
    t->last = false;
    t->next = 0;
    tell(t);
    g_mutex_unlock(&t->lock);
}

void teacher_done(Teacher *t)
{
    g_mutex_lock(&t->lock);
    if (t->status.taking && t->next == 0)
        t->last = true; /* with the first frame */
    else if (t->status.taking)
        end_taking(t);
    g_mutex_unlock(&t->lock);
}

void teacher_offer(Teacher *t, GstBuffer *buffer, GstCaps *caps)
{
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&t->lock);
    if (t->status.taking && !t->waiting && now >= t->next) {
        g_autoptr(GstBuffer) copy = gst_buffer_copy_deep(buffer);
        t->waiting = true;
        t->next = now + EVERY_MS * 1000;
        push(t, (Job){.kind = JOB_PICTURE,
                      .name = g_strdup(t->status.taking),
                      .sample = gst_sample_new(copy, caps, NULL, NULL),
                      .take = t->take});
        if (t->last || t->status.taken + 1 >= TEACHER_MOST)
            end_taking(t);
    }
    g_mutex_unlock(&t->lock);
}

/* ------------------------------------------------------------------------------------------- */

void teacher_open(Teacher *t, const char *model)
{
    ask(t, (Job){.kind = JOB_OPEN, .name = g_strdup(model)});
}

void teacher_close(Teacher *t)
{
    teacher_done(t);
    ask(t, (Job){.kind = JOB_CLOSE});
}

void teacher_undo(Teacher *t)
{
    ask(t, (Job){.kind = JOB_UNDO});
}

void teacher_rename(Teacher *t, const char *from, const char *to)
{
    ask(t, (Job){.kind = JOB_RENAME, .name = g_strdup(from), .other = g_strdup(to)});
}

void teacher_forget(Teacher *t, const char *name)
{
    ask(t, (Job){.kind = JOB_FORGET, .name = g_strdup(name)});
}

const char *teacher_model(const Teacher *t)
{
    return t->path;
}

void teacher_free(Teacher *t)
{
    if (!t)
        return;
    g_atomic_int_set(&t->closing, true);
    g_thread_pool_free(t->pool, FALSE, TRUE);
    g_clear_handle_id(&t->idle, g_source_remove);
    shut(t);
    status_clear(&t->status);
    status_clear(&t->told);
    g_mutex_clear(&t->lock);
    g_free(t->folder);
    g_free(t->path);
    g_free(t);
}

Teacher *teacher_new(const char *folder, void (*changed)(gpointer data), gpointer data)
{
    Teacher *t = g_new0(Teacher, 1);
    t->folder = g_strdup(folder);
    t->path = g_build_filename(folder, "taught.tflite", NULL);
    t->changed = changed;
    t->data = data;
    g_mutex_init(&t->lock);
    t->status.classes = g_ptr_array_new_with_free_func(class_free);
    t->pool = g_thread_pool_new(work, t, 1, FALSE, NULL);
    return t;
}
