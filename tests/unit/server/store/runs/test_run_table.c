/* test_run_table.c - filters and orders over real runs, pages, and tables that stay current. */
#include "server/store/runs/run_table.h"
#include "tests/unit/server/store/run_fixture.h"

#include <math.h>

struct made {
    int64_t project;
    const char *name;
    struct run_change change;
    int64_t id, now;
    int what; /* 0 upsert, 1 delete, 2 move, 3 stream */
    int64_t to;
};

static struct run_tables *tables;

static enum err_code make(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct made *m = context;
    struct run *run;
    bool is_inserted;

    TRY(run_upsert(tx, m->project, str_from_c(m->name), 1, &m->change, m->now, f->arena, &run, &is_inserted,
                   err));
    m->id = run->id;
    return OK;
}

static enum err_code unmake(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct made *m = context;
    (void)f;
    return run_delete(tx, m->id, 99, err);
}

static enum err_code move(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct made *m = context;
    (void)f;
    return run_move(tx, m->id, m->to, 99, err);
}

static int64_t put(struct fixture *f, int64_t project, const char *name, struct run_change change) {
    static int64_t now = 1000000;
    struct made m = { .project = project, .name = name, .change = change, .now = now += 1000 };
    assert_ok(f, in_tx(f, make, &m));
    return m.id;
}

static int set_up(void **state) {
    int result = fixture_set_up(state);
    struct fixture *f = *state;
    if (result != 0 || in_tx(f, add_people, NULL) != OK)
        return -1;
    tables = run_tables_create(f->db, 0);
    (void)put(
        f, 1, "r1",
        (struct run_change){ .config = STR("{\"lr\":{\"value\":0.1},\"opt\":{\"value\":{\"name\":\"adam\","
                                           "\"b.c\":[1,2]}},\"_wandb\":{\"value\":{\"t\":{\"1\":2}}}}"),
                             .summary = STR("{\"loss\":0.5,\"acc\":{\"max\":0.9},\"val/f1\":0.3}"),
                             .tags = STR("[\"x\",\"y\"]"),
                             .group = STR("g1"),
                             .is_from_client = true });
    (void)put(
        f, 1, "r2",
        (struct run_change){
            .config = STR("{\"lr\":{\"value\":0.2,\"desc\":null},\"opt\":{\"value\":{\"name\":\"sgd\"}}}"),
            .summary = STR("{\"loss\":0.25,\"acc\":{\"max\":0.7}}"),
            .tags = STR("[\"y\"]"),
            .state = STR("failed") });
    (void)put(f, 1, "r3",
              (struct run_change){ .config = STR("{\"lr\":{\"value\":0.1}}"),
                                   .summary = STR("{\"loss\":NaN}"),
                                   .job_type = STR("eval"),
                                   .is_from_client = true });
    (void)put(f, 1, "r4",
              (struct run_change){ .sweep = STR("sw1"), .host = STR("vm"), .is_from_client = true });
    (void)put(f, 2, "other",
              (struct run_change){ .config = STR("{\"lr\":{\"value\":0.1}}"), .is_from_client = true });
    return 0;
}

static int tear_down(void **state) {
    run_tables_destroy(tables);
    return fixture_tear_down(state);
}

/* The names' last digits in the order of the page: "12". */
static const char *digits(struct fixture *f, const struct run_page *page) {
    char *out = arena_alloc(f->arena, page->count + 1);
    for (size_t i = 0; i < page->count; i++)
        out[i] = (char)('0' + page->ids[i]);
    out[page->count] = '\0';
    return out;
}

static struct run_page query(struct fixture *f, struct run_query query) {
    struct run_page page;
    query.project_id = query.project_id == 0 ? 1 : query.project_id;
    query.first = query.first == 0 ? 100 : query.first;
    assert_ok(f, run_tables_query(tables, &query, f->arena, &page, &f->err));
    return page;
}

static const char *ask(struct fixture *f, const char *filters, const char *order) {
    struct run_page page =
        query(f, (struct run_query){ .filters = str_from_c(filters), .order = str_from_c(order) });
    return digits(f, &page);
}

