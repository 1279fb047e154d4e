/* artifact_alias.h - the aliases that clients give to versions.
 *
 * "v7" is no alias: versions are called so by their number in a collection. Given to one that is called so somewhere it
 * changes nothing, because clients hand on the names they read; given to another it is refused.
 */
#ifndef SERVER_API_ARTIFACT_ALIAS_H
#define SERVER_API_ARTIFACT_ALIAS_H

#include "base/json.h"
#include "server/store/artifacts/artifact.h"

/* What a draft will be given: [{"alias": ...}]. NULL and null are fine. */
MUST_CHECK enum err_code artifact_alias_check_all(const struct json_value *aliases, struct err *err);
/* Moves the alias to this version in the membership's collection. */
MUST_CHECK enum err_code artifact_alias_set(struct db_tx *tx, const struct membership *membership, struct str alias,
                                            struct arena *arena, struct err *err);
/* [{"alias": ..., "artifactCollectionName": ...}]: moved to this version in its collection, or in the one named. */
MUST_CHECK enum err_code artifact_alias_apply(struct db_tx *tx, const struct artifact *artifact, const struct json_value *aliases,
                                              struct arena *arena, struct err *err);

#endif
