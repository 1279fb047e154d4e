/* test_worker.c - what is sealed and compacted, and when, and that a failure costs nothing but time. */
#include "base/hash.h"
#include "server/history/history_state.h"
#include "tests/unit/server/history/history_fixture.h"

static void work(struct history_fixture *f) {
    expect_ok(f, history_work(f->history, &f->err));
}

static void reopen(struct history_fixture *f, struct history_options options) {
    history_destroy(f->history);
    options.has_no_worker = true;
    expect_ok(f, history_create(&f->history, f->db, f->depot, &options, &f->err));
}

static void worker__seals_at_so_many_rows(void **state) {
    struct history_fixture *f = *state;

    append_steps(f, 0, HISTORY_SEAL_ROWS - 1);
    assert_false(f->appended.is_seal_due);
    work(f);
    assert_int_equal(counts_of(f, RUN).segments, 0);
    append_steps(f, HISTORY_SEAL_ROWS - 1, 1);
    assert_true(f->appended.is_seal_due);
    work(f);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_int_equal(counts_of(f, RUN).tail_rows, 0);
}

static void worker__seals_at_so_many_bytes(void **state) {
    struct history_fixture *f = *state;
    enum { RANDOM = 2 << 20 };
    unsigned char *random = arena_alloc(f->arena, RANDOM);

    for (int64_t line = 0; line < 5; line++) { /* hexadecimal digits of noise: half their size when compressed */
        hash_random(random, RANDOM);
        struct str hex = hash_hex(random, RANDOM, f->arena);
        append(f, line, arena_printf(f->arena, "{\"_step\":%lld,\"t\":\"%.*s\"}", (long long)line, STR_ARG(hex)).ptr);
    }
    assert_true(f->appended.is_seal_due);
    work(f);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_int_equal(counts_of(f, RUN).rows, 5);
}

static void worker__seals_what_is_left_of_an_ended_run(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1}");
    work(f);
    assert_int_equal(counts_of(f, RUN).segments, 0);
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    seal_all(f, RUN); /* again is harmless */
    assert_int_equal(counts_of(f, RUN).segments, 1);
}

/* Three neighbours of a generation become one of the next; a larger one before them is left alone. */
static void worker__compacts_neighbours_only(void **state) {
    struct history_fixture *f = *state;
    const int64_t expected[] = { 1, 2, 1, 2, 3, 2, 3, 4, 1 };

    for (int64_t i = 0; i < 9; i++) {
        append_steps(f, i * HISTORY_SEAL_ROWS, HISTORY_SEAL_ROWS);
        work(f);
        assert_int_equal(counts_of(f, RUN).segments, expected[i]);
    }
    assert_string_equal(rows_of(f, RUN, HISTORY_ROWS, 393215, 393216),
                        "{\"_step\":393215,\"loss\":393215.5,\"n\":393215}\n{\"_step\":393216,\"loss\":393216.5,\"n\":393216}");
}

static void worker__makes_no_file_larger_than_its_limit(void **state) {
    struct history_fixture *f = *state;

    reopen(f, (struct history_options){ .compact_factor = 2, .compact_rows = 2 * HISTORY_SEAL_ROWS });
    for (int64_t i = 0; i < 5; i++) {
        append_steps(f, i * HISTORY_SEAL_ROWS, HISTORY_SEAL_ROWS);
        work(f);
    }
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).segments, 3);
    assert_int_equal(counts_of(f, RUN).rows, 5 * HISTORY_SEAL_ROWS);
}

struct fork_call {
    struct history *history;
    int64_t child;
};

static enum err_code fork_work(struct db_tx *tx, void *context, struct err *err) {
    struct fork_call *call = context;
    struct history_remains remains;
    return history_fork(call->history, tx, RUN, call->child, INT64_MAX - 1, &remains, err);
}

/* Copying them would cost what sharing saves. */
static void worker__leaves_segments_alone_that_forks_share(void **state) {
    struct history_fixture *f = *state;

    append_steps(f, 0, HISTORY_SEAL_ROWS);
    work(f);
    struct fork_call call = { f->history, 8 };
    expect_ok(f, db_write(f->db, fork_work, &call, &f->err));
    for (int64_t i = 1; i < 4; i++) {
        append_steps(f, i * HISTORY_SEAL_ROWS, HISTORY_SEAL_ROWS);
        work(f);
    }
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).segments, 2);
    assert_int_equal(counts_of(f, 8).segments, 1);
    assert_int_equal(counts_of(f, 8).rows, HISTORY_SEAL_ROWS);
}

/* ---- failures ---- */

