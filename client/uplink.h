/* uplink.h - the requests that make a run on the server: UpsertBucket, file_stream, files.
 *
 * Each call is one attempt. What may be tried again later is told apart from what never will be accepted.
 *
 * Threads: one owner; calls block up to their timeouts. Memory: uplink_destroy.
 */
#ifndef CLIENT_UPLINK_H
#define CLIENT_UPLINK_H

#include "client/run_state.h"

struct uplink;

struct uplink_options {
    struct str base_url, api_key;
    struct str entity, project; /* instead of those in the log; empty: as there */
    struct str files_dir;       /* where the run's files lie */
    bool follows_links;         /* files may be symbolic links, as run.save of the official client makes them */
};

enum uplink_result {
    UPLINK_SENT,
    UPLINK_LATER,   /* no connection, 429, 5xx: uplink_wait_ms says when */
    UPLINK_REFUSED, /* for good; uplink_problem says why */
};

MUST_CHECK enum err_code uplink_create(struct uplink **out, const struct uplink_options *options, struct err *err);
void uplink_destroy(struct uplink *uplink); /* NULL is fine */

/* Makes the run, or tells what changed of it. */
enum uplink_result uplink_send_run(struct uplink *uplink, struct run_state *state);
/* Lines, summary, uploaded files, and nothing at all as a heartbeat. is_last: with the exit code. */
enum uplink_result uplink_send_lines(struct uplink *uplink, struct run_state *state, bool is_last);
/* The files that are due; at_end: all. A file that cannot be read or is refused is passed over. */
enum uplink_result uplink_send_files(struct uplink *uplink, struct run_state *state, bool at_end);

struct str uplink_entity(const struct uplink *uplink);
struct str uplink_project(const struct uplink *uplink);
struct str uplink_run_name(const struct uplink *uplink);
int64_t uplink_line_count(const struct uplink *uplink); /* of the run's history when it was first sent */
int64_t uplink_wait_ms(const struct uplink *uplink);    /* that the server asked for; -1: none */
const char *uplink_problem(const struct uplink *uplink);
bool uplink_was_stopped(const struct uplink *uplink);   /* somebody asked the run to stop */

#endif
