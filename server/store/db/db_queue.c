/* db_queue.c - see db_queue.h. */
#include "server/store/db/db_queue.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"

#include <errno.h>

enum {
    MAX_QUEUED_WORKS = 65536,
    BORROW_WAIT_MS = 5000,
};

static const char queue_is_full[] = "too many writes wait for the database";

/* ---- notices ---- */

void told_init(struct told *told) {
    *told = (struct told){ 0 };
    (void)pthread_mutex_init(&told->mutex, NULL);
}

void told_destroy(struct told *told) {
    (void)pthread_mutex_destroy(&told->mutex);
}

void told_set(struct told *told, db_subscriber *subscriber, void *context) {
    (void)pthread_mutex_lock(&told->mutex);
    told->subscriber = subscriber;
    told->context = context;
    (void)pthread_mutex_unlock(&told->mutex);
}

void told_tell(struct told *told, struct str notice) {
    (void)pthread_mutex_lock(&told->mutex);
    if (told->subscriber != NULL)
        told->subscriber(told->context, notice);
    (void)pthread_mutex_unlock(&told->mutex);
}

/* ---- works ---- */

void write_queue_init(struct write_queue *queue) {
    *queue = (struct write_queue){ 0 };
    queue->end = &queue->first;
    (void)pthread_mutex_init(&queue->mutex, NULL);
    os_cond_init(&queue->has_news);
}

void write_queue_destroy(struct write_queue *queue) {
    (void)pthread_mutex_destroy(&queue->mutex);
    (void)pthread_cond_destroy(&queue->has_news);
}

/* False when too many wait. The item is the writer's until done was called. */
static bool add(struct write_queue *queue, struct queued_work *item) {
    (void)pthread_mutex_lock(&queue->mutex);
    bool has_room = queue->stats.queued_works < MAX_QUEUED_WORKS;
    if (has_room) {
        item->next = NULL;
        *queue->end = item;
        queue->end = &item->next;
        queue->stats.queued_works++;
        (void)pthread_cond_signal(&queue->has_news);
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    return has_room;
}

/* A work that somebody waits for. */
struct waited {
    struct queued_work item;
    db_work *work;
    void *context;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_ended;
    bool is_done;
    enum err_code code;
    struct err *err;
};

static enum err_code run_waited(struct db_tx *tx, void *context, struct err *err) {
    struct waited *waited = context;
    return waited->work(tx, waited->context, err);
}

static void end_waited(void *context, enum err_code code, const struct err *err) {
    struct waited *waited = context;
    (void)pthread_mutex_lock(&waited->mutex);
    waited->code = code;
    if (code != OK)
        *waited->err = *err;
    waited->is_done = true;
    (void)pthread_cond_signal(&waited->has_ended);
    (void)pthread_mutex_unlock(&waited->mutex);
}

enum err_code write_queue_write(struct write_queue *queue, db_work *work, void *context, struct err *err) {
    struct waited waited = { .work = work, .context = context, .err = err };

    waited.item = (struct queued_work){ .work = run_waited, .context = &waited, .done = end_waited };
    (void)pthread_mutex_init(&waited.mutex, NULL);
    (void)pthread_cond_init(&waited.has_ended, NULL);
    if (add(queue, &waited.item)) {
        (void)pthread_mutex_lock(&waited.mutex);
        while (!waited.is_done)
            (void)pthread_cond_wait(&waited.has_ended, &waited.mutex);
        (void)pthread_mutex_unlock(&waited.mutex);
    } else {
        waited.code = err_set(err, ERR_BUSY, "%s", queue_is_full);
    }
    (void)pthread_mutex_destroy(&waited.mutex);
    (void)pthread_cond_destroy(&waited.has_ended);
    return waited.code;
}

/* A work that nobody waits for carries its own place in the queue. */
struct later {
    struct queued_work item;
    db_work *work;
    void *context;
    void (*done)(void *context, enum err_code code, const struct err *err);
};

static enum err_code run_later(struct db_tx *tx, void *context, struct err *err) {
    struct later *later = context;
    return later->work(tx, later->context, err);
}

static void end_later(void *context, enum err_code code, const struct err *err) {
    struct later *later = context;
    later->done(later->context, code, err);
    free(later);
}

void write_queue_write_later(struct write_queue *queue, uint64_t key, db_work *work, void *context,
                             void (*done)(void *context, enum err_code code, const struct err *err)) {
    struct later *later = calloc(1, sizeof *later);

    if (later == NULL)
        log_fatal("out of memory: cannot queue a write");
    later->work = work;
    later->context = context;
    later->done = done;
    later->item = (struct queued_work){ .work = run_later, .context = later, .done = end_later, .key = key };
    if (!add(queue, &later->item)) {
        struct err err = { 0 };
        enum err_code code = err_set(&err, ERR_BUSY, "%s", queue_is_full);
        end_later(later, code, &err);
    }
}

/* Merges two sorted lists; of equal keys those of the first come first. */
static struct queued_work *merge_by_key(struct queued_work *a, struct queued_work *b) {
    struct queued_work *first = NULL, **end = &first;
    while (a != NULL && b != NULL) {
        struct queued_work **least = a->key <= b->key ? &a : &b;
        *end = *least;
        end = &(*least)->next;
        *least = *end;
    }
    *end = a != NULL ? a : b;
    return first;
}

static struct queued_work *sort_by_key(struct queued_work *list) {
    if (list == NULL || list->next == NULL)
        return list;
    struct queued_work *middle = list;
    for (struct queued_work *end = list->next; end != NULL && end->next != NULL; end = end->next->next)
        middle = middle->next;
    struct queued_work *second = middle->next;
    middle->next = NULL;
    return merge_by_key(sort_by_key(list), sort_by_key(second));
}

struct queued_work *write_queue_take(struct write_queue *queue, int64_t idle_ms, bool *is_idle) {
    int64_t limit_ms = clock_mono_ms() + idle_ms;
    int result = 0;

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_stopping && result != ETIMEDOUT) {
        if (idle_ms > 0)
            result = os_cond_wait_until(&queue->has_news, &queue->mutex, limit_ms);
        else
            (void)pthread_cond_wait(&queue->has_news, &queue->mutex);
    }
    struct queued_work *batch = queue->first;
    queue->first = NULL;
    queue->end = &queue->first;
    *is_idle = batch == NULL && !queue->is_stopping;
    (void)pthread_mutex_unlock(&queue->mutex);
    return sort_by_key(batch);
}

