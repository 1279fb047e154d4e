/* test_user_type.c - users and keys in GraphQL. */
#include "tests/unit/server/api/api_fixture.h"

/* As the official client asks. */
#define USER_FRAGMENT                                                                                        \
    " fragment F on User { name username email admin flags entity deletedAt "                                \
    "apiKeys { edges { node { description } } } teams { edges { node { name } } } }"

static void user_type__shows_oneself(void **state) {
    struct fixture *f = *state;
    assert_data(f, BOB, "query { viewer { ...F } }" USER_FRAGMENT,
                "{\"viewer\":{\"name\":\"bob\",\"username\":\"bob\",\"email\":\"bob@x.org\",\"admin\":false,"
                "\"flags\":\"{\\\"code_saving_enabled\\\": true}\",\"entity\":\"bob\",\"deletedAt\":null,"
                "\"apiKeys\":{\"edges\":[{\"node\":{\"description\":\"first\"}}]},"
                "\"teams\":{\"edges\":[{\"node\":{\"name\":\"bob\"}},{\"node\":{\"name\":\"acme\"}},"
                "{\"node\":{\"name\":\"vision\"}}]}}}");
}

static void user_type__hides_from_others_what_is_private(void **state) {
    struct fixture *f = *state;
    assert_data(f, BOB, "query { users(query: \"alice\") { edges { node { ...F } } } }" USER_FRAGMENT,
                "{\"users\":{\"edges\":[{\"node\":{\"name\":\"alice\",\"username\":\"alice\",\"email\":null,"
                "\"admin\":false,\"flags\":\"{\\\"code_saving_enabled\\\": true}\",\"entity\":\"alice\","
                "\"deletedAt\":null,\"apiKeys\":{\"edges\":[]},\"teams\":{\"edges\":[]}}}]}}");
    assert_data(f, ADMIN, "{ users(query: \"alice\") { edges { node { email } } } }",
                "{\"users\":{\"edges\":[{\"node\":{\"email\":\"alice@x.org\"}}]}}");
}

static void user_type__lists_only_those_one_works_with(void **state) {
    struct fixture *f = *state;
    const char *query = "{ users { edges { node { username } } } }";
    assert_data(f, CAROL, query, "{\"users\":{\"edges\":[{\"node\":{\"username\":\"carol\"}}]}}");
    assert_data(f, BOB, query,
                "{\"users\":{\"edges\":[{\"node\":{\"username\":\"alice\"}},{\"node\":{\"username\":\"bob\"}}]}}");
    assert_data(f, CAROL, "{ users(query: \"bob\") { edges { node { username } } } }", "{\"users\":{\"edges\":[]}}");
}

static void user_type__shows_a_key_by_its_beginning(void **state) {
    struct fixture *f = *state;
    const struct json_value *data = api_graphql(f, BOB, "{ viewer { apiKeys { edges { node { name } } } } }");
    assert_true(str_contains(data->raw, str_slice(f->people[BOB].key, 0, 6)));
    assert_false(str_contains(data->raw, str_slice(f->people[BOB].key, 0, 7)));
}

static void user_type__is_nobody_without_a_key(void **state) {
    struct fixture *f = *state;
    assert_refused(f, -1, "{ viewer { username } }", "log in first, with an API key of this server");
    assert_refused(f, -1, "{ users { edges { node { username } } } }", "log in first, with an API key of this server");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(user_type__shows_oneself),
        API_TEST(user_type__hides_from_others_what_is_private),
        API_TEST(user_type__lists_only_those_one_works_with),
        API_TEST(user_type__shows_a_key_by_its_beginning),
        API_TEST(user_type__is_nobody_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
