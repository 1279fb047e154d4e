/* test_notification.c */
#include "server/store/automations/notification.h"
#include "server/store/runs/run_alert.h"
#include "tests/unit/server/store/run_fixture.h"

/* Project p1 is alice's own, p2 the team's; run 1 is hers in p1, run 2 somebody's in p2. */
static enum err_code do_fill(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct run *run;
    bool is_inserted, is_new;
    (void)context;
    TRY(run_ensure(tx, 1, STR("r1"), 1, 5000, f->arena, &run, &is_inserted, err));
    TRY(run_ensure(tx, 2, STR("r2"), 1, 5000, f->arena, &run, &is_inserted, err));
    TRY(db_exec(tx, DB_NO_ARGS, "insert into entities (name, kind, created_at) values ('bob', 'personal', 1)", err));
    TRY(db_exec(tx, DB_NO_ARGS,
                "insert into users (entity_id, username, name, is_admin, kind, created_at) values (3, 'bob', 'Bob', 0, 'user', 1)", err));
    TRY(run_alert_add(tx, 1, &(struct run_alert){ STR("mine"), STR("text"), STR("WARN"), 1000 }, 0, &is_new, err));
    TRY(run_alert_add(tx, 2, &(struct run_alert){ STR("team's"), STR("text"), STR("INFO"), 3000 }, 0, &is_new, err));
    return db_exec(tx, DB_NO_ARGS,
                   "insert into deliveries (kind, entity_id, project_id, run_id, target, subject, body, state, attempts, next_at, leased_until, "
                   "lease_token, created_at) values ('automation', 2, 2, 2, 'x', 'fired', '', 'SENT', 1, 0, 0, 0, 2000), "
                   "('alert', 2, 2, 2, 'x', 'told already', '', 'SENT', 1, 0, 0, 0, 2500)",
                   err);
}

struct call {
    int64_t user_id;
    size_t limit;
    struct list list;
};

static enum err_code do_list(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return notification_list(tx, c->user_id, c->limit, f->arena, &c->list, err);
}

static struct list list_of(struct fixture *f, int64_t user_id, size_t limit) {
    struct call c = { .user_id = user_id, .limit = limit };
    assert_ok(f, in_tx(f, do_list, &c));
    return c.list;
}

static enum err_code do_exec(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    return db_exec(tx, DB_NO_ARGS, context, err);
}

static const struct notification *at(const struct list *list, size_t i) {
    return list->items[i];
}

static void notification__tells_of_alerts_and_automations_newest_first(void **state) {
    struct list list = list_of(*state, 1, 10);
    assert_int_equal(list.count, 3);
    assert_true(str_eq_c(at(&list, 0)->title, "team's"));
    assert_true(str_eq_c(at(&list, 1)->title, "fired"));
    assert_true(str_eq_c(at(&list, 1)->level, "SENT"));
    assert_true(str_eq_c(at(&list, 2)->project_name, "p1"));
    assert_int_equal(at(&list, 2)->owner.project_id, 1);
    assert_int_equal(list_of(*state, 1, 2).count, 2);
}

static void notification__tells_others_only_of_entities_they_belong_to(void **state) {
    assert_int_equal(list_of(*state, 2, 10).count, 0);
    assert_ok((struct fixture *)*state, in_tx(*state, do_exec, "insert into members (entity_id, user_id, role, created_at) values (2, 2, 'viewer', 1)"));
    assert_int_equal(list_of(*state, 2, 10).count, 2);
}

static void notification__is_not_hidden_by_what_others_raise(void **state) {
    static char many[] = "insert into run_alerts (run_id, title, text, severity, created_at) with recursive n(i) as (select 1 union all"
                         " select i + 1 from n where i < 3000) select 1, 'noise', 'text', 'INFO', 4000 from n";
    static char joined[] = "insert into members (entity_id, user_id, role, created_at) values (2, 2, 'viewer', 1)";
    assert_ok((struct fixture *)*state, in_tx(*state, do_exec, joined));
    assert_ok((struct fixture *)*state, in_tx(*state, do_exec, many));
    struct list list = list_of(*state, 2, 10);
    assert_int_equal(list.count, 2);
    assert_true(str_eq_c(at(&list, 0)->title, "team's"));
}

static void notification__forgets_what_was_deleted(void **state) {
    assert_ok((struct fixture *)*state, in_tx(*state, do_exec, "update projects set deleted_at = 1 where id = 2"));
    assert_int_equal(list_of(*state, 1, 10).count, 1);
}

static int set_up(void **state) {
    int result = fixture_set_up(state);
    return result == 0 && in_tx(*state, add_people, NULL) == OK && in_tx(*state, do_fill, NULL) == OK ? 0 : -1;
}

#define NOTIFICATION_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        NOTIFICATION_TEST(notification__tells_of_alerts_and_automations_newest_first),
        NOTIFICATION_TEST(notification__tells_others_only_of_entities_they_belong_to),
        NOTIFICATION_TEST(notification__is_not_hidden_by_what_others_raise),
        NOTIFICATION_TEST(notification__forgets_what_was_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