static const struct {
    const char *filters, *order, *expected;
} cases[] = {
    { "", "", "1234" },
    { "{}", "-created_at", "4321" },
    { "{\"config.lr\":0.1}", "", "13" },
    { "{\"config.lr.value\":0.1}", "", "13" },
    { "{\"config.lr\":{\"$gt\":0.1}}", "", "2" },
    { "{\"config.opt.name\":\"adam\"}", "", "1" },
    { "{\"config.opt.value.name\":\"sgd\"}", "", "2" },
    { "{\"config.opt.b.c\":2}", "", "1" },
    { "{\"config.opt\":{\"$exists\":true}}", "", "12" },
    { "{\"config.opt\":{\"name\":\"sgd\"}}", "", "2" },
    { "{\"config.nothing\":{\"$exists\":false}}", "", "1234" },
    { "{\"summary_metrics.loss\":{\"$lt\":0.4}}", "", "2" },
    { "{\"summary_metrics.acc.max\":{\"$gte\":0.7}}", "-summary_metrics.acc.max", "12" },
    { "{\"summary_metrics.val/f1\":0.3}", "", "1" },
    { "{\"keys_info.keys.loss\":{\"$exists\":true}}", "", "123" },
    { "{\"summary_metrics.loss\":{\"$exists\":true}}", "", "123" },
    { "", "+summary_metrics.loss", "2134" },
    { "", "-summary_metrics.loss", "1243" },
    { "", "-config.lr.value", "2314" },
    { "", "config.lr,-created_at", "3124" },
    { "{\"tags\":\"x\"}", "", "1" },
    { "{\"tags\":{\"$in\":[\"x\",\"y\"]}}", "", "12" },
    { "{\"tags\":null}", "", "34" },
    { "{\"tags.y\":true}", "", "12" },
    { "{\"state\":\"failed\"}", "", "2" },
    { "{\"state\":{\"$in\":[\"running\",\"finished\"]}}", "", "134" },
    { "{\"group\":\"g1\"}", "", "1" },
    { "{\"jobType\":\"eval\"}", "", "3" },
    { "{\"job_type\":{\"$exists\":true}}", "", "3" },
    { "{\"$and\":[{\"sweep\":\"sw1\"}]}", "", "4" },
    { "{\"host\":\"vm\"}", "", "4" },
    { "{\"username\":\"alice\"}", "", "1234" },
    { "{\"username\":{\"$ne\":\"alice\"}}", "", "" },
    { "{\"entity\":\"alice\",\"project\":\"p1\"}", "", "1234" },
    { "{\"name\":{\"$regex\":\"r[13]\"}}", "", "13" },
    { "{\"display_name\":{\"$regex\":\"-2$\"}}", "", "2" },
    { "{\"$or\":[{\"name\":\"r1\"},{\"name\":\"r4\"}]}", "-name", "41" },
    { "{\"created_at\":{\"$gt\":\"2026-01-01\"}}", "", "" },
    { "{\"created_at\":{\"$lt\":\"2026-01-01\"},\"heartbeatAt\":{\"$exists\":true}}", "updatedAt", "1234" },
};

static void run_table__answers_each_case_of_the_table(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = ask(f, cases[i].filters, cases[i].order);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s by %s: expected %s, got %s", cases[i].filters, cases[i].order, cases[i].expected,
                     got);
    }
}

static void run_table__refuses_what_it_cannot_understand(void **state) {
    struct fixture *f = *state;
    struct run_query bad[] = { { .filters = STR("{\"nonsense\":1}") },
                               { .order = STR("-nonsense") },
                               { .after = STR("x") },
                               { .filters = STR("{\"name\":{\"$like\":1}}") } };
    for (size_t i = 0; i < 4; i++) {
        struct run_page page;
        bad[i].project_id = 1;
        assert_int_equal(run_tables_query(tables, &bad[i], f->arena, &page, &f->err), ERR_BAD_INPUT);
    }
}

static void run_table__pages_without_gap_or_repetition(void **state) {
    struct fixture *f = *state;
    static const char *const orders[] = { "+created_at", "-created_at", "summary_metrics.loss",
                                          "-summary_metrics.loss", "config.lr" };
    for (size_t i = 0; i < 5; i++) {
        const char *whole = ask(f, "", orders[i]);
        struct str after = STR_EMPTY;
        for (size_t k = 0; k < 4; k++) {
            struct run_page page =
                query(f, (struct run_query){ .order = str_from_c(orders[i]), .after = after, .first = 1 });
            assert_int_equal(page.count, 1);
            assert_int_equal(page.ids[0], whole[k] - '0');
            assert_int_equal(page.has_more, k < 3);
            assert_int_equal(page.match_count, 4);
            after = page.cursors[0];
        }
        assert_int_equal(query(f, (struct run_query){ .order = str_from_c(orders[i]), .after = after }).count,
                         0);
    }
}

static void run_table__pages_on_when_rows_come_and_go_between(void **state) {
    struct fixture *f = *state;
    struct run_page page = query(f, (struct run_query){ .order = STR("created_at"), .first = 2 });
    struct made gone = { .id = page.ids[1] };

    assert_ok(f, in_tx(f, unmake, &gone)); /* the very row that the cursor stands on */
    (void)put(f, 1, "r5", (struct run_change){ .is_from_client = true });
    page = query(f, (struct run_query){ .order = STR("created_at"), .after = page.cursors[1] });
    assert_int_equal(page.count, 3);
    assert_int_equal(page.ids[0], 3);
}

