/* space.h - the parameters of a sweep, nested or not, and the points among them.
 *
 * A point is an array with one double for each parameter; see distribution.h for what it holds.
 *
 * Threads: read-only once parsed. Memory: the arena it was parsed into.
 */
#ifndef SERVER_SWEEP_SPACE_H
#define SERVER_SWEEP_SPACE_H

#include "server/sweep/distribution.h"

enum { SPACE_PARAMETERS_MAX = 1000, SPACE_DEPTH_MAX = 16, SPACE_TEXT_BYTES_MAX = 16 << 20 };

struct space_node; /* private to space.c */

struct space {
    struct distribution *parameters;
    struct str *paths; /* "optimizer.lr" */
    size_t count;
    struct space_node *root;
};

/* What a warning is given to: a sentence. */
struct space_warnings {
    void (*add)(void *context, struct str sentence);
    void *context;
};

/* From the "parameters" of a configuration. Errors begin with the path: "parameters.lr: min is missing". */
MUST_CHECK enum err_code space_parse(struct space *out, const struct json_value *parameters,
                                     const struct space_warnings *warnings, struct arena *arena, struct err *err);

/* {"lr": {"value": 0.1}, "model": {"value": {"layers": 3}}}: what the client takes for a run's config. */
void space_write(const struct space *space, const double *point, struct json_writer *writer);
/* The same as a text of its own. */
MUST_CHECK enum err_code space_text(const struct space *space, const double *point, struct str *out, struct arena *arena,
                                    struct err *err);
/* The other way round, also from a run's whole config; false when a parameter is missing or is none of its values. */
bool space_read(const struct space *space, const struct json_value *config, double *point);

/* How many points a grid has, at most INT64_MAX. ERR_BAD_INPUT when a parameter has no list of values. */
MUST_CHECK enum err_code space_grid_count(const struct space *space, int64_t *count, struct err *err);
/* Point number `index`; the last parameter changes first. */
void space_grid_point(const struct space *space, int64_t index, double *point);

#endif
