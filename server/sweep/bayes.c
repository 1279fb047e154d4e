/* bayes.c - see bayes.h. */
#include "server/sweep/bayes.h"

#include "server/sweep/gp.h"
#include "server/sweep/minimize.h"
#include "server/sweep/rng.h"
#include "server/sweep/special.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_MIN = 4, /* points before the process is asked */
    FIRST_MAX = 10,
    POINTS_MAX = 300,       /* the process knows at most so many */
    FIT_MAX = 100,          /* and its scales are fitted to at most so many */
    STEPS_SMOOTH = 40,      /* a parameter of more values than that is taken for smooth */
    SAMPLES = 400,          /* places looked at, all over ... */
    SAMPLES_NEAR = 40,      /* ... and near each of the best points */
    NEAR_COUNT = 5,
    STARTS = 4,             /* of them are climbed from */
    CLIMB_MAX = 30,
    NOMINAL_TRIES_MAX = 12,
    DIFFERENT_TRIES_MAX = 200,
};

/* Of the unit: nearer than that to a running one is no suggestion of its own. */
#define APART_MIN 1e-3

/* One dimension of the process: a parameter that varies. */
struct dimension {
    const struct distribution *distribution;
    size_t parameter;
    size_t step_count; /* 0: smooth */
};

struct bayes {
    const struct space *space;
    struct dimension *dimensions;
    bool *is_nominal;
    size_t count; /* dimensions */
    struct rng rng;
    struct arena *arena;
    struct gp *gp;
    double best; /* the least mean among the points */
    /* scratch of the climb */
    double *whole, *mean_gradient, *deviation_gradient;
    size_t *smooth, smooth_count;
};

/* ---- points and places: values of parameters, and numbers from 0 to 1 ---- */

static void find_dimensions(struct bayes *b) {
    b->dimensions = ARENA_ARRAY(b->arena, struct dimension, b->space->count);
    b->is_nominal = ARENA_ARRAY(b->arena, bool, b->space->count);
    b->smooth = ARENA_ARRAY(b->arena, size_t, b->space->count);
    for (size_t i = 0; i < b->space->count; i++) {
        const struct distribution *d = &b->space->parameters[i];
        double steps = distribution_count(d);
        if (steps == 1)
            continue;
        b->is_nominal[b->count] = d->family == FAMILY_VALUES && !d->is_ascending;
        if (steps == 0 || (steps > STEPS_SMOOTH && !b->is_nominal[b->count])) {
            b->smooth[b->smooth_count++] = b->count;
            steps = 0;
        }
        b->dimensions[b->count++] = (struct dimension){ d, i, (size_t)steps };
    }
}

static double encode(const struct bayes *b, size_t d, double value) {
    return b->is_nominal[d] ? value : distribution_cdf(b->dimensions[d].distribution, value);
}

static double decode(const struct bayes *b, size_t d, double place) {
    return b->is_nominal[d] ? place : distribution_quantile(b->dimensions[d].distribution, place);
}

/* The place of the value that there really is, nearest to this one. */
static double settle(const struct bayes *b, size_t d, double place) {
    return b->is_nominal[d] ? place : encode(b, d, decode(b, d, place));
}

static double random_place(struct bayes *b, size_t d) {
    const struct dimension *dimension = &b->dimensions[d];
    double place = rng_unit(&b->rng);
    if (b->is_nominal[d])
        return (double)rng_below(&b->rng, dimension->step_count);
    return dimension->step_count > 0 ? settle(b, d, place) : place;
}

/* ---- the first points ---- */

/* Multiples of powers of the generalised golden ratio fill a cube of any dimension evenly; the seed moves it round. */
static void even_point(struct bayes *b, uint64_t seed, uint64_t number, double *point) {
    struct rng shift;
    double ratio = 1.5, power = 1;

    rng_init(&shift, seed, 0);
    for (int i = 0; i < 60; i++)
        ratio = pow(1 + ratio, 1 / ((double)b->count + 1));
    for (size_t d = 0; d < b->count; d++) {
        double place;
        power /= ratio;
        place = rng_unit(&shift) + power * (double)(number + 1);
        point[b->dimensions[d].parameter] = distribution_quantile(b->dimensions[d].distribution, place - floor(place));
    }
}

/* ---- what was seen ---- */

