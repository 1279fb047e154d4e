/* test_summary.c - what a run's summary says after rows, definitions and settings. */
#include "client/summary.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

static void observe(struct summary *summary, const char *key, const char *json) {
    struct record_item item = { .path = { str_from_c(key) }, .path_len = 1, .value_json = str_from_c(json) };
    summary_observe(summary, &item);
}

static void assert_says(const struct summary *summary, const char *expected) {
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summary__holds_the_last_value_of_each_key),
        cmocka_unit_test(summary__follows_what_was_defined),
        cmocka_unit_test(summary__prefers_a_name_to_a_glob),
        cmocka_unit_test(summary__tells_each_change_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
