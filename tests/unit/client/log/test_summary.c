/* test_summary.c - what a run's summary says after rows, definitions and settings. */
#include "client/log/summary.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

static void put(struct buf *row, const char *key, const char *json) {
    const struct str name = str_from_c(key);
    record_put_item(row, 1, &name, 1, str_from_c(json));
}

static void observe(struct summary *summary, const char *key, const char *json) {
    struct buf row = BUF_INIT(TEXT_MAX);
    put(&row, key, json);
    summary_observe(summary, buf_str(&row));
    buf_finish(&row);
}

static void observe_two(struct summary *summary, const char *key, const char *json, const char *other_key, const char *other_json) {
    struct buf row = BUF_INIT(TEXT_MAX);
    put(&row, key, json);
    put(&row, other_key, other_json);
    summary_observe(summary, buf_str(&row));
    buf_finish(&row);
}

static void assert_says(struct summary *summary, const char *expected) {
    struct buf out = BUF_INIT(TEXT_MAX);
    summary_write(summary, &out);
    buf_append_char(&out, '\0');
    assert_string_equal(out.ptr, expected);
    buf_finish(&out);
}

static void define(struct summary *summary, const char *name, unsigned modes, enum metric_goal goal) {
    struct str text = str_from_c(name);
    bool is_glob = str_ends_with(text, STR("*"));
    struct record_metric metric = { .name = is_glob ? STR_EMPTY : text, .glob_name = is_glob ? text : STR_EMPTY,
                                    .modes = modes, .goal = goal };
    assert_true(summary_define(summary, &metric));
}

static void summary__holds_the_last_value_of_each_key(void **state) {
    (void)state;
    struct summary summary;
    assert_true(summary_init(&summary));
    observe(&summary, "loss", "1.5");
    observe(&summary, "text", "\"a\"");
    observe(&summary, "loss", "NaN");
    assert_says(&summary, "{\"loss\":NaN,\"text\":\"a\"}");
    summary_finish(&summary);
}

static void summary__follows_what_was_defined(void **state) {
    (void)state;
    struct summary summary;
    assert_true(summary_init(&summary));
    define(&summary, "acc", METRIC_MAX | METRIC_MIN | METRIC_MEAN | METRIC_LAST, METRIC_NO_GOAL);
    define(&summary, "hidden/*", METRIC_NONE, METRIC_NO_GOAL);
    define(&summary, "err", METRIC_BEST, METRIC_MINIMIZE);
    observe(&summary, "acc", "3");
    observe(&summary, "acc", "1");
    observe(&summary, "acc", "NaN");
    observe(&summary, "hidden/x", "1");
    observe(&summary, "err", "0.5");
    observe(&summary, "err", "0.75");
    assert_says(&summary, "{\"acc\":{\"min\":1,\"max\":3,\"mean\":2.0,\"last\":NaN},\"err\":{\"best\":0.5}}");
    summary_finish(&summary);
}

static void summary__prefers_a_name_to_a_glob(void **state) {
    (void)state;
    struct summary summary;
    assert_true(summary_init(&summary));
    define(&summary, "a*", METRIC_MAX, METRIC_NO_GOAL);
    define(&summary, "ab", METRIC_MIN, METRIC_NO_GOAL);
    define(&summary, "a*", METRIC_MEAN, METRIC_NO_GOAL);
    observe(&summary, "ab", "2");
    observe(&summary, "ac", "4");
    assert_says(&summary, "{\"ab\":{\"min\":2},\"ac\":{\"mean\":4.0}}");
    summary_finish(&summary);
}

static void summary__tells_each_change_once(void **state) {
    (void)state;
    struct summary summary;
    struct buf first = BUF_INIT(TEXT_MAX), second = BUF_INIT(TEXT_MAX);
    assert_true(summary_init(&summary));
    observe(&summary, "a", "1");
    summary_take_changes(&summary, &first);
    assert_true(first.len > 0);
    summary_take_changes(&summary, &second);
    assert_int_equal(second.len, 0);
    observe(&summary, "a", "2");
    summary_take_changes(&summary, &second);
    assert_true(second.len > 0);
    buf_finish(&first);
    buf_finish(&second);
    summary_finish(&summary);
}