struct seen {
    double *x; /* x[i * count + d] */
    double *y;
    size_t done_count, count; /* those still running come last */
};

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double worst_of(const struct trial *trials, size_t count) {
    double worst = -INFINITY;
    for (size_t i = 0; i < count; i++)
        if (trials[i].state == TRIAL_DONE)
            worst = fmax(worst, trials[i].value);
    return isfinite(worst) ? worst : 0;
}

static void take_trial(const struct bayes *b, struct seen *seen, const struct trial *trial, double value) {
    for (size_t d = 0; d < b->count; d++)
        seen->x[seen->count * b->count + d] = encode(b, d, trial->point[b->dimensions[d].parameter]);
    seen->y[seen->count++] = value;
}

/* At most `max` of those that ended: the best half, and of the rest every k-th in the order they were made. */
static void choose_done(const struct bayes *b, struct seen *seen, const struct trial *trials, size_t count, size_t max) {
    double *values = ARENA_ARRAY(b->arena, double, count), worst = worst_of(trials, count), limit = INFINITY;
    size_t ended = 0, rest = 0, every = 1;

    for (size_t i = 0; i < count; i++)
        if (trials[i].state != TRIAL_RUNNING)
            values[ended++] = trials[i].state == TRIAL_DONE ? trials[i].value : worst;
    if (ended > max) {
        qsort(values, ended, sizeof *values, compare);
        limit = values[max / 2];
        every = (ended - max / 2 + (max - max / 2) - 1) / (max - max / 2);
    }
    for (size_t i = 0; i < count && seen->count < max; i++) {
        double value = trials[i].state == TRIAL_DONE ? trials[i].value : worst;
        if (trials[i].state != TRIAL_RUNNING && (value < limit || rest++ % every == 0))
            take_trial(b, seen, &trials[i], value);
    }
    seen->done_count = seen->count;
}

static void read_trials(const struct bayes *b, struct seen *seen, const struct trial *trials, size_t count) {
    size_t running = 0, room;
    for (size_t i = 0; i < count; i++)
        running += trials[i].state == TRIAL_RUNNING;
    room = running < POINTS_MAX / 2 ? POINTS_MAX - running : POINTS_MAX / 2;
    seen->x = ARENA_ARRAY(b->arena, double, POINTS_MAX * b->count);
    seen->y = ARENA_ARRAY(b->arena, double, POINTS_MAX);
    choose_done(b, seen, trials, count, room);
    for (size_t i = 0; i < count && seen->count < POINTS_MAX; i++)
        if (trials[i].state == TRIAL_RUNNING)
            take_trial(b, seen, &trials[i], 0);
}

/* ---- values made fit for the process ---- */

static void standardize(double *y, size_t count) {
    double mean = 0, spread = 0;
    for (size_t i = 0; i < count; i++)
        mean += y[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        spread += (y[i] - mean) * (y[i] - mean) / (double)count;
    spread = spread > 0 && isfinite(spread) ? sqrt(spread) : 1;
    for (size_t i = 0; i < count; i++)
        y[i] = (y[i] - mean) / spread;
}

/* Yeo and Johnson's transformation, and the logarithm of its derivative. */
static double warped(double y, double power, double *log_slope) {
    if (y >= 0) {
        *log_slope = (power - 1) * log1p(y);
        return fabs(power) < 1e-6 ? log1p(y) : (exp(power * log1p(y)) - 1) / power;
    }
    *log_slope = (1 - power) * log1p(-y);
    return fabs(2 - power) < 1e-6 ? -log1p(-y) : -(exp((2 - power) * log1p(-y)) - 1) / (2 - power);
}

/* How unlike a normal distribution the values look after the transformation. */
static double unlikeness(const double *y, size_t count, double power) {
    double mean = 0, squares = 0, log_slopes = 0, log_slope;
    for (size_t i = 0; i < count; i++) {
        double w = warped(y[i], power, &log_slope);
        mean += w / (double)count;
        squares += w * w / (double)count;
        log_slopes += log_slope;
    }
    return 0.5 * (double)count * log(fmax(squares - mean * mean, 1e-12)) - log_slopes;
}

/* Losses that span magnitudes would hide what happens near the optimum: bent until they look normal. */
static void warp(double *y, size_t count) {
    double power = 1, best = INFINITY, log_slope;
    for (double tried = -2; tried <= 2.001; tried += 0.1) {
        double badness = unlikeness(y, count, tried);
        if (badness < best) {
            best = badness;
            power = tried;
        }
    }
    for (size_t i = 0; i < count; i++)
        y[i] = warped(y[i], power, &log_slope);
}

/* ---- the process ---- */

static struct gp_data columns_of(const struct bayes *b, const struct seen *seen, size_t count, size_t every) {
    size_t n = (count + every - 1) / every;
    double *x = ARENA_ARRAY(b->arena, double, n * b->count), *y = ARENA_ARRAY(b->arena, double, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t d = 0; d < b->count; d++)
            x[d * n + i] = seen->x[i * every * b->count + d];
        y[i] = seen->y[i * every];
    }
    return (struct gp_data){ x, y, n, b->count, b->is_nominal };
}

