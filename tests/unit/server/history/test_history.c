/* test_history.c - what is appended is read back, whatever is repeated, written again, sealed, rewound or forked. */
#include "tests/unit/server/history/history_fixture.h"

static const char exact_lines[] =
    "{\"_step\":0,\"loss\":0.1,\"count\":9223372036854775807,\"ok\":true,\"name\":\"a\\n\\\"b\\\" \xc3\xa9\"}\n"
    "{\"_step\":1,\"big\":123456789012345678901234567890,\"loss\":NaN,\"nested\":{\"a\":{\"b\":1},\"c\":[1,2,{\"d\":NaN}]}}\n"
    "{\"_step\":2,\"loss\":-Infinity,\"img\":{\"_type\":\"image-file\",\"path\":\"x.png\"},\"nothing\":null,\"empty\":{},\"list\":[]}\n"
    "{\"_step\":3,\"a.b\":1.5,\"a\":{\"b\":2.5},\"loss\":1e-320,\"wide\":9007199254740993}\n"
    "{\"_step\":4,\"wide\":0.5,\"mixed\":\"text\",\"loss\":-0.0}\n"
    "{\"_step\":5,\"mixed\":7,\"loss\":1.7976931348623157e+308}";
static const char exact_rows[] =
    "{\"_step\":0,\"count\":9223372036854775807,\"loss\":0.1,\"name\":\"a\\n\\\"b\\\" \xc3\xa9\",\"ok\":true}\n"
    "{\"_step\":1,\"big\":123456789012345678901234567890,\"loss\":NaN,\"nested\":{\"a\":{\"b\":1},\"c\":[1,2,{\"d\":NaN}]}}\n"
    "{\"_step\":2,\"empty\":{},\"img\":{\"_type\":\"image-file\",\"path\":\"x.png\"},\"list\":[],\"loss\":-Infinity,\"nothing\":null}\n"
    "{\"_step\":3,\"a.b\":1.5,\"a\":{\"b\":2.5},\"loss\":1e-320,\"wide\":9007199254740993}\n"
    "{\"_step\":4,\"loss\":-0.0,\"mixed\":\"text\",\"wide\":0.5}\n"
    "{\"_step\":5,\"loss\":1.7976931348623157e+308,\"mixed\":7}";

static void history__gives_back_every_kind_of_value_from_the_tail(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, exact_lines);
    assert_string_equal(all_rows(f), exact_rows);
    assert_int_equal(f->appended.rows, 6);
    assert_int_equal(f->appended.line_count, 6);
}

static void history__gives_back_every_kind_of_value_from_a_segment(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, exact_lines);
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).tail_rows, 0);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_string_equal(all_rows(f), exact_rows);
}

static void history__quotes_what_is_not_finite_for_strict_readers(void **state) {
    struct history_fixture *f = *state;
    struct history_rows rows;

    append(f, 0, "{\"_step\":0,\"x\":NaN,\"y\":[Infinity,-Infinity,\"NaN\"]}");
    expect_ok(f, history_read_rows(f->history, RUN, HISTORY_ROWS, 0, 0, 0, JSON_STRICT, &rows, f->arena, &f->err));
    assert_string_equal(join_rows(f, &rows), "{\"_step\":0,\"x\":\"NaN\",\"y\":[\"Infinity\",\"-Infinity\",\"NaN\"]}");
}

static void history__drops_a_batch_that_is_repeated(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1,\"b\":2}\n{\"_step\":1,\"a\":2}");
    append(f, 0, "{\"b\":2,\"a\":1,\"_step\":0}\n{\"a\":2,\"_step\":1}");
    assert_true(f->appended.is_duplicate);
    assert_int_equal(counts_of(f, RUN).rows, 2);
    assert_int_equal(counts_of(f, RUN).duplicate_batches, 1);
    seal_all(f, RUN);
    append(f, 0, "{\"_step\":0,\"a\":1,\"b\":2}\n{\"_step\":1,\"a\":2}");
    assert_true(f->appended.is_duplicate);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1,\"b\":2}\n{\"_step\":1,\"a\":2}");
}

