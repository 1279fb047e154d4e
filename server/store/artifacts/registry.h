/* registry.h - what projects have beyond being projects: members of their own, being restricted to them, and, for an
 * organisation's registries, which types of artifacts they take.
 *
 * A registry is an organisation's project whose name begins with REGISTRY_PREFIX.
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_REGISTRY_H
#define SERVER_STORE_REGISTRY_H

#include "base/list.h"
#include "server/store/accounts/member.h"
#include "server/store/projects/project.h"

#define REGISTRY_PREFIX "wandb-registry-"

struct registry_settings {
    bool is_restricted, allows_all_types;
};
MUST_CHECK enum err_code registry_get(struct db_tx *tx, int64_t project_id, struct registry_settings *out, struct err *err);
MUST_CHECK enum err_code registry_set(struct db_tx *tx, int64_t project_id, const struct registry_settings *settings,
                                      struct err *err);
bool registry_is_name(struct str project_name);
/* ERR_BAD_INPUT naming the types when the project does not take artifacts of that type. */
MUST_CHECK enum err_code registry_check_type(struct db_tx *tx, int64_t project_id, struct str type_name, struct err *err);

/* Of struct project, by name: an entity's registries. */
MUST_CHECK enum err_code registry_list(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct list *out, struct err *err);

struct project_member {
    struct owner owner; /* the project's */
    int64_t user_id, team_id; /* one of the two */
    enum role role;
    struct str username, name, email;
};
/* Of struct project_member, users or teams, in the order they came. */
MUST_CHECK enum err_code project_member_list(struct db_tx *tx, int64_t project_id, bool is_teams, struct arena *arena,
                                             struct list *out, struct err *err);
/* Sets or changes the role; keeps_role leaves the one of who is a member already. ERR_BAD_INPUT for who does not belong to
 * the project's organisation or team. */
MUST_CHECK enum err_code project_member_set(struct db_tx *tx, const struct owner *project, int64_t user_id, int64_t team_id,
                                            enum role role, bool keeps_role, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code project_member_remove(struct db_tx *tx, int64_t project_id, int64_t user_id, int64_t team_id,
                                               struct err *err);

#endif
