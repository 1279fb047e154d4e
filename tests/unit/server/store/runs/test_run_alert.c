/* test_run_alert.c */
#include "server/store/runs/run_alert.h"
#include "tests/unit/server/store/run_fixture.h"

struct call {
    struct run_alert alert, *list;
    int64_t wait_ms;
    size_t count;
    bool is_new;
};

static enum err_code do_add_run(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct run *run;
    bool is_inserted;
    (void)context;
    return run_ensure(tx, 1, STR("r"), 1, 5000, f->arena, &run, &is_inserted, err);
}

static enum err_code do_add(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return run_alert_add(tx, 1, &c->alert, c->wait_ms, &c->is_new, err);
}

static enum err_code do_list(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return run_alert_list(tx, 1, 10, f->arena, &c->list, &c->count, err);
}

static bool add(struct fixture *f, struct str title, int64_t at, int64_t wait_ms) {
    struct call c = { .alert = { title, STR("text"), STR("WARN"), at }, .wait_ms = wait_ms };
    assert_ok(f, in_tx(f, do_add, &c));
    return c.is_new;
}

static void run_alert__is_kept_newest_first(void **state) {
    struct call c = { .count = 0 };
    (void)add(*state, STR("one"), 1000, 0);
    (void)add(*state, STR("two"), 2000, 0);
    assert_ok((struct fixture *)*state, in_tx(*state, do_list, &c));
    assert_int_equal(c.count, 2);
    assert_true(str_eq_c(c.list[0].title, "two"));
    assert_true(str_eq_c(c.list[0].severity, "WARN"));
    assert_int_equal(c.list[1].created_at, 1000);
}

static void run_alert__waits_before_the_same_title_comes_again(void **state) {
    assert_true(add(*state, STR("one"), 10000, 5000));
    assert_false(add(*state, STR("one"), 14999, 5000));
    assert_true(add(*state, STR("two"), 14999, 5000));
    assert_true(add(*state, STR("one"), 15000, 5000));
    assert_true(add(*state, STR("one"), 15001, 0));
}

static void run_alert__has_a_title_of_bounded_length(void **state) {
    struct fixture *f = *state;
    char title[RUN_ALERT_TITLE_MAX + 1];
    struct call c = { .alert = { { title, sizeof(title) }, STR(""), STR("INFO"), 1 } };
    memset(title, 'x', sizeof(title));
    assert_int_equal(in_tx(f, do_add, &c), ERR_BAD_INPUT);
    assert_string_equal(f->err.message, "alert title has 1025 bytes: at most 1024 are allowed");
}

static int set_up(void **state) {
    int result = fixture_set_up(state);
    return result == 0 && in_tx(*state, add_people, NULL) == OK && in_tx(*state, do_add_run, NULL) == OK ? 0
                                                                                                         : -1;
}

#define ALERT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ALERT_TEST(run_alert__is_kept_newest_first),
        ALERT_TEST(run_alert__waits_before_the_same_title_comes_again),
        ALERT_TEST(run_alert__has_a_title_of_bounded_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
