/* test_account_mutations.c */
#include "tests/unit/server/api/api_fixture.h"

#include "server/api/node_id.h"

static void mutation__makes_a_team_that_its_maker_administers(void **state) {
    struct fixture *f = *state;
    assert_data(f, CAROL, "mutation { result: createTeam(input: {teamName: \"lab\"}) { entity { name available photoUrl limits members { username admin } } } }",
                "{\"result\":{\"entity\":{\"name\":\"lab\",\"available\":false,\"photoUrl\":null,\"limits\":null,"
                "\"members\":[{\"username\":\"carol\",\"admin\":true}]}}}");
    assert_refused(f, CAROL, "mutation { createTeam(input: {teamName: \"lab\"}) { entity { id } } }", "the name 'lab' is taken");
    assert_refused(f, CAROL, "mutation { createTeam(input: {teamName: \"graphql\"}) { entity { id } } }", "the name 'graphql' is the server's own");
}

static void mutation__makes_teams_for_others_only_by_administrators(void **state) {
    struct fixture *f = *state;
    const char *query = "mutation { createTeam(input: {teamName: \"lab\", teamAdminUserName: \"bob\"}) { entity { members { username } } } }";
    assert_refused(f, CAROL, query, "only administrators of the server make teams for others");
    assert_data(f, ADMIN, query, "{\"createTeam\":{\"entity\":{\"members\":[{\"username\":\"bob\"}]}}}");
}

static void mutation__puts_a_team_into_an_organization_only_by_its_administrators(void **state) {
    struct fixture *f = *state;
    const char *query = "mutation { createTeam(input: {teamName: \"lab\", organizationName: \"acme\"}) { entity { organization { name } } } }";
    assert_refused(f, CAROL, query, "entity 'acme' not found");
    assert_refused(f, BOB, query, "the role admin is needed for this");
    assert_data(f, ALICE, query, "{\"createTeam\":{\"entity\":{\"organization\":{\"name\":\"acme\"}}}}");
}

static void mutation__invites_who_is_here_and_who_is_not(void **state) {
    struct fixture *f = *state;
    assert_data(f, ALICE, "mutation { createInvite(input: {entityName: \"vision\", username: \"carol\", admin: true}) { invite { name email toUser { name } } } }",
                "{\"createInvite\":{\"invite\":{\"name\":\"carol\",\"email\":null,\"toUser\":{\"name\":\"carol\"}}}}");
    assert_data(f, ALICE, "mutation { createInvite(input: {entityName: \"vision\", email: \"new@x.org\"}) { invite { name email toUser { name } } } }",
                "{\"createInvite\":{\"invite\":{\"name\":\"new@x.org\",\"email\":\"new@x.org\",\"toUser\":null}}}");
    assert_data(f, CAROL, "{ entity(name: \"vision\") { members { username admin pending } } }",
                "{\"entity\":{\"members\":[{\"username\":\"bob\",\"admin\":false,\"pending\":false},"
                "{\"username\":\"carol\",\"admin\":true,\"pending\":false},{\"username\":null,\"admin\":false,\"pending\":true}]}}");
    assert_data(f, BOB, "{ entity(name: \"vision\") { members { name email } } }",
                "{\"entity\":{\"members\":[{\"name\":\"bob\",\"email\":\"bob@x.org\"},{\"name\":\"carol\",\"email\":null},"
                "{\"name\":\"(invited)\",\"email\":null}]}}");
    assert_data(f, CAROL, "{ entity(name: \"vision\") { members { name email } } }",
                "{\"entity\":{\"members\":[{\"name\":\"bob\",\"email\":null},{\"name\":\"carol\",\"email\":\"carol@x.org\"},"
                "{\"name\":\"new@x.org\",\"email\":\"new@x.org\"}]}}");
    assert_refused(f, ALICE, "mutation { createInvite(input: {entityName: \"vision\", username: \"carol\"}) { invite { id } } }",
                   "'carol' is a member of 'vision' already");
    assert_refused(f, ALICE, "mutation { createInvite(input: {entityName: \"vision\", username: \"nobody\"}) { invite { id } } }",
                   "user 'nobody' not found");
    assert_refused(f, ALICE, "mutation { createInvite(input: {entityName: \"vision\"}) { invite { id } } }", "'' is not an e-mail address");
}

static void mutation__invites_only_by_administrators_of_the_team(void **state) {
    struct fixture *f = *state;
    const char *query = "mutation { createInvite(input: {entityName: \"vision\", username: \"carol\"}) { invite { id } } }";
    assert_refused(f, BOB, query, "the role admin is needed for this");
    assert_refused(f, CAROL, query, "entity 'vision' not found");
    assert_refused(f, BOB, "mutation { createInvite(input: {entityName: \"bob\", username: \"carol\"}) { invite { id } } }",
                   "'bob' is a person's own and has no members");
}

