/* test_usages.c */
#include "tests/unit/server/graphql/fixture.h"

static void usages__refuse_variables_that_are_not_declared(void **state) {
    assert_refused("{ need(number: $a) }", "variable \"$a\" is not declared");
    assert_refused("{ echo(any: {a: [$b]}) }", "variable \"$b\" is not declared");
    assert_refused("query ($a: Int) { dog { ...F } } fragment F on Dog { friends { ...G } } fragment G on "
                   "Pet { friends(first: $b) { id } }",
                   "variable \"$b\" is not declared");
    assert_refused("query A($x: Int) { dog { ...F } } query B { dog { ...F } } fragment F on Dog { "
                   "friends(first: $x) { id } }",
                   "variable \"$x\" is not declared");
    assert_accepted("{ dog { id } } fragment Unused on Dog { friends(first: $x) { id } }");
}

static void usages__refuse_variables_of_unknown_or_output_types(void **state) {
    assert_refused("query ($a: Nope) { dog { id } }", "type \"Nope\" is not defined");
    assert_refused("query ($a: [Dog!]) { dog { id } }", "variable \"$a\" cannot be of type \"Dog\"");
    assert_refused("query ($a: Int, $a: Int) { dog { id } }", "variable \"$a\" is declared twice");
    assert_refused("query ($a: Int = \"x\") { dog { id } }",
                   "expected type \"Int\", got a value of another kind");
}

static void usages__let_variables_stand_only_where_their_type_fits(void **state) {
    assert_refused("query ($a: String) { echo(number: $a) }",
                   "variable \"$a\" of type \"String\" cannot stand where type \"Int\" is expected");
    assert_refused("query ($a: [String]) { echo(texts: $a) }",
                   "variable \"$a\" of type \"[String]\" cannot stand where type \"[String!]\" is expected");
    assert_refused("query ($a: String) { echo(texts: $a) }",
                   "variable \"$a\" of type \"String\" cannot stand where type \"[String!]\" is expected");
    assert_refused("query ($a: ID) { pet(id: $a) { id } }",
                   "variable \"$a\" of type \"ID\" cannot stand where type \"ID!\" is expected");
    assert_accepted(
        "query ($a: [String!]! = [], $b: Int! = 1) { echo(texts: $a, number: $b, any: [$a, $b]) }");
}

/* need(number: Int! = 4): null is refused only when it comes. */
static void usages__let_a_nullable_variable_stand_where_a_default_is(void **state) {
    assert_data("query ($a: Int) { need(number: $a) }", NULL, "{\"need\":4}");
    assert_data("query ($a: Int = 6) { need(number: $a) }", "{}", "{\"need\":6}");
    assert_non_null(strstr(world_ask("query ($a: Int) { need(number: $a) }", "{\"a\": null}", *state),
                           "argument \\\"number\\\": expected type \\\"Int!\\\", got null"));
}

static void usages__stop_at_five_hundred_variables(void **state) {
    struct buf query = BUF_INIT(1 << 16);
    buf_append_str(&query, STR("query ("));
    for (int i = 0; i < 501; i++)
        buf_printf(&query, "$v%d: Int ", i);
    buf_append_str(&query, STR(") { dog { id } }"));
    buf_append_char(&query, '\0');
    assert_refused(query.ptr, "an operation declares more than 500 variables");
    buf_finish(&query);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(usages__refuse_variables_that_are_not_declared),
        TEST(usages__refuse_variables_of_unknown_or_output_types),
        TEST(usages__let_variables_stand_only_where_their_type_fits),
        TEST(usages__let_a_nullable_variable_stand_where_a_default_is),
        TEST(usages__stop_at_five_hundred_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
