/* test_json_unescape.c - escapes undone, apart and in place. */
#include "base/json.h"
#include "tests/unit/base/fixture.h"

/* Both ways must give the same; out has exactly text.len bytes, so that a sanitizer sees one byte too far. */
static void assert_unescaped(struct str text, struct str expected) {
    char *apart = malloc(text.len + 1 - (text.len > 0)), *in_place = malloc(text.len + 1 - (text.len > 0));
    assert_non_null(apart);
    assert_non_null(in_place);
    memcpy(in_place, text.ptr, text.len);
    assert_int_equal(json_unescape(text, apart), expected.len);
    assert_memory_equal(apart, expected.ptr, expected.len);
    assert_int_equal(json_unescape((struct str){ in_place, text.len }, in_place), expected.len);
    assert_memory_equal(in_place, expected.ptr, expected.len);
    free(apart);
    free(in_place);
}

static void json_unescape__undoes_each_escape(void **state) {
    static const struct str rows[][2] = {
        { STR_INIT(""), STR_INIT("") },
        { STR_INIT("plain"), STR_INIT("plain") },
        { STR_INIT("\\\"\\\\\\/\\b\\f\\n\\r\\t"), STR_INIT("\"\\/\b\f\n\r\t") },
        { STR_INIT("\\u0041\\u00e9\\u20AC\\u0000"), STR_INIT("A\xC3\xA9\xE2\x82\xAC\0") },
        { STR_INIT("\\u007f\\u0080\\u07ff\\u0800\\uffff"), STR_INIT("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF") },
        { STR_INIT("\\uD83D\\uDE00"), STR_INIT("\xF0\x9F\x98\x80") },
        { STR_INIT("\\uDBFF\\uDFFF"), STR_INIT("\xF4\x8F\xBF\xBF") },
        { STR_INIT("\\uD83D"), STR_INIT("\xEF\xBF\xBD") },
        { STR_INIT("\\uDE00"), STR_INIT("\xEF\xBF\xBD") },
        { STR_INIT("\\uD83Dx\\uDE00"), STR_INIT("\xEF\xBF\xBDx\xEF\xBF\xBD") },
        { STR_INIT("\\uD83D\\u0041"), STR_INIT("\xEF\xBF\xBD" "A") },
        { STR_INIT("\\uD83D\\uE000"), STR_INIT("\xEF\xBF\xBD\xEE\x80\x80") },
        { STR_INIT("\\uD83D\\uD83D\\uDE00"), STR_INIT("\xEF\xBF\xBD\xF0\x9F\x98\x80") },
        { STR_INIT("\xC3\xA4\\n\xE2\x82\xAC"), STR_INIT("\xC3\xA4\n\xE2\x82\xAC") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_unescaped(rows[i][0], rows[i][1]);
}

static void json_unescape__works_at_every_place(void **state) {
    char text[160], expected[160];
    (void)state;
    for (size_t before = 0; before < 70; before++)
        for (size_t after = 0; after < 40; after++) {
            memset(text, 'x', sizeof text);
            memset(expected, 'x', sizeof expected);
            memcpy(text + before, "\\\"\\u00e4\\\\", 10);
            memcpy(expected + before, "\"\xC3\xA4\\", 4);
            assert_unescaped((struct str){ text, before + 10 + after }, (struct str){ expected, before + 4 + after });
        }
}

static void json_unescape__turns_a_history_line_back_into_json(void **state) {
    assert_str(json_unescape_copy(STR("{\\\"loss\\\":0.5,\\\"text\\\":\\\"a\\\\nb\\\"}"), true, *state),
               "{\"loss\":0.5,\"text\":\"a\\nb\"}");
}

static void json_unescape__copies_nothing_without_escapes(void **state) {
    struct str text = STR("plain");
    assert_ptr_equal(json_unescape_copy(text, false, *state).ptr, text.ptr);
}

static void json_unescape__stays_inside_what_no_reader_accepted(void **state) {
    static const struct str rows[] = { STR_INIT("\\"), STR_INIT("\\u"), STR_INIT("\\u12"), STR_INIT("\\x"),
                                       STR_INIT("\\ud83d\\u12") };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *copy = malloc(rows[i].len), *out = malloc(rows[i].len);
        assert_true(copy != NULL && out != NULL);
        memcpy(copy, rows[i].ptr, rows[i].len);
        assert_true(json_unescape((struct str){ copy, rows[i].len }, out) <= rows[i].len);
        free(copy);
        free(out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(json_unescape__undoes_each_escape),
        TEST(json_unescape__works_at_every_place),
        TEST(json_unescape__turns_a_history_line_back_into_json),
        TEST(json_unescape__copies_nothing_without_escapes),
        TEST(json_unescape__stays_inside_what_no_reader_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
