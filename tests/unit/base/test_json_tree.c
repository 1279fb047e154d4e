/* test_json_tree.c */
#include "base/json.h"
#include "tests/unit/base/fixture.h"

#include <math.h>

static struct json_value *parse(struct arena *arena, struct str text) {
    struct json_value *value = NULL;
    struct err err = { 0 };
    assert_int_equal(json_parse(&value, text, JSON_EXTENDED, arena, &err), OK);
    return value;
}

static bool are_equal(struct arena *arena, const char *a, const char *b) {
    bool is_equal = json_equal(parse(arena, str_from_c(a)), parse(arena, str_from_c(b)));
    assert_int_equal(json_equal(parse(arena, str_from_c(b)), parse(arena, str_from_c(a))), is_equal);
    return is_equal;
}

static void json_tree__keeps_types_values_and_raw_text(void **state) {
    const struct json_value *root =
        parse(*state, STR(" {\"n\":null, \"t\":true,\"i\":-12,\"d\":1.50,\"s\":\"a\\tb\",\"a\":[1, {}],\"o\":{\"x\":[]} } "));

    assert_int_equal(root->type, JSON_TYPE_OBJECT);
    assert_int_equal(root->object.count, 7);
    assert_int_equal(root->raw.ptr[0], '{');
    assert_int_equal(root->raw.ptr[root->raw.len - 1], '}');
    assert_int_equal(json_get(root, STR("n"))->type, JSON_TYPE_NULL);
    assert_true(json_get_bool(root, STR("t"), false));
    assert_int_equal(json_get_int(root, STR("i"), 0), -12);
    assert_true(json_get(root, STR("d"))->number == 1.5);
    assert_str(json_get(root, STR("d"))->raw, "1.50");
    assert_str(json_get_str(root, STR("s")), "a\tb");
    assert_str(json_get(root, STR("s"))->raw, "\"a\\tb\"");
    const struct json_value *array = json_get(root, STR("a"));
    assert_int_equal(array->array.count, 2);
    assert_int_equal(array->array.items[0].integer, 1);
    assert_int_equal(array->array.items[1].type, JSON_TYPE_OBJECT);
    assert_str(array->raw, "[1, {}]");
    assert_str(json_get(root, STR("o"))->raw, "{\"x\":[]}");
    assert_int_equal(json_get(json_get(root, STR("o")), STR("x"))->array.count, 0);
}

static void json_tree__has_a_scalar_root_too(void **state) {
    assert_int_equal(parse(*state, STR("7"))->integer, 7);
    assert_str(parse(*state, STR("\"x\""))->string, "x");
}

