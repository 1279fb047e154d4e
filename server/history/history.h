/* history.h - every value a run ever logged: appended, sealed into Parquet segments, read back exactly.
 *
 * A row is (stream, line): its line number in its stream. Readers see rows by (_step, line). What is appended is
 * kept; a line that is written again replaces the one before, a rewind hides what came later. Formats and rules:
 * docs/history-format.md.
 *
 * Threads: a struct history is shared by all threads and owns one thread of its own, which seals and compacts.
 * A struct history_batch belongs to one thread at a time. Memory: results live in the arena that is passed.
 */
#ifndef SERVER_HISTORY_HISTORY_H
#define SERVER_HISTORY_HISTORY_H

#include "base/arena.h"
#include "base/json.h"
#include "server/store/runs/run_extremes.h"

struct arrow_table;
struct db;
struct db_tx;
struct depot;
struct history;
struct history_batch;

/* Numbers are stored: do not change them. */
enum history_kind {
    HISTORY_ROWS = 0,  /* wandb-history.jsonl */
    HISTORY_EVENTS = 1 /* wandb-events.jsonl: no _step; a line's number is its place */
};

enum history_limits {
    HISTORY_LINE_BYTES_MAX = 16 << 20,
    HISTORY_ROW_KEYS_MAX = 100000,
    HISTORY_KEY_BYTES_MAX = 65535,
    HISTORY_STREAM_BYTES_MAX = 255,
    HISTORY_BATCH_ROWS_MAX = 1 << 18,
    HISTORY_SAMPLES_MAX = 10000000,
    HISTORY_SEAL_ROWS = 1 << 16,  /* the tail is sealed into a segment from here on, ... */
    HISTORY_SEAL_BYTES = 8 << 20, /* ... or here, or when the run is finished */
};

struct history_options {
    uint32_t compact_rows;     /* 0: 1,048,576; no segment is made larger by compaction */
    uint32_t compact_factor;   /* 0: 8 */
    uint32_t garbage_delay_ms; /* how long a file outlives its last reader's reference; 0: 10 minutes */
    uint32_t orphan_age_ms;    /* files that no record names are removed at this age; 0: 1 hour */
    struct lease_keeper *leases; /* whether this server is the one that seals and compacts; NULL: it is */
    bool has_no_worker;        /* tests call history_work themselves */
};

/* Makes the folder. Segments lie in FOLDER/<run number>/<random>.parquet. */
MUST_CHECK enum err_code history_create(struct history **out, struct db *db, struct depot *depot,
                                        const struct history_options *options, struct err *err);
/* Waits for the worker's current segment. NULL is fine. */
void history_destroy(struct history *history);

/* ---- writing: parse outside the transaction, append inside ---- */

/* A batch is one run of lines of one stream. Create it once per thread and begin it again for each. */
struct history_batch *history_batch_create(void);
void history_batch_destroy(struct history_batch *batch); /* NULL is fine */
void history_batch_begin(struct history_batch *batch, enum history_kind kind, int64_t first_line);

/* Parses the next line: one JSON object (NaN and infinities allowed), already unescaped from the request. Each
 * call takes the next line number, also when it fails: ERR_BAD_INPUT with the reason, and the batch is as if the
 * line had held nothing (the caller sets the line aside). Nothing of `line` is kept by reference. */
MUST_CHECK enum err_code history_batch_add_line(struct history_batch *batch, struct str line, struct err *err);
/* The rows of one batch of a table instead of lines: into a batch that has just begun. Columns as history's own answers in Arrow
 * have them: `_step` and any others, nested keys with their path, JSON text marked so. ERR_BAD_INPUT leaves the batch of no use. */
MUST_CHECK enum err_code history_batch_add_table(struct history_batch *batch, enum history_kind kind, const struct arrow_table *table,
                                                size_t at, struct err *err);
/* False when the batch has taken as much as one tail row should hold: finish and append it, then begin another at
 * history_batch_next_line. */
