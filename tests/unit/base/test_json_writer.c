/* test_json_writer.c */
#include "base/json.h"
#include "tests/unit/base/fixture.h"

#include <math.h>

static struct str string_text(struct arena *arena, struct str text) {
    struct buf out = BUF_INIT(1 << 16);
    struct json_writer writer;
    json_writer_init(&writer, &out, JSON_STRICT);
    json_string(&writer, text);
    struct str copy = arena_copy(arena, buf_str(&out));
    buf_finish(&out);
    return copy;
}

static void json_writer__puts_commas_where_they_belong(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    struct json_writer writer;
    (void)state;
    json_writer_init(&writer, &out, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("a"));
    json_array_begin(&writer);
    json_array_end(&writer);
    json_key(&writer, STR("b"));
    json_array_begin(&writer);
    json_null(&writer);
    json_bool(&writer, true);
    json_bool(&writer, false);
    json_object_begin(&writer);
    json_object_end(&writer);
    json_int(&writer, INT64_MIN);
    json_uint(&writer, UINT64_MAX);
    json_double(&writer, 0.1);
    json_raw(&writer, STR("{\"x\":1}"));
    json_array_end(&writer);
    json_key(&writer, STR("c"));
    json_string(&writer, STR("d"));
    json_object_end(&writer);
    assert_str(buf_str(&out), "{\"a\":[],\"b\":[null,true,false,{},-9223372036854775808,18446744073709551615,0.1,"
                              "{\"x\":1}],\"c\":\"d\"}");
    buf_finish(&out);
}

static void json_writer__writes_what_is_not_finite_as_asked(void **state) {
    struct buf out = BUF_INIT(1 << 16);
    struct json_writer writer;
    (void)state;
    json_writer_init(&writer, &out, JSON_STRICT);
    json_array_begin(&writer);
    json_double(&writer, (double)NAN);
    json_double(&writer, (double)INFINITY);
    writer.flags = JSON_EXTENDED;
    json_double(&writer, (double)NAN);
    json_double(&writer, (double)-INFINITY);
    json_array_end(&writer);
    assert_str(buf_str(&out), "[\"NaN\",\"Infinity\",NaN,-Infinity]");
    buf_finish(&out);
}

static void json_writer__escapes_what_must_be(void **state) {
    assert_str(string_text(*state, STR("\"\\/\b\f\n\r\t\x01\x1f\x7f")), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    assert_str(string_text(*state, (struct str){ "a\0b", 3 }), "\"a\\u0000b\"");
    assert_str(string_text(*state, STR("a long plain text, and then a \"quote\" after it\n")),
               "\"a long plain text, and then a \\\"quote\\\" after it\\n\"");
    assert_str(string_text(*state, STR_EMPTY), "\"\"");
}

static void json_writer__keeps_utf8_and_replaces_what_is_not(void **state) {
    assert_str(string_text(*state, STR("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z")),
               "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z\"");
    assert_str(string_text(*state, STR("\xC3\xA4\xFFz\x80")), "\"\xC3\xA4\xEF\xBF\xBDz\xEF\xBF\xBD\"");
    assert_str(string_text(*state, STR("\xC3")), "\"\xEF\xBF\xBD\"");
    assert_str(string_text(*state, STR("\xED\xA0\x80")), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void json_writer__writes_every_string_so_that_it_reads_back(void **state) {
    char text[100];
    uint64_t random = 99;
    for (int round = 0; round < 3000; round++) {
        size_t len = 0;
        struct json_value *value;
        struct err err = { 0 };
        random = random * 6364136223846793005U + 1442695040888963407U;
        for (size_t target = (random >> 33) % sizeof text; len < target; len++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            text[len] = (random >> 40) % 3 == 0 ? "\"\\\n\x01"[(random >> 50) % 4] : (char)((random >> 33) % 128);
        }
        struct str written = string_text(*state, (struct str){ text, len });
        assert_int_equal(json_parse(&value, written, JSON_STRICT, *state, &err), OK);
        assert_int_equal(value->string.len, len);
        assert_memory_equal(value->string.ptr, text, len);
    }
}

static void json_writer__writes_trees_and_keeps_the_digits_of_large_integers(void **state) {
    static const char text[] = "{\"a\":[null,true,-1,12345678901234567890,1.50,1e400,\"\\n\\u00e9\"],\"b\":{}}";
    struct buf out = BUF_INIT(1 << 16);
    struct json_writer writer;
    struct json_value *value;
    struct err err = { 0 };
    assert_int_equal(json_parse(&value, STR(text), JSON_STRICT, *state, &err), OK);
    json_writer_init(&writer, &out, JSON_STRICT);
    json_value_write(&writer, value);
    assert_str(buf_str(&out),
               "{\"a\":[null,true,-1,12345678901234567890,1.50,\"Infinity\",\"\\n\xC3\xA9\"],\"b\":{}}");
    buf_reset(&out);
    json_writer_init(&writer, &out, JSON_STRICT);
    json_value_write(&writer, &(struct json_value){ .type = JSON_TYPE_DOUBLE, .number = 2.5 });
    assert_str(buf_str(&out), "2.5");
    buf_finish(&out);
}

static void json_writer__leaves_a_full_buf_failed(void **state) {
    struct buf out = BUF_INIT(8);
    struct json_writer writer;
    struct err err = { 0 };
    (void)state;
    json_writer_init(&writer, &out, JSON_STRICT);
    json_string(&writer, STR("too long for it"));
    assert_int_equal(buf_check(&out, "reply", &err), ERR_TOO_LARGE);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(json_writer__puts_commas_where_they_belong),
        TEST(json_writer__writes_what_is_not_finite_as_asked),
        TEST(json_writer__escapes_what_must_be),
        TEST(json_writer__keeps_utf8_and_replaces_what_is_not),
        TEST(json_writer__writes_every_string_so_that_it_reads_back),
        TEST(json_writer__writes_trees_and_keeps_the_digits_of_large_integers),
        TEST(json_writer__leaves_a_full_buf_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