static void json_tree__tells_integers_from_doubles(void **state) {
    static const struct {
        const char *text;
        enum json_type type;
    } rows[] = {
        { "0", JSON_TYPE_INT },
        { "-9223372036854775808", JSON_TYPE_INT },
        { "9223372036854775807", JSON_TYPE_INT },
        { "9223372036854775808", JSON_TYPE_DOUBLE },
        { "-9223372036854775809", JSON_TYPE_DOUBLE },
        { "1.0", JSON_TYPE_DOUBLE },
        { "1e3", JSON_TYPE_DOUBLE },
        { "NaN", JSON_TYPE_DOUBLE },
        { "-Infinity", JSON_TYPE_DOUBLE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(parse(*state, str_from_c(rows[i].text))->type, rows[i].type);
    assert_true(isnan(parse(*state, STR("NaN"))->number));
    assert_true(isinf(parse(*state, STR("-Infinity"))->number));
}

static void json_tree__answers_defaults_for_what_is_not_there(void **state) {
    const struct json_value *root = parse(*state, STR("{\"a\":1,\"f\":1.5,\"e\":1e+06,\"big\":1e300,\"edge\":9223372036854775808,\"least\":-9223372036854775808.0,\"s\":\"x\"}"));
    double number = 0;

    assert_null(json_get(NULL, STR("a")));
    assert_null(json_get(json_get(root, STR("a")), STR("a")));
    assert_null(json_get(root, STR("A")));
    assert_null(json_get_str(root, STR("a")).ptr);
    assert_int_equal(json_get_str(root, STR("a")).len, 0);
    assert_true(json_get_bool(root, STR("a"), true));
    assert_int_equal(json_get_int(root, STR("s"), 5), 5);
    assert_int_equal(json_get_int(root, STR("f"), 5), 5);
    assert_int_equal(json_get_int(root, STR("big"), 5), 5);
    assert_int_equal(json_get_int(root, STR("edge"), 5), 5);
    assert_true(json_get_int(root, STR("least"), 5) == INT64_MIN);
    assert_int_equal(json_get_int(root, STR("e"), 5), 1000000);
    assert_true(json_to_double(json_get(root, STR("a")), &number));
    assert_true(number == 1.0);
    assert_false(json_to_double(json_get(root, STR("s")), &number));
    assert_false(json_to_double(NULL, &number));
}

static void json_tree__keeps_the_last_value_of_a_repeated_key(void **state) {
    const struct json_value *root = parse(*state, STR("{\"a\":1,\"b\":2,\"\\u0061\":3}"));
    assert_int_equal(root->object.count, 2);
    assert_str(root->object.members[0].key, "a");
    assert_int_equal(root->object.members[0].value.integer, 3);
}

static void json_tree__keeps_the_order_of_many_members(void **state) {
    struct buf text = BUF_INIT(1 << 20);
    buf_append_char(&text, '{');
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++)
            buf_printf(&text, "%s\"key%d\":%d", i + round == 0 ? "" : ",", i, i + 1000 * round);
    buf_append_char(&text, '}');
    const struct json_value *root = parse(*state, buf_str(&text));
    assert_int_equal(root->object.count, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_str(root->object.members[i].key, arena_printf(*state, "key%d", i).ptr);
        assert_int_equal(root->object.members[i].value.integer, i + 1000);
    }
    buf_finish(&text);
}

static void json_tree__says_where_the_text_is_wrong(void **state) {
    struct json_value *value = NULL;
    struct err err = { 0 };
    assert_int_equal(json_parse(&value, STR("{\"a\":[1,NaN]}"), JSON_STRICT, *state, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "at byte 8: expected a value");
    assert_null(value);
}

static void json_tree__parses_to_the_depth_limit(void **state) {
    char text[2 * JSON_MAX_DEPTH];
    const struct json_value *value;
    size_t depth = 0;
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    for (value = parse(*state, (struct str){ text, sizeof text }); value->array.count > 0; value = value->array.items)
        depth++;
    assert_int_equal(depth, JSON_MAX_DEPTH - 1);
}

static void json_tree__refuses_more_values_than_memory_is_meant_for(void **state) {
    const size_t count = JSON_TREE_VALUES_MAX; /* and the list itself */
    char *text = arena_alloc(*state, 2 * count + 1);
    struct json_value *root = NULL;
    struct err err = { 0 };

    for (size_t i = 0; i < count; i++)
        memcpy(text + 2 * i, i == 0 ? "[0" : ",0", 2);
    text[2 * count] = ']';
    assert_int_equal(json_parse(&root, (struct str){ text, 2 * count + 1 }, JSON_STRICT, *state, &err), ERR_TOO_LARGE);
    assert_string_equal(err.message, "the JSON holds more than 524288 values");
    text[2 * count - 2] = ']';
    assert_int_equal(json_parse(&root, (struct str){ text, 2 * count - 1 }, JSON_STRICT, *state, &err), OK);
}

static void json_tree__compares_by_content(void **state) {
    assert_true(are_equal(*state, "{\"a\":1,\"b\":[true,null]}", "{\"b\":[true,null],\"a\":1.0}"));
    assert_true(are_equal(*state, "\"\\u0041\"", "\"A\""));
    assert_true(are_equal(*state, "[NaN]", "[NaN]"));
    assert_true(are_equal(*state, "1e2", "100"));
    assert_false(are_equal(*state, "{\"a\":1}", "{\"a\":1,\"b\":1}"));
    assert_false(are_equal(*state, "{\"a\":1}", "{\"b\":1}"));
    assert_false(are_equal(*state, "[1,2]", "[2,1]"));
    assert_false(are_equal(*state, "[1]", "[1,1]"));
    assert_false(are_equal(*state, "9007199254740993", "9007199254740992.0"));
    assert_false(are_equal(*state, "9223372036854775807", "9223372036854775808"));
    assert_false(are_equal(*state, "1", "1.5"));
    assert_false(are_equal(*state, "NaN", "1"));
    assert_false(are_equal(*state, "true", "false"));
    assert_false(are_equal(*state, "null", "false"));
    assert_false(are_equal(*state, "\"1\"", "1"));
}

static void json_tree__compares_large_objects_in_any_order(void **state) {
    struct buf up = BUF_INIT(1 << 16), down = BUF_INIT(1 << 16);
    for (int i = 0; i < 100; i++) {
        buf_printf(&up, "%c\"%d\":%d", i == 0 ? '{' : ',', i, i);
        buf_printf(&down, "%c\"%d\":%d", i == 0 ? '{' : ',', 99 - i, 99 - i);
    }
    buf_append_char(&up, '}');
    buf_append_char(&down, '}');
    struct json_value *a = parse(*state, buf_str(&up)), *b = parse(*state, buf_str(&down));
    assert_true(json_equal(a, b));
    b->object.members[50].value.integer++;
    assert_false(json_equal(a, b));
    buf_finish(&up);
    buf_finish(&down);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(json_tree__keeps_types_values_and_raw_text),
        TEST(json_tree__has_a_scalar_root_too),
        TEST(json_tree__tells_integers_from_doubles),
        TEST(json_tree__answers_defaults_for_what_is_not_there),
        TEST(json_tree__keeps_the_last_value_of_a_repeated_key),
        TEST(json_tree__keeps_the_order_of_many_members),
        TEST(json_tree__says_where_the_text_is_wrong),
        TEST(json_tree__parses_to_the_depth_limit),
        TEST(json_tree__refuses_more_values_than_memory_is_meant_for),
        TEST(json_tree__compares_by_content),
        TEST(json_tree__compares_large_objects_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
