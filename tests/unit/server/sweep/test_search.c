/* test_search.c - draws and improvements by one door. */
#include "server/sweep/search.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

static void search__draws_the_same_for_the_same_number_only(void **state) {
    struct sweep_config *config = parse_config("{method: random, parameters: {x: {min: 0.0, max: 1.0}}}", *state);
    double a, b, c, d;
    search_next(config, NULL, 0, 1, 5, &a, *state);
    search_next(config, NULL, 0, 1, 5, &b, *state);
    search_next(config, NULL, 0, 1, 6, &c, *state);
    search_next(config, NULL, 0, 2, 5, &d, *state);
    assert_true(a == b && a != c && a != d);
}

static void search__does_not_draw_what_is_being_tried(void **state) {
    struct sweep_config *config = parse_config("{method: random, parameters: {x: {values: [a, b, c]}}}", *state);
    const double zero = 0, two = 2;
    const struct trial trials[] = { { &zero, 0, TRIAL_RUNNING }, { &two, 0, TRIAL_RUNNING } };
    double point;
    for (uint64_t number = 0; number < 50; number++) {
        search_next(config, trials, 2, 1, number, &point, *state);
        assert_true(point == 1);
    }
}

/* Otherwise probabilities would mean nothing. */
static void search__draws_again_what_has_ended(void **state) {
    struct sweep_config *config = parse_config("{method: random, parameters: {x: {values: [a, b], probabilities: [0.9, 0.1]}}}", *state);
    const double zero = 0;
    const struct trial ended = { &zero, 1, TRIAL_DONE };
    int zeros = 0;
    for (uint64_t number = 0; number < 1000; number++) {
        double point;
        search_next(config, &ended, 1, 1, number, &point, *state);
        zeros += point == 0;
    }
    assert_in_range(zeros, 860, 940);
}

static void search__improves_when_it_is_bayes(void **state) {
    struct sweep_config *config = parse_config("{method: bayes, metric: {name: l}, parameters: {x: {min: 0.0, max: 1.0}}}", *state);
    struct trial trials[12];
    double points[12], best = INFINITY;
    for (size_t i = 0; i < 12; i++) {
        search_next(config, trials, i, 3, i, &points[i], *state);
        trials[i] = (struct trial){ &points[i], pow(points[i] - 0.123, 2), TRIAL_DONE };
        best = fmin(best, trials[i].value);
    }
    assert_true(best < 1e-5); /* twelve draws come to 1e-3 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(search__draws_the_same_for_the_same_number_only), ARENA_TEST(search__does_not_draw_what_is_being_tried),
        ARENA_TEST(search__draws_again_what_has_ended), ARENA_TEST(search__improves_when_it_is_bayes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
