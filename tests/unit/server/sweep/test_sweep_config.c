/* test_sweep_config.c - configurations as people write them. */
#include "tests/unit/server/sweep/sweep_fixture.h"

static void sweep_config__reads_all_that_is_documented(void **state) {
    struct sweep_config *c = parse_config("method: bayes\n"
                                          "name: my sweep\n"
                                          "description: tries things\n"
                                          "program: train.py\n"
                                          "run_cap: 20\n"
                                          "seed: 9\n"
                                          "command: ['${env}', python, '${program}']\n"
                                          "metric:\n  name: val.loss\n  goal: maximize\n  target: 0.9\n  impute: latest\n"
                                          "early_terminate:\n  type: hyperband\n  min_iter: 3\n  strict: true\n"
                                          "parameters:\n  lr:\n    distribution: log_uniform_values\n    min: 1e-5\n    max: 0.1\n",
                                          *state);
    assert_int_equal(c->method, SWEEP_BAYES);
    assert_true(str_eq_c(c->name, "my sweep") && str_eq_c(c->description, "tries things") && str_eq_c(c->program, "train.py"));
    assert_true(str_eq_c(c->metric, "val.loss") && c->is_maximize && c->has_target && c->target == 0.9);
    assert_int_equal(c->impute, IMPUTE_LATEST);
    assert_int_equal(c->impute_while_running, IMPUTE_NOTHING);
    assert_int_equal(c->run_cap, 20);
    assert_true(c->has_seed && c->seed == 9);
    assert_true(c->has_early_terminate && c->early_terminate.is_strict);
    assert_int_equal(c->space.count, 1);
    assert_int_equal(c->warnings.count, 0);
}

static void sweep_config__counts_a_grid(void **state) {
    assert_int_equal(parse_config("{method: grid, parameters: {a: {values: [1, 2]}, b: {min: 1, max: 3}}}", *state)->grid_count, 6);
}

static void sweep_config__leaves_the_search_to_a_local_controller(void **state) {
    struct sweep_config *c = parse_config("{method: custom, controller: {type: local}, parameters: {a: {value: 1}},"
                                          " early_terminate: {type: mine}}",
                                          *state);
    assert_true(c->is_local && !c->has_early_terminate);
}

static void sweep_config__leaves_all_to_the_engine_of_a_scheduler(void **state) {
    struct sweep_config *c = parse_config("{scheduler: {engine: optuna, source: space.py}}", *state);
    assert_true(c->is_scheduled);
    assert_int_equal(c->warnings.count, 0);
    c = parse_config("{method: grid, scheduler: {num_workers: 2}, parameters: {a: {value: 1}}}", *state);
    assert_false(c->is_scheduled);
    assert_int_equal(c->warnings.count, 1);
}

static void assert_refused(const char *yaml, const char *message, struct arena *arena) {
    struct sweep_config *config;
    struct err err;
    assert_int_equal(sweep_config_parse(&config, str_from_c(yaml), arena, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, message);
}

static void sweep_config__refuses_what_cannot_work(void **state) {
    assert_refused("a: [", "the sweep's configuration: line 1: a [ that is not closed", *state);
    assert_refused("[1]", "the sweep's configuration must be an object with method and parameters", *state);
    assert_refused("{parameters: {a: {value: 1}}}", "method: is missing: grid, random or bayes", *state);
    assert_refused("{method: random}", "parameters: is missing", *state);
    assert_refused("{method: 5, parameters: {a: {value: 1}}}", "method: must be a text of at most 65536 bytes", *state);
    assert_refused("{method: custom, parameters: {a: {value: 1}}}", "method: custom needs a local controller (controller: {type: local})", *state);
    assert_refused("{method: random, metric: {}, parameters: {a: {value: 1}}}", "metric.name: must be 1 to 1024 bytes of text", *state);
    assert_refused("{method: random, metric: {name: l, target: .inf}, parameters: {a: {value: 1}}}", "metric.target: must be a finite number", *state);
    assert_refused("{method: random, controller: {type: mine}, parameters: {a: {value: 1}}}", "controller.type: must be local or cloud", *state);
}

static void sweep_config__warns_of_what_is_not_used(void **state) {
    struct sweep_config *c = parse_config("{method: random, colour: red, metric: {name: l, gaol: x}, parameters: {a: {value: 1, q: 2}}}", *state);
    assert_int_equal(c->warnings.count, 3);
    assert_true(str_eq_c(*(struct str *)c->warnings.items[0], "metric.gaol is not used"));
    assert_true(str_eq_c(*(struct str *)c->warnings.items[1], "parameters.a: 'q' is not used here"));
    assert_true(str_eq_c(*(struct str *)c->warnings.items[2], "colour is not used"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(sweep_config__reads_all_that_is_documented), ARENA_TEST(sweep_config__counts_a_grid),
        ARENA_TEST(sweep_config__leaves_the_search_to_a_local_controller), ARENA_TEST(sweep_config__leaves_all_to_the_engine_of_a_scheduler),
        ARENA_TEST(sweep_config__refuses_what_cannot_work), ARENA_TEST(sweep_config__warns_of_what_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
