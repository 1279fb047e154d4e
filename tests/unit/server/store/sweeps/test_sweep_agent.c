/* test_sweep_agent.c - agents: made, found, heard, lost. */
#include "server/store/sweeps/sweep_agent.h"
#include "server/store/sweeps/sweep_run.h"
#include "tests/unit/server/store/run_fixture.h"

static enum err_code make(struct db_tx *tx, struct fixture *f, struct sweep **sweep, struct sweep_agent **agent, struct err *err) {
    struct sweep_change change = { .config = STR("method: grid\n") };
    TRY(add_people(tx, f, NULL, err));
    TRY(sweep_create(tx, 1, 1, &change, 1, 5000, f->arena, sweep, err));
    return sweep_agent_create(tx, (*sweep)->id, STR("host"), 1, 5000, f->arena, agent, err);
}

WORK_TEST(sweep_agent__is_found_with_its_owner) {
    struct fixture *f = context;
    struct sweep_agent *agent, *other;
    struct sweep *sweep;
    TRY(make(tx, f, &sweep, &agent, err));
    EXPECT(agent->name.len == SWEEP_NAME_LEN && str_eq_c(agent->host, "host") && agent->owner.project_id == 1 && agent->owner.entity_id == 1);
    TRY(sweep_agent_find_by_id(tx, agent->id, f->arena, &other, err));
    EXPECT(str_eq(other->name, agent->name));
    TRY(sweep_agent_find(tx, sweep->id, agent->name, f->arena, &other, err));
    EXPECT(other->id == agent->id);
    EXPECT_ERROR(sweep_agent_find_by_id(tx, 99, f->arena, &other, err), ERR_NOT_FOUND, "agent not found");
    return OK;
}

WORK_TEST(sweep_agent__is_not_found_in_a_deleted_project) {
    struct fixture *f = context;
    struct sweep_agent *agent;
    struct sweep *sweep;
    TRY(make(tx, f, &sweep, &agent, err));
    TRY(project_delete(tx, 1, 6000, err));
    EXPECT_ERROR(sweep_agent_find_by_id(tx, agent->id, f->arena, &agent, err), ERR_NOT_FOUND, "agent not found");
    return OK;
}

WORK_TEST(sweep_agent__is_lost_when_it_is_silent) {
    struct fixture *f = context;
    struct sweep_agent *agent;
    struct sweep *sweep;
    TRY(make(tx, f, &sweep, &agent, err));
    EXPECT(strcmp(sweep_agent_state(agent, 5000 + SWEEP_AGENT_SILENT_MS), "RUNNING") == 0);
    EXPECT(strcmp(sweep_agent_state(agent, 5001 + SWEEP_AGENT_SILENT_MS), "LOST") == 0);
    TRY(sweep_agent_touch(tx, agent->id, true, 9000, err));
    TRY(sweep_agent_find_by_id(tx, agent->id, f->arena, &agent, err));
    EXPECT(agent->heartbeat_at == 9000 && agent->exited_at == 9000);
    EXPECT(strcmp(sweep_agent_state(agent, 99999999), "FINISHED") == 0);
    return OK;
}

WORK_TEST(sweep_agent__counts_the_runs_it_was_given) {
    struct fixture *f = context;
    struct sweep_run_new new_run = { .args = STR("{}"), .user_id = 1 };
    struct list all = { 0 };
    struct sweep_agent *agent;
    struct sweep_run *run;
    struct sweep *sweep;
    TRY(make(tx, f, &sweep, &agent, err));
    new_run.agent_id = agent->id;
    TRY(sweep_run_make(tx, sweep, &new_run, 5000, f->arena, &run, err));
    TRY(sweep_agent_list(tx, sweep->id, f->arena, &all, err));
    EXPECT(all.count == 1 && ((struct sweep_agent *)all.items[0])->run_count == 1);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(sweep_agent__is_found_with_its_owner), DB_TEST(sweep_agent__is_not_found_in_a_deleted_project),
        DB_TEST(sweep_agent__is_lost_when_it_is_silent), DB_TEST(sweep_agent__counts_the_runs_it_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
