/* batch.h - what a finished batch gives to the store, and the encoded form read again.
 *
 * The encoded form (version 1; docs/history-format.md) is what a tail row holds. It is canonical: the same lines with
 * their keys in another order encode to the same bytes, so its hash recognises a batch that is sent again.
 */
#ifndef SERVER_HISTORY_BATCH_H
#define SERVER_HISTORY_BATCH_H

#include "server/history/column.h"

enum { BATCH_HASH_BYTES = 16, BATCH_COLUMNS_MAX = 1 << 18 };

struct line_range {
    int64_t first, last;
};

/* Valid until the batch is begun again or destroyed. */
struct batch_summary {
    struct str encoded, hash;
    int64_t first_line, line_count; /* lines taken, the refused ones too */
    int64_t rows, points, first_step, last_step, last_line;
    const struct line_range *ranges; /* the lines that have rows, as few ranges as possible, ascending */
    size_t range_count;
};
struct batch_summary history_batch_summary(const struct history_batch *batch);

/* ---- for batch_table.c: a batch that was begun gets its columns first, then its rows ---- */

/* Room for so many values; the caller fills rows, values and null_rows and sets the counts. The column is good until the
 * next is added. ERR_BAD_INPUT when it is there already. */
MUST_CHECK enum err_code batch_add_column(struct column **out, struct history_batch *batch, struct str path, enum history_type type,
                                          uint32_t count, uint32_t null_count, struct err *err);
union value batch_keep_text(struct history_batch *batch, struct str text);
/* steps NULL: the lines' own numbers. */
void batch_add_rows(struct history_batch *batch, const int64_t *steps, uint32_t row_count);

/* The rows of one batch or segment, as readers and the merger see them: sorted by step, then line. */
struct batch_rows {
    uint32_t row_count, column_count;
    int64_t *steps, *lines;
    struct column *columns; /* sorted by path; their values are there once batch_load_column was called */
    const struct batch_chunk *chunks;
    struct arena *arena;
};

/* Appends the encoded form. Columns are those with values or nulls, sorted by path; steps ascend. */
MUST_CHECK enum err_code batch_encode(struct buf *out, const struct batch_rows *rows, struct err *err);
/* Reads everything but the columns' values. The rows borrow `encoded`. ERR_CORRUPT on anything malformed. */
MUST_CHECK enum err_code batch_decode(struct batch_rows *out, struct str encoded, struct arena *arena,
                                      struct err *err);
/* Fills columns[at]; at once when it was filled before. */
MUST_CHECK enum err_code batch_load_column(struct batch_rows *rows, uint32_t at, struct err *err);

#endif
