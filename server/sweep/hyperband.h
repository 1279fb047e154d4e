/* hyperband.h - which runs are not worth going on with, from how they did at the brackets before.
 *
 * A bracket is a count of logged values of the metric. A run that has reached one goes on only if it is among the
 * best 1/eta of all runs that were there: its best value so far is compared, or, when strict, its value right there.
 *
 * Threads: none. Memory: results live in the arena.
 */
#ifndef SERVER_SWEEP_HYPERBAND_H
#define SERVER_SWEEP_HYPERBAND_H

#include "base/json.h"

enum { HYPERBAND_BRACKETS_MAX = 64 };

struct hyperband {
    bool is_strict;
    double eta;
    int64_t brackets[HYPERBAND_BRACKETS_MAX]; /* ascending, at least one */
    size_t bracket_count;
};

/* From "early_terminate": type, min_iter or max_iter and s, eta, strict. */
MUST_CHECK enum err_code hyperband_parse(struct hyperband *out, const struct json_value *spec, struct err *err);

/* A run's course: its value at each bracket that it has reached, and its best so far. Small is good. */
struct hyperband_run {
    double at[HYPERBAND_BRACKETS_MAX];
    size_t reached; /* brackets */
    double best;    /* of all values */
};
/* values: those that are finite, in order; is_maximize turns them round. */
void hyperband_measure(struct hyperband_run *out, const struct hyperband *h, const double *values, size_t count, bool is_maximize);

/* Whether `run`, one of `runs`, should end now. */
bool hyperband_should_stop(const struct hyperband *h, const struct hyperband_run *runs, size_t count,
                           const struct hyperband_run *run, struct arena *arena);

#endif
