/* test_batch_table.c - a table is the same batch as its rows as lines are, and what no line could hold is refused. */
#include "base/arrow.h"
#include "server/history/batch.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS = 3 };

static const int64_t steps[ROWS] = { 4, 5, 9 }, counts[ROWS] = { 1, -2, 3 }, offsets[ROWS + 1] = { 0, 2, 2, 6 };
static const double losses[ROWS] = { 0.5, 0, 1 };
static const uint8_t bits = 5, valid = 5;

static const struct arrow_field fields[] = {
    { .name = STR_INIT("_step"), .type = ARROW_INT64 },
    { .name = STR_INIT("n"), .type = ARROW_INT64 },
    { .name = STR_INIT("loss"), .type = ARROW_DOUBLE },
    { .name = STR_INIT("is_best"), .type = ARROW_BOOL },
    { .name = STR_INIT("a.b"), .type = ARROW_TEXT, .is_json = true, .path = STR_INIT("[\"a\",\"b\"]") },
    { .name = STR_INIT("text"), .type = ARROW_TEXT },
};
static const struct arrow_column columns[] = {
    { .values = steps },
    { .values = counts },
    { .values = losses, .valid = &valid, .null_count = 1 },
    { .values = &bits },
    { .values = "[]null", .offsets = offsets, .valid = &valid, .null_count = 1 },
    { .values = "[]null", .offsets = offsets },
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* One batch of rows of these fields, on lines from 7. */
static enum err_code take(struct history_batch *batch, const struct arrow_field *of, const struct arrow_column *with, size_t count,
                          struct err *err) {
    struct buf bytes = BUF_INIT(1 << 16);
    struct arrow_table table;

    arrow_write_schema(&bytes, of, count, NULL, 0);
    arrow_write_batch(&bytes, of, with, count, ROWS);
    arrow_write_end(&bytes);
    history_batch_begin(batch, HISTORY_ROWS, 7);
    assert_int_equal(arrow_table_read(&table, buf_str(&bytes), err), OK);
    enum err_code code = history_batch_add_table(batch, HISTORY_ROWS, &table, 0, err);
    arrow_table_finish(&table);
    buf_finish(&bytes);
    return code;
}

static void batch_table__is_what_its_lines_would_be(void **state) {
    static const char *const lines[ROWS] = {
        "{\"_step\":4,\"n\":1,\"loss\":0.5,\"is_best\":true,\"a\":{\"b\":[]},\"text\":\"[]\"}",
        "{\"_step\":5,\"n\":-2,\"is_best\":false,\"text\":\"\"}",
        "{\"_step\":9,\"n\":3,\"loss\":1.0,\"is_best\":true,\"a\":{\"b\":null},\"text\":\"null\"}",
    };
    struct history_batch *ours = history_batch_create(), *theirs = history_batch_create();
    struct err err = { 0 };
    (void)state;

    for (int again = 0; again < 2; again++) { /* a batch that knows the columns already */
        assert_int_equal(take(ours, fields, columns, FIELDS, &err), OK);
        history_batch_begin(theirs, HISTORY_ROWS, 7);
        for (int i = 0; i < ROWS; i++)
            assert_int_equal(history_batch_add_line(theirs, str_from_c(lines[i]), &err), OK);
        assert_int_equal(history_batch_finish(ours, &err), OK);
        assert_int_equal(history_batch_finish(theirs, &err), OK);
        struct batch_summary a = history_batch_summary(ours), b = history_batch_summary(theirs);
        assert_true(str_eq(a.encoded, b.encoded) && str_eq(a.hash, b.hash));
        assert_true(a.first_line == 7 && a.line_count == ROWS && a.points == 12 && a.last_step == 9);
    }
    history_batch_destroy(ours);
    history_batch_destroy(theirs);
}

static size_t allocated_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Many may wait for the writer. (Sanitizers have an allocator of their own, which says 0.) */
static void batch_table__keeps_what_is_written_only(void **state) {
    enum { MANY = 1 << 18 };
    static const struct arrow_field flag = { .name = STR_INIT("flag"), .type = ARROW_BOOL };
    uint8_t *flags = calloc(1, MANY / 8);
    const struct arrow_column column = { .values = flags };
    struct history_batch *batch = history_batch_create();
    struct buf bytes = BUF_INIT(1 << 20);
    struct arrow_table table;
    struct err err = { 0 };
    (void)state;

    arrow_write_schema(&bytes, &flag, 1, NULL, 0);
    arrow_write_batch(&bytes, &flag, &column, 1, MANY);
    arrow_write_end(&bytes);
    assert_int_equal(arrow_table_read(&table, buf_str(&bytes), &err), OK);
    size_t before = allocated_bytes();
    for (int again = 0; again < 2; again++) {
        history_batch_begin(batch, HISTORY_ROWS, 7);
        assert_int_equal(history_batch_add_table(batch, HISTORY_ROWS, &table, 0, &err), OK);
        assert_int_equal(history_batch_finish(batch, &err), OK);
        assert_true(allocated_bytes() < before + (1 << 20)); /* 28 bytes a row otherwise */
        struct batch_summary summary = history_batch_summary(batch);
        assert_true(summary.rows == MANY && summary.first_step == 7 && summary.last_step == 6 + MANY && summary.points == MANY);
    }
    arrow_table_finish(&table);
    buf_finish(&bytes);
    history_batch_destroy(batch);
    free(flags);
}

static void refuse(struct arrow_field field, struct arrow_column column, const char *why) {
    struct history_batch *batch = history_batch_create();
    const struct arrow_field both[] = { fields[1], field };
    const struct arrow_column values[] = { columns[1], column };
    struct err err = { 0 };

    assert_int_equal(take(batch, both, values, 2, &err), ERR_BAD_INPUT);
    assert_non_null(strstr(err.message, why));
    history_batch_destroy(batch);
}

static void batch_table__refuses_what_no_line_holds(void **state) {
    (void)state;
    refuse((struct arrow_field){ .name = STR("n"), .type = ARROW_INT64 }, columns[1], "two columns are the key 'n'");
    refuse((struct arrow_field){ .name = STR("_step"), .type = ARROW_DOUBLE }, columns[2], "'_step' is an integer in each row");
    refuse((struct arrow_field){ .name = STR("j"), .type = ARROW_TEXT, .is_json = true }, columns[5], "row 1 of 'j' is no JSON");
    refuse((struct arrow_field){ .name = STR("t"), .type = ARROW_TEXT }, (struct arrow_column){ .values = "\xff\xfeghij", .offsets = offsets },
           "row 0 of 't' is no UTF-8");
    refuse((struct arrow_field){ .name = STR("p"), .type = ARROW_INT64, .path = STR("[]") }, columns[1], "a list of 1 to 17 strings");
    refuse((struct arrow_field){ .name = STR("p"), .type = ARROW_INT64, .path = STR("[1]") }, columns[1], "a column's key is UTF-8");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_table__is_what_its_lines_would_be),
        cmocka_unit_test(batch_table__keeps_what_is_written_only),
        cmocka_unit_test(batch_table__refuses_what_no_line_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
