/* summary.h - a run's summary as the training process computes it: the last value of each key, or what define_metric
 * asked for instead.
 *
 * Threads: one at a time (the run's lock). Memory: malloc; what fails is left out and counted by nobody: the history
 * has it.
 */
#ifndef CLIENT_SUMMARY_H
#define CLIENT_SUMMARY_H

#include "client/log/record.h"

struct metric_rule;
struct step_metric;

struct summary {
    struct tree values;
    struct metric_rule *rules;
    size_t rule_count;
    uint32_t rules_version;
    struct step_metric *steps; /* metrics that are others' x axes, with their last values */
    size_t step_count;
    bool has_changes;
    struct buf last_row; /* its items, that are not in values yet; the rows before it with the same keys never will be */
};

bool summary_init(struct summary *summary);
void summary_finish(struct summary *summary); /* a cleared one is fine */

/* Keys seen from here on, and those seen before, follow the rule. A glob ends in '*'. False when out of memory. */
bool summary_define(struct summary *summary, const struct record_metric *metric);

/* Appends, for metrics of this row that follow a step metric, that one's last value where the row has none. */
void summary_put_step_metrics(const struct summary *summary, struct str items, struct buf *out);

/* A row's items. */
void summary_observe(struct summary *summary, struct str items);
void summary_remove(struct summary *summary, const struct str *path, size_t path_len);
/* What a run that is gone on with had: not a change. */
void summary_keep(struct summary *summary, struct str json);
/* Set by the user: holds until the key is logged again. */
void summary_set(struct summary *summary, struct str items);

/* The items of what changed since the last call, as the body of a summary record. */
void summary_take_changes(struct summary *summary, struct buf *out);
/* All of it as one JSON object. */
void summary_write(struct summary *summary, struct buf *out);

#endif
