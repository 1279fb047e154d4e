/* right.h - what a user may do with what an owner owns. */
#ifndef SERVER_STORE_RIGHT_H
#define SERVER_STORE_RIGHT_H

#include "server/store/db.h"
#include "server/store/owner.h"

enum right { RIGHT_NONE, RIGHT_READ, RIGHT_WRITE, RIGHT_ADMIN }; /* each holds the one before */

/* RIGHT_NONE also when the entity or the project does not exist (any more), or the project is another's; everybody
 * may read a public project. An administrator of the server has RIGHT_ADMIN on what exists. */
MUST_CHECK enum err_code right_find(struct db_tx *tx, const struct owner *owner, int64_t user_id,
                                    bool is_server_admin, enum right *out, struct err *err);

#endif
