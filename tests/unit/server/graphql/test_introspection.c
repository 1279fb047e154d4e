/* test_introspection.c */
#include "tests/unit/server/graphql/fixture.h"

static void introspection__answers_the_old_clients_probes(void **state) {
    assert_data("{ T: __type(name: \"Point\") { inputFields { name } fields { name args { name } } } }", NULL,
                "{\"T\":{\"inputFields\":[{\"name\":\"x\"},{\"name\":\"y\"},{\"name\":\"label\"},{\"name\":"
                "\"tags\"},{\"name\":\"inner\"},{\"name\":\"command\"}],\"fields\":null}}");
    assert_data(
        "{ T: __type(name: \"Mutation\") { fields { name args { name } } inputFields { name } } }", NULL,
        "{\"T\":{\"fields\":[{\"name\":\"make\",\"args\":[{\"name\":\"input\"}]}],\"inputFields\":null}}");
    assert_data("{ T: __type(name: \"NoSuchType\") { name } }", NULL, "{\"T\":null}");
}

static void introspection__unwraps_types(void **state) {
    assert_data("{ __type(name: \"Human\") { fields { name type { kind name ofType { kind name ofType { name "
                "} } } } } }",
                NULL,
                "{\"__type\":{\"fields\":["
                "{\"name\":\"broken\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":null}},"
                "{\"name\":\"brokenHard\",\"type\":{\"kind\":\"NON_NULL\",\"name\":null,\"ofType\":{\"kind\":"
                "\"SCALAR\",\"name\":\"String\",\"ofType\":null}}},"
                "{\"name\":\"internal\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":null}},"
                "{\"name\":\"name\",\"type\":{\"kind\":\"NON_NULL\",\"name\":null,\"ofType\":{\"kind\":"
                "\"SCALAR\",\"name\":\"String\",\"ofType\":null}}},"
                "{\"name\":\"pets\",\"type\":{\"kind\":\"LIST\",\"name\":null,\"ofType\":{\"kind\":"
                "\"INTERFACE\",\"name\":\"Pet\",\"ofType\":null}}},"
                "{\"name\":\"self\",\"type\":{\"kind\":\"OBJECT\",\"name\":\"Human\",\"ofType\":null}},"
                "{\"name\":\"selfHard\",\"type\":{\"kind\":\"NON_NULL\",\"name\":null,\"ofType\":{\"kind\":"
                "\"OBJECT\",\"name\":\"Human\",\"ofType\":null}}}]}}");
}

static void introspection__hides_what_is_deprecated_unless_asked(void **state) {
    assert_data(
        "{ __type(name: \"DogCommand\") { a: enumValues { name } b: enumValues(includeDeprecated: true) { "
        "isDeprecated deprecationReason } } }",
        NULL,
        "{\"__type\":{\"a\":[{\"name\":\"SIT\"},{\"name\":\"DOWN\"},{\"name\":\"HEEL\"}],\"b\":[{"
        "\"isDeprecated\":false,\"deprecationReason\":null},"
        "{\"isDeprecated\":false,\"deprecationReason\":null},{\"isDeprecated\":false,\"deprecationReason\":"
        "null},{\"isDeprecated\":true,\"deprecationReason\":\"undignified\"}]}}");
    assert_non_null(
        strstr(world_ask("{ __type(name: \"Point\") { inputFields(includeDeprecated: true) { name } } }",
                         NULL, *state),
               "\"old\""));
}

static void introspection__knows_members_and_interfaces(void **state) {
    assert_data(
        "{ p: __type(name: \"Pet\") { kind possibleTypes { name } } u: __type(name: \"CatOrDog\") { kind "
        "possibleTypes { name } fields { name } } d: __type(name: \"Dog\") { interfaces { name } "
        "possibleTypes { name } } }",
        NULL,
        "{\"p\":{\"kind\":\"INTERFACE\",\"possibleTypes\":[{\"name\":\"Cat\"},{\"name\":\"Dog\"}]},\"u\":{"
        "\"kind\":\"UNION\",\"possibleTypes\":[{\"name\":\"Cat\"},{\"name\":\"Dog\"}],\"fields\":null},"
        "\"d\":{\"interfaces\":[{\"name\":\"Pet\"}],\"possibleTypes\":null}}");
}

static void introspection__describes_the_schema(void **state) {
    assert_data("{ __schema { queryType { name } mutationType { name } subscriptionType { name } directives "
                "{ name args { name defaultValue } } } }",
                NULL,
                "{\"__schema\":{\"queryType\":{\"name\":\"Query\"},\"mutationType\":{\"name\":\"Mutation\"},"
                "\"subscriptionType\":null,\"directives\":["
                "{\"name\":\"deprecated\",\"args\":[{\"name\":\"reason\",\"defaultValue\":\"\\\"No longer "
                "supported\\\"\"}]},"
                "{\"name\":\"include\",\"args\":[{\"name\":\"if\",\"defaultValue\":null}]},{\"name\":"
                "\"skip\",\"args\":[{\"name\":\"if\",\"defaultValue\":null}]}]}}");
    assert_data("{ __type(name: \"Query\") { name } }", NULL, "{\"__type\":{\"name\":\"Query\"}}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(introspection__answers_the_old_clients_probes),
        TEST(introspection__unwraps_types),
        TEST(introspection__hides_what_is_deprecated_unless_asked),
        TEST(introspection__knows_members_and_interfaces),
        TEST(introspection__describes_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
