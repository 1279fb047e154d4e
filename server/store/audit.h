/* audit.h - who changed which right, appended in the transaction of the change. */
#ifndef SERVER_STORE_AUDIT_H
#define SERVER_STORE_AUDIT_H

#include "server/store/db.h"

/* Who acts, for audit rows. */
struct actor {
    int64_t user_id, key_id; /* 0: nobody who is known (the command line on a stopped server, a failed log-in) */
    struct str address;      /* the peer's; "local" for the command line */
};

/* action: "user.add", "key.revoke", ...; subject: what it was done to, by name, never a secret. */
MUST_CHECK enum err_code audit_add(struct db_tx *tx, const struct actor *actor, const char *action, int64_t entity_id,
                                   struct str subject, struct err *err);

#endif
