/* record.h - what stands in the transaction log: the official client's records, written and read.
 *
 * A record is a protocol buffer with a number and one body. Only the fields that are of use here have names; those
 * that a reader does not know are passed over, so that logs of later clients stay readable.
 *
 * Threads: none of its own. Memory: readers borrow the record's bytes; writers append to a buf.
 */
#ifndef CLIENT_RECORD_H
#define CLIENT_RECORD_H

#include "base/buf.h"
#include "client/log/tree.h"

enum { RECORD_MAX_BYTES = 64 << 20, RECORD_TAGS_MAX = 256 };

/* The numbers of Record's fields. */
enum record_kind {
    RECORD_NONE = 0, /* nothing that is known */
    RECORD_HISTORY = 2,
    RECORD_SUMMARY = 3,
    RECORD_CONFIG = 5,
    RECORD_FILES = 6,
    RECORD_STATS = 7,
    RECORD_ARTIFACT = 8,
    RECORD_ALERT = 10,
    RECORD_TELEMETRY = 11,
    RECORD_METRIC = 12,
    RECORD_OUTPUT_RAW = 13,
    RECORD_RUN = 17,
    RECORD_EXIT = 18,
    RECORD_HEADER = 21,
    RECORD_PREEMPTING = 23,
    RECORD_USE_ARTIFACT = 25,
    RECORD_ENVIRONMENT = 26,
};

struct record {
    int64_t number;
    enum record_kind kind;
    struct str body;
};

MUST_CHECK enum err_code record_parse(struct record *out, struct str bytes, struct err *err);

/* ---- items: one key and its value, in history, config, summary and stats ---- */

struct record_item {
    struct str path[TREE_DEPTH_MAX];
    size_t path_len;
    struct str value_json; /* extended JSON */
    bool is_removed;
};

struct record_items {
    struct str body;
    enum record_kind kind;
    struct buf scratch; /* values that came in a typed form */
};

/* Kinds history, summary, config, stats. */
void record_items_init(struct record_items *items, const struct record *record);
void record_items_finish(struct record_items *items);
/* *is_end when there is no more. The item is valid until the next call. */
MUST_CHECK enum err_code record_items_next(struct record_items *items, struct record_item *out, bool *is_end,
                                           struct err *err);

/* Whether these rows' items have the same keys in the same order. Only asked of short ones: false for nested keys, and for
 * values that are long. */
bool record_items_alike(struct str a, struct str b);

void record_put_item(struct buf *out, uint32_t number, const struct str *path, size_t path_len, struct str value_json);

/* ---- bodies ---- */

struct record_time {
    int64_t seconds;
    int32_t nanos;
};

struct record_run {
    struct str run_id, entity, project, group, job_type, display_name, notes, sweep_id, host;
    struct str config; /* the body of a config record */
    struct str commit, remote;
    struct str tags[RECORD_TAGS_MAX];
    size_t tag_count;
    struct record_time start;
    struct str branch_run; /* forked from it; empty: not forked */
    double branch_step;
    bool continues;        /* lines go behind those that the server has */
};

MUST_CHECK enum err_code record_run_parse(struct record_run *out, struct str body, struct err *err);

struct record_output {
    bool is_stderr;
    struct record_time time;
    struct str line;
};

MUST_CHECK enum err_code record_output_parse(struct record_output *out, struct str body, struct err *err);
MUST_CHECK enum err_code record_exit_parse(int *exit_code, struct str body, struct err *err);
MUST_CHECK enum err_code record_stats_time(struct record_time *out, struct str body, struct err *err);

enum record_policy { RECORD_NOW = 0, RECORD_END = 1, RECORD_LIVE = 2 };

/* Takes one file from the front of *body; false at the end or at what is malformed. */
bool record_files_next(struct str *body, struct str *path, enum record_policy *policy);

enum metric_mode { METRIC_MIN = 1, METRIC_MAX = 2, METRIC_MEAN = 4, METRIC_BEST = 8, METRIC_LAST = 16, METRIC_NONE = 32 };
enum metric_goal { METRIC_NO_GOAL = 0, METRIC_MINIMIZE = 1, METRIC_MAXIMIZE = 2 };

struct record_metric {
    struct str name, glob_name, step_metric;
    bool step_sync, is_hidden, is_defined, overwrites;
    unsigned modes; /* enum metric_mode, or-ed */
    enum metric_goal goal;
};

MUST_CHECK enum err_code record_metric_parse(struct record_metric *out, struct str body, struct err *err);

/* Each appends a whole record. */
void record_put_header(struct buf *out, int64_t number, struct str producer);
void record_put_run(struct buf *out, int64_t number, const struct record_run *run);
void record_put_body(struct buf *out, int64_t number, enum record_kind kind, struct str body);
void record_put_output(struct buf *out, int64_t number, const struct record_output *output);
void record_put_exit(struct buf *out, int64_t number, int exit_code, int runtime_s);
void record_put_file(struct buf *out, int64_t number, struct str path, enum record_policy policy);
void record_put_metric(struct buf *out, int64_t number, const struct record_metric *metric);

/* Into the body of another record. */
void record_put_time(struct buf *out, uint32_t number, struct record_time time);

#endif
