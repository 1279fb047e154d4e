/* worker_pool.h - a few threads that do what may take a while, first come first served.
 *
 * Threads: worker_pool_add may be called from any. Memory: the work is the caller's and may be reused or
 * freed as soon as its run has been called.
 */
#ifndef SERVER_HTTP_WORKER_POOL_H
#define SERVER_HTTP_WORKER_POOL_H

#include <stddef.h>

struct worker_pool;

struct work {
    void (*run)(struct work *work);
    struct work *next;
};

struct worker_pool *worker_pool_create(size_t thread_count);
void worker_pool_add(struct worker_pool *pool, struct work *work);
/* Lets the threads finish all that was added, then ends them. NULL is fine. */
void worker_pool_destroy(struct worker_pool *pool);

#endif
