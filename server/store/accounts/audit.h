/* audit.h - who changed which right, appended in the transaction of the change. */
#ifndef SERVER_STORE_AUDIT_H
#define SERVER_STORE_AUDIT_H

#include "base/list.h"
#include "server/store/db/db.h"

enum { AUDIT_LISTED_MAX = 1000 };

/* Who acts, for audit rows. */
struct actor {
    int64_t user_id, key_id; /* 0: nobody who is known (the command line on a stopped server, a failed log-in) */
    struct str address;      /* the peer's; "local" for the command line */
};

/* action: "user.add", "key.revoke", ...; subject: what it was done to, by name, never a secret. */
MUST_CHECK enum err_code audit_add(struct db_tx *tx, const struct actor *actor, const char *action, int64_t entity_id,
                                   struct str subject, struct err *err);

struct audit_row {
    int64_t id, at, key_id;
    struct str action, address, subject;
    struct str username; /* ptr NULL: nobody who is known */
    struct str entity;   /* ptr NULL: none */
};
/* Of struct audit_row: those behind that id (0: from the first), oldest first, at most AUDIT_LISTED_MAX. */
MUST_CHECK enum err_code audit_list(struct db_tx *tx, int64_t after_id, struct arena *arena, struct list *out, struct err *err);

#endif
