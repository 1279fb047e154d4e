/* removal.h - takes away, portion by portion, what was deleted: many rows in one transaction would hold up every writer.
 *
 * Deleting something hides it in one short transaction and notes here what is left to do; the notes outlive a restart.
 */
#ifndef SERVER_STORE_REMOVAL_H
#define SERVER_STORE_REMOVAL_H

#include "server/store/db/db.h"

enum removal_kind { REMOVAL_RUN, REMOVAL_PROJECT, REMOVAL_COLLECTION, REMOVAL_ARTIFACT, REMOVAL_DRAFT };

/* In the transaction that hides the subject. A draft's removal leaves the version as it is and takes what it was made of. */
MUST_CHECK enum err_code removal_add(struct db_tx *tx, enum removal_kind kind, int64_t subject_id, int64_t now_ms, struct err *err);

/* Does a part of the oldest removal: at most about max_rows rows. *is_idle: nothing was left to do. */
MUST_CHECK enum err_code removal_work(struct db_tx *tx, int64_t max_rows, int64_t now_ms, bool *is_idle, struct err *err);
MUST_CHECK enum err_code removal_count(struct db_tx *tx, int64_t *count, struct err *err);

#endif
