/* test_decimal.c - the shortest text of a double, with the C library as the judge. */
#include "base/decimal.h"
#include "tests/unit/base/fixture.h"

#include <math.h>

enum { DIGITS_MAX = 17 };

static uint64_t random_bits(void) {
    static uint64_t bits = 88172645463325252U;
    bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
    return bits;
}

/* The fewest digits that read back, rounded as the C library does it: "d.ddde-XX". */
static void write_expected(char *out, size_t room, double value) {
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        (void)snprintf(out, room, "%.*e", digits - 1, value);
        if (memcmp(&(double){ strtod(out, NULL) }, &value, sizeof value) == 0)
            return;
    }
}

/* Digits without point, sign, zeros around them and exponent: the form is another test's. */
static void take_digits(char *out, const char *text) {
    size_t len = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (len > 0 || *text != '0'))
            out[len++] = *text;
    while (len > 0 && out[len - 1] == '0')
        len--;
    out[len] = '\0';
}

/* Below a power of two the doubles lie closer than above: what is rounded down may read back as another, and the next text
 * above it is as short. */
static bool is_power_of_two(double value) {
    int exponent;
    return fabs(frexp(value, &exponent)) == 0.5;
}

static void assert_shortest(double value) {
    char text[DECIMAL_TEXT_MAX + 1], expected[64], digits[64], expected_digits[64];
    size_t len = decimal_from_double(text, value);
    if (len == 0) {
        assert_true(!isfinite(value) || fabs(value) >= 1e14 || fabs(value) < 2e-22);
        return;
    }
    assert_true(len < DECIMAL_TEXT_MAX);
    text[len] = '\0';
    double back = strtod(text, NULL);
    assert_memory_equal(&back, &value, sizeof value);
    write_expected(expected, sizeof expected, value);
    take_digits(digits, text);
    take_digits(expected_digits, expected);
    if (is_power_of_two(value))
        assert_true(strlen(digits) <= strlen(expected_digits));
    else
        assert_string_equal(digits, expected_digits);
}

static void decimal__has_the_fewest_digits_that_read_back(void **state) {
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (random_bits() & 0x800FFFFFFFFFFFFFU) | (uint64_t)(1023 - 80 + i % 140) << 52;
        double value;
        memcpy(&value, &bits, sizeof value);
        assert_shortest(value);
        assert_shortest((double)(random_bits() % 100000) / 1000);
        assert_shortest((double)(random_bits() >> (i % 60 + 4)));
    }
}

/* There the next double below is half as far away as the next above. */
static void decimal__knows_the_powers_of_two_and_their_neighbours(void **state) {
    (void)state;
    for (int power = -80; power < 60; power++) {
        double value = ldexp(1, power);
        assert_shortest(value);
        assert_shortest(nextafter(value, 0));
        assert_shortest(nextafter(value, INFINITY));
        assert_shortest(-value);
    }
}

static void decimal__chooses_the_shorter_form(void **state) {
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        { 0.0, "0.0" },           { -0.0, "-0.0" },         { 1, "1.0" },
        { 1.1, "1.1" },           { -2.5, "-2.5" },         { 0.5, "0.5" },
        { 0.001, "0.001" },       { 0.0001, "1e-04" },      { 0.00012, "0.00012" },
        { 0.000012, "1.2e-05" },  { 1e-20, "1e-20" },       { 10000, "10000.0" },
        { 100000, "1e+05" },      { 120000, "120000.0" },   { 1234567890123.5, "1234567890123.5" },
        { 3e13, "3e+13" },        { 99999999999999, "99999999999999.0" },
        { 0.00012345678901234567, "0.00012345678901234567" },
        { 12345678901234.562, "12345678901234.562" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[DECIMAL_TEXT_MAX];
        assert_str(((struct str){ text, decimal_from_double(text, rows[i].value) }), rows[i].text);
    }
}

static void decimal__leaves_the_others_to_others(void **state) {
    static const double others[] = { 1e14, -1e14, 1e300, 1e-22, 5e-324, (double)INFINITY, (double)-INFINITY, (double)NAN };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[DECIMAL_TEXT_MAX];
        assert_int_equal(decimal_from_double(text, others[i]), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(decimal__has_the_fewest_digits_that_read_back),
        TEST(decimal__knows_the_powers_of_two_and_their_neighbours),
        TEST(decimal__chooses_the_shorter_form),
        TEST(decimal__leaves_the_others_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
