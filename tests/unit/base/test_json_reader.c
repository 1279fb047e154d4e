/* test_json_reader.c - what the reader accepts, where it says errors are, and that it stays inside its input. */
#include "base/json.h"
#include "base/json_scan.h"
#include "tests/unit/base/fixture.h"

/* One letter per token: the whole document as a word; "!" for an error. */
static const char *shape(struct str text, enum json_flags flags, struct json_reader *reader) {
    static char word[4096];
    static const char letters[] = { '!', '.', 'n', 'f', 't', '1', 's', 'k', '[', ']', '{', '}' };
    size_t len = 0;
    enum json_token token;

    json_reader_init(reader, text, flags);
    do {
        token = json_next(reader);
        assert_true(len + 1 < sizeof word);
        word[len++] = letters[token];
    } while (token != JSON_ERROR && token != JSON_END);
    word[len] = '\0';
    return word;
}

/* Each prefix and the whole are read from memory of exactly their size, so that a sanitizer sees one byte too far. */
static bool is_accepted(const char *text, size_t len, enum json_flags flags) {
    struct json_reader reader;
    char *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    const char *word = shape((struct str){ copy, len }, flags, &reader);
    free(copy);
    return strchr(word, '!') == NULL;
}

static void json_reader__tells_the_tokens_of_a_document(void **state) {
    struct json_reader reader;
    (void)state;
    assert_string_equal(shape(STR(" {\"a\" : [1, -2.5e+3, true,false ,null,\"x\"],\r\n\t\"b\":{}, \"c\":[] } "), 0, &reader),
                        "{k[11tfns]k{}k[]}.");
    assert_string_equal(shape(STR("[[[]],{\"\":[{}]}]"), 0, &reader), "[[[]]{k[{}]}].");
    assert_string_equal(shape(STR("0"), 0, &reader), "1.");
}

static void json_reader__gives_the_text_of_each_token(void **state) {
    struct json_reader reader;
    (void)state;
    json_reader_init(&reader, STR("{\"k\\n\":[-1.5e3,\"plain\",\"\\\"\"]}"), JSON_STRICT);
    assert_int_equal(json_next(&reader), JSON_OBJECT_BEGIN);
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_str(reader.text, "k\\n");
    assert_true(reader.has_escapes);
    assert_int_equal(reader.offset, 1);
    assert_int_equal(json_next(&reader), JSON_ARRAY_BEGIN);
    assert_int_equal(json_next(&reader), JSON_NUMBER);
    assert_str(reader.text, "-1.5e3");
    assert_int_equal(json_next(&reader), JSON_STRING);
    assert_str(reader.text, "plain");
    assert_false(reader.has_escapes);
    assert_int_equal(json_next(&reader), JSON_STRING);
    assert_str(reader.text, "\\\"");
    assert_true(reader.has_escapes);
    assert_int_equal(json_next(&reader), JSON_ARRAY_END);
    assert_int_equal(json_next(&reader), JSON_OBJECT_END);
    assert_int_equal(json_next(&reader), JSON_END);
    assert_int_equal(json_next(&reader), JSON_END);
}

