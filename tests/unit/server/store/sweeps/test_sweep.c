/* test_sweep.c - sweeps: made, found, changed, ended. */
#include "server/store/sweeps/sweep.h"
#include "server/store/sweeps/sweep_run.h"
#include "tests/unit/server/store/run_fixture.h"

#define CONFIG "method: grid\n"

static enum err_code make(struct db_tx *tx, struct fixture *f, struct sweep **out, struct err *err) {
    struct sweep_change change = { .config = STR(CONFIG), .description = STR("why") };
    TRY(add_people(tx, f, NULL, err));
    return sweep_create(tx, 1, 1, &change, 42, 5000, f->arena, out, err);
}

WORK_TEST(sweep__is_found_by_name_id_and_storage_id) {
    struct fixture *f = context;
    struct sweep *made, *other;
    TRY(make(tx, f, &made, err));
    EXPECT(made->name.len == SWEEP_NAME_LEN && made->state == SWEEP_RUNNING && made->seed == 21 && made->created_at == 5000);
    EXPECT(str_eq_c(made->config, CONFIG) && str_eq_c(made->entity_name, "alice") && made->owner.entity_id == 1);
    TRY(sweep_find(tx, 1, made->name, f->arena, &other, err));
    EXPECT(other->id == made->id);
    TRY(sweep_find_by_storage_id(tx, sweep_storage_id(made, f->arena), f->arena, &other, err));
    EXPECT(other->id == made->id);
    EXPECT_ERROR(sweep_find(tx, 2, made->name, f->arena, &other, err), ERR_NOT_FOUND,
                 arena_printf(f->arena, "sweep '%.*s' not found", STR_ARG(made->name)).ptr);
    EXPECT_ERROR(sweep_find_by_storage_id(tx, STR("U3dlZXA6djE6YWJzZW50OnAxOmFsaWNl"), f->arena, &other, err), ERR_NOT_FOUND, "sweep not found");
    EXPECT_ERROR(sweep_find_by_storage_id(tx, STR("nonsense"), f->arena, &other, err), ERR_NOT_FOUND, "sweep not found");
    return OK;
}

WORK_TEST(sweep__changes_only_what_is_given) {
    struct fixture *f = context;
    struct sweep_change change = { .display_name = STR("new") };
    struct sweep *sweep;
    TRY(make(tx, f, &sweep, err));
    TRY(sweep_update(tx, sweep, &change, 6000, err));
    TRY(sweep_find_by_id(tx, sweep->id, f->arena, &sweep, err));
    EXPECT(str_eq_c(sweep->display_name, "new") && str_eq_c(sweep->description, "why") && str_eq_c(sweep->config, CONFIG));
    EXPECT(sweep->updated_at == 6000 && sweep->controller.ptr == NULL);
    return OK;
}

WORK_TEST(sweep__looks_anew_at_another_configuration) {
    struct fixture *f = context;
    struct sweep_change same = { .config = STR(CONFIG) }, other = { .config = STR("method: random\n") };
    struct sweep *sweep;
    TRY(make(tx, f, &sweep, err));
    TRY(sweep_set_exhausted(tx, sweep->id, err));
    TRY(sweep_set_next_point(tx, sweep->id, 7, err));
    TRY(sweep_update(tx, sweep, &same, 6000, err));
    TRY(sweep_find_by_id(tx, sweep->id, f->arena, &sweep, err));
    EXPECT(sweep->is_exhausted && sweep->next_point == 7);
    TRY(sweep_update(tx, sweep, &other, 6000, err));
    TRY(sweep_find_by_id(tx, sweep->id, f->arena, &sweep, err));
    EXPECT(!sweep->is_exhausted && sweep->next_point == 0);
    return OK;
}

