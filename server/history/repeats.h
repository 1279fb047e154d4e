/* repeats.h - rows of a batch that are stored already, under earlier lines of the same writer.
 *
 * The official client, asked to sync an offline run a second time, goes on behind the lines that are there with a copy
 * of each. A row is a repeat when a visible row of the same writer has the same _step, the same _timestamp and the same
 * values, and stands on a line that the batch does not write itself. One stored row answers for one repeat. Rows
 * without a _timestamp are never repeats: nothing tells a copy from a value that was logged twice.
 *
 * Threads and memory: those of the transaction and the arena.
 */
#ifndef SERVER_HISTORY_REPEATS_H
#define SERVER_HISTORY_REPEATS_H

#include "server/history/batch.h"
#include "server/store/runs/history_store.h"

struct repeats {
    const struct line_range *ranges; /* ascending */
    size_t range_count;
    int64_t rows, points;
};

/* Looks only at rows of the batch's own steps, and not at all where those are too many to be looked through inside a
 * transaction: then all is kept. */
MUST_CHECK enum err_code repeats_find(struct repeats *out, struct history *history, struct db_tx *tx, struct history_id id,
                                      int64_t stream, const struct batch_summary *batch, struct arena *arena, struct err *err);

#endif
