/* table_columns.h - a logged table's JSON, {"columns": [...], "data": [[...], ...]}, turned into columns for arrow.h.
 *
 * Integers, numbers, booleans and texts have columns of their kind; a column of anything else, or of several kinds, holds
 * JSON text. null is missing. What else the file says of the table goes along as the metadata `barograph.table`.
 *
 * Threads: none. Memory: the JSON is gone through twice and never made a tree; a batch of columns at a time is in memory,
 * and the answer.
 */
#ifndef SERVER_API_TABLE_COLUMNS_H
#define SERVER_API_TABLE_COLUMNS_H

#include "base/arena.h"
#include "base/buf.h"

enum { TABLE_COLUMNS_MAX = 10000, TABLE_FACTS_MAX_BYTES = 16 << 20 };

/* ERR_BAD_INPUT when that is no such table; ERR_TOO_LARGE when out is full, or at ends_at, in clock_mono_ms. */
MUST_CHECK enum err_code table_columns_write(struct str json, int64_t ends_at, struct buf *out, struct arena *arena,
                                             struct err *err);

#endif