static void supersede(struct history_fixture *f) {
    append(f, 0, "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"a\":3}");
}

static void history__replaces_lines_that_are_written_again(void **state) {
    struct history_fixture *f = *state;

    supersede(f);
    append(f, 1, "{\"_step\":1,\"a\":20}\n{\"_step\":2,\"a\":30}\n{\"_step\":3,\"a\":40}");
    assert_int_equal(f->appended.superseded, 2);
    assert_int_equal(f->appended.line_count, 4);
    assert_int_equal(counts_of(f, RUN).rows, 4);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":20}\n{\"_step\":2,\"a\":30}\n{\"_step\":3,\"a\":40}");
}

static void history__replaces_lines_of_a_segment(void **state) {
    struct history_fixture *f = *state;
    const char *expected = "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":20}\n{\"_step\":2,\"a\":3}";

    supersede(f);
    seal_all(f, RUN);
    append(f, 1, "{\"_step\":1,\"a\":20}");
    assert_string_equal(all_rows(f), expected);
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_string_equal(all_rows(f), expected);
}

static void history__keeps_the_old_line_when_its_successor_cannot_be_read(void **state) {
    struct history_fixture *f = *state;

    supersede(f);
    append(f, 0, "{\"_step\":0,\"a\":10}\nnonsense\n{\"_step\":2,\"a\":30}");
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":10}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"a\":30}");
}

static void history__names_gaps_until_they_are_filled(void **state) {
    struct history_fixture *f = *state;
    struct history_gap *gaps;
    size_t count;

    append(f, 0, "{\"_step\":0}");
    append(f, 5, "{\"_step\":5}");
    assert_int_equal(f->appended.gap_first, 1);
    assert_int_equal(f->appended.gap_lines, 4);
    append(f, 2, "{\"_step\":2}\n{\"_step\":3}");
    assert_int_equal(f->appended.superseded, 0);
    expect_ok(f, history_gaps(f->history, RUN, HISTORY_ROWS, 10, &gaps, &count, f->arena, &f->err));
    assert_int_equal(count, 2);
    assert_int_equal(gaps[0].first_line, 1);
    assert_int_equal(gaps[0].last_line, 1);
    assert_int_equal(gaps[1].first_line, 4);
    assert_int_equal(gaps[1].last_line, 4);
    assert_string_equal(all_rows(f), "{\"_step\":0}\n{\"_step\":2}\n{\"_step\":3}\n{\"_step\":5}");
}

static void history__orders_by_step_then_line(void **state) {
    struct history_fixture *f = *state;
    const char *expected = "{\"_step\":0,\"a\":5}\n{\"_step\":1,\"a\":2}\n{\"_step\":1,\"a\":4}\n{\"_step\":2,\"a\":3}\n{\"_step\":3,\"a\":1}";

    append(f, 0, "{\"_step\":3,\"a\":1}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"a\":3}");
    append(f, 3, "{\"_step\":1,\"a\":4}\n{\"_step\":0,\"a\":5}");
    assert_string_equal(all_rows(f), expected);
    seal_all(f, RUN);
    assert_string_equal(all_rows(f), expected);
}

static void history__keeps_the_lines_of_each_writer_apart(void **state) {
    struct history_fixture *f = *state;
    const char *expected = "{\"_step\":0,\"a\":1}\n{\"_step\":0,\"b\":1}\n{\"_step\":1,\"b\":2}";

    append_to(f, "one", HISTORY_ROWS, 0, "{\"_step\":0,\"a\":1}");
    append_to(f, "two", HISTORY_ROWS, 0, "{\"_step\":0,\"b\":1}\n{\"_step\":1,\"b\":2}");
    assert_int_equal(f->appended.superseded, 0);
    assert_string_equal(all_rows(f), expected);
    seal_all(f, RUN);
    assert_string_equal(all_rows(f), expected);
    assert_int_equal(counts_of(f, RUN).line_count, 2);
}

