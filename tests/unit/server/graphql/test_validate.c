/* test_validate.c */
#include "tests/unit/server/graphql/fixture.h"

static void validate__names_the_unknown_field_as_the_official_client_reads_it(void **state) {
    assert_string_equal(
        world_ask("{ dog { nope } }", NULL, *state),
        "400 {\"errors\":[{\"message\":\"Cannot query field \\\"nope\\\" on type \\\"Dog\\\".\","
        "\"locations\":[{\"line\":1,\"column\":9}],\"extensions\":{\"code\":\"BAD_USER_INPUT\"}}],\"data\":"
        "null}");
}

static void validate__wants_selections_of_objects_and_none_of_scalars(void **state) {
    assert_refused("{ dog }", "field \"dog\" of type \"Dog\" needs a selection of its fields");
    assert_refused("{ pets }", "field \"pets\" of type \"[Pet!]!\" needs a selection of its fields");
    assert_refused("{ dog { name { x } } }", "field \"name\" of type \"String!\" has no fields to select");
}

static void validate__knows_the_conditions_of_fragments(void **state) {
    assert_refused("{ dog { ... on Nope { x } } }", "type \"Nope\" is not defined");
    assert_refused("{ dog { ... on Point { x } } }",
                   "a fragment cannot be on type \"Point\", which has no fields");
    assert_refused("{ dog { ... on Human { name } } }",
                   "an object of type \"Dog\" is never of type \"Human\"");
    assert_refused("{ dog { ...F } } fragment F on Human { name }",
                   "an object of type \"Dog\" is never of type \"Human\"");
    assert_refused("{ dog { ...F } }", "fragment \"F\" is not defined");
    assert_refused("{ dog { id } } fragment F on Dog { id } fragment F on Cat { id }",
                   "fragment \"F\" is defined twice");
    assert_accepted("{ dog { ... on Pet { name } ... on CatOrDog { __typename } } catOrDog(id: 1) { ... on "
                    "Pet { id } } }");
}

static void validate__checks_what_is_not_used_too(void **state) {
    assert_refused("{ dog { id } } fragment F on Dog { nope }",
                   "Cannot query field \"nope\" on type \"Dog\".");
    assert_accepted("query ($unused: Int) { dog { id } } fragment Unused on Dog { name }");
}

static void validate__tells_operations_apart(void **state) {
    assert_refused("query Q { dog { id } } mutation Q { __typename }", "operation \"Q\" is defined twice");
    assert_refused("{ dog { id } } query Q { dog { id } }",
                   "an operation without a name must be the only one of its document");
    assert_refused("subscription { dog { id } }", "this schema has no subscription");
    assert_refused("mutation { dog { id } }", "Cannot query field \"dog\" on type \"Mutation\".");
}

static void validate__asks_of_the_schema_only_at_the_root(void **state) {
    assert_refused("{ dog { __schema { queryType { name } } } }",
                   "Cannot query field \"__schema\" on type \"Dog\".");
    assert_accepted("{ __typename dog { __typename } __type(name: \"Dog\") { name } }");
}

static void validate__reports_all_mistakes_at_once(void **state) {
    const char *answer = world_ask("{ a b dog { c } }", NULL, *state);
    assert_non_null(strstr(answer, "\\\"a\\\" on type"));
    assert_non_null(strstr(answer, "\\\"b\\\" on type"));
    assert_non_null(strstr(answer, "\\\"c\\\" on type"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(validate__names_the_unknown_field_as_the_official_client_reads_it),
        TEST(validate__wants_selections_of_objects_and_none_of_scalars),
        TEST(validate__knows_the_conditions_of_fragments),
        TEST(validate__checks_what_is_not_used_too),
        TEST(validate__tells_operations_apart),
        TEST(validate__asks_of_the_schema_only_at_the_root),
        TEST(validate__reports_all_mistakes_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
