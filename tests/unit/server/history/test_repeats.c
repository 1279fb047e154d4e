/* test_repeats.c - a run that is synced again goes on behind its lines, and shows each row once. */
#include "tests/unit/server/history/history_fixture.h"

static const char first_rows[] = "{\"_step\":0,\"_timestamp\":10.25,\"a\":1,\"text\":\"x\"}\n"
                                 "{\"_step\":1,\"_timestamp\":11.5,\"a\":0.5,\"nested\":{\"b\":[1,NaN]}}\n"
                                 "{\"_step\":2,\"_timestamp\":12,\"a\":3,\"nothing\":null}";
static const char shown_rows[] = "{\"_step\":0,\"_timestamp\":10.25,\"a\":1.0,\"text\":\"x\"}\n"
                                 "{\"_step\":1,\"_timestamp\":11.5,\"a\":0.5,\"nested\":{\"b\":[1,NaN]}}\n"
                                 "{\"_step\":2,\"_timestamp\":12.0,\"a\":3.0,\"nothing\":null}";

static void expect_counts(struct history_fixture *f, int64_t rows, int64_t repeated, int64_t lines) {
    struct history_counts counts = counts_of(f, RUN);
    assert_int_equal(counts.rows, rows);
    assert_int_equal(counts.repeated, repeated);
    assert_int_equal(counts.line_count, lines);
}

static void repeats__are_counted_and_not_shown(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, first_rows);
    int64_t points = counts_of(f, RUN).points;
    append(f, 3, first_rows);
    assert_int_equal(f->appended.repeated, 3);
    assert_int_equal(f->appended.rows, 0);
    assert_int_equal(f->appended.line_count, 6);
    expect_counts(f, 3, 3, 6);
    assert_int_equal(counts_of(f, RUN).points, points);
    assert_string_equal(all_rows(f), shown_rows);
}

static void repeats__of_a_segment_are_known_whatever_their_batch_looks_like(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, first_rows);
    seal_all(f, RUN);
    append(f, 3, "{\"_step\":0,\"_timestamp\":10.25,\"a\":1,\"text\":\"x\"}");
    append(f, 4, "{\"_step\":1,\"_timestamp\":11.5,\"a\":0.5,\"nested\":{\"b\":[1,NaN]}}");
    append(f, 5, "{\"a\":3,\"_step\":2,\"_timestamp\":12.0,\"nothing\":null}");
    expect_counts(f, 3, 3, 6);
    seal_all(f, RUN);
    assert_string_equal(all_rows(f), shown_rows);
}

static void repeats__may_have_their_nested_members_in_another_order(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"_timestamp\":1,\"list\":[{\"x\":1,\"y\":2}]}");
    append(f, 1, "{\"_step\":0,\"_timestamp\":1,\"list\":[{\"y\":2,\"x\":1}]}");
    expect_counts(f, 1, 1, 2);
}

static void repeats__end_where_new_rows_begin(void **state) {
    struct history_fixture *f = *state;
    const char *both = "{\"_step\":0,\"_timestamp\":1,\"a\":1}\n{\"_step\":1,\"_timestamp\":2,\"a\":2,\"b\":7}";

    append(f, 0, "{\"_step\":0,\"_timestamp\":1,\"a\":1}");
    append(f, 1, both);
    assert_int_equal(f->appended.repeated, 1);
    assert_int_equal(f->appended.points, 3);
    expect_counts(f, 2, 1, 3);
    const char *expected = "{\"_step\":0,\"_timestamp\":1,\"a\":1}\n{\"_step\":1,\"_timestamp\":2,\"a\":2,\"b\":7}";
    assert_string_equal(all_rows(f), expected);
    seal_all(f, RUN);
    assert_string_equal(all_rows(f), expected);
    append(f, 3, both);
    expect_counts(f, 2, 3, 5);
}

static void repeats__are_not_what_differs(void **state) {
    static const char *const others[] = {
        "{\"_step\":0,\"_timestamp\":1,\"a\":2}",           /* another value */
        "{\"_step\":0,\"_timestamp\":1,\"a\":1,\"b\":1}",   /* one more */
        "{\"_step\":0,\"_timestamp\":1,\"a\":\"1\"}",       /* another kind */
        "{\"_step\":0,\"_timestamp\":1.000001,\"a\":1}",    /* logged at another time */
        "{\"_step\":0,\"a\":1}",                            /* nobody knows when */
        "{\"_step\":0,\"_timestamp\":1}",                   /* one less */
    };
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"_timestamp\":1,\"a\":1}");
    for (int64_t i = 0; i < OTHERS; i++)
        append(f, 1 + i, others[i]);
    append(f, 1 + OTHERS, "{\"_step\":0,\"a\":1}"); /* without a time, the same twice is twice */
    expect_counts(f, 2 + OTHERS, 0, 2 + OTHERS);
}

static void repeats__come_from_the_same_writer(void **state) {
    struct history_fixture *f = *state;

    append_to(f, "one", HISTORY_ROWS, 0, first_rows);
    append_to(f, "two", HISTORY_ROWS, 0, first_rows);
    append(f, 0, first_rows);
    expect_counts(f, 9, 0, 3);
}

/* The second sync is cut off, and its client begins its batches elsewhere when it tries again. */
static void repeats__that_come_again_are_still_none(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, first_rows);
    append(f, 3, first_rows);
    append(f, 4, "{\"_step\":1,\"_timestamp\":11.5,\"a\":0.5,\"nested\":{\"b\":[1,NaN]}}\n"
                 "{\"_step\":2,\"_timestamp\":12,\"a\":3,\"nothing\":null}\n{\"_step\":3,\"_timestamp\":13,\"a\":4}");
    expect_counts(f, 4, 5, 7);
    assert_int_equal(counts_of(f, RUN).superseded, 0);
    append(f, 3, "{\"_step\":9,\"_timestamp\":19,\"a\":9}\n{\"_step\":10,\"_timestamp\":20,\"a\":9}");
    assert_int_equal(counts_of(f, RUN).superseded, 0);
    expect_counts(f, 6, 5, 7);
}

static void repeats__replace_what_stood_on_their_lines(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"_timestamp\":1,\"a\":1}\n{\"_step\":5,\"_timestamp\":5,\"a\":5}");
    append(f, 1, "{\"_step\":0,\"_timestamp\":1,\"a\":1}");
    expect_counts(f, 1, 1, 2);
    append(f, 1, "{\"_step\":6,\"_timestamp\":6,\"a\":6}\n{\"_step\":7,\"_timestamp\":7,\"a\":7}");
    expect_counts(f, 3, 1, 3);
    assert_int_equal(counts_of(f, RUN).superseded, 1);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"_timestamp\":1,\"a\":1}\n{\"_step\":6,\"_timestamp\":6,\"a\":6}\n"
                                     "{\"_step\":7,\"_timestamp\":7,\"a\":7}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(repeats__are_counted_and_not_shown),
        HISTORY_TEST(repeats__of_a_segment_are_known_whatever_their_batch_looks_like),
        HISTORY_TEST(repeats__may_have_their_nested_members_in_another_order),
        HISTORY_TEST(repeats__end_where_new_rows_begin),
        HISTORY_TEST(repeats__are_not_what_differs),
        HISTORY_TEST(repeats__come_from_the_same_writer),
        HISTORY_TEST(repeats__that_come_again_are_still_none),
        HISTORY_TEST(repeats__replace_what_stood_on_their_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
