/* SPDX-License-Identifier: MIT */
/* tsan_sync.c - only in builds with ThreadSanitizer: GLib's locks, made of pthreads. The sanitizer
 * knows those; it cannot see the futexes inside a GLib that was not built with it, and would report
 * every field under a GMutex. Symbols of the program come before those of the library, for the
 * plugin and for GStreamer, too. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <glib.h>

/* Locks may be zeroed memory: the first user makes them. */
static void *made(gpointer *place, void *(*make)(void), void (*unmake)(void *))
{
    gpointer old = __atomic_load_n(place, __ATOMIC_ACQUIRE);

    if (old != NULL)
        return old;
    gpointer fresh = make();
    if (__atomic_compare_exchange_n(place, &old, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    unmake(fresh);
    return old;
}

static void unmake_mutex(void *mutex)
{
    pthread_mutex_destroy(mutex);
    free(mutex);
}

static void *make_mutex(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);

    pthread_mutex_init(mutex, NULL);
    return mutex;
}

static void *make_recursive(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return mutex;
}

static void unmake_cond(void *cond)
{
    pthread_cond_destroy(cond);
    free(cond);
}

static void *make_cond(void)
{
    pthread_cond_t *cond = malloc(sizeof *cond);
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return cond;
}

static pthread_mutex_t *mutex_of(GMutex *mutex)
{
    return made(&mutex->p, make_mutex, unmake_mutex);
}

static pthread_mutex_t *recursive_of(GRecMutex *mutex)
{
    return made(&mutex->p, make_recursive, unmake_mutex);
}

static pthread_cond_t *cond_of(GCond *cond)
{
    return made(&cond->p, make_cond, unmake_cond);
}

void g_mutex_init(GMutex *mutex)
{
    mutex->p = NULL;
}

void g_mutex_clear(GMutex *mutex)
{
    if (mutex->p != NULL)
        unmake_mutex(mutex->p);
    mutex->p = NULL;
}

void g_mutex_lock(GMutex *mutex)
{
    pthread_mutex_lock(mutex_of(mutex));
}

void g_mutex_unlock(GMutex *mutex)
{
    pthread_mutex_unlock(mutex_of(mutex));
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

void g_rec_mutex_init(GRecMutex *mutex)
{
    mutex->p = NULL;
}

void g_rec_mutex_clear(GRecMutex *mutex)
{
    if (mutex->p != NULL)
        unmake_mutex(mutex->p);
    mutex->p = NULL;
}

void g_rec_mutex_lock(GRecMutex *mutex)
{
    pthread_mutex_lock(recursive_of(mutex));
}

void g_rec_mutex_unlock(GRecMutex *mutex)
{
    pthread_mutex_unlock(recursive_of(mutex));
}

gboolean g_rec_mutex_trylock(GRecMutex *mutex)
{
    return pthread_mutex_trylock(recursive_of(mutex)) == 0;
}

void g_cond_init(GCond *cond)
{
    cond->p = NULL;
}

void g_cond_clear(GCond *cond)
{
    if (cond->p != NULL)
        unmake_cond(cond->p);
    cond->p = NULL;
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    pthread_cond_wait(cond_of(cond), mutex_of(mutex));
}

void g_cond_signal(GCond *cond)
{
    pthread_cond_signal(cond_of(cond));
}

void g_cond_broadcast(GCond *cond)
{
    pthread_cond_broadcast(cond_of(cond));
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_us)
{
    struct timespec end = {end_us / G_USEC_PER_SEC, end_us % G_USEC_PER_SEC * 1000};

    return pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), &end) != ETIMEDOUT;
}
