/* test_merge.c */
#include "tests/unit/server/graphql/fixture.h"

static void merge__refuses_two_fields_under_one_key(void **state) {
    assert_refused("{ dog { a: name a: id } }",
                   "fields \"a\" conflict: they are different fields; give one of them an alias");
    assert_refused("{ dog { friends(first: 1) { id } friends(first: 2) { id } } }",
                   "fields \"friends\" conflict: their arguments differ; give one of them an alias");
    assert_refused("{ dog { friends { id } friends(first: 10) { id } } }",
                   "fields \"friends\" conflict: their arguments differ; give one of them an alias");
    assert_refused("{ dog { x: name } dog { x: id } }",
                   "fields \"x\" conflict: they are different fields; give one of them an alias");
    assert_refused("{ pet(id: 1) { x: name ... on Dog { x: nickname } } }",
                   "fields \"x\" conflict: they are different fields; give one of them an alias");
    assert_refused("{ dog { id } } fragment Unused on Dog { a: name a: id }",
                   "fields \"a\" conflict: they are different fields; give one of them an alias");
}

static void merge__joins_equal_fields(void **state) {
    assert_data("{ dog { id } dog { name id } }", NULL, "{\"dog\":{\"id\":\"1\",\"name\":\"Rex\"}}");
    assert_accepted("{ dog { friends(first: 1) { id } friends(first: 1) { name } } }");
    assert_accepted("query ($n: Int) { dog { friends(first: $n) { id } friends(first: $n) { name } } }");
    assert_accepted("{ echo(any: {a: [1], b: \"x\"}) echo(any: {b: \"x\", a: [1]}) }");
    assert_refused("{ echo(any: [1, 2]) echo(any: [1]) }",
                   "fields \"echo\" conflict: their arguments differ; give one of them an alias");
    assert_refused("{ echo(text: \"1\") echo(text: \"2\") }",
                   "fields \"echo\" conflict: their arguments differ; give one of them an alias");
}

static void merge__lets_different_object_types_differ_in_all_but_shape(void **state) {
    assert_accepted("{ pet(id: 1) { ... on Dog { v: barkVolume } ... on Cat { v: meowVolume } } }");
    assert_refused("{ pet(id: 1) { ... on Dog { v: name } ... on Cat { v: meowVolume } } }",
                   "fields \"v\" conflict: their types differ; give one of them an alias");
    assert_refused("{ pet(id: 1) { ... on Dog { nickname } ... on Cat { nickname } } }",
                   "fields \"nickname\" conflict: their types differ; give one of them an alias");
    assert_refused(
        "{ pet(id: 1) { ... on Dog { f: owner { n: name } } ... on Cat { f: friends { n: name } } } }",
        "fields \"f\" conflict: their types differ; give one of them an alias");
}

static void merge__looks_below_joined_fields(void **state) {
    assert_accepted(
        "{ pet(id: 1) { ... on Dog { f: friends { i: id } } ... on Cat { f: friends { i: id } } } }");
    assert_refused("{ pet(id: 1) { ... on Dog { f: friends { i: id } } f: friends { i: name } } }",
                   "fields \"i\" conflict: they are different fields; give one of them an alias");
}

/* Without a budget this would take 2^30 steps. */
static void merge__gives_up_on_documents_that_multiply(void **state) {
    struct buf query = BUF_INIT(1 << 16);
    buf_append_str(&query, STR("{ pet(id: 1) { ...F0 } } "));
    for (int i = 0; i < 25; i++)
        buf_printf(&query,
                   "fragment F%d on Pet { ... on Dog { x: friends { id } } ... on Cat { x: friends { id } } "
                   "x: friends { ...F%d } } ",
                   i, i + 1);
    buf_append_str(&query, STR("fragment F25 on Pet { name }"));
    buf_append_char(&query, '\0');
    assert_refused(query.ptr, "the document's fields overlap in too many ways");
    buf_finish(&query);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(merge__refuses_two_fields_under_one_key),
        TEST(merge__joins_equal_fields),
        TEST(merge__lets_different_object_types_differ_in_all_but_shape),
        TEST(merge__looks_below_joined_fields),
        TEST(merge__gives_up_on_documents_that_multiply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
