/* test_orphans.c - files that nobody refers to go, and only those. */
#include "server/history/orphans.h"
#include "server/history/history_state.h"
#include "tests/unit/server/history/history_fixture.h"

#define ORPHAN "00112233445566778899aabbccddeeff.parquet"

static const char *path_of(struct history_fixture *f, const char *name) {
    return arena_printf(f->arena, "%s/history/%s", f->store->folder, name).ptr;
}

static void plant(struct history_fixture *f, const char *name) {
    struct err err = { 0 };
    const char *path = path_of(f, name), *slash = strrchr(path, '/');
    assert_int_equal(file_make_folders(arena_copy_c(f->arena, (struct str){ path, (size_t)(slash - path) }), 0700, &err), OK);
    assert_int_equal(file_replace(path, STR("PAR1"), 0600, &err), OK);
}

static bool is_there(struct history_fixture *f, const char *name) {
    return file_exists(path_of(f, name));
}

/* A history whose sweeps take what is a millisecond old. */
static void sweep_early(struct history_fixture *f, uint32_t garbage_delay_ms) {
    const struct history_options options = { .garbage_delay_ms = garbage_delay_ms, .orphan_age_ms = 1, .has_no_worker = true };
    const struct timespec moment = { .tv_nsec = 20000000 };

    history_destroy(f->history);
    expect_ok(f, history_create(&f->history, f->db, f->depot, &options, &f->err));
    (void)nanosleep(&moment, NULL);
}

static void orphans__go_when_no_record_names_them(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"a\":1}");
    seal_all(f, RUN);
    plant(f, "7/" ORPHAN);
    plant(f, "99/" ORPHAN);
    sweep_early(f, 0);
    expect_ok(f, history_work(f->history, &f->err));
    assert_false(is_there(f, "7/" ORPHAN));
    assert_false(is_there(f, "99/" ORPHAN));
    assert_string_equal(all_rows(f), "{\"_step\":0,\"a\":1}");
}

static void orphans__stay_while_a_server_may_still_be_writing_them(void **state) {
    struct history_fixture *f = *state;

    plant(f, "7/" ORPHAN);
    expect_ok(f, history_work(f->history, &f->err));
    assert_true(is_there(f, "7/" ORPHAN));
}

static void orphans__are_none_of_the_files_that_others_put_there(void **state) {
    struct history_fixture *f = *state;

    plant(f, "7/ace.parquet");
    plant(f, "seven/" ORPHAN);
    plant(f, "7/00112233445566778899aabbccddeefg.parquet");
    sweep_early(f, 0);
    expect_ok(f, history_work(f->history, &f->err));
    assert_true(is_there(f, "7/ace.parquet"));
    assert_true(is_there(f, "seven/" ORPHAN));
    assert_true(is_there(f, "7/00112233445566778899aabbccddeefg.parquet"));
}

static enum err_code delete_work(struct db_tx *tx, void *context, struct err *err) {
    return history_delete(tx, *(int64_t *)context, err);
}

/* A reader may have a removed segment open, until its delay has passed. */
static void orphans__are_not_what_waits_as_garbage(void **state) {
    struct history_fixture *f = *state;
    int64_t run = RUN;

    append(f, 0, "{\"_step\":0,\"a\":1}");
    seal_all(f, RUN);
    sweep_early(f, 60000);
    expect_ok(f, db_write(f->db, delete_work, &run, &f->err));
    expect_ok(f, history_work(f->history, &f->err));
    assert_int_equal(count_segments(f), 1);
    sweep_early(f, 1);
    expect_ok(f, history_work(f->history, &f->err));
    assert_int_equal(count_segments(f), 0);
}

static void orphans__take_the_folders_of_deleted_runs_with_them(void **state) {
    struct history_fixture *f = *state;

    plant(f, "99/" ORPHAN);
    sweep_early(f, 0);
    expect_ok(f, history_work(f->history, &f->err)); /* changes the folder, which is younger than the sweep now */
    sweep_early(f, 0);
    expect_ok(f, history_work(f->history, &f->err));
    assert_false(is_there(f, "99"));
}

static enum err_code forget_table(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return db_exec(tx, DB_NO_ARGS, "alter table history_segments rename to elsewhere", err);
}

static void orphans__stay_when_the_records_cannot_be_asked(void **state) {
    struct history_fixture *f = *state;

    plant(f, "7/" ORPHAN);
    expect_ok(f, db_write(f->db, forget_table, NULL, &f->err));
    sweep_early(f, 0);
    assert_int_not_equal(history_work(f->history, &f->err), OK);
    assert_true(is_there(f, "7/" ORPHAN));
}

static void orphans__are_looked_for_at_the_start_and_then_once_an_age(void **state) {
    struct history_fixture *f = *state;

    assert_true(orphans_are_due(f->history));
    expect_ok(f, history_work(f->history, &f->err));
    assert_false(orphans_are_due(f->history));
    f->history->swept_at_ms -= 60 * 60 * 1000;
    assert_true(orphans_are_due(f->history));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(orphans__go_when_no_record_names_them),
        HISTORY_TEST(orphans__stay_while_a_server_may_still_be_writing_them),
        HISTORY_TEST(orphans__are_none_of_the_files_that_others_put_there),
        HISTORY_TEST(orphans__are_not_what_waits_as_garbage),
        HISTORY_TEST(orphans__take_the_folders_of_deleted_runs_with_them),
        HISTORY_TEST(orphans__stay_when_the_records_cannot_be_asked),
        HISTORY_TEST(orphans__are_looked_for_at_the_start_and_then_once_an_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