static void json_reader__says_what_is_wrong_and_where(void **state) {
    static const struct {
        struct str text;
        size_t offset;
        const char *message;
    } rows[] = {
        { STR_INIT(""), 0, "expected a value" },
        { STR_INIT("  "), 2, "expected a value" },
        { STR_INIT("x"), 0, "expected a value" },
        { STR_INIT("nul"), 0, "expected a value" },
        { STR_INIT("NaN"), 0, "expected a value" },
        { STR_INIT("Infinity"), 0, "expected a value" },
        { STR_INIT("-Infinity"), 1, "expected a digit" },
        { STR_INIT("+1"), 0, "expected a value" },
        { STR_INIT("-"), 1, "expected a digit" },
        { STR_INIT("01"), 0, "a number begins with a needless zero" },
        { STR_INIT("-00"), 1, "a number begins with a needless zero" },
        { STR_INIT("1."), 2, "expected a digit after the point" },
        { STR_INIT("1.e5"), 2, "expected a digit after the point" },
        { STR_INIT("1e"), 2, "expected a digit in the exponent" },
        { STR_INIT("1e+"), 3, "expected a digit in the exponent" },
        { STR_INIT("1 2"), 2, "expected nothing after the value" },
        { STR_INIT("nullx"), 4, "expected nothing after the value" },
        { STR_INIT("[1"), 2, "expected ',' or ']'" },
        { STR_INIT("[1 2]"), 3, "expected ',' or ']'" },
        { STR_INIT("[1}"), 2, "expected ',' or ']'" },
        { STR_INIT("[1,]"), 3, "expected a value" },
        { STR_INIT("[,1]"), 1, "expected a value" },
        { STR_INIT("{\"a\":1]"), 6, "expected ',' or '}'" },
        { STR_INIT("{\"a\":1,}"), 7, "expected a key in quotes" },
        { STR_INIT("{a:1}"), 1, "expected a key in quotes" },
        { STR_INIT("{\"a\" 1}"), 5, "expected ':'" },
        { STR_INIT("{\"a\""), 4, "expected ':'" },
        { STR_INIT("{\"a\":}"), 5, "expected a value" },
        { STR_INIT("\"abc"), 4, "a string without an end" },
        { STR_INIT("\"abc\\\""), 6, "a string without an end" },
        { STR_INIT("\"a\nb\""), 2, "a control byte in a string" },
        { STR_INIT("\"a\0b\""), 2, "a control byte in a string" },
        { STR_INIT("\"ab\\x\""), 3, "a malformed escape in a string" },
        { STR_INIT("\"\\u12g4\""), 1, "a malformed escape in a string" },
        { STR_INIT("\"\\u123\""), 1, "a malformed escape in a string" },
        { STR_INIT("\"\xFF\""), 1, "a string that is not UTF-8" },
        { STR_INIT("\"\xC3\""), 1, "a string that is not UTF-8" },
        { STR_INIT("\"\xED\xA0\x80\""), 1, "a string that is not UTF-8" },
        { STR_INIT("\xEF\xBB\xBF" "1"), 0, "expected a value" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_reader reader;
        const char *word = shape(rows[i].text, JSON_STRICT, &reader);
        assert_non_null(strchr(word, '!'));
        assert_string_equal(reader.message, rows[i].message);
        assert_int_equal(reader.offset, rows[i].offset);
        assert_int_equal(json_next(&reader), JSON_ERROR);
    }
}

static void json_reader__takes_bare_nan_and_infinities_when_asked(void **state) {
    struct json_reader reader;
    (void)state;
    assert_string_equal(shape(STR("[NaN,Infinity,-Infinity]"), JSON_EXTENDED, &reader), "[111].");
    json_reader_init(&reader, STR("-Infinity"), JSON_EXTENDED);
    assert_int_equal(json_next(&reader), JSON_NUMBER);
    assert_str(reader.text, "-Infinity");
    assert_false(is_accepted("-NaN", 4, JSON_EXTENDED));
    assert_false(is_accepted("Inf", 3, JSON_EXTENDED));
    assert_false(is_accepted("[NaN", 4, JSON_EXTENDED));
}

static void json_reader__refuses_every_prefix_of_a_document(void **state) {
    static const char text[] = "{\"key\":[1.5e-7,{\"long enough for the wide scan, with \\\"quotes\\\" \\u00e9 and \xC3\xA4\":"
                               "\"\\\\\\\\\\\"\"},true,null]}";
    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_false(is_accepted(text, len, JSON_STRICT));
    assert_true(is_accepted(text, sizeof text - 1, JSON_STRICT));
}

/* A string of every length around the block size, ended by every number of backslashes. */
static void json_reader__finds_the_end_of_a_string_at_every_place(void **state) {
    char text[256];
    (void)state;
    for (size_t len = 0; len < 150; len++)
        for (size_t backslashes = 0; backslashes <= 8; backslashes++) {
            struct json_reader reader;
            text[0] = '"';
            memset(text + 1, 'x', len);
            memset(text + 1 + len, '\\', backslashes);
            memcpy(text + 1 + len + backslashes, "\",\"", 3);
            struct str input = { text, len + backslashes + 4 };
            json_reader_init(&reader, input, JSON_STRICT);
            if (backslashes % 2 == 0) {
                assert_int_equal(json_next(&reader), JSON_STRING);
                assert_int_equal(reader.text.len, len + backslashes);
                assert_int_equal(reader.has_escapes, backslashes > 0);
                assert_int_equal(json_next(&reader), JSON_ERROR);
            } else {
                assert_int_equal(json_next(&reader), JSON_STRING);
                assert_int_equal(reader.text.len, len + backslashes + 2);
                assert_int_equal(json_next(&reader), JSON_END);
            }
        }
}

static void json_reader__finds_the_end_of_a_number_at_every_place(void **state) {
    static const char others[] = "],} /:\x01\x7F\x80\xFF\xBAxeE.";
    char text[64];
    (void)state;
    for (size_t digits = 1; digits < 30; digits++)
        for (size_t other = 0; other < sizeof others - 1; other++) {
            struct json_reader reader;
            memset(text, '9', sizeof text);
            text[digits] = others[other];
            json_reader_init(&reader, (struct str){ text, sizeof text }, JSON_STRICT);
            assert_int_equal(json_next(&reader), JSON_NUMBER);
            bool goes_on = others[other] == '.' || (others[other] | 0x20) == 'e';
            assert_int_equal(reader.text.len, goes_on ? sizeof text : digits);
        }
}

static void json_reader__sees_a_fault_at_every_place(void **state) {
    static const char *faults[] = { "\n", "\\x", "\\u00", "\xFF", "\x80" };
    char text[256];
    (void)state;
    for (size_t fault = 0; fault < sizeof faults / sizeof *faults; fault++)
        for (size_t before = 0; before < 140; before++)
            for (size_t after = 0; after < 70; after += 23) {
                size_t fault_len = strlen(faults[fault]);
                text[0] = '"';
                memset(text + 1, 'x', before);
                memcpy(text + 1 + before, faults[fault], fault_len);
                memset(text + 1 + before + fault_len, 'x', after);
                text[1 + before + fault_len + after] = '"';
                assert_false(is_accepted(text, before + fault_len + after + 2, JSON_STRICT));
            }
}

static void json_reader__limits_depth(void **state) {
    char text[2 * JSON_MAX_DEPTH + 2];
    struct json_reader reader;
    (void)state;
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    assert_true(is_accepted(text, 2 * JSON_MAX_DEPTH, JSON_STRICT));
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    (void)shape((struct str){ text, sizeof text }, JSON_STRICT, &reader);
    assert_string_equal(reader.message, "nested too deep");
    assert_int_equal(reader.offset, JSON_MAX_DEPTH);
}

static void json_reader__remembers_the_kind_of_every_level(void **state) {
    char text[JSON_MAX_DEPTH * 6 + 8];
    size_t len = 0;
    (void)state;
    for (size_t i = 0; i < JSON_MAX_DEPTH; i++)
        len += (size_t)snprintf(text + len, 8, i % 3 == 0 ? "[" : "{\"\":");
    text[len++] = '1';
    for (size_t i = JSON_MAX_DEPTH; i-- > 0;)
        text[len++] = i % 3 == 0 ? ']' : '}';
    assert_true(is_accepted(text, len, JSON_STRICT));
    text[len - 2] = text[len - 2] == ']' ? '}' : ']';
    assert_false(is_accepted(text, len, JSON_STRICT));
}

static void json_reader__skips_a_value_and_answers_its_text(void **state) {
    struct json_reader reader;
    struct str raw;
    (void)state;
    json_reader_init(&reader, STR("{\"a\": {\"b\":[1,{}]} , \"c\":\"x\\n\",\"d\": -1 }"), JSON_STRICT);
    assert_int_equal(json_next(&reader), JSON_OBJECT_BEGIN);
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(json_skip_value(&reader, json_next(&reader), &raw));
    assert_str(raw, "{\"b\":[1,{}]}");
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(json_skip_value(&reader, json_next(&reader), &raw));
    assert_str(raw, "\"x\\n\"");
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(json_skip_value(&reader, json_next(&reader), &raw));
    assert_str(raw, "-1");
    assert_int_equal(json_next(&reader), JSON_OBJECT_END);
    json_reader_init(&reader, STR("[1,}"), JSON_STRICT);
    assert_false(json_skip_value(&reader, json_next(&reader), &raw));
    assert_false(json_skip_value(&reader, json_next(&reader), &raw));
}

static void json_reader__takes_a_null_text_for_an_empty_one(void **state) {
    struct json_reader reader;
    (void)state;
    assert_string_equal(shape((struct str){ NULL, 0 }, JSON_STRICT, &reader), "!");
}

static void json_scan__finds_the_same_in_portable_code(void **state) {
    char bytes[JSON_BLOCK_BYTES], copied[JSON_SHORT_BYTES];
    static const char alphabet[] = "\"\\\x1F\x20\x7F\x80\xFF\x00!#[]a\x01";
    uint64_t random = 1;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct json_block expected = { 0 };
        unsigned special = 0, backslashes = 0;
        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            bytes[i] = alphabet[(random >> 33) % (sizeof alphabet - 1)];
            unsigned char c = (unsigned char)bytes[i];
            expected.quote |= (uint64_t)(c == '"') << i;
            expected.backslash |= (uint64_t)(c == '\\') << i;
            expected.control |= (uint64_t)(c < 0x20) << i;
            expected.high |= (uint64_t)(c >= 0x80) << i;
        }
        special = (unsigned)(expected.quote | expected.backslash | expected.control | expected.high) & 0xFFFF;
        backslashes = (unsigned)expected.backslash & 0xFFFF;
        struct json_block portable = json_classify_portable(bytes), used = JSON_SCAN(classify)(bytes);
        assert_memory_equal(&portable, &expected, sizeof expected);
        assert_memory_equal(&used, &expected, sizeof expected);
        assert_int_equal(json_special_portable(bytes), special);
        assert_int_equal(JSON_SCAN(special)(bytes), special);
        assert_int_equal(json_copy_portable(copied, bytes), backslashes);
        assert_memory_equal(copied, bytes, sizeof copied);
        memset(copied, 0, sizeof copied);
        assert_int_equal(JSON_SCAN(copy)(copied, bytes), backslashes);
        assert_memory_equal(copied, bytes, sizeof copied);
    }
}