static void fit_scales(const struct bayes *b, const struct seen *seen, struct gp_scales *out) {
    static const double begin_lengths[] = { 0.3, 1.5, 0.1 };
    struct gp_data data = columns_of(b, seen, seen->done_count, (seen->done_count + FIT_MAX - 1) / FIT_MAX);
    double best = INFINITY;
    size_t start_count = data.count > 60 ? 1 : data.count > 30 ? 2 : 3;

    out->lengths = ARENA_ARRAY(b->arena, double, b->count);
    for (size_t start = 0; start < start_count; start++) {
        struct gp_scales scales = { ARENA_ARRAY(b->arena, double, b->count), 0, -4 };
        for (size_t d = 0; d < b->count; d++)
            scales.lengths[d] = log(begin_lengths[start]) + 0.5 * log((double)b->count);
        double badness = gp_fit(&data, &scales, 40, b->arena);
        if (badness < best || start == 0) {
            best = badness;
            *out = scales;
        }
    }
}

/* False when the numbers leave no way to make one. */
static bool make_process(struct bayes *b, struct seen *seen) {
    struct gp_scales scales;
    struct gp_data data;

    standardize(seen->y, seen->done_count);
    warp(seen->y, seen->done_count);
    standardize(seen->y, seen->done_count);
    fit_scales(b, seen, &scales);
    data = columns_of(b, seen, seen->done_count, 1);
    b->gp = gp_create(&data, &scales, POINTS_MAX, b->arena);
    if (b->gp == NULL)
        return false;
    b->best = INFINITY;
    for (size_t i = 0; i < seen->done_count; i++)
        b->best = fmin(b->best, gp_mean_at(b->gp, i));
    for (size_t i = seen->done_count; i < seen->count; i++) { /* those still running come out as expected */
        double mean, deviation;
        gp_predict(b->gp, seen->x + i * b->count, &mean, &deviation, NULL, NULL);
        (void)gp_add(b->gp, seen->x + i * b->count, mean);
    }
    return true;
}

/* ---- expected improvement ---- */

/* The logarithm of z Phi(z) + phi(z), and Phi(z) over it. Far below 0 the difference of two tiny numbers is taken from
 * its series instead. */
static double log_improvement(double z, double *slope) {
    if (z > -5) {
        double phi = special_normal_density(z), Phi = special_normal_cdf(z), h = phi + z * Phi;
        *slope = Phi / h;
        return log(h);
    }
    double inverse = 1 / (z * z);
    double h = 1 - inverse * (3 - inverse * (15 - 105 * inverse)); /* times phi / z^2 */
    double Phi = 1 - inverse * (1 - inverse * (3 - 15 * inverse)); /* times phi / |z| */
    *slope = -z * Phi / h;
    return -0.5 * z * z - 0.5 * log(2 * M_PI) + log(inverse * h);
}

static double score(struct bayes *b, const double *x) {
    double mean, deviation, slope;
    gp_predict(b->gp, x, &mean, &deviation, NULL, NULL);
    return log(deviation) + log_improvement((b->best - mean) / deviation, &slope);
}

/* minimize's function: the smooth dimensions of b->whole are x. */
static double falling_score(void *context, const double *x, double *gradient) {
    struct bayes *b = context;
    double mean, deviation, slope, z, out;

    for (size_t i = 0; i < b->smooth_count; i++)
        b->whole[b->smooth[i]] = x[i];
    gp_predict(b->gp, b->whole, &mean, &deviation, b->mean_gradient, b->deviation_gradient);
    z = (b->best - mean) / deviation;
    out = log(deviation) + log_improvement(z, &slope);
    for (size_t i = 0; i < b->smooth_count; i++) {
        double by_mean = b->mean_gradient[b->smooth[i]], by_deviation = b->deviation_gradient[b->smooth[i]];
        gradient[i] = -(by_deviation - slope * (by_mean + z * by_deviation)) / deviation;
    }
    return -out;
}

