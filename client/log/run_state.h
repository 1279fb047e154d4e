/* run_state.h - what a transaction log says about its run, gathered record by record, as the server is told it.
 *
 * History, events and console lines are kept as the content of file_stream requests until run_state_sent; config and
 * summary as trees.
 *
 * Threads: one owner. Memory: run_state_finish. Nothing aborts: what finds no memory makes `failed` stay.
 */
#ifndef CLIENT_RUN_STATE_H
#define CLIENT_RUN_STATE_H

#include "client/log/record.h"
#include "client/log/sparks.h"

/* JSON strings, comma separated. */
struct stream_lines {
    struct buf content;
    int64_t first_line; /* of the content, in the run */
    size_t count;
};

enum { RUN_STATE_METRICS_MAX = 10000, RUN_STATE_FILES_MAX = 100000, RUN_STATE_REQUESTS_MAX = 100000 };

struct run_file {
    char *path;
    enum record_policy policy;
    bool is_queued;     /* it has been handed on to be sent */
    int64_t changed_ns; /* of what was handed on */
};

enum run_request_kind { REQUEST_ARTIFACT, REQUEST_USED_ARTIFACT, REQUEST_ALERT };

/* What the server is asked to do once, in the order of the log. */
struct run_request {
    enum run_request_kind kind;
    char *body;
    size_t len;
};

struct run_state {
    struct buf run_body, telemetry, environment; /* bodies of the records that came last */
    struct tree config, summary, row;
    struct buf *metrics; /* bodies of metric records, one a name */
    size_t metric_count;
    struct stream_lines history, events, output;
    struct buf console_line[2]; /* of stdout and stderr, until the line ends */
    bool has_return[2];         /* the line will be written over */
    struct buf console_text;    /* all of output.log */
    struct buf line;
    struct run_file *files;
    size_t file_count, file_capacity;
    struct run_request *requests;
    size_t request_count, request_next; /* those before request_next have been taken up */
    struct sparks sparks;
    struct str label; /* of this writer, when several make the run; borrowed */
    bool has_run, run_changed, config_changed, summary_changed, is_preempting;
    bool has_exit, is_own_log, failed;
    int exit_code;
    uint64_t damaged_records;
};

MUST_CHECK enum err_code run_state_init(struct run_state *state, struct err *err);
void run_state_finish(struct run_state *state);

/* A record that cannot be read is counted and passed over: the others are worth as much as before. */
void run_state_take(struct run_state *state, struct str record);

size_t run_state_pending_bytes(const struct run_state *state);
/* The lines were accepted. */
void run_state_sent(struct run_state *state);

/* {"lr":{"value":0.1},...,"_wandb":{"value":{...}}} */
void run_state_write_config(const struct run_state *state, struct buf *out);
/* Contents of the files that every run has. */
void run_state_write_config_yaml(const struct run_state *state, struct buf *out);
void run_state_write_metadata(const struct run_state *state, struct buf *out);

#endif
