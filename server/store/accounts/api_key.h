/* api_key.h - keys that programs log in with. Only a keyed hash is kept: a key is shown once, at its making.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_API_KEY_H
#define SERVER_STORE_API_KEY_H

#include "server/store/accounts/audit.h"
#include "server/store/accounts/secrets.h"
#include "server/store/accounts/user.h"

/* The official client counts the characters behind the first '-': there must be 40 of [A-Za-z0-9_-]. */
enum { API_KEY_MIN = 40, API_KEY_MAX = 128, API_KEY_DESCRIPTION_MAX = 256 };
/* How often at most a key's use is written down. */
enum { API_KEY_USE_GRAIN_MS = 10 * 60 * 1000 };

struct api_key {
    struct owner owner; /* the user's personal entity */
    int64_t id, user_id;
    struct str prefix, description;
    int64_t created_at;
    int64_t last_used_at; /* 0: never. To within API_KEY_USE_GRAIN_MS */
};

struct api_key_list {
    struct api_key **items;
    size_t count;
};

/* ERR_BAD_INPUT when the official client would not take it. */
MUST_CHECK enum err_code api_key_check(struct str text, struct err *err);
/* A new random one: 40 characters of hexadecimal digits. */
struct str api_key_make(struct arena *arena);

/* Keeps the key `text` for the user. ERR_CONFLICT when it is known already. */
MUST_CHECK enum err_code api_key_create(struct db_tx *tx, const struct secrets *secrets, const struct user *user,
                                        struct str text, struct str description, const struct actor *actor,
                                        int64_t *id, struct err *err);
MUST_CHECK enum err_code api_key_find(struct db_tx *tx, int64_t id, struct arena *arena, struct api_key **out,
                                      struct err *err);
/* Of one user, newest first; revoked ones are left out. */
MUST_CHECK enum err_code api_key_list(struct db_tx *tx, int64_t user_id, struct arena *arena,
                                      struct api_key_list *out, struct err *err);
/* Ends the sessions that were opened with it too. */
MUST_CHECK enum err_code api_key_revoke(struct db_tx *tx, const struct api_key *key, const struct actor *actor,
                                        struct err *err);

/* Who logs in with the key of this hash: key->id and *user 0 and NULL when it is nobody's (any more). Of the key only its ids and
 * times are read. */
MUST_CHECK enum err_code api_key_find_user(struct db_tx *tx, const struct secret_hash *hash, struct arena *arena,
                                           struct api_key *key, struct user **user, struct err *err);
/* Notes that it is used, unless that was noted a moment ago. */
MUST_CHECK enum err_code api_key_note_use(struct db_tx *tx, int64_t key_id, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code api_key_renew(struct db_tx *tx, const struct secret_hash *old, const struct secret_hash *renewed,
                                       struct err *err);
/* Whether the key may still be used by that user; key 0: whether the user is still there. For signed links. */
MUST_CHECK enum err_code api_key_is_good(struct db_tx *tx, int64_t key_id, int64_t user_id, bool *out, struct err *err);

#endif
