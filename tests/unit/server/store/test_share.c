/* test_share.c */
#include "tests/unit/server/store/accounts_fixture.h"

#include "server/store/project.h"
#include "server/store/share.h"

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

static enum err_code make(struct db_tx *tx, struct fixture *f, struct project **project, struct str *token, int64_t *id,
                          struct err *err) {
    static const int64_t runs[] = { 7, 9 };
    struct user *user;
    bool is_inserted;
    TRY(add_user(tx, f, "alice", &user, err));
    TRY(project_ensure(tx, user->owner.entity_id, STR("p"), user->id, NOW, f->arena, project, &is_inserted, err));
    return share_create(tx, secrets, &(*project)->owner, runs, 2, DAY_MS, &nobody, NOW, f->arena, token, id, err);
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
    EXPECT(share_create(tx, secrets, &project->owner, none, 0, DAY_MS, &nobody, NOW, f->arena, &token, &id, &ignored) == ERR_BAD_INPUT);
    EXPECT(share_create(tx, secrets, &project->owner, none, SHARE_RUNS_MAX + 1, DAY_MS, &nobody, NOW, f->arena, &token, &id, &ignored) ==
           ERR_BAD_INPUT);
    return OK;
}

static enum err_code make_many(struct db_tx *tx, struct fixture *f, const struct project *project, const struct actor *actor, int64_t life_ms,
                               int count, struct str *token, struct err *err) {
    static const int64_t runs[] = { 7 };
    int64_t id;
    for (int i = 0; i < count; i++)
        TRY(share_create(tx, secrets, &project->owner, runs, 1, life_ms, actor, NOW, f->arena, token, &id, err));
    return OK;
}

/* Whoever may read a public project makes links for frames. */
WORK_TEST(share__brief_links_take_no_room_from_others) {
    struct fixture *f = context;
    struct project *project;
    struct share *found, *list;
    struct str token, first, second, newest;
    struct err ignored;
    struct user *user;
    int64_t id;
    size_t count;

    TRY(make(tx, f, &project, &token, &id, err));
    TRY(add_user(tx, f, "bob", &user, err));
    const struct actor bob = { user->id, 0, STR("") };
    TRY(make_many(tx, f, project, &bob, SHARE_BRIEF_MS, 1, &first, err));
    TRY(make_many(tx, f, project, &bob, SHARE_BRIEF_MS, 1, &second, err));
    TRY(make_many(tx, f, project, &bob, SHARE_BRIEF_MS, SHARE_BRIEF_OF_USER_MAX - 1, &newest, err));
    EXPECT(share_find(tx, secrets, first, NOW, f->arena, &found, &ignored) == ERR_NOT_FOUND);
    TRY(share_find(tx, secrets, second, NOW, f->arena, &found, err));
    TRY(share_find(tx, secrets, newest, NOW, f->arena, &found, err));
    TRY(share_find(tx, secrets, token, NOW, f->arena, &found, err));

    TRY(make_many(tx, f, project, &nobody, SHARE_BRIEF_MS, SHARE_LINKS_MAX - SHARE_BRIEF_OF_USER_MAX, &newest, err));
    EXPECT(make_many(tx, f, project, &nobody, SHARE_BRIEF_MS, 1, &newest, &ignored) == ERR_CONFLICT);
    TRY(make_many(tx, f, project, &nobody, DAY_MS, 1, &newest, err));
    TRY(share_list(tx, project->id, NOW, f->arena, &list, &count, err));
    EXPECT(count == SHARE_LINKS_MAX + 2);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(share__shows_its_runs_until_it_expires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__shows_nothing_once_it_is_revoked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__names_runs_and_not_too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(share__brief_links_take_no_room_from_others, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
