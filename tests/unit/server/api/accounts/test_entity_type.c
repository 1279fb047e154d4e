/* test_entity_type.c - entities, members, organisations and the server itself in GraphQL. */
#include "tests/unit/server/api/api_fixture.h"

static void entity_type__answers_all_that_the_official_client_asks_of_a_team(void **state) {
    struct fixture *f = *state;
    assert_data(f, BOB,
                "{ entity(name: \"vision\") { name available photoUrl readOnly readOnlyAdmin isTeam entityType "
                "privateOnly codeSavingEnabled defaultAccess isPaid "
                "members { admin pending email username name photoUrl accountType apiKey } } }",
                "{\"entity\":{\"name\":\"vision\",\"available\":false,\"photoUrl\":null,\"readOnly\":false,"
                "\"readOnlyAdmin\":false,\"isTeam\":true,\"entityType\":\"team\",\"privateOnly\":false,"
                "\"codeSavingEnabled\":true,\"defaultAccess\":\"PRIVATE\",\"isPaid\":false,\"members\":["
                "{\"admin\":false,\"pending\":false,\"email\":\"bob@x.org\",\"username\":\"bob\",\"name\":\"bob\","
                "\"photoUrl\":null,\"accountType\":\"MEMBER\",\"apiKey\":null}]}}");
}

static void entity_type__of_a_person_has_one_member(void **state) {
    struct fixture *f = *state;
    assert_data(f, BOB, "{ entity { isTeam entityType user { username } members { accountType role } } }",
                "{\"entity\":{\"isTeam\":false,\"entityType\":\"personal\",\"user\":{\"username\":\"bob\"},"
                "\"members\":[{\"accountType\":\"USER\",\"role\":\"admin\"}]}}");
}

static void entity_type__of_others_is_as_if_it_were_not(void **state) {
    struct fixture *f = *state;
    assert_data(f, CAROL, "{ entity(name: \"vision\") { name } }", "{\"entity\":null}");
    assert_data(f, CAROL, "{ entity(name: \"no-such\") { name } }", "{\"entity\":null}");
    assert_refused(f, CAROL, "{ organization(name: \"acme\") { name } }", "organization 'acme' not found");
    assert_refused(f, CAROL, "{ organization(name: \"no-such\") { name } }", "organization 'no-such' not found");
    assert_refused(f, BOB, "{ organization(name: \"vision\") { name } }", "organization 'vision' not found");
}

/* A name that one came by may be shown; what is inside may not. */
static void entity_type__keeps_its_members_from_strangers(void **state) {
    struct fixture *f = *state;
    assert_data(f, BOB, "{ organization(name: \"acme\") { name orgEntity { name entityType } } }",
                "{\"organization\":{\"name\":\"acme\",\"orgEntity\":{\"name\":\"acme\",\"entityType\":\"organization\"}}}");
    assert_data(f, ALICE, "{ organization(name: \"acme\") { teams { name members { username } } } }",
                "{\"organization\":{\"teams\":[{\"name\":\"vision\",\"members\":[{\"username\":\"bob\"}]}]}}");
    api_execute(f, "delete from members where user_id = (select id from users where username = 'bob') and "
                   "entity_id = (select id from entities where name = 'vision')");
    assert_data(f, BOB, "{ organization(name: \"acme\") { teams { name members { username } } } }",
                "{\"organization\":{\"teams\":[{\"name\":\"vision\",\"members\":[]}]}}");
}

static void entity_type__knows_its_organization(void **state) {
    struct fixture *f = *state;
    assert_data(f, BOB, "{ entity(name: \"vision\") { organization { name coreWeaveOrganizationId } } }",
                "{\"entity\":{\"organization\":{\"name\":\"acme\",\"coreWeaveOrganizationId\":null}}}");
    assert_data(f, BOB, "{ entity { organization { name } user { organizations { name orgEntity { name } } } } }",
                "{\"entity\":{\"organization\":null,\"user\":{\"organizations\":[{\"name\":\"acme\","
                "\"orgEntity\":{\"name\":\"acme\"}}]}}}");
    assert_data(f, BOB, "{ organization(name: \"acme\") { featureFlags(rampIDType: OrgName) { rampKey isEnabled } } }",
                "{\"organization\":{\"featureFlags\":[]}}");
}

static void entity_type__lists_the_projects_that_one_may_read(void **state) {
    struct fixture *f = *state;
    const char *query = "{ organization(name: \"acme\") { teams { project(name: \"cats\") { name } projects { edges { node { name } } } } } }";
    assert_data(f, BOB, "{ entity(name: \"vision\") { project(name: \"cats\") { name } none: project(name: \"dogs\") { name } } }",
                "{\"entity\":{\"project\":{\"name\":\"cats\"},\"none\":null}}");
    assert_data(f, ALICE, query, "{\"organization\":{\"teams\":[{\"project\":{\"name\":\"cats\"},"
                                 "\"projects\":{\"edges\":[{\"node\":{\"name\":\"cats\"}}]}}]}}");
    assert_data(f, BOB, "{ viewer { projects { edges { node { name } } } } }", "{\"viewer\":{\"projects\":{\"edges\":[]}}}");
}

static void organization__has_no_advanced_search(void **state) {
    struct fixture *f = *state;
    assert_data(f, BOB, "{ organization(name: \"acme\") { advancedRegistryFeatures { advancedSearch } } }",
                "{\"organization\":{\"advancedRegistryFeatures\":{\"advancedSearch\":false}}}");
}

static void server_info__is_for_anybody(void **state) {
    struct fixture *f = *state;
    const struct json_value *data = api_graphql(f, -1, "{ serverInfo { features { name isEnabled } cliVersionInfo latestLocalVersionInfo { outOfDate } } }");
    assert_string_equal(f->err.message, "");
    assert_true(str_contains(data->raw, STR("{\"name\":\"LARGE_FILENAMES\",\"isEnabled\":true}")));
    assert_true(str_contains(data->raw, STR("\"cliVersionInfo\":{\"min_cli_version\":\"0.16.0\",\"max_cli_version\":\"0.99.0\"}")));
    assert_true(str_contains(data->raw, STR("\"outOfDate\":false")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(entity_type__answers_all_that_the_official_client_asks_of_a_team),
        API_TEST(entity_type__of_a_person_has_one_member),
        API_TEST(entity_type__of_others_is_as_if_it_were_not),
        API_TEST(entity_type__keeps_its_members_from_strangers),
        API_TEST(entity_type__knows_its_organization),
        API_TEST(entity_type__lists_the_projects_that_one_may_read),
        API_TEST(organization__has_no_advanced_search),
        API_TEST(server_info__is_for_anybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
