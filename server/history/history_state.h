/* history_state.h - what struct history consists of, for the files of history/ only. */
#ifndef SERVER_HISTORY_HISTORY_STATE_H
#define SERVER_HISTORY_HISTORY_STATE_H

#include "server/history/history.h"
#include "server/history/segment.h"
#include "server/store/runs/history_store.h"

#include <pthread.h>

struct history {
    struct db *db;
    struct segment_files *files;
    struct segment_cache *cache;
    struct history_options options; /* defaults filled in */

    pthread_mutex_t work_lock; /* held while histories are sealed and compacted: one at a time; guards swept_at_ms */
    int64_t swept_at_ms;       /* monotonic; 0: never */
    pthread_t worker;
    bool has_worker;
    pthread_mutex_t wake_lock; /* guards the two below */
    pthread_cond_t wake;
    bool is_awake, is_stopping;
};

/* Seals and compacts one history as far as it is due. */
MUST_CHECK enum err_code worker_serve(struct history *history, struct history_id id, struct err *err);
/* The worker's thread. */
void *worker_run(void *history);

#endif
