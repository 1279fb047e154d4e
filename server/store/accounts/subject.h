/* subject.h - whom a provider of OpenID Connect means by one of its subjects.
 *
 * Memory: results are plain values.
 */
#ifndef SERVER_STORE_SUBJECT_H
#define SERVER_STORE_SUBJECT_H

#include "server/store/accounts/audit.h"
#include "server/store/accounts/user.h"

struct subject {
    int64_t user_id; /* 0: nobody yet */
    bool is_admin_by_group; /* administers the server because a group says so */
};

MUST_CHECK enum err_code subject_find(struct db_tx *tx, struct str issuer, struct str subject, struct subject *out, struct err *err);
/* Whether the issuer means that user by another subject already. */
MUST_CHECK enum err_code subject_has_user(struct db_tx *tx, struct str issuer, int64_t user_id, bool *out, struct err *err);
MUST_CHECK enum err_code subject_bind(struct db_tx *tx, struct str issuer, struct str subject, const struct user *user,
                                      const struct actor *actor, struct err *err);
MUST_CHECK enum err_code subject_set_admin_by_group(struct db_tx *tx, struct str issuer, struct str subject, bool is_admin,
                                                    struct err *err);

#endif
