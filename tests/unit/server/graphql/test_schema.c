/* test_schema.c */
#include "tests/unit/server/graphql/fixture.h"

#include "server/graphql/types.h"

static enum err_code answer(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code may_ask(struct gql_call *call, int who, const struct gql_type *type, struct err *err) {
    (void)call;
    (void)who;
    (void)type;
    (void)err;
    return OK;
}

#define ROW(name, args, type) { name, args, type, 1, answer, NULL }

static const struct gql_field query_rows[] = { ROW("a", "", "Int") };
static const struct gql_type query = GQL_TYPE("Query", query_rows);
static const struct gql_field node_rows[] = { ROW("id", "x: Int", "ID!") };
static const struct gql_type node = GQL_INTERFACE_TYPE("Node", node_rows);

/* The message that a schema with one more type and some SDL is refused with; "" when it is not. */
static const char *refusal(const struct gql_type *more, const char *sdl, struct arena *arena) {
    const struct gql_type *types[] = { &query, &node, more };
    const struct gql_schema_parts parts = {
        .types = types, .type_count = more == NULL ? 2 : 3, .sdl = sdl, .may_ask = may_ask
    };
    struct gql_schema *schema = NULL;
    struct err err = { 0 };

    if (gql_schema_create(&schema, &parts, &err) == OK) {
        gql_schema_destroy(schema);
        return "";
    }
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_null(schema);
    return arena_copy_c(arena, str_from_c(err.message));
}

#define assert_table_refused(message, ...)                                                                   \
    do {                                                                                                     \
        static const struct gql_field rows[] = { __VA_ARGS__ };                                              \
        static const struct gql_type table = GQL_TYPE("T", rows);                                            \
        assert_string_equal(refusal(&table, "input I { x: Int }", *state), "the GraphQL schema: " message);  \
    } while (0)

#define assert_object_refused(message, ...)                                                                  \
    do {                                                                                                     \
        static const struct gql_field rows[] = { __VA_ARGS__ };                                              \
        static const struct gql_type table = GQL_TYPE_IMPLEMENTS("T", rows, "Node");                         \
        assert_string_equal(refusal(&table, "", *state), "the GraphQL schema: " message);                    \
    } while (0)

static void schema__refuses_rows_that_contradict_themselves(void **state) {
    assert_table_refused("type \"T\": field \"a\" is not in its place: rows are sorted by name",
                         ROW("b", "", "Int"), ROW("a", "", "Int"));
    assert_table_refused("type \"T\": field \"a\" is not in its place: rows are sorted by name",
                         ROW("a", "", "Int"), ROW("a", "", "Int"));
    assert_table_refused("type \"T\": field \"a\": nobody is said to be allowed to ask",
                         { "a", "", "Int", 0, answer, NULL });
    assert_table_refused("type \"T\": field \"a\": nothing answers", { "a", "", "Int", 1, NULL, NULL });
    assert_table_refused("type \"T\": field \"a\": type \"Nope\" is not defined", ROW("a", "", "[Nope!]"));
    assert_table_refused("type \"T\": field \"a\": type \"Nope\" is not defined", ROW("a", "x: Nope", "Int"));
    assert_table_refused("type \"T\": field \"a\": \"x\" must be a scalar, an enum or an input",
                         ROW("a", "x: Query", "Int"));
    assert_table_refused("type \"T\": field \"a\": a field cannot be of an input type", ROW("a", "", "I"));
    assert_table_refused("type \"T\": field \"a\": lists of lists of objects are not supported",
                         ROW("a", "", "[[Query]]"));
    assert_table_refused(
        "type \"T\": field \"a\": in \"[Int\": syntax error: expected ']', found the end of the document",
        ROW("a", "", "[Int"));
    assert_table_refused(
        "type \"T\": field \"a\": in \"x Int\": syntax error: expected ':', found a name \"Int\"",
        ROW("a", "x Int", "Int"));
    assert_table_refused(
        "type \"T\": field \"a\": default of \"x\": expected type \"Int\", got a value of another kind",
        ROW("a", "x: Int = \"y\"", "Int"));
}

static void schema__refuses_unfulfilled_interfaces(void **state) {
    assert_object_refused("type \"T\": interface \"Node\": field \"id\" is missing", ROW("a", "", "Int"));
    assert_object_refused("type \"T\": interface \"Node\": field \"id\" is of another type",
                          ROW("id", "x: Int", "ID"));
    assert_object_refused(
        "type \"T\": interface \"Node\": argument \"x\" of field \"id\" is missing or of another type",
        ROW("id", "", "ID!"));
    assert_object_refused(
        "type \"T\": interface \"Node\": argument \"y\" of field \"id\" must not be required",
        ROW("id", "x: Int, y: Int!", "ID!"));

    static const struct gql_type wrong = GQL_TYPE_IMPLEMENTS("T", query_rows, "Query");
    assert_string_equal(refusal(&wrong, "", *state),
                        "the GraphQL schema: type \"T\": \"Query\" is not an interface");
}

static void schema__refuses_wrong_definitions(void **state) {
    assert_string_equal(refusal(NULL, "union U = Query | Node", *state),
                        "the GraphQL schema: type \"U\": member \"Node\" is not an object type");
    assert_string_equal(refusal(NULL, "union U = Query | Query", *state),
                        "the GraphQL schema: type \"U\": member \"Query\" stands twice");
    assert_string_equal(refusal(NULL, "scalar Query", *state),
                        "the GraphQL schema: type \"Query\" is defined twice");
    assert_string_equal(refusal(NULL, "scalar __X", *state),
                        "the GraphQL schema: type \"__X\" has a name that is reserved");
    assert_string_equal(refusal(NULL, "enum E {}", *state),
                        "the GraphQL schema: type \"E\": it has no values");
    assert_string_equal(refusal(NULL, "input I {}", *state),
                        "the GraphQL schema: type \"I\": it has no fields");
    assert_string_equal(refusal(NULL, "input I { x: Node }", *state),
                        "the GraphQL schema: type \"I\": \"x\" must be a scalar, an enum or an input");
    assert_string_equal(refusal(NULL, "scalar Date", *state), "");
}

static void schema__needs_a_query_type(void **state) {
    const struct gql_schema_parts parts = { .sdl = "scalar Date", .may_ask = may_ask };
    struct gql_schema *schema;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(gql_schema_create(&schema, &parts, &err), ERR_INTERNAL);
    assert_string_equal(err.message, "the GraphQL schema: there is no type \"Query\"");
}

static void schema__fills_defaults_inside_defaults(void **state) {
    static const struct gql_field rows[] = { ROW("a", "x: I = {}", "Int") };
    static const struct gql_type table = GQL_TYPE("T", rows);
    const struct gql_type *types[] = { &query, &table };
    const struct gql_schema_parts parts = { .types = types,
                                            .type_count = 2,
                                            .sdl = "input I { y: J = {} } input J { z: Int = 7 }",
                                            .may_ask = may_ask };
    struct gql_schema *schema;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(gql_schema_create(&schema, &parts, &err), OK);
    const struct json_value *x = gql_type_find(schema, STR("T"))->fields[0].args.items[0].default_json;
    assert_int_equal(json_get_int(json_get(x, STR("y")), STR("z"), 0), 7);
    gql_schema_destroy(schema);
}

static void schema__keeps_nothing_of_the_text_it_was_made_from(void **state) {
    char sdl[] = "enum Colour { RED }";
    const struct gql_type *types[] = { &query };
    const struct gql_schema_parts parts = { .types = types, .type_count = 1, .sdl = sdl, .may_ask = may_ask };
    struct gql_schema *schema;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(gql_schema_create(&schema, &parts, &err), OK);
    memset(sdl, 'x', sizeof sdl - 1);
    assert_str(gql_type_find(schema, STR("Colour"))->values[0].name, "RED");
    gql_schema_destroy(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(schema__refuses_rows_that_contradict_themselves),
        TEST(schema__refuses_unfulfilled_interfaces),
        TEST(schema__refuses_wrong_definitions),
        TEST(schema__needs_a_query_type),
        TEST(schema__fills_defaults_inside_defaults),
        TEST(schema__keeps_nothing_of_the_text_it_was_made_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