WORK_TEST(sweep__ends_its_runs_as_its_state_says) {
    struct fixture *f = context;
    struct sweep_run_new new_run = { .args = STR("{\"x\":{\"value\":1}}"), .user_id = 1 };
    struct sweep_run *pending, *alive;
    struct sweep *sweep;
    struct run *run;

    TRY(make(tx, f, &sweep, err));
    TRY(sweep_run_make(tx, sweep, &new_run, 5000, f->arena, &pending, err));
    TRY(sweep_find_by_id(tx, sweep->id, f->arena, &sweep, err));
    TRY(sweep_run_make(tx, sweep, &new_run, 5000, f->arena, &alive, err));
    TRY(run_set_state(tx, alive->run_id, RUN_RUNNING, 5000, err));
    TRY(sweep_set_state(tx, sweep->id, SWEEP_PAUSED, 6000, err));
    TRY(run_find_by_id(tx, pending->run_id, 0, f->arena, &run, err));
    EXPECT(run->state == RUN_PENDING);
    TRY(sweep_set_state(tx, sweep->id, SWEEP_FINISHED, 6000, err));
    TRY(run_find_by_id(tx, pending->run_id, 0, f->arena, &run, err));
    EXPECT(run->state == RUN_KILLED);
    TRY(run_find_by_id(tx, alive->run_id, 0, f->arena, &run, err));
    EXPECT(run->state == RUN_RUNNING && !run->is_stop_requested);
    TRY(sweep_set_state(tx, sweep->id, SWEEP_CANCELED, 6000, err));
    TRY(run_find_by_id(tx, alive->run_id, 0, f->arena, &run, err));
    EXPECT(run->is_stop_requested);
    return OK;
}

WORK_TEST(sweep__leaves_a_tombstone_when_it_is_deleted) {
    struct fixture *f = context;
    struct list all = { 0 };
    struct sweep *sweep, *other;
    int64_t count;
    TRY(make(tx, f, &sweep, err));
    TRY(sweep_list(tx, 1, 10, f->arena, &all, err));
    TRY(sweep_count(tx, 1, &count, err));
    EXPECT(all.count == 1 && count == 1);
    TRY(sweep_delete(tx, sweep->id, 7000, err));
    all = (struct list){ 0 };
    TRY(sweep_list(tx, 1, 10, f->arena, &all, err));
    TRY(sweep_count(tx, 1, &count, err));
    EXPECT(all.count == 0 && count == 0);
    TRY(sweep_find_by_id(tx, sweep->id, f->arena, &other, err));
    EXPECT(other->is_deleted && other->state == SWEEP_FINISHED);
    return OK;
}

WORK_TEST(sweep__refuses_texts_that_are_none) {
    struct fixture *f = context;
    struct sweep_change change = { .config = STR("x: \xff\n") };
    struct sweep *sweep;
    TRY(make(tx, f, &sweep, err));
    EXPECT(sweep_update(tx, sweep, &change, 6000, err) == ERR_BAD_INPUT);
    return OK;
}

static void sweep__knows_the_names_of_states(void **state) {
    enum sweep_state found;
    (void)state;
    for (int i = 0; i < SWEEP_STATE_COUNT; i++) {
        assert_true(sweep_state_parse(&found, str_from_c(sweep_state_name((enum sweep_state)i))));
        assert_int_equal(found, i);
    }
    assert_true(sweep_state_parse(&found, STR("paused")) && found == SWEEP_PAUSED);
    assert_false(sweep_state_parse(&found, STR("DONE")));
    assert_true(sweep_state_is_over(SWEEP_CANCELED) && !sweep_state_is_over(SWEEP_PAUSED));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(sweep__is_found_by_name_id_and_storage_id), DB_TEST(sweep__changes_only_what_is_given),
        DB_TEST(sweep__looks_anew_at_another_configuration), DB_TEST(sweep__ends_its_runs_as_its_state_says),
        DB_TEST(sweep__leaves_a_tombstone_when_it_is_deleted), DB_TEST(sweep__refuses_texts_that_are_none),
        cmocka_unit_test(sweep__knows_the_names_of_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