static double climb_smooth(struct bayes *b, double *x, double before) {
    struct minimize_problem problem = { falling_score, b, b->smooth_count, 0, 1, CLIMB_MAX };
    double *part, after;

    if (b->smooth_count == 0)
        return before;
    part = ARENA_ARRAY(b->arena, double, b->smooth_count);
    memcpy(b->whole, x, b->count * sizeof *x);
    for (size_t i = 0; i < b->smooth_count; i++)
        part[i] = x[b->smooth[i]];
    after = -minimize(&problem, part, b->arena);
    if (!(after > before))
        return before;
    for (size_t i = 0; i < b->smooth_count; i++)
        x[b->smooth[i]] = part[i];
    return after;
}

/* One dimension with few values: each of them when it is nominal, otherwise the neighbours. */
static double try_steps(struct bayes *b, double *x, size_t d, double before) {
    const struct dimension *dimension = &b->dimensions[d];
    size_t tries = !b->is_nominal[d] ? 2 : dimension->step_count < NOMINAL_TRIES_MAX ? dimension->step_count : NOMINAL_TRIES_MAX;
    double kept = x[d], best = before, from = kept, step = 1 / (double)dimension->step_count;

    for (size_t i = 0; i < tries; i++) {
        double after;
        if (!b->is_nominal[d])
            x[d] = settle(b, d, from + (i == 0 ? -step : step));
        else
            x[d] = dimension->step_count <= NOMINAL_TRIES_MAX ? (double)i : (double)rng_below(&b->rng, dimension->step_count);
        after = score(b, x);
        if (after > best) {
            best = after;
            kept = x[d];
        }
    }
    x[d] = kept;
    return best;
}

static double climb(struct bayes *b, double *x, double value) {
    for (int round = 0; round < 5; round++) {
        double before = value;
        value = climb_smooth(b, x, value);
        for (size_t d = 0; d < b->count; d++)
            if (b->dimensions[d].step_count > 0)
                value = try_steps(b, x, d, value);
        if (b->smooth_count == b->count || !(value > before + 1e-6))
            break;
    }
    return value;
}

/* ---- places to begin from ---- */

struct start {
    double *x;
    double value;
};

/* Keeps the best STARTS, the best first. */
static void offer(struct start *starts, const double *x, double value, size_t count) {
    size_t place = STARTS;
    double *room;
    while (place > 0 && value > starts[place - 1].value)
        place--;
    if (place == STARTS)
        return;
    room = starts[STARTS - 1].x;
    memmove(starts + place + 1, starts + place, (STARTS - 1 - place) * sizeof *starts);
    starts[place] = (struct start){ room, value };
    memcpy(room, x, count * sizeof *x);
}

/* The place moved a little: some of its dimensions, by a step whose size itself is drawn. */
static void move_near(struct bayes *b, const double *from, double *x) {
    double size = 0.3 * pow(10, -2.5 * rng_unit(&b->rng)), share = fmax(0.2, 2.0 / (double)b->count);
    bool is_moved = false;
    while (!is_moved)
        for (size_t d = 0; d < b->count; d++) {
            x[d] = from[d];
            if (rng_unit(&b->rng) > share)
                continue;
            is_moved = true;
            if (b->dimensions[d].step_count > 0 && rng_unit(&b->rng) < 0.5)
                x[d] = random_place(b, d);
            else if (!b->is_nominal[d])
                x[d] = settle(b, d, fmin(fmax(x[d] + size * rng_normal(&b->rng), 0), 1));
        }
}

