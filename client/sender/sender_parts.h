/* sender_parts.h - what the sender's files share: its state, and its talk with the training process.
 *
 * Threads: the sender's one. Memory: all of it is given back by sender_run.
 */
#ifndef CLIENT_SENDER_PARTS_H
#define CLIENT_SENDER_PARTS_H

#include "client/log/log_file.h"
#include "client/log/run_state.h"
#include "client/log/shared_log.h"
#include "client/sender/sender.h"
#include "client/sender/sender_link.h"
#include "client/sender/system_metrics.h"
#include "client/uplink/transfers.h"
#include "client/uplink/uplink.h"

/* Somebody waits for an artifact. */
struct sender_question {
    int64_t id; /* 0: free */
    char *client_id;
};

struct sender {
    const struct sender_options *options;
    struct shared_log *log; /* NULL: read only, from the file */
    struct run_state state;
    struct uplink *uplink; /* NULL offline */
    struct transfers *transfers; /* NULL until the run is on the server */
    struct uplink_past past;
    struct sender_question questions[SENDER_LINK_ASKS_MAX];
    struct system_metrics *metrics;
    struct log_file_reader reader;
    struct buf bytes; /* of the log, from bytes_at on */
    uint64_t bytes_at;
    int fd, owner_fd, watch_fd;
    uint64_t synced_end;
    int64_t synced_ms, sampled_ms, transmitted_ms, not_before_ms, wait_ms, failing_since_ms;
    bool is_on_server, owner_is_gone, is_finishing, is_at_end, is_refused, has_heard;
    bool link_is_closed; /* the owner gave the run's memory back; it may live on */
    bool has_stopped_owner, has_gathered, knows_past, standard_files_sent;
    int64_t said_progress_ms, looked_at_live_ms;
    uint64_t row_count;
};

/* Of the log, that were not looked at. */
uint64_t sender_unread_bytes(const struct sender *sender);

void sender_say(const struct sender *sender, struct str message);
/* The server knows the run; or why it does not. */
void sender_say_run(const struct sender *sender);
void sender_say_problem(const struct sender *sender);
void sender_say_history(const struct sender *sender);
/* How far the end has come; now and then. */
void sender_say_progress(struct sender *sender);
/* Takes the owner's messages and answers them; waits a moment when there is nothing else to do. */
void sender_hear_owner(struct sender *sender);

/* files holds the text that the options borrow. */
struct uplink_options sender_uplink_options(const struct sender *sender, struct buf *files);

/* ---- continuing a run, see sender_past.c ---- */

/* UPLINK_SENT when the run may be made. */
enum uplink_result sender_find_past(struct sender *sender);
/* After the run was made: where its lines go. */
void sender_place_lines(struct sender *sender);

/* ---- what it finds out itself, see sender_gather.c ---- */

void sender_gather(struct sender *sender);
void sender_sample(struct sender *sender);

/* ---- files, artifacts, alerts, see sender_files.c ---- */

/* Hands on what is due. at_end: all of it. */
enum uplink_result sender_hand_on(struct sender *sender, bool at_end);
/* Nothing is on its way any more. */
bool sender_has_delivered(struct sender *sender);

#endif
