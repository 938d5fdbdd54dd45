/* SPDX-License-Identifier: MIT */
/* pool.c - the pool: tasks are claimed one by one from a single atomic word.
 *
 * Why not a ready-made one: a net is some sixty short loops a frame, on cores that the camera's
 * pipeline wants as well. What must not happen is that the caller waits for a worker which has
 * nothing to do but has not been scheduled yet. Here a loop ends when its tasks are done, whoever
 * did them: a worker that arrives late finds no task and is not waited for, so that a busy core
 * costs at most the one task it holds. Pools that check every worker in and out (libpthreadpool,
 * OpenMP teams) cannot do that: 60 loops of 16 tasks, 27 ms of work, on two cores kept busy by
 * other programs took 41 ms (median of 201) with 2 threads of ours and 460 ms with
 * libpthreadpool's; with 4 threads 71 ms and 1480 ms. A worker that finds nothing spins for
 * SPIN_NS, the usual gap between two loops, then sleeps. */
#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define SPIN_NS 30000

typedef struct {
    Pool *pool;
    pthread_t thread;
    int number;
} Worker;

struct Pool {
    /* The loop's number in the upper half, the next task in the lower: claiming a task with a
     * compare-and-swap also proves that the loop is still the one whose fields were read. */
    _Atomic uint64_t state;
    _Atomic int n, done;
    PoolFn *_Atomic fn;
    void *_Atomic ctx;

    _Atomic int sleepers; /* workers that wait for wake */
    _Atomic bool caller_sleeps, quit;
    pthread_mutex_t lock;
    pthread_cond_t wake, finished;

    int threads;
    Worker workers[]; /* threads - 1 */
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void relax(void)
{
#if defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#elif defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static bool has_task(Pool *pool, uint64_t state)
{
    return (int)(uint32_t)state < atomic_load(&pool->n);
}

/* Does tasks until none is left to claim. */
static void work(Pool *pool, int worker)
{
    uint64_t state = atomic_load(&pool->state);
    for (;;) {
        int n = atomic_load(&pool->n);
        PoolFn *fn = atomic_load(&pool->fn);
        void *ctx = atomic_load(&pool->ctx);
        int task = (int)(uint32_t)state;
        if (task >= n)
            return;
        if (!atomic_compare_exchange_weak(&pool->state, &state, state + 1))
            continue;
        fn(ctx, task, worker);
        if (atomic_fetch_add(&pool->done, 1) + 1 == n && atomic_load(&pool->caller_sleeps)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->finished);
            pthread_mutex_unlock(&pool->lock);
        }
        state = atomic_load(&pool->state);
    }
}

/* Spins while the state is without task; true if one came in time. */
static bool spin_for_task(Pool *pool)
{
    int64_t end = now_ns() + SPIN_NS;
    do {
        for (int i = 0; i < 32; i++) {
            if (has_task(pool, atomic_load(&pool->state)))
                return true;
            relax();
        }
    } while (now_ns() < end && !atomic_load(&pool->quit));
    return false;
}

static void *worker_main(void *data)
{
    Worker *self = data;
    Pool *pool = self->pool;
    while (!atomic_load(&pool->quit)) {
        if (spin_for_task(pool)) {
            work(pool, self->number);
            continue;
        }
        pthread_mutex_lock(&pool->lock);
        /* The count goes up before the look: pool_run sets the state before it reads the count,
         * so one of the two sees the other. */
        atomic_fetch_add(&pool->sleepers, 1);
        while (!has_task(pool, atomic_load(&pool->state)) && !atomic_load(&pool->quit))
            pthread_cond_wait(&pool->wake, &pool->lock);
        atomic_fetch_sub(&pool->sleepers, 1);
        pthread_mutex_unlock(&pool->lock);
    }
    return NULL;
}

static void wait_until_done(Pool *pool, int n)
{
    int64_t end = now_ns() + SPIN_NS;
    while (atomic_load(&pool->done) < n) {
        if (now_ns() < end) {
            relax();
            continue;
        }
        pthread_mutex_lock(&pool->lock);
        atomic_store(&pool->caller_sleeps, true);
        while (atomic_load(&pool->done) < n)
            pthread_cond_wait(&pool->finished, &pool->lock);
        atomic_store(&pool->caller_sleeps, false);
        pthread_mutex_unlock(&pool->lock);
    }
}

void pool_run(Pool *pool, int n, PoolFn *fn, void *ctx)
{
    if (pool->threads == 1 || n <= 1) {
        for (int i = 0; i < n; i++)
            fn(ctx, i, 0);
        return;
    }
    /* No task of the last loop is unclaimed, so nobody acts on these until the state changes. */
    uint64_t loop = (atomic_load(&pool->state) >> 32) + 1;
    atomic_store(&pool->n, 0);
    atomic_store(&pool->done, 0);
    atomic_store(&pool->fn, fn);
    atomic_store(&pool->ctx, ctx);
    atomic_store(&pool->state, loop << 32);
    atomic_store(&pool->n, n);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
    work(pool, 0);
    wait_until_done(pool, n);
}

int pool_threads(const Pool *pool)
{
    return pool->threads;
}

uint64_t pool_cpu_time(const Pool *pool)
{
    uint64_t sum = 0;
    for (int i = 0; i < pool->threads - 1; i++) {
        clockid_t clock;
        struct timespec t;
        if (!pthread_getcpuclockid(pool->workers[i].thread, &clock) && !clock_gettime(clock, &t))
            sum += (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
    }
    return sum;
}

void pool_free(Pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->quit, true);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->threads - 1; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

Pool *pool_new(int threads)
{
    Pool *pool = calloc(1, sizeof *pool + sizeof(Worker) * (size_t)(threads - 1));
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->finished, NULL);
    pool->threads = 1;
    for (int i = 0; i < threads - 1; i++) {
        Worker *w = &pool->workers[i];
        *w = (Worker){.pool = pool, .number = i + 1};
        if (pthread_create(&w->thread, NULL, worker_main, w))
            break;
        pool->threads++;
    }
    return pool;
}
