/* SPDX-License-Identifier: MIT */
/* worker.c - the thread that classifies, or loads, aside from the video. */
#include "worker.h"

struct Worker {
    WorkerJob *job;
    gpointer data;
    GThread *thread;

    GMutex lock;
    GCond changed;
    gboolean busy;   /* a job is under way or about to start */
    gboolean broken; /* nobody may wait */
    gboolean quit;
};

static gpointer work(gpointer user_data)
{
    Worker *worker = user_data;

    g_mutex_lock(&worker->lock);
    while (!worker->quit) {
        if (!worker->busy) {
            g_cond_wait(&worker->changed, &worker->lock);
            continue;
        }
        g_mutex_unlock(&worker->lock);
        worker->job(worker->data);
        g_mutex_lock(&worker->lock);
        worker->busy = FALSE;
        g_cond_broadcast(&worker->changed);
    }
    g_mutex_unlock(&worker->lock);
    return NULL;
}

gboolean worker_idle(Worker *worker)
{
    g_mutex_lock(&worker->lock);
    gboolean idle = !worker->busy;
    g_mutex_unlock(&worker->lock);
    return idle;
}

void worker_submit(Worker *worker)
{
    g_mutex_lock(&worker->lock);
    worker->busy = TRUE;
    g_cond_broadcast(&worker->changed);
    g_mutex_unlock(&worker->lock);
}

gboolean worker_wait(Worker *worker, gint64 timeout_us)
{
    gint64 now = g_get_monotonic_time();
    gint64 end = timeout_us < G_MAXINT64 - now ? now + timeout_us : G_MAXINT64;
    gboolean in_time = TRUE;

    g_mutex_lock(&worker->lock);
    while (worker->busy && !worker->broken && in_time)
        in_time = g_cond_wait_until(&worker->changed, &worker->lock, end);
    gboolean idle = !worker->busy;
    g_mutex_unlock(&worker->lock);
    return idle;
}

void worker_break_waits(Worker *worker, gboolean broken)
{
    g_mutex_lock(&worker->lock);
    worker->broken = broken;
    g_cond_broadcast(&worker->changed);
    g_mutex_unlock(&worker->lock);
}

void worker_free(Worker *worker)
{
    if (worker == NULL)
        return;
    if (worker->thread != NULL) {
        g_mutex_lock(&worker->lock);
        worker->quit = TRUE;
        g_cond_broadcast(&worker->changed);
        g_mutex_unlock(&worker->lock);
        g_thread_join(worker->thread);
    }
    g_cond_clear(&worker->changed);
    g_mutex_clear(&worker->lock);
    g_free(worker);
}

Worker *worker_new(const gchar *name, WorkerJob *job, gpointer data, GError **error)
{
    Worker *worker = g_new0(Worker, 1);

    worker->job = job;
    worker->data = data;
    g_mutex_init(&worker->lock);
    g_cond_init(&worker->changed);
    worker->thread = g_thread_try_new(name, work, worker, error);
    if (worker->thread == NULL)
        g_clear_pointer(&worker, worker_free);
    return worker;
}