static void run_table__counts_without_giving_rows(void **state) {
    struct fixture *f = *state;
    struct run_query counting = { .project_id = 1, .filters = STR("{\"config.lr\":0.1}") };
    struct run_page page;
    assert_ok(f, run_tables_query(tables, &counting, f->arena, &page, &f->err));
    assert_int_equal(page.match_count, 2);
    assert_int_equal(page.count, 0);
}

static void run_table__sees_what_has_changed_since(void **state) {
    struct fixture *f = *state;
    struct made change = { .id = 1 };

    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "13");
    (void)put(f, 1, "r2", (struct run_change){ .config = STR("{\"lr\":{\"value\":0.1}}") });
    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "123");
    (void)put(f, 1, "r1", (struct run_change){ .config = STR("{}") });
    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "23");
    (void)put(f, 1, "r6", (struct run_change){ .config = STR("{\"lr\":{\"value\":0.1}}") });
    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "236");
    change.id = 3;
    assert_ok(f, in_tx(f, unmake, &change));
    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "26");
}

static void run_table__follows_runs_that_move(void **state) {
    struct fixture *f = *state;
    struct made change = { .id = 5, .to = 1 };

    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "13");
    assert_ok(f, in_tx(f, move, &change)); /* its id is above theirs */
    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "135");
    change = (struct made){ .id = 1, .to = 2 };
    assert_ok(f, in_tx(f, move, &change));
    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "35");
    assert_int_equal(query(f, (struct run_query){ .project_id = 2 }).match_count, 1);
    change.to = 1;
    assert_ok(f, in_tx(f, move, &change));
    assert_string_equal(ask(f, "{\"config.lr\":0.1}", ""), "135");
    assert_int_equal(query(f, (struct run_query){ .project_id = 2 }).match_count, 0);
}

static enum err_code link_artifacts(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    (void)context;
    TRY(db_exec(tx, DB_NO_ARGS,
                "insert into artifact_collections (id, project_id, type_id, name, is_portfolio, created_at, "
                "updated_at)"
                " values (7, 1, 1, 'data', 0, 1, 1), (8, 2, 1, 'secret', 0, 1, 1)",
                err));
    TRY(db_exec(tx, DB_NO_ARGS,
                "insert into artifacts (id, project_id, collection_id, version_index, state, digest, "
                "created_at, updated_at)"
                " values (1, 1, 7, 0, 'COMMITTED', 'x', 1, 1), (2, 1, 7, 1, 'COMMITTED', 'y', 1, 1),"
                " (3, 2, 8, 0, 'COMMITTED', 'z', 1, 1)",
                err));
    TRY(db_exec(tx, DB_NO_ARGS,
                "insert into artifact_uses (run_id, artifact_id, created_at) values (1, 1, 1), (1, 2, 1), "
                "(2, 2, 1), (3, 3, 1)",
                err));
    return db_exec(tx, DB_NO_ARGS,
                   "insert into artifact_outputs (run_id, artifact_id, created_at) values (4, 1, 1)", err);
}

static void run_table__knows_artifacts_that_go_in_and_come_out(void **state) {
    struct fixture *f = *state;

    assert_string_equal(ask(f, "{\"inputArtifacts\":\"data:v1\"}", ""), "");
    assert_ok(f, in_tx(f, link_artifacts, NULL));
    assert_string_equal(ask(f, "{\"inputArtifacts\":\"data:v1\"}", ""), "12");
    assert_string_equal(ask(f, "{\"inputArtifacts\":{\"$all\":[\"data:v0\",\"data\"]}}", ""), "1");
    assert_string_equal(ask(f, "{\"outputArtifacts\":\"alice/p1/data:v0\"}", ""), "4");
    assert_string_equal(ask(f, "{\"outputArtifacts\":null}", ""), "123");
    assert_string_equal(ask(f, "{\"inputArtifacts\":{\"$regex\":\"secret\"}}", ""),
                        ""); /* of a private project of others */
}

static void run_table__stays_within_its_memory(void **state) {
    struct fixture *f = *state;
    run_tables_destroy(tables);
    tables = run_tables_create(f->db, 2000);
    for (int i = 0; i < 3; i++) { /* each project alone is larger than that */
        assert_string_equal(ask(f, "{\"config.lr\":0.1}", "-summary_metrics.loss"), "13");
        assert_int_equal(
            query(f, (struct run_query){ .project_id = 2, .filters = STR("{\"config.lr\":0.1}") })
                .match_count,
            1);
        assert_true(run_tables_bytes(tables) <= 2000);
    }
}

