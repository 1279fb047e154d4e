/* test_member.c */
#include "tests/unit/server/store/accounts_fixture.h"

struct people {
    struct user *alice, *bob;
    int64_t organization, team;
};

static enum err_code make_people(struct db_tx *tx, struct fixture *f, struct people *out, struct err *err) {
    TRY(add_user(tx, f, "alice", &out->alice, err));
    TRY(add_user(tx, f, "bob", &out->bob, err));
    TRY(entity_create(tx, STR("acme"), ENTITY_ORGANIZATION, 0, &out->organization, err));
    return entity_create(tx, STR("vision"), ENTITY_TEAM, out->organization, &out->team, err);
}

WORK_TEST(member__of_a_team_becomes_one_of_its_organization) {
    struct people people;
    enum role role;
    TRY(make_people(tx, context, &people, err));
    TRY(member_set(tx, people.team, people.alice->id, ROLE_ADMIN, &nobody, err));
    TRY(member_role(tx, people.organization, people.alice->id, &role, err));
    EXPECT(role == ROLE_MEMBER);
    return OK;
}

WORK_TEST(member__of_a_team_keeps_the_role_in_its_organization) {
    struct people people;
    enum role role;
    TRY(make_people(tx, context, &people, err));
    TRY(member_set(tx, people.organization, people.alice->id, ROLE_ADMIN, &nobody, err));
    TRY(member_set(tx, people.team, people.alice->id, ROLE_VIEWER, &nobody, err));
    TRY(member_role(tx, people.organization, people.alice->id, &role, err));
    EXPECT(role == ROLE_ADMIN);
    return OK;
}

WORK_TEST(member__of_an_organization_has_no_role_in_its_teams_unless_administrator) {
    struct people people;
    enum role role;
    TRY(make_people(tx, context, &people, err));
    TRY(member_set(tx, people.organization, people.alice->id, ROLE_ADMIN, &nobody, err));
    TRY(member_set(tx, people.organization, people.bob->id, ROLE_MEMBER, &nobody, err));
    TRY(member_role(tx, people.team, people.alice->id, &role, err));
    EXPECT(role == ROLE_ADMIN);
    TRY(member_role(tx, people.team, people.bob->id, &role, err));
    EXPECT(role == ROLE_NONE);
    return OK;
}

WORK_TEST(member__leaves_the_teams_with_the_organization) {
    struct people people;
    enum role role;
    TRY(make_people(tx, context, &people, err));
    TRY(member_set(tx, people.team, people.bob->id, ROLE_MEMBER, &nobody, err));
    TRY(member_remove(tx, people.organization, people.bob->id, &nobody, err));
    TRY(member_role(tx, people.team, people.bob->id, &role, err));
    EXPECT(role == ROLE_NONE);
    EXPECT_ERROR(member_remove(tx, people.team, people.bob->id, &nobody, err), ERR_NOT_FOUND,
                 "there is no such member");
    return OK;
}

WORK_TEST(member__has_no_role_in_what_was_removed) {
    struct fixture *f = context;
    struct people people;
    struct entity *team;
    enum role role;
    TRY(make_people(tx, f, &people, err));
    TRY(member_set(tx, people.organization, people.alice->id, ROLE_ADMIN, &nobody, err));
    TRY(entity_find_by_id(tx, people.team, f->arena, &team, err));
    TRY(entity_remove(tx, team, &nobody, err));
    EXPECT_ERROR(member_role(tx, people.team, people.alice->id, &role, err), ERR_NOT_FOUND, "not found");
    return OK;
}

WORK_TEST(member__changes_the_role_when_set_again) {
    struct fixture *f = context;
    struct people people;
    struct member_list list;
    TRY(make_people(tx, f, &people, err));
    TRY(member_set(tx, people.team, people.bob->id, ROLE_MEMBER, &nobody, err));
    TRY(member_set(tx, people.team, people.bob->id, ROLE_VIEWER, &nobody, err));
    TRY(member_list(tx, people.team, f->arena, &list, err));
    EXPECT(list.count == 1 && list.items[0]->role == ROLE_VIEWER && str_eq_c(list.items[0]->username, "bob"));
    return OK;
}

static enum err_code set_joined(struct db_tx *tx, const char *sql, struct err *err) {
    return db_exec(tx, DB_NO_ARGS, sql, err);
}

WORK_TEST(member__stands_where_it_came_in) {
    struct fixture *f = context;
    struct people people;
    struct member_list list;
    int64_t invite;
    TRY(make_people(tx, f, &people, err));
    TRY(member_set(tx, people.team, people.alice->id, ROLE_MEMBER, &nobody, err));
    TRY(member_set(tx, people.team, people.bob->id, ROLE_MEMBER, &nobody, err));
    TRY(member_invite(tx, people.team, STR("a@x.org"), ROLE_MEMBER, &nobody, &invite, err));
    TRY(set_joined(tx, "update members set created_at = 1000 - user_id", err));
    TRY(set_joined(tx, "update invites set created_at = 1", err));
    TRY(member_list(tx, people.team, f->arena, &list, err));
    EXPECT(list.count == 3 && list.items[0]->invite_id == invite);
    EXPECT(list.items[1]->user_id == people.bob->id && list.items[2]->user_id == people.alice->id);
    return OK;
}

