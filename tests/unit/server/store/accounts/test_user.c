/* test_user.c */
#include "tests/unit/server/store/accounts_fixture.h"

WORK_TEST(user__has_a_personal_entity_and_is_its_administrator) {
    struct fixture *f = context;
    struct user *alice;
    struct entity *entity;
    enum role role;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(entity_find(tx, STR("alice"), f->arena, &entity, err));
    EXPECT(entity->kind == ENTITY_PERSONAL && entity->owner.entity_id == alice->owner.entity_id);
    TRY(member_role(tx, alice->owner.entity_id, alice->id, &role, err));
    EXPECT(role == ROLE_ADMIN);
    EXPECT(str_eq_c(alice->name, "alice") && alice->email.ptr == NULL && !alice->is_admin && !alice->has_password);
    return OK;
}

WORK_TEST(user__keeps_the_name_of_what_was_removed) {
    struct fixture *f = context;
    struct user *alice;
    int64_t left;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(user_remove(tx, alice, &nobody, err));
    EXPECT_ERROR(user_find(tx, STR("alice"), f->arena, &alice, err), ERR_NOT_FOUND, "user 'alice' not found");
    TRY(count_rows(tx, "select count(*) from members", &left, err));
    EXPECT(left == 0);
    EXPECT_ERROR(add_user(tx, f, "Alice", &alice, err), ERR_CONFLICT, "the name 'Alice' is taken");
    return OK;
}

WORK_TEST(user__gives_an_address_back_when_removed) {
    struct fixture *f = context;
    struct user *user;

    TRY(user_create(tx, &(struct new_user){ .username = STR("a"), .email = STR("X@y.org") }, &nobody, f->arena, &user,
                    err));
    EXPECT_ERROR(user_create(tx, &(struct new_user){ .username = STR("b"), .email = STR("x@Y.org") }, &nobody,
                             f->arena, &user, err),
                 ERR_CONFLICT, "the address 'x@Y.org' is another user's");
    TRY(user_remove(tx, user, &nobody, err));
    return user_create(tx, &(struct new_user){ .username = STR("c"), .email = STR("x@Y.org") }, &nobody, f->arena,
                       &user, err);
}

WORK_TEST(user__is_found_by_name_before_address) {
    struct fixture *f = context;
    struct user *user;

    TRY(user_create(tx, &(struct new_user){ .username = STR("a"), .email = STR("a@y.org") }, &nobody, f->arena, &user,
                    err));
    TRY(user_find_by_any(tx, STR("A@Y.ORG"), f->arena, &user, err));
    EXPECT(user != NULL && str_eq_c(user->username, "a"));
    TRY(user_find_by_any(tx, STR("nobody"), f->arena, &user, err));
    EXPECT(user == NULL);
    return OK;
}

WORK_TEST(user__does_not_leave_the_server_without_an_administrator) {
    struct fixture *f = context;
    struct user *first, *second;

    TRY(user_create(tx, &(struct new_user){ .username = STR("boss"), .is_admin = true }, &nobody, f->arena, &first, err));
    EXPECT_ERROR(user_remove(tx, first, &nobody, err), ERR_CONFLICT, "'boss' is the last administrator");
    TRY(user_create(tx, &(struct new_user){ .username = STR("chief"), .is_admin = true }, &nobody, f->arena, &second,
                    err));
    return user_remove(tx, first, &nobody, err);
}

WORK_TEST(user__is_listed_only_to_those_who_share_an_entity) {
    struct fixture *f = context;
    struct user *alice, *bob, *carol;
    struct user_list list;
    int64_t team;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(add_user(tx, f, "bob", &bob, err));
    TRY(add_user(tx, f, "carol", &carol, err));
    TRY(entity_create(tx, STR("vision"), ENTITY_TEAM, 0, &team, err));
    TRY(member_set(tx, team, alice->id, ROLE_MEMBER, &nobody, err));
    TRY(member_set(tx, team, bob->id, ROLE_VIEWER, &nobody, err));
    TRY(user_list(tx, STR_EMPTY, alice->id, 10, f->arena, &list, err));
    EXPECT(list.count == 2 && list.items[1]->id == bob->id);
    TRY(user_list(tx, STR_EMPTY, carol->id, 10, f->arena, &list, err));
    EXPECT(list.count == 1 && list.items[0]->id == carol->id);
    TRY(user_list(tx, STR("ca"), 0, 10, f->arena, &list, err));
    EXPECT(list.count == 1 && list.items[0]->id == carol->id);
    TRY(user_list(tx, STR_EMPTY, 0, 2, f->arena, &list, err));
    EXPECT(list.count == 2);
    return OK;
}

