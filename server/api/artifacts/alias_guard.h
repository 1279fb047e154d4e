/* alias_guard.h - protected aliases: who may change them, and where somebody else's change is refused. */
#ifndef SERVER_API_ALIAS_GUARD_H
#define SERVER_API_ALIAS_GUARD_H

#include "server/api/access.h"
#include "server/store/artifacts/protected_alias.h"

extern const struct gql_type update_protected_aliases_payload_type;
extern const char alias_guard_sdl[];

enum err_code alias_guard_answer_list(struct gql_call *call, struct err *err);   /* Project.protectedAliases */
enum err_code alias_guard_answer_update(struct gql_call *call, struct err *err); /* Mutation.updateProtectedAliases */

/* Before the alias is given to its artifact (is_added) or taken from it. artifact_id 0: a version that is still to come. ERR_FORBIDDEN
 * names the alias and who may do this. */
MUST_CHECK enum err_code alias_guard_check(struct db_tx *tx, struct identity *identity, const struct artifact_alias *alias, bool is_added,
                                           struct err *err);
/* Before something is deleted, unlinked, renamed or restored that has protected aliases, or whose versions have. */
MUST_CHECK enum err_code alias_guard_check_all(struct db_tx *tx, struct identity *identity, enum alias_scope scope, int64_t id,
                                               struct err *err);

#endif
