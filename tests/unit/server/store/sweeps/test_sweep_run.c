/* test_sweep_run.c - who tries what, and that no two try the same suggestion. */
#include "server/store/sweeps/sweep_run.h"
#include "server/store/sweeps/sweep_agent.h"
#include "tests/unit/server/store/run_fixture.h"

#define ARGS "{\"x\":{\"value\":1}}"

struct scene {
    struct sweep *sweep;
    struct sweep_agent *agent;
};

static enum err_code make(struct db_tx *tx, struct fixture *f, struct scene *scene, struct err *err) {
    struct sweep_change change = { .config = STR("method: grid\n") };
    TRY(add_people(tx, f, NULL, err));
    TRY(sweep_create(tx, 1, 1, &change, 1, 5000, f->arena, &scene->sweep, err));
    return sweep_agent_create(tx, scene->sweep->id, STR("host"), 1, 5000, f->arena, &scene->agent, err);
}

static enum err_code make_run(struct db_tx *tx, struct fixture *f, struct scene *scene, bool is_given, struct sweep_run **out, struct err *err) {
    struct sweep_run_new new_run = { .args = STR(ARGS), .user_id = 1, .next_point = 3, .agent_id = is_given ? scene->agent->id : 0 };
    TRY(sweep_run_make(tx, scene->sweep, &new_run, 5000, f->arena, out, err));
    return sweep_find_by_id(tx, scene->sweep->id, f->arena, &scene->sweep, err);
}

WORK_TEST(sweep_run__is_a_pending_run_with_its_args) {
    struct fixture *f = context;
    struct sweep_run *made;
    struct scene scene;
    struct run *run;
    TRY(make(tx, f, &scene, err));
    TRY(make_run(tx, f, &scene, true, &made, err));
    TRY(run_find_by_id(tx, made->run_id, RUN_CONFIG, f->arena, &run, err));
    EXPECT(run->state == RUN_PENDING && str_eq_c(run->config, ARGS) && str_eq(run->sweep, scene.sweep->name));
    EXPECT(str_contains(run->display_name, STR("-sweep-")));
    EXPECT(made->number == 0 && made->give_count == 1 && made->agent_heartbeat_at == 5000);
    EXPECT(scene.sweep->next_number == 1 && scene.sweep->next_point == 3);
    return OK;
}

WORK_TEST(sweep_run__takes_a_suggestion_only_once) {
    struct fixture *f = context;
    struct sweep_run_new new_run = { .args = STR(ARGS), .user_id = 1 };
    struct sweep_run *first, *second;
    struct scene scene;
    TRY(make(tx, f, &scene, err));
    const struct sweep seen = *scene.sweep; /* by two agents at the same time */
    TRY(sweep_run_make(tx, &seen, &new_run, 5000, f->arena, &first, err));
    EXPECT_ERROR(sweep_run_make(tx, &seen, &new_run, 5000, f->arena, &second, err), ERR_CONFLICT,
                 "another agent was given this suggestion a moment ago");
    return OK;
}

WORK_TEST(sweep_run__passes_a_lost_suggestion_on) {
    struct fixture *f = context;
    struct sweep_run *lost, *again;
    struct list open = { 0 };
    struct scene scene;
    bool is_tried;
    int64_t count;
    TRY(make(tx, f, &scene, err));
    TRY(make_run(tx, f, &scene, true, &lost, err));
    TRY(sweep_run_replace(tx, scene.sweep, lost, scene.agent->id, 1, 6000, f->arena, &again, err));
    EXPECT(again->number == 0 && again->give_count == 2 && again->run_id != lost->run_id && str_eq(again->args, lost->args));
    TRY(sweep_run_list(tx, scene.sweep->id, true, f->arena, &open, err));
    EXPECT(open.count == 1 && ((struct sweep_run *)open.items[0])->id == again->id);
    TRY(sweep_run_count(tx, scene.sweep->id, &count, err));
    EXPECT(count == 1);
    TRY(sweep_run_is_tried(tx, scene.sweep->id, STR(ARGS), f->arena, &is_tried, err));
    EXPECT(is_tried);
    return OK;
}

