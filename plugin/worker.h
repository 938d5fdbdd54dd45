/* SPDX-License-Identifier: MIT */
/* worker.h - one thread that does one job at a time, for a caller that never waits for it: the
 * caller asks whether it is idle, hands over the data while it is, and gets them back when it is
 * idle again. There is no queue: work that comes while the thread is busy is the caller's to drop.
 */
#ifndef WORKER_H
#define WORKER_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct Worker Worker;
typedef void WorkerJob(gpointer data);

/* Starts the thread, idle. NULL and error if there are no threads left. */
Worker *worker_new(const gchar *name, WorkerJob *job, gpointer data, GError **error);

/* Waits for the job under way, ends the thread; NULL is fine. */
void worker_free(Worker *worker);

/* TRUE: what the job reads and writes belongs to the caller until worker_submit(). */
gboolean worker_idle(Worker *worker);

/* Runs job(data) once on the thread; only when idle. Returns at once. */
void worker_submit(Worker *worker);

/* Waits until idle, at most so long (G_MAXINT64: as long as it takes). FALSE if the time ran out
 * or somebody broke the waits. */
gboolean worker_wait(Worker *worker, gint64 timeout_us);

/* Ends all waits now and in future (TRUE), or allows waiting again (FALSE). Any thread. */
void worker_break_waits(Worker *worker, gboolean broken);

G_END_DECLS

#endif
