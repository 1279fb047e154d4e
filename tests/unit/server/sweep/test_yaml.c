/* test_yaml.c - documents become the tree that they mean, or an error with its line. */
#include "tests/unit/server/sweep/sweep_fixture.h"

/* The tree of the YAML equals that of the JSON. */
static void assert_means(const char *yaml, const char *json, struct arena *arena) {
    struct json_value *expected;
    struct err err;
    assert_int_equal(json_parse(&expected, str_from_c(json), JSON_STRICT, arena, &err), OK);
    if (!json_equal(parse_yaml(yaml, arena), expected))
        fail_msg("this is not %s:\n%s", json, yaml);
}

static void assert_refused(const char *yaml, const char *message, struct arena *arena) {
    struct json_value *root;
    struct err err;
    assert_int_equal(yaml_parse(&root, str_from_c(yaml), arena, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, message);
}

static void yaml__reads_objects_and_lists_by_indentation(void **state) {
    assert_means("a: 1\nb:\n  c: x\n  d: [1, 2]\n", "{\"a\":1,\"b\":{\"c\":\"x\",\"d\":[1,2]}}", *state);
    assert_means("a:\n- 1\n- 2\nb: 3\n", "{\"a\":[1,2],\"b\":3}", *state);
    assert_means("a:\n  - 1\n  - x: 1\n    y: 2\n  -\n    - 7\n", "{\"a\":[1,{\"x\":1,\"y\":2},[7]]}", *state);
    assert_means("- - 1\n  - 2\n- 3\n", "[[1,2],3]", *state);
    assert_means("a:\nb:\n  c:\n", "{\"a\":null,\"b\":{\"c\":null}}", *state);
    assert_means("---\na: 1\n...\n", "{\"a\":1}", *state);
    assert_means("", "null", *state);
}

static void yaml__reads_json(void **state) {
    assert_means("{\"a\": [1, {\"b\": null}], \"c\":\"d\"}", "{\"a\":[1,{\"b\":null}],\"c\":\"d\"}", *state);
    assert_means("{a: 1, b: [x, 'y z',\n  \"\\u00e9\"], c}", "{\"a\":1,\"b\":[\"x\",\"y z\",\"\xc3\xa9\"],\"c\":null}", *state);
}

static void yaml__reads_over_comments(void **state) {
    assert_means("# first\na: 1 # one\n\n# more\nb: x#y\n", "{\"a\":1,\"b\":\"x#y\"}", *state);
}

static void yaml__reads_scalars_over_several_lines(void **state) {
    assert_means("a: one\n  two\n\n  three\nb: 'it''s\n  so'\n", "{\"a\":\"one two\\nthree\",\"b\":\"it's so\"}", *state);
    assert_means("a: |\n  x\n    y\n\n  z\nb: >-\n  one\n  two\n\n  three\n", "{\"a\":\"x\\n  y\\n\\nz\\n\",\"b\":\"one two\\nthree\"}", *state);
    assert_means("a: \"x\\\n  y\\tz\"\n", "{\"a\":\"xy\\tz\"}", *state);
}

static void yaml__repeats_what_an_alias_names(void **state) {
    assert_means("a: &id001\n  - 1\n  - 2\nb: *id001\n", "{\"a\":[1,2],\"b\":[1,2]}", *state);
    assert_refused("a: *nobody\n", "line 1: there is no anchor 'nobody' before this", *state);
}

static void yaml__reads_over_tags(void **state) {
    assert_means("a: !!python/tuple\n- 1\n- 2\nb: !!str 5\n", "{\"a\":[1,2],\"b\":\"5\"}", *state);
}

static void yaml__refuses_what_is_ambiguous(void **state) {
    assert_refused("a: 1\na: 2\n", "line 3: the key 'a' stands twice", *state);
    assert_refused("a: [1, 2\n", "line 1: a [ that is not closed", *state);
    assert_refused("\"", "line 1: a \" that is not closed", *state);
    assert_refused("a: 'x\n", "line 1: a ' that is not closed", *state);
    assert_refused("a: 1\n  b: 2\n", "line 2: a key where a value goes on", *state);
    assert_refused("a:\n  b: 1\n c: 2\n", "line 3: this stands further right than the key that it follows", *state);
    assert_refused("a: \"\\q\"\n", "line 1: an escape that is none", *state);
    assert_refused("? a\n: b\n", "line 1: complex keys are not supported", *state);
    assert_refused("a: b: c\n", "line 1: unexpected ':' after a value", *state);
    assert_refused("a: 1\n---\nb: 2\n", "line 2: the document ends before this", *state);
}

/* Each of nine levels names the one below nine times: a billion values in a few hundred bytes. */
static void yaml__does_not_grow_without_end(void **state) {
    struct buf text = BUF_INIT(1 << 16);
    struct json_value *root;
    struct err err;

    buf_printf(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&text, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++)
            buf_printf(&text, "%s*a%d", k > 0 ? ", " : "", i - 1);
        buf_printf(&text, "]\n");
    }
    assert_int_equal(yaml_parse(&root, buf_str(&text), *state, &err), ERR_TOO_LARGE);
    buf_reset(&text);
    for (int i = 0; i < 1000; i++)
        buf_append_char(&text, '[');
    assert_int_equal(yaml_parse(&root, buf_str(&text), *state, &err), ERR_TOO_LARGE);
    buf_finish(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(yaml__reads_objects_and_lists_by_indentation),
        ARENA_TEST(yaml__reads_json),
        ARENA_TEST(yaml__reads_over_comments),
        ARENA_TEST(yaml__reads_scalars_over_several_lines),
        ARENA_TEST(yaml__repeats_what_an_alias_names),
        ARENA_TEST(yaml__reads_over_tags),
        ARENA_TEST(yaml__refuses_what_is_ambiguous),
        ARENA_TEST(yaml__does_not_grow_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
