/* bench_sweep.c - how good the search is, and how long one suggestion takes. bench_sweep.py sets it beside a peer.
 *
 * Usage: bench_sweep [SEEDS] [TRIALS]. Prints JSON: for each function the best value of each seed, and the
 * milliseconds of one suggestion after 1,000 runs.
 */
#include "base/clock.h"
#include "server/sweep/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SEEDS = 20, TRIALS = 50, TRIALS_MAX = 1000, RUNS_BEFORE = 1000 };

/* ---- the functions, as in bench_sweep.py ---- */

static double branin(const double *x) {
    double b = 5.1 / (4 * M_PI * M_PI), c = 5 / M_PI, t = 1 / (8 * M_PI), inner = x[1] - b * x[0] * x[0] + c * x[0] - 6;
    return inner * inner + 10 * (1 - t) * cos(x[0]) + 10;
}

static double hartmann(const double *x) {
    static const double weights[] = { 1.0, 1.2, 3.0, 3.2 };
    static const double a[4][6] = { { 10, 3, 17, 3.5, 1.7, 8 }, { 0.05, 10, 17, 0.1, 8, 14 }, { 3, 3.5, 1.7, 10, 17, 8 }, { 17, 8, 0.05, 10, 0.1, 14 } };
    static const double p[4][6] = { { 0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886 },
                                    { 0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991 },
                                    { 0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650 },
                                    { 0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381 } };
    double out = 0;
    for (size_t i = 0; i < 4; i++) {
        double sum = 0;
        for (size_t k = 0; k < 6; k++)
            sum += a[i][k] * (x[k] - p[i][k]) * (x[k] - p[i][k]);
        out -= weights[i] * exp(-sum);
    }
    return out;
}

static double rosenbrock(const double *x) {
    double out = 0;
    for (size_t i = 0; i < 3; i++)
        out += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
    return out;
}

static double ackley(const double *x) {
    double squares = 0, cosines = 0;
    for (size_t i = 0; i < 10; i++) {
        squares += (x[i] - 4.2) * (x[i] - 4.2);
        cosines += cos(2 * M_PI * (x[i] - 4.2));
    }
    return -20 * exp(-0.2 * sqrt(squares / 10)) - exp(cosines / 10) + 20 + M_E;
}

/* x[0] is the place in the list of kinds. */
static double mixed(const double *x) {
    static const double best[4][4] = { { 0.2, 0.8, 4, 0.9 }, { 0.7, 0.3, 13, 0.0 }, { 0.5, 0.5, 9, 0.4 }, { 0.9, 0.1, 17, 0.2 } };
    const double *at = best[(size_t)x[0]];
    double bowl = 3 * pow(x[2] - at[0], 2) + 3 * pow(x[3] - at[1], 2) + 0.2 * (1 - cos(6 * M_PI * (x[2] - at[0])));
    return at[3] + bowl + 0.5 * pow((x[1] - at[2]) / 5, 2);
}

#define UNIT "{min: 0.0, max: 1.0}"
#define WIDE "{min: -32.768, max: 32.768}"
#define ROSE "{min: -2.048, max: 2.048}"

static const struct {
    const char *name;
    double (*function)(const double *x);
    const char *parameters;
} functions[] = {
    { "branin", branin, "{a: {min: -5.0, max: 10.0}, b: {min: 0.0, max: 15.0}}" },
    { "hartmann6", hartmann, "{a: " UNIT ", b: " UNIT ", c: " UNIT ", d: " UNIT ", e: " UNIT ", f: " UNIT "}" },
    { "rosenbrock4", rosenbrock, "{a: " ROSE ", b: " ROSE ", c: " ROSE ", d: " ROSE "}" },
    { "mixed", mixed, "{kind: {values: [sgd, adam, rmsprop, lion]}, layers: {min: 1, max: 20}, a: " UNIT ", b: " UNIT "}" },
    { "ackley10", ackley,
      "{a: " WIDE ", b: " WIDE ", c: " WIDE ", d: " WIDE ", e: " WIDE ", f: " WIDE ", g: " WIDE ", h: " WIDE ", i: " WIDE ", j: " WIDE "}" },
};

