/* upload_queue.h - uploads that are to be linked: those that wait side by side share one work of the database, and with it what
 * each of them would cost by itself. While one group is on its way the next one gathers.
 *
 * One that fails fails nobody else: the others are tried again without it, but where it is the database that fails.
 *
 * Threads: upload_queue_add may be called from any; the steps are called from the queue's own. Memory: heap; an upload is
 * the queue's until `answer` is called for it.
 */
#ifndef SERVER_API_UPLOAD_QUEUE_H
#define SERVER_API_UPLOAD_QUEUE_H

#include "server/api/runs/upload.h"

struct upload_queue;

struct upload_steps {
    db_work *store; /* links one upload, its context; may run more than once */
    void (*answer)(struct upload *upload, enum err_code code, const struct err *err);
};

/* The database must outlive the queue. */
struct upload_queue *upload_queue_create(struct db *db, const struct upload_steps *steps);
/* Whether one like it was checked a moment ago: a client sends thousands to one draft. Only so that a refusal comes before the
 * bytes: what may be linked is checked when it is. */
bool upload_queue_knows(struct upload_queue *queue, const struct upload *upload);
void upload_queue_learn(struct upload_queue *queue, const struct upload *upload);
void upload_queue_add(struct upload_queue *queue, struct upload *upload);
/* Waits for what was added. NULL is fine. */
void upload_queue_destroy(struct upload_queue *queue);

#endif
