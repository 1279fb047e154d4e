/* distribution.h - what one parameter of a sweep may be: the documented distributions, and how to draw from them.
 *
 * A value is held as a double: the number itself, or, for those with a list of values, the place in the list.
 * Every distribution maps a probability to a value and back; so a random draw is the quantile of a uniform number,
 * and to the Gaussian process every parameter is a number from 0 to 1.
 *
 * Threads: read-only once parsed. Memory: the arena it was parsed into.
 */
#ifndef SERVER_SWEEP_DISTRIBUTION_H
#define SERVER_SWEEP_DISTRIBUTION_H

#include "base/json.h"

enum { DISTRIBUTION_VALUES_MAX = 100000 };

enum distribution_family {
    FAMILY_CONSTANT, /* one value */
    FAMILY_VALUES,   /* a list of values */
    FAMILY_INTEGER,  /* whole numbers from a to b */
    FAMILY_UNIFORM,  /* a to b */
    FAMILY_LOG,      /* the logarithm is uniform from a to b */
    FAMILY_NORMAL,   /* mean a, deviation b */
    FAMILY_LOG_NORMAL,
    FAMILY_BETA, /* shapes a and b */
};

struct distribution {
    const char *name; /* as in a configuration: "q_log_uniform_values" */
    enum distribution_family family;
    double a, b;
    double q;          /* values are multiples of it; 0: any */
    bool is_whole;     /* written as integers */
    bool is_ascending; /* FAMILY_VALUES: numbers, each larger than the one before: their order means something */
    const struct json_value *values; /* FAMILY_VALUES and FAMILY_CONSTANT */
    size_t value_count;
    double *shares; /* FAMILY_VALUES: shares[i] is the probability of values 0 to i; NULL: all alike */
};

/* From {"distribution": ..., "min": ..., ...}; it is inferred from the keys when it is not named, as the client does.
 * ERR_BAD_INPUT with what is impossible; the caller adds the parameter's path. Each key that is not read is given to
 * `unknown` (may be NULL). */
MUST_CHECK enum err_code distribution_parse(struct distribution *out, const struct json_value *spec,
                                            void (*unknown)(void *context, struct str key), void *context,
                                            struct arena *arena, struct err *err);

/* probability: from 0 to 1. */
double distribution_quantile(const struct distribution *d, double probability);
/* Where a value stands, from 0 to 1; of values that are apart from each other, the middle of its share. */
double distribution_cdf(const struct distribution *d, double value);

/* How many values there are; 0: endless. */
double distribution_count(const struct distribution *d);
/* Value number `index` of those of a distribution that a grid may use; false when it may not. */
bool distribution_is_listable(const struct distribution *d);
double distribution_nth(const struct distribution *d, uint64_t index);

void distribution_write(const struct distribution *d, double value, struct json_writer *writer);
/* False when the JSON value is none that this distribution has (or could be taken for one). */
bool distribution_read(const struct distribution *d, const struct json_value *json, double *out);

#endif
