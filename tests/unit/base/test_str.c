/* test_str.c */
#include "base/str.h"
#include "tests/unit/base/fixture.h"

static const struct str null_str = { NULL, 0 };

static void str__compares_by_bytes(void **state) {
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_eq(null_str, STR_EMPTY));
    assert_true(str_eq_c(STR("x"), "x"));
    assert_true(str_eq_c(STR_EMPTY, NULL));
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("b"), STR("a")) > 0);
    assert_true(str_compare(STR("a"), STR("ab")) < 0);
    assert_true(str_compare(STR("\xFF"), STR("a")) > 0);
    assert_int_equal(str_compare(null_str, STR_EMPTY), 0);
}

static void str__ignores_the_case_of_ascii_only(void **state) {
    (void)state;
    assert_true(str_eq_ignore_case(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_ignore_case(STR("\xC3\x84"), STR("\xC3\xA4")));
    assert_false(str_eq_ignore_case(STR("@"), STR("`")));
    assert_false(str_eq_ignore_case(STR("["), STR("{")));
    assert_false(str_eq_ignore_case(STR("a"), STR("aa")));
}

static void str__finds_prefixes_suffixes_and_parts(void **state) {
    (void)state;
    assert_true(str_starts_with(STR("abc"), STR("ab")));
    assert_true(str_starts_with(STR("abc"), STR_EMPTY));
    assert_false(str_starts_with(STR("a"), STR("ab")));
    assert_true(str_ends_with(STR("abc"), STR("bc")));
    assert_true(str_ends_with(STR("abc"), STR_EMPTY));
    assert_false(str_ends_with(STR("c"), STR("bc")));
    assert_true(str_contains(STR("abc"), STR("b")));
    assert_true(str_contains(null_str, STR_EMPTY));
    assert_false(str_contains(null_str, STR("x")));
    assert_false(str_contains(STR("abc"), STR("ac")));
}

static void str__cuts_to_what_is_there(void **state) {
    (void)state;
    assert_str(str_from(STR("abc"), 1), "bc");
    assert_str(str_from(STR("abc"), 3), "");
    assert_str(str_from(STR("abc"), SIZE_MAX), "");
    assert_str(str_slice(STR("abc"), 1, 1), "b");
    assert_str(str_slice(STR("abc"), 1, SIZE_MAX), "bc");
    assert_str(str_slice(STR("abc"), 5, 1), "");
    assert_str(str_trim(STR(" \t\r\na b\n ")), "a b");
    assert_str(str_trim(STR("  ")), "");
}

static void str__splits_at_the_first_separator(void **state) {
    struct str head, rest;
    (void)state;
    assert_true(str_cut(STR("a:b:c"), ':', &head, &rest));
    assert_str(head, "a");
    assert_str(rest, "b:c");
    assert_true(str_cut(STR(":"), ':', &head, &rest));
    assert_str(head, "");
    assert_str(rest, "");
    assert_false(str_cut(STR("abc"), ':', &head, &rest));
    assert_str(head, "abc");
    assert_str(rest, "");
    assert_false(str_cut(null_str, ':', &head, &rest));
    rest = STR("a:b");
    assert_true(str_cut(rest, ':', &head, &rest));
    assert_str(head, "a");
    assert_str(rest, "b");
}

static void str__reads_whole_numbers_within_their_range(void **state) {
    static const char *bad_unsigned[] = { "", "-1", "+1", " 1", "1 ", "1a", "0x1", "18446744073709551616",
                                          "99999999999999999999999" };
    static const char *bad_signed[] = { "", "-", "--1", "+1", "9223372036854775808", "-9223372036854775809" };
    uint64_t number;
    int64_t integer;
    (void)state;
    assert_true(str_to_u64(STR("18446744073709551615"), &number) && number == UINT64_MAX);
    assert_true(str_to_u64(STR("007"), &number) && number == 7);
    assert_true(str_to_i64(STR("9223372036854775807"), &integer) && integer == INT64_MAX);
    assert_true(str_to_i64(STR("-9223372036854775808"), &integer) && integer == INT64_MIN);
    assert_true(str_to_i64(STR("-0"), &integer) && integer == 0);
    for (size_t i = 0; i < sizeof bad_unsigned / sizeof *bad_unsigned; i++)
        assert_false(str_to_u64(str_from_c(bad_unsigned[i]), &number));
    for (size_t i = 0; i < sizeof bad_signed / sizeof *bad_signed; i++)
        assert_false(str_to_i64(str_from_c(bad_signed[i]), &integer));
}

/* Every code point the long way round: encoded by the rule, judged by the function. */
static void str__takes_every_code_point_and_no_other_form(void **state) {
    (void)state;
    for (unsigned point = 0; point < 0x120000; point += point < 0x11000 ? 1 : 0x3FF) {
        char bytes[4];
        size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (size_t i = len; i-- > 1;)
            bytes[i] = (char)(0x80 | (point >> (6 * (len - 1 - i)) & 0x3F));
        static const unsigned leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
        bytes[0] = (char)(leads[len] | point >> (6 * (len - 1)));
        bool is_valid = (point < 0xD800 || point > 0xDFFF) && point <= 0x10FFFF;
        assert_int_equal(str_is_utf8((struct str){ bytes, len }), is_valid);
        assert_int_equal(str_utf8_len((struct str){ bytes, len }), is_valid ? len : 0);
        assert_int_equal(str_utf8_len((struct str){ bytes, len - 1 }), 0);
    }
}

static void str__refuses_malformed_utf8_at_every_place(void **state) {
    static const char *bad[] = { "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80",
                                 "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xED\xA0\x80", "\xF4\x90\x80\x80" };
    char text[40];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t before = 0; before < 20; before++) {
            size_t len = strlen(bad[i]);
            memset(text, 'x', sizeof text);
            memcpy(text + before, bad[i], len);
            assert_false(str_is_utf8((struct str){ text, before + len }));
            assert_false(str_is_utf8((struct str){ text, sizeof text }));
        }
    assert_true(str_is_utf8(null_str));
}

static void str__is_empty_when_the_environment_has_no_such_name(void **state) {
    (void)state;
    (void)setenv("BAROGRAPH_TEST_NAME", "a value", 1);
    assert_true(str_eq_c(str_from_environment("BAROGRAPH_TEST_NAME"), "a value"));
    (void)unsetenv("BAROGRAPH_TEST_NAME");
    assert_int_equal(str_from_environment("BAROGRAPH_TEST_NAME").len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(str__compares_by_bytes),
        TEST(str__is_empty_when_the_environment_has_no_such_name),
        TEST(str__ignores_the_case_of_ascii_only),
        TEST(str__finds_prefixes_suffixes_and_parts),
        TEST(str__cuts_to_what_is_there),
        TEST(str__splits_at_the_first_separator),
        TEST(str__reads_whole_numbers_within_their_range),
        TEST(str__takes_every_code_point_and_no_other_form),
        TEST(str__refuses_malformed_utf8_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
