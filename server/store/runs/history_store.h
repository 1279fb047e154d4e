/* history_store.h - what SQL keeps of histories: counters, the tail, links to segments, masks and cuts.
 *
 * Only rows go through here; what a batch or a directory holds is history/'s business. kind is enum history_kind.
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_HISTORY_STORE_H
#define SERVER_STORE_HISTORY_STORE_H

#include "server/store/db/db.h"

/* Which history: a run and a kind. */
struct history_id {
    int64_t run;
    int64_t kind;
};

struct stored_counters {
    int64_t next_seq, line_count, row_count, point_count, superseded_count, duplicate_count, repeated_count;
    int64_t first_step, last_step; /* first_step > last_step: no rows yet */
    int64_t tail_rows, tail_bytes;
    bool is_finished, has_work;
};
/* A history that was never written gives the counters of an empty one. */
MUST_CHECK enum err_code history_store_get(struct db_tx *tx, struct history_id id, struct stored_counters *out,
                                           struct err *err);
MUST_CHECK enum err_code history_store_put(struct db_tx *tx, struct history_id id, const struct stored_counters *counters,
                                           struct err *err);
/* At most max histories that wait for the worker, after the one given (zeros: from the start). */
MUST_CHECK enum err_code history_store_find_work(struct db_tx *tx, struct history_id after, size_t max,
                                                 struct history_id *out, size_t *count, struct err *err);
/* All counters of a run's histories that exist are marked as finished and waiting for the worker. */
MUST_CHECK enum err_code history_store_finish(struct db_tx *tx, int64_t run, struct err *err);

struct stored_stream {
    int64_t number, line_count;
};
/* What an append begins with; the counters are locked. A stream that is new gets a number and is stored. */
struct stored_place {
    struct stored_counters counters;
    struct stored_stream stream;
    bool is_recorded; /* the very same batch was */
};
struct recorded_batch {
    int64_t first_line, line_count;
    struct str hash;
};
MUST_CHECK enum err_code history_store_open(struct db_tx *tx, struct history_id id, struct str stream_name,
                                            const struct recorded_batch *batch, struct stored_place *out, struct err *err);
MUST_CHECK enum err_code history_store_record(struct db_tx *tx, struct history_id id, int64_t stream,
                                              const struct recorded_batch *batch, struct err *err);
MUST_CHECK enum err_code history_store_put_stream(struct db_tx *tx, struct history_id id, struct str name,
                                                  int64_t line_count, struct err *err);
/* A rewind: no stream goes beyond line_count, and batches and gaps that do are forgotten. */
MUST_CHECK enum err_code history_store_shorten(struct db_tx *tx, struct history_id id, int64_t line_count, struct err *err);

struct stored_lines {
    int64_t seq; /* of a mask; 0 for gaps */
    int64_t stream, first, last;
    struct str stream_name; /* of gaps that are listed for people */
};
MUST_CHECK enum err_code history_store_add_gap(struct db_tx *tx, struct history_id id, struct stored_lines gap, struct err *err);
MUST_CHECK enum err_code history_store_remove_gap(struct db_tx *tx, struct history_id id, struct stored_lines gap, struct err *err);
/* Those of one stream that touch [first, last], ascending. */
MUST_CHECK enum err_code history_store_gaps(struct db_tx *tx, struct history_id id, struct stored_lines within,
                                            struct stored_lines **out, size_t *count, struct arena *arena, struct err *err);
MUST_CHECK enum err_code history_store_list_gaps(struct db_tx *tx, struct history_id id, size_t max, struct stored_lines **out,
                                                 size_t *count, struct arena *arena, struct err *err);
/* The same of lines that brought a row again. */
MUST_CHECK enum err_code history_store_add_repeat(struct db_tx *tx, struct history_id id, struct stored_lines lines, struct err *err);
MUST_CHECK enum err_code history_store_remove_repeat(struct db_tx *tx, struct history_id id, struct stored_lines lines, struct err *err);
MUST_CHECK enum err_code history_store_repeats(struct db_tx *tx, struct history_id id, struct stored_lines within,
                                               struct stored_lines **out, size_t *count, struct arena *arena, struct err *err);
MUST_CHECK enum err_code history_store_add_mask(struct db_tx *tx, struct history_id id, struct stored_lines mask, struct err *err);
MUST_CHECK enum err_code history_store_add_cut(struct db_tx *tx, struct history_id id, int64_t seq, int64_t last_step,
                                               struct err *err);
