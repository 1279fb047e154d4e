/* column.c - one key's values in memory. */
#include "server/history/column.h"

#include "base/number.h"

#include <math.h>

enum history_type column_join_types(enum history_type a, enum history_type b) {
    if (a == b)
        return a;
    bool both_numbers = (a == HISTORY_INT || a == HISTORY_DOUBLE) && (b == HISTORY_INT || b == HISTORY_DOUBLE);
    return both_numbers ? HISTORY_DOUBLE : HISTORY_JSON;
}

uint32_t column_lower_bound(const uint32_t *rows, uint32_t count, uint32_t row) {
    uint32_t first = 0;
    while (count > 0) {
        uint32_t half = count / 2;
        if (rows[first + half] < row) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

static void double_to_json(struct buf *out, double value, enum json_flags flags) {
    char digits[NUMBER_TEXT_MAX];
    size_t len = number_from_double(digits, value);
    bool is_quoted = !isfinite(value) && flags != JSON_EXTENDED;

    if (is_quoted)
        buf_append_char(out, '"');
    buf_append(out, digits, len);
    if (is_quoted)
        buf_append_char(out, '"');
}

/* Text that was accepted with bare NaN inside has to lose it for a strict reader. */
static void json_to_strict(struct buf *out, struct str text) {
    struct json_reader reader;
    const char *copied_to = text.ptr;

    json_reader_init(&reader, text, JSON_EXTENDED);
    for (enum json_token token = json_next(&reader); token != JSON_END && token != JSON_ERROR;
         token = json_next(&reader)) {
        char last = reader.text.len > 0 ? reader.text.ptr[reader.text.len - 1] : '0';
        if (token != JSON_NUMBER || (last != 'N' && last != 'y'))
            continue;
        buf_append(out, copied_to, (size_t)(reader.text.ptr - copied_to));
        buf_append_char(out, '"');
        buf_append_str(out, reader.text);
        buf_append_char(out, '"');
        copied_to = reader.text.ptr + reader.text.len;
    }
    buf_append(out, copied_to, (size_t)(text.ptr + text.len - copied_to));
}

void column_value_to_json(struct buf *out, const struct column *column, uint32_t at, enum json_flags flags) {
    union value value = column->values[at];
    struct json_writer writer;

    switch (column->type) {
    case HISTORY_INT: {
        char digits[NUMBER_TEXT_MAX];
        buf_append(out, digits, number_from_i64(digits, value.integer));
        break;
    }
    case HISTORY_DOUBLE:
        double_to_json(out, value.number, flags);
        break;
    case HISTORY_BOOL:
        buf_append_str(out, value.integer != 0 ? STR("true") : STR("false"));
        break;
    case HISTORY_STRING:
        json_writer_init(&writer, out, flags);
        json_string(&writer, column_text(column, at));
        break;
    case HISTORY_JSON:
        if (flags == JSON_EXTENDED)
            buf_append_str(out, column_text(column, at));
        else
            json_to_strict(out, column_text(column, at));
        break;
    }
}

bool path_matches(struct str path, struct str name) {
    if (path.len != name.len)
        return false;
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] != name.ptr[i] && !(path.ptr[i] == PATH_SEPARATOR && name.ptr[i] == '.'))
            return false;
    return true;
}

struct str path_to_name(struct str path, struct arena *arena) {
    char *name = arena_copy_c(arena, path);
    for (size_t i = 0; i < path.len; i++)
        if (name[i] == PATH_SEPARATOR)
            name[i] = '.';
    return (struct str){ name, path.len };
}
