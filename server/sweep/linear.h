/* linear.h - the linear algebra of a Gaussian process: dense, symmetric, positive definite, a few hundred rows.
 *
 * Matrices are row-major; a factor L is stored in the lower triangle, rows `stride` apart.
 * Threads: none. Memory: the caller's.
 */
#ifndef SERVER_SWEEP_LINEAR_H
#define SERVER_SWEEP_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

double linear_dot(const double *a, const double *b, size_t count);
/* y += factor * x */
void linear_add(double *y, const double *x, double factor, size_t count);

/* Replaces the lower triangle by L with L L' = the matrix. False when it is not positive definite. */
bool linear_cholesky(double *matrix, size_t count, size_t stride);
/* The same when the first `ready` rows hold their factor already: for points that are added. */
bool linear_cholesky_extend(double *matrix, size_t ready, size_t count, size_t stride);
/* vector = L^-1 vector */
void linear_solve_lower(const double *factor, size_t stride, double *vector, size_t count);
/* vector = L'^-1 vector */
void linear_solve_upper(const double *factor, size_t stride, double *vector, size_t count);
/* inverse = (L L')^-1, both triangles; rows `stride` apart too. */
void linear_inverse(const double *factor, double *inverse, size_t count, size_t stride);

#endif
