/* column.h - one key's values in memory: which rows have it, and what they hold.
 *
 * A path is the key as the columns know it: nested keys joined by PATH_SEPARATOR, a byte that UTF-8 text cannot hold,
 * so that {"a": {"b": 1}} and {"a.b": 1} stay two keys. Outside, the separator is shown as a dot.
 *
 * Rows ascend. A row that holds JSON's null is in null_rows, not in rows: charts and other programs see no value
 * there, our own readers give the null back.
 *
 * Threads: none. Memory: whoever filled it says.
 */
#ifndef SERVER_HISTORY_COLUMN_H
#define SERVER_HISTORY_COLUMN_H

#include "base/arena.h"
#include "base/json.h"
#include "server/history/history.h"

#define PATH_SEPARATOR '\xff'

union value {
    int64_t integer; /* HISTORY_INT, HISTORY_BOOL */
    double number;   /* HISTORY_DOUBLE */
    struct {
        uint32_t offset, size; /* into the column's text */
    } text;                    /* HISTORY_STRING: the characters; HISTORY_JSON: any value as JSON text */
};

struct column {
    struct str path;
    enum history_type type;
    uint32_t count, null_count;
    uint32_t *rows, *null_rows;
    union value *values;
    const char *text;
};

static inline struct str column_text(const struct column *column, uint32_t at) {
    return (struct str){ column->text + column->values[at].text.offset, column->values[at].text.size };
}

static inline bool column_is_numeric(enum history_type type) {
    return type == HISTORY_INT || type == HISTORY_DOUBLE || type == HISTORY_BOOL;
}
static inline bool column_is_text(enum history_type type) {
    return type == HISTORY_STRING || type == HISTORY_JSON;
}

static inline double value_as_double(enum history_type type, union value value) {
    return type == HISTORY_DOUBLE ? value.number : (double)value.integer;
}

/* The narrowest type that holds values of both: numbers stay numbers, anything else mixed becomes JSON. Whether
 * integers fit among fractions is the caller's to know (int_fits_double). */
enum history_type column_join_types(enum history_type a, enum history_type b);
static inline bool int_fits_double(int64_t value) {
    return value >= -(1LL << 53) && value <= 1LL << 53;
}

/* The first position whose row is >= row. */
uint32_t column_lower_bound(const uint32_t *rows, uint32_t count, uint32_t row);

/* Appends the value as JSON text: NaN bare when extended, as a string when strict. */
void column_value_to_json(struct buf *out, const struct column *column, uint32_t at, enum json_flags flags);

/* Whether a path is what a reader means by `name`: equal, with separators read as dots. */
bool path_matches(struct str path, struct str name);
/* The path with dots. */
struct str path_to_name(struct str path, struct arena *arena);

#endif
