/* session.h - a browser that logged in. Only a keyed hash of its cookie is kept. */
#ifndef SERVER_STORE_SESSION_H
#define SERVER_STORE_SESSION_H

#include "server/store/accounts/secrets.h"
#include "server/store/accounts/user.h"

#define SESSION_LIFE_MS (INT64_C(30) * 24 * 3600 * 1000)

struct new_session {
    const struct user *user;
    int64_t key_id;  /* the key it was opened with; 0: none */
    int64_t life_ms; /* SESSION_LIFE_MS, or what somebody has set */
    bool by_provider; /* logged in at one; with neither it was a password */
};
/* *cookie is shown once. Old sessions of all are swept. */
MUST_CHECK enum err_code session_create(struct db_tx *tx, const struct secrets *secrets, const struct new_session *wanted,
                                        const struct actor *actor, struct arena *arena, struct str *cookie, struct err *err);
/* *id 0 and *user NULL when the cookie is not good (any more). */
MUST_CHECK enum err_code session_find_user(struct db_tx *tx, const struct secret_hash *hash, struct arena *arena,
                                           int64_t *id, int64_t *key_id, struct user **user, struct err *err);
/* 0 is good: there was none. */
MUST_CHECK enum err_code session_is_good(struct db_tx *tx, int64_t id, int64_t user_id, bool *out, struct err *err);
/* The cookie was hashed with an older secret. */
MUST_CHECK enum err_code session_renew(struct db_tx *tx, const struct secret_hash *old, const struct secret_hash *renewed,
                                       struct err *err);
MUST_CHECK enum err_code session_end(struct db_tx *tx, int64_t id, const struct actor *actor, struct err *err);

/* Those that were begun with a password; *count of them. */
MUST_CHECK enum err_code session_end_with_passwords(struct db_tx *tx, int64_t *count, struct err *err);

#endif
