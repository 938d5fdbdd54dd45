/* SPDX-License-Identifier: MIT */
/* test_pool.c - every task runs exactly once, whatever the number of threads, loops and pauses. */
#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MAX_TASKS 1000

typedef struct {
    atomic_int runs[MAX_TASKS];
    atomic_int bad_worker;
    int threads;
} Count;

static void count(void *ctx, int task, int worker)
{
    Count *c = ctx;
    atomic_fetch_add(&c->runs[task], 1);
    if (worker < 0 || worker >= c->threads)
        atomic_store(&c->bad_worker, 1);
}

static void each_task_runs_once(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    for (unsigned t = 0; t < sizeof threads / sizeof *threads; t++) {
        Pool *pool = pool_new(threads[t]);
        assert_non_null(pool);
        assert_int_equal(pool_threads(pool), threads[t]);
        for (int loop = 0; loop < 3000; loop++) {
            static Count c;
            memset(&c, 0, sizeof c);
            c.threads = threads[t];
            int n = loop % 37 == 0 ? loop % MAX_TASKS : loop % 9;
            pool_run(pool, n, count, &c);
            for (int i = 0; i < n; i++)
                assert_int_equal(atomic_load(&c.runs[i]), 1);
            assert_int_equal(atomic_load(&c.runs[n]), 0);
            assert_int_equal(atomic_load(&c.bad_worker), 0);
            if (loop % 500 == 0) /* long enough for the workers to fall asleep */
                nanosleep(&(struct timespec){0, 2000000}, NULL);
        }
        pool_free(pool);
    }
}

/* The workers' tasks take longer than the caller spins. */
static void count_slowly(void *ctx, int task, int worker)
{
    if (worker)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    count(ctx, task, worker);
}

static void slow_task_is_waited_for(void **state)
{
    (void)state;
    Pool *pool = pool_new(3);
    for (int loop = 0; loop < 20; loop++) {
        static Count c;
        memset(&c, 0, sizeof c);
        c.threads = 3;
        pool_run(pool, 3, count_slowly, &c);
        for (int i = 0; i < 3; i++)
            assert_int_equal(atomic_load(&c.runs[i]), 1);
    }
    pool_free(pool);
}

static void idle_pool_can_be_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        pool_free(pool_new(1 + i % 5));
    pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_runs_once),
        cmocka_unit_test(slow_task_is_waited_for),
        cmocka_unit_test(idle_pool_can_be_freed),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
