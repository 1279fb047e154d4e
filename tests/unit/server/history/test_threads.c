/* test_threads.c - histories are written, read and sealed at the same time, and no reader ever sees half of it. What the
 * thread sanitizer finds here it finds in a server. */
#include "base/clock.h"
#include "tests/unit/server/history/history_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { RUNS = 2, READERS = 2, BATCH = 2000, BATCHES = 24, ROWS = BATCH * BATCHES };

struct shared {
    struct history_fixture *f;
    atomic_llong written[RUNS]; /* rows that were committed */
    atomic_int failures, writers_left, next_run;
};

/* Each row's value says its step, so that a reader sees at once whether a row is its own. */
static enum err_code write_batch(struct shared *shared, int64_t run, int64_t first, struct err *err) {
    struct history_batch *batch = history_batch_create();
    struct history_appended appended;
    struct append_call call = { .history = shared->f->history, .run = run, .stream = STR_EMPTY, .kind = HISTORY_ROWS, .batch = batch, .out = &appended };
    enum err_code code = OK;

    history_batch_begin(batch, HISTORY_ROWS, first);
    for (int64_t step = first; step < first + BATCH && code == OK; step++) {
        char line[64];
        int len = snprintf(line, sizeof(line), "{\"_step\":%lld,\"a\":%lld}", (long long)step, (long long)step * 3);
        code = history_batch_add_line(batch, (struct str){ line, (size_t)len }, err);
    }
    if (code == OK)
        code = history_batch_finish(batch, err);
    if (code == OK)
        code = db_write(shared->f->db, append_work, &call, err);
    if (code == OK && appended.is_seal_due)
        history_wake(shared->f->history);
    history_batch_destroy(batch);
    return code;
}

static void *write_run(void *context) {
    struct shared *shared = context;
    int run = atomic_fetch_add(&shared->next_run, 1);
    struct err err = { 0 };

    for (int64_t first = 0; first < ROWS; first += BATCH) {
        if (write_batch(shared, run, first, &err) != OK) {
            print_error("%s\n", err.message);
            atomic_fetch_add(&shared->failures, 1);
            break;
        }
        atomic_store(&shared->written[run], first + BATCH);
        if (first == ROWS / 2) { /* ends, is sealed, and goes on */
            int64_t id = run;
            if (db_write(shared->f->db, finish_work, &id, &err) != OK)
                atomic_fetch_add(&shared->failures, 1);
            history_wake(shared->f->history);
        }
    }
    atomic_fetch_sub(&shared->writers_left, 1);
    return NULL;
}

static bool is_whole(const struct history_column *column, int64_t at_least) {
    if ((int64_t)column->count < at_least || column->count % BATCH != 0)
        return false;
    for (size_t i = 0; i < column->count; i++)
        if (column->steps[i] != (int64_t)i || column->ints[i] != (int64_t)i * 3)
            return false;
    return true;
}

static enum err_code read_all_ways(struct shared *shared, int64_t run, struct arena *arena, bool *is_good, struct err *err) {
    static const struct str keys[] = { STR_INIT("a") };
    const struct history_sample_spec spec = { keys, 1, 100, INT64_MIN, INT64_MAX };
    const struct history_chart_spec chart_spec = { STR_INIT("a"), STR_INIT("_step"), -1e9, 1e9, 50, false };
    struct history *history = shared->f->history;
    int64_t before = atomic_load(&shared->written[run]);
    struct history_column column;
    struct history_chart chart;
    struct history_files files;
    struct history_keys found;
    struct history_rows rows;

    TRY(history_read_column(history, run, HISTORY_ROWS, keys[0], &column, arena, err));
    *is_good = is_whole(&column, before);
    TRY(history_sample(history, run, HISTORY_ROWS, &spec, JSON_STRICT, &rows, arena, err));
    TRY(history_read_chart(history, run, HISTORY_ROWS, &chart_spec, &chart, arena, err));
    TRY(history_read_keys(history, run, HISTORY_ROWS, &found, arena, err));
    *is_good &= before == 0 || (found.count == 1 && found.keys[0].numbers >= before);
    return history_list_for_client(history, run, true, run == 0 ? STR("e/p/0") : STR("e/p/1"), &files, arena, err);
}

static void *read_runs(void *context) {
    struct shared *shared = context;
    struct arena *arena = arena_create();

    for (int64_t i = 0; atomic_load(&shared->writers_left) > 0; i++) {
        struct err err = { 0 };
        bool is_good = false;
        arena_reset(arena);
        if (read_all_ways(shared, i % RUNS, arena, &is_good, &err) != OK || !is_good) {
            print_error("run %d: %s\n", (int)(i % RUNS), err.message[0] != '\0' ? err.message : "a reader saw something else than what was written");
            atomic_fetch_add(&shared->failures, 1);
        }
    }
    arena_destroy(arena);
    return NULL;
}

static void threads__write_read_and_seal_at_the_same_time(void **state) {
    struct history_fixture *f = *state;
    struct shared shared = { .f = f, .writers_left = RUNS };
    const struct history_options options = { .compact_factor = 3, .garbage_delay_ms = 60000, .orphan_age_ms = 60000 };
    pthread_t threads[RUNS + READERS];

    history_destroy(f->history);
    expect_ok(f, history_create(&f->history, f->db, f->depot, &options, &f->err));
    for (int i = 0; i < RUNS + READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < RUNS ? write_run : read_runs, &shared), 0);
    for (int i = 0; i < RUNS + READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&shared.failures), 0);
    for (int64_t run = 0; run < RUNS; run++) {
        struct history_column column;
        expect_ok(f, db_write(f->db, finish_work, &run, &f->err));
        expect_ok(f, history_work(f->history, &f->err)); /* beside the history's own thread */
        assert_int_equal(counts_of(f, run).tail_rows, 0);
        expect_ok(f, history_read_column(f->history, run, HISTORY_ROWS, STR("a"), &column, f->arena, &f->err));
        assert_true(is_whole(&column, ROWS));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(threads__write_read_and_seal_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
