/* test_minimize.c - valleys, bounds and functions that break off. */
#include "server/sweep/minimize.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

static double rosenbrock(void *context, const double *x, double *gradient) {
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    (void)context;
    gradient[0] = -2 * a - 400 * x[0] * b;
    gradient[1] = 200 * b;
    return a * a + 100 * b * b;
}

static double slope_down(void *context, const double *x, double *gradient) {
    (void)context;
    gradient[0] = -1;
    gradient[1] = 2 * (x[1] - 0.25);
    return -x[0] + (x[1] - 0.25) * (x[1] - 0.25);
}

static double broken_beyond_half(void *context, const double *x, double *gradient) {
    (void)context;
    gradient[0] = -1;
    return x[0] > 0.5 ? NAN : -x[0];
}

static double run(minimize_function *function, double *x, size_t count, double lower, double upper, struct arena *arena) {
    struct minimize_problem problem = { function, NULL, count, lower, upper, 200 };
    return minimize(&problem, x, arena);
}

static void minimize__follows_a_curved_valley(void **state) {
    double x[] = { -1.2, 1 };
    assert_near(run(rosenbrock, x, 2, -5, 5, *state), 0, 1e-8);
    assert_near(x[0], 1, 1e-3);
}

static void minimize__stops_at_a_bound_and_goes_on_along_it(void **state) {
    double x[] = { 0.5, 0.9 };
    assert_near(run(slope_down, x, 2, 0, 1, *state), -1, 1e-8);
    assert_near(x[0], 1, 0);
    assert_near(x[1], 0.25, 1e-4);
}

static void minimize__stays_where_values_are(void **state) {
    double x[] = { 0.1 };
    double value = run(broken_beyond_half, x, 1, 0, 1, *state);
    assert_true(x[0] > 0.1 && x[0] <= 0.5);
    assert_near(value, -x[0], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(minimize__follows_a_curved_valley), ARENA_TEST(minimize__stops_at_a_bound_and_goes_on_along_it),
        ARENA_TEST(minimize__stays_where_values_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