/* ---- runs ---- */

static struct sweep_config *config_of(size_t function, const char *method, struct arena *arena) {
    struct sweep_config *config;
    struct err err;
    struct str text = arena_printf(arena, "{method: %s, metric: {name: loss}, parameters: %s}", method, functions[function].parameters);
    if (sweep_config_parse(&config, text, arena, &err) != OK) {
        fprintf(stderr, "%s: %s\n", functions[function].name, err.message);
        exit(1);
    }
    return config;
}

static double best_of(size_t function, const char *method, uint64_t seed, size_t trial_count) {
    struct arena *arena = arena_create(), *scratch = arena_create();
    struct sweep_config *config = config_of(function, method, arena);
    struct trial *trials = ARENA_ARRAY(arena, struct trial, trial_count);
    double best = INFINITY;

    for (size_t i = 0; i < trial_count; i++) {
        double *point = ARENA_ARRAY(arena, double, config->space.count);
        search_next(config, trials, i, seed, i, point, scratch);
        trials[i] = (struct trial){ point, functions[function].function(point), TRIAL_DONE };
        best = fmin(best, trials[i].value);
        arena_reset(scratch);
    }
    arena_destroy(scratch);
    arena_destroy(arena);
    return best;
}

static void print_values(size_t function, const char *method, size_t seed_count, size_t trial_count) {
    printf("\"%s\": [", method);
    for (size_t seed = 0; seed < seed_count; seed++)
        printf("%s%.9g", seed > 0 ? ", " : "", best_of(function, method, seed, trial_count));
    printf("]");
}

static double processor_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* On Hartmann's function; the least of ten, as the machine may not be ours alone. */
static void suggestion_ms(size_t runs_before, double *least, double *least_processor) {
    struct arena *arena = arena_create(), *scratch = arena_create();
    struct sweep_config *random = config_of(1, "random", arena), *bayes = config_of(1, "bayes", arena);
    struct trial *trials = ARENA_ARRAY(arena, struct trial, runs_before);
    double *next = ARENA_ARRAY(arena, double, bayes->space.count);

    for (size_t i = 0; i < runs_before; i++) {
        double *point = ARENA_ARRAY(arena, double, random->space.count);
        search_next(random, trials, 0, 1, i, point, scratch);
        trials[i] = (struct trial){ point, hartmann(point), TRIAL_DONE };
    }
    *least = *least_processor = INFINITY;
    for (uint64_t i = 0; i < 10; i++) {
        double begin_processor = processor_ms();
        int64_t begin = clock_mono_ns();
        search_next(bayes, trials, runs_before, 1, runs_before + i, next, scratch);
        *least = fmin(*least, (double)(clock_mono_ns() - begin) / 1e6);
        *least_processor = fmin(*least_processor, processor_ms() - begin_processor);
        arena_reset(scratch);
    }
    arena_destroy(scratch);
    arena_destroy(arena);
}

static size_t count_of(int argc, char **argv, int place, size_t otherwise, size_t most) {
    uint64_t count;
    return argc > place && str_to_u64(str_from_c(argv[place]), &count) && count >= 1 && count <= most ? (size_t)count : otherwise;
}

int main(int argc, char **argv) {
    double least, least_processor;
    size_t seeds = count_of(argc, argv, 1, SEEDS, 1000), trials = count_of(argc, argv, 2, TRIALS, TRIALS_MAX);

    printf("{");
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        printf("\"%s\": {", functions[i].name);
        print_values(i, "random", seeds, trials);
        printf(", ");
        print_values(i, "bayes", seeds, trials);
        printf("},\n ");
    }
    suggestion_ms(RUNS_BEFORE, &least, &least_processor);
    printf("\"suggestion_after_1000_ms\": %.1f, \"of_which_processor_ms\": %.1f}\n", least, least_processor);
    return 0;
}