WORK_TEST(sweep_run__remembers_what_came_of_it) {
    struct fixture *f = context;
    struct sweep_run *run;
    struct list open = { 0 }, all = { 0 };
    struct scene scene;
    TRY(make(tx, f, &scene, err));
    TRY(make_run(tx, f, &scene, false, &run, err));
    EXPECT(run->state == SWEEP_RUN_QUEUED && run->agent_id == 0);
    TRY(sweep_run_give(tx, run->id, scene.agent->id, 6000, err));
    TRY(sweep_run_set_seen(tx, run->id, err));
    TRY(sweep_run_set_outcome(tx, run->id, SWEEP_RUN_VALUE, 0.25, 0.5, STR("[1.0]"), err));
    TRY(sweep_run_list(tx, scene.sweep->id, true, f->arena, &open, err));
    TRY(sweep_run_list(tx, scene.sweep->id, false, f->arena, &all, err));
    EXPECT(open.count == 0 && all.count == 1);
    run = all.items[0];
    EXPECT(run->state == SWEEP_RUN_GIVEN && run->was_seen && run->best == 0.25 && run->latest == 0.5 && str_eq_c(run->course, "[1.0]"));
    return OK;
}

WORK_TEST(sweep_run__takes_in_runs_that_were_there) {
    struct fixture *f = context;
    struct run_change change = { .sweep = STR("?") };
    struct list strangers = { 0 };
    struct scene scene;
    struct run *run;
    bool is_inserted;
    int64_t count;
    TRY(make(tx, f, &scene, err));
    change.sweep = scene.sweep->name;
    TRY(run_upsert(tx, 1, STR("old"), 1, &change, 5000, f->arena, &run, &is_inserted, err));
    TRY(sweep_run_list_strangers(tx, scene.sweep, 100, f->arena, &strangers, err));
    EXPECT(strangers.count == 1 && *(int64_t *)strangers.items[0] == run->id);
    TRY(sweep_run_add_prior(tx, scene.sweep->id, run->id, STR(ARGS), f->arena, err));
    TRY(sweep_run_add_prior(tx, scene.sweep->id, run->id, STR(ARGS), f->arena, err));
    strangers = (struct list){ 0 };
    TRY(sweep_run_list_strangers(tx, scene.sweep, 100, f->arena, &strangers, err));
    TRY(sweep_run_count(tx, scene.sweep->id, &count, err));
    EXPECT(strangers.count == 0 && count == 0);
    TRY(sweep_run_count_all(tx, scene.sweep, &count, err));
    EXPECT(count == 1);
    TRY(db_exec(tx, DB_ARGS(DB_INT(run->id)), "update runs set heartbeat_at = created_at + 2999 where id = $1", err));
    TRY(sweep_run_sum_seconds(tx, scene.sweep, &count, err));
    EXPECT(count == 2);
    return OK;
}

WORK_TEST(sweep_run__pages_those_of_an_agent) {
    struct fixture *f = context;
    struct list page = { 0 };
    struct sweep_run *run;
    struct scene scene;
    TRY(make(tx, f, &scene, err));
    for (int i = 0; i < 3; i++)
        TRY(make_run(tx, f, &scene, true, &run, err));
    TRY(run_delete(tx, run->run_id, 6000, err));
    TRY(sweep_run_list_of_agent(tx, scene.agent->id, 0, 1, f->arena, &page, err));
    EXPECT(page.count == 1);
    int64_t first = ((struct sweep_run *)page.items[0])->id;
    page = (struct list){ 0 };
    TRY(sweep_run_list_of_agent(tx, scene.agent->id, first, 10, f->arena, &page, err));
    EXPECT(page.count == 1 && ((struct sweep_run *)page.items[0])->number == 1);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(sweep_run__is_a_pending_run_with_its_args), DB_TEST(sweep_run__takes_a_suggestion_only_once),
        DB_TEST(sweep_run__passes_a_lost_suggestion_on), DB_TEST(sweep_run__remembers_what_came_of_it),
        DB_TEST(sweep_run__takes_in_runs_that_were_there), DB_TEST(sweep_run__pages_those_of_an_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
