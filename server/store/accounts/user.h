/* user.h - people and service accounts. Each has a personal entity of the same name.
 *
 * A removed user's row stays for what it is named in (runs, audit rows), and the name stays taken; finding it
 * answers as if there had never been one.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_USER_H
#define SERVER_STORE_USER_H

#include "server/store/accounts/audit.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { USER_NAME_MAX = 256, USER_EMAIL_MAX = 254 };

struct user {
    struct owner owner; /* the personal entity */
    int64_t id;
    struct str username, name;
    struct str email; /* ptr NULL: none */
    bool is_admin, is_service, has_password;
    int64_t created_at;
};

struct user_list {
    struct user **items;
    size_t count;
};

struct new_user {
    struct str username;
    struct str name;  /* empty: the username */
    struct str email; /* empty: none */
    bool is_admin, is_service;
};

/* ERR_BAD_INPUT when it certainly is no e-mail address. */
MUST_CHECK enum err_code user_check_email(struct str email, struct err *err);
/* ERR_CONFLICT when the name or the address is taken, ERR_BAD_INPUT when it may not be. */
MUST_CHECK enum err_code user_create(struct db_tx *tx, const struct new_user *wanted, const struct actor *actor,
                                     struct arena *arena, struct user **out, struct err *err);
/* ERR_NOT_FOUND "user 'x' not found". */
MUST_CHECK enum err_code user_find(struct db_tx *tx, struct str username, struct arena *arena, struct user **out,
                                   struct err *err);
MUST_CHECK enum err_code user_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct user **out,
                                         struct err *err);
/* By username or address; *out NULL when there is none. */
MUST_CHECK enum err_code user_find_by_any(struct db_tx *tx, struct str text, struct arena *arena, struct user **out,
                                          struct err *err);
/* The user a personal entity belongs to; *out NULL for other entities. */
MUST_CHECK enum err_code user_find_by_entity(struct db_tx *tx, int64_t entity_id, struct arena *arena,
                                             struct user **out, struct err *err);
/* Sorted by username. text: what the username or address begins with, empty for all. seen_by: only users who share an
 * entity with that one, 0 for all. */
MUST_CHECK enum err_code user_list(struct db_tx *tx, struct str text, int64_t seen_by, size_t limit,
                                   struct arena *arena, struct user_list *out, struct err *err);

/* Ends the keys, the sessions and the memberships. ERR_CONFLICT for the last administrator. */
MUST_CHECK enum err_code user_remove(struct db_tx *tx, const struct user *user, const struct actor *actor,
                                     struct err *err);
/* hash: of password.h. Ends all sessions. */
MUST_CHECK enum err_code user_set_password(struct db_tx *tx, const struct user *user, struct str hash,
                                           const struct actor *actor, struct err *err);
/* Whether he administers the server. ERR_CONFLICT when nobody would. */
MUST_CHECK enum err_code user_set_admin(struct db_tx *tx, const struct user *user, bool is_admin, const struct actor *actor,
                                        struct err *err);
/* By username or address: id and hash; *id 0 when there is none, hash.ptr NULL when there is no password. */
MUST_CHECK enum err_code user_find_password(struct db_tx *tx, struct str text, struct arena *arena, int64_t *id,
                                            struct str *hash, struct err *err);
MUST_CHECK enum err_code user_count(struct db_tx *tx, int64_t *out, struct err *err);

#endif
