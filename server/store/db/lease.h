/* lease.h - who of several servers does what only one may do at a time.
 *
 * A duty belongs to the server whose row in `leases` is not out of date, by the database's clock alone. The row's token
 * grows with each new owner; a work of the duty checks it in its own transaction, so that a server which stood still past
 * its lease, and goes on, is refused. An owner that dies is followed by another within LEASE_MS + LEASE_RENEWAL_MS; one
 * that stops in order gives its duties back.
 *
 * A database that is not shared costs nothing here: no row, no thread, every duty is one's own. So it is with a NULL keeper.
 */
#ifndef SERVER_STORE_LEASE_H
#define SERVER_STORE_LEASE_H

#include "server/store/db/db.h"

enum { LEASE_MS = 9000, LEASE_RENEWAL_MS = 2500 };

/* ---- rows ---- */

/* Whether `owner` may take or renew it now. */
MUST_CHECK enum err_code lease_is_free(struct db_tx *tx, struct str name, struct str owner, bool *is_free, struct err *err);
/* Takes or renews it for length_ms. *token 0: it is another's. */
MUST_CHECK enum err_code lease_take(struct db_tx *tx, struct str name, struct str owner, int64_t length_ms, int64_t *token,
                                    struct err *err);
/* Whose it is now; empty when it is free. */
MUST_CHECK enum err_code lease_find_owner(struct db_tx *tx, struct str name, struct str *owner, struct arena *arena, struct err *err);
/* ERR_CONFLICT when that token is not the owner's any more, or its time is over. */
MUST_CHECK enum err_code lease_check(struct db_tx *tx, struct str name, int64_t token, struct err *err);
/* Free for whoever comes next; nothing happens when it is another's. */
MUST_CHECK enum err_code lease_give_back(struct db_tx *tx, struct str name, int64_t token, struct err *err);
/* The same for one that nobody may ever take again: its row goes, and its next token may be one that was there before. */
MUST_CHECK enum err_code lease_drop(struct db_tx *tx, struct str name, int64_t token, struct err *err);

/* ---- a server's duties ---- */

enum duty {
    DUTY_HISTORIES, /* sealing, compacting, removing files of histories */
    DUTY_UPKEEP,    /* silent runs, what was deleted, versions out of date, blobs that nobody has */
    DUTY_COUNT,
};

struct lease_keeper;

/* Takes every duty that is free, from a thread of its own, until it is stopped. */
MUST_CHECK enum err_code lease_keeper_start(struct lease_keeper **out, struct db *db, struct err *err);
void lease_keeper_stop(struct lease_keeper *keeper); /* NULL is fine */
/* Whether it looks as if the duty were ours: for whether to begin. */
bool lease_keeper_has(struct lease_keeper *keeper, enum duty duty);
/* In the transaction of the work: ERR_CONFLICT when it is not. */
MUST_CHECK enum err_code lease_keeper_check(struct lease_keeper *keeper, struct db_tx *tx, enum duty duty, struct err *err);
/* A server that uses this database: one that has a duty now. Empty: there is none, or it is not shared. Unless nobody else at all is
 * connected, it takes LEASE_RENEWAL_MS and a little, since a duty that was given back is taken by another as late as that. Who asks
 * connects with LEASE_VISITOR in the address. */
#define LEASE_VISITOR "application_name=barograph-migrate"
MUST_CHECK enum err_code lease_find_server(struct db *db, struct str *owner, struct arena *arena, struct err *err);

#endif
