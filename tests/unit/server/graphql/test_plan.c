/* test_plan.c */
#include "tests/unit/server/graphql/fixture.h"

static void plan__expands_fragments_by_the_object_s_type(void **state) {
    assert_data("{ pets(first: 3) { id ... on Dog { bark: barkVolume } ...C ... on Pet { name } } } fragment "
                "C on Cat { meowVolume }",
                NULL,
                "{\"pets\":[{\"id\":\"1\",\"bark\":7,\"name\":\"Rex\"},{\"id\":\"2\",\"bark\":3,\"name\":"
                "\"Ada\"},{\"id\":\"3\",\"meowVolume\":5,\"name\":\"Tom \\\"the cat\\\"\"}]}");
    assert_data("{ catOrDog(id: 4) { ... on Dog { name } ... on Cat { id } } }", NULL,
                "{\"catOrDog\":{\"id\":\"4\"}}");
}

/* Cat.friends gives two by default, Pet.friends ten. */
static void plan__asks_the_object_s_own_field_where_an_interface_s_was_meant(void **state) {
    assert_data("{ pet(id: 3) { friends { id } } }", NULL,
                "{\"pet\":{\"friends\":[{\"id\":\"1\"},{\"id\":\"2\"}]}}");
}

static void plan__obeys_skip_and_include(void **state) {
    const char *query = "query ($yes: Boolean!, $no: Boolean = false) { dog { a: id @include(if: $yes) b: id "
                        "@include(if: $no) c: id @skip(if: $yes) d: id @skip(if: $no) ... @skip(if: $yes) { "
                        "e: id } ...F @include(if: $no) } } fragment F on Dog { f: id }";
    assert_string_equal(world_ask(query, "{\"yes\": true}", *state),
                        "200 {\"data\":{\"dog\":{\"a\":\"1\",\"d\":\"1\"}}}");
    assert_data("{ dog { id @skip(if: true) } }", NULL, "{\"dog\":{}}");
    assert_data("{ dog { id @skip(if: true) @include(if: true) name @skip(if: false) @include(if: false) } }",
                NULL, "{\"dog\":{}}");
}

static void plan__merges_selections_of_one_key_where_the_first_stands(void **state) {
    assert_data(
        "{ dog { owner { name } id owner { pets(first: 1) { id } } ...F } } fragment F on Dog { owner { "
        "pets(first: 1) { name } } }",
        NULL,
        "{\"dog\":{\"owner\":{\"name\":\"Eva\",\"pets\":[{\"id\":\"1\",\"name\":\"Rex\"}]},\"id\":\"1\"}}");
}

/* Past 16 keys a table takes over from the walk. */
static void plan__finds_the_key_among_many(void **state) {
    struct buf query = BUF_INIT(1 << 16), expected = BUF_INIT(1 << 16);
    buf_append_str(&query, STR("{ dog {"));
    for (int i = 0; i < 100; i++)
        buf_printf(&query, " k%d: id", i % 50);
    buf_append_str(&query, STR(" } }"));
    buf_append_char(&query, '\0');
    buf_append_str(&expected, STR("200 {\"data\":{\"dog\":{"));
    for (int i = 0; i < 50; i++)
        buf_printf(&expected, "%s\"k%d\":\"1\"", i == 0 ? "" : ",", i);
    buf_append_str(&expected, STR("}}}"));
    buf_append_char(&expected, '\0');
    assert_string_equal(world_ask(query.ptr, NULL, *state), expected.ptr);
    buf_finish(&query);
    buf_finish(&expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(plan__expands_fragments_by_the_object_s_type),
        TEST(plan__asks_the_object_s_own_field_where_an_interface_s_was_meant),
        TEST(plan__obeys_skip_and_include),
        TEST(plan__merges_selections_of_one_key_where_the_first_stands),
        TEST(plan__finds_the_key_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
