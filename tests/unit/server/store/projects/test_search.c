/* test_search.c */
#include "server/store/projects/search.h"
#include "tests/unit/server/store/run_fixture.h"

/* Project p1 is alice's own, p2 the team's, of which she is no member until a test says so. */
static enum err_code do_fill(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct run *run;
    bool is_inserted;
    (void)context;
    TRY(run_ensure(tx, 1, STR("r1"), 1, 5000, f->arena, &run, &is_inserted, err));
    TRY(run_ensure(tx, 1, STR("r2"), 1, 6000, f->arena, &run, &is_inserted, err));
    TRY(run_ensure(tx, 2, STR("r3"), 1, 7000, f->arena, &run, &is_inserted, err));
    TRY(db_exec(tx, DB_NO_ARGS, "update runs set display_name = 'Calm moon 100%' where name = 'r1'", err));
    TRY(db_exec(tx, DB_NO_ARGS, "update runs set display_name = 'calm sun' where name = 'r2'", err));
    return db_exec(tx, DB_NO_ARGS, "update runs set display_name = 'calm sea' where name = 'r3'", err);
}

struct call {
    const char *text;
    size_t limit;
    struct list list;
};

static enum err_code do_find(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return search_find(tx, 1, str_from_c(c->text), c->limit, f->arena, &c->list, err);
}

static struct list found(struct fixture *f, const char *text, size_t limit) {
    struct call c = { .text = text, .limit = limit };
    assert_ok(f, in_tx(f, do_find, &c));
    return c.list;
}

static enum err_code do_exec(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    return db_exec(tx, DB_NO_ARGS, context, err);
}

static void exec(void **state, const char *sql) {
    assert_ok((struct fixture *)*state, in_tx(*state, do_exec, (void *)(uintptr_t)sql));
}

static const struct search_hit *at(const struct list *list, size_t i) {
    assert_true(i < list->count);
    return list->items[i];
}

static void search__finds_runs_in_capitals_or_not_newest_first(void **state) {
    struct list list = found(*state, "CALM", 10);
    assert_int_equal(list.count, 2);
    assert_true(str_eq_c(at(&list, 0)->name, "r2") && str_eq_c(at(&list, 1)->name, "r1"));
    assert_true(str_eq_c(at(&list, 0)->kind, "run") && str_eq_c(at(&list, 0)->title, "calm sun"));
    assert_true(str_eq_c(at(&list, 0)->entity_name, "alice") && str_eq_c(at(&list, 0)->project_name, "p1"));
    assert_int_equal(found(*state, "calm", 1).count, 1);
}

static void search__takes_signs_of_patterns_as_they_are(void **state) {
    assert_int_equal(found(*state, "100%", 10).count, 1);
    assert_int_equal(found(*state, "c%n", 10).count, 0);
    assert_int_equal(found(*state, "c_lm", 10).count, 0);
    assert_int_equal(found(*state, "!", 10).count, 0);
}

static void search__finds_what_belongs_to_teams_of_the_user(void **state) {
    assert_int_equal(found(*state, "sea", 10).count, 0);
    exec(state, "insert into members (entity_id, user_id, role, created_at) values (2, 1, 'viewer', 1)");
    assert_int_equal(found(*state, "sea", 10).count, 1);
}

static void search__finds_each_kind(void **state) {
    exec(state, "insert into sweeps (project_id, name, display_name, state, config, seed, next_number, next_point, is_exhausted, created_at,"
                 " updated_at, checked_at) values (1, 's1', 'p1 sweep', 0, '', 0, 0, 0, 0, 1, 1, 1)");
    exec(state, "insert into artifact_types (project_id, name, created_at) values (1, 'dataset', 1), (1, 'run_table', 1)");
    exec(state, "insert into artifact_collections (project_id, type_id, name, is_portfolio, created_at, updated_at)"
                 " values (1, 1, 'p1 rows', 0, 1, 1), (1, 2, 'p1 table', 0, 1, 1)");
    exec(state, "insert into views (project_id, type, name, display_name, spec, is_locked, version, created_at, updated_at, is_private, user_id)"
                 " values (1, 'runs', 'v1', 'p1 report', '', 0, 0, 1, 1, 0, null), (1, 'runs', 'v2', 'p1 hidden', '', 0, 0, 1, 1, 1, null),"
                 " (1, 'runs/draft', 'v3', 'p1 draft', '', 0, 0, 1, 1, 0, 1)");
    struct list list = found(*state, "p1", 10);
    static const char *const kinds[] = { "project", "sweep", "artifact", "report" };
    assert_int_equal(list.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(str_eq_c(at(&list, i)->kind, kinds[i]));
    assert_true(str_eq_c(at(&list, 2)->type, "dataset"));
}

static void search__forgets_what_was_deleted(void **state) {
    exec(state, "update runs set deleted_at = 1 where name = 'r1'");
    assert_int_equal(found(*state, "calm", 10).count, 1);
    exec(state, "update projects set deleted_at = 1 where id = 1");
    assert_int_equal(found(*state, "calm", 10).count, 0);
    assert_int_equal(found(*state, "p1", 10).count, 0);
}

static void search__refuses_a_text_that_is_too_long(void **state) {
    static char text[SEARCH_TEXT_MAX + 2];
    struct call c = { .text = text, .limit = 1 };
    memset(text, 'a', SEARCH_TEXT_MAX + 1);
    assert_int_equal(in_tx(*state, do_find, &c), ERR_BAD_INPUT);
}

static int set_up(void **state) {
    int result = fixture_set_up(state);
    return result == 0 && in_tx(*state, add_people, NULL) == OK && in_tx(*state, do_fill, NULL) == OK ? 0 : -1;
}

#define SEARCH_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SEARCH_TEST(search__finds_runs_in_capitals_or_not_newest_first),
        SEARCH_TEST(search__takes_signs_of_patterns_as_they_are),
        SEARCH_TEST(search__finds_what_belongs_to_teams_of_the_user),
        SEARCH_TEST(search__finds_each_kind),
        SEARCH_TEST(search__forgets_what_was_deleted),
        SEARCH_TEST(search__refuses_a_text_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
