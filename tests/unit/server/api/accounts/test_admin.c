/* test_admin.c */
#include "tests/unit/server/api/api_fixture.h"

static void assert_error(struct fixture *f, const char *method, const char *path, const char *body, int status, const char *message) {
    struct reply reply = api_ask(f, ADMIN, method, path, body);
    assert_int_equal(reply.status, status);
    assert_string_equal(arena_copy_c(f->arena, json_get_str(reply.json, STR("error"))), message);
}

static void admin__adds_a_user_whose_key_is_shown_once(void **state) {
    struct fixture *f = *state;
    struct reply reply = api_ask(f, ADMIN, "POST", "/api/admin/users", "{\"username\": \"dora\", \"email\": \"dora@x.org\"}");
    struct wish wish = { .method = "GET", .path = "/who/user", .key = json_get_str(reply.json, STR("key")) };
    assert_int_equal(reply.status, 200);
    assert_string_equal(api_send(f, &wish).body.ptr, "\"dora\"");
    reply = api_ask(f, ADMIN, "GET", "/api/admin/users/dora/keys", "");
    assert_false(str_contains(reply.body, wish.key));
    assert_true(str_contains(reply.body, str_slice(wish.key, 0, 6)));
}

static void admin__takes_a_chosen_key_that_clients_accept(void **state) {
    struct fixture *f = *state;
    struct reply reply = api_ask(f, ADMIN, "POST", "/api/admin/users",
                                 "{\"username\": \"dora\", \"key\": \"local-cccccccccccccccccccccccccccccccccccccccc\"}");
    assert_true(str_eq_c(json_get_str(reply.json, STR("key")), "local-cccccccccccccccccccccccccccccccccccccccc"));
    assert_error(f, "POST", "/api/admin/users", "{\"username\": \"eve\", \"key\": \"short\"}", 400,
                 "an API key must have 40 to 128 characters (behind the first '-'), got 5");
    /* and all of it was undone */
    assert_int_equal(api_count(f, "select count(*) from users where username = 'eve'"), 0);
}

static void admin__is_for_administrators_only(void **state) {
    static const char *const paths[] = { "/api/admin/users", "/api/admin/teams", "/api/admin/no-such" };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(api_ask(f, BOB, "GET", paths[i], "").status, 403);
        assert_int_equal(api_ask(f, -1, "GET", paths[i], "").status, 401);
    }
    assert_int_equal(api_ask(f, BOB, "POST", "/api/admin/users", "{\"username\": \"x\"}").status, 403);
    assert_int_equal(api_ask(f, BOB, "DELETE", "/api/admin/users/alice", "").status, 403);
}

static void admin__says_what_is_wrong(void **state) {
    struct fixture *f = *state;
    assert_error(f, "GET", "/api/admin/nothing", "", 404, "nothing is administered at '/api/admin/nothing'");
    assert_error(f, "PUT", "/api/admin/users", "{}", 405, "'/api/admin/users' is not asked with this method");
    assert_error(f, "POST", "/api/admin/users", "{", 400, "the request is not JSON: at byte 1: expected a key in quotes");
    assert_error(f, "POST", "/api/admin/users", "{\"username\": \"alice\"}", 409, "the name 'alice' is taken");
    assert_error(f, "DELETE", "/api/admin/users/nobody", "", 404, "user 'nobody' not found");
    assert_error(f, "DELETE", "/api/admin/keys/x", "", 400,
                 "a key is revoked by its number, see the list of the user's keys");
    assert_error(f, "DELETE", "/api/admin/teams/acme", "", 404, "team 'acme' not found");
    assert_error(f, "POST", "/api/admin/teams", "{\"name\": \"t\", \"organization\": \"vision\"}", 404,
                 "organization 'vision' not found");
    assert_error(f, "PUT", "/api/admin/teams/vision/members/carol", "{\"role\": \"boss\"}", 400,
                 "a role is admin, member or viewer, got 'boss'");
    assert_error(f, "PUT", "/api/admin/users/bob/password", "{\"password\": \"short\"}", 400,
                 "a password must have 8 to 1024 bytes, got 5");
}

static void admin__sets_roles_that_count_at_once(void **state) {
    struct fixture *f = *state;
    struct owner project = { f->team, f->project };
    assert_int_equal(access_check(api_identity(f, CAROL), &project, CAN_READ, &f->err), ERR_NOT_FOUND);
    assert_int_equal(api_ask(f, ADMIN, "PUT", "/api/admin/teams/vision/members/carol", "{\"role\": \"viewer\"}").status, 200);
    assert_int_equal(access_check(api_identity(f, CAROL), &project, CAN_READ, &f->err), OK);
    assert_int_equal(api_ask(f, ADMIN, "DELETE", "/api/admin/teams/vision/members/carol", "").status, 200);
    assert_int_equal(access_check(api_identity(f, CAROL), &project, CAN_READ, &f->err), ERR_NOT_FOUND);
}

static void admin__makes_teams_and_organizations(void **state) {
    struct fixture *f = *state;
    assert_int_equal(api_ask(f, ADMIN, "POST", "/api/admin/organizations", "{\"name\": \"corp\", \"admins\": [\"carol\"]}").status, 200);
    assert_int_equal(api_ask(f, ADMIN, "POST", "/api/admin/teams",
                             "{\"name\": \"lab\", \"organization\": \"corp\", \"members\": [\"bob\"]}").status, 200);
    assert_string_equal(api_ask(f, ADMIN, "GET", "/api/admin/teams", "").body.ptr,
                        "[{\"name\":\"lab\",\"organization\":\"corp\"},{\"name\":\"vision\",\"organization\":\"acme\"}]");
    struct str members = api_ask(f, ADMIN, "GET", "/api/admin/organizations/corp/members", "").body;
    assert_true(str_contains(members, STR("{\"username\":\"bob\",\"email\":\"bob@x.org\",\"role\":\"member\"}")));
    assert_true(str_contains(members, STR("{\"username\":\"carol\",\"email\":\"carol@x.org\",\"role\":\"admin\"}")));
    /* One that does not exist undoes the team as well. */
    assert_error(f, "POST", "/api/admin/teams", "{\"name\": \"half\", \"members\": [\"bob\", \"nobody\"]}", 404, "user 'nobody' not found");
    assert_int_equal(api_count(f, "select count(*) from entities where name = 'half'"), 0);
    assert_int_equal(api_ask(f, ADMIN, "DELETE", "/api/admin/teams/lab", "").status, 200);
    assert_error(f, "POST", "/api/admin/teams", "{\"name\": \"lab\"}", 409, "the name 'lab' is taken");
}

static void admin__writes_who_did_it(void **state) {
    struct fixture *f = *state;
    struct str sql = arena_printf(f->arena,
                                  "select count(*) from audit where action = 'user.add' and user_id = %lld and key_id = %lld "
                                  "and address = '127.0.0.1' and subject = 'dora'",
                                  (long long)f->people[ADMIN].user->id, (long long)f->people[ADMIN].key_id);
    assert_int_equal(api_ask(f, ADMIN, "POST", "/api/admin/users", "{\"username\": \"dora\"}").status, 200);
    assert_int_equal(api_count(f, sql.ptr), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(admin__adds_a_user_whose_key_is_shown_once),
        API_TEST(admin__takes_a_chosen_key_that_clients_accept),
        API_TEST(admin__is_for_administrators_only),
        API_TEST(admin__says_what_is_wrong),
        API_TEST(admin__sets_roles_that_count_at_once),
        API_TEST(admin__makes_teams_and_organizations),
        API_TEST(admin__writes_who_did_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
