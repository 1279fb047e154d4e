/* settler.h - makes parts of large files durable in a thread of its own: those of one file that arrive while it waits for the disk
 * wait for it together next.
 *
 * Threads: settler_add may be called from any; `done` is called from the settler's own, which begins with the first part.
 * Memory: an item is the settler's until its `done` is called.
 */
#ifndef SERVER_BLOBS_SETTLER_H
#define SERVER_BLOBS_SETTLER_H

#include "server/blobs/gather.h"

struct settler;

struct settling {
    struct gather_arrival arrival;
    void (*done)(struct settling *item, enum err_code code, const struct err *err);
    struct settling *next;
};

struct settler *settler_create(void);
void settler_add(struct settler *settler, struct settling *item);
/* Waits for what was added. NULL is fine. */
void settler_destroy(struct settler *settler);

#endif
