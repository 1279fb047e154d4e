/* table.h - a history as columns of a table, aligned by row, a part of the rows at a time.
 *
 * Several histories can be read into one table: join them into one schema first, then read each with it. A column that
 * holds explicit nulls somewhere, or values of several kinds, is JSON text; so null and missing stay apart.
 *
 * Threads: a struct history_table belongs to one thread at a time. Memory: a table owns its own; parts that were read
 * live in the arena that is passed.
 */
#ifndef SERVER_HISTORY_TABLE_H
#define SERVER_HISTORY_TABLE_H

#include "base/arrow.h"
#include "server/history/history.h"

struct map;

enum { HISTORY_TABLE_COLUMNS_MAX = 1 << 17, HISTORY_TABLE_PART_ROWS = 1 << 16, HISTORY_TABLE_PART_BYTES = 256 << 20 };

struct history_table_column {
    struct str path;        /* its parts joined by a byte that no text holds; of a schema of keys, the key as it was asked */
    enum history_type type; /* 0: nobody has it */
    bool has_nulls, has_large_integers; /* such that are no doubles */
};

/* Set up with history_schema_init. The column _step is none of these: it comes with each part. */
struct history_schema {
    struct history_table_column *columns;
    size_t count, room;
    bool is_keyed; /* only rows that have all the columns */
    struct map *by_path;
    struct arena *arena;
};

/* keys: those that are wanted, at most HISTORY_TABLE_COLUMNS_MAX; none: all that there are. The map is finished by
 * history_schema_finish, the rest lives in the arena. */
void history_schema_init(struct history_schema *schema, const struct str *keys, size_t key_count, struct arena *arena);
void history_schema_finish(struct history_schema *schema);
/* Sorts by path and settles types, once all histories are joined. */
void history_schema_settle(struct history_schema *schema);
/* How a column is called and what it holds, for arrow.h; name and path live in the schema's arena. */
struct arrow_field history_schema_field(const struct history_schema *schema, size_t at);

struct history_table;

/* The rows with first_step <= _step <= last_step (events: the line number). */
MUST_CHECK enum err_code history_table_open(struct history_table **out, struct history *history, int64_t run, enum history_kind kind,
                                            int64_t first_step, int64_t last_step, struct err *err);
void history_table_close(struct history_table *table); /* NULL is fine */
size_t history_table_rows(const struct history_table *table);
/* Adds what the table has to the schema; ERR_TOO_LARGE when those are too many columns. */
MUST_CHECK enum err_code history_table_join(struct history_table *table, struct history_schema *schema, struct err *err);

struct history_part {
    size_t row_count; /* fewer than asked for when the schema is keyed */
    int64_t *steps;
    struct arrow_column *columns; /* as the schema has them */
};
/* Rows [first, first + count), at most HISTORY_TABLE_PART_ROWS of them. ERR_TOO_LARGE when they are more than one and
 * HISTORY_TABLE_PART_BYTES do not hold them: ask for fewer. */
MUST_CHECK enum err_code history_table_read(struct history_table *table, const struct history_schema *schema, size_t first,
                                            size_t count, struct history_part *out, struct arena *arena, struct err *err);

#endif
