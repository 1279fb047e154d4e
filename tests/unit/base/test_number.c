/* test_number.c - numbers both ways, with the C library as the judge. */
#include "base/number.h"
#include "tests/unit/base/fixture.h"

#include <math.h>

static void assert_double_text(double value, const char *expected) {
    char text[NUMBER_TEXT_MAX];
    size_t len = number_from_double(text, value);
    assert_true(len <= sizeof text);
    assert_str(((struct str){ text, len }), expected);
}

static double from_text(const char *text) {
    return number_to_double(text, strlen(text));
}

static void number__writes_the_shortest_double(void **state) {
    (void)state;
    assert_double_text(0.1, "0.1");
    assert_double_text(0.1 + 0.2, "0.30000000000000004");
    assert_double_text(1.0, "1.0");
    assert_double_text(-0.0, "-0.0");
    assert_double_text(1e30, "1e+30");
    assert_double_text(123456789012345680.0, "123456789012345680.0");
    assert_double_text(5e-324, "5e-324");
    assert_double_text(-1.7976931348623157e308, "-1.7976931348623157e+308");
}

static void number__names_what_is_not_finite(void **state) {
    (void)state;
    assert_double_text((double)NAN, "NaN");
    assert_double_text((double)INFINITY, "Infinity");
    assert_double_text((double)-INFINITY, "-Infinity");
    assert_true(isnan(from_text("NaN")));
    assert_true(from_text("Infinity") == (double)INFINITY);
    assert_true(from_text("-Infinity") == (double)-INFINITY);
}

static void number__reads_back_what_it_wrote(void **state) {
    uint64_t random = 88172645463325252U;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[NUMBER_TEXT_MAX + 1];
        double value, back;
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        memcpy(&value, &random, sizeof value);
        if (!isfinite(value))
            continue;
        size_t len = number_from_double(text, value);
        text[len] = '\0';
        back = number_to_double(text, len);
        assert_memory_equal(&back, &value, sizeof value);
        back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof value);
    }
}

static void number__agrees_with_strtod_out_of_range(void **state) {
    static const char *rows[] = { "1e309",  "-1e309", "1e-400",  "-1e-400", "1e999999999999999999999",
                                  "1e-999999999999999999999", "0.0001e400", "1000e-400", "0e999", "1.5", "-0",
                                  "123456789012345678901234567890", "2.2250738585072011e-308", "4.9e-324", "2e-324" };
    char many[1000] = "0.";
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double expected = strtod(rows[i], NULL), actual = from_text(rows[i]);
        assert_memory_equal(&actual, &expected, sizeof expected);
    }
    memset(many + 2, '0', 900);
    memcpy(many + 902, "7e5", 4);
    assert_true(from_text(many) == 0.0);
    memset(many, '9', 900);
    memcpy(many + 900, ".5", 3);
    assert_true(from_text(many) == (double)INFINITY);
}

static void number__writes_the_ends_of_the_integers(void **state) {
    char text[NUMBER_TEXT_MAX];
    (void)state;
    assert_str(((struct str){ text, number_from_i64(text, INT64_MIN) }), "-9223372036854775808");
    assert_str(((struct str){ text, number_from_i64(text, 0) }), "0");
    assert_str(((struct str){ text, number_from_u64(text, UINT64_MAX) }), "18446744073709551615");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(number__writes_the_shortest_double),       TEST(number__names_what_is_not_finite),
        TEST(number__reads_back_what_it_wrote),         TEST(number__agrees_with_strtod_out_of_range),
        TEST(number__writes_the_ends_of_the_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
