/* test_automation_filter.c - when conditions on metrics hold. */
#include "server/api/automations/automation_type.h"

#include <setjmp.h>
#include <stdarg.h>

#include <math.h>

#include <cmocka.h>

#define HOLDS(condition, ...)                                                                                            \
    metric_condition_holds(&(condition), (const double[]){ __VA_ARGS__ }, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double))

static void automation_filter__compares_an_aggregate_of_the_newest_values(void **state) {
    struct metric_condition mean = { .kind = METRIC_THRESHOLD, .aggregate = METRIC_AVERAGE, .window = 2, .comparison = STR("$gt"), .threshold = 2 };
    struct metric_condition least = { .kind = METRIC_THRESHOLD, .aggregate = METRIC_MIN, .window = 3, .comparison = STR("$lte"), .threshold = 1 };
    struct metric_condition last = { .kind = METRIC_THRESHOLD, .aggregate = METRIC_LAST, .window = 1, .comparison = STR("$lt"), .threshold = 1 };
    (void)state;
    assert_true(HOLDS(mean, 0, 1, 4) && !HOLDS(mean, 9, 1, 3) && !HOLDS(mean, 9));
    assert_true(HOLDS(least, 5, 1, 5) && !HOLDS(least, 1, 5, 5, 5));
    assert_true(HOLDS(last, 5, 0.5) && !HOLDS(last, 0.5, 1) && !HOLDS(last, (double)NAN));
}

static void automation_filter__measures_changes_against_the_window_before(void **state) {
    struct metric_condition by = { .kind = METRIC_CHANGE, .aggregate = METRIC_AVERAGE, .window = 1, .prior = 2, .threshold = 2 };
    struct metric_condition half = { .kind = METRIC_CHANGE, .aggregate = METRIC_LAST, .window = 1, .prior = 1, .threshold = 0.5, .is_relative = true, .direction = -1 };
    (void)state;
    assert_true(HOLDS(by, 1, 1, 3) && HOLDS(by, 3, 3, 1) && !HOLDS(by, 1, 1, 2) && !HOLDS(by, 1, 3));
    assert_true(HOLDS(half, 10, 5) && !HOLDS(half, 10, 6) && !HOLDS(half, 10, 20) && HOLDS(half, -10, -15));
    half.direction = 1;
    assert_true(HOLDS(half, 0, 1) && !HOLDS(half, 0, 0));
}

static void automation_filter__finds_outliers(void **state) {
    struct metric_condition far = { .kind = METRIC_ZSCORE, .window = 4, .threshold = 3 };
    (void)state;
    assert_true(HOLDS(far, 1, 2, 1, 2, 9) && !HOLDS(far, 1, 2, 1, 2, 2) && !HOLDS(far, 1, 1, 1, 1, 9) && !HOLDS(far, 1, 2, 1, 9));
    far.direction = -1;
    assert_true(!HOLDS(far, 1, 2, 1, 2, 9) && HOLDS(far, 1, 2, 1, 2, -9));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(automation_filter__compares_an_aggregate_of_the_newest_values),
        cmocka_unit_test(automation_filter__measures_changes_against_the_window_before),
        cmocka_unit_test(automation_filter__finds_outliers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
