/* gp.c - see gp.h. */
#include "server/sweep/gp.h"

#include "server/sweep/linear.h"
#include "server/sweep/minimize.h"

#include <math.h>
#include <string.h>

/* Weak priors on the logarithms: without them a handful of points is explained by anything. */
#define LENGTH_MEDIAN 0.2
#define LENGTH_SPREAD 0.6
#define NOISE_MEDIAN 1e-4
#define NOISE_SPREAD 2.0
#define SIGNAL_SPREAD 1.0
/* Bounds of all logarithms: lengths from 0.0025 to 400. Noise has one of its own. */
#define BOUND 6.0
#define NOISE_FLOOR 1e-6
#define JITTER 1e-8

struct gp {
    size_t count, dimensions, room;
    const bool *is_nominal;
    double *x; /* x[d * room + i] */
    double *y, *factor, *weights;
    double *inverse_squares; /* 1 / length^2 */
    double signal, noise;
    double *distances, *row, *slope, *solved; /* scratch */
};

static double squared(double a) {
    return a * a;
}

/* squares[j] += ((x - column[j]) / length)^2 */
static void add_distances(double *restrict squares, const double *restrict column, double x, double inverse_square, bool is_nominal, size_t count) {
    if (is_nominal) {
        for (size_t j = 0; j < count; j++)
            squares[j] += x != column[j] ? inverse_square : 0;
        return;
    }
    for (size_t j = 0; j < count; j++) {
        double difference = x - column[j];
        squares[j] += difference * difference * inverse_square;
    }
}

/* squares becomes the kernel (of signal 1); slope, unless NULL, gets -2 times its derivative by the square. */
static void matern(double *squares, double *slope, size_t count) {
    for (size_t j = 0; j < count; j++) {
        double square = squares[j], root = sqrt(5 * square), fall = exp(-root);
        squares[j] = (1 + root + (5.0 / 3) * square) * fall;
        if (slope != NULL)
            slope[j] = (5.0 / 3) * (1 + root) * fall;
    }
}

/* ---- the likelihood ---- */

struct fit {
    const struct gp_data *data;
    double *kernel, *slope, *inverse, *weights; /* count x count each, and count */
    double length_center;
};

static double length_center(size_t dimensions) {
    return log(LENGTH_MEDIAN) + 0.5 * log((double)dimensions);
}

/* theta: the lengths, then the signal, then the noise. */
static void fill_kernel(const struct fit *fit, const double *theta) {
    size_t n = fit->data->count, dimensions = fit->data->dimensions;

    memset(fit->kernel, 0, n * n * sizeof(double));
    for (size_t d = 0; d < dimensions; d++) {
        const double *column = fit->data->x + d * n;
        double inverse_square = exp(-2 * theta[d]);
        for (size_t i = 0; i < n; i++)
            add_distances(fit->kernel + i * n, column, column[i], inverse_square, fit->data->is_nominal[d], i + 1);
    }
    for (size_t i = 0; i < n; i++)
        matern(fit->kernel + i * n, fit->slope + i * n, i + 1);
}

static double noise_of(double theta) {
    return NOISE_FLOOR + exp(2 * theta);
}

static double add_prior(double x, double center, double spread, double *gradient) {
    *gradient += (x - center) / squared(spread);
    return 0.5 * squared((x - center) / spread);
}

static double add_priors(const struct fit *fit, const double *theta, double *gradient) {
    size_t dimensions = fit->data->dimensions;
    double out = 0;
    for (size_t d = 0; d < dimensions; d++)
        out += add_prior(theta[d], fit->length_center, LENGTH_SPREAD, &gradient[d]);
    out += add_prior(theta[dimensions], 0, SIGNAL_SPREAD, &gradient[dimensions]);
    return out + add_prior(theta[dimensions + 1], 0.5 * log(NOISE_MEDIAN), 0.5 * NOISE_SPREAD, &gradient[dimensions + 1]);
}

