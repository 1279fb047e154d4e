/* test_export.c - whole columns, the files behind them, and what the official client may be handed of them. */
#include "tests/unit/server/history/history_fixture.h"

#include <math.h>
#include <unistd.h>

static struct history_column column_of(struct history_fixture *f, const char *key) {
    struct history_column column;
    expect_ok(f, history_read_column(f->history, RUN, HISTORY_ROWS, str_from_c(key), &column, f->arena, &f->err));
    return column;
}

static void check_columns(struct history_fixture *f) {
    struct history_column a = column_of(f, "a"), b = column_of(f, "b"), s = column_of(f, "s"), m = column_of(f, "m"), n = column_of(f, "n.x");

    assert_true(a.type == HISTORY_DOUBLE && a.count == 3);
    assert_true(a.steps[0] == 0 && a.steps[1] == 2 && a.steps[2] == 5);
    assert_true(a.doubles[0] == 1 && isnan(a.doubles[1]) && a.doubles[2] == 2.5);
    assert_true(b.type == HISTORY_BOOL && b.count == 2 && b.ints[0] == 1 && b.ints[1] == 0);
    assert_true(s.type == HISTORY_STRING && s.count == 1 && str_eq_c(s.texts[0], "a\nb"));
    assert_true(m.type == HISTORY_JSON && m.count == 2 && str_eq_c(m.texts[0], "1") && str_eq_c(m.texts[1], "\"x\""));
    assert_true(n.type == HISTORY_INT && n.count == 1 && n.ints[0] == INT64_MAX);
    assert_int_equal(column_of(f, "nobody's").count, 0);
}

static void export__gives_whole_columns_of_the_narrowest_type(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":5,\"a\":2.5,\"m\":\"x\"}\n{\"_step\":0,\"a\":1,\"b\":true,\"s\":\"a\\nb\",\"m\":1}");
    append(f, 2, "{\"_step\":2,\"a\":NaN,\"b\":false,\"n\":{\"x\":9223372036854775807}}");
    check_columns(f);
    seal_all(f, RUN);
    check_columns(f);
}

/* 2^53 + 1 is no double. */
static void export__gives_the_text_of_integers_that_no_double_holds(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":9007199254740993}");
    append(f, 1, "{\"_step\":1,\"a\":0.5}");
    struct history_column a = column_of(f, "a");
    assert_true(a.type == HISTORY_JSON && str_eq_c(a.texts[0], "9007199254740993") && str_eq_c(a.texts[1], "0.5"));
}

static void export__leaves_out_what_was_written_again(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":2}");
    seal_all(f, RUN);
    append(f, 1, "{\"_step\":1,\"a\":20}");
    struct history_column a = column_of(f, "a");
    assert_true(a.type == HISTORY_INT && a.count == 2 && a.ints[0] == 1 && a.ints[1] == 20);
}

/* ---- files ---- */

static struct history_files list(struct history_fixture *f, int64_t run, bool is_terminal, const char *cache_name) {
    struct history_files files;
    expect_ok(f, history_list_for_client(f->history, run, is_terminal, str_from_c(cache_name), &files, f->arena, &f->err));
    return files;
}

static void expect_live(struct history_files files, int64_t live_step) {
    assert_int_equal(files.count, 0);
    assert_int_equal(files.live_step, live_step);
}

static void export__hands_out_all_of_an_ended_and_sealed_run(void **state) {
    struct history_fixture *f = *state;

    append_steps(f, 3, 100);
    expect_live(list(f, RUN, true, "e/p/r"), 3); /* not sealed */
    seal_all(f, RUN);
    expect_live(list(f, RUN, false, "e/p/r"), 3); /* not ended */
    struct history_files files = list(f, RUN, true, "e/p/r");
    assert_int_equal(files.count, 1);
    assert_int_equal(files.live_step, -1);
    assert_int_equal(files.files[0].rows, 100);
    assert_int_equal(files.files[0].first_step, 3);
    assert_int_equal(files.files[0].last_step, 102);
    struct history_files again = list(f, RUN, true, "e/p/r");
    assert_true(again.count == 1 && str_eq(again.files[0].name, files.files[0].name));
}

