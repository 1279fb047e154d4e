/* test_regex.c */
#include "server/store/runs/regex.h"
#include "base/clock.h"
#include "tests/unit/base/fixture.h"

static struct regex *compiled(struct arena *arena, const char *pattern) {
    struct regex *regex = NULL;
    struct err err = { 0 };
    if (regex_compile(&regex, str_from_c(pattern), 0, arena, &err) != OK)
        fail_msg("'%s': %s", pattern, err.message);
    return regex;
}

static bool found(struct arena *arena, const char *pattern, const char *text) {
    return regex_matches(compiled(arena, pattern), str_from_c(text));
}

static const struct {
    const char *pattern, *text;
    bool matches;
} cases[] = {
    { "", "", true },
    { "", "abc", true },
    { "b", "abc", true },
    { "d", "abc", false },
    { "^b", "abc", false },
    { "^a", "abc", true },
    { "c$", "abc", true },
    { "b$", "abc", false },
    { "^$", "", true },
    { "^$", "a", false },
    { "^abc$", "abc\n", false },
    { "(?m)^b$", "a\nb\nc", true },
    { "\\Ab", "a\nb", false },
    { "a.c", "abc", true },
    { "a.c", "a\nc", false },
    { "(?s)a.c", "a\nc", true },
    { "a.c",
      "a\xC3\xA9"
      "c",
      true },
    { "^...$", "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", true },
    { "^.$", "\xF0\x9F\x98\x80", true },
    { "[\\x{3040}-\\x{30FF}]", "a\xE3\x81\x82", true },
    { "[\\x{3040}-\\x{30FF}]", "\xE6\x97\xA5", false },
    { "[^\\x{3040}-\\x{30FF}]", "\xE3\x81\x82", false },
    { "^[\xC3\xA4-\xC3\xBC]$", "\xC3\xB6", true },
    { "^[\xC3\xA4-\xC3\xBC]$", "\xC3\xA3", false },
    { "a*b", "aaab", true },
    { "^a+$", "aaaa", true },
    { "^a+$", "", false },
    { "^a?b$", "b", true },
    { "^a{2,3}$", "a", false },
    { "^a{2,3}$", "aa", true },
    { "^a{2,3}$", "aaaa", false },
    { "^a{2}$", "aaa", false },
    { "^a{2,}$", "aaaaa", true },
    { "^a{,2}$", "a{,2}", true },
    { "a{", "a{", true },
    { "^(ab|cd)+$", "abcdab", true },
    { "^(ab|cd)+$", "abcda", false },
    { "^(?:a|)b$", "b", true },
    { "^(?P<name>x)(?<other>y)$", "xy", true },
    { "(?i)HeLLo", "say hello", true },
    { "(?i:h)ello", "Hello", true },
    { "(?i:h)ello", "HELLO", false },
    { "(?i)a(?-i)b", "AB", false },
    { "(?i)[a-c]+$", "XABC", true },
    { "((?i)a)b", "AB", false },
    { "\\d+-\\d+", "run 12-34", true },
    { "^\\D+$", "12", false },
    { "^\\w+$", "snake_case9", true },
    { "^\\w+$", "kebab-case", false },
    { "^[\\w-]+$", "kebab-case", true },
    { "^\\S+$", "a b", false },
    { "\\bcat\\b", "the cat sat", true },
    { "\\bcat\\b", "concatenate", false },
    { "\\Bcat\\B", "concatenate", true },
    { "\\b", "", false },
    { "\\B", "", true },
    { "a\\B", "a\xC3\xA9", false },
    { "\\B\\B",
      "a\xC3\xA9"
      "b",
      false },
    { "[]a]", "]", true },
    { "[^]a]", "]", false },
    { "[a-]", "-", true },
    { "[[:alpha:]]+[[:^digit:]]", "ab!", true },
    { "^[[:digit:]]$", "x", false },
    { "\\.", "a.b", true },
    { "\\.", "ab", false },
    { "\\x41\\x{42}", "AB", true },
    { "\\Qa.b\\E+", "a.bb", true },
    { "\\Qa.b\\E", "axb", false },
    { "^(a*)*$", "aaa", true },
    { "^(a*)+b$", "aaab", true },
    { "(|a)+$", "b", true },
    { "x*?y", "xxy", true },
    { "a|b|c$", "xc", true },
    { "^(a|b|c)$", "d", false },
    { "\\t", "a\tb", true },
    { "[\\n\\t]", "\n", true },
    { "llama|mistral", "mistral-7b", true },
    { "^(?:llama|mistral)-\\d+b$", "mistral-7b", true },
    { "[^\\s\\S]", "anything", false },
};

static void regex__answers_each_case_of_the_table(void **state) {
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (found(*state, cases[i].pattern, cases[i].text) != cases[i].matches)
            fail_msg("'%s' on '%s': expected %d", cases[i].pattern, cases[i].text, cases[i].matches);
}