static void mutation__takes_out_members_and_invitations(void **state) {
    struct fixture *f = *state;
    struct str bob = node_id_make("User", f->people[BOB].user->id, f->arena);
    const char *query = arena_printf(f->arena, "mutation { deleteInvite(input: {id: \"%s\", entityName: \"vision\"}) { success } }", bob.ptr).ptr;

    assert_refused(f, BOB, query, "the role admin is needed for this");
    assert_data(f, ALICE, query, "{\"deleteInvite\":{\"success\":true}}");
    assert_refused(f, ALICE, query, "there is no such member");
    (void)api_graphql(f, ALICE, "mutation { createInvite(input: {entityName: \"vision\", email: \"new@x.org\"}) { invite { id } } }");
    struct str invite = node_id_make("Invite", api_count(f, "select max(id) from invites"), f->arena);
    query = arena_printf(f->arena, "mutation { deleteInvite(input: {id: \"%s\", entityName: \"vision\"}) { success } }", invite.ptr).ptr;
    assert_data(f, ALICE, query, "{\"deleteInvite\":{\"success\":true}}");
    assert_int_equal(api_count(f, "select count(*) from invites"), 0);
    assert_refused(f, ALICE, "mutation { deleteInvite(input: {id: \"x\", entityName: \"vision\"}) { success } }", "there is no such invitation");
}

static void mutation__makes_a_service_account(void **state) {
    struct fixture *f = *state;
    assert_data(f, ALICE, "mutation { createServiceAccount(input: {entityName: \"vision\", description: \"CI\"}) { user { name accountType admin } } }",
                "{\"createServiceAccount\":{\"user\":{\"name\":\"CI\",\"accountType\":\"SERVICE\",\"admin\":false}}}");
    assert_data(f, ALICE, "{ entity(name: \"vision\") { members { name accountType } } }",
                "{\"entity\":{\"members\":[{\"name\":\"bob\",\"accountType\":\"MEMBER\"},{\"name\":\"CI\",\"accountType\":\"SERVICE\"}]}}");
    assert_refused(f, BOB, "mutation { createServiceAccount(input: {entityName: \"vision\", description: \"CI\"}) { user { id } } }",
                   "the role admin is needed for this");
}

static void mutation__makes_users_only_by_administrators_of_the_server(void **state) {
    struct fixture *f = *state;
    const char *query = "mutation { createUser(input: {email: \"_d.ora+x@y.org\", admin: false}) { user { username email admin } } }";
    assert_refused(f, ALICE, query, "only administrators of the server may do this");
    assert_data(f, ADMIN, query, "{\"createUser\":{\"user\":{\"username\":\"d.orax\",\"email\":\"_d.ora+x@y.org\",\"admin\":false}}}");
}

static void mutation__generates_and_deletes_keys(void **state) {
    struct fixture *f = *state;
    const struct json_value *data = api_graphql(f, BOB, "mutation { result: generateApiKey(input: {description: \"x\"}) { apiKey { id name description } } }");
    const struct json_value *key = json_get(json_get(data, STR("result")), STR("apiKey"));
    struct wish wish = { .method = "GET", .path = "/who/user", .key = json_get_str(key, STR("name")) };
    assert_string_equal(api_send(f, &wish).body.ptr, "\"bob\"");

    struct str id = arena_copy(f->arena, json_get_str(key, STR("id")));
    const char *query = arena_printf(f->arena, "mutation { deleteApiKey(input: {id: \"%s\"}) { success } }", id.ptr).ptr;
    assert_refused(f, CAROL, query, "there is no such API key");
    assert_int_equal(api_send(f, &wish).status, 200);
    assert_data(f, BOB, query, "{\"deleteApiKey\":{\"success\":true}}");
    assert_int_equal(api_send(f, &wish).status, 401);
    assert_refused(f, BOB, query, "there is no such API key");
    assert_refused(f, BOB, "mutation { deleteApiKey(input: {id: \"1\"}) { success } }", "there is no such API key");
}

static void mutation__makes_nobody_anonymous(void **state) {
    struct fixture *f = *state;
    assert_refused(f, -1, "mutation { createAnonymousEntity(input: {}) { apiKey { name } } }",
                   "nobody is anonymous here: ask an administrator for an account and its API key");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(mutation__makes_a_team_that_its_maker_administers),
        API_TEST(mutation__makes_teams_for_others_only_by_administrators),
        API_TEST(mutation__puts_a_team_into_an_organization_only_by_its_administrators),
        API_TEST(mutation__invites_who_is_here_and_who_is_not),
        API_TEST(mutation__invites_only_by_administrators_of_the_team),
        API_TEST(mutation__takes_out_members_and_invitations),
        API_TEST(mutation__makes_a_service_account),
        API_TEST(mutation__makes_users_only_by_administrators_of_the_server),
        API_TEST(mutation__makes_nobody_anonymous),
        API_TEST(mutation__generates_and_deletes_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