/* What the client would show wrongly: each sealed, each in a run of its own. */
static void export__hands_out_nothing_that_the_client_would_misread(void **state) {
    struct history_fixture *f = *state;
    static const char *const rows[] = {
        "{\"_step\":0,\"a\":1}\n{\"_step\":1,\"a\":1,\"b\":2}",            /* a row lacks a key */
        "{\"_step\":0,\"a\":[1]}\n{\"_step\":1,\"a\":[2]}",                /* JSON text */
        "{\"_step\":0,\"a\":{\"b\":1}}\n{\"_step\":1,\"a\":{\"b\":2}}",    /* nested */
        "{\"_step\":1,\"a\":1}\n{\"_step\":1,\"a\":2}",                    /* a step twice */
        "{\"_step\":1,\"a\":1}\n{\"_step\":0,\"a\":2}",                    /* lines that do not count up */
        "{\"_step\":0,\"a\":null}\n{\"_step\":1,\"a\":null}",              /* nulls */
    };
    struct append_call call = { .history = f->history, .stream = STR_EMPTY, .kind = HISTORY_ROWS, .out = &f->appended };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str line, rest = str_from_c(rows[i]);
        call.run = 100 + (int64_t)i;
        call.batch = history_batch_create();
        history_batch_begin(call.batch, HISTORY_ROWS, 0);
        for (bool has_more = true; has_more;) {
            has_more = str_cut(rest, '\n', &line, &rest);
            expect_ok(f, history_batch_add_line(call.batch, line, &f->err));
        }
        expect_ok(f, history_batch_finish(call.batch, &f->err));
        expect_ok(f, db_write(f->db, append_work, &call, &f->err));
        history_batch_destroy(call.batch);
        seal_all(f, call.run);
        assert_int_equal(counts_of(f, call.run).segments, 1);
        assert_int_equal(list(f, call.run, true, "e/p/misread").count, 0);
    }
}

static void export__hands_out_no_rows_of_several_writers(void **state) {
    struct history_fixture *f = *state;

    append_to(f, "one", HISTORY_ROWS, 0, "{\"_step\":0,\"a\":1}");
    append_to(f, "two", HISTORY_ROWS, 1, "{\"_step\":1,\"a\":2}"); /* lines that count up, but of two */
    seal_all(f, RUN);
    expect_live(list(f, RUN, true, "e/p/r"), 0);
}

/* The client keeps the i-th file of a name for ever. */
static void export__never_hands_out_other_bytes_under_a_name(void **state) {
    struct history_fixture *f = *state;

    append_steps(f, 0, 10);
    seal_all(f, RUN);
    assert_int_equal(list(f, RUN, true, "e/p/r").count, 1);
    append_steps(f, 10, 10);
    seal_all(f, RUN);
    expect_live(list(f, RUN, true, "e/p/r"), 0);
    assert_int_equal(list(f, RUN, true, "e/p/other").count, 1);
    expect_live(list(f, RUN, true, "e/p/r"), 0); /* for good */
}

static void export__opens_segments_and_nothing_else(void **state) {
    struct history_fixture *f = *state;
    int64_t size_bytes;
    char magic[4];
    int fd;

    append_steps(f, 0, 10);
    seal_all(f, RUN);
    struct str name = list(f, RUN, true, "e/p/r").files[0].name;
    expect_ok(f, history_open_file(f->history, name, &fd, &size_bytes, &f->err));
    assert_int_equal(lseek(fd, 0, SEEK_END), size_bytes);
    assert_int_equal(pread(fd, magic, 4, size_bytes - 4), 4);
    assert_memory_equal(magic, "PAR1", 4);
    (void)close(fd);
    const char *const others[] = { "7", "7/x.parquet", "../barograph.db", "" };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(history_open_file(f->history, str_from_c(others[i]), &fd, &size_bytes, &f->err), ERR_NOT_FOUND);
    /* a file that lies there without a record */
    const char *path = arena_printf(f->arena, "%s/history/7/00112233445566778899aabbccddeeff.parquet", f->store->folder).ptr;
    expect_ok(f, file_replace(path, STR("PAR1"), 0600, &f->err));
    assert_int_equal(history_open_file(f->history, STR("7/00112233445566778899aabbccddeeff.parquet"), &fd, &size_bytes, &f->err), ERR_NOT_FOUND);
}

