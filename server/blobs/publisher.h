/* publisher.h - publishes files that arrive side by side together, so that they wait for the disk once and not one after
 * the other.
 *
 * Threads: publisher_add may be called from any; `done` is called from one of the publisher's own, which begin as they are
 * needed. Memory: the item is the publisher's until its `done` is called.
 */
#ifndef SERVER_BLOBS_PUBLISHER_H
#define SERVER_BLOBS_PUBLISHER_H

#include "server/blobs/depot.h"

struct publisher;

struct publishing {
    struct depot_arrival arrival;
    void (*done)(struct publishing *item);
    struct publishing *next;
};

enum { PUBLISHER_GROUP_MAX = 256, PUBLISHER_THREADS_MAX = 16 };

/* With up to group_max in a group, and up to thread_max groups side by side. The depot must outlive it. */
struct publisher *publisher_create(struct depot *depot, size_t group_max, size_t thread_max);
void publisher_add(struct publisher *publisher, struct publishing *item);
/* Waits for what was added. NULL is fine. */
void publisher_destroy(struct publisher *publisher);

#endif