static void json_scan__knows_which_bytes_are_escaped(void **state) {
    uint64_t random = 7;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        uint64_t backslash = random | random << 7 | random >> 11, carry = random >> 62 & 1, expected = carry;
        bool is_escaped = carry != 0;
        for (unsigned i = 0; i < 64; i++) {
            is_escaped = (backslash >> i & 1) != 0 && !is_escaped;
            if (i < 63)
                expected |= (uint64_t)is_escaped << (i + 1);
        }
        assert_true(json_escaped(backslash, &carry) == expected);
        assert_int_equal(carry, is_escaped);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(json_reader__tells_the_tokens_of_a_document),
        TEST(json_reader__gives_the_text_of_each_token),
        TEST(json_reader__says_what_is_wrong_and_where),
        TEST(json_reader__takes_bare_nan_and_infinities_when_asked),
        TEST(json_reader__refuses_every_prefix_of_a_document),
        TEST(json_reader__finds_the_end_of_a_string_at_every_place),
        TEST(json_reader__finds_the_end_of_a_number_at_every_place),
        TEST(json_reader__sees_a_fault_at_every_place),
        TEST(json_reader__limits_depth),
        TEST(json_reader__remembers_the_kind_of_every_level),
        TEST(json_reader__skips_a_value_and_answers_its_text),
        TEST(json_reader__takes_a_null_text_for_an_empty_one),
        TEST(json_scan__finds_the_same_in_portable_code),
        TEST(json_scan__knows_which_bytes_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
