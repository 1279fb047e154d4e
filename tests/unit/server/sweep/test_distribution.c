/* test_distribution.c - each distribution draws what its documentation says. The draws are from a fixed seed; the
 * distances allowed are about five standard errors, so that a wrong formula fails and luck does not. */
#include "server/sweep/rng.h"
#include "server/sweep/special.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

enum { DRAWS = 20000 };

static struct distribution parse(const char *yaml, struct arena *arena) {
    struct distribution d;
    struct err err;
    if (distribution_parse(&d, parse_yaml(yaml, arena), NULL, NULL, arena, &err) != OK)
        fail_msg("%s: %s", yaml, err.message);
    return d;
}

static void assert_refused(const char *yaml, const char *message, struct arena *arena) {
    struct distribution d;
    struct err err;
    assert_int_equal(distribution_parse(&d, parse_yaml(yaml, arena), NULL, NULL, arena, &err), ERR_BAD_INPUT);
    assert_string_equal(err.message, message);
}

/* ---- the continuous ones, by Kolmogorov's distance from what is expected ---- */

typedef double cdf(double x);

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The largest distance is above 2.2 / sqrt(n) once in ten thousand samples. */
static void assert_follows(const char *yaml, cdf *expected, struct arena *arena) {
    struct distribution d = parse(yaml, arena);
    static double draws[DRAWS];
    double largest = 0;
    struct rng rng;

    rng_init(&rng, 11, 7);
    for (size_t i = 0; i < DRAWS; i++)
        draws[i] = distribution_quantile(&d, rng_unit(&rng));
    qsort(draws, DRAWS, sizeof draws[0], compare);
    for (size_t i = 0; i < DRAWS; i++)
        largest = fmax(largest, fabs(expected(draws[i]) - ((double)i + 0.5) / DRAWS));
    if (largest > 2.2 / sqrt(DRAWS))
        fail_msg("%s: %.4f away from what it should be", yaml, largest);
}

static double is_uniform(double x) {
    return (x - 2) / 3;
}
static double is_log_uniform(double x) {
    return (log(x) + 4) / 6; /* exponents -4 to 2 */
}
static double is_log_uniform_values(double x) {
    return log(x / 0.001) / log(1000); /* 0.001 to 1 */
}
static double is_inverse_log_uniform(double x) {
    return 1 - (log(1 / x) - 1) / 2; /* log(1 / x) from 1 to 3 */
}
static double is_normal(double x) {
    return special_normal_cdf((x - 10) / 2);
}
static double is_log_normal(double x) {
    return special_normal_cdf((log(x) - 1) / 0.5);
}
static double is_beta(double x) {
    return 1 - pow(1 - x, 5) * (1 + 5 * x); /* shapes 2 and 5 */
}

static void distribution__draws_what_is_documented(void **state) {
    assert_follows("{min: 2.0, max: 5.0}", is_uniform, *state);
    assert_follows("{distribution: uniform, min: 2, max: 5}", is_uniform, *state);
    assert_follows("{distribution: log_uniform, min: -4, max: 2}", is_log_uniform, *state);
    assert_follows("{distribution: log_uniform_values, min: 0.001, max: 1}", is_log_uniform_values, *state);
    assert_follows("{distribution: inv_log_uniform, min: 1, max: 3}", is_inverse_log_uniform, *state);
    assert_follows("{distribution: inv_log_uniform_values, min: 0.001, max: 1}", is_log_uniform_values, *state);
    assert_follows("{distribution: normal, mu: 10, sigma: 2}", is_normal, *state);
    assert_follows("{distribution: log_normal, mu: 1, sigma: 0.5}", is_log_normal, *state);
    assert_follows("{distribution: beta, a: 2, b: 5}", is_beta, *state);
}

/* ---- those of apart values, by the shares of a few of them ---- */

static void assert_share(const struct distribution *d, double value, double share) {
    double found = 0;
    struct rng rng;
    rng_init(&rng, 5, 6);
    for (size_t i = 0; i < DRAWS; i++)
        found += fabs(distribution_quantile(d, rng_unit(&rng)) - value) < 1e-12;
    if (fabs(found / DRAWS - share) > 5 * sqrt(share * (1 - share) / DRAWS) + 1e-9)
        fail_msg("%s: %g has a share of %.4f, not %.4f", d->name, value, found / DRAWS, share);
}

static void distribution__draws_apart_values_in_their_shares(void **state) {
    struct distribution d = parse("{values: [a, b, c, d]}", *state);
    assert_share(&d, 2, 0.25);
    d = parse("{values: [a, b, c], probabilities: [0.7, 0.2, 0.1]}", *state);
    assert_share(&d, 0, 0.7);
    assert_share(&d, 2, 0.1);
    d = parse("{values: [a, b, c], probabilities: [0.5, 0, 0.5]}", *state);
    assert_share(&d, 1, 0);
    d = parse("{min: 3, max: 7}", *state);
    assert_share(&d, 3, 0.2);
    assert_share(&d, 7, 0.2);
    d = parse("{value: 5}", *state);
    assert_share(&d, 0, 1);
}

static void distribution__draws_multiples_of_q(void **state) {
    struct distribution d = parse("{distribution: q_uniform, min: 0, max: 1, q: 0.25}", *state);
    assert_share(&d, 0, 0.125);
    assert_share(&d, 0.5, 0.25);
    d = parse("{distribution: q_log_uniform, min: 0, max: 2, q: 1}", *state);
    assert_share(&d, 3, log(3.5 / 2.5) / 2);
    d = parse("{distribution: q_log_uniform_values, min: 1, max: 100, q: 10}", *state);
    assert_share(&d, 20, log(25.0 / 15) / log(100));
    d = parse("{distribution: q_normal, mu: 1, sigma: 2, q: 0.5}", *state);
    assert_share(&d, 1, special_normal_cdf(0.125) - special_normal_cdf(-0.125));
    d = parse("{distribution: q_log_normal, mu: 0, sigma: 1}", *state);
    assert_share(&d, 2, special_normal_cdf(log(2.5)) - special_normal_cdf(log(1.5)));
    d = parse("{distribution: q_beta, a: 2, b: 5, q: 0.1}", *state);
    assert_share(&d, 0.3, is_beta(0.35) - is_beta(0.25));
}

