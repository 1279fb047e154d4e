/* place.h - from the names in a path or an argument to the object they name, with the right to it checked.
 *
 * What one may not read answers in the same words as what does not exist. An empty entity name is the asker's own. All run
 * inside an open transaction.
 * Memory: results live in the identity's arena.
 */
#ifndef SERVER_API_PLACE_H
#define SERVER_API_PLACE_H

#include "server/api/access.h"
#include "server/store/projects/project.h"
#include "server/store/runs/run.h"

/* ERR_NOT_FOUND "project 'x' not found"; ERR_FORBIDDEN when it may be read, but not that. */
MUST_CHECK enum err_code place_find_project(struct db_tx *tx, struct identity *identity, struct str entity_name,
                                            struct str project_name, enum who who, struct project **out, struct err *err);

/* The same, made when there is none and the identity may write to the entity. */
MUST_CHECK enum err_code place_ensure_project(struct db_tx *tx, struct identity *identity, struct str entity_name,
                                              struct str project_name, int64_t now_ms, struct project **out, struct err *err);
/* The same for those who begin something there: a project that was deleted is made anew. */
MUST_CHECK enum err_code place_make_project(struct db_tx *tx, struct identity *identity, struct str entity_name,
                                            struct str project_name, int64_t now_ms, struct project **out, struct err *err);

/* ERR_NOT_FOUND "run 'x' not found"; ERR_GONE when it was deleted and the project may be read. parts: enum run_part. */
MUST_CHECK enum err_code place_find_run(struct db_tx *tx, struct identity *identity, struct str entity_name,
                                        struct str project_name, struct str run_name, unsigned parts, enum who who,
                                        struct run **out, struct err *err);

/* The run that a stream writes to, when it is plainly there and the identity may write: NULL says to look closer. It is
 * locked; of it id, owner, state and is_stop_requested are known. */
MUST_CHECK enum err_code place_find_stream(struct db_tx *tx, struct identity *identity, struct str entity_name,
                                           struct str project_name, struct str run_name, struct run **out, struct err *err);

#endif
