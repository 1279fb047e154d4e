/* admin.h - users, teams, organisations and keys, administered with JSON over /api/admin/...
 *
 * The command line asks the running server, or calls admin_run on a data folder that no server has open: one table
 * answers both.
 */
#ifndef SERVER_API_ADMIN_H
#define SERVER_API_ADMIN_H

#include "server/api/access.h"

enum { ADMIN_MAX_BODY_BYTES = 65536 };

/* All methods of /api/admin/{path...}, for WHO_SERVER_ADMIN. */
enum err_code admin_answer(struct http_call *call, struct err *err);

/* path: "/api/admin/users"; body: JSON or empty. Appends the JSON answer. */
MUST_CHECK enum err_code admin_run(struct identity *identity, enum http_method method, struct str path, struct str body,
                                   struct buf *out, struct err *err);

#endif
