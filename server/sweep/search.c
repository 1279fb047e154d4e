/* search.c - see search.h. */
#include "server/sweep/search.h"

#include "server/sweep/rng.h"

#include <string.h>

enum { DIFFERENT_TRIES_MAX = 100 };

static bool is_running(const struct space *space, const struct trial *trials, size_t count, const double *point) {
    for (size_t i = 0; i < count; i++)
        if (trials[i].state == TRIAL_RUNNING && memcmp(trials[i].point, point, space->count * sizeof *point) == 0)
            return true;
    return false;
}

/* Draws are independent of what has ended, or probabilities would not mean what they say. */
static void draw(const struct space *space, const struct trial *trials, size_t count, uint64_t seed, uint64_t number, double *point) {
    struct rng rng;

    rng_init(&rng, seed, number + 1);
    for (int tries = 0; tries < DIFFERENT_TRIES_MAX; tries++) {
        for (size_t i = 0; i < space->count; i++)
            point[i] = distribution_quantile(&space->parameters[i], rng_unit(&rng));
        if (!is_running(space, trials, count, point))
            return;
    }
}

void search_next(const struct sweep_config *config, const struct trial *trials, size_t count, uint64_t seed, uint64_t number,
                 double *point, struct arena *arena) {
    if (config->method == SWEEP_BAYES)
        bayes_next(&config->space, trials, count, seed, number, point, arena);
    else
        draw(&config->space, trials, count, seed, number, point);
}
