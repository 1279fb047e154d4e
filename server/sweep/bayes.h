/* bayes.h - the next point to try, from what was seen: expected improvement under a Gaussian process.
 *
 * The first few points fill the space evenly. Runs that are still going count as if they had come out as expected, so
 * that agents side by side are sent apart. Runs that failed count as the worst that was seen.
 *
 * The work is bounded: of many runs the best and an even choice of the others are looked at.
 * Threads: none. Memory: everything lives in the arena.
 */
#ifndef SERVER_SWEEP_BAYES_H
#define SERVER_SWEEP_BAYES_H

#include "server/sweep/space.h"

/* How a run came out. */
enum trial_state {
    TRIAL_RUNNING,
    TRIAL_DONE,
    TRIAL_FAILED, /* without a value */
};

struct trial {
    const double *point;
    double value; /* TRIAL_DONE: small is good, finite */
    enum trial_state state;
};

/* seed: of the sweep; number: of this suggestion, which makes it differ from the others. */
void bayes_next(const struct space *space, const struct trial *trials, size_t count, uint64_t seed, uint64_t number, double *point,
                struct arena *arena);

#endif
