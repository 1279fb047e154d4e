/* sweep_config.h - the configuration of a sweep, as people write it: checked, with its defaults.
 *
 * What cannot work is an error with its path; what is only not used is a warning.
 *
 * Threads: read-only once parsed. Memory: the arena it was parsed into.
 */
#ifndef SERVER_SWEEP_SWEEP_CONFIG_H
#define SERVER_SWEEP_SWEEP_CONFIG_H

#include "base/list.h"
#include "server/sweep/hyperband.h"
#include "server/sweep/space.h"

enum sweep_method {
    SWEEP_GRID,
    SWEEP_RANDOM,
    SWEEP_BAYES,
    SWEEP_CUSTOM, /* the client's own search: only with a local controller */
};

/* What stands for the value of a run that ended badly, or has not ended. */
enum sweep_impute {
    IMPUTE_NOTHING,
    IMPUTE_WORST, /* of all runs */
    IMPUTE_BEST,  /* of its own values */
    IMPUTE_LATEST,
};

struct sweep_config {
    enum sweep_method method;
    bool is_local; /* the client's controller makes the suggestions */
    bool is_scheduled; /* the client's scheduler queues every run, by an engine of its own */
    struct str name, description, program; /* ptr NULL: not given */
    struct str metric;                     /* ptr NULL: none */
    bool is_maximize, has_target, has_early_terminate, has_seed;
    double target;
    enum sweep_impute impute, impute_while_running;
    int64_t run_cap;    /* 0: none */
    int64_t grid_count; /* SWEEP_GRID only */
    uint64_t seed;
    struct hyperband early_terminate;
    struct space space;
    struct list warnings; /* of struct str * */
};

/* text: YAML or JSON. ERR_BAD_INPUT "parameters.lr: min is 2 and max is 1: min must not be above max". */
MUST_CHECK enum err_code sweep_config_parse(struct sweep_config **out, struct str text, struct arena *arena, struct err *err);

const char *sweep_method_name(enum sweep_method method);

#endif
