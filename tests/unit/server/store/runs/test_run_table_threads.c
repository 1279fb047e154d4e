/* test_run_table_threads.c - runs change while they are filtered, sorted and dropped from memory: what the thread sanitizer
 * finds here it finds in a server, and no page is older than its question. */
#include "server/store/runs/run_table.h"
#include "tests/unit/server/store/run_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { RUNS = 40, ROUNDS = 12, READERS = 3 };

struct shared {
    struct fixture *f;
    struct run_tables *tables;
    atomic_int round, failures, is_done; /* round: all runs have at least this value of `epoch` */
};

struct change {
    struct shared *shared;
    int run, round;
};

static enum err_code set_epoch(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    struct arena *arena = arena_create();
    struct run *run;
    bool is_inserted;
    struct str summary = arena_printf(arena, "{\"epoch\":%d,\"loss\":%d}", change->round, change->run);
    const struct run_change wanted = { .summary = summary, .is_from_client = true };
    enum err_code code = run_upsert(tx, 1 + change->run % 2, arena_printf(arena, "r%d", change->run), 1, &wanted,
                                    1000000 + change->round, arena, &run, &is_inserted, err);
    arena_destroy(arena);
    return code;
}

static void note_failure(struct shared *shared, const char *what) {
    print_error("%s\n", what);
    atomic_fetch_add(&shared->failures, 1);
}

static void *change_runs(void *context) {
    struct shared *shared = context;

    for (int round = 1; round <= ROUNDS; round++) {
        for (int run = 0; run < RUNS; run++) {
            struct change change = { shared, run, round };
            struct err err = { 0 };
            if (db_write(shared->f->db, set_epoch, &change, &err) != OK)
                note_failure(shared, err.message);
        }
        atomic_store(&shared->round, round);
    }
    atomic_store(&shared->is_done, 1);
    return NULL;
}

/* Everything that was there when the question was asked is in the answer. */
static void ask(struct shared *shared, int64_t project, struct arena *arena) {
    int round = atomic_load(&shared->round);
    struct run_query query = { .project_id = project, .filters = arena_printf(arena, "{\"summary_metrics.epoch\":{\"$gte\":%d}}", round),
                               .order = STR("-summary_metrics.loss"), .first = RUNS };
    struct run_page page;
    struct err err = { 0 };

    if (run_tables_query(shared->tables, &query, arena, &page, &err) != OK)
        note_failure(shared, err.message);
    else if (round > 0 && page.count != RUNS / 2)
        note_failure(shared, "a page was older than its question");
}

static void *ask_for_runs(void *context) {
    struct shared *shared = context;
    struct arena *arena = arena_create();

    for (int64_t i = 0; atomic_load(&shared->is_done) == 0; i++) {
        arena_reset(arena);
        ask(shared, 1 + i % 2, arena);
        (void)run_tables_bytes(shared->tables);
    }
    arena_destroy(arena);
    return NULL;
}

static void change_and_ask(struct fixture *f, size_t max_bytes) {
    struct shared shared = { .f = f, .tables = run_tables_create(f->db, max_bytes) };
    pthread_t threads[READERS + 1];

    assert_ok(f, in_tx(f, add_people, NULL));
    for (int i = 0; i <= READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i == 0 ? change_runs : ask_for_runs, &shared), 0);
    for (int i = 0; i <= READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&shared.failures), 0);
    struct arena *arena = arena_create();
    ask(&shared, 1, arena);
    arena_destroy(arena);
    assert_int_equal(atomic_load(&shared.failures), 0);
    run_tables_destroy(shared.tables);
}

static void run_table_threads__change_runs_while_others_ask(void **state) {
    change_and_ask(*state, 0);
}

/* One byte is room for no table: each question drops what another one made. */
static void run_table_threads__drop_tables_that_others_want(void **state) {
    change_and_ask(*state, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(run_table_threads__change_runs_while_others_ask),
        DB_TEST(run_table_threads__drop_tables_that_others_want),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
