/* test_lexer.c */
#include "server/graphql/lexer.h"
#include "tests/unit/base/fixture.h"

static struct gql_token first_token(const char *text) {
    struct gql_lexer lexer;
    struct gql_token token;
    struct err err = { 0 };

    gql_lexer_init(&lexer, str_from_c(text));
    assert_int_equal(gql_lexer_next(&lexer, &token, &err), OK);
    return token;
}

static void assert_bad(const char *text, const char *message, uint32_t offset) {
    struct gql_lexer lexer;
    struct gql_token token;
    struct err err = { 0 };
    enum err_code code = OK;

    gql_lexer_init(&lexer, str_from_c(text));
    do
        code = gql_lexer_next(&lexer, &token, &err);
    while (code == OK && token.kind != GQL_TOKEN_END);
    assert_int_equal(code, ERR_BAD_INPUT);
    assert_string_equal(err.message, message);
    assert_int_equal(lexer.failed_at, offset);
}

static void lexer__skips_space_commas_comments_and_byte_order_marks(void **state) {
    struct gql_token token = first_token("\xEF\xBB\xBF,\t ,\r\n# { a comment }\r, # another\n  name");

    (void)state;
    assert_int_equal(token.kind, GQL_TOKEN_NAME);
    assert_str(token.text, "name");
    assert_int_equal(token.offset, 39);
    assert_int_equal(first_token("#only").kind, GQL_TOKEN_END);
    assert_int_equal(first_token("").kind, GQL_TOKEN_END);
}

static void lexer__knows_every_kind_of_token(void **state) {
    static const struct {
        const char *text;
        enum gql_token_kind kind;
    } rows[] = {
        { "!", GQL_TOKEN_BANG },         { "$", GQL_TOKEN_DOLLAR },        { "&", GQL_TOKEN_AMP },
        { "(", GQL_TOKEN_PAREN_OPEN },   { ")", GQL_TOKEN_PAREN_CLOSE },   { "...", GQL_TOKEN_SPREAD },
        { ":", GQL_TOKEN_COLON },        { "=", GQL_TOKEN_EQUALS },        { "@", GQL_TOKEN_AT },
        { "[", GQL_TOKEN_BRACKET_OPEN }, { "]", GQL_TOKEN_BRACKET_CLOSE }, { "{", GQL_TOKEN_BRACE_OPEN },
        { "|", GQL_TOKEN_PIPE },         { "}", GQL_TOKEN_BRACE_CLOSE },   { "_a1Z", GQL_TOKEN_NAME },
        { "-0", GQL_TOKEN_INT },         { "123", GQL_TOKEN_INT },         { "0.50", GQL_TOKEN_FLOAT },
        { "1e5", GQL_TOKEN_FLOAT },      { "-1.5E-3", GQL_TOKEN_FLOAT },   { "2E+7", GQL_TOKEN_FLOAT },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(first_token(rows[i].text).kind, rows[i].kind);
        assert_str(first_token(rows[i].text).text, rows[i].text);
    }
}

static void lexer__undoes_escapes(void **state) {
    struct gql_token token =
        first_token("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\\u{1F600}\\u{0}\"");
    struct str text = gql_token_string(&token, *state);
    struct str expected = STR("a\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF0\x9F\x98\x80\0");

    assert_int_equal(text.len, expected.len);
    assert_memory_equal(text.ptr, expected.ptr, expected.len);
}

static void lexer__takes_the_indentation_off_block_strings(void **state) {
    struct gql_token token =
        first_token("\"\"\"\n\n    one\n      two \\\"\"\" \"\"\n\t\n    three\r\n  \r\"\"\"");
    assert_int_equal(token.kind, GQL_TOKEN_BLOCK_STRING);
    assert_str(gql_token_string(&token, *state), "one\n  two \"\"\" \"\"\n\nthree");

    token = first_token("\"\"\"  first\n    second\"\"\"");
    assert_str(gql_token_string(&token, *state), "  first\nsecond");
    token = first_token("\"\"\" \n \"\"\"");
    assert_str(gql_token_string(&token, *state), "");
}

static void lexer__refuses_malformed_text_at_its_place(void **state) {
    (void)state;
    assert_bad("a ?", "syntax error: unexpected character", 2);
    assert_bad("..", "syntax error: unexpected character", 0);
    assert_bad("01", "syntax error: a number must not begin with 0", 0);
    assert_bad("-", "syntax error: a number needs digits", 1);
    assert_bad("1.", "syntax error: a number needs digits after its point", 2);
    assert_bad("1e+", "syntax error: a number needs digits in its exponent", 3);
    assert_bad("1x", "syntax error: a number must be followed by a space", 1);
    assert_bad("1.5.2", "syntax error: a number must be followed by a space", 3);
    assert_bad("\"a\nb\"", "syntax error: a string must end on the line it began on", 2);
    assert_bad("\"a", "syntax error: a string must end on the line it began on", 2);
    assert_bad(" \"\"\"a\"\"", "syntax error: a block string does not end", 1);
    assert_bad("\"\\x\"", "syntax error: unknown escape in a string", 1);
    assert_bad("\"\\u12\"", "syntax error: unknown escape in a string", 1);
    assert_bad("\"\\u{}\"", "syntax error: unknown escape in a string", 1);
    assert_bad("\"\\u{110000}\"", "syntax error: unknown escape in a string", 1);
    assert_bad("\"\\uDE00\"", "syntax error: unknown escape in a string", 1);
    assert_bad("\"\\uD83Dx\"", "syntax error: unknown escape in a string", 1);
}

static void lexer__counts_lines_and_characters(void **state) {
    struct str text = STR("a\r\nb\rc\n\xC3\xA9x");
    uint32_t line, column;

    (void)state;
    gql_locate(text, 0, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);
    gql_locate(text, 5, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 1);
    gql_locate(text, 9, &line, &column);
    assert_int_equal(line, 4);
    assert_int_equal(column, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(lexer__skips_space_commas_comments_and_byte_order_marks),
        TEST(lexer__knows_every_kind_of_token),
        TEST(lexer__undoes_escapes),
        TEST(lexer__takes_the_indentation_off_block_strings),
        TEST(lexer__refuses_malformed_text_at_its_place),
        TEST(lexer__counts_lines_and_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
