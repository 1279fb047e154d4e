/* test_sdl.c */
#include "server/graphql/sdl.h"
#include "tests/unit/base/fixture.h"

static struct gql_schema *read(const char *text, struct arena *arena) {
    struct gql_schema *schema = ARENA_NEW(arena, struct gql_schema);
    struct err err = { 0 };

    schema->arena = arena;
    schema->by_name = map_create(NULL);
    if (gql_sdl_read(schema, text, false, &err) != OK)
        fail_msg("%s", err.message);
    return schema;
}

static void assert_bad(const char *text, const char *message, struct arena *arena) {
    struct gql_schema *schema = ARENA_NEW(arena, struct gql_schema);
    struct err err = { 0 };

    schema->arena = arena;
    schema->by_name = map_create(NULL);
    assert_int_equal(gql_sdl_read(schema, text, false, &err), ERR_INTERNAL);
    if (strstr(err.message, message) == NULL)
        fail_msg("%s", err.message);
    map_destroy(schema->by_name);
}

static void sdl__reads_all_kinds_of_definitions(void **state) {
    struct gql_schema *schema = read(
        "\"A day.\" scalar Date # comment\n enum E { A \"b\" B @deprecated C @deprecated(reason: \"r\") } "
        "input I { \"x\" x: [Int!]! = [1], y: I @deprecated } union U = | A | B union V=C",
        *state);
    const struct gql_named *e = gql_type_find(schema, STR("E")), *i = gql_type_find(schema, STR("I")),
                           *u = gql_type_find(schema, STR("U"));

    assert_int_equal(schema->type_count, 5);
    assert_str(gql_type_find(schema, STR("Date"))->doc, "A day.");
    assert_int_equal(e->value_count, 3);
    assert_str(e->values[1].doc, "b");
    assert_null(e->values[0].deprecated.ptr);
    assert_str(e->values[1].deprecated, "No longer supported");
    assert_str(e->values[2].deprecated, "r");
    assert_str(gql_type_ref_text(i->inputs.items[0].type, *state), "[Int!]!");
    assert_int_equal(i->inputs.items[0].default_value->kind, GQL_VALUE_LIST);
    assert_str(i->inputs.items[1].deprecated, "No longer supported");
    assert_int_equal(u->member_count, 2);
    assert_str(u->member_names[1], "B");
    map_destroy(schema->by_name);
}

static void sdl__refuses_what_it_does_not_know(void **state) {
    assert_bad("type T { a: Int }", "expected scalar, enum, input or union, found \"type\"", *state);
    assert_bad("enum E { A A }", "enum value \"A\" is defined twice", *state);
    assert_bad("input I { a: Int a: Int }", "\"a\" is defined twice", *state);
    assert_bad("input I { a: Int @nope }", "unknown directive \"@nope\"", *state);
    assert_bad("input I { a: Int @deprecated @deprecated }", "unknown directive \"@deprecated\"", *state);
    assert_bad("input I { a: Int = $v }", "a variable cannot stand in a constant value", *state);
    assert_bad("union U", "expected '='", *state);
    assert_bad("scalar", "expected a name", *state);
    assert_bad("scalar A scalar A", "type \"A\" is defined twice", *state);
}

static void sdl__reads_arguments_of_fields(void **state) {
    struct gql_input_list list;
    struct err err = { 0 };

    assert_int_equal(
        gql_sdl_read_arguments(&list, "first: Int = 50, \"where\" after: String, ids: [ID!]!", *state, &err),
        OK);
    assert_int_equal(list.count, 3);
    assert_str(list.items[0].default_value->text, "50");
    assert_str(list.items[1].doc, "where");
    assert_true(gql_input_is_required(&list.items[2]));
    assert_false(gql_input_is_required(&list.items[0]));
    assert_int_equal(gql_sdl_read_arguments(&list, "", *state, &err), OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(gql_sdl_read_arguments(&list, "(first: Int)", *state, &err), ERR_INTERNAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sdl__reads_all_kinds_of_definitions),
        TEST(sdl__refuses_what_it_does_not_know),
        TEST(sdl__reads_arguments_of_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