/* Rows with the same keys wait for the next: none of what they say may be lost on the way. */
static void summary__keeps_what_other_rows_do_not_have(void **state) {
    struct summary summary;
    char long_value[300], expected[400];
    (void)state;
    memset(long_value, '1', sizeof long_value - 1);
    long_value[sizeof long_value - 1] = '\0';
    assert_true(summary_init(&summary));
    observe_two(&summary, "a", "1", "b", "2");
    observe_two(&summary, "a", "3", "b", "4");
    observe_two(&summary, "b", "5", "c", "6");
    observe(&summary, "b", "7");
    observe(&summary, "d", long_value);
    observe(&summary, "d", long_value);
    (void)snprintf(expected, sizeof expected, "{\"a\":3,\"b\":7,\"c\":6,\"d\":%s}", long_value);
    assert_says(&summary, expected);
    summary_finish(&summary);
}

static void summary__joins_nested_keys_of_rows_that_are_alike(void **state) {
    const struct str left[] = { STR_INIT("at"), STR_INIT("x") }, right[] = { STR_INIT("at"), STR_INIT("y") };
    struct buf row = BUF_INIT(TEXT_MAX);
    struct summary summary;
    (void)state;
    assert_true(summary_init(&summary));
    for (int i = 0; i < 2; i++) {
        buf_reset(&row);
        record_put_item(&row, 1, i == 0 ? left : right, 2, STR("1"));
        summary_observe(&summary, buf_str(&row));
    }
    assert_says(&summary, "{\"at\":{\"x\":1,\"y\":1}}");
    buf_finish(&row);
    summary_finish(&summary);
}

/* A rule is for what is logged from then on; the rows before are what they were. */
static void summary__ranks_only_what_is_logged_under_the_rule(void **state) {
    struct summary summary;
    (void)state;
    assert_true(summary_init(&summary));
    observe_two(&summary, "a", "9", "b", "1");
    define(&summary, "a", METRIC_MAX, METRIC_NO_GOAL);
    assert_says(&summary, "{\"a\":9,\"b\":1}");
    observe_two(&summary, "a", "3", "b", "2");
    observe_two(&summary, "a", "2", "b", "3");
    assert_says(&summary, "{\"a\":{\"max\":3},\"b\":3}");
    summary_finish(&summary);
}

static void summary__has_the_users_value_until_the_key_is_logged_again(void **state) {
    struct buf items = BUF_INIT(TEXT_MAX);
    struct summary summary;
    (void)state;
    assert_true(summary_init(&summary));
    observe(&summary, "a", "1");
    put(&items, "a", "5");
    summary_set(&summary, buf_str(&items));
    assert_says(&summary, "{\"a\":5}");
    observe(&summary, "a", "2");
    assert_says(&summary, "{\"a\":2}");
    const struct str path[] = { STR_INIT("a") };
    observe(&summary, "a", "3");
    summary_remove(&summary, path, 1);
    assert_says(&summary, "{}");
    buf_finish(&items);
    summary_finish(&summary);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summary__holds_the_last_value_of_each_key),
        cmocka_unit_test(summary__follows_what_was_defined),
        cmocka_unit_test(summary__prefers_a_name_to_a_glob),
        cmocka_unit_test(summary__tells_each_change_once),
        cmocka_unit_test(summary__keeps_what_other_rows_do_not_have),
        cmocka_unit_test(summary__joins_nested_keys_of_rows_that_are_alike),
        cmocka_unit_test(summary__ranks_only_what_is_logged_under_the_rule),
        cmocka_unit_test(summary__has_the_users_value_until_the_key_is_logged_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
