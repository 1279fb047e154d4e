/* transfers.h - files and artifacts, sent by a thread of their own beside the run's lines: a checkpoint of an hour holds
 * up no history.
 *
 * Threads: the calls below come from one thread, the sender's. Memory: transfers_destroy.
 */
#ifndef CLIENT_TRANSFERS_H
#define CLIENT_TRANSFERS_H

#include "client/uplink/uplink.h"

struct transfers;

/* Where the run is and how to talk to its server are copied from the leader. The thread starts with the first job. */
MUST_CHECK enum err_code transfers_create(struct transfers **out, const struct uplink_options *options,
                                          const struct uplink *leader, struct err *err);
/* Waits for the request that is under way. NULL is fine. */
void transfers_destroy(struct transfers *transfers);

/* False when out of memory. */
bool transfers_add_file(struct transfers *transfers, const char *path);
/* The body of an artifact record; its result is kept under the client id. */
bool transfers_add_artifact(struct transfers *transfers, struct str body);
bool transfers_add_used_artifact(struct transfers *transfers, struct str body);

struct transfers_progress {
    uint64_t sent_bytes, total_bytes;
    size_t waiting_count;     /* jobs, the one under way included */
    int64_t failing_since_ms; /* 0: it works */
};

void transfers_progress(struct transfers *transfers, struct transfers_progress *out);
/* Until nothing is waiting, or the time is over. */
void transfers_wait(struct transfers *transfers, int timeout_ms);
/* Appends the names of files that have arrived since the last call: JSON strings, comma separated. */
void transfers_take_uploaded(struct transfers *transfers, struct buf *out);

enum artifact_state { ARTIFACT_UNKNOWN, ARTIFACT_WAITING, ARTIFACT_DONE };
/* *answer: JSON with "id" and "state", or with "error"; when it is done. */
enum artifact_state transfers_find_artifact(struct transfers *transfers, struct str client_id, struct buf *answer);

#endif
