/* gp.h - a Gaussian process: what is to be expected of a function where it has not been tried yet.
 *
 * Matern 5/2 with a length for each dimension, fitted by marginal likelihood under weak priors. Inputs lie between 0
 * and 1; a nominal dimension only knows "the same" and "another". Values are small when good, and should have mean 0
 * and deviation 1.
 *
 * Threads: a struct gp belongs to one thread. Memory: everything lives in the arena.
 */
#ifndef SERVER_SWEEP_GP_H
#define SERVER_SWEEP_GP_H

#include "base/arena.h"

struct gp_data {
    const double *x; /* dimension after dimension: x[d * count + i] */
    const double *y;
    size_t count, dimensions;
    const bool *is_nominal; /* for each dimension */
};

/* Logarithms, because all of them are positive and range over magnitudes. */
struct gp_scales {
    double *lengths; /* for each dimension */
    double signal, noise;
};

struct gp;

/* The scales under which the data are likeliest. `scales` holds where to begin, and then the best; returns the negative
 * logarithm of the likelihood (with the priors). */
double gp_fit(const struct gp_data *data, struct gp_scales *scales, int iteration_max, struct arena *arena);

/* Room for `room` points. NULL when the data contradict the scales beyond repair. */
struct gp *gp_create(const struct gp_data *data, const struct gp_scales *scales, size_t room, struct arena *arena);
/* One more point: x[d] for each dimension. False when there is no room. */
bool gp_add(struct gp *gp, const double *x, double y);

/* Mean and deviation at x. With gradients (of `dimensions` numbers each) when they are not NULL. */
void gp_predict(struct gp *gp, const double *x, double *mean, double *deviation, double *mean_gradient, double *deviation_gradient);
/* What the process makes of point i of the data: its value without the noise. */
double gp_mean_at(const struct gp *gp, size_t i);

#endif
