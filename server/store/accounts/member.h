/* member.h - who belongs to an entity, in which role, and who was invited. */
#ifndef SERVER_STORE_MEMBER_H
#define SERVER_STORE_MEMBER_H

#include "server/store/accounts/audit.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_MEMBER, ROLE_ADMIN }; /* each may what the one before may */

const char *role_name(enum role role);
/* "admin", "member", "viewer"; ERR_BAD_INPUT naming them. */
MUST_CHECK enum err_code role_parse(struct str text, enum role *out, struct err *err);

struct member {
    struct owner owner; /* the entity */
    int64_t user_id;    /* 0: an invitation that nobody has taken yet */
    int64_t invite_id;  /* of one */
    struct str username, name, email; /* email.ptr may be NULL */
    bool is_service;
    enum role role;
    int64_t created_at;
};

struct member_list {
    struct member **items;
    size_t count;
};

/* Sets or changes the role. A member of a team becomes one of its organisation too. */
MUST_CHECK enum err_code member_set(struct db_tx *tx, int64_t entity_id, int64_t user_id, enum role role,
                                    const struct actor *actor, struct err *err);
/* ERR_NOT_FOUND when there is no such member. From an organisation: from its teams too. */
MUST_CHECK enum err_code member_remove(struct db_tx *tx, int64_t entity_id, int64_t user_id,
                                       const struct actor *actor, struct err *err);
/* What a group of the identity provider gives, or no longer gives (ROLE_NONE): a membership that somebody gave by hand stays
 * as it is. When the last that groups gave in an organisation goes, the one in the organisation goes with it. */
MUST_CHECK enum err_code member_set_by_group(struct db_tx *tx, int64_t entity_id, int64_t user_id, enum role role,
                                             const struct actor *actor, struct err *err);
/* In the order they came, invitations too: the official client takes the last for the one it has just added. */
MUST_CHECK enum err_code member_list(struct db_tx *tx, int64_t entity_id, struct arena *arena,
                                     struct member_list *out, struct err *err);

/* For an address nobody has; a second for the same address changes the role. */
MUST_CHECK enum err_code member_invite(struct db_tx *tx, int64_t entity_id, struct str email, enum role role,
                                       const struct actor *actor, int64_t *invite_id, struct err *err);
MUST_CHECK enum err_code member_drop_invite(struct db_tx *tx, int64_t entity_id, int64_t invite_id,
                                            const struct actor *actor, struct err *err);
/* The user has come: invitations to the address become memberships. */
MUST_CHECK enum err_code member_take_invites(struct db_tx *tx, struct str email, int64_t user_id,
                                             const struct actor *actor, struct err *err);

/* The role that counts: the user's own, or admin for administrators of the team's organisation. ERR_NOT_FOUND when
 * the entity does not exist (any more). */
MUST_CHECK enum err_code member_role(struct db_tx *tx, int64_t entity_id, int64_t user_id, enum role *out,
                                     struct err *err);

#endif
