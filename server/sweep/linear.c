/* linear.c - see linear.h. */
#include "server/sweep/linear.h"

#include <math.h>
#include <string.h>

/* Four sums at once: a compiler may not reorder additions, so one sum alone would run at the speed of its latency. */
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));

double linear_dot(const double *a, const double *b, size_t count) {
    four sums[2] = { { 0 }, { 0 } };
    double out = 0;
    size_t i = 0;

    for (; i + 8 <= count; i += 8) {
        sums[0] += *(const four *)(a + i) * *(const four *)(b + i);
        sums[1] += *(const four *)(a + i + 4) * *(const four *)(b + i + 4);
    }
    for (; i < count; i++)
        out += a[i] * b[i];
    sums[0] += sums[1];
    return out + ((sums[0][0] + sums[0][1]) + (sums[0][2] + sums[0][3]));
}

void linear_add(double *restrict y, const double *restrict x, double factor, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] += factor * x[i];
}

bool linear_cholesky(double *matrix, size_t count, size_t stride) {
    return linear_cholesky_extend(matrix, 0, count, stride);
}

bool linear_cholesky_extend(double *matrix, size_t ready, size_t count, size_t stride) {
    for (size_t i = ready; i < count; i++) {
        double *row = matrix + i * stride, rest;
        for (size_t j = 0; j < i; j++) {
            const double *other = matrix + j * stride;
            row[j] = (row[j] - linear_dot(row, other, j)) / other[j];
        }
        rest = row[i] - linear_dot(row, row, i);
        if (!(rest > 0) || !isfinite(rest))
            return false;
        row[i] = sqrt(rest);
    }
    return true;
}

void linear_solve_lower(const double *factor, size_t stride, double *vector, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double *row = factor + i * stride;
        vector[i] = (vector[i] - linear_dot(row, vector, i)) / row[i];
    }
}

void linear_solve_upper(const double *factor, size_t stride, double *vector, size_t count) {
    for (size_t i = count; i-- > 0;) {
        const double *row = factor + i * stride;
        vector[i] /= row[i];
        linear_add(vector, row, -vector[i], i);
    }
}

void linear_inverse(const double *factor, double *inverse, size_t count, size_t stride) {
    memset(inverse, 0, count * stride * sizeof *inverse);
    for (size_t i = 0; i < count; i++) {
        double *row = inverse + i * stride;
        row[i] = 1;
        linear_solve_lower(factor, stride, row, count);
        linear_solve_upper(factor, stride, row, count);
    }
}
