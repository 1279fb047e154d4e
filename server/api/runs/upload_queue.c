/* upload_queue.c - see upload_queue.h. Whatever arrives before a group's work begins is in the group. */
#include "server/api/runs/upload_queue.h"

#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum { GROUP_MAX = 256 }; /* others want to write, too */

struct upload_queue {
    struct db *db;
    db_work *store;
    blob_done *stored;
    pthread_mutex_t mutex; /* guards what follows */
    struct upload *first, **end;
};

struct group {
    struct upload_queue *queue;
    bool is_taken; /* the first time that the work runs */
    struct upload *first;
};

struct upload_queue *upload_queue_create(struct db *db, db_work *store, blob_done *stored) {
    struct upload_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        log_fatal("out of memory: cannot take uploads");
    queue->db = db;
    queue->store = store;
    queue->stored = stored;
    queue->end = &queue->first;
    (void)pthread_mutex_init(&queue->mutex, NULL);
    return queue;
}

void upload_queue_destroy(struct upload_queue *queue) {
    if (queue == NULL)
        return;
    (void)pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static enum err_code store_group(struct db_tx *tx, void *context, struct err *err);
static void group_stored(void *context, enum err_code code, const struct err *err);

static void begin_group(struct upload_queue *queue) {
    struct group *group = calloc(1, sizeof *group);
    if (group == NULL)
        log_fatal("out of memory: cannot store uploads");
    group->queue = queue;
    db_write_later(queue->db, store_group, group, group_stored);
}

/* Up to GROUP_MAX, in their order. Somebody else has to come for the rest. */
static void take(struct group *group) {
    struct upload_queue *queue = group->queue;
    struct upload **end = &queue->first;
    (void)pthread_mutex_lock(&queue->mutex);
    for (size_t count = 0; *end != NULL && count < GROUP_MAX; count++)
        end = &(*end)->next;
    struct upload *rest = *end;
    *end = NULL;
    group->first = queue->first;
    group->is_taken = true;
    queue->first = rest;
    if (rest == NULL)
        queue->end = &queue->first;
    (void)pthread_mutex_unlock(&queue->mutex);
    if (rest != NULL)
        begin_group(queue);
}

static enum err_code store_group(struct db_tx *tx, void *context, struct err *err) {
    struct group *group = context;
    const struct upload *before = NULL;
    if (!group->is_taken)
        take(group);
    for (struct upload *upload = group->first; upload != NULL; upload = upload->next) {
        upload->before = before != NULL && before->kind == upload->kind ? before : NULL;
        TRY(group->queue->store(tx, upload, err));
        before = upload;
    }
    return OK;
}

static void group_stored(void *context, enum err_code code, const struct err *err) {
    struct group *group = context;
    struct upload_queue *queue = group->queue;
    if (!group->is_taken) /* the database is being closed */
        take(group);
    bool is_alone = group->first != NULL && group->first->next == NULL;
    for (struct upload *upload = group->first, *next; upload != NULL; upload = next) {
        next = upload->next; /* an upload may be gone once it is stored */
        upload->before = NULL;
        if (code == OK || is_alone)
            queue->stored(upload, code, err);
        else
            db_write_later(queue->db, queue->store, upload, queue->stored);
    }
    free(group);
}

void upload_queue_add(struct upload_queue *queue, struct upload *upload) {
    upload->next = NULL;
    (void)pthread_mutex_lock(&queue->mutex);
    bool was_empty = queue->first == NULL;
    *queue->end = upload;
    queue->end = &upload->next;
    (void)pthread_mutex_unlock(&queue->mutex);
    if (was_empty)
        begin_group(queue);
}
