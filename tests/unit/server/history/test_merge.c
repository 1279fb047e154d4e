/* test_merge.c - what several batches become as one segment: types, order, what was hidden. */
#include "tests/unit/server/history/history_fixture.h"

static struct history_column column_of(struct history_fixture *f, const char *key) {
    struct history_column column;
    expect_ok(f, history_read_column(f->history, RUN, HISTORY_ROWS, str_from_c(key), &column, f->arena, &f->err));
    return column;
}

static void seal_into_one(struct history_fixture *f) {
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_int_equal(counts_of(f, RUN).tail_rows, 0);
}

static void merge__joins_integers_and_fractions_to_doubles(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1}");
    append(f, 1, "{\"_step\":1,\"a\":0.5}");
    seal_into_one(f);
    struct history_column column = column_of(f, "a");
    assert_int_equal(column.type, HISTORY_DOUBLE);
    assert_true(column.doubles[0] == 1 && column.doubles[1] == 0.5);
}

/* 2^53 + 1 is no double: it must not become 2^53. */
static void merge__keeps_large_integers_among_fractions_as_their_text(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":9007199254740993}");
    append(f, 1, "{\"_step\":1,\"a\":0.5}");
    seal_into_one(f);
    struct history_column column = column_of(f, "a");
    assert_int_equal(column.type, HISTORY_JSON);
    assert_true(str_eq_c(column.texts[0], "9007199254740993"));
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":9007199254740993}\n{\"_step\":1,\"a\":0.5}");
}

static void merge__keeps_each_kind_of_a_mixed_key(void **state) {
    struct history_fixture *f = *state;
    const char *rows = "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":\"one\"}\n{\"_step\":2,\"a\":true}\n{\"_step\":3,\"a\":[1]}\n"
                       "{\"_step\":4,\"a\":null}\n{\"_step\":5,\"a\":NaN}";
    struct str line, rest = str_from_c(rows);
    bool has_more = true;

    for (int64_t i = 0; has_more; i++) {
        has_more = str_cut(rest, '\n', &line, &rest);
        append(f, i, arena_copy_c(f->arena, line));
    }
    seal_into_one(f);
    assert_string_equal(all_rows(f), rows);
}

static void merge__lets_parts_of_nothing_but_nulls_have_no_say(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":null,\"b\":null}");
    append(f, 1, "{\"_step\":1,\"a\":2.5,\"b\":null}");
    seal_into_one(f);
    assert_int_equal(column_of(f, "a").type, HISTORY_DOUBLE);
    assert_int_equal(column_of(f, "b").count, 0);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":null,\"b\":null}\n{\"_step\":1,\"a\":2.5,\"b\":null}");
}

static void merge__sorts_by_step_then_line_whatever_came_first(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":5,\"a\":1,\"t\":\"x\",\"n\":null}\n{\"_step\":7,\"a\":2}");
    append(f, 2, "{\"_step\":6,\"a\":3,\"t\":\"yy\"}\n{\"_step\":5,\"a\":4,\"n\":null}");
    append(f, 4, "{\"_step\":1,\"a\":5,\"t\":\"zzz\"}");
    seal_into_one(f);
    assert_string_equal(all_rows(f), "{\"_step\":1,\"a\":5,\"t\":\"zzz\"}\n{\"_step\":5,\"a\":1,\"n\":null,\"t\":\"x\"}\n"
                                     "{\"_step\":5,\"a\":4,\"n\":null}\n{\"_step\":6,\"a\":3,\"t\":\"yy\"}\n{\"_step\":7,\"a\":2}");
}

/* Lines that were written again are gone from the file, not only hidden in it. */
static void merge__leaves_out_what_was_written_again(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"only_before\":1}\n{\"_step\":1,\"a\":1}");
    append(f, 0, "{\"_step\":0,\"a\":7}");
    seal_into_one(f);
    struct history_keys keys;
    expect_ok(f, history_read_keys(f->history, RUN, HISTORY_ROWS, &keys, f->arena, &f->err));
    assert_int_equal(keys.count, 1);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":7}\n{\"_step\":1,\"a\":1}");
}

static void merge__carries_texts_over_page_boundaries(void **state) {
    struct history_fixture *f = *state;
    struct history_batch *batch = history_batch_create();
    enum { ROWS = 40000 };

    history_batch_begin(batch, HISTORY_ROWS, 0);
    for (int step = 0; step < ROWS; step++) {
        struct str line = step % 3 == 0 ? arena_printf(f->arena, "{\"_step\":%d,\"t\":\"text %d\"}", step, step)
                                        : arena_printf(f->arena, "{\"_step\":%d,\"t\":\"\"}", step);
        expect_ok(f, history_batch_add_line(batch, line, &f->err));
    }
    append_batch(f, STR_EMPTY, HISTORY_ROWS, batch);
    history_batch_destroy(batch);
    seal_into_one(f);
    struct history_column column = column_of(f, "t");
    assert_int_equal(column.count, ROWS);
    for (int step = 0; step < ROWS; step++)
        assert_true(str_eq(column.texts[step], step % 3 == 0 ? arena_printf(f->arena, "text %d", step) : STR_EMPTY));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(merge__joins_integers_and_fractions_to_doubles),
        HISTORY_TEST(merge__keeps_large_integers_among_fractions_as_their_text),
        HISTORY_TEST(merge__keeps_each_kind_of_a_mixed_key),
        HISTORY_TEST(merge__lets_parts_of_nothing_but_nulls_have_no_say),
        HISTORY_TEST(merge__sorts_by_step_then_line_whatever_came_first),
        HISTORY_TEST(merge__leaves_out_what_was_written_again),
        HISTORY_TEST(merge__carries_texts_over_page_boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
