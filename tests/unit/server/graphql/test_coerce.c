/* test_coerce.c */
#include "tests/unit/server/graphql/fixture.h"

#define assert_echo(arguments, variables, data)                                                              \
    assert_data("query ($any: JSON, $big: Int64, $choices: [DogCommand!], $fraction: Float, $id: ID, "       \
                "$input: Point, $inputs: [Point!], $matrix: [[Int]], $number: Int, $texts: [String!]) { "    \
                "echo(choice: null, " arguments ") }",                                                       \
                variables, "{\"echo\":{" data "}}")

static const char *variable_error(const char *type, const char *value, struct arena *arena) {
    const char *answer = world_ask(arena_printf(arena, "query ($a: %s) { dog { id } }", type).ptr,
                                   arena_printf(arena, "{\"a\": %s}", value).ptr, arena);
    struct json_value *json;
    struct err err = { 0 };

    if (answer[0] == '2')
        return "";
    assert_int_equal(json_parse(&json, str_from_c(answer + 4), JSON_STRICT, arena, &err), OK);
    return arena_copy_c(arena, json_get_str(&json_get(json, STR("errors"))->array.items[0], STR("message")));
}

#define assert_variable(type, value, message)                                                                \
    assert_string_equal(variable_error(type, value, *state), message)

static void coerce__makes_a_list_of_a_single_value(void **state) {
    assert_echo("choices: $choices, texts: $texts", "{\"choices\": \"DOWN\", \"texts\": \"a\"}",
                "\"choice\":null,\"choices\":[\"DOWN\"],\"texts\":[\"a\"]");
    assert_echo("choices: HEEL, matrix: 1", "{}", "\"choice\":null,\"choices\":[\"HEEL\"],\"matrix\":[[1]]");
    assert_echo("choices: [], matrix: [1, [2, 3], null]", "{}",
                "\"choice\":null,\"choices\":[],\"matrix\":[[1],[2,3],null]");
    assert_echo("choices: null, inputs: $inputs", "{\"inputs\": {\"x\": 1}}",
                "\"choice\":null,\"choices\":null,\"inputs\":[{\"x\":1,\"y\":7,\"command\":\"SIT\"}]");
}

static void coerce__leaves_out_what_is_bound_to_an_absent_variable(void **state) {
    assert_echo("choices: [], number: $number", "{}", "\"choice\":null,\"choices\":[]");
    assert_echo("choices: [], number: $number", "{\"number\": null}",
                "\"choice\":null,\"choices\":[],\"number\":null");
    assert_echo("choices: [], input: {x: 1, y: $number, command: null}", "{}",
                "\"choice\":null,\"choices\":[],\"input\":{\"x\":1,\"y\":7,\"command\":null}");
    assert_echo("choices: [], any: {a: $number, b: [$number]}", "{}",
                "\"any\":{\"b\":[null]},\"choice\":null,\"choices\":[]");
}

static void coerce__puts_null_for_an_absent_variable_in_a_list(void **state) {
    assert_echo("choices: [], matrix: [[$number, 1]]", "{}",
                "\"choice\":null,\"choices\":[],\"matrix\":[[null,1]]");
    assert_non_null(strstr(world_ask("query ($t: String) { echo(input: {x: 1, tags: [$t]}) }", "{}", *state),
                           "cannot stand where type \\\"String!\\\" is expected"));
}

static void coerce__ignores_variables_that_are_not_declared(void **state) {
    assert_data("query ($a: Int) { need(other: $a) }", "{\"a\": 1, \"more\": {\"b\": []}}", "{\"need\":4}");
}

static void coerce__fills_in_defaults(void **state) {
    assert_data("{ echo }", NULL, "{\"echo\":{\"choice\":\"HEEL\",\"choices\":[\"SIT\"]}}");
    assert_data("query ($p: Point = {x: 5}) { echo(input: $p, choice: SIT) }", NULL,
                "{\"echo\":{\"choice\":\"SIT\",\"choices\":[\"SIT\"],\"input\":{\"x\":5,\"y\":7,\"command\":"
                "\"SIT\"}}}");
}

