/* column_fixture.h - columns made by hand, for what writes and reads them. */
#ifndef TESTS_COLUMN_FIXTURE_H
#define TESTS_COLUMN_FIXTURE_H

#include "server/history/column.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Value number i of a made column, the same each time. */
static inline union value made_value(enum history_type type, uint32_t i, struct buf *text) {
    static const double doubles[] = { 0.0, -0.0, 1.5, -1e300, 5e-324, 1.7976931348623157e308, NAN, INFINITY, -INFINITY };
    static const int64_t integers[] = { 0, -1, INT64_MAX, INT64_MIN, 1234567890123, 7 };
    union value value = { 0 };

    if (type == HISTORY_DOUBLE) {
        value.number = i % 3 == 0 ? doubles[i / 3 % 9] : (double)i * 0.1;
    } else if (type == HISTORY_INT) {
        value.integer = i % 5 == 0 ? integers[i / 5 % 6] : (int64_t)i * 3;
    } else if (type == HISTORY_BOOL) {
        value.integer = i % 3 == 1;
    } else {
        value.text.offset = (uint32_t)text->len;
        if (type == HISTORY_JSON)
            buf_printf(text, "[%u,{\"a\":\"%.*s\"}]", i, (int)(i % 50), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        else if (i % 7 != 0)
            buf_printf(text, "text %u \xc3\xa9", i);
        value.text.size = (uint32_t)text->len - value.text.offset;
    }
    return value;
}

/* A column with a value in every `every`th row of row_count, from row 0 on. */
static inline struct column make_column(const char *path, enum history_type type, uint32_t row_count, uint32_t every,
                                        struct arena *arena) {
    struct column column = { .path = str_from_c(path), .type = type, .text = "" };
    struct buf text = BUF_INIT(64 << 20);

    column.rows = ARENA_ARRAY(arena, uint32_t, row_count);
    column.values = ARENA_ARRAY(arena, union value, row_count);
    for (uint32_t row = 0; row < row_count; row += every) {
        column.rows[column.count] = row;
        column.values[column.count] = made_value(type, column.count, &text);
        column.count++;
    }
    if (column_is_text(type))
        column.text = arena_copy(arena, buf_str(&text)).ptr;
    buf_finish(&text);
    return column;
}

static inline void assert_same_values(const struct column *found, const struct column *expected) {
    assert_int_equal(found->count, expected->count);
    for (uint32_t i = 0; i < found->count; i++) {
        assert_int_equal(found->rows[i], expected->rows[i]);
        if (column_is_text(expected->type))
            assert_true(str_eq(column_text(found, i), column_text(expected, i)));
        else
            assert_memory_equal(&found->values[i], &expected->values[i], 8);
    }
}

#endif
