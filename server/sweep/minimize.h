/* minimize.h - the smallest value of a smooth function of a few dozen numbers, each between two bounds.
 *
 * Limited-memory BFGS along the projected path. It finds a local minimum; where to begin is the caller's art.
 * Threads: none. Memory: scratch lives in the arena.
 */
#ifndef SERVER_SWEEP_MINIMIZE_H
#define SERVER_SWEEP_MINIMIZE_H

#include "base/arena.h"

/* Answers the value at x and writes its gradient. A value that is not finite is taken as "too large". */
typedef double minimize_function(void *context, const double *x, double *gradient);

struct minimize_problem {
    minimize_function *function;
    void *context;
    size_t count; /* of numbers */
    double lower, upper;
    int iteration_max;
};

/* x: where to begin, and then the minimum. Returns the value there. */
double minimize(const struct minimize_problem *problem, double *x, struct arena *arena);

#endif
