/* test_keys.c - which keys a history has, told alike of the tail, of segments and of both. */
#include "tests/unit/server/history/history_fixture.h"

static struct history_keys keys_of(struct history_fixture *f) {
    struct history_keys keys;
    expect_ok(f, history_read_keys(f->history, RUN, HISTORY_ROWS, &keys, f->arena, &f->err));
    return keys;
}

static const struct history_key *key_of(struct history_fixture *f, const char *name) {
    struct history_keys keys = keys_of(f);
    for (size_t i = 0; i < keys.count; i++)
        if (str_eq_c(keys.keys[i].name, name))
            return &keys.keys[i];
    fail_msg("there is no key '%s'", name);
    return NULL;
}

/* First as it is, then sealed, then with the last row in the tail behind a segment. */
static void in_each_place(struct history_fixture *f, const char *first, const char *last, void check(struct history_fixture *)) {
    append(f, 0, first);
    append(f, 1, last);
    check(f);
    seal_all(f, RUN);
    check(f);
}

static void check_kinds(struct history_fixture *f) {
    struct history_keys keys = keys_of(f);
    const char *const names[] = { "b", "d", "m", "n", "s", "x.list", "x.y" };

    assert_int_equal(keys.count, 7);
    assert_int_equal(keys.last_step, 1);
    for (size_t i = 0; i < 7; i++)
        assert_true(str_eq_c(keys.keys[i].name, names[i]));
    assert_int_equal(key_of(f, "b")->bools, 2);
    assert_int_equal(key_of(f, "d")->numbers, 2);
    assert_int_equal(key_of(f, "n")->nulls, 2);
    assert_int_equal(key_of(f, "n")->numbers, 0);
    assert_int_equal(key_of(f, "s")->strings, 2);
    assert_int_equal(key_of(f, "x.list")->jsons, 1);
    assert_int_equal(key_of(f, "x.y")->numbers, 1);
    assert_true(str_eq_c(key_of(f, "b")->last_json, "false"));
    assert_true(str_eq_c(key_of(f, "d")->last_json, "NaN"));
    assert_true(str_eq_c(key_of(f, "s")->last_json, "\"\\n\""));
    assert_true(str_eq_c(key_of(f, "x.list")->last_json, "[1]"));
    assert_int_equal(key_of(f, "x.y")->last_step, 0);
    assert_int_equal(key_of(f, "s")->last_step, 1);
}

static void keys__tell_kinds_counts_and_last_values(void **state) {
    in_each_place(*state, "{\"_step\":0,\"b\":true,\"d\":1.5,\"n\":null,\"s\":\"a\",\"m\":1,\"x\":{\"y\":2}}",
                  "{\"_step\":1,\"b\":false,\"d\":NaN,\"n\":null,\"s\":\"\\n\",\"m\":2,\"x\":{\"list\":[1]}}", check_kinds);
}

static void check_order(struct history_fixture *f) {
    assert_true(key_of(f, "up")->is_monotonic);
    assert_true(key_of(f, "same")->is_monotonic);
    assert_false(key_of(f, "down")->is_monotonic);
    assert_false(key_of(f, "nan")->is_monotonic);
    assert_false(key_of(f, "nan_first")->is_monotonic);
    assert_false(key_of(f, "text")->is_monotonic);
}

static void keys__say_whether_numbers_ever_go_down(void **state) {
    in_each_place(*state, "{\"_step\":0,\"up\":1,\"same\":2,\"down\":2,\"nan\":1,\"nan_first\":NaN,\"text\":\"a\"}",
                  "{\"_step\":1,\"up\":1.5,\"same\":2,\"down\":1.9,\"nan\":NaN,\"nan_first\":1,\"text\":\"b\"}", check_order);
}

static void keys__compare_a_segments_end_with_the_tails_begin(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"up\":1,\"down\":5}\n{\"_step\":1,\"up\":2,\"down\":6}");
    seal_all(f, RUN);
    append(f, 2, "{\"_step\":2,\"up\":2,\"down\":5}\n{\"_step\":3,\"up\":3,\"down\":6}");
    assert_true(key_of(f, "up")->is_monotonic);
    assert_false(key_of(f, "down")->is_monotonic);
    assert_true(str_eq_c(key_of(f, "up")->last_json, "3"));
    assert_int_equal(key_of(f, "up")->last_step, 3);
}

/* "Last" is by step, not by when it came. */
static void keys__take_the_value_of_the_highest_step_for_the_last(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":9,\"a\":90}");
    append(f, 1, "{\"_step\":4,\"a\":40}");
    assert_true(str_eq_c(key_of(f, "a")->last_json, "90"));
    seal_all(f, RUN);
    append(f, 2, "{\"_step\":8,\"a\":80}");
    assert_true(str_eq_c(key_of(f, "a")->last_json, "90"));
    assert_int_equal(key_of(f, "a")->last_step, 9);
}

static void keys__of_a_run_without_rows_are_none(void **state) {
    struct history_fixture *f = *state;
    assert_int_equal(keys_of(f).count, 0);
    assert_int_equal(keys_of(f).last_step, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(keys__tell_kinds_counts_and_last_values),
        HISTORY_TEST(keys__say_whether_numbers_ever_go_down),
        HISTORY_TEST(keys__compare_a_segments_end_with_the_tails_begin),
        HISTORY_TEST(keys__take_the_value_of_the_highest_step_for_the_last),
        HISTORY_TEST(keys__of_a_run_without_rows_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
