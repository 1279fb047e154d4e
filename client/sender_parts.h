/* sender_parts.h - what the sender's files share: its state, and its talk with the training process.
 *
 * Threads: the sender's one. Memory: all of it is given back by sender_run.
 */
#ifndef CLIENT_SENDER_PARTS_H
#define CLIENT_SENDER_PARTS_H

#include "client/log_file.h"
#include "client/run_state.h"
#include "client/sender.h"
#include "client/shared_log.h"
#include "client/system_metrics.h"
#include "client/uplink.h"

struct sender {
    const struct sender_options *options;
    struct shared_log *log; /* NULL: read only, from the file */
    struct run_state state;
    struct uplink *uplink; /* NULL offline */
    struct system_metrics *metrics;
    struct log_file_reader reader;
    struct buf bytes; /* of the log, from bytes_at on */
    uint64_t bytes_at;
    int fd, pidfd, watch_fd;
    uint64_t synced_end;
    int64_t synced_ms, sampled_ms, transmitted_ms, not_before_ms, wait_ms, failing_since_ms;
    bool is_on_server, owner_is_gone, is_finishing, is_at_end, is_refused;
    uint64_t row_count;
};

/* Of the log, that were not looked at. */
uint64_t sender_unread_bytes(const struct sender *sender);

void sender_say(const struct sender *sender, struct str message);
/* The server knows the run; or why it does not. */
void sender_say_run(const struct sender *sender);
void sender_say_problem(const struct sender *sender);
/* Takes the owner's messages and answers them; waits a moment when there is nothing else to do. */
void sender_hear_owner(struct sender *sender);

#endif