/* Masks and cuts that no source is old enough for. */
MUST_CHECK enum err_code history_store_prune(struct db_tx *tx, struct history_id id, struct err *err);

struct stored_batch {
    int64_t seq, stream, row_count, first_step, last_step, last_line;
    int64_t size_bytes;
    struct str data; /* when reading: ptr NULL unless wanted */
};
MUST_CHECK enum err_code history_store_add_batch(struct db_tx *tx, struct history_id id, const struct stored_batch *batch,
                                                 struct err *err);
/* ERR_CONFLICT when it is not there (any more). */
MUST_CHECK enum err_code history_store_remove_batch(struct db_tx *tx, struct history_id id, int64_t seq, struct err *err);

/* Files of one seal or compaction share a seq: their steps tell their order. */
struct stored_segment {
    int64_t id, seq, generation, row_count, size_bytes, first_step, last_step, last_line;
    int64_t link_count; /* how many histories share it */
    struct str name;
};
/* Sets id, and links it to the history. */
MUST_CHECK enum err_code history_store_add_segment(struct db_tx *tx, struct history_id id, struct stored_segment *segment,
                                                   struct str directory, int64_t now_ms, struct err *err);
/* ERR_CONFLICT when it is not there. A segment that nobody links to any more becomes garbage. */
MUST_CHECK enum err_code history_store_unlink(struct db_tx *tx, struct history_id id, int64_t segment, int64_t now_ms,
                                              struct err *err);
MUST_CHECK enum err_code history_store_get_directory(struct db_tx *tx, int64_t segment, struct str *out, struct arena *arena,
                                                     struct err *err);

struct stored_cut {
    int64_t seq, last_step;
};
struct stored_history {
    struct stored_counters counters;
    struct stored_batch *batches; /* by seq */
    struct stored_segment *segments; /* by seq */
    struct stored_lines *masks;
    struct stored_cut *cuts;
    size_t batch_count, segment_count, mask_count, cut_count;
};
struct history_wanted {
    int64_t first_step, last_step; /* batches and segments without a row in here are left out */
    int64_t last_seq;              /* and those that are newer */
    bool wants_data;
};
/* One consistent view. */
MUST_CHECK enum err_code history_store_load(struct db_tx *tx, struct history_id id, const struct history_wanted *wanted,
                                            struct stored_history *out, struct arena *arena, struct err *err);

/* Everything of one history becomes the beginning of another, which has none. */
MUST_CHECK enum err_code history_store_copy(struct db_tx *tx, struct history_id from, struct history_id to, struct err *err);
/* At most max rows of it; *removed is less once nothing is left. */
MUST_CHECK enum err_code history_store_delete_some(struct db_tx *tx, struct history_id id, int64_t max, int64_t now_ms,
                                                   int64_t *removed, struct err *err);
MUST_CHECK enum err_code history_store_delete(struct db_tx *tx, struct history_id id, int64_t now_ms, struct err *err);

/* Names of garbage from before before_ms, at most max. */
MUST_CHECK enum err_code history_store_list_garbage(struct db_tx *tx, int64_t before_ms, size_t max, struct str **names,
                                                    size_t *count, struct arena *arena, struct err *err);
MUST_CHECK enum err_code history_store_drop_garbage(struct db_tx *tx, struct str name, struct err *err);
/* Whether a file of this name belongs to a segment. */
MUST_CHECK enum err_code history_store_has_segment(struct db_tx *tx, struct str name, bool *out, int64_t *size_bytes,
                                                   struct err *err);

/* Whether a record names this file: a segment's, or that of garbage which waits to be removed. */
MUST_CHECK enum err_code history_store_names_file(struct db_tx *tx, struct str name, bool *out, struct err *err);

/* Runs that link to the segment of this name, by number from behind `after` on, at most max. */
MUST_CHECK enum err_code history_store_find_readers(struct db_tx *tx, struct str name, int64_t after, size_t max, int64_t *runs,
                                                    size_t *count, struct err *err);

/* The name that was handed out at this position; ptr NULL when none was. */
MUST_CHECK enum err_code history_store_handed_out(struct db_tx *tx, struct str cache_name, int64_t position, struct str *out,
                                                  struct arena *arena, struct err *err);
MUST_CHECK enum err_code history_store_hand_out(struct db_tx *tx, struct str cache_name, int64_t position, struct str name,
                                                struct err *err);

#endif
