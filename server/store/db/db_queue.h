/* db_queue.h - works that wait for a driver's writing thread, and connections that wait for readers. Only db_*.c
 * include it.
 *
 * Threads: all functions may be called from any thread, unless said otherwise.
 */
#ifndef SERVER_STORE_DB_QUEUE_H
#define SERVER_STORE_DB_QUEUE_H

#include "server/store/db/db_driver.h"

#include <pthread.h>

/* ---- works ---- */

struct queued_work {
    struct queued_work *next;
    db_work *work;
    void *context;
    void (*done)(void *context, enum err_code code, const struct err *err);
    uint64_t key; /* 0: in the order they came */
    enum err_code code;
    struct err err;
};

/* Whom a driver tells of notices. */
struct told {
    pthread_mutex_t mutex; /* held while the subscriber is called; guards the two below */
    db_subscriber *subscriber;
    void *context;
};

void told_init(struct told *told);
void told_destroy(struct told *told);
void told_set(struct told *told, db_subscriber *subscriber, void *context);
void told_tell(struct told *told, struct str notice);

enum { NOTICE_BYTES_MAX = 64 };

struct write_queue {
    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t has_news;
    struct queued_work *first, **end;
    bool is_stopping;
    struct db_stats stats;
};

void write_queue_init(struct write_queue *queue);
void write_queue_destroy(struct write_queue *queue);
/* What db_write and db_write_later promise. */
enum err_code write_queue_write(struct write_queue *queue, db_work *work, void *context, struct err *err);
void write_queue_write_later(struct write_queue *queue, uint64_t key, db_work *work, void *context,
                             void (*done)(void *context, enum err_code code, const struct err *err));
/* For the thread that writes: all that waits, by key. Without works it waits for them, and answers NULL when it is time to
 * stop, or after idle_ms (0: never) with *is_idle set. */
struct queued_work *write_queue_take(struct write_queue *queue, int64_t idle_ms, bool *is_idle);
/* Tells whoever waits for these works how they ended; the items are gone afterwards. */
void write_queue_end(struct write_queue *queue, struct queued_work *batch, int64_t commits);
void write_queue_stop(struct write_queue *queue);
struct db_stats write_queue_stats(struct write_queue *queue);

/* ---- connections ---- */

enum { POOL_CONNECTIONS_MAX = 16 };

/* A driver's connection has one of these. */
struct pool_item {
    struct pool_item *next_idle;
};

struct pool {
    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t has_idle;
    struct pool_item *idle;
    int count; /* idle or borrowed */
};

void pool_init(struct pool *pool);
void pool_destroy(struct pool *pool); /* when none is borrowed or idle */
/* *item is NULL when the caller is to open one itself, which then counts as borrowed. ERR_BUSY after five seconds. */
MUST_CHECK enum err_code pool_borrow(struct pool *pool, struct pool_item **item, struct err *err);
/* item NULL: the borrowed one is closed, or could not be opened. */
void pool_give_back(struct pool *pool, struct pool_item *item);
/* NULL when no more are idle. */
struct pool_item *pool_take_idle(struct pool *pool);

#endif
