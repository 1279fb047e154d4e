/* source.h - a history as its readers see it: some batches of the tail and some segments, each a sorted list of rows,
 * some of which are hidden by what came later.
 *
 * Row numbers are a source's own. In a source rows are sorted by (step, line, stream).
 *
 * Threads: a view belongs to one thread. Memory: everything is in the arena; view_finish lets go of the segments.
 */
#ifndef SERVER_HISTORY_SOURCE_H
#define SERVER_HISTORY_SOURCE_H

#include "server/history/batch.h"
#include "server/history/segment.h"
#include "server/store/runs/history_store.h"

struct source {
    int64_t seq, stream; /* stream: of a batch */
    uint32_t row_count;
    int64_t first_step, last_step, last_line;
    int64_t last_visible_step; /* by the cuts that are newer */
    const struct stored_lines *masks; /* those that are newer and may hide rows of this source */
    size_t mask_count;
    const struct stored_segment *stored; /* NULL: a batch of the tail */
    struct segment *segment;
    struct batch_rows *batch;
};

struct view {
    struct history *history;
    struct arena *arena;
    struct history_id id;
    struct stored_history stored;
    struct source *sources; /* by seq; those with nothing visible in the range are left out */
    size_t source_count;
};

/* The sources that have rows with first_step <= step <= last_step. */
MUST_CHECK enum err_code view_open(struct view *view, struct history *history, struct history_id id, int64_t first_step,
                                   int64_t last_step, struct arena *arena, struct err *err);
/* What is wanted, within a transaction that is going on. Batches are sources only when their data is wanted. */
MUST_CHECK enum err_code view_open_in(struct view *view, struct history *history, struct db_tx *tx, struct history_id id,
                                      const struct history_wanted *wanted, struct arena *arena, struct err *err);
void view_finish(struct view *view);
/* Whether it would be read in a bucket, which may take as long as it likes. */
bool source_is_far(const struct source *source);

/* The rows with first_step <= step <= last_step that no cut hides: [*first, *end). */
MUST_CHECK enum err_code source_find_rows(struct source *source, int64_t first_step, int64_t last_step, uint32_t *first,
                                          uint32_t *end, struct arena *arena, struct err *err);

/* Where rows [first, end) stand. Arrays begin with row `first`. */
struct row_places {
    int64_t *steps, *lines, *streams; /* streams NULL: all are source->stream */
};
MUST_CHECK enum err_code source_read_places(struct source *source, uint32_t first, uint32_t end, struct row_places *out,
                                            struct arena *arena, struct err *err);
/* Only the steps. */
MUST_CHECK enum err_code source_read_steps(struct source *source, uint32_t first, uint32_t end, int64_t **out,
                                           struct arena *arena, struct err *err);
/* Whether a newer batch has written this line again. */
bool source_is_masked(const struct source *source, int64_t stream, int64_t line);

uint32_t source_column_count(const struct source *source);
struct str source_path(const struct source *source, uint32_t at);
enum history_type source_type(const struct source *source, uint32_t at);
uint32_t source_value_count(const struct source *source, uint32_t at);
uint32_t source_null_count(const struct source *source, uint32_t at);

/* Rows [first, end) of a column, with its explicit nulls. */
MUST_CHECK enum err_code source_read(struct source *source, uint32_t at, uint32_t first, uint32_t end, struct column *out,
                                     struct arena *arena, struct err *err);
/* Only the given rows, which ascend. */
MUST_CHECK enum err_code source_pick(struct source *source, uint32_t at, const uint32_t *rows, uint32_t count,
                                     bool wants_nulls, struct column *out, struct arena *arena, struct err *err);

/* The columns that a reader means by a name: mostly one, two when a dotted key and a nested one look alike, none when
 * the source has no such key. The literal one comes first. */
enum { SAME_NAME_MAX = 4 };
size_t source_find_columns(const struct source *source, struct str name, uint32_t found[SAME_NAME_MAX]);

#endif
