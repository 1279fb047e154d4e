/* protected_alias.h - aliases that only administrators of their project set, move and take away.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_PROTECTED_ALIAS_H
#define SERVER_STORE_PROTECTED_ALIAS_H

#include "server/store/artifacts/artifact.h"

enum { PROTECTED_ALIASES_MAX = 100 };

/* Of struct str, sorted. */
MUST_CHECK enum err_code protected_alias_list(struct db_tx *tx, int64_t project_id, struct arena *arena, struct list *out, struct err *err);
/* db_changed says whether it was otherwise. ERR_BAD_INPUT when there would be more than PROTECTED_ALIASES_MAX. */
MUST_CHECK enum err_code protected_alias_set(struct db_tx *tx, int64_t project_id, struct str alias, bool is_protected, struct err *err);

/* Whether giving it to this version of the collection (is_added), or taking it from there, changes a protected alias. What is so already
 * is no change: old clients send all aliases of a version with each other change. */
MUST_CHECK enum err_code protected_alias_is_changed(struct db_tx *tx, const struct artifact_alias *alias, bool is_added, bool *out,
                                                    struct err *err);

/* Whoever may read a version links it into a project of their own and protects its aliases there: that must not take the version from those
 * whose it is. In SQL, of the entity `home` that has the version and the entity `guard` that protects the alias: both are one, or of one
 * organisation, or the version is a person's who belongs to that organisation. */
#define PROTECTED_ALIAS_BINDS                                                                                            \
    "(coalesce(home.organization_id, home.id) = coalesce(guard.organization_id, guard.id)"                               \
    " or exists (select 1 from users u join members m on m.user_id = u.id where u.entity_id = home.id"                   \
    " and m.entity_id = case when guard.kind = 'organization' then guard.id else guard.organization_id end))"

/* What a deletion is about to take along, or a restoration to bring back; every alias of it counts, in all collections. */
enum alias_scope {
    ALIASES_OF_ARTIFACT,
    ALIASES_OF_TRASHED_ARTIFACT,
    ALIASES_IN_COLLECTION,
    ALIASES_OF_COLLECTION, /* in it, and what its versions have elsewhere */
    ALIASES_OF_TRASHED_COLLECTION, /* likewise */
    ALIASES_OF_PROJECT,    /* likewise */
    ALIASES_OF_LINK,       /* the membership's id */
};
struct protected_alias {
    struct owner owner; /* the project that protects it */
    struct str alias, entity_name, project_name;
};
/* Of struct protected_alias, one of each project. */
MUST_CHECK enum err_code protected_alias_list_held(struct db_tx *tx, enum alias_scope scope, int64_t id, struct arena *arena,
                                                   struct list *out, struct err *err);

#endif
