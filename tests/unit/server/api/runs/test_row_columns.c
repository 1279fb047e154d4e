/* test_row_columns.c - rows of JSON become columns of the narrowest type. */
#include "server/api/runs/row_columns.h"

#include "base/arrow.h"
#include "tests/unit/base/fixture.h"

static void add_row(struct row_columns *rows, const char *json, struct arena *arena) {
    struct json_value *value;
    struct err err = { 0 };
    assert_int_equal(json_parse(&value, str_from_c(json), JSON_EXTENDED, arena, &err), OK);
    row_columns_begin_row(rows);
    row_columns_add_object(rows, STR_EMPTY, value, true);
}

static void read_back(struct row_columns *rows, struct buf *out, struct arrow_table *table) {
    struct err err = { 0 };
    assert_int_equal(row_columns_write(rows, out, &err), OK);
    assert_int_equal(arrow_table_read(table, buf_str(out), &err), OK);
}

static size_t find(const struct arrow_table *table, const char *name) {
    for (size_t i = 0; i < table->field_count; i++)
        if (str_eq_c(table->fields[i].name, name))
            return i;
    fail_msg("there is no column '%s'", name);
    return 0;
}

static struct str text_of(const struct arrow_table *table, const char *name, size_t row) {
    const struct arrow_column *column = &table->batches[0].columns[find(table, name)];
    return (struct str){ (const char *)column->values + column->offsets[row], (size_t)(column->offsets[row + 1] - column->offsets[row]) };
}

static void row_columns__find_the_narrowest_type(void **state) {
    struct arena *arena = *state;
    struct row_columns *rows = row_columns_create(arena);
    struct buf out = BUF_INIT(1 << 16);
    struct arrow_table table;

    add_row(rows, "{\"i\":1,\"d\":1,\"b\":true,\"s\":\"a\\n\",\"mixed\":1,\"null\":null,\"l\":[1, 2],\"big\":9007199254740993}", arena);
    add_row(rows, "{\"i\":-2,\"d\":NaN,\"mixed\":\"x\",\"null\":2,\"n\":{\"x\":{\"y\":3}},\"e\":{},\"big\":0.5}", arena);
    read_back(rows, &out, &table);
    assert_true(table.row_count == 2 && table.fields[find(&table, "i")].type == ARROW_INT64);
    assert_int_equal(table.fields[find(&table, "d")].type, ARROW_DOUBLE);
    assert_true(table.fields[find(&table, "b")].type == ARROW_BOOL && table.batches[0].columns[find(&table, "b")].null_count == 1);
    assert_true(!table.fields[find(&table, "s")].is_json && str_eq_c(text_of(&table, "s", 0), "a\n"));
    assert_true(table.fields[find(&table, "mixed")].is_json && str_eq_c(text_of(&table, "mixed", 0), "1") && str_eq_c(text_of(&table, "mixed", 1), "\"x\""));
    assert_true(str_eq_c(text_of(&table, "null", 0), "null") && str_eq_c(text_of(&table, "null", 1), "2"));
    assert_true(str_eq_c(text_of(&table, "l", 0), "[1, 2]") && str_eq_c(text_of(&table, "e", 1), "{}"));
    assert_true(str_eq_c(text_of(&table, "big", 0), "9007199254740993") && str_eq_c(text_of(&table, "big", 1), "0.5"));
    assert_true(str_eq_c(table.fields[find(&table, "n.x.y")].path, "[\"n\",\"x\",\"y\"]"));
    arrow_table_finish(&table);
    row_columns_destroy(rows);
    buf_finish(&out);
}

static void row_columns__keep_media_whole(void **state) {
    struct arena *arena = *state;
    struct row_columns *rows = row_columns_create(arena);
    struct buf out = BUF_INIT(1 << 16);
    struct arrow_table table;

    add_row(rows, "{\"image\":{\"_type\":\"image-file\",\"path\":\"p\"}}", arena);
    read_back(rows, &out, &table);
    assert_true(table.field_count == 1 && str_eq_c(text_of(&table, "image", 0), "{\"_type\":\"image-file\",\"path\":\"p\"}"));
    arrow_table_finish(&table);
    row_columns_destroy(rows);
    buf_finish(&out);
}

static void row_columns__of_no_rows_are_a_table(void **state) {
    struct row_columns *rows = row_columns_create(*state);
    struct buf out = BUF_INIT(1 << 16);
    struct arrow_table table;

    read_back(rows, &out, &table);
    assert_true(table.field_count == 0 && table.row_count == 0);
    arrow_table_finish(&table);
    row_columns_destroy(rows);
    buf_finish(&out);
}

static void row_columns__refuse_more_columns_than_anybody_means(void **state) {
    struct arena *arena = *state;
    struct row_columns *rows = row_columns_create(arena);
    struct buf out = BUF_INIT(1 << 16);
    struct err err = { 0 };

    row_columns_begin_row(rows);
    for (int i = 0; i <= ROW_COLUMNS_MAX; i++)
        row_columns_add_text(rows, arena_printf(arena, "k%d", i), STR("x"));
    assert_int_equal(row_columns_write(rows, &out, &err), ERR_TOO_LARGE);
    row_columns_destroy(rows);
    buf_finish(&out);
}

/* As many runs with keys of their own make it: few values, and room for each key in each row. */
static void row_columns__refuse_a_table_that_is_mostly_holes(void **state) {
    struct arena *arena = *state;
    struct row_columns *rows = row_columns_create(arena);
    struct buf out = BUF_INIT(1 << 30);
    struct err err = { 0 };

    row_columns_begin_row(rows);
    for (int i = 0; i < ROW_COLUMNS_MAX; i++)
        row_columns_add_int(rows, row_columns_find(rows, arena_printf(arena, "k%d", i)), i);
    for (int64_t row = 0; row <= (int64_t)ROW_COLUMNS_CELLS_MAX * 4 / ROW_COLUMNS_MAX; row++)
        row_columns_begin_row(rows);
    size_t used = arena_used_bytes(arena);
    assert_int_equal(row_columns_write(rows, &out, &err), ERR_TOO_LARGE);
    assert_true(arena_used_bytes(arena) - used < 64u << 20);
    assert_int_equal(out.len, 0);
    row_columns_destroy(rows);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(row_columns__find_the_narrowest_type),
        TEST(row_columns__keep_media_whole),
        TEST(row_columns__of_no_rows_are_a_table),
        TEST(row_columns__refuse_more_columns_than_anybody_means),
        TEST(row_columns__refuse_a_table_that_is_mostly_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