void write_queue_end(struct write_queue *queue, struct queued_work *batch, int64_t commits) {
    int64_t works = 0;

    for (struct queued_work *item = batch; item != NULL; item = item->next)
        works++;
    (void)pthread_mutex_lock(&queue->mutex);
    queue->stats.works += works;
    queue->stats.commits += commits;
    queue->stats.queued_works -= works;
    (void)pthread_mutex_unlock(&queue->mutex);
    while (batch != NULL) {
        struct queued_work *item = batch;
        batch = item->next; /* the item may be gone once it is done */
        item->done(item->context, item->code, &item->err);
    }
}

void write_queue_stop(struct write_queue *queue) {
    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_stopping = true;
    (void)pthread_cond_signal(&queue->has_news);
    (void)pthread_mutex_unlock(&queue->mutex);
}

struct db_stats write_queue_stats(struct write_queue *queue) {
    (void)pthread_mutex_lock(&queue->mutex);
    struct db_stats stats = queue->stats;
    (void)pthread_mutex_unlock(&queue->mutex);
    return stats;
}

/* ---- connections ---- */

void pool_init(struct pool *pool) {
    *pool = (struct pool){ 0 };
    (void)pthread_mutex_init(&pool->mutex, NULL);
    os_cond_init(&pool->has_idle);
}

void pool_destroy(struct pool *pool) {
    (void)pthread_mutex_destroy(&pool->mutex);
    (void)pthread_cond_destroy(&pool->has_idle);
}

enum err_code pool_borrow(struct pool *pool, struct pool_item **item, struct err *err) {
    int64_t limit_ms = clock_mono_ms() + BORROW_WAIT_MS;
    int result = 0;

    (void)pthread_mutex_lock(&pool->mutex);
    while (pool->idle == NULL && pool->count == POOL_CONNECTIONS_MAX && result != ETIMEDOUT)
        result = os_cond_wait_until(&pool->has_idle, &pool->mutex, limit_ms);
    *item = pool->idle;
    bool may_open = *item == NULL && pool->count < POOL_CONNECTIONS_MAX;
    if (*item != NULL)
        pool->idle = (*item)->next_idle;
    if (may_open)
        pool->count++;
    (void)pthread_mutex_unlock(&pool->mutex);

    if (*item == NULL && !may_open)
        return err_set(err, ERR_BUSY, "all %d connections to the database have been busy for %d ms",
                       POOL_CONNECTIONS_MAX, BORROW_WAIT_MS);
    return OK;
}

void pool_give_back(struct pool *pool, struct pool_item *item) {
    (void)pthread_mutex_lock(&pool->mutex);
    if (item != NULL) {
        item->next_idle = pool->idle;
        pool->idle = item;
    } else {
        pool->count--;
    }
    (void)pthread_cond_signal(&pool->has_idle);
    (void)pthread_mutex_unlock(&pool->mutex);
}

struct pool_item *pool_take_idle(struct pool *pool) {
    (void)pthread_mutex_lock(&pool->mutex);
    struct pool_item *item = pool->idle;
    if (item != NULL) {
        pool->idle = item->next_idle;
        pool->count--;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return item;
}
