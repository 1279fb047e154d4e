/* verify.h - reads all of a history that is on disk, and says what is not as the database has it.
 *
 * Each page of each segment is read with its checksum, its values are counted, and the rows that are not hidden are
 * held against the counters of the history. Overviews, from which charts are drawn, have no checksum: they are made again
 * out of their columns and compared.
 */
#ifndef SERVER_HISTORY_VERIFY_H
#define SERVER_HISTORY_VERIFY_H

#include "server/history/history.h"

struct history_verified {
    int64_t rows, points, segments, segment_bytes, tail_batches;
};
/* Adds to *out and calls complain for each thing that is wrong. Fails only when the database cannot be read. */
MUST_CHECK enum err_code history_verify(struct history *history, int64_t run, enum history_kind kind,
                                        struct history_verified *out,
                                        void (*complain)(void *context, const char *what), void *context, struct err *err);

#endif