/* Sums over pairs of (K^-1 - w w') times the derivative of K; off the diagonal each pair counts twice, halved again. */
static void add_likelihood_gradient(const struct fit *fit, const double *theta, double *gradient) {
    size_t n = fit->data->count, dimensions = fit->data->dimensions;
    double signal = exp(2 * theta[dimensions]), noise = noise_of(theta[dimensions + 1]), trace = 0, by_signal = 0;

    for (size_t i = 0; i < n; i++) {
        const double *inverse = fit->inverse + i * n, *weights = fit->weights;
        double *slope = fit->slope + i * n;
        double diagonal = inverse[i] - squared(weights[i]);
        trace += diagonal;
        for (size_t j = 0; j < i; j++)
            slope[j] *= signal * (inverse[j] - weights[i] * weights[j]);
    }
    for (size_t d = 0; d < dimensions; d++) {
        const double *column = fit->data->x + d * n;
        double inverse_square = exp(-2 * theta[d]), sum = 0;
        for (size_t i = 1; i < n; i++) {
            const double *slope = fit->slope + i * n;
            double x = column[i];
            if (fit->data->is_nominal[d])
                for (size_t j = 0; j < i; j++)
                    sum += x != column[j] ? slope[j] : 0;
            else
                for (size_t j = 0; j < i; j++)
                    sum += slope[j] * squared(x - column[j]);
        }
        gradient[d] += sum * inverse_square;
    }
    /* K = signal k + noise: y' K^-1 y and the trace of K^-1 K give the rest without another pass. */
    by_signal = (double)n - linear_dot(fit->weights, fit->data->y, n) - noise * trace;
    gradient[dimensions] += by_signal;
    gradient[dimensions + 1] += trace * (noise - NOISE_FLOOR);
}

static double likelihood(void *context, const double *theta, double *gradient) {
    const struct fit *fit = context;
    size_t n = fit->data->count, dimensions = fit->data->dimensions;
    double signal = exp(2 * theta[dimensions]), noise = noise_of(theta[dimensions + 1]), out;

    memset(gradient, 0, (dimensions + 2) * sizeof *gradient);
    out = add_priors(fit, theta, gradient);
    fill_kernel(fit, theta);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            fit->kernel[i * n + j] *= signal;
        fit->kernel[i * n + i] = signal + noise;
    }
    if (!linear_cholesky(fit->kernel, n, n))
        return INFINITY;
    memcpy(fit->weights, fit->data->y, n * sizeof(double));
    linear_solve_lower(fit->kernel, n, fit->weights, n);
    out += 0.5 * linear_dot(fit->weights, fit->weights, n);
    linear_solve_upper(fit->kernel, n, fit->weights, n);
    for (size_t i = 0; i < n; i++)
        out += log(fit->kernel[i * n + i]);
    linear_inverse(fit->kernel, fit->inverse, n, n);
    add_likelihood_gradient(fit, theta, gradient);
    return out;
}

double gp_fit(const struct gp_data *data, struct gp_scales *scales, int iteration_max, struct arena *arena) {
    size_t n = data->count, dimensions = data->dimensions;
    double *theta = ARENA_ARRAY(arena, double, dimensions + 2), out;
    struct fit fit = {
        .data = data,
        .kernel = ARENA_ARRAY(arena, double, n * n),
        .slope = ARENA_ARRAY(arena, double, n * n),
        .inverse = ARENA_ARRAY(arena, double, n * n),
        .weights = ARENA_ARRAY(arena, double, n),
        .length_center = length_center(dimensions),
    };
    struct minimize_problem problem = { likelihood, &fit, dimensions + 2, -BOUND, BOUND, iteration_max };

    memcpy(theta, scales->lengths, dimensions * sizeof *theta);
    theta[dimensions] = scales->signal;
    theta[dimensions + 1] = scales->noise;
    out = minimize(&problem, theta, arena);
    memcpy(scales->lengths, theta, dimensions * sizeof *theta);
    scales->signal = theta[dimensions];
    scales->noise = theta[dimensions + 1];
    return out;
}

/* ---- prediction ---- */

/* The kernel between x and the first `count` points, into out. */
static void kernel_row(const struct gp *gp, const double *x, double *out, double *slope, size_t count) {
    memset(out, 0, count * sizeof *out);
    for (size_t d = 0; d < gp->dimensions; d++)
        add_distances(out, gp->x + d * gp->room, x[d], gp->inverse_squares[d], gp->is_nominal[d], count);
    matern(out, slope, count);
    for (size_t j = 0; j < count; j++)
        out[j] *= gp->signal;
}

