/* sweep_outcome.h - what a sweep's runs are worth: the values of its metric, from their history and summary.
 *
 * Threads: one request. Memory: the arena.
 */
#ifndef SERVER_API_SWEEP_OUTCOME_H
#define SERVER_API_SWEEP_OUTCOME_H

#include "server/api/app.h"
#include "server/store/sweeps/sweep_run.h"
#include "server/sweep/search.h"

/* What was found out about a row outside of a transaction, to be written inside one. */
struct sweep_outcome {
    int64_t id; /* of the row */
    enum sweep_run_outcome outcome;
    double best, latest;
    struct str course; /* ptr NULL: no early stopping */
    struct hyperband_run measured;
};

/* All values the run has logged of the sweep's metric, and its summary's. Not inside a transaction that writes. */
MUST_CHECK enum err_code sweep_outcome_measure(struct app *app, const struct sweep_config *config, const struct sweep_run *run,
                                               struct sweep_outcome *out, struct arena *arena, struct err *err);
/* The metric's value in a summary; false when there is none that is finite. A metric "val.loss" may be nested, and one
 * that was defined with summary="min" is an object. */
bool sweep_outcome_in_summary(const struct sweep_config *config, struct str summary, double *out, struct arena *arena);
/* The same for the run as it is now. */
MUST_CHECK enum err_code sweep_outcome_now(struct db_tx *tx, const struct sweep_config *config, int64_t run_id, bool *has_value,
                                           double *out, struct arena *arena, struct err *err);

/* What measure wrote into `course`. */
void sweep_outcome_read_course(struct hyperband_run *out, const struct sweep_run *run, const struct sweep_config *config, struct arena *arena);

/* The rows as the search sees them. Those that are not points of the space are left out. */
MUST_CHECK enum err_code sweep_outcome_trials(struct db_tx *tx, const struct sweep_config *config, const struct list *runs,
                                              struct trial **out, size_t *count, struct arena *arena, struct err *err);

/* a is better than b. */
bool sweep_outcome_is_better(const struct sweep_config *config, double a, double b);

#endif