static enum err_code run_sql(struct db_tx *tx, void *context, struct err *err) {
    struct db_rows *rows;
    TRY(db_query_text(tx, &rows, DB_NO_ARGS, str_from_c(context), err));
    while (db_next(rows))
        ;
    return db_end(rows, err);
}

/* What spoils a database is spelt as SQLite has it. */
static void needs_sqlite(void) {
    if (fixture_server() != NULL)
        skip();
}

static void sql(struct history_fixture *f, const char *statement) {
    char text[256];
    (void)snprintf(text, sizeof(text), "%s", statement);
    expect_ok(f, db_write(f->db, run_sql, text, &f->err));
}


static void worker__takes_its_file_back_when_the_record_is_refused(void **state) {
    struct history_fixture *f = *state;

    needs_sqlite();
    append(f, 0, "{\"_step\":0,\"a\":1}");
    sql(f, "create trigger no before insert on history_segments begin select raise(abort, 'no'); end");
    seal_all(f, RUN);
    assert_int_equal(counts_of(f, RUN).tail_rows, 1);
    assert_int_equal(count_segments(f), 0);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1}");
    sql(f, "drop trigger no");
    work(f);
    assert_int_equal(counts_of(f, RUN).segments, 1);
    assert_int_equal(count_segments(f), 1);
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1}");
}

/* When it cannot be known whether a record names the file, the file stays. */
static void worker__keeps_a_file_that_it_cannot_ask_about(void **state) {
    struct history_fixture *f = *state;

    needs_sqlite();
    append(f, 0, "{\"_step\":0,\"a\":1}");
    sql(f, "alter table history_garbage rename to elsewhere");
    sql(f, "create trigger no before insert on history_segments begin select raise(abort, 'no'); end");
    int64_t run = RUN;
    expect_ok(f, db_write(f->db, finish_work, &run, &f->err));
    assert_int_not_equal(history_work(f->history, &f->err), OK);
    assert_int_equal(count_segments(f), 1);
}

static void worker__goes_on_with_others_when_one_history_is_damaged(void **state) {
    struct history_fixture *f = *state;
    struct append_call call = { .history = f->history, .run = 8, .stream = STR_EMPTY, .kind = HISTORY_ROWS, .out = &f->appended };

    needs_sqlite();
    append(f, 0, "{\"_step\":0,\"a\":1}");
    sql(f, "update history_tail set data = x'00'");
    call.batch = history_batch_create();
    history_batch_begin(call.batch, HISTORY_ROWS, 0);
    expect_ok(f, history_batch_add_line(call.batch, STR("{\"_step\":0,\"b\":1}"), &f->err));
    expect_ok(f, history_batch_finish(call.batch, &f->err));
    expect_ok(f, db_write(f->db, append_work, &call, &f->err));
    history_batch_destroy(call.batch);
    int64_t damaged = RUN;
    expect_ok(f, db_write(f->db, finish_work, &damaged, &f->err));
    seal_all(f, 8);
    assert_int_equal(counts_of(f, 8).segments, 1);
    assert_int_equal(counts_of(f, RUN).segments, 0);
    assert_int_equal(counts_of(f, RUN).tail_rows, 1);
}

/* ---- the thread ---- */

static void worker__works_by_itself_when_it_is_woken(void **state) {
    struct history_fixture *f = *state;
    const struct timespec moment = { .tv_nsec = 10000000 };
    const struct history_options options = { .compact_factor = 3 };
    int64_t run = RUN;

    history_destroy(f->history);
    expect_ok(f, history_create(&f->history, f->db, f->depot, &options, &f->err));
    append(f, 0, "{\"_step\":0,\"a\":1}");
    expect_ok(f, db_write(f->db, finish_work, &run, &f->err));
    history_wake(f->history);
    for (int tries = 0; tries < 1000 && counts_of(f, RUN).segments == 0; tries++)
        (void)nanosleep(&moment, NULL);
    assert_int_equal(counts_of(f, RUN).segments, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(worker__seals_at_so_many_rows),
        HISTORY_TEST(worker__seals_at_so_many_bytes),
        HISTORY_TEST(worker__seals_what_is_left_of_an_ended_run),
        HISTORY_TEST(worker__compacts_neighbours_only),
        HISTORY_TEST(worker__makes_no_file_larger_than_its_limit),
        HISTORY_TEST(worker__leaves_segments_alone_that_forks_share),
        HISTORY_TEST(worker__takes_its_file_back_when_the_record_is_refused),
        HISTORY_TEST(worker__keeps_a_file_that_it_cannot_ask_about),
        HISTORY_TEST(worker__goes_on_with_others_when_one_history_is_damaged),
        HISTORY_TEST(worker__works_by_itself_when_it_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