bool history_batch_has_room(const struct history_batch *batch);
int64_t history_batch_next_line(const struct history_batch *batch);
/* Encodes. After this the batch may be appended, any number of times (a transaction may run again). */
MUST_CHECK enum err_code history_batch_finish(struct history_batch *batch, struct err *err);
int64_t history_batch_rows(const struct history_batch *batch);   /* lines that were good */
int64_t history_batch_points(const struct history_batch *batch); /* values in them */

struct history_appended {
    bool is_duplicate;    /* the very same batch had been recorded: nothing was changed */
    int64_t rows;         /* stored now */
    int64_t points;       /* stored now */
    int64_t superseded;   /* lines that existed and were written again */
    int64_t repeated;     /* rows that were stored already, under other lines */
    int64_t gap_first;    /* lines never received before this batch begin here ... */
    int64_t gap_lines;    /* ... and are this many; 0: no gap */
    int64_t line_count;   /* of this stream afterwards: its highest line ever, plus one */
    bool is_seal_due;     /* call history_wake once the transaction has committed */
};

/* Idempotent. Rows of the ordinary writer that go back to steps that are stored, with the same _timestamp and values, are
 * counted as repeated and not shown: a second sync of a run goes on behind the lines that are there. `stream` names the writer in shared mode (at most HISTORY_STREAM_BYTES_MAX) and is empty otherwise.
 * run: runs.id. A finished batch without good lines is recorded too: its lines count as received. */
MUST_CHECK enum err_code history_append(struct history *history, struct db_tx *tx, int64_t run, struct str stream,
                                        enum history_kind kind, const struct history_batch *batch,
                                        struct history_appended *out, struct err *err);
/* The run is terminal: what is left in the tail gets sealed and compacted. Harmless when repeated, and when the
 * run goes on afterwards. */
MUST_CHECK enum err_code history_finish_run(struct db_tx *tx, int64_t run, struct err *err);
/* There may be work for the worker; it also looks by itself each second. */
void history_wake(struct history *history);
/* Does all the work that is due, on the caller's thread. */
MUST_CHECK enum err_code history_work(struct history *history, struct err *err);

/* What is left. A work waits for no bucket: with is_far nothing was done, ERR_BUSY is answered, and the caller asks again
 * after history_bring_near. */
struct history_remains {
    int64_t line_count; /* the highest remaining line plus one (all streams) */
    bool is_far;
};
/* Rows with a later step become invisible. */
MUST_CHECK enum err_code history_rewind(struct history *history, struct db_tx *tx, int64_t run, int64_t last_step,
                                        struct history_remains *out, struct err *err);
/* child, which has no history yet, begins with parent's rows up to last_step. Segments are shared, not copied. */
MUST_CHECK enum err_code history_fork(struct history *history, struct db_tx *tx, int64_t parent, int64_t child,
                                      int64_t last_step, struct history_remains *out, struct err *err);
/* Fetches what lies in a bucket of the run's rows up to that step. */
MUST_CHECK enum err_code history_bring_near(struct history *history, int64_t run, int64_t last_step, struct err *err);
/* Both kinds. Files that no other run refers to are removed later by the worker. */
MUST_CHECK enum err_code history_delete(struct db_tx *tx, int64_t run, struct err *err);

/* ---- counts ---- */

struct history_counts {
    int64_t line_count;        /* historyLineCount, eventsLineCount: highest line ever plus one, over all streams */
    int64_t rows;              /* stored, the superseded ones not counted; what a rewind hid is */
    int64_t points;            /* received and stored */
    int64_t superseded;        /* lines written again */
    int64_t repeated;          /* rows that came again under later lines; they are not among the stored */
    int64_t duplicate_batches; /* acknowledged and dropped */
    int64_t last_step;         /* highest _step; -1 when there are no rows */
    int64_t first_step;        /* lowest; 0 when there are none */
    int64_t tail_rows;         /* not yet in a segment */
    int64_t segments, segment_bytes;
};
/* All zero (last_step -1) for a run without history. */
MUST_CHECK enum err_code history_count(struct history *history, int64_t run, enum history_kind kind,
                                       struct history_counts *out, struct err *err);