static const struct {
    const char *pattern, *message;
} refusals[] = {
    { "a(b", "regular expression, byte 2: a ( without its )" },
    { "a)b", "regular expression, byte 1: a ) without its (" },
    { "[ab", "regular expression, byte 1: a [ without its ]" },
    { "[b-a]", "regular expression, byte 1: a range whose end comes before its beginning" },
    { "*a", "regular expression, byte 0: a repetition with nothing before it" },
    { "a**", "regular expression, byte 2: a repetition of a repetition: put the first into a group" },
    { "a{3,2}", "regular expression, byte 1: a repetition whose most is less than its least" },
    { "a{1001}", "regular expression, byte 1: more than 1000 repetitions" },
    { "a{99999999999999999999}", "regular expression, byte 1: more than 1000 repetitions" },
    { "a\\", "regular expression, byte 2: a backslash at the end" },
    { "(a)\\1",
      "regular expression, byte 4: back-references are not offered: they cannot be searched in linear time" },
    { "a(?=b)",
      "regular expression, byte 2: look-around is not offered: it cannot be searched in linear time" },
    { "(?z)", "regular expression, byte 2: an unknown flag after (?" },
    { "\\xZZ", "regular expression, byte 2: \\x needs two hexadecimal digits, or a code point in braces" },
    { "\\x{110000}",
      "regular expression, byte 2: \\x needs two hexadecimal digits, or a code point in braces" },
    { "\\j", "regular expression, byte 1: an unknown escape" },
    { "[[:nope:]]", "regular expression, byte 1: an unknown class in [: :]" },
    { "(((a{1000}){1000}){1000}){1000}",
      "regular expression is too large: its repetitions make more than 8000 steps" },
    { "(((){1000}){1000}){1000}",
      "regular expression is too large: its repetitions make more than 8000 steps" },
    { "\xFF", "regular expression is not valid UTF-8" },
};

static void regex__says_what_is_wrong_and_where(void **state) {
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct regex *regex = NULL;
        struct err err = { 0 };
        assert_int_equal(regex_compile(&regex, str_from_c(refusals[i].pattern), 0, *state, &err),
                         ERR_BAD_INPUT);
        assert_string_equal(err.message, refusals[i].message);
        assert_null(regex);
    }
}

static void regex__refuses_patterns_that_are_too_long_or_too_deep(void **state) {
    char *deep = arena_alloc(*state, 5000);
    struct regex *regex;
    struct err err;

    memset(deep, '(', 5000);
    assert_int_equal(regex_compile(&regex, (struct str){ deep, 5000 }, 0, *state, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "regular expression of 5000 bytes: at most 4096 are allowed");
    assert_int_equal(regex_compile(&regex, (struct str){ deep, 4000 }, 0, *state, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "regular expression, byte 101: more than 100 groups inside each other");
}

static void regex__takes_flags_from_the_caller(void **state) {
    struct regex *regex;
    struct err err;
    assert_int_equal(
        regex_compile(&regex, STR("^b.c"), REGEX_IGNORE_CASE | REGEX_MULTILINE | REGEX_DOT_ALL, *state, &err),
        OK);
    assert_true(regex_matches(regex, STR("a\nB\nC")));
}

/* Each of these takes a backtracking engine longer than anybody waits. */
static void regex__is_linear_on_patterns_that_explode_elsewhere(void **state) {
    static const char *const patterns[] = { "(a+)+$", "(a|aa)+$", "(a|aa?)+$", "(.*a){20}$",
                                            "^(a?){50}a{50}$" };
    size_t len = 1 << 20;
    char *text = arena_alloc(*state, len);

    memset(text, 'a', len);
    text[len - 1] = '!';
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct regex *regex = compiled(*state, patterns[i]);
        int64_t begin = clock_mono_ms();
        assert_false(regex_matches(regex, (struct str){ text, len }));
        assert_true(clock_mono_ms() - begin < 5000);
        assert_true(regex_work(regex) < 100 * len);
    }
}

/* 2^13 sets of places: the table is forgotten many times on the way, and the answer stays right. */
static void regex__survives_more_states_than_it_keeps(void **state) {
    struct regex *regex = compiled(*state, "x(a|b)*a(a|b){12}$");
    size_t len = 1 << 15;
    char *text = arena_alloc(*state, len);
    uint32_t seed = 12345;

    text[0] = 'x';
    for (size_t i = 1; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        text[i] = seed >> 31 ? 'a' : 'b';
    }
    text[len - 13] = 'a';
    assert_true(regex_matches(regex, (struct str){ text, len }));
    text[len - 13] = 'b';
    assert_false(regex_matches(regex, (struct str){ text, len }));
    assert_true(regex_work(regex) < 2000 * len);
}

static void regex__can_be_asked_again(void **state) {
    struct regex *regex = compiled(*state, "^b(cd)*$");
    for (int i = 0; i < 3; i++) {
        assert_true(regex_matches(regex, STR("bcdcd")));
        assert_false(regex_matches(regex, STR("bcdc")));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(regex__answers_each_case_of_the_table),
        TEST(regex__says_what_is_wrong_and_where),
        TEST(regex__refuses_patterns_that_are_too_long_or_too_deep),
        TEST(regex__takes_flags_from_the_caller),
        TEST(regex__is_linear_on_patterns_that_explode_elsewhere),
        TEST(regex__survives_more_states_than_it_keeps),
        TEST(regex__can_be_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