WORK_TEST(user__takes_the_invitations_to_the_address) {
    struct fixture *f = context;
    struct user *user;
    int64_t team, invite;
    enum role role;
    struct member_list list;

    TRY(entity_create(tx, STR("vision"), ENTITY_TEAM, 0, &team, err));
    TRY(member_invite(tx, team, STR("D@x.org"), ROLE_ADMIN, &nobody, &invite, err));
    TRY(member_list(tx, team, f->arena, &list, err));
    EXPECT(list.count == 1 && list.items[0]->user_id == 0 && list.items[0]->invite_id == invite);
    TRY(user_create(tx, &(struct new_user){ .username = STR("d"), .email = STR("d@x.org") }, &nobody, f->arena, &user,
                    err));
    TRY(member_role(tx, team, user->id, &role, err));
    EXPECT(role == ROLE_ADMIN);
    TRY(member_list(tx, team, f->arena, &list, err));
    EXPECT(list.count == 1 && list.items[0]->user_id == user->id);
    return OK;
}

WORK_TEST(user__refuses_what_is_not_an_address) {
    static const char *const wrong[] = { "x", "@y", "x@", "x y@z", "x@y\n", "<x@y>" };
    struct fixture *f = context;
    struct user *user;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EXPECT(user_create(tx, &(struct new_user){ .username = STR("a"), .email = str_from_c(wrong[i]) }, &nobody,
                           f->arena, &user, err) == ERR_BAD_INPUT);
    return OK;
}

WORK_TEST(user__leaves_an_audit_row_for_each_change) {
    struct fixture *f = context;
    struct user *alice;
    int64_t before, after;

    TRY(count_rows(tx, "select count(*) from audit", &before, err));
    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(user_set_password(tx, alice, STR("hash"), &(struct actor){ 7, 8, STR("::1") }, err));
    TRY(user_remove(tx, alice, &nobody, err));
    TRY(count_rows(tx, "select count(*) from audit where action in ('user.add', 'member.set', 'user.remove') or "
                       "(action = 'user.password' and user_id = 7 and key_id = 8 and address = '::1')",
                   &after, err));
    EXPECT(after == before + 4);
    return OK;
}

WORK_TEST(user__stays_administrator_when_the_last) {
    struct fixture *f = context;
    struct user *alice, *bob;
    int64_t rows;
    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(add_user(tx, f, "bob", &bob, err));
    TRY(user_set_admin(tx, alice, true, &nobody, err));
    EXPECT_ERROR(user_set_admin(tx, alice, false, &nobody, err), ERR_CONFLICT, "'alice' is the last administrator");
    TRY(user_set_admin(tx, bob, true, &nobody, err));
    TRY(user_set_admin(tx, alice, false, &nobody, err));
    TRY(user_find(tx, STR("alice"), f->arena, &alice, err));
    EXPECT(!alice->is_admin);
    TRY(count_rows(tx, "select count(*) from audit where action in ('user.make_admin', 'user.end_admin')", &rows, err));
    EXPECT(rows == 3);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(user__has_a_personal_entity_and_is_its_administrator),
        DB_TEST(user__keeps_the_name_of_what_was_removed),
        DB_TEST(user__gives_an_address_back_when_removed),
        DB_TEST(user__is_found_by_name_before_address),
        DB_TEST(user__does_not_leave_the_server_without_an_administrator),
        DB_TEST(user__is_listed_only_to_those_who_share_an_entity),
        DB_TEST(user__takes_the_invitations_to_the_address),
        DB_TEST(user__refuses_what_is_not_an_address),
        DB_TEST(user__leaves_an_audit_row_for_each_change),
        DB_TEST(user__stays_administrator_when_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