/* ---- forks ---- */

struct fork_call {
    struct history *history;
    int64_t child, last_step;
    struct str name;
    int64_t runs[4];
    size_t count;
};

static enum err_code fork_work(struct db_tx *tx, void *context, struct err *err) {
    struct fork_call *call = context;
    struct history_remains remains;
    return history_fork(call->history, tx, RUN, call->child, call->last_step, &remains, err);
}

static enum err_code find_readers(struct db_tx *tx, void *context, struct err *err) {
    struct fork_call *call = context;
    return history_find_readers(tx, call->name, INT64_MIN, 4, call->runs, &call->count, err);
}

static enum err_code delete_work(struct db_tx *tx, void *context, struct err *err) {
    return history_delete(tx, *(int64_t *)context, err);
}

static void export__shares_files_with_forks_that_hide_nothing(void **state) {
    struct history_fixture *f = *state;
    struct fork_call call = { .history = f->history, .child = 8, .last_step = 9 };
    int64_t parent = RUN, size_bytes;
    int fd;

    append_steps(f, 0, 10);
    seal_all(f, RUN);
    call.name = list(f, RUN, true, "e/p/parent").files[0].name;
    expect_ok(f, db_write(f->db, fork_work, &call, &f->err));
    assert_int_equal(list(f, 8, true, "e/p/child").count, 1);
    expect_ok(f, db_read(f->db, find_readers, &call, &f->err));
    assert_true(call.count == 2 && call.runs[0] == RUN && call.runs[1] == 8);
    expect_ok(f, db_write(f->db, delete_work, &parent, &f->err));
    expect_ok(f, history_work(f->history, &f->err));
    expect_ok(f, history_open_file(f->history, call.name, &fd, &size_bytes, &f->err));
    (void)close(fd);
    expect_ok(f, db_read(f->db, find_readers, &call, &f->err));
    assert_true(call.count == 1 && call.runs[0] == 8);
    assert_true(str_eq(list(f, 8, true, "e/p/child").files[0].name, call.name));
}

static void export__hands_out_no_file_with_rows_that_a_fork_has_not(void **state) {
    struct history_fixture *f = *state;
    struct fork_call call = { .history = f->history, .child = 8, .last_step = 8 };

    append_steps(f, 0, 10);
    seal_all(f, RUN);
    expect_ok(f, db_write(f->db, fork_work, &call, &f->err));
    expect_live(list(f, 8, true, "e/p/child"), 0);
    assert_int_equal(list(f, RUN, true, "e/p/parent").count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(export__gives_whole_columns_of_the_narrowest_type),
        HISTORY_TEST(export__gives_the_text_of_integers_that_no_double_holds),
        HISTORY_TEST(export__leaves_out_what_was_written_again),
        HISTORY_TEST(export__hands_out_all_of_an_ended_and_sealed_run),
        HISTORY_TEST(export__hands_out_nothing_that_the_client_would_misread),
        HISTORY_TEST(export__hands_out_no_rows_of_several_writers),
        HISTORY_TEST(export__never_hands_out_other_bytes_under_a_name),
        HISTORY_TEST(export__opens_segments_and_nothing_else),
        HISTORY_TEST(export__shares_files_with_forks_that_hide_nothing),
        HISTORY_TEST(export__hands_out_no_file_with_rows_that_a_fork_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
