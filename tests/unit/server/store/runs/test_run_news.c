/* test_run_news.c */
#include "server/store/runs/run.h"
#include "server/store/runs/run_news.h"
#include "tests/unit/server/store/run_fixture.h"

struct call {
    struct str name; /* of the run that is made or changed; of the one that is listed */
    int64_t after;
    size_t limit;
    struct run_news *list;
    size_t count;
    int64_t version;
};

static enum err_code do_make(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    struct run *run;
    bool is_inserted;
    return run_ensure(tx, 1, c->name, 1, 5000, f->arena, &run, &is_inserted, err);
}

static enum err_code do_touch(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    struct run *run;
    TRY(run_find(tx, 1, c->name, 0, false, f->arena, &run, err));
    return run_touch(tx, run->id, 6000, err);
}

static enum err_code do_delete(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    struct run *run;
    TRY(run_find(tx, 1, c->name, 0, false, f->arena, &run, err));
    return run_delete(tx, run->id, 7000, err);
}

static enum err_code do_list(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    TRY(run_news_version(tx, 1, &c->version, err));
    return run_news_list(tx, 1, c->after, c->name, c->limit, f->arena, &c->list, &c->count, err);
}

static void make(struct fixture *f, struct str name) {
    struct call c = { .name = name };
    assert_ok(f, in_tx(f, do_make, &c));
}

static struct call list(struct fixture *f, int64_t after, struct str name, size_t limit) {
    struct call c = { .after = after, .name = name, .limit = limit };
    assert_ok(f, in_tx(f, do_list, &c));
    return c;
}

static void run_news__tells_only_what_changed_since(void **state) {
    struct fixture *f = *state;
    make(f, STR("one"));
    make(f, STR("two"));
    struct call all = list(f, 0, STR_EMPTY, 10);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.list[1].version, all.version);
    assert_int_equal(all.list[0].state, RUN_RUNNING);
    assert_int_equal(list(f, all.version, STR_EMPTY, 10).count, 0);
    struct call c = { .name = STR("one") };
    assert_ok(f, in_tx(f, do_touch, &c));
    struct call fresh = list(f, all.version, STR_EMPTY, 10);
    assert_int_equal(fresh.count, 1);
    assert_true(str_eq_c(fresh.list[0].name, "one"));
    assert_true(fresh.version > all.version);
}

static void run_news__tells_of_one_run_when_asked_for_one(void **state) {
    struct fixture *f = *state;
    make(f, STR("one"));
    make(f, STR("two"));
    struct call c = list(f, 0, STR("two"), 10);
    assert_int_equal(c.count, 1);
    assert_true(str_eq_c(c.list[0].name, "two"));
}

static void run_news__tells_of_deleted_runs(void **state) {
    struct fixture *f = *state;
    make(f, STR("one"));
    int64_t before = list(f, 0, STR_EMPTY, 10).version;
    struct call c = { .name = STR("one") };
    assert_ok(f, in_tx(f, do_delete, &c));
    struct call fresh = list(f, before, STR_EMPTY, 10);
    assert_int_equal(fresh.count, 1);
    assert_true(fresh.list[0].is_deleted);
}

static void run_news__stops_at_its_limit_with_the_oldest_first(void **state) {
    struct fixture *f = *state;
    make(f, STR("one"));
    make(f, STR("two"));
    make(f, STR("three"));
    struct call c = list(f, 0, STR_EMPTY, 2);
    assert_int_equal(c.count, 2);
    assert_true(c.list[0].version < c.list[1].version && c.list[1].version < c.version);
}

static int set_up(void **state) {
    return fixture_set_up(state) == 0 && in_tx(*state, add_people, NULL) == OK ? 0 : -1;
}

#define NEWS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        NEWS_TEST(run_news__tells_only_what_changed_since),
        NEWS_TEST(run_news__tells_of_one_run_when_asked_for_one),
        NEWS_TEST(run_news__tells_of_deleted_runs),
        NEWS_TEST(run_news__stops_at_its_limit_with_the_oldest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
