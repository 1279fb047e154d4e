/* orphans.h - files in the history's folder that no record names.
 *
 * A server that dies after a segment's file was published and before its record was committed leaves one behind, and one
 * that dies while it writes leaves a temporary one. Nobody will ever refer to them: names are random and never come again.
 */
#ifndef SERVER_HISTORY_ORPHANS_H
#define SERVER_HISTORY_ORPHANS_H

#include "server/history/history.h"

/* Removes those that are older than options.orphan_age_ms, and folders of runs that have nothing left. The caller holds
 * work_lock, under which alone this process writes segments: no file is in flight here. Those of another server that
 * shares the folder are too young. Stops at the first error: what cannot be looked up is not removed. */
MUST_CHECK enum err_code orphans_sweep(struct history *history, struct err *err);

/* Whether a sweep is due: at the start, and once in each orphan_age_ms. */
bool orphans_are_due(const struct history *history);

#endif
