/* test_entity.c */
#include "tests/unit/server/store/db_fixture.h"

#include "server/store/accounts/entity.h"

static const struct actor nobody = { 0, 0, STR_INIT("local") };

WORK_TEST(entity__is_found_by_its_exact_name) {
    struct fixture *f = context;
    struct entity *entity;
    int64_t id;

    TRY(entity_create(tx, STR("Vision"), ENTITY_TEAM, 0, &id, err));
    TRY(entity_find(tx, STR("Vision"), f->arena, &entity, err));
    EXPECT(entity->owner.entity_id == id && entity->owner.project_id == 0);
    EXPECT(entity->kind == ENTITY_TEAM && entity->organization_id == 0);
    EXPECT_ERROR(entity_find(tx, STR("vision"), f->arena, &entity, err), ERR_NOT_FOUND, "entity 'vision' not found");
    EXPECT_ERROR(entity_find_kind(tx, STR("Vision"), ENTITY_ORGANIZATION, f->arena, &entity, err), ERR_NOT_FOUND,
                 "organization 'Vision' not found");
    return OK;
}

WORK_TEST(entity__does_not_share_a_name_in_another_case) {
    int64_t id;
    (void)context;
    TRY(entity_create(tx, STR("vision"), ENTITY_TEAM, 0, &id, err));
    EXPECT_ERROR(entity_create(tx, STR("VISION"), ENTITY_PERSONAL, 0, &id, err), ERR_CONFLICT,
                 "the name 'VISION' is taken");
    return OK;
}

WORK_TEST(entity__keeps_the_name_of_what_was_removed) {
    struct fixture *f = context;
    struct entity *entity;
    int64_t id;

    TRY(entity_create(tx, STR("vision"), ENTITY_TEAM, 0, &id, err));
    TRY(entity_find(tx, STR("vision"), f->arena, &entity, err));
    TRY(entity_remove(tx, entity, &nobody, err));
    EXPECT_ERROR(entity_find(tx, STR("vision"), f->arena, &entity, err), ERR_NOT_FOUND, "entity 'vision' not found");
    EXPECT_ERROR(entity_find_by_id(tx, id, f->arena, &entity, err), ERR_NOT_FOUND, "entity 1 not found");
    EXPECT_ERROR(entity_create(tx, STR("vision"), ENTITY_TEAM, 0, &id, err), ERR_CONFLICT,
                 "the name 'vision' is taken");
    return OK;
}

WORK_TEST(entity__does_not_leave_teams_without_their_organization) {
    struct fixture *f = context;
    struct entity *organization, *team;
    struct entity_list list;
    int64_t organization_id, team_id;

    TRY(entity_create(tx, STR("acme"), ENTITY_ORGANIZATION, 0, &organization_id, err));
    TRY(entity_create(tx, STR("vision"), ENTITY_TEAM, organization_id, &team_id, err));
    TRY(entity_list(tx, ENTITY_TEAM, organization_id, f->arena, &list, err));
    EXPECT(list.count == 1 && list.items[0]->owner.entity_id == team_id);
    TRY(entity_find(tx, STR("acme"), f->arena, &organization, err));
    EXPECT_ERROR(entity_remove(tx, organization, &nobody, err), ERR_CONFLICT,
                 "the organization 'acme' still has teams: remove them first");
    TRY(entity_find(tx, STR("vision"), f->arena, &team, err));
    TRY(entity_remove(tx, team, &nobody, err));
    return entity_remove(tx, organization, &nobody, err);
}

static void entity__does_not_take_a_name_that_is_a_route(void **state) {
    static const char *const names[] = { "graphql", "Files", "LOGIN", "api", "assets", "settings", "shared", "metrics" };
    struct err err = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(entity_check_name(str_from_c(names[i]), &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "the name 'metrics' is the server's own");
    assert_int_equal(entity_check_name(STR("graphql2"), &err), OK);
}

static void entity__does_not_take_a_name_that_needs_quoting(void **state) {
    static const char *const names[] = { "", ".", "..", "-x", "a b", "a/b", "a\\b", "a?b", "a%b", "\xc3\xa4", "a\n" };
    char longest[ENTITY_NAME_MAX + 2];
    struct err err = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(entity_check_name(str_from_c(names[i]), &err), ERR_BAD_INPUT);
    memset(longest, 'a', sizeof longest);
    assert_int_equal(entity_check_name((struct str){ longest, ENTITY_NAME_MAX }, &err), OK);
    assert_int_equal(entity_check_name((struct str){ longest, ENTITY_NAME_MAX + 1 }, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "a name must have 1 to 64 characters, got 65");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(entity__is_found_by_its_exact_name),
        DB_TEST(entity__does_not_share_a_name_in_another_case),
        DB_TEST(entity__keeps_the_name_of_what_was_removed),
        DB_TEST(entity__does_not_leave_teams_without_their_organization),
        cmocka_unit_test(entity__does_not_take_a_name_that_is_a_route),
        cmocka_unit_test(entity__does_not_take_a_name_that_needs_quoting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
