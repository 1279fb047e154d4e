/* row_columns.h - rows that are known as JSON, gathered into columns for arrow.h.
 *
 * Nested objects become columns with dots; lists, media values and empty objects stay whole, as JSON text, and so does a
 * column whose values are of several kinds. A key that a row lacks is missing there; null is a JSON value.
 *
 * Threads: one owner at a time. Memory: the arena's; texts given to row_columns_add_text are borrowed until row_columns_write, values
 * are copied.
 */
#ifndef SERVER_API_ROW_COLUMNS_H
#define SERVER_API_ROW_COLUMNS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum { ROW_COLUMNS_MAX = 1 << 17, ROW_COLUMNS_CELLS_MAX = 1 << 24 };

struct row_columns;

struct row_columns *row_columns_create(struct arena *arena);
void row_columns_destroy(struct row_columns *rows); /* NULL is fine; gives back what is not the arena's */

/* The next cells belong to a new row. */
void row_columns_begin_row(struct row_columns *rows);
/* The members of an object, names beginning with prefix; their paths are told as nested when has_paths. */
void row_columns_add_object(struct row_columns *rows, struct str prefix, const struct json_value *object, bool has_paths);
void row_columns_add_text(struct row_columns *rows, struct str name, struct str text); /* ptr NULL: missing */
void row_columns_add_value(struct row_columns *rows, struct str name, const struct json_value *value);
/* The same with the column found beforehand, for many rows of the same keys; -1 when there are too many columns. Texts
 * are copied. */
int64_t row_columns_find(struct row_columns *rows, struct str name);
void row_columns_add_int(struct row_columns *rows, int64_t column, int64_t value);
void row_columns_add_double(struct row_columns *rows, int64_t column, double value);
void row_columns_add_bool(struct row_columns *rows, int64_t column, bool value);
void row_columns_add_string(struct row_columns *rows, int64_t column, struct str text);
/* A text that many rows have; borrowed until row_columns_write, as is what it points to. */
void row_columns_add_shared(struct row_columns *rows, int64_t column, const struct str *text);
/* The whole table. ERR_TOO_LARGE when more was added than the limits allow. */
MUST_CHECK enum err_code row_columns_write(struct row_columns *rows, struct buf *out, struct err *err);

#endif
