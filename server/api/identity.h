/* identity.h - from a key, a cookie or a link to the user it stands for.
 *
 * What was found is remembered for a few seconds, because a live run asks often; whatever ends a key, a session or
 * a user calls identities_end in its transaction, which reaches every server, and identities_forget after its commit.
 *
 * Threads: shared by all, guards itself.
 */
#ifndef SERVER_API_IDENTITY_H
#define SERVER_API_IDENTITY_H

#include "server/api/access.h"
#include "server/store/accounts/audit.h"

enum { IDENTITY_LIFE_MS = 10000 }; /* how long one may be honoured that was revoked while notices were lost */

struct identities *identities_create(void);
void identities_destroy(struct identities *identities); /* NULL is fine */
void identities_forget(struct identities *identities);
MUST_CHECK enum err_code identities_end(struct db_tx *tx, struct err *err);
/* Whether this is a notice that asks to forget. */
bool identities_are_meant(struct str notice);
/* Counts what was forgotten. */
uint64_t identities_generation(struct identities *identities);

/* Fill in who it is; user_id stays 0 when it is nobody. Fail only when that cannot be known: with a code of 503. */
MUST_CHECK enum err_code identity_from_key(struct identity *identity, struct str key, struct err *err);
MUST_CHECK enum err_code identity_from_cookie(struct identity *identity, struct str cookie, struct err *err);
/* The user of a link, unless the key or the session it was made for (0: none) is dead. */
MUST_CHECK enum err_code identity_from_link(struct identity *identity, int64_t user_id, int64_t key_id, int64_t session_id,
                                            struct err *err);

/* For audit rows. */
struct actor identity_actor(const struct identity *identity);

#endif
