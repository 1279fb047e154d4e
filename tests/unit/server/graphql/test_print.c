/* test_print.c */
#include "server/graphql/print.h"
#include "server/graphql/parser.h"
#include "tests/unit/server/graphql/fixture.h"

static const char *printed(const char *value, struct arena *arena) {
    struct gql_parser parser;
    struct gql_value parsed = { 0 };
    struct buf out = BUF_INIT(1 << 16);
    struct err err = { 0 };

    assert_int_equal(gql_parser_begin(&parser, str_from_c(value), arena, &err), OK);
    assert_int_equal(gql_parser_value(&parser, &parsed, true), OK);
    gql_value_print(&parsed, &out);
    const char *text = arena_copy_c(arena, buf_str(&out));
    buf_finish(&out);
    return text;
}

static void print__writes_values_as_graphql(void **state) {
    assert_string_equal(printed("{a:[1 -2.5e3 true null E],b:{}, c:[]}", *state),
                        "{a: [1, -2.5e3, true, null, E], b: {}, c: []}");
    assert_string_equal(printed("\"a\\\"\\u0041\\n\"", *state), "\"a\\\"A\\n\"");
    assert_string_equal(printed("\"\"\"\n  a\n   b\"\"\"", *state), "\"a\\n b\"");
}

static void print__writes_types_in_order_without_the_language_s_own(void **state) {
    struct gql_schema *schema = world_schema();
    struct buf out = BUF_INIT(1 << 20);

    gql_schema_print(schema, &out);
    const char *text = arena_copy_c(*state, buf_str(&out));
    assert_memory_equal(
        text, "type Cat implements Pet {\n  friends(first: Int = 2, \"Only these.\" kind: String): [Pet!]\n",
        86);
    assert_non_null(strstr(text, "\nunion CatOrDog = Cat | Dog\n\ntype Dog implements Pet {"));
    assert_non_null(strstr(text, "\n\"What a dog may know.\"\nenum DogCommand {\n  SIT\n  \"Lie down.\"\n  "
                                 "DOWN\n  HEEL\n  ROLL @deprecated(reason: \"undignified\")\n}\n"));
    assert_non_null(strstr(text, "  \"One pet, by its id.\"\n  pet(\"Which.\" id: ID!): Pet\n"));
    assert_non_null(strstr(text, "interface Pet {\n"));
    assert_non_null(strstr(text, "  y: Int = 7\n"));
    assert_null(strstr(text, "__Type"));
    assert_null(strstr(text, "scalar Int\n"));
    buf_finish(&out);
    gql_schema_destroy(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(print__writes_values_as_graphql),
        TEST(print__writes_types_in_order_without_the_language_s_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
