/* upload_queue.h - uploads whose bytes are durable and that are to be linked: those that wait side by side share one work
 * of the database, and with it what each of them would cost by itself.
 *
 * One that fails is tried again alone, so that it fails nobody else.
 *
 * Threads: upload_queue_add may be called from any. Memory: heap; an upload is the queue's until `stored` is called for it.
 */
#ifndef SERVER_API_UPLOAD_QUEUE_H
#define SERVER_API_UPLOAD_QUEUE_H

#include "server/api/runs/upload.h"

struct upload_queue;

/* `store` is the work that links one upload, its context; it may run more than once. The database must outlive the queue. */
struct upload_queue *upload_queue_create(struct db *db, db_work *store, blob_done *stored);
void upload_queue_add(struct upload_queue *queue, struct upload *upload);
void upload_queue_destroy(struct upload_queue *queue); /* when all are stored; NULL is fine */

#endif