/* The same inside a transaction, for upsertBucket's and file_stream's own answers. */
MUST_CHECK enum err_code history_count_in(struct db_tx *tx, int64_t run, enum history_kind kind,
                                          struct history_counts *out, struct err *err);

struct history_gap {
    struct str stream;
    int64_t first_line, last_line;
};
/* Lines that were never received. At most max of them, by stream and line. */
MUST_CHECK enum err_code history_gaps(struct history *history, int64_t run, enum history_kind kind, size_t max,
                                      struct history_gap **out, size_t *count, struct arena *arena,
                                      struct err *err);

/* ---- reading ---- */

struct history_rows {
    struct str *json; /* one object each */
    size_t count;
};

/* Every row with first_step <= _step <= last_step, by step and line, whole: nested keys nested again. At most
 * `limit` rows (0: all). JSON_EXTENDED leaves NaN bare, JSON_STRICT quotes it. Events: the line number is the step. */
MUST_CHECK enum err_code history_read_rows(struct history *history, int64_t run, enum history_kind kind,
                                           int64_t first_step, int64_t last_step, size_t limit,
                                           enum json_flags flags, struct history_rows *out, struct arena *arena,
                                           struct err *err);
/* As above, thinned evenly to about `samples` rows when there are more; first and last are kept. */
MUST_CHECK enum err_code history_sample_rows(struct history *history, int64_t run, enum history_kind kind,
                                             size_t samples, enum json_flags flags, struct history_rows *out,
                                             struct arena *arena, struct err *err);
/* The row of the highest line, as JSON_EXTENDED; ptr NULL when there is none. */
MUST_CHECK enum err_code history_last_row(struct history *history, int64_t run, enum history_kind kind,
                                          struct str *out, struct arena *arena, struct err *err);

struct history_sample_spec {
    const struct str *keys; /* as sent: dots address nested values; repeats are harmless */
    size_t key_count;
    int64_t samples;               /* 1 or more */
    int64_t first_step, last_step; /* inclusive */
};
/* The official client's {"keys":[...],"samples":500,"minStep":0,"maxStep":9}; samples defaults to 500, keys to none. */
MUST_CHECK enum err_code history_sample_spec_parse(struct history_sample_spec *out, struct str json,
                                                   struct arena *arena, struct err *err);
/* Rows that have all the keys, each with just those. All of them when samples >= the steps or the rows in the
 * range, otherwise about `samples` (never more than samples + 4), with the first, the last and the extremes. */
MUST_CHECK enum err_code history_sample(struct history *history, int64_t run, enum history_kind kind,
                                        const struct history_sample_spec *spec, enum json_flags flags,
                                        struct history_rows *out, struct arena *arena, struct err *err);

/* What a whole column holds, and a value of it. */
enum history_type { HISTORY_INT = 1, HISTORY_DOUBLE = 2, HISTORY_BOOL = 3, HISTORY_STRING = 4, HISTORY_JSON = 5 };
struct history_value {
    enum history_type type;
    union {
        int64_t integer; /* HISTORY_INT, HISTORY_BOOL */
        double number;
        struct str text; /* HISTORY_STRING: the characters; HISTORY_JSON: any value as JSON text */
    };
};
struct history_visitor {
    void (*row)(void *context, const struct history_value *values); /* of each key of the spec; valid during the call */
    void *context;
};
/* The same samples without text between: one call a row. */
MUST_CHECK enum err_code history_visit_samples(struct history *history, int64_t run, enum history_kind kind,
                                               const struct history_sample_spec *spec, const struct history_visitor *visitor,
                                               struct arena *arena, struct err *err);

