/* uplink.h - the requests that make a run on the server: UpsertBucket, file_stream, files.
 *
 * Each call is one attempt. What may be tried again later is told apart from what never will be accepted.
 *
 * Threads: one owner; calls block up to their timeouts. Memory: uplink_destroy.
 */
#ifndef CLIENT_UPLINK_H
#define CLIENT_UPLINK_H

#include "client/log/run_state.h"

struct uplink;
struct upload_counters;

struct uplink_options {
    struct str base_url, api_key;
    struct str entity, project; /* instead of those in the log; empty: as there */
    struct str files_dir;       /* where the run's files lie */
    struct str client_id;       /* of this writer, in shared mode; empty: the run is this writer's alone */
    bool is_secondary;          /* another writer tells config, summary and the end */
    int64_t owner;              /* whose the log is: another's files are not sent; -1: that is not looked at */
    bool follows_links;         /* files may be symbolic links, as run.save of the official client makes them */
};

enum uplink_result {
    UPLINK_SENT,
    UPLINK_LATER,   /* no connection, 429, 5xx: uplink_wait_ms says when */
    UPLINK_REFUSED, /* for good; uplink_problem says why */
};

MUST_CHECK enum err_code uplink_create(struct uplink **out, const struct uplink_options *options, struct err *err);
void uplink_destroy(struct uplink *uplink); /* NULL is fine */

/* What there was of a run that is to be continued. */
struct uplink_past {
    bool is_there;
    int64_t next_step, event_lines, output_lines;
    double runtime_s;
    struct buf config, summary; /* JSON objects, or empty */
    struct buf facts;           /* members of an object: "name", "notes", "tags" */
};

void uplink_past_init(struct uplink_past *past);
void uplink_past_finish(struct uplink_past *past);
/* Asks for the run that the log names; when it is there, uplink_send_run goes on with it. */
enum uplink_result uplink_find_past(struct uplink *uplink, const struct run_state *state, struct uplink_past *past);
/* Hides its rows of steps after that one. */
enum uplink_result uplink_rewind(struct uplink *uplink, const struct run_state *state, double step, struct uplink_past *past);

/* Makes the run, or tells what changed of it. */
enum uplink_result uplink_send_run(struct uplink *uplink, struct run_state *state);
/* Lines, summary, uploaded files, and nothing at all as a heartbeat. is_last: with the exit code. */
enum uplink_result uplink_send_lines(struct uplink *uplink, struct run_state *state, bool is_last);
/* Files below the run's folder, at most 100. Names of those that arrived are put behind `uploaded`, as JSON strings,
 * comma separated. One that cannot be read or is refused is passed over. */
enum uplink_result uplink_send_files(struct uplink *uplink, const char *const *names, size_t count, struct buf *uploaded,
                                     struct upload_counters *counters);
/* Those that every run has, as the log says they are. */
enum uplink_result uplink_send_standard_files(struct uplink *uplink, struct run_state *state);
/* The next lines say that these arrived. */
void uplink_note_uploaded(struct uplink *uplink, struct str uploaded);

/* An artifact record's content: {"id":...,"state":...} is put into *answer when it is there, or why it is refused. */
enum uplink_result uplink_send_artifact(struct uplink *uplink, struct str body, struct upload_counters *counters,
                                        struct buf *answer);
enum uplink_result uplink_use_artifact(struct uplink *uplink, struct str body);
enum uplink_result uplink_send_alert(struct uplink *uplink, struct str body);

/* Another client of the same run, for another thread: it is told where the run is. */
void uplink_follow(struct uplink *uplink, const struct uplink *leader);

struct str uplink_entity(const struct uplink *uplink);
struct str uplink_project(const struct uplink *uplink);
struct str uplink_run_name(const struct uplink *uplink);
int64_t uplink_line_count(const struct uplink *uplink); /* of the run's history when it was first sent */
int64_t uplink_wait_ms(const struct uplink *uplink);    /* that the server asked for; -1: none */
const char *uplink_problem(const struct uplink *uplink);
void uplink_refuse(struct uplink *uplink, const char *why); /* says it in the uplink's place */
bool uplink_was_stopped(const struct uplink *uplink);   /* somebody asked the run to stop */

#endif
