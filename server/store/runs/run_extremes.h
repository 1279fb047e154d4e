/* run_extremes.h - the lowest and the highest value of a metric in a run: the history knows them, the table of runs sorts by them.
 *
 * Threads: called by whoever asks the table; reading within its transaction and with the project's lock held, so it waits for
 * nobody, bringing near with neither.
 */
#ifndef SERVER_STORE_RUN_EXTREMES_H
#define SERVER_STORE_RUN_EXTREMES_H

#include "server/store/db/db.h"

struct run_extremes {
    double min, max; /* NaN: the run has no finite value of this key */
    bool is_far;     /* values that are needed lie in a bucket: the two are not known until they were brought near */
};

/* Fills out[i] for runs[i]. */
typedef enum err_code run_extremes_read(void *context, struct db_tx *tx, const int64_t *runs, size_t count, struct str key,
                                        struct run_extremes *out, struct err *err);
/* Fetches what reading them needs. */
typedef enum err_code run_extremes_bring_near(void *context, int64_t run, struct str key, struct err *err);

#endif
