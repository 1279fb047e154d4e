/* test_yaml_scalar.c - what a word without quotes means. */
#include "tests/unit/server/sweep/sweep_fixture.h"

static struct json_value resolve(const char *text, struct arena *arena) {
    struct json_value out;
    yaml_resolve_plain(&out, str_from_c(text), arena);
    return out;
}

static void yaml_scalar__knows_whole_numbers(void **state) {
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = { { "0", 0 }, { "-7", -7 }, { "+7", 7 }, { "1_000", 1000 }, { "0x1F", 31 }, { "017", 15 }, { "0o17", 15 }, { "0b101", 5 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_value value = resolve(rows[i].text, *state);
        assert_int_equal(value.type, JSON_TYPE_INT);
        assert_int_equal(value.integer, rows[i].value);
    }
}

static void yaml_scalar__knows_fractions(void **state) {
    static const struct {
        const char *text;
        double value;
    } rows[] = { { "1.5", 1.5 },   { ".5", 0.5 },     { "5.", 5 },       { "-.5", -0.5 },      { "1e-3", 1e-3 },       { "1E5", 1e5 },
                 { "+2.5", 2.5 },  { "1.e3", 1000 },  { "1_0.5", 10.5 }, { ".inf", INFINITY }, { "-.inf", -INFINITY }, { "99999999999999999999", 1e20 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_value value = resolve(rows[i].text, *state);
        if (value.type != JSON_TYPE_DOUBLE || value.number != rows[i].value)
            fail_msg("%s is of type %d, %g", rows[i].text, (int)value.type, value.number);
    }
    assert_true(isnan(resolve(".nan", *state).number));
}

static void yaml_scalar__takes_the_rest_for_text(void **state) {
    static const char *const texts[] = { "abc", "1.2.3", "1e", "e5", "-", "+", ".", "0x", "1:30", "2026-11-21", "089", "_1", "1-2", "--1", "yeah" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (resolve(texts[i], *state).type != JSON_TYPE_STRING)
            fail_msg("%s is not text", texts[i]);
}

static void yaml_scalar__knows_truth_and_nothing(void **state) {
    assert_true(resolve("yes", *state).boolean && resolve("True", *state).boolean && resolve("on", *state).boolean);
    assert_int_equal(resolve("off", *state).type, JSON_TYPE_BOOL);
    assert_int_equal(resolve("~", *state).type, JSON_TYPE_NULL);
    assert_int_equal(resolve("null", *state).type, JSON_TYPE_NULL);
}

static void yaml_scalar__undoes_escapes(void **state) {
    struct str out;
    assert_true(yaml_unescape(&out, STR("a\\x41\\u00e9\\U0001F600\\n\\\\"), *state));
    assert_true(str_eq_c(out, "aA\xc3\xa9\xf0\x9f\x98\x80\n\\"));
    assert_false(yaml_unescape(&out, STR("\\x4"), *state));
    assert_false(yaml_unescape(&out, STR("\\xg0"), *state));
}

static void yaml_scalar__folds_lines(void **state) {
    assert_true(str_eq_c(yaml_fold(STR("one \n  two\n\n three"), *state), "one two\nthree"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(yaml_scalar__knows_whole_numbers), ARENA_TEST(yaml_scalar__knows_fractions),
        ARENA_TEST(yaml_scalar__takes_the_rest_for_text), ARENA_TEST(yaml_scalar__knows_truth_and_nothing),
        ARENA_TEST(yaml_scalar__undoes_escapes), ARENA_TEST(yaml_scalar__folds_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
