/* test_batch.c - lines become columns, a bad line leaves no trace, and the encoded form is canonical. */
#include "server/history/batch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct history_batch *batch;
    struct batch_rows rows;
    struct err err;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return 1;
    f->arena = arena_create();
    f->batch = history_batch_create();
    history_batch_begin(f->batch, HISTORY_ROWS, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    history_batch_destroy(f->batch);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static enum err_code add(struct fixture *f, const char *line) {
    return history_batch_add_line(f->batch, str_from_c(line), &f->err);
}

/* Finishes, decodes and loads all columns. */
static void finish(struct fixture *f) {
    assert_int_equal(history_batch_finish(f->batch, &f->err), OK);
    assert_int_equal(batch_decode(&f->rows, history_batch_summary(f->batch).encoded, f->arena, &f->err), OK);
    for (uint32_t i = 0; i < f->rows.column_count; i++)
        assert_int_equal(batch_load_column(&f->rows, i, &f->err), OK);
}

static const struct column *column(const struct fixture *f, const char *path) {
    for (uint32_t i = 0; i < f->rows.column_count; i++)
        if (str_eq_c(f->rows.columns[i].path, path))
            return &f->rows.columns[i];
    fail_msg("no column '%s'", path);
    return NULL;
}

static void batch__finds_the_type_of_each_key(void **state) {
    struct fixture *f = *state;

    assert_int_equal(add(f, "{\"_step\":0,\"i\":1,\"d\":1,\"b\":true,\"s\":\"x\",\"m\":1,\"w\":9007199254740993,\"n\":null,\"l\":[]}"), OK);
    assert_int_equal(add(f, "{\"_step\":1,\"i\":-2,\"d\":0.5,\"b\":false,\"s\":\"\",\"m\":\"y\",\"w\":0.5}"), OK);
    finish(f);
    assert_int_equal(column(f, "i")->type, HISTORY_INT);
    assert_int_equal(column(f, "d")->type, HISTORY_DOUBLE);
    assert_int_equal(column(f, "b")->type, HISTORY_BOOL);
    assert_int_equal(column(f, "s")->type, HISTORY_STRING);
    assert_int_equal(column(f, "m")->type, HISTORY_JSON);
    assert_int_equal(column(f, "w")->type, HISTORY_JSON);
    assert_true(str_eq_c(column_text(column(f, "w"), 0), "9007199254740993"));
    assert_int_equal(column(f, "n")->count, 0);
    assert_int_equal(column(f, "n")->null_count, 1);
    assert_true(column(f, "d")->values[0].number == 1.0);
    assert_int_equal(history_batch_points(f->batch), 13);
}

static void batch__keeps_dotted_and_nested_keys_apart(void **state) {
    struct fixture *f = *state;

    assert_int_equal(add(f, "{\"_step\":0,\"a.b\":1,\"a\":{\"b\":2,\"c\":{\"d\":3}},\"e\":{\"_type\":\"t\",\"b\":1}}"), OK);
    finish(f);
    assert_int_equal(column(f, "a.b")->values[0].integer, 1);
    assert_int_equal(column(f, "a\xff"
                               "b")->values[0].integer, 2);
    assert_int_equal(column(f, "a\xff"
                               "c\xff"
                               "d")->values[0].integer, 3);
    assert_true(str_eq_c(column_text(column(f, "e"), 0), "{\"_type\":\"t\",\"b\":1}"));
}

static void batch__keeps_the_last_of_a_repeated_key(void **state) {
    struct fixture *f = *state;

    assert_int_equal(add(f, "{\"_step\":0,\"a\":1,\"a\":null,\"a\":\"x\",\"\\u0061\":2}"), OK);
    finish(f);
    assert_int_equal(f->rows.column_count, 1);
    assert_int_equal(column(f, "a")->type, HISTORY_INT);
    assert_int_equal(column(f, "a")->values[0].integer, 2);
}

static void batch__leaves_no_trace_of_a_bad_line(void **state) {
    static const char *const bad[] = {
        "",        "[1]",         "nonsense",           "{\"a\":1",        "{\"a\":1}x",       "{\"a\":1,\"b\":}",
        "{\"a\":\"\xff\"}", "{\"_step\":0.5}", "{\"_step\":\"1\"}", "{\"_step\":null}", "{\"a\":{\"b\":1}", "{\"a\":01}",
    };
    struct fixture *f = *state;

    assert_int_equal(add(f, "{\"_step\":0,\"a\":1}"), OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(add(f, bad[i]), ERR_BAD_INPUT);
    assert_int_equal(add(f, "{\"_step\":1,\"a\":2}"), OK);
    finish(f);
    assert_int_equal(f->rows.row_count, 2);
    assert_int_equal(f->rows.column_count, 1);
    assert_int_equal(column(f, "a")->count, 2);
    assert_int_equal(f->rows.lines[1], 1 + (int64_t)(sizeof(bad) / sizeof(bad[0])));
    assert_int_equal(history_batch_summary(f->batch).range_count, 2);
}

static void batch__refuses_what_is_too_large(void **state) {
    struct fixture *f = *state;
    struct buf line = BUF_INIT(32 << 20);

    for (int i = 0; i <= HISTORY_ROW_KEYS_MAX; i++)
        buf_printf(&line, "%s\"k%d\":1", i == 0 ? "{" : ",", i);
    buf_append_char(&line, '}');
    assert_int_equal(history_batch_add_line(f->batch, buf_str(&line), &f->err), ERR_BAD_INPUT);
    assert_string_equal(f->err.message, "a row may have at most 100000 keys");
    buf_reset(&line);
    buf_append_str(&line, STR("{\""));
    for (int i = 0; i <= HISTORY_KEY_BYTES_MAX; i++)
        buf_append_char(&line, 'k');
    buf_append_str(&line, STR("\":1}"));
    assert_int_equal(history_batch_add_line(f->batch, buf_str(&line), &f->err), ERR_BAD_INPUT);
    assert_string_equal(f->err.message, "a key must be at most 65535 bytes, got 65536");
    struct str huge = { arena_calloc(f->arena, 1, HISTORY_LINE_BYTES_MAX + 1), HISTORY_LINE_BYTES_MAX + 1 };
    assert_int_equal(history_batch_add_line(f->batch, huge, &f->err), ERR_BAD_INPUT);
    buf_reset(&line);
    for (int i = 0; i < 100000; i++)
        buf_append_str(&line, STR("{\"a\":"));
    assert_int_equal(history_batch_add_line(f->batch, buf_str(&line), &f->err), ERR_BAD_INPUT);
    assert_int_equal(history_batch_rows(f->batch), 0);
    buf_finish(&line);
}

static void batch__takes_ten_thousand_keys_in_a_row(void **state) {
    struct fixture *f = *state;
    struct buf line = BUF_INIT(1 << 20);

    for (int i = 0; i < 10000; i++)
        buf_printf(&line, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i);
    buf_append_char(&line, '}');
    assert_int_equal(history_batch_add_line(f->batch, buf_str(&line), &f->err), OK);
    finish(f);
    assert_int_equal(f->rows.column_count, 10000);
    assert_int_equal(column(f, "k4321")->values[0].integer, 4321);
    buf_finish(&line);
}

static void batch__encodes_the_same_whatever_the_order_of_keys(void **state) {
    struct fixture *f = *state;

    assert_int_equal(add(f, "{\"_step\":0,\"a\":0.5,\"b\":{\"c\":\"x\",\"d\":2}}"), OK);
    assert_int_equal(history_batch_finish(f->batch, &f->err), OK);
    struct str first = arena_copy(f->arena, history_batch_summary(f->batch).hash);
    history_batch_begin(f->batch, HISTORY_ROWS, 0);
    assert_int_equal(add(f, "{\"b\":{\"d\":2,\"c\":\"x\"},\"a\":0.5,\"_step\":0}"), OK);
    assert_int_equal(history_batch_finish(f->batch, &f->err), OK);
    assert_true(str_eq(first, history_batch_summary(f->batch).hash));
    history_batch_begin(f->batch, HISTORY_ROWS, 0);
    assert_int_equal(add(f, "{\"_step\":0,\"a\":0.5,\"b\":{\"c\":\"x\",\"d\":3}}"), OK);
    assert_int_equal(history_batch_finish(f->batch, &f->err), OK);
    assert_false(str_eq(first, history_batch_summary(f->batch).hash));
}

static void batch__reads_no_torn_encoding(void **state) {
    struct fixture *f = *state;

    assert_int_equal(add(f, "{\"_step\":3,\"a\":0.5,\"s\":\"text\",\"n\":null}"), OK);
    assert_int_equal(add(f, "{\"_step\":1,\"a\":1.5}"), OK);
    finish(f);
    struct str encoded = history_batch_summary(f->batch).encoded;
    for (size_t len = 0; len < encoded.len; len++)
        assert_int_equal(batch_decode(&f->rows, (struct str){ encoded.ptr, len }, f->arena, &f->err), ERR_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(batch__finds_the_type_of_each_key),
        TEST(batch__keeps_dotted_and_nested_keys_apart),
        TEST(batch__keeps_the_last_of_a_repeated_key),
        TEST(batch__leaves_no_trace_of_a_bad_line),
        TEST(batch__refuses_what_is_too_large),
        TEST(batch__takes_ten_thousand_keys_in_a_row),
        TEST(batch__encodes_the_same_whatever_the_order_of_keys),
        TEST(batch__reads_no_torn_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
