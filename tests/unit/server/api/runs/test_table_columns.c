/* test_table_columns.c - a table's JSON becomes columns of the narrowest type, in batches. */
#include "server/api/runs/table_columns.h"

#include "base/arrow.h"
#include "base/clock.h"
#include "tests/unit/base/fixture.h"

static enum err_code convert(struct str json, struct buf *out, struct arena *arena) {
    struct err err = { 0 };
    return table_columns_write(json, clock_mono_ms() + 10000, out, arena, &err);
}

static void read_back(const char *json, struct buf *out, struct arrow_table *table, struct arena *arena) {
    struct err err = { 0 };
    assert_int_equal(convert(str_from_c(json), out, arena), OK);
    assert_int_equal(arrow_table_read(table, buf_str(out), &err), OK);
}

static struct str text_of(const struct arrow_table *table, size_t column, size_t row) {
    const struct arrow_column *texts = &table->batches[0].columns[column];
    return (struct str){ (const char *)texts->values + texts->offsets[row], (size_t)(texts->offsets[row + 1] - texts->offsets[row]) };
}

static void table_columns__have_the_narrowest_type(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    struct arrow_table table;
    read_back("{\"columns\":[\"i\",\"d\",\"b\",\"s\",7],\"data\":[[1,1,true,\"a\\n\",null],[-2,NaN,false,\"\",null],[9007199254740993,0.5,true,\"\xC3\xA9\",null]]}",
              &out, &table, *state);
    const struct arrow_column *columns = table.batches[0].columns;
    assert_true(table.row_count == 3 && table.field_count == 5 && str_eq_c(table.fields[4].name, "7"));
    assert_true(table.fields[0].type == ARROW_INT64 && ((const int64_t *)columns[0].values)[2] == 9007199254740993);
    assert_true(table.fields[1].type == ARROW_DOUBLE && ((const double *)columns[1].values)[2] > 0.4);
    assert_true(__builtin_isnan(((const double *)columns[1].values)[1]) && columns[1].null_count == 0);
    assert_true(table.fields[2].type == ARROW_BOOL && arrow_bit(columns[2].values, 0) && !arrow_bit(columns[2].values, 1));
    assert_true(!table.fields[3].is_json && str_eq_c(text_of(&table, 3, 0), "a\n") && str_eq_c(text_of(&table, 3, 2), "\xC3\xA9"));
    assert_true(table.fields[4].is_json && columns[4].null_count == 3);
    arrow_table_finish(&table);
    buf_finish(&out);
}

static void table_columns__keep_what_is_mixed_as_json(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    struct arrow_table table;
    read_back("{\"data\":[[1,{\"x\": [1]},9007199254740993,18446744073709551616],[\"a\\n\",null,0.5,1],[null,[],1,2]],\"columns\":[\"m\",\"o\",\"w\",\"big\"]}",
              &out, &table, *state);
    for (size_t i = 0; i < 4; i++)
        assert_true(table.fields[i].type == ARROW_TEXT && table.fields[i].is_json);
    assert_true(str_eq_c(text_of(&table, 0, 0), "1") && str_eq_c(text_of(&table, 0, 1), "\"a\\n\""));
    assert_true(!arrow_bit(table.batches[0].columns[0].valid, 2) && arrow_bit(table.batches[0].columns[0].valid, 1));
    assert_true(str_eq_c(text_of(&table, 1, 0), "{\"x\": [1]}") && str_eq_c(text_of(&table, 1, 2), "[]"));
    assert_true(str_eq_c(text_of(&table, 2, 0), "9007199254740993"));
    assert_true(str_eq_c(text_of(&table, 3, 0), "18446744073709551616"));
    arrow_table_finish(&table);
    buf_finish(&out);
}

static void table_columns__tell_what_else_the_file_says(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    struct arrow_table table;
    read_back("{\"_type\":\"table\",\"columns\":[1],\"data\":[],\"log_mode\":\"IMMUTABLE\"}", &out, &table, *state);
    assert_true(table.row_count == 0 && table.metadata_count == 1 && str_eq_c(table.metadata[0].key, "barograph.table"));
    assert_true(str_eq_c(table.metadata[0].value, "{\"_type\":\"table\",\"columns\":[1],\"log_mode\":\"IMMUTABLE\"}"));
    arrow_table_finish(&table);
    buf_finish(&out);
}

/* More rows than a batch holds: a gap in the first batch is none in the second. */
static void table_columns__come_in_batches(void **state) {
    enum { ROWS = (1 << 16) + 3 };
    struct buf json = BUF_INIT(1 << 24), out = BUF_INIT(1 << 24);
    struct arrow_table table;
    struct err err = { 0 };
    buf_append_str(&json, STR("{\"columns\":[\"n\",\"s\"],\"data\":[[null,\"first\"]"));
    for (int i = 1; i < ROWS; i++)
        buf_printf(&json, ",[%d,\"%d\"]", i, i);
    buf_append_str(&json, STR("]}"));
    assert_int_equal(convert(buf_str(&json), &out, *state), OK);
    assert_int_equal(arrow_table_read(&table, buf_str(&out), &err), OK);
    assert_true(table.row_count == ROWS && table.batch_count == 2 && table.batches[1].row_count == 3);
    assert_true(table.batches[0].columns[0].null_count == 1 && table.batches[1].columns[0].null_count == 0);
    assert_int_equal(((const int64_t *)table.batches[1].columns[0].values)[2], ROWS - 1);
    const struct arrow_column *texts = &table.batches[1].columns[1];
    assert_memory_equal((const char *)texts->values + texts->offsets[2], "65538", 5);
    arrow_table_finish(&table);
    buf_finish(&json);
    buf_finish(&out);
}

static void table_columns__refuse_what_is_no_table(void **state) {
    static const char *const refused[] = {
        "", "[]", "{}", "{\"columns\":[\"a\"]}", "{\"data\":[]}", "{\"columns\":\"a\",\"data\":[]}", "{\"columns\":[null],\"data\":[]}",
        "{\"columns\":[\"a\"],\"data\":{}}", "{\"columns\":[\"a\"],\"data\":[1]}", "{\"columns\":[\"a\"],\"data\":[[]]}",
        "{\"columns\":[\"a\"],\"data\":[[1,2]]}", "{\"columns\":[\"a\"],\"data\":[[1]]", "{\"columns\":[\"a\"],\"data\":[[1]]}x",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct buf out = BUF_INIT(1 << 16);
        assert_int_equal(convert(str_from_c(refused[i]), &out, *state), ERR_BAD_INPUT);
        buf_finish(&out);
    }
}

static void table_columns__end_at_their_limits(void **state) {
    const struct str json = STR("{\"columns\":[\"a\"],\"data\":[[\"0123456789012345678901234567890123456789\"]]}");
    struct buf out = BUF_INIT(300);
    assert_int_equal(convert(json, &out, *state), ERR_TOO_LARGE);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(table_columns__have_the_narrowest_type),
        TEST(table_columns__keep_what_is_mixed_as_json),
        TEST(table_columns__tell_what_else_the_file_says),
        TEST(table_columns__come_in_batches),
        TEST(table_columns__refuse_what_is_no_table),
        TEST(table_columns__end_at_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