static void coerce__gives_custom_scalars_any_json(void **state) {
    assert_echo("choices: [], any: $any, big: $big",
                "{\"any\": {\"a\": [1.5, null]}, \"big\": 9007199254740993}",
                "\"any\":{\"a\":[1.5,null]},\"big\":9007199254740993,\"choice\":null,\"choices\":[]");
    assert_echo("choices: [], any: {a: [1, -2.5, true, null, E, \"s\"]}, big: 9007199254740993", "{}",
                "\"any\":{\"a\":[1,-2.5,true,null,\"E\",\"s\"]},\"big\":9007199254740993,\"choice\":null,"
                "\"choices\":[]");
}

static void coerce__reads_ids_as_text(void **state) {
    assert_echo("choices: [], id: $id", "{\"id\": 12}", "\"choice\":null,\"choices\":[],\"id\":\"12\"");
    assert_echo("choices: [], id: 123456789012345678901234567890", "{}",
                "\"choice\":null,\"choices\":[],\"id\":\"123456789012345678901234567890\"");
    assert_variable("ID", "1.5", "variable \"$a\": expected type \"ID\", got a value of another kind");
}

static void coerce__keeps_the_language_s_scalars_apart(void **state) {
    assert_variable("Int", "2147483647", "");
    assert_variable("Int", "2.0", "");
    assert_variable("Int", "2147483648",
                    "variable \"$a\": expected type \"Int\", got a value of another kind");
    assert_variable("Int", "1e300", "variable \"$a\": expected type \"Int\", got a value of another kind");
    assert_variable("Int", "\"1\"", "variable \"$a\": expected type \"Int\", got a value of another kind");
    assert_variable("Float", "1", "");
    assert_variable("Float", "\"NaN\"",
                    "variable \"$a\": expected type \"Float\", got a value of another kind");
    assert_variable("String", "1", "variable \"$a\": expected type \"String\", got a value of another kind");
    assert_variable("Boolean", "1",
                    "variable \"$a\": expected type \"Boolean\", got a value of another kind");
    assert_variable("JSONString", "{}",
                    "variable \"$a\": expected type \"JSONString\", got a value of another kind");
    assert_variable(
        "DogCommand", "\"NOPE\"",
        "variable \"$a\": expected type \"DogCommand\", got a value that is not one of its names");
}

static void coerce__names_the_place_of_a_wrong_value(void **state) {
    assert_variable("Int!", "null", "variable \"$a\": expected type \"Int!\", got null");
    assert_variable("[Int!]", "[1, null]", "variable \"$a\": [1]: expected type \"Int!\", got null");
    assert_variable("Point", "[]",
                    "variable \"$a\": expected type \"Point\", got something that is not an object");
    assert_variable("Point", "{}",
                    "variable \"$a\": field \"x\" of type \"Point\" is required and was not given");
    assert_variable("Point", "{\"x\": 1, \"zz\": 1}",
                    "variable \"$a\": field \"zz\" of type \"Point\" is not defined");
    assert_variable(
        "Point", "{\"x\": 1, \"inner\": {\"x\": 2, \"tags\": [\"a\", 7]}}",
        "variable \"$a\": .inner.tags[1]: expected type \"String!\", got a value of another kind");
    assert_refused("query ($a: Int!) { dog { id } }", "variable \"$a\": expected type \"Int!\", got nothing");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(coerce__makes_a_list_of_a_single_value),
        TEST(coerce__leaves_out_what_is_bound_to_an_absent_variable),
        TEST(coerce__puts_null_for_an_absent_variable_in_a_list),
        TEST(coerce__ignores_variables_that_are_not_declared),
        TEST(coerce__fills_in_defaults),
        TEST(coerce__gives_custom_scalars_any_json),
        TEST(coerce__reads_ids_as_text),
        TEST(coerce__keeps_the_language_s_scalars_apart),
        TEST(coerce__names_the_place_of_a_wrong_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
