/* worker_pool.c - see worker_pool.h. */
#include "server/http/worker_pool.h"

#include "base/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

struct worker_pool {
    pthread_mutex_t lock; /* guards what follows up to `threads` */
    pthread_cond_t has_work;
    struct work *first, *last;
    bool is_ending;
    size_t thread_count;
    pthread_t threads[];
};

static struct work *take(struct worker_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->is_ending)
        pthread_cond_wait(&pool->has_work, &pool->lock);
    struct work *work = pool->first;
    if (work != NULL)
        pool->first = work->next;
    pthread_mutex_unlock(&pool->lock);
    return work;
}

static void *work_until_ended(void *argument) {
    struct worker_pool *pool = argument;
    for (struct work *work; (work = take(pool)) != NULL;)
        work->run(work);
    return NULL;
}

/* Signals are for the main thread: a worker starts with all of them blocked. */
static void start_thread(struct worker_pool *pool, pthread_t *thread) {
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(thread, NULL, work_until_ended, pool) != 0)
        log_fatal("cannot start a worker thread");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct worker_pool *worker_pool_create(size_t thread_count) {
    struct worker_pool *pool = calloc(1, sizeof *pool + thread_count * sizeof pool->threads[0]);
    if (pool == NULL)
        log_fatal("out of memory: cannot make a pool of %zu workers", thread_count);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_work, NULL);
    pool->thread_count = thread_count;
    for (size_t i = 0; i < thread_count; i++)
        start_thread(pool, &pool->threads[i]);
    return pool;
}

void worker_pool_add(struct worker_pool *pool, struct work *work) {
    work->next = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->first == NULL)
        pool->first = work;
    else
        pool->last->next = work;
    pool->last = work;
    pthread_cond_signal(&pool->has_work);
    pthread_mutex_unlock(&pool->lock);
}

void worker_pool_destroy(struct worker_pool *pool) {
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_ending = true;
    pthread_cond_broadcast(&pool->has_work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->has_work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
