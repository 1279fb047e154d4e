/* test_hyperband.c - brackets, and who may go on. */
#include "tests/unit/server/sweep/sweep_fixture.h"

static struct hyperband parse(const char *yaml, struct arena *arena) {
    struct hyperband h;
    struct err err;
    if (hyperband_parse(&h, parse_yaml(yaml, arena), &err) != OK)
        fail_msg("%s", err.message);
    return h;
}

static void hyperband__makes_the_documented_brackets(void **state) {
    struct hyperband h = parse("{type: hyperband, min_iter: 3}", *state);
    const int64_t up[] = { 3, 9, 27, 81 };
    assert_memory_equal(h.brackets, up, sizeof up);
    h = parse("{type: hyperband, max_iter: 27, s: 2}", *state);
    assert_int_equal(h.bracket_count, 2);
    assert_int_equal(h.brackets[0], 3);
    assert_int_equal(h.brackets[1], 9);
    h = parse("{type: hyperband, max_iter: 10, s: 9, eta: 2}", *state);
    assert_int_equal(h.bracket_count, 3);
    assert_int_equal(h.brackets[0], 1);
    assert_int_equal(h.brackets[2], 5);
}

static struct hyperband_run measure(const struct hyperband *h, size_t count, const double *values, bool is_maximize) {
    struct hyperband_run run;
    hyperband_measure(&run, h, values, count, is_maximize);
    return run;
}

static void hyperband__stops_the_worse_part_at_a_bracket(void **state) {
    struct hyperband h = parse("{type: hyperband, min_iter: 2, eta: 2}", *state);
    const double values[4][2] = { { 9, 1 }, { 9, 2 }, { 9, 3 }, { 9, 4 } };
    struct hyperband_run runs[4];
    for (size_t i = 0; i < 4; i++)
        runs[i] = measure(&h, 2, values[i], false);
    assert_false(hyperband_should_stop(&h, runs, 4, &runs[0], *state));
    assert_false(hyperband_should_stop(&h, runs, 4, &runs[2], *state));
    assert_true(hyperband_should_stop(&h, runs, 4, &runs[3], *state));
}

static void hyperband__looks_for_large_values_when_they_are_good(void **state) {
    struct hyperband h = parse("{type: hyperband, min_iter: 1, eta: 2}", *state);
    const double good = 0.9, bad = 0.1;
    struct hyperband_run runs[] = { measure(&h, 1, &good, true), measure(&h, 1, &good, true), measure(&h, 1, &bad, true) };
    assert_true(hyperband_should_stop(&h, runs, 3, &runs[2], *state));
    assert_false(hyperband_should_stop(&h, runs, 3, &runs[0], *state));
}

static void hyperband__waits_for_the_first_bracket(void **state) {
    struct hyperband h = parse("{type: hyperband, min_iter: 3, eta: 2}", *state);
    const double bad[] = { 99, 99 }, good[] = { 1, 1, 1 };
    struct hyperband_run runs[] = { measure(&h, 2, bad, false), measure(&h, 3, good, false), measure(&h, 3, good, false) };
    assert_false(hyperband_should_stop(&h, runs, 3, &runs[0], *state));
}

/* It was good once, and is bad at the bracket. */
static void hyperband__forgives_unless_it_is_strict(void **state) {
    struct hyperband lenient = parse("{type: hyperband, min_iter: 2, eta: 2}", *state);
    struct hyperband strict = parse("{type: hyperband, min_iter: 2, eta: 2, strict: true}", *state);
    const double fallen[] = { 1, 9 }, others[] = { 5, 2 };
    struct hyperband_run runs[] = { measure(&lenient, 2, others, false), measure(&lenient, 2, others, false), measure(&lenient, 2, fallen, false) };
    assert_false(hyperband_should_stop(&lenient, runs, 3, &runs[2], *state));
    assert_true(hyperband_should_stop(&strict, runs, 3, &runs[2], *state));
}

static void assert_refused(const char *yaml, const char *message, struct arena *arena) {
    struct hyperband h;
    struct err err;
    assert_int_equal(hyperband_parse(&h, parse_yaml(yaml, arena), &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, message);
}

static void hyperband__refuses_what_has_no_brackets(void **state) {
    assert_refused("{type: median}", "early_terminate.type: must be hyperband, got 'median'", *state);
    assert_refused("{type: hyperband, max_iter: 9}", "early_terminate: max_iter needs s, the number of brackets", *state);
    assert_refused("{type: hyperband, max_iter: 2, s: 1}", "early_terminate: max_iter is 2, but must be at least eta (3)", *state);
    assert_refused("{type: hyperband, min_iter: 2, eta: 1}", "early_terminate.eta: must be a number above 1", *state);
    assert_refused("{type: hyperband, min_iter: 0}", "early_terminate.min_iter: must be a whole number, 1 or more", *state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(hyperband__makes_the_documented_brackets), ARENA_TEST(hyperband__stops_the_worse_part_at_a_bracket),
        ARENA_TEST(hyperband__looks_for_large_values_when_they_are_good), ARENA_TEST(hyperband__waits_for_the_first_bracket),
        ARENA_TEST(hyperband__forgives_unless_it_is_strict), ARENA_TEST(hyperband__refuses_what_has_no_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
