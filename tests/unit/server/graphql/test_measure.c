/* test_measure.c */
#include "tests/unit/server/graphql/fixture.h"

static const struct gql_limits small = {
    .depth = 5, .document_bytes = 4096, .field_count = 20, .cost = 100, .response_bytes = 4096, .memory_bytes = 1 << 20,
    .time_ms = 60000
};

static void assert_refused_within(const char *query, const char *message, struct arena *arena) {
    const char *answer = world_ask_within(query, NULL, &small, arena);
    assert_memory_equal(answer, "400", 3);
    if (strstr(answer, message) == NULL)
        fail_msg("%s", answer);
}

static void measure__finds_fragments_that_contain_themselves(void **state) {
    assert_refused("{ dog { ...F } } fragment F on Dog { ...F }", "fragment \"F\" contains itself");
    assert_refused(
        "{ dog { id } } fragment F on Pet { friends { ...G } } fragment G on Pet { ... on Dog { ...F } }",
        "fragment \"F\" contains itself");
    assert_accepted("{ dog { ...F ...F } } fragment F on Dog { ...G } fragment G on Dog { id }");
}

static void measure__counts_depth_through_fragments(void **state) {
    assert_refused_within(
        "{ human { ...A } } fragment A on Human { self { ...B } } fragment B on Human { self { name } }",
        "nested deeper than 5 levels", *state);
    assert_memory_equal(
        world_ask_within("{ human { ...A } } fragment A on Human { self { name } }", NULL, &small, *state),
        "200", 3);
}

/* Each fragment was measured from where it stands first; where it stands deeper, the sum counts. */
static void measure__adds_up_where_a_measured_fragment_stands_deep(void **state) {
    assert_refused_within(
        "{ a: human { ...F } human { self { self { ...F } } } } fragment F on Human { self { name } }",
        "nested deeper than 5 levels", *state);
}

static void measure__counts_fields_as_if_fragments_were_written_out(void **state) {
    assert_refused_within("{ human { ...A ...A ...A } } fragment A on Human { ...B ...B ...B } fragment B on "
                          "Human { a: name b: name c: name }",
                          "more than 20 fields", *state);
    assert_memory_equal(world_ask_within("{ human { ...A ...A } } fragment A on Human { ...B ...B ...B } "
                                         "fragment B on Human { a: name b: name c: name }",
                                         NULL, &small, *state),
                        "200", 3);
}

/* Written out, this would be 2^60 fields. */
static void measure__survives_fragments_that_double(void **state) {
    struct gql_limits deep = small;
    struct buf query = BUF_INIT(1 << 16);

    deep.depth = 100;
    buf_append_str(&query, STR("{ human { ...F0 } } "));
    for (int i = 0; i < 60; i++)
        buf_printf(&query, "fragment F%d on Human { ...F%d ...F%d } ", i, i + 1, i + 1);
    buf_append_str(&query, STR("fragment F60 on Human { name }"));
    buf_append_char(&query, '\0');
    assert_non_null(strstr(world_ask_within(query.ptr, NULL, &deep, *state), "more than 20 fields"));
    buf_finish(&query);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(measure__finds_fragments_that_contain_themselves),
        TEST(measure__counts_depth_through_fragments),
        TEST(measure__adds_up_where_a_measured_fragment_stands_deep),
        TEST(measure__counts_fields_as_if_fragments_were_written_out),
        TEST(measure__survives_fragments_that_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
