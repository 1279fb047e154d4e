/* run_extremes.h - the lowest and the highest value of a metric in a run: the history knows them, the table of runs sorts by them.
 *
 * Threads: called by whoever asks the table, within its transaction.
 */
#ifndef SERVER_STORE_RUN_EXTREMES_H
#define SERVER_STORE_RUN_EXTREMES_H

#include "server/store/db.h"

struct run_extremes {
    double min, max; /* NaN: the run has no finite value of this key */
};

/* Fills out[i] for runs[i]. */
typedef enum err_code run_extremes_read(void *context, struct db_tx *tx, const int64_t *runs, size_t count, struct str key,
                                        struct run_extremes *out, struct err *err);

#endif
