/* SPDX-License-Identifier: MIT */
/* pool.h - one small thread pool for a net: a parallel loop, and nothing else. */
#ifndef NN_POOL_H
#define NN_POOL_H

#include <stdint.h>

typedef struct Pool Pool;

/* One turn of the loop: task 0...n-1, done by worker 0...threads-1 (0 is the caller). */
typedef void PoolFn(void *ctx, int task, int worker);

/* A pool of threads workers, the caller being one of them; fewer if the system gives no more
 * threads. threads >= 1. NULL if memory is short. */
Pool *pool_new(int threads);
void pool_free(Pool *pool); /* joins; NULL is fine */

int pool_threads(const Pool *pool);

/* CPU time that the pool's own threads, not the caller, have used so far; ns. */
uint64_t pool_cpu_time(const Pool *pool);

/* The same as
 *     for (int i = 0; i < n; i++)
 *         fn(ctx, i, 0);
 * in any order and in parallel; returns when all is done. One caller at a time. */
void pool_run(Pool *pool, int n, PoolFn *fn, void *ctx);

#endif
