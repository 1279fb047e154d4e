/* test_call.c */
#include "tests/unit/server/graphql/fixture.h"

static void call__finds_what_is_selected_at_any_depth(void **state) {
    assert_data("{ whoIfPets { name } }", NULL, "{\"whoIfPets\":null}");
    assert_data("{ whoIfPets { name pets { id } } }", NULL, "{\"whoIfPets\":null}");
    assert_data("{ whoIfPets { name pets(first: 0) { name } } }", NULL,
                "{\"whoIfPets\":{\"name\":\"Eva\",\"pets\":[]}}");
    assert_data("{ whoIfPets { name ... on Human { ...F } } } fragment F on Human { a: pets(first: 0) { ... "
                "{ b: name } } }",
                NULL, "{\"whoIfPets\":{\"name\":\"Eva\",\"a\":[]}}");
    assert_data("{ whoIfPets { name } whoIfPets { pets(first: 0) { name } } }", NULL,
                "{\"whoIfPets\":{\"name\":\"Eva\",\"pets\":[]}}");
    assert_data("{ whoIfPets { name pets(first: 0) { name @skip(if: true) } } }", NULL,
                "{\"whoIfPets\":null}");
}

static void call__reads_arguments_by_type(void **state) {
    assert_data("{ dog { a: knows(command: SIT) b: knows(command: DOWN) friends(first: 1) { name } } }", NULL,
                "{\"dog\":{\"a\":true,\"b\":false,\"friends\":[{\"name\":\"Ada\"}]}}");
    assert_data("{ dog { friends(first: null) { name } } }", NULL, "{\"dog\":{\"friends\":[]}}");
    assert_data("mutation { make(input: {x: 1, label: \"l\"}) }", NULL, "{\"make\":\"l\"}");
    assert_data("mutation { make(input: {x: 1}) }", NULL, "{\"make\":null}");
}

static void call__answers_objects_of_interfaces_and_unions(void **state) {
    assert_data("{ pet(id: 3) { __typename } catOrDog(id: 1) { __typename } none: pet(id: 9) { id } }", NULL,
                "{\"pet\":{\"__typename\":\"Cat\"},\"catOrDog\":{\"__typename\":\"Dog\"},\"none\":null}");
}

static void call__writes_raw_scalars_as_they_are(void **state) {
    assert_data("{ numbers dog { nickname } }", NULL,
                "{\"numbers\":[1,null,[2.5]],\"dog\":{\"nickname\":\"Rexy\"}}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(call__finds_what_is_selected_at_any_depth),
        TEST(call__reads_arguments_by_type),
        TEST(call__answers_objects_of_interfaces_and_unions),
        TEST(call__writes_raw_scalars_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
