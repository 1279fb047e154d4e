/* delivery.h - the queue of what is to be told to the outside, and the log of what was: one row each.
 *
 * A delivery is put into the queue in the transaction of what it tells of. Whoever sends takes one under a lease, so that
 * several servers share the work and one that dies gives it back; the end of the work is written only while the lease's
 * token is still the own one. So a delivery arrives at least once. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_DELIVERY_H
#define SERVER_STORE_DELIVERY_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { DELIVERY_ATTEMPTS_MAX = 10, DELIVERY_LEASE_MS = 120000, DELIVERY_BODY_MAX = 1 << 20, DELIVERY_ERROR_MAX = 500 };

struct delivery {
    struct owner owner;
    int64_t id, automation_id, integration_id, run_id; /* 0: none */
    struct str kind;    /* "automation", "alert" */
    struct str target;  /* the webhook's address, or a mail address */
    struct str subject; /* a line for people */
    struct str body;    /* what is sent */
    struct str state;   /* QUEUED, SENT or FAILED */
    struct str error;   /* of the last attempt; ptr NULL: none */
    int64_t attempts, status_code, next_at, created_at, sent_at, lease_token;
};

/* What of it is set: owner, the ids, kind, target, subject, body. */
MUST_CHECK enum err_code delivery_add(struct db_tx *tx, const struct delivery *delivery, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code delivery_is_due(struct db_tx *tx, int64_t now_ms, bool *out, struct err *err);
/* The one that has been due longest, leased; *out is NULL when none is. */
MUST_CHECK enum err_code delivery_take(struct db_tx *tx, int64_t now_ms, struct arena *arena, struct delivery **out, struct err *err);

struct delivery_outcome {
    bool is_sent, is_hopeless; /* hopeless: trying again would not help */
    int64_t status_code;
    struct str error;
};
/* Sent, to be tried again later (each pause longer than the one before), or failed for good after the last attempt. Nothing
 * happens when the lease was lost. */
MUST_CHECK enum err_code delivery_end(struct db_tx *tx, const struct delivery *delivery, const struct delivery_outcome *outcome,
                                      int64_t now_ms, struct err *err);

/* Of struct delivery, newest first, without bodies. project_id or automation_id may be 0 for any, not both. after_id 0: from
 * the start. */
MUST_CHECK enum err_code delivery_list(struct db_tx *tx, int64_t project_id, int64_t automation_id, int64_t after_id, size_t limit,
                                       struct arena *arena, struct list *out, struct err *err);
/* What was sent or given up before. */
MUST_CHECK enum err_code delivery_forget(struct db_tx *tx, int64_t before_ms, struct err *err);

#endif
