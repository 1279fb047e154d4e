/* test_rng.c - random numbers: evenly spread, and the same again. */
#include "server/sweep/rng.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

static void rng__repeats_itself_for_the_same_seed_only(void **state) {
    struct rng a, b, other_stream, other_seed;
    (void)state;
    rng_init(&a, 1, 2);
    rng_init(&b, 1, 2);
    rng_init(&other_stream, 1, 3);
    rng_init(&other_seed, 2, 2);
    for (int i = 0; i < 100; i++) {
        uint64_t bits = rng_bits(&a);
        assert_true(bits == rng_bits(&b));
        assert_true(bits != rng_bits(&other_stream) && bits != rng_bits(&other_seed));
    }
}

/* Chi-squared with 99 degrees of freedom is below 170 but once in a hundred thousand. */
static void rng__spreads_evenly(void **state) {
    enum { BINS = 100, DRAWS = 100000 };
    int counts[BINS] = { 0 };
    double square = 0;
    struct rng rng;
    (void)state;
    rng_init(&rng, 5, 5);
    for (int i = 0; i < DRAWS; i++) {
        double unit = rng_unit(&rng);
        assert_true(unit > 0 && unit < 1);
        counts[(int)(unit * BINS)]++;
    }
    for (int i = 0; i < BINS; i++)
        square += pow(counts[i] - DRAWS / BINS, 2) / (DRAWS / BINS);
    assert_true(square < 170 && square > 45);
}

static void rng__draws_normal_numbers(void **state) {
    double mean = 0, squares = 0;
    struct rng rng;
    (void)state;
    rng_init(&rng, 9, 1);
    for (int i = 0; i < 100000; i++) {
        double x = rng_normal(&rng);
        mean += x / 100000;
        squares += x * x / 100000;
    }
    assert_near(mean, 0, 0.015);
    assert_near(squares, 1, 0.025);
}

static void rng__draws_below_a_count(void **state) {
    bool seen[3] = { false };
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, 1);
    for (int i = 0; i < 100; i++)
        seen[rng_below(&rng, 3)] = true;
    assert_true(seen[0] && seen[1] && seen[2]);
    assert_int_equal(rng_below(&rng, 1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng__repeats_itself_for_the_same_seed_only), cmocka_unit_test(rng__spreads_evenly),
        cmocka_unit_test(rng__draws_normal_numbers), cmocka_unit_test(rng__draws_below_a_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
