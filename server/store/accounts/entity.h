/* entity.h - whoever may own projects: a person, a team, an organisation. Their names share one space.
 *
 * A removed entity's row stays, and its name stays taken; finding it answers as if there had never been one.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_ENTITY_H
#define SERVER_STORE_ENTITY_H

#include "server/store/accounts/audit.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum entity_kind { ENTITY_PERSONAL, ENTITY_TEAM, ENTITY_ORGANIZATION };
enum { ENTITY_NAME_MAX = 64 };

struct entity {
    struct owner owner; /* entity_id: its own */
    struct str name;
    enum entity_kind kind;
    int64_t organization_id; /* of a team; 0: none */
    int64_t created_at;
    bool is_for_registries; /* an organisation that is asked for its registries, not for all of its projects */
};

/* 1 to ENTITY_NAME_MAX of a-z A-Z 0-9 _ - . with a letter or digit first; not a route's name. */
MUST_CHECK enum err_code entity_check_name(struct str name, struct err *err);

/* Whether somebody has it or has had it, in whatever case. */
MUST_CHECK enum err_code entity_is_taken(struct db_tx *tx, struct str name, bool *out, struct err *err);
/* ERR_CONFLICT when the name is taken, also by what was removed or differs only in case. */
MUST_CHECK enum err_code entity_create(struct db_tx *tx, struct str name, enum entity_kind kind,
                                       int64_t organization_id, int64_t *id, struct err *err);
/* ERR_NOT_FOUND "entity 'x' not found". */
MUST_CHECK enum err_code entity_find(struct db_tx *tx, struct str name, struct arena *arena, struct entity **out,
                                     struct err *err);
MUST_CHECK enum err_code entity_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct entity **out,
                                           struct err *err);
/* By the name, when it is of that kind: ERR_NOT_FOUND "team 'x' not found". */
MUST_CHECK enum err_code entity_find_kind(struct db_tx *tx, struct str name, enum entity_kind kind,
                                          struct arena *arena, struct entity **out, struct err *err);
/* Teams and organisations. An organisation that still has teams is ERR_CONFLICT. */
MUST_CHECK enum err_code entity_remove(struct db_tx *tx, const struct entity *entity, const struct actor *actor,
                                       struct err *err);

struct entity_list {
    struct entity **items;
    size_t count;
};
/* Sorted by name. kind -1: all. organization_id 0: of any. */
MUST_CHECK enum err_code entity_list(struct db_tx *tx, int kind, int64_t organization_id, struct arena *arena,
                                     struct entity_list *out, struct err *err);
/* Those the user is a member of, the user's own first. */
MUST_CHECK enum err_code entity_list_of_user(struct db_tx *tx, int64_t user_id, struct arena *arena,
                                             struct entity_list *out, struct err *err);

const char *entity_kind_name(enum entity_kind kind); /* "personal", "team", "organization" */

#endif
