/* artifact_reference.h - which versions' files the files of a version refer to. The references never lead back.
 *
 * They are noted when a version is committed: of two drafts that refer to each other the second is the one refused.
 */
#ifndef SERVER_STORE_ARTIFACT_REFERENCE_H
#define SERVER_STORE_ARTIFACT_REFERENCE_H

#include "server/store/db/db.h"

enum { ARTIFACT_REFERENCES_MAX = 50000, ARTIFACT_CIRCLE_MAX = 10000, ARTIFACT_CIRCLE_STEPS_MAX = 100000 };

/* targets: each once. ERR_BAD_INPUT when one of them is the version itself or leads to it, through however many others;
 * also when so many versions or references (ARTIFACT_CIRCLE_MAX, ARTIFACT_CIRCLE_STEPS_MAX) are between that it is not found out. */
MUST_CHECK enum err_code artifact_reference_add_all(struct db_tx *tx, int64_t artifact_id, const int64_t *targets, size_t count,
                                                    struct err *err);

#endif
