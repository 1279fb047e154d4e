/* test_gp.c - the process goes through what it saw, knows what it does not know, and its gradients are true. */
#include "server/sweep/gp.h"
#include "server/sweep/rng.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

enum { N = 30 };

static double bumps(double a, double b) {
    return sin(6 * a) + 0.3 * cos(9 * b);
}

static struct gp_data make_data(bool *is_nominal, struct arena *arena) {
    double *x = ARENA_ARRAY(arena, double, 2 * N), *y = ARENA_ARRAY(arena, double, N);
    struct rng rng;
    rng_init(&rng, 1, 1);
    for (size_t i = 0; i < N; i++) {
        x[i] = rng_unit(&rng);
        x[N + i] = rng_unit(&rng);
        y[i] = bumps(x[i], x[N + i]);
    }
    return (struct gp_data){ x, y, N, 2, is_nominal };
}

static struct gp_scales make_scales(struct arena *arena) {
    struct gp_scales scales = { ARENA_ARRAY(arena, double, 2), 0, -6 };
    scales.lengths[0] = scales.lengths[1] = log(0.3);
    return scales;
}

static void gp__goes_through_what_it_saw(void **state) {
    bool nominal[2] = { false, false };
    struct gp_data data = make_data(nominal, *state);
    struct gp_scales scales = make_scales(*state);
    struct gp *gp = gp_create(&data, &scales, N, *state);
    double mean, deviation;
    for (size_t i = 0; i < N; i++) {
        const double x[] = { data.x[i], data.x[N + i] };
        gp_predict(gp, x, &mean, &deviation, NULL, NULL);
        assert_near(mean, data.y[i], 0.01);
        assert_near(gp_mean_at(gp, i), mean, 1e-5);
        assert_true(deviation < 0.02);
    }
}

static void gp__predicts_and_doubts_between(void **state) {
    bool nominal[2] = { false, false };
    struct gp_data data = make_data(nominal, *state);
    struct gp_scales scales = make_scales(*state);
    (void)gp_fit(&data, &scales, 50, *state);
    struct gp *gp = gp_create(&data, &scales, N, *state);
    const double near_by[] = { 0.5, 0.5 }, far_away[] = { 5, 5 };
    double mean, deviation, far_deviation;
    gp_predict(gp, near_by, &mean, &deviation, NULL, NULL);
    assert_near(mean, bumps(0.5, 0.5), 0.1);
    gp_predict(gp, far_away, &mean, &far_deviation, NULL, NULL);
    assert_near(mean, 0, 0.05);
    assert_true(far_deviation > 5 * deviation);
}

static void gp__fits_what_makes_the_data_likely(void **state) {
    bool nominal[2] = { false, false };
    struct gp_data data = make_data(nominal, *state);
    struct gp_scales scales = make_scales(*state), begin = make_scales(*state);
    double before = gp_fit(&data, &begin, 0, *state), after = gp_fit(&data, &scales, 50, *state);
    assert_true(after < before - 1);
    double again = gp_fit(&data, &scales, 50, *state);
    assert_near(again, after, 0.05);
}

/* Only the first of the two dimensions means anything: its length must come out shorter. */
static void gp__finds_out_which_dimension_matters(void **state) {
    bool nominal[2] = { false, false };
    struct gp_data data = make_data(nominal, *state);
    struct gp_scales scales = make_scales(*state);
    double *y = (double *)data.y;
    for (size_t i = 0; i < N; i++)
        y[i] = sin(7 * data.x[i]);
    (void)gp_fit(&data, &scales, 80, *state);
    assert_true(scales.lengths[0] < scales.lengths[1] - 0.5);
}

static void gp__tells_its_true_gradients(void **state) {
    bool nominal[2] = { false, false };
    struct gp_data data = make_data(nominal, *state);
    struct gp_scales scales = make_scales(*state);
    struct gp *gp = gp_create(&data, &scales, N, *state);
    double x[] = { 0.37, 0.61 }, mean, deviation, by_mean[2], by_deviation[2];

    gp_predict(gp, x, &mean, &deviation, by_mean, by_deviation);
    for (size_t d = 0; d < 2; d++) {
        double up_mean, up_deviation, down_mean, down_deviation, step = 1e-5;
        x[d] += step;
        gp_predict(gp, x, &up_mean, &up_deviation, NULL, NULL);
        x[d] -= 2 * step;
        gp_predict(gp, x, &down_mean, &down_deviation, NULL, NULL);
        x[d] += step;
        assert_near(by_mean[d], (up_mean - down_mean) / (2 * step), 1e-4);
        assert_near(by_deviation[d], (up_deviation - down_deviation) / (2 * step), 1e-4);
    }
}

static void gp__takes_nominal_values_for_equal_or_not(void **state) {
    bool nominal[2] = { false, true };
    const double x[] = { 0.5, 0.5, 0.5, 0, 1, 7 }, y[] = { 1, -1, 0 };
    struct gp_data data = { x, y, 3, 2, nominal };
    struct gp_scales scales = make_scales(*state);
    struct gp *gp = gp_create(&data, &scales, 3, *state);
    const double at_two[] = { 0.5, 2 }, at_nine[] = { 0.5, 9 };
    double two, nine, deviation;
    gp_predict(gp, at_two, &two, &deviation, NULL, NULL);
    gp_predict(gp, at_nine, &nine, &deviation, NULL, NULL);
    assert_near(two, nine, 1e-12);
}

static void gp__learns_a_point_more(void **state) {
    bool nominal[2] = { false, false };
    struct gp_data data = make_data(nominal, *state);
    struct gp_scales scales = make_scales(*state);
    struct gp *gp = gp_create(&data, &scales, N + 1, *state);
    const double x[] = { 0.5, 0.99 };
    double mean, before, after;
    gp_predict(gp, x, &mean, &before, NULL, NULL);
    assert_true(gp_add(gp, x, mean));
    gp_predict(gp, x, &mean, &after, NULL, NULL);
    assert_true(after < 0.5 * before);
    assert_false(gp_add(gp, x, mean)); /* no room */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(gp__goes_through_what_it_saw),          ARENA_TEST(gp__predicts_and_doubts_between),
        ARENA_TEST(gp__fits_what_makes_the_data_likely),   ARENA_TEST(gp__finds_out_which_dimension_matters),
        ARENA_TEST(gp__tells_its_true_gradients),          ARENA_TEST(gp__takes_nominal_values_for_equal_or_not),
        ARENA_TEST(gp__learns_a_point_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
