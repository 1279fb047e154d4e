/* test_column.c - one key's values: joined types, texts of values, names. */
#include "server/history/column.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void column__joins_types_to_the_narrowest_that_holds_both(void **state) {
    (void)state;
    const enum history_type types[] = { HISTORY_INT, HISTORY_DOUBLE, HISTORY_BOOL, HISTORY_STRING, HISTORY_JSON };

    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 5; k++) {
            bool both_numbers = i < 2 && k < 2;
            enum history_type expected = i == k ? types[i] : both_numbers ? HISTORY_DOUBLE : HISTORY_JSON;
            assert_int_equal(column_join_types(types[i], types[k]), expected);
        }
}

static void column__knows_which_integers_a_double_holds(void **state) {
    (void)state;
    assert_true(int_fits_double(1LL << 53) && int_fits_double(-(1LL << 53)));
    assert_false(int_fits_double((1LL << 53) + 1) || int_fits_double(-(1LL << 53) - 1) || int_fits_double(INT64_MIN));
}

static void column__finds_the_first_place_from_a_row_on(void **state) {
    const uint32_t rows[] = { 2, 5, 5, 9 };
    const struct {
        uint32_t row, place;
    } cases[] = { { 0, 0 }, { 2, 0 }, { 3, 1 }, { 5, 1 }, { 6, 3 }, { 9, 3 }, { 10, 4 }, { UINT32_MAX, 4 } };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(column_lower_bound(rows, 4, cases[i].row), cases[i].place);
    assert_int_equal(column_lower_bound(NULL, 0, 7), 0);
}

static void expect_json(enum history_type type, union value value, const char *text, enum json_flags flags, const char *expected) {
    struct column column = { .type = type, .count = 1, .values = &value, .text = text };
    struct buf out = BUF_INIT(1024);

    column_value_to_json(&out, &column, 0, flags);
    assert_true(str_eq_c(buf_str(&out), expected));
    buf_finish(&out);
}

static void column__writes_each_type_as_json(void **state) {
    (void)state;
    expect_json(HISTORY_INT, (union value){ .integer = INT64_MIN }, NULL, JSON_STRICT, "-9223372036854775808");
    expect_json(HISTORY_DOUBLE, (union value){ .number = -0.0 }, NULL, JSON_STRICT, "-0.0");
    expect_json(HISTORY_BOOL, (union value){ .integer = 1 }, NULL, JSON_STRICT, "true");
    expect_json(HISTORY_BOOL, (union value){ .integer = 0 }, NULL, JSON_STRICT, "false");
    expect_json(HISTORY_STRING, (union value){ .text = { 1, 3 } }, "xa\"\nx", JSON_STRICT, "\"a\\\"\\n\"");
    expect_json(HISTORY_JSON, (union value){ .text = { 0, 7 } }, "[1, {}]", JSON_STRICT, "[1, {}]");
}

static void column__quotes_what_is_not_finite_for_strict_readers_only(void **state) {
    static const char mixed[] = "[NaN,{\"NaN\":-Infinity},\"NaN\",Infinity]";
    (void)state;
    expect_json(HISTORY_DOUBLE, (union value){ .number = -INFINITY }, NULL, JSON_STRICT, "\"-Infinity\"");
    expect_json(HISTORY_DOUBLE, (union value){ .number = NAN }, NULL, JSON_EXTENDED, "NaN");
    expect_json(HISTORY_JSON, (union value){ .text = { 0, sizeof(mixed) - 1 } }, mixed, JSON_EXTENDED, mixed);
    expect_json(HISTORY_JSON, (union value){ .text = { 0, sizeof(mixed) - 1 } }, mixed, JSON_STRICT,
                "[\"NaN\",{\"NaN\":\"-Infinity\"},\"NaN\",\"Infinity\"]");
}

static void column__shows_nested_keys_with_dots_and_tells_them_apart(void **state) {
    struct arena *arena = arena_create();
    (void)state;
    assert_true(str_eq_c(path_to_name(STR("a\xff" "b.c"), arena), "a.b.c"));
    assert_true(path_matches(STR("a\xff" "b"), STR("a.b")));
    assert_true(path_matches(STR("a.b"), STR("a.b")));
    assert_false(path_matches(STR("a.b"), STR("a\xff" "b")));
    assert_false(path_matches(STR("a\xff" "b"), STR("a.b.c")));
    assert_false(path_matches(STR("a\xff" "b"), STR("a_b")));
    arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(column__joins_types_to_the_narrowest_that_holds_both),
        cmocka_unit_test(column__knows_which_integers_a_double_holds),
        cmocka_unit_test(column__finds_the_first_place_from_a_row_on),
        cmocka_unit_test(column__writes_each_type_as_json),
        cmocka_unit_test(column__quotes_what_is_not_finite_for_strict_readers_only),
        cmocka_unit_test(column__shows_nested_keys_with_dots_and_tells_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