struct known_extremes {
    size_t asked;
    double offset;
    unsigned far;       /* runs: 1 << id */
    bool stays_far;     /* whatever is brought near is dropped again at once */
    const char *asking; /* while it is brought near, ask this */
    struct fixture *fixture;
};

/* Of run i from -i to i; r4 has logged nothing. */
static enum err_code give_extremes(void *context, struct db_tx *tx, const int64_t *runs, size_t count, struct str key,
                                   struct run_extremes *out, struct err *err) {
    struct known_extremes *known = context;
    (void)tx;
    (void)err;
    assert_true(str_eq(key, STR("val/loss")));
    known->asked += count;
    for (size_t i = 0; i < count; i++)
        out[i] = runs[i] == 4 ? (struct run_extremes){ .min = NAN, .max = NAN }
                              : (struct run_extremes){ -(double)runs[i], (double)runs[i] + known->offset, (known->far >> runs[i]) & 1 };
    return OK;
}

/* Another question is answered meanwhile: neither the lock nor the transaction is held. */
static enum err_code bring_near(void *context, int64_t run, struct str key, struct err *err) {
    struct known_extremes *known = context;
    assert_true(str_eq(key, STR("val/loss")));
    assert_true((known->far >> run) & 1);
    if (known->asking != NULL)
        assert_string_equal(ask(known->fixture, "", known->asking), "1234");
    if (!known->stays_far)
        known->far &= ~(1U << run);
    return known->fixture != NULL ? OK : err_set(err, ERR_IO, "the bucket does not answer");
}

static void run_table__brings_extremes_near_without_holding_others_up(void **state) {
    struct fixture *f = *state;
    struct known_extremes known = { .far = 1 << 1 | 1 << 3, .fixture = f, .asking = "+name" };

    run_tables_set_extremes(tables, give_extremes, bring_near, &known);
    assert_string_equal(ask(f, "", "-max:val/loss"), "3214");
    assert_int_equal(known.far, 0);
    assert_int_equal(known.asked, 4 + 2); /* those that were far once more */
    assert_string_equal(ask(f, "", "-max:val/loss"), "3214");
    assert_int_equal(known.asked, 4 + 2);
}

static void run_table__answers_nothing_wrong_while_extremes_are_far(void **state) {
    struct fixture *f = *state;
    struct known_extremes known = { .far = 1 << 3, .stays_far = true, .fixture = f };
    const struct run_query by_max = { .project_id = 1, .order = STR("-max:val/loss"), .first = 10 };
    struct run_page page;

    run_tables_set_extremes(tables, give_extremes, bring_near, &known);
    assert_int_equal(run_tables_query(tables, &by_max, f->arena, &page, &f->err), ERR_BUSY);
    known.fixture = NULL;
    assert_int_equal(run_tables_query(tables, &by_max, f->arena, &page, &f->err), ERR_IO);
    known.far = 0;
    assert_string_equal(ask(f, "", "-max:val/loss"), "3214");
}

static void run_table__sorts_by_extremes_and_asks_for_those_of_changed_runs_only(void **state) {
    struct fixture *f = *state;
    struct known_extremes known = { 0 };

    run_tables_set_extremes(tables, give_extremes, bring_near, &known);
    assert_string_equal(ask(f, "", "+min:val/loss"), "3214");
    assert_string_equal(ask(f, "", "-max:val/loss"), "3214");
    assert_string_equal(ask(f, "", "+max:val/loss"), "1234");
    assert_string_equal(ask(f, "{\"max:val/loss\":{\"$gte\":2}}", ""), "23");
    assert_int_equal(known.asked, 8);
    known.offset = 10;
    (void)put(f, 1, "r1", (struct run_change){ .notes = STR("changed") });
    assert_string_equal(ask(f, "", "-max:val/loss"), "1324");
    assert_int_equal(known.asked, 9);
}

#define TABLE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TABLE_TEST(run_table__answers_each_case_of_the_table),
        TABLE_TEST(run_table__refuses_what_it_cannot_understand),
        TABLE_TEST(run_table__pages_without_gap_or_repetition),
        TABLE_TEST(run_table__pages_on_when_rows_come_and_go_between),
        TABLE_TEST(run_table__counts_without_giving_rows),
        TABLE_TEST(run_table__sees_what_has_changed_since),
        TABLE_TEST(run_table__follows_runs_that_move),
        TABLE_TEST(run_table__knows_artifacts_that_go_in_and_come_out),
        TABLE_TEST(run_table__stays_within_its_memory),
        TABLE_TEST(run_table__sorts_by_extremes_and_asks_for_those_of_changed_runs_only),
        TABLE_TEST(run_table__brings_extremes_near_without_holding_others_up),
        TABLE_TEST(run_table__answers_nothing_wrong_while_extremes_are_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
