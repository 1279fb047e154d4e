/* test_names.c */
#include "base/hash.h"
#include "server/store/projects/names.h"
#include "tests/unit/base/fixture.h"

static void names__are_made_of_two_words_and_a_number(void **state) {
    assert_str(name_make_up(0, 12, false, *state), "amber-anchor-12");
    assert_str(name_make_up(0, 12, true, *state), "amber-sweep-12");
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(name_make_up(i * 4294967u, 1, false, *state).len > 6);
}

static void names__split_only_what_has_exactly_the_parts(void **state) {
    struct str parts[2];
    assert_true(name_split_storage_id(hash_base64(STR("X:v1:a:b"), *state), "X:v1:", parts, 2, *state));
    assert_str(parts[0], "a");
    assert_str(parts[1], "b");
    assert_false(name_split_storage_id(hash_base64(STR("X:v1:a"), *state), "X:v1:", parts, 2, *state));
    assert_false(name_split_storage_id(hash_base64(STR("X:v1:a:b:c"), *state), "X:v1:", parts, 2, *state));
    assert_false(name_split_storage_id(hash_base64(STR("X:v1::b"), *state), "X:v1:", parts, 2, *state));
    assert_false(name_split_storage_id(hash_base64(STR("Y:v1:a:b"), *state), "X:v1:", parts, 2, *state));
    assert_false(name_split_storage_id(STR("X:v1:a:b"), "X:v1:", parts, 2, *state));
}

static void names__may_be_in_any_language_but_not_ambiguous(void **state) {
    struct err err;
    (void)state;
    assert_int_equal(name_check(STR("\xE6\x97\xA5\xE6\x9C\xAC a-b_c.d"), "name", 128, &err), OK);
    assert_int_equal(name_check(STR("a#b"), "name", 128, &err), ERR_BAD_INPUT);
    assert_int_equal(name_check(STR("a\x7F"), "name", 128, &err), ERR_BAD_INPUT);
    assert_int_equal(name_check(STR("\xC3"), "name", 128, &err), ERR_BAD_INPUT);
    assert_int_equal(name_check(STR("abc"), "name", 2, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "name must have 1 to 2 bytes, got 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names__are_made_of_two_words_and_a_number),
        TEST(names__split_only_what_has_exactly_the_parts),
        TEST(names__may_be_in_any_language_but_not_ambiguous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
