/* test_share.c */
#include "tests/unit/server/store/accounts_fixture.h"

#include "server/store/projects/project.h"
#include "server/store/projects/share.h"

enum { DAY_MS = 24 * 3600 * 1000, NOW = 1000000 };

static struct secrets *secrets;

static int set_up(void **state) {
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    return secrets_open(&secrets, arena_printf(f->arena, "%s/secret.key", f->folder).ptr, f->db, &f->err) == OK ? 0 : -1;
}

static int tear_down(void **state) {
    secrets_close(secrets);
    return fixture_tear_down(state);
}

static const int64_t two_runs[] = { 7, 9 };

static struct actor actor_of(const struct user *user) {
    return (struct actor){ user->id, 0, STR("") };
}

static enum err_code add_project(struct db_tx *tx, struct fixture *f, const struct user *user, const char *name, struct project **out,
                                 struct err *err) {
    bool is_inserted;
    return project_ensure(tx, user->owner.entity_id, str_from_c(name), user->id, NOW, f->arena, out, &is_inserted, err);
}

static enum err_code make(struct db_tx *tx, struct fixture *f, struct project **project, struct str *token, int64_t *id,
                          struct err *err) {
    struct user *user;
    TRY(add_user(tx, f, "alice", &user, err));
    TRY(add_project(tx, f, user, "p", project, err));
    const struct actor actor = actor_of(user);
    const struct new_share wanted = { .owner = (*project)->owner, .run_ids = two_runs, .run_count = 2, .life_ms = DAY_MS };
    return share_create(tx, secrets, &wanted, &actor, NOW, f->arena, token, id, err);
}

WORK_TEST(share__shows_its_runs_until_it_expires) {
    struct fixture *f = context;
    struct project *project;
    struct share *found;
    struct str token;
    int64_t id;
    struct err ignored;

    TRY(make(tx, f, &project, &token, &id, err));
    TRY(share_find(tx, secrets, token, NOW + DAY_MS - 1, f->arena, &found, err));
    EXPECT(found->id == id && found->run_count == 2 && found->run_ids[0] == 7 && found->run_ids[1] == 9);
    EXPECT(found->owner.project_id == project->id);
    EXPECT(share_find(tx, secrets, token, NOW + DAY_MS, f->arena, &found, &ignored) == ERR_NOT_FOUND);
    EXPECT(share_find(tx, secrets, STR("0000"), NOW, f->arena, &found, &ignored) == ERR_NOT_FOUND);
    return OK;
}

WORK_TEST(share__shows_nothing_once_it_is_revoked) {
    struct fixture *f = context;
    struct project *project;
    struct share *found, *list;
    struct str token;
    int64_t id;
    size_t count;
    struct err ignored;

    TRY(make(tx, f, &project, &token, &id, err));
    TRY(share_list(tx, project->id, NOW, f->arena, &list, &count, err));
    EXPECT(count == 1 && list[0].id == id);
    TRY(share_find_by_id(tx, id, f->arena, &found, err));
    TRY(share_revoke(tx, found, &nobody, err));
    EXPECT(share_find(tx, secrets, token, NOW, f->arena, &found, &ignored) == ERR_NOT_FOUND);
    TRY(share_list(tx, project->id, NOW, f->arena, &list, &count, err));
    EXPECT(count == 0);
    return OK;
}

WORK_TEST(share__names_runs_and_not_too_many) {
    struct fixture *f = context;
    struct project *project;
    struct str token;
    int64_t id, none[1] = { 0 };
    struct err ignored;

    TRY(make(tx, f, &project, &token, &id, err));
    struct new_share wanted = { .owner = project->owner, .run_ids = none, .life_ms = DAY_MS };
    EXPECT(share_create(tx, secrets, &wanted, &nobody, NOW, f->arena, &token, &id, &ignored) == ERR_BAD_INPUT);
    wanted.run_count = SHARE_RUNS_MAX + 1;
    EXPECT(share_create(tx, secrets, &wanted, &nobody, NOW, f->arena, &token, &id, &ignored) == ERR_BAD_INPUT);
    wanted = (struct new_share){ .owner = project->owner, .view_id = 3, .project_ids = none, .project_count = SHARE_PROJECTS_MAX + 1 };
    EXPECT(share_create(tx, secrets, &wanted, &nobody, NOW, f->arena, &token, &id, &ignored) == ERR_BAD_INPUT);
    return OK;
}