static void history__places_events_by_line(void **state) {
    struct history_fixture *f = *state;

    append_to(f, "", HISTORY_EVENTS, 0, "{\"_timestamp\":9.5}\n{\"_timestamp\":8.5,\"_step\":77}");
    assert_string_equal(rows_of(f, RUN, HISTORY_EVENTS, 0, 1), "{\"_timestamp\":9.5}\n{\"_step\":77,\"_timestamp\":8.5}");
    assert_string_equal(all_rows(f), "");
}

static void history__reads_ranges_across_batches_and_segments(void **state) {
    struct history_fixture *f = *state;
    struct history_rows rows;

    for (int64_t first = 0; first < 4 * HISTORY_SEAL_ROWS; first += HISTORY_SEAL_ROWS / 2)
        append_steps(f, first, HISTORY_SEAL_ROWS / 2);
    expect_ok(f, history_work(f->history, &f->err));
    append_steps(f, 4 * HISTORY_SEAL_ROWS, 10);
    assert_string_equal(rows_of(f, RUN, HISTORY_ROWS, 20000, 20001),
                        "{\"_step\":20000,\"loss\":20000.5,\"n\":20000}\n{\"_step\":20001,\"loss\":20001.5,\"n\":20001}");
    assert_string_equal(rows_of(f, RUN, HISTORY_ROWS, 262143, 262144),
                        "{\"_step\":262143,\"loss\":262143.5,\"n\":262143}\n{\"_step\":262144,\"loss\":262144.5,\"n\":262144}");
    expect_ok(f, history_read_rows(f->history, RUN, HISTORY_ROWS, 16000, 17000, 0, JSON_EXTENDED, &rows, f->arena, &f->err));
    assert_int_equal(rows.count, 1001);
    expect_ok(f, history_read_rows(f->history, RUN, HISTORY_ROWS, 16000, 17000, 5, JSON_EXTENDED, &rows, f->arena, &f->err));
    assert_int_equal(rows.count, 5);
}

struct rewind_call {
    struct history *history;
    int64_t run, parent, last_step;
    struct history_remains remains;
};

static enum err_code rewind_work(struct db_tx *tx, void *context, struct err *err) {
    struct rewind_call *call = context;
    return history_rewind(call->history, tx, call->run, call->last_step, &call->remains, err);
}

static enum err_code fork_work(struct db_tx *tx, void *context, struct err *err) {
    struct rewind_call *call = context;
    return history_fork(call->history, tx, call->parent, call->run, call->last_step, &call->remains, err);
}

static enum err_code delete_work(struct db_tx *tx, void *context, struct err *err) {
    return history_delete(tx, *(int64_t *)context, err);
}

static void rewind_and_go_on(struct history_fixture *f) {
    struct rewind_call call = { .history = f->history, .run = RUN, .last_step = 1 };

    expect_ok(f, db_write(f->db, rewind_work, &call, &f->err));
    assert_int_equal(call.remains.line_count, 2);
    assert_int_equal(counts_of(f, RUN).last_step, 1);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}");
    append(f, 2, "{\"_step\":2,\"a\":3}"); /* the same as before the rewind: not a repetition */
    assert_int_equal(f->appended.rows, 1);
    assert_int_equal(f->appended.superseded, 0);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"a\":3}");
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"a\":3}");
}

static void history__rewinds_the_tail(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}");
    append(f, 2, "{\"_step\":2,\"a\":3}");
    append(f, 3, "{\"_step\":9,\"a\":4}");
    rewind_and_go_on(f);
}

static void history__rewinds_a_segment(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"a\":3}\n{\"_step\":9,\"a\":4}");
    seal_all(f, RUN);
    rewind_and_go_on(f);
}

