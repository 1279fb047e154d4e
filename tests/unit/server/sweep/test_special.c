/* test_special.c - distribution functions, held against values that are known. */
#include "server/sweep/special.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

static void special__knows_the_normal_distribution(void **state) {
    (void)state;
    assert_near(special_normal_cdf(0), 0.5, 1e-15);
    assert_near(special_normal_cdf(1.959963984540054), 0.975, 1e-12);
    assert_near(special_normal_quantile(0.975), 1.959963984540054, 1e-10);
    assert_near(special_normal_quantile(1e-10), -6.361340902404056, 1e-8);
    assert_true(special_normal_quantile(0) == -INFINITY && special_normal_quantile(1) == INFINITY);
}

static void special__inverts_the_normal_distribution(void **state) {
    (void)state;
    for (double p = 0.001; p < 1; p += 0.001)
        assert_near(special_normal_cdf(special_normal_quantile(p)), p, 1e-12);
}

static void special__knows_the_beta_distribution(void **state) {
    (void)state;
    assert_near(special_beta_cdf(0.3, 1, 1), 0.3, 1e-13);
    assert_near(special_beta_cdf(0.5, 2, 2), 0.5, 1e-13);
    assert_near(special_beta_cdf(0.2, 2, 5), 0.34464, 1e-12); /* 1 - 0.8^6 - 6 * 0.2 * 0.8^5 */
    assert_near(special_beta_cdf(0.25, 0.5, 0.5), 1.0 / 3, 1e-12); /* the arcsine law */
    assert_true(special_beta_cdf(-1, 2, 2) == 0 && special_beta_cdf(2, 2, 2) == 1);
}

static void special__inverts_the_beta_distribution(void **state) {
    static const double shapes[][2] = { { 0.5, 0.5 }, { 1, 3 }, { 2, 5 }, { 200, 300 } };
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (double p = 0.01; p < 1; p += 0.01)
            assert_near(special_beta_cdf(special_beta_quantile(p, shapes[i][0], shapes[i][1]), shapes[i][0], shapes[i][1]), p, 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special__knows_the_normal_distribution), cmocka_unit_test(special__inverts_the_normal_distribution),
        cmocka_unit_test(special__knows_the_beta_distribution), cmocka_unit_test(special__inverts_the_beta_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