static void look_around(struct bayes *b, const struct seen *seen, struct start *starts) {
    double *x = ARENA_ARRAY(b->arena, double, b->count), limit = INFINITY;
    double *sorted = ARENA_ARRAY(b->arena, double, seen->done_count);

    for (size_t i = 0; i < SAMPLES; i++) {
        for (size_t d = 0; d < b->count; d++)
            x[d] = random_place(b, d);
        offer(starts, x, score(b, x), b->count);
    }
    memcpy(sorted, seen->y, seen->done_count * sizeof *sorted);
    qsort(sorted, seen->done_count, sizeof *sorted, compare);
    if (seen->done_count > NEAR_COUNT)
        limit = sorted[NEAR_COUNT - 1];
    for (size_t i = 0, near = 0; i < seen->done_count && near < NEAR_COUNT; i++) {
        if (seen->y[i] > limit)
            continue;
        near++;
        for (size_t k = 0; k < SAMPLES_NEAR; k++) {
            move_near(b, seen->x + i * b->count, x);
            offer(starts, x, score(b, x), b->count);
        }
    }
}

static void point_of(const struct bayes *b, const double *x, double *point) {
    for (size_t d = 0; d < b->count; d++)
        point[b->dimensions[d].parameter] = decode(b, d, x[d]);
}

/* What another agent tries right now teaches as much as its close neighbours would. */
static bool is_as_good_as_tried(const struct bayes *b, const struct trial *trial, const double *point) {
    double apart = 0;
    bool is_same = true;

    for (size_t d = 0; d < b->count; d++) {
        double before = trial->point[b->dimensions[d].parameter], now = point[b->dimensions[d].parameter];
        is_same = is_same && before == now;
        apart = fmax(apart, b->dimensions[d].step_count > 0 ? (before != now) : fabs(encode(b, d, before) - encode(b, d, now)));
    }
    return is_same || (trial->state == TRIAL_RUNNING && apart < APART_MIN);
}

static bool was_tried(const struct bayes *b, const struct trial *trials, size_t count, const double *point) {
    for (size_t i = 0; i < count; i++)
        if (is_as_good_as_tried(b, &trials[i], point))
            return true;
    return false;
}

/* Something new, as long as there is anything. */
static void random_point(struct bayes *b, const struct trial *trials, size_t count, double *point) {
    for (int i = 0; i < DIFFERENT_TRIES_MAX; i++) {
        for (size_t d = 0; d < b->count; d++)
            point[b->dimensions[d].parameter] = decode(b, d, random_place(b, d));
        if (!was_tried(b, trials, count, point))
            return;
    }
}

static void improve(struct bayes *b, const struct seen *seen, const struct trial *trials, size_t count, double *point) {
    struct start starts[STARTS];
    double best = -INFINITY;
    bool is_found = false;
    double *chosen = ARENA_ARRAY(b->arena, double, b->space->count);

    for (size_t i = 0; i < STARTS; i++)
        starts[i] = (struct start){ ARENA_ARRAY(b->arena, double, b->count), -INFINITY };
    b->whole = ARENA_ARRAY(b->arena, double, b->count);
    b->mean_gradient = ARENA_ARRAY(b->arena, double, b->count);
    b->deviation_gradient = ARENA_ARRAY(b->arena, double, b->count);
    look_around(b, seen, starts);
    for (size_t i = 0; i < STARTS && isfinite(starts[i].value); i++) {
        double value = climb(b, starts[i].x, starts[i].value);
        point_of(b, starts[i].x, chosen);
        if (value > best && !was_tried(b, trials, count, chosen)) {
            best = value;
            is_found = true;
            memcpy(point, chosen, b->space->count * sizeof *point);
        }
    }
    if (!is_found)
        random_point(b, trials, count, point);
}

void bayes_next(const struct space *space, const struct trial *trials, size_t count, uint64_t seed, uint64_t number, double *point,
                struct arena *arena) {
    struct bayes b = { .space = space, .arena = arena };
    struct seen seen = { 0 };
    size_t first;

    memset(point, 0, space->count * sizeof *point);
    find_dimensions(&b);
    if (b.count == 0)
        return;
    rng_init(&b.rng, seed, number + 1);
    first = b.count + 3 < FIRST_MIN ? FIRST_MIN : b.count + 3 > FIRST_MAX ? FIRST_MAX : b.count + 3;
    read_trials(&b, &seen, trials, count);
    if (count < first || seen.done_count < 3) {
        even_point(&b, seed, number, point);
        if (was_tried(&b, trials, count, point))
            random_point(&b, trials, count, point);
        return;
    }
    if (make_process(&b, &seen))
        improve(&b, &seen, trials, count, point);
    else
        random_point(&b, trials, count, point);
}
