/* test_space.c - nested parameters, points as JSON, grids. */
#include "tests/unit/server/sweep/sweep_fixture.h"

static struct space *parse(const char *yaml, struct arena *arena) {
    struct space *space = ARENA_NEW(arena, struct space);
    struct space_warnings none = { NULL, NULL };
    struct err err;
    if (space_parse(space, parse_yaml(yaml, arena), &none, arena, &err) != OK)
        fail_msg("%s", err.message);
    return space;
}

static struct str write(const struct space *space, const double *point, struct arena *arena) {
    struct buf text = BUF_INIT(10000);
    struct json_writer writer;
    json_writer_init(&writer, &text, JSON_STRICT);
    space_write(space, point, &writer);
    struct str out = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return out;
}

#define NESTED "{lr: {min: 0.0, max: 1.0}, model: {parameters: {kind: {values: [cnn, mlp]}, deep: {parameters: {n: {min: 1, max: 4}}}}}}"

static void space__nests_values_below_the_first_level(void **state) {
    struct space *space = parse(NESTED, *state);
    const double point[] = { 0.5, 1, 3 };
    assert_int_equal(space->count, 3);
    assert_true(str_eq_c(space->paths[2], "model.deep.n"));
    assert_true(str_eq_c(write(space, point, *state), "{\"lr\":{\"value\":0.5},\"model\":{\"value\":{\"kind\":\"mlp\",\"deep\":{\"n\":3}}}}"));
}

static void space__reads_what_it_wrote(void **state) {
    struct space *space = parse(NESTED, *state);
    const double point[] = { 0.25, 0, 4 };
    double back[3];
    struct json_value *json;
    struct err err;
    assert_int_equal(json_parse(&json, write(space, point, *state), JSON_STRICT, *state, &err), OK);
    assert_true(space_read(space, json, back));
    assert_memory_equal(back, point, sizeof point);
    assert_false(space_read(space, parse_yaml("{lr: {value: 0.5}}", *state), back));
    assert_false(space_read(space, parse_yaml("{lr: {value: x}, model: {value: {kind: mlp, deep: {n: 1}}}}", *state), back));
    assert_false(space_read(space, parse_yaml("{lr: {value: 1}, model: {value: {kind: rnn, deep: {n: 1}}}}", *state), back));
}

static void space__grid_holds_each_point_once(void **state) {
    struct space *space = parse("{a: {values: [x, y]}, b: {min: 1, max: 3}, c: {value: 7}, d: {distribution: q_uniform, min: 0, max: 1, q: 0.5}}", *state);
    bool seen[2][3][3] = { 0 };
    double point[4];
    int64_t count;
    struct err err;

    assert_int_equal(space_grid_count(space, &count, &err), OK);
    assert_int_equal(count, 18);
    for (int64_t i = 0; i < count; i++) {
        space_grid_point(space, i, point);
        bool *it = &seen[(int)point[0]][(int)point[1] - 1][(int)(2 * point[3])];
        assert_false(*it);
        *it = true;
    }
    space_grid_point(space, 1, point);
    assert_true(point[0] == 0 && point[3] == 0.5);
}

static void space__has_no_grid_of_endless_parameters(void **state) {
    struct space *space = parse("{a: {parameters: {b: {min: 0.0, max: 1.0}}}}", *state);
    int64_t count;
    struct err err;
    assert_int_equal(space_grid_count(space, &count, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, "parameters.a.b: a grid needs value, values, int_uniform or q_uniform: the distribution uniform has no end");
}

static void space__counts_grids_beyond_all_numbers(void **state) {
    struct space *space = parse("{a: {min: 0, max: 9007199254740991}, b: {min: 0, max: 9007199254740991}}", *state);
    int64_t count;
    struct err err;
    assert_int_equal(space_grid_count(space, &count, &err), OK);
    assert_true(count == INT64_MAX);
}

static void assert_refused(const char *yaml, const char *message, struct arena *arena) {
    struct space_warnings none = { NULL, NULL };
    struct space space;
    struct err err;
    assert_int_equal(space_parse(&space, parse_yaml(yaml, arena), &none, arena, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, message);
}

static void space__says_where_a_mistake_is(void **state) {
    assert_refused("{a: {parameters: {b: {min: 2, max: 1}}}}", "parameters.a.b: min is 2 and max is 1: min must not be above max", *state);
    assert_refused("{a: {parameters: {}}}", "parameters.a: must be an object with at least one parameter", *state);
    assert_refused("[1]", "parameters: must be an object with at least one parameter", *state);
    assert_refused("{a: 5}", "parameters.a: must be an object with value, values, min and max, or a distribution", *state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(space__nests_values_below_the_first_level), ARENA_TEST(space__reads_what_it_wrote),
        ARENA_TEST(space__grid_holds_each_point_once),         ARENA_TEST(space__has_no_grid_of_endless_parameters),
        ARENA_TEST(space__counts_grids_beyond_all_numbers),    ARENA_TEST(space__says_where_a_mistake_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
