/* test_right.c */
#include "tests/unit/server/store/accounts_fixture.h"

#include "server/store/accounts/right.h"
#include "server/store/projects/project.h"

struct scene {
    struct user *alice, *bob;
    int64_t team;
    struct project *project;
};

static enum err_code make_scene(struct db_tx *tx, struct fixture *f, struct scene *out, struct err *err) {
    bool is_inserted;
    TRY(add_user(tx, f, "alice", &out->alice, err));
    TRY(add_user(tx, f, "bob", &out->bob, err));
    TRY(entity_create(tx, STR("vision"), ENTITY_TEAM, 0, &out->team, err));
    return project_ensure(tx, out->team, STR("cats"), out->alice->id, 1, f->arena, &out->project, &is_inserted, err);
}

#define EXPECT_RIGHT(owner, user, is_admin, expected)                                                        \
    do {                                                                                                     \
        enum right found;                                                                                    \
        TRY(right_find(tx, &(owner), (user)->id, is_admin, &found, err));                                    \
        EXPECT(found == (expected));                                                                         \
    } while (0)

WORK_TEST(right__follows_the_role) {
    static const enum right rights[] = { [ROLE_VIEWER] = RIGHT_READ, [ROLE_MEMBER] = RIGHT_WRITE, [ROLE_ADMIN] = RIGHT_ADMIN };
    struct scene s;
    TRY(make_scene(tx, context, &s, err));
    EXPECT_RIGHT(s.project->owner, s.alice, false, RIGHT_NONE);
    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        TRY(member_set(tx, s.team, s.alice->id, role, &nobody, err));
        EXPECT_RIGHT(s.project->owner, s.alice, false, rights[role]);
        EXPECT_RIGHT(((struct owner){ s.team, 0 }), s.alice, false, rights[role]);
    }
    EXPECT_RIGHT(s.project->owner, s.bob, false, RIGHT_NONE);
    EXPECT_RIGHT(s.project->owner, s.bob, true, RIGHT_ADMIN);
    return OK;
}

WORK_TEST(right__to_read_a_public_project_is_everybodys) {
    struct project_change change = PROJECT_CHANGE_NONE;
    struct scene s;
    TRY(make_scene(tx, context, &s, err));
    change.visibility = PROJECT_PUBLIC;
    TRY(project_update(tx, s.project->id, &change, 2, err));
    EXPECT_RIGHT(s.project->owner, s.bob, false, RIGHT_READ);
    EXPECT_RIGHT(((struct owner){ s.team, 0 }), s.bob, false, RIGHT_NONE);
    return OK;
}

/* Not even the server's administrators: a deleted project is not there. */
WORK_TEST(right__ends_with_the_project_and_the_entity) {
    struct fixture *f = context;
    struct entity *team;
    struct scene s;
    TRY(make_scene(tx, f, &s, err));
    TRY(project_delete(tx, s.project->id, 2, err));
    EXPECT_RIGHT(s.project->owner, s.bob, true, RIGHT_NONE);
    EXPECT_RIGHT(((struct owner){ s.team, 0 }), s.bob, true, RIGHT_ADMIN);
    TRY(entity_find_by_id(tx, s.team, f->arena, &team, err));
    TRY(entity_remove(tx, team, &nobody, err));
    EXPECT_RIGHT(((struct owner){ s.team, 0 }), s.bob, true, RIGHT_NONE);
    return OK;
}

WORK_TEST(right__is_not_lent_by_another_entity) {
    struct scene s;
    TRY(make_scene(tx, context, &s, err));
    EXPECT_RIGHT(((struct owner){ s.bob->owner.entity_id, s.project->id }), s.bob, false, RIGHT_NONE);
    EXPECT_RIGHT(((struct owner){ s.bob->owner.entity_id, 0 }), s.bob, false, RIGHT_ADMIN);
    EXPECT_RIGHT(((struct owner){ 99999, 0 }), s.bob, true, RIGHT_NONE);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(right__follows_the_role),
        DB_TEST(right__to_read_a_public_project_is_everybodys),
        DB_TEST(right__ends_with_the_project_and_the_entity),
        DB_TEST(right__is_not_lent_by_another_entity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