static void distribution__leaves_no_digits_of_binary_fractions(void **state) {
    struct distribution d = parse("{distribution: q_uniform, min: 0, max: 1, q: 0.1}", *state);
    assert_true(distribution_quantile(&d, 0.3) == 0.3);
    assert_true(distribution_quantile(&d, 0.7) == 0.7);
}

/* ---- back again, and out ---- */

static void distribution__knows_where_its_values_stand(void **state) {
    static const char *const specs[] = {
        "{min: 2.0, max: 5.0}", "{min: 1, max: 9}", "{distribution: log_uniform_values, min: 1e-5, max: 10}",
        "{distribution: normal, mu: 3, sigma: 0.1}", "{distribution: log_normal}", "{distribution: beta, a: 0.5, b: 2}",
        "{values: [1, 2, 8]}", "{values: [a, b, c], probabilities: [0.7, 0.2, 0.1]}",
    };
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct distribution d = parse(specs[i], *state);
        for (double p = 0.005; p < 1; p += 0.01) {
            double value = distribution_quantile(&d, p);
            assert_near(distribution_quantile(&d, distribution_cdf(&d, value)), value, 1e-9 * (1 + fabs(value)));
        }
    }
}

static struct str written(const char *yaml, double probability, struct arena *arena) {
    struct distribution d = parse(yaml, arena);
    struct buf text = BUF_INIT(1000);
    struct json_writer writer;
    json_writer_init(&writer, &text, JSON_STRICT);
    distribution_write(&d, distribution_quantile(&d, probability), &writer);
    struct str out = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return out;
}

static void distribution__writes_values_as_they_were_meant(void **state) {
    assert_true(str_eq_c(written("{min: 1, max: 3}", 0.5, *state), "2"));
    assert_true(str_eq_c(written("{distribution: q_uniform, min: 0, max: 64, q: 16}", 0.5, *state), "32"));
    assert_true(str_eq_c(written("{distribution: q_uniform, min: 0, max: 2, q: 0.5}", 0.5, *state), "1.0"));
    assert_true(str_eq_c(written("{values: [{a: [1, null]}]}", 0.5, *state), "{\"a\":[1,null]}"));
    assert_true(str_eq_c(written("{value: adam}", 0.5, *state), "\"adam\""));
}

static void distribution__counts_and_lists_its_values(void **state) {
    struct distribution d = parse("{distribution: q_uniform, min: 1, max: 3, q: 0.5}", *state);
    assert_true(distribution_is_listable(&d));
    assert_near(distribution_count(&d), 5, 0);
    assert_near(distribution_nth(&d, 0), 1, 0);
    assert_near(distribution_nth(&d, 4), 3, 0);
    d = parse("{min: -2, max: 2}", *state);
    assert_near(distribution_count(&d), 5, 0);
    assert_near(distribution_nth(&d, 1), -1, 0);
    d = parse("{distribution: normal}", *state);
    assert_false(distribution_is_listable(&d));
    assert_near(distribution_count(&d), 0, 0);
}

static void distribution__refuses_the_impossible(void **state) {
    assert_refused("{min: 3, max: 1}", "min is 3 and max is 1: min must not be above max", *state);
    assert_refused("{min: 3}", "needs value, values, min and max, or a distribution", *state);
    assert_refused("{distribution: uniform, min: 3}", "max is missing", *state);
    assert_refused("{distribution: uniform, min: x, max: 3}", "min must be a finite number", *state);
    assert_refused("{distribution: int_uniform, min: 0.5, max: 3}", "min and max of int_uniform must be whole numbers within 2^53", *state);
    assert_refused("{distribution: log_uniform_values, min: 0, max: 3}", "min is 0, but log_uniform_values needs one above 0", *state);
    assert_refused("{distribution: log_uniform, min: 0.1, max: 1000}",
                   "min and max of log_uniform are exponents of e and must lie between -700 and 700: log_uniform_values takes the values "
                   "themselves",
                   *state);
    assert_refused("{distribution: q_normal, q: 0}", "q is 0, but must be above 0", *state);
    assert_refused("{distribution: beta, a: 0}", "a and b must be above 0 and at most 1e6, got 0 and 1", *state);
    assert_refused("{values: []}", "values must be a list with at least one value", *state);
    assert_refused("{values: [1, 2], probabilities: [1]}", "probabilities must be a list of as many numbers as there are values (2)", *state);
    assert_refused("{values: [1, 2], probabilities: [2, -1]}", "probabilities[1] must be a number of 0 or more", *state);
    assert_refused("{distribution: gaussian}", "there is no distribution 'gaussian'", *state);
    assert_refused("[1, 2]", "must be an object with value, values, min and max, or a distribution", *state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(distribution__draws_what_is_documented),
        ARENA_TEST(distribution__draws_apart_values_in_their_shares),
        ARENA_TEST(distribution__draws_multiples_of_q),
        ARENA_TEST(distribution__leaves_no_digits_of_binary_fractions),
        ARENA_TEST(distribution__knows_where_its_values_stand),
        ARENA_TEST(distribution__writes_values_as_they_were_meant),
        ARENA_TEST(distribution__counts_and_lists_its_values),
        ARENA_TEST(distribution__refuses_the_impossible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