WORK_TEST(share__are_not_too_many_of_a_project_or_a_report) {
    struct fixture *f = context;
    struct project *project;
    struct str token;
    struct err ignored;
    int64_t id;

    TRY(make(tx, f, &project, &token, &id, err));
    struct new_share of_report = { .owner = project->owner, .view_id = 3, .project_ids = &project->id, .project_count = 1, .life_ms = DAY_MS };
    for (int i = 0; i < SHARE_LINKS_OF_VIEW_MAX; i++)
        TRY(share_create(tx, secrets, &of_report, &nobody, NOW, f->arena, &token, &id, err));
    EXPECT(share_create(tx, secrets, &of_report, &nobody, NOW, f->arena, &token, &id, &ignored) == ERR_CONFLICT);

    const struct new_share of_runs = { .owner = project->owner, .run_ids = two_runs, .run_count = 2, .life_ms = DAY_MS };
    for (int i = SHARE_LINKS_OF_VIEW_MAX + 1; i < SHARE_LINKS_MAX; i++)
        TRY(share_create(tx, secrets, &of_runs, &nobody, NOW, f->arena, &token, &id, err));
    EXPECT(share_create(tx, secrets, &of_runs, &nobody, NOW, f->arena, &token, &id, &ignored) == ERR_CONFLICT);
    return OK;
}

WORK_TEST(share__tells_the_token_of_a_report_again) {
    struct fixture *f = context;
    struct project *project;
    struct share *list, *found;
    struct str token;
    int64_t id;
    size_t count;

    TRY(make(tx, f, &project, &token, &id, err));
    const struct new_share wanted = { .owner = project->owner, .view_id = 3, .project_ids = &project->id, .project_count = 1, .life_ms = DAY_MS };
    TRY(share_create(tx, secrets, &wanted, &nobody, NOW, f->arena, &token, &id, err));
    TRY(share_list_of_view(tx, secrets, 3, NOW, f->arena, &list, &count, err));
    EXPECT(count == 1 && str_eq(list[0].token, token) && list[0].run_count == 0 && list[0].project_ids[0] == project->id);
    TRY(share_find(tx, secrets, list[0].token, NOW, f->arena, &found, err));
    EXPECT(found->id == id && found->view_id == 3);
    TRY(share_list_of_view(tx, secrets, 3, NOW + DAY_MS, f->arena, &list, &count, err));
    EXPECT(count == 0);
    TRY(share_list_of_view(tx, secrets, 4, NOW, f->arena, &list, &count, err));
    EXPECT(count == 0);
    return OK;
}

WORK_TEST(share__shows_only_what_its_maker_may_share) {
    struct fixture *f = context;
    struct project *project, *others;
    struct share *found;
    struct str token, of_nobody;
    struct user *bob;
    struct err ignored;
    int64_t id;

    TRY(make(tx, f, &project, &token, &id, err));
    TRY(share_follow(tx, secrets, token, NOW, f->arena, &found, err));
    const struct new_share of_runs = { .owner = project->owner, .run_ids = two_runs, .run_count = 2, .life_ms = DAY_MS };
    TRY(share_create(tx, secrets, &of_runs, &nobody, NOW, f->arena, &of_nobody, &id, err));
    EXPECT(share_follow(tx, secrets, of_nobody, NOW, f->arena, &found, &ignored) == ERR_NOT_FOUND);

    TRY(add_user(tx, f, "bob", &bob, err));
    TRY(add_project(tx, f, bob, "private", &others, err));
    const struct actor actor = actor_of(bob);
    const int64_t both[] = { project->id, others->id };
    const struct new_share wanted = { .owner = others->owner, .view_id = 3, .project_ids = both, .project_count = 2, .life_ms = DAY_MS };
    TRY(share_create(tx, secrets, &wanted, &actor, NOW, f->arena, &token, &id, err));
    TRY(share_follow(tx, secrets, token, NOW, f->arena, &found, err));
    EXPECT(found->project_count == 1 && found->project_ids[0] == others->id);
    TRY(db_exec(tx, DB_ARGS(DB_INT(bob->id)), "update users set removed_at = 1 where id = $1", err));
    EXPECT(share_follow(tx, secrets, token, NOW, f->arena, &found, &ignored) == ERR_NOT_FOUND);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(share__shows_its_runs_until_it_expires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__shows_nothing_once_it_is_revoked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__names_runs_and_not_too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__are_not_too_many_of_a_project_or_a_report, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__tells_the_token_of_a_report_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__shows_only_what_its_maker_may_share, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