WORK_TEST(member__invitation_ends_when_dropped) {
    struct fixture *f = context;
    struct people people;
    struct member_list list;
    int64_t invite, again;
    TRY(make_people(tx, f, &people, err));
    TRY(member_invite(tx, people.team, STR("a@x.org"), ROLE_MEMBER, &nobody, &invite, err));
    TRY(member_invite(tx, people.team, STR("A@x.org"), ROLE_ADMIN, &nobody, &again, err));
    EXPECT(invite == again);
    TRY(member_drop_invite(tx, people.team, invite, &nobody, err));
    TRY(member_list(tx, people.team, f->arena, &list, err));
    EXPECT(list.count == 0);
    EXPECT_ERROR(member_drop_invite(tx, people.team, invite, &nobody, err), ERR_NOT_FOUND,
                 "there is no such invitation");
    return OK;
}

/* Memberships of teams and organisations: those that a group gave, and all. */
static enum err_code count_by_group(struct db_tx *tx, int64_t *given, int64_t *all, struct err *err) {
    TRY(count_rows(tx, "select count(*) from members m join entities e on e.id = m.entity_id where e.kind <> 'personal' and "
                       "m.is_by_group = 1", given, err));
    return count_rows(tx, "select count(*) from members m join entities e on e.id = m.entity_id where e.kind <> 'personal'", all, err);
}

WORK_TEST(member__by_a_group_goes_with_it_and_leaves_the_organization_too) {
    struct people people;
    int64_t given, all;
    enum role role;
    TRY(make_people(tx, context, &people, err));
    TRY(member_set_by_group(tx, people.team, people.bob->id, ROLE_VIEWER, &nobody, err));
    TRY(member_set_by_group(tx, people.team, people.bob->id, ROLE_ADMIN, &nobody, err));
    TRY(member_role(tx, people.team, people.bob->id, &role, err));
    EXPECT(role == ROLE_ADMIN);
    TRY(count_by_group(tx, &given, &all, err));
    EXPECT(given == 2 && all == 2);
    TRY(member_set_by_group(tx, people.team, people.bob->id, ROLE_NONE, &nobody, err));
    TRY(member_set_by_group(tx, people.team, people.bob->id, ROLE_NONE, &nobody, err));
    TRY(count_by_group(tx, &given, &all, err));
    EXPECT(all == 0);
    return OK;
}

WORK_TEST(member__by_hand_stays_whatever_groups_say) {
    struct people people;
    int64_t given, all;
    enum role role;
    TRY(make_people(tx, context, &people, err));
    TRY(member_set(tx, people.team, people.alice->id, ROLE_VIEWER, &nobody, err));
    TRY(member_set_by_group(tx, people.team, people.alice->id, ROLE_ADMIN, &nobody, err));
    TRY(member_set_by_group(tx, people.team, people.alice->id, ROLE_NONE, &nobody, err));
    TRY(member_role(tx, people.team, people.alice->id, &role, err));
    EXPECT(role == ROLE_VIEWER);
    /* Of the organisation by hand, of the team by a group; then the team by hand as well. */
    TRY(member_set(tx, people.organization, people.bob->id, ROLE_MEMBER, &nobody, err));
    TRY(member_set_by_group(tx, people.team, people.bob->id, ROLE_MEMBER, &nobody, err));
    TRY(count_by_group(tx, &given, &all, err));
    EXPECT(given == 1 && all == 4);
    TRY(member_set(tx, people.team, people.bob->id, ROLE_MEMBER, &nobody, err));
    TRY(member_set_by_group(tx, people.team, people.bob->id, ROLE_NONE, &nobody, err));
    TRY(count_by_group(tx, &given, &all, err));
    EXPECT(given == 0 && all == 4);
    return OK;
}

static void role__has_three_names(void **state) {
    struct err err = { 0 };
    enum role role;
    (void)state;
    assert_int_equal(role_parse(STR("viewer"), &role, &err), OK);
    assert_int_equal(role, ROLE_VIEWER);
    assert_int_equal(role_parse(STR("none"), &role, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "a role is admin, member or viewer, got 'none'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(member__of_a_team_becomes_one_of_its_organization),
        DB_TEST(member__of_a_team_keeps_the_role_in_its_organization),
        DB_TEST(member__of_an_organization_has_no_role_in_its_teams_unless_administrator),
        DB_TEST(member__leaves_the_teams_with_the_organization),
        DB_TEST(member__has_no_role_in_what_was_removed),
        DB_TEST(member__changes_the_role_when_set_again),
        DB_TEST(member__stands_where_it_came_in),
        DB_TEST(member__invitation_ends_when_dropped),
        DB_TEST(member__by_a_group_goes_with_it_and_leaves_the_organization_too),
        DB_TEST(member__by_hand_stays_whatever_groups_say),
        cmocka_unit_test(role__has_three_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
