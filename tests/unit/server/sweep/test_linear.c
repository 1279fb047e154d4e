/* test_linear.c - factors and what is solved with them. */
#include "server/sweep/linear.h"
#include "server/sweep/rng.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

enum { N = 37, STRIDE = 41 };

/* A A' + I, which is positive definite whatever A is. */
static void fill(double *matrix) {
    static double a[N][N];
    struct rng rng;
    rng_init(&rng, 3, 3);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            a[i][j] = rng_normal(&rng);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            matrix[i * STRIDE + j] = linear_dot(a[i], a[j], N) + (i == j);
}

static void linear__sums_products_of_any_count(void **state) {
    double a[20], b[20];
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        a[i] = (double)i;
        b[i] = 2;
    }
    for (size_t n = 0; n <= 20; n++)
        assert_near(linear_dot(a, b, n), (double)(n * (n - 1)), 1e-12 + (n == 0));
}

static void linear__factors_and_gives_the_matrix_back(void **state) {
    double matrix[N * STRIDE], factor[N * STRIDE];
    (void)state;
    fill(matrix);
    memcpy(factor, matrix, sizeof matrix);
    assert_true(linear_cholesky(factor, N, STRIDE));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j <= i; j++)
            assert_near(linear_dot(factor + i * STRIDE, factor + j * STRIDE, j + 1), matrix[i * STRIDE + j], 1e-9);
}

static void linear__extends_a_factor_to_the_same(void **state) {
    double whole[N * STRIDE], grown[N * STRIDE];
    (void)state;
    fill(whole);
    fill(grown);
    assert_true(linear_cholesky(whole, N, STRIDE));
    assert_true(linear_cholesky(grown, 20, STRIDE) && linear_cholesky_extend(grown, 20, N, STRIDE));
    for (size_t i = 0; i < N; i++)
        assert_near(grown[i * STRIDE + i], whole[i * STRIDE + i], 1e-12);
}

static void linear__refuses_what_is_not_positive_definite(void **state) {
    double matrix[] = { 1, 0, 2, 1 }, not_a_number[] = { NAN };
    (void)state;
    assert_false(linear_cholesky(matrix, 2, 2));
    assert_false(linear_cholesky(not_a_number, 1, 1));
}

static void linear__solves_and_inverts(void **state) {
    double matrix[N * STRIDE], factor[N * STRIDE], inverse[N * STRIDE], x[N];
    (void)state;
    fill(matrix);
    memcpy(factor, matrix, sizeof matrix);
    assert_true(linear_cholesky(factor, N, STRIDE));
    for (size_t i = 0; i < N; i++)
        x[i] = (double)i;
    linear_solve_lower(factor, STRIDE, x, N);
    linear_solve_upper(factor, STRIDE, x, N);
    for (size_t i = 0; i < N; i++)
        assert_near(linear_dot(matrix + i * STRIDE, x, N), (double)i, 1e-8);
    linear_inverse(factor, inverse, N, STRIDE);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            assert_near(linear_dot(matrix + i * STRIDE, inverse + j * STRIDE, N), i == j, 1e-8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear__sums_products_of_any_count), cmocka_unit_test(linear__factors_and_gives_the_matrix_back),
        cmocka_unit_test(linear__extends_a_factor_to_the_same), cmocka_unit_test(linear__refuses_what_is_not_positive_definite),
        cmocka_unit_test(linear__solves_and_inverts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