/* A chart's envelope. Values that are not finite are only counted; where there are no others, the rest is NaN. */
struct history_bucket {
    double x_first, x_last; /* of the values in it */
    double min, max, mean, last;
    int64_t count, nonfinite;
};
struct history_chart {
    bool is_far;   /* nothing was read, because rows that were asked for lie in a bucket */
    bool is_exact; /* points[] holds every value; otherwise buckets[] */
    double *x, *y;
    size_t point_count;
    struct history_bucket *buckets; /* those that are not empty, in order of x */
    size_t bucket_count;
    double x_from, x_to; /* what was cut into buckets of equal width */
};
struct history_chart_spec {
    struct str key;
    struct str x_key;       /* "_step", "_timestamp", "_runtime" or any number */
    double x_first, x_last; /* inclusive; -INFINITY and INFINITY for all */
    size_t bucket_count;    /* 1 to 65,536; exact points when there are at most this many */
    bool stays_near;        /* no bucket is waited for: see is_far */
};
MUST_CHECK enum err_code history_read_chart(struct history *history, int64_t run, enum history_kind kind,
                                            const struct history_chart_spec *spec, struct history_chart *out,
                                            struct arena *arena, struct err *err);

/* The finite values' ends over all visible rows, exact, for the table of runs; it never waits for a bucket, the second does.
 * context: the struct history. */
run_extremes_read history_read_extremes;
run_extremes_bring_near history_bring_extremes_near;

/* What a key holds, in the words of historyKeys: "number", "string", "bool", "json" (nested, media, mixed). */
struct history_key {
    struct str name; /* nested ones with dots */
    int64_t numbers, bools, strings, jsons, nulls;
    bool is_monotonic;    /* numbers never went down, by step */
    struct str last_json; /* JSON text of the value with the highest step; may be NaN */
    int64_t last_step;
};
struct history_keys {
    struct history_key *keys; /* sorted by name */
    size_t count;
    int64_t last_step; /* -1: no rows */
};
MUST_CHECK enum err_code history_read_keys(struct history *history, int64_t run, enum history_kind kind,
                                           struct history_keys *out, struct arena *arena, struct err *err);

/* A whole column, for export. Strings are the values' own text, JSON for type 's' keys that are mixed. */
struct history_column {
    enum history_type type; /* the narrowest that holds all */
    size_t count;
    int64_t *steps;
    union {
        int64_t *ints; /* bools too */
        double *doubles;
        struct str *texts;
    };
};
/* count 0 when nobody logged the key. */
MUST_CHECK enum err_code history_read_column(struct history *history, int64_t run, enum history_kind kind,
                                             struct str key, struct history_column *out, struct arena *arena,
                                             struct err *err);

/* ---- files ---- */

struct history_file {
    struct str name; /* "<run number>/<random>.parquet": give it to history_open_file */
    int64_t size_bytes, rows, first_step, last_step;
};
struct history_files {
    struct history_file *files; /* empty: answer everything live */
    size_t count;
    int64_t live_step; /* the first step that is not in them; -1: nothing is live */
};
/* What the official client may cache for ever: all or nothing, see docs/history-format.md. cache_name is
 * "entity/project/run", the name under which the client keeps what it was handed; handing out is recorded. */
MUST_CHECK enum err_code history_list_for_client(struct history *history, int64_t run, bool is_terminal,
                                                 struct str cache_name, struct history_files *out,
                                                 struct arena *arena, struct err *err);
/* An open descriptor for reading, the caller's to close; ERR_NOT_FOUND for names that are not segments. */
MUST_CHECK enum err_code history_open_file(struct history *history, struct str name, int *fd, int64_t *size_bytes,
                                           struct err *err);
/* The runs, by number from behind `after` on, that a file is part of the history of: one, and its forks. At most max. */
MUST_CHECK enum err_code history_find_readers(struct db_tx *tx, struct str name, int64_t after, size_t max, int64_t *runs,
                                              size_t *count, struct err *err);

#endif
