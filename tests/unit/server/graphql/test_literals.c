/* test_literals.c */
#include "tests/unit/server/graphql/fixture.h"

static void literals__refuse_unknown_missing_and_repeated_arguments(void **state) {
    assert_refused("{ dog { name(x: 1) } }", "argument \"x\" is not defined by field \"Dog.name\"");
    assert_refused("{ pet { name } }", "argument \"id\" of field \"Query.pet\" is required");
    assert_refused("{ pet(id: 1, id: 1) { name } }", "argument \"id\" is given twice");
    assert_refused("{ need(number: null) }", "expected type \"Int!\", got null");
    assert_accepted("{ need }"); /* required by type, but it has a default */
}

static void literals__must_be_of_the_type_of_their_place(void **state) {
    assert_refused("{ echo(number: 2147483648) }", "expected type \"Int\", got a value of another kind");
    assert_refused("{ echo(number: 1.0) }", "expected type \"Int\", got a value of another kind");
    assert_refused("{ echo(text: 1) }", "expected type \"String\", got a value of another kind");
    assert_refused("{ echo(text: SIT) }", "expected type \"String\", got a value of another kind");
    assert_refused("{ echo(yes: \"true\") }", "expected type \"Boolean\", got a value of another kind");
    assert_refused("{ echo(json: {}) }", "expected type \"JSONString\", got a value of another kind");
    assert_refused("{ echo(choice: \"SIT\") }",
                   "expected type \"DogCommand\", got a value that is not one of its names");
    assert_refused("{ echo(choices: [SIT, NOPE]) }",
                   "expected type \"DogCommand!\", got a value that is not one of its names");
    assert_refused("{ echo(texts: [null]) }", "expected type \"String!\", got null");
    assert_refused("{ echo(number: [1]) }", "expected type \"Int\", got a value of another kind");
}

static void literals__of_input_types_are_checked_by_field(void **state) {
    assert_refused("{ echo(input: {}) }", "field \"x\" of type \"Point\" is required");
    assert_refused("{ echo(input: {x: 1, zz: 2}) }", "field \"zz\" is not defined by type \"Point\"");
    assert_refused("{ echo(input: {x: 1, x: 2}) }", "field \"x\" is given twice");
    assert_refused("{ echo(input: {x: 1, inner: {x: \"1\"}}) }",
                   "expected type \"Int!\", got a value of another kind");
    assert_refused("{ echo(input: 7) }", "expected type \"Point\", got something that is not an object");
    assert_refused("{ echo(any: {a: {b: 1, b: 2}}) }", "field \"b\" is given twice");
}

static void literals__let_only_skip_and_include_stand_at_selections(void **state) {
    assert_refused("{ dog { name @nope } }", "directive \"@nope\" is not defined");
    assert_refused("{ dog { name @skip } }", "argument \"if\" of directive \"@skip\" is required");
    assert_refused("{ dog { name @include(if: 1) } }",
                   "expected type \"Boolean!\", got a value of another kind");
    assert_refused("{ dog { name @skip(if: true) @skip(if: true) } }", "directive \"@skip\" is given twice");
    assert_refused("query @skip(if: true) { dog { name } }", "directive \"@skip\" cannot stand here");
    assert_refused("{ dog { ...F } } fragment F on Dog @include(if: true) { name }",
                   "directive \"@include\" cannot stand here");
    assert_accepted("{ dog { name @skip(if: false) @include(if: true) ... @skip(if: true) { id } } }");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(literals__refuse_unknown_missing_and_repeated_arguments),
        TEST(literals__must_be_of_the_type_of_their_place),
        TEST(literals__of_input_types_are_checked_by_field),
        TEST(literals__let_only_skip_and_include_stand_at_selections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
