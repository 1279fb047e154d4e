/* special.h - the distribution functions that the C library lacks, and their inverses.
 *
 * Probabilities are from 0 to 1; at 0 and 1 a quantile is the end of the distribution's range, which may be
 * infinite. Exact to about 1e-12. Threads: none. Memory: none.
 */
#ifndef SERVER_SWEEP_SPECIAL_H
#define SERVER_SWEEP_SPECIAL_H

double special_normal_density(double x);
double special_normal_cdf(double x);
double special_normal_quantile(double probability);

/* a and b above 0. */
double special_beta_cdf(double x, double a, double b);
double special_beta_quantile(double probability, double a, double b);

#endif
