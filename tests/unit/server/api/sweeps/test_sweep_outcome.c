/* test_sweep_outcome.c - what summaries say of a metric, and how runs look to the search. */
#include "server/api/sweeps/sweep_outcome.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct sweep_config *parse(const char *metric, struct arena *arena) {
    struct str text = arena_printf(arena, "{method: random, metric: %s, parameters: {x: {min: 0, max: 9}}}", metric);
    struct sweep_config *config;
    struct err err;
    if (sweep_config_parse(&config, text, arena, &err) != OK)
        fail_msg("%s", err.message);
    return config;
}

static void assert_value(const char *metric, const char *summary, bool has_value, double expected) {
    struct arena *arena = arena_create();
    double value = 0;
    assert_true(sweep_outcome_in_summary(parse(metric, arena), str_from_c(summary), &value, arena) == has_value);
    assert_true(!has_value || value == expected);
    arena_destroy(arena);
}

static void sweep_outcome__finds_the_metric_in_a_summary(void **state) {
    (void)state;
    assert_value("{name: loss}", "{\"loss\":0.5}", true, 0.5);
    assert_value("{name: val.loss}", "{\"val.loss\":1}", true, 1);
    assert_value("{name: val.a.loss}", "{\"val\":{\"a\":{\"loss\":2}}}", true, 2);
    assert_value("{name: loss}", "{\"loss\":{\"min\":1,\"max\":3}}", true, 1);
    assert_value("{name: loss, goal: maximize}", "{\"loss\":{\"min\":1,\"max\":3}}", true, 3);
    assert_value("{name: loss}", "{\"loss\":{\"last\":7}}", true, 7);
}

static void sweep_outcome__takes_only_finite_numbers(void **state) {
    (void)state;
    assert_value("{name: loss}", "{}", false, 0);
    assert_value("{name: loss}", "{\"loss\":NaN}", false, 0);
    assert_value("{name: loss}", "{\"loss\":\"0.5\"}", false, 0);
    assert_value("{name: loss}", "no JSON", false, 0);
    assert_value("{name: loss}", "", false, 0);
}

static struct trial trial_of(const char *metric, struct sweep_run run, struct arena *arena) {
    struct list runs = { 0 };
    struct trial *trials;
    struct err err;
    size_t count;
    if (run.args.ptr == NULL)
        run.args = STR("{\"x\":{\"value\":4}}");
    list_add(&runs, &run, arena);
    assert_int_equal(sweep_outcome_trials(NULL, parse(metric, arena), &runs, &trials, &count, arena, &err), OK);
    return count == 1 ? trials[0] : (struct trial){ .point = NULL };
}

static void sweep_outcome__shows_runs_as_the_search_counts_them(void **state) {
    struct arena *arena = arena_create();
    struct sweep_run run = { .outcome = SWEEP_RUN_VALUE, .best = 2, .latest = 3, .run_state = RUN_FINISHED };
    (void)state;
    struct trial trial = trial_of("{name: l}", run, arena);
    assert_true(trial.state == TRIAL_DONE && trial.value == 2 && trial.point[0] == 4);
    assert_true(trial_of("{name: l, goal: maximize}", run, arena).value == -2);
    run.run_state = RUN_FAILED;
    assert_true(trial_of("{name: l}", run, arena).state == TRIAL_FAILED);
    assert_true(trial_of("{name: l, impute: latest}", run, arena).value == 3);
    assert_true(trial_of("{name: l, impute: best}", run, arena).value == 2);
    run = (struct sweep_run){ .outcome = SWEEP_RUN_NO_VALUE, .run_state = RUN_FINISHED };
    assert_true(trial_of("{name: l}", run, arena).state == TRIAL_FAILED);
    run = (struct sweep_run){ .outcome = SWEEP_RUN_UNKNOWN, .run_state = RUN_RUNNING };
    assert_true(trial_of("{name: l}", run, arena).state == TRIAL_RUNNING);
    assert_true(trial_of("{name: l, impute_while_running: worst}", run, arena).state == TRIAL_FAILED);
    arena_destroy(arena);
}

static void sweep_outcome__leaves_out_what_is_no_point(void **state) {
    struct arena *arena = arena_create();
    struct sweep_run run = { .outcome = SWEEP_RUN_VALUE, .args = STR("{\"y\":{\"value\":4}}") };
    (void)state;
    assert_null(trial_of("{name: l}", run, arena).point);
    run.args = STR("{\"x\":{\"value\":4}}");
    run.state = SWEEP_RUN_REPLACED;
    assert_null(trial_of("{name: l}", run, arena).point);
    arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_outcome__finds_the_metric_in_a_summary), cmocka_unit_test(sweep_outcome__takes_only_finite_numbers),
        cmocka_unit_test(sweep_outcome__shows_runs_as_the_search_counts_them), cmocka_unit_test(sweep_outcome__leaves_out_what_is_no_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
