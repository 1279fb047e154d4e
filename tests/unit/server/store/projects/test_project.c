/* test_project.c */
#include "server/store/projects/removal.h"
#include "tests/unit/server/store/run_fixture.h"

struct call {
    int64_t id, entity, after;
    struct str name;
    struct project_change change;
    struct project *project, **list;
    size_t count;
    bool is_inserted;
};

static enum err_code do_ensure(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return project_ensure(tx, c->entity, c->name, 1, 5000, f->arena, &c->project, &c->is_inserted, err);
}

static enum err_code do_find(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return project_find(tx, c->entity, c->name, f->arena, &c->project, err);
}

static enum err_code do_find_by_storage_id(struct db_tx *tx, struct fixture *f, void *context,
                                           struct err *err) {
    struct call *c = context;
    return project_find_by_storage_id(tx, c->name, f->arena, &c->project, err);
}

static enum err_code do_update(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return project_update(tx, c->id, &c->change, 9000, err);
}

static enum err_code do_delete(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return project_delete(tx, c->id, 9000, err);
}

static enum err_code do_list(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return project_list(tx, c->entity, c->after, 2, f->arena, &c->list, &c->count, err);
}

static enum err_code do_add_run(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    struct run *run;
    return run_ensure(tx, c->id, STR("r"), 1, 5000, f->arena, &run, &c->is_inserted, err);
}

static enum err_code do_find_run(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    struct run *run;
    return run_find(tx, c->id, STR("r"), 0, false, f->arena, &run, err);
}

static enum err_code do_count_runs(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    int64_t count;
    (void)f;
    TRY(project_count_runs(tx, c->id, &count, err));
    c->count = (size_t)count;
    return OK;
}

static void project__is_private_and_made_once(void **state) {
    struct fixture *f = *state;
    struct call c = { .entity = 1, .name = STR("new one") };

    assert_ok(f, in_tx(f, do_ensure, &c));
    assert_true(c.is_inserted);
    assert_int_equal(c.project->visibility, PROJECT_PRIVATE);
    assert_int_equal(c.project->created_by, 1);
    assert_int_equal(c.project->owner.entity_id, 1);
    assert_int_equal(c.project->owner.project_id, c.project->id);
    assert_true(str_eq_c(c.project->entity_name, "alice"));
    assert_null(c.project->description.ptr);
    assert_ok(f, in_tx(f, do_ensure, &c));
    assert_false(c.is_inserted);
    c.entity = 2;
    assert_int_equal(in_tx(f, do_find, &c), ERR_NOT_FOUND);
}

static void project__refuses_names_that_break_links(void **state) {
    struct fixture *f = *state;
    static const char *const names[] = { "", "a/b", "a:b", "a%20b", "..", " a", "a\n" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct call c = { .entity = 1, .name = str_from_c(names[i]) };
        assert_int_equal(in_tx(f, do_ensure, &c), ERR_BAD_INPUT);
    }
}

static void project__changes_only_what_is_given(void **state) {
    struct fixture *f = *state;
    struct call c = { .id = 1, .entity = 1, .name = STR("p1"), .change = PROJECT_CHANGE_NONE };

    c.change.description = STR("about");
    assert_ok(f, in_tx(f, do_update, &c));
    c.change = PROJECT_CHANGE_NONE;
    c.change.visibility = PROJECT_PUBLIC;
    assert_ok(f, in_tx(f, do_update, &c));
    assert_ok(f, in_tx(f, do_find, &c));
    assert_true(str_eq_c(c.project->description, "about"));
    assert_int_equal(c.project->visibility, PROJECT_PUBLIC);
    assert_int_equal(c.project->updated_at, 9000);
}

static void project__is_not_renamed_onto_another(void **state) {
    struct fixture *f = *state;
    struct call c = { .id = 1, .entity = 1, .name = STR("other"), .change = PROJECT_CHANGE_NONE };

    assert_ok(f, in_tx(f, do_ensure, &c));
    c.change.name = STR("other");
    assert_int_equal(in_tx(f, do_update, &c), ERR_CONFLICT);
    c.change.name = STR("free");
    assert_ok(f, in_tx(f, do_update, &c));
    c.name = STR("p1");
    assert_int_equal(in_tx(f, do_find, &c), ERR_NOT_FOUND);
}

static enum err_code do_remove(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    bool is_idle;
    (void)f;
    (void)context;
    return removal_work(tx, 1000, 9000, &is_idle, err);
}

static void project__takes_its_runs_along_when_deleted(void **state) {
    struct fixture *f = *state;
    struct call c = { .id = 1, .entity = 1, .name = STR("p1") };

    assert_ok(f, in_tx(f, do_add_run, &c));
    assert_ok(f, in_tx(f, do_count_runs, &c));
    assert_int_equal(c.count, 1);
    assert_ok(f, in_tx(f, do_delete, &c));
    assert_int_equal(in_tx(f, do_find, &c), ERR_GONE);
    assert_ok(f, in_tx(f, do_remove, &c));
    assert_int_equal(in_tx(f, do_find_run, &c), ERR_GONE);
    assert_int_equal(in_tx(f, do_delete, &c), ERR_NOT_FOUND);
    assert_ok(f, in_tx(f, do_ensure, &c));
    assert_true(c.is_inserted);
    c.id = c.project->id;
    assert_ok(f, in_tx(f, do_count_runs, &c));
    assert_int_equal(c.count, 0);
}

static void project__lists_the_newest_first_page_by_page(void **state) {
    struct fixture *f = *state;
    struct call c = { .entity = 1 };

    c.name = STR("second");
    assert_ok(f, in_tx(f, do_ensure, &c));
    c.name = STR("third");
    assert_ok(f, in_tx(f, do_ensure, &c));
    assert_ok(f, in_tx(f, do_list, &c));
    assert_int_equal(c.count, 2);
    assert_true(str_eq_c(c.list[0]->name, "third"));
    c.after = c.list[1]->id;
    assert_ok(f, in_tx(f, do_list, &c));
    assert_int_equal(c.count, 1);
    assert_true(str_eq_c(c.list[0]->name, "p1"));
}

static void project__is_found_by_its_storage_id(void **state) {
    struct fixture *f = *state;
    struct call c = { .entity = 1, .name = STR("p1") };
    assert_ok(f, in_tx(f, do_find, &c));
    c.name = project_storage_id(c.project, f->arena);
    assert_true(str_eq_c(c.name, "UHJvamVjdDp2MTpwMTphbGljZQ=="));
    assert_ok(f, in_tx(f, do_find_by_storage_id, &c));
    assert_int_equal(c.project->id, 1);
}

static int set_up(void **state) {
    int result = fixture_set_up(state);
    return result == 0 && in_tx(*state, add_people, NULL) == OK ? 0 : -1;
}

#define PROJECT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PROJECT_TEST(project__is_private_and_made_once),
        PROJECT_TEST(project__refuses_names_that_break_links),
        PROJECT_TEST(project__changes_only_what_is_given),
        PROJECT_TEST(project__is_not_renamed_onto_another),
        PROJECT_TEST(project__takes_its_runs_along_when_deleted),
        PROJECT_TEST(project__lists_the_newest_first_page_by_page),
        PROJECT_TEST(project__is_found_by_its_storage_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