static void history__forks_share_until_the_last_of_them_is_deleted(void **state) {
    struct history_fixture *f = *state;
    struct rewind_call call = { .history = f->history, .run = 8, .parent = RUN, .last_step = 1 };
    int64_t parent = RUN, child = 8;

    supersede(f);
    seal_all(f, RUN);
    append(f, 3, "{\"_step\":3,\"a\":4}");
    expect_ok(f, db_write(f->db, fork_work, &call, &f->err));
    assert_int_equal(call.remains.line_count, 2);
    assert_string_equal(rows_of(f, 8, HISTORY_ROWS, 0, 100), "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}");
    assert_int_equal(db_write(f->db, fork_work, &call, &f->err), ERR_CONFLICT);
    expect_ok(f, db_write(f->db, delete_work, &parent, &f->err));
    expect_ok(f, history_work(f->history, &f->err));
    assert_string_equal(all_rows(f), "");
    assert_string_equal(rows_of(f, 8, HISTORY_ROWS, 0, 100), "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}");
    expect_ok(f, db_write(f->db, delete_work, &child, &f->err));
    struct timespec moment = { .tv_nsec = 5000000 };
    (void)nanosleep(&moment, NULL);
    expect_ok(f, history_work(f->history, &f->err));
    const char *find = arena_printf(f->arena, "find %s/history -name '*.parquet*' | grep -q .", f->store->folder).ptr;
    assert_int_not_equal(system(find), 0);
}

static void history__answers_the_row_of_the_highest_line(void **state) {
    struct history_fixture *f = *state;
    struct str last;

    expect_ok(f, history_last_row(f->history, RUN, HISTORY_ROWS, &last, f->arena, &f->err));
    assert_null(last.ptr);
    append(f, 0, "{\"_step\":9,\"a\":1}\n{\"_step\":4,\"a\":NaN}");
    expect_ok(f, history_last_row(f->history, RUN, HISTORY_ROWS, &last, f->arena, &f->err));
    assert_true(str_eq_c(last, "{\"_step\":4,\"a\":NaN}"));
}

static void history__compacts_neighbours_of_a_generation(void **state) {
    struct history_fixture *f = *state;

    for (int64_t i = 0; i < 3; i++) {
        append_steps(f, i * HISTORY_SEAL_ROWS, HISTORY_SEAL_ROWS);
        expect_ok(f, history_work(f->history, &f->err));
    }
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_string_equal(rows_of(f, RUN, HISTORY_ROWS, 131071, 131072),
                        "{\"_step\":131071,\"loss\":131071.5,\"n\":131071}\n{\"_step\":131072,\"loss\":131072.5,\"n\":131072}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(history__gives_back_every_kind_of_value_from_the_tail),
        HISTORY_TEST(history__gives_back_every_kind_of_value_from_a_segment),
        HISTORY_TEST(history__quotes_what_is_not_finite_for_strict_readers),
        HISTORY_TEST(history__drops_a_batch_that_is_repeated),
        HISTORY_TEST(history__replaces_lines_that_are_written_again),
        HISTORY_TEST(history__replaces_lines_of_a_segment),
        HISTORY_TEST(history__keeps_the_old_line_when_its_successor_cannot_be_read),
        HISTORY_TEST(history__names_gaps_until_they_are_filled),
        HISTORY_TEST(history__orders_by_step_then_line),
        HISTORY_TEST(history__keeps_the_lines_of_each_writer_apart),
        HISTORY_TEST(history__places_events_by_line),
        HISTORY_TEST(history__reads_ranges_across_batches_and_segments),
        HISTORY_TEST(history__rewinds_the_tail),
        HISTORY_TEST(history__rewinds_a_segment),
        HISTORY_TEST(history__forks_share_until_the_last_of_them_is_deleted),
        HISTORY_TEST(history__answers_the_row_of_the_highest_line),
        HISTORY_TEST(history__compacts_neighbours_of_a_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
