/* artifact_alias.h - the aliases that clients give to versions.
 *
 * "v7" is no alias: versions are called so by their number in a collection. Given to one that is called so somewhere it
 * changes nothing, because clients hand on the names they read; given to another it is refused.
 */
#ifndef SERVER_API_ARTIFACT_ALIAS_H
#define SERVER_API_ARTIFACT_ALIAS_H

#include "base/json.h"
#include "server/api/access.h"
#include "server/store/artifacts/artifact.h"

/* Whether anybody could give it. */
MUST_CHECK enum err_code artifact_alias_check(struct str alias, struct err *err);
/* What a draft will be given: [{"alias": ...}]. NULL and null are fine. */
MUST_CHECK enum err_code artifact_alias_check_all(const struct json_value *aliases, struct err *err);
/* The same, of a draft of that collection: whether the one who makes it may give them. */
MUST_CHECK enum err_code artifact_alias_check_right(struct db_tx *tx, struct identity *identity, const struct collection *collection,
                                                    const struct json_value *aliases, struct err *err);
/* Moves the alias to this version in the membership's collection. */
MUST_CHECK enum err_code artifact_alias_set(struct db_tx *tx, struct identity *identity, const struct membership *membership,
                                            struct str alias, struct err *err);
/* [{"alias": ..., "artifactCollectionName": ...}]: moved to this version in its collection, or in the one named. */
MUST_CHECK enum err_code artifact_alias_apply(struct db_tx *tx, struct identity *identity, const struct artifact *artifact,
                                              const struct json_value *aliases, struct err *err);
/* The one that the server moves by itself. */
MUST_CHECK enum err_code artifact_alias_set_latest(struct db_tx *tx, const struct identity *identity, int64_t collection_id,
                                                   int64_t artifact_id, struct err *err);

#endif