static void solve_weights(struct gp *gp) {
    memcpy(gp->weights, gp->y, gp->count * sizeof *gp->y);
    linear_solve_lower(gp->factor, gp->room, gp->weights, gp->count);
    linear_solve_upper(gp->factor, gp->room, gp->weights, gp->count);
}

static bool add_row(struct gp *gp, const double *x, double y) {
    size_t i = gp->count;
    double *row = gp->factor + i * gp->room;

    if (i == gp->room)
        return false;
    kernel_row(gp, x, row, NULL, i);
    row[i] = gp->signal * (1 + JITTER) + gp->noise;
    for (size_t d = 0; d < gp->dimensions; d++)
        gp->x[d * gp->room + i] = x[d];
    gp->y[i] = y;
    if (!linear_cholesky_extend(gp->factor, i, i + 1, gp->room))
        return false;
    gp->count++;
    return true;
}

struct gp *gp_create(const struct gp_data *data, const struct gp_scales *scales, size_t room, struct arena *arena) {
    struct gp *gp = ARENA_NEW(arena, struct gp);
    double *x = ARENA_ARRAY(arena, double, data->dimensions);

    *gp = (struct gp){
        .dimensions = data->dimensions,
        .room = room,
        .is_nominal = data->is_nominal,
        .x = ARENA_ARRAY(arena, double, data->dimensions * room),
        .y = ARENA_ARRAY(arena, double, room),
        .factor = ARENA_ARRAY(arena, double, room * room),
        .weights = ARENA_ARRAY(arena, double, room),
        .inverse_squares = ARENA_ARRAY(arena, double, data->dimensions),
        .signal = exp(2 * scales->signal),
        .noise = noise_of(scales->noise),
        .row = ARENA_ARRAY(arena, double, room),
        .slope = ARENA_ARRAY(arena, double, room),
        .solved = ARENA_ARRAY(arena, double, room),
    };
    for (size_t d = 0; d < data->dimensions; d++)
        gp->inverse_squares[d] = exp(-2 * scales->lengths[d]);
    for (size_t i = 0; i < data->count; i++) {
        for (size_t d = 0; d < data->dimensions; d++)
            x[d] = data->x[d * data->count + i];
        if (!add_row(gp, x, data->y[i]))
            return NULL;
    }
    solve_weights(gp);
    return gp;
}

bool gp_add(struct gp *gp, const double *x, double y) {
    if (!add_row(gp, x, y))
        return false;
    solve_weights(gp);
    return true;
}

double gp_mean_at(const struct gp *gp, size_t i) {
    return gp->y[i] - (gp->noise + gp->signal * JITTER) * gp->weights[i];
}

/* The derivative of the kernel's row by x[d], times a vector. */
static double row_slope(const struct gp *gp, size_t d, double x, const double *vector) {
    const double *column = gp->x + d * gp->room;
    double sum = 0;
    if (gp->is_nominal[d])
        return 0;
    for (size_t j = 0; j < gp->count; j++)
        sum += gp->slope[j] * (column[j] - x) * vector[j];
    return sum * gp->signal * gp->inverse_squares[d];
}

void gp_predict(struct gp *gp, const double *x, double *mean, double *deviation, double *mean_gradient, double *deviation_gradient) {
    size_t n = gp->count;
    double variance;

    kernel_row(gp, x, gp->row, mean_gradient != NULL ? gp->slope : NULL, n);
    *mean = linear_dot(gp->row, gp->weights, n);
    memcpy(gp->solved, gp->row, n * sizeof *gp->row);
    linear_solve_lower(gp->factor, gp->room, gp->solved, n);
    variance = gp->signal - linear_dot(gp->solved, gp->solved, n);
    *deviation = sqrt(fmax(variance, 1e-12 * gp->signal));
    if (mean_gradient == NULL)
        return;
    linear_solve_upper(gp->factor, gp->room, gp->solved, n);
    for (size_t d = 0; d < gp->dimensions; d++) {
        mean_gradient[d] = row_slope(gp, d, x[d], gp->weights);
        deviation_gradient[d] = -row_slope(gp, d, x[d], gp->solved) / *deviation;
    }
}
