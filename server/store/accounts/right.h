/* right.h - what a user may do with what an owner owns. */
#ifndef SERVER_STORE_RIGHT_H
#define SERVER_STORE_RIGHT_H

#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum right { RIGHT_NONE, RIGHT_READ, RIGHT_WRITE, RIGHT_ADMIN }; /* each holds the one before */

/* RIGHT_NONE also when the entity or the project does not exist (any more), or the project is another's; everybody
 * may read a public project. An administrator of the server has RIGHT_ADMIN on what exists. */
MUST_CHECK enum err_code right_find(struct db_tx *tx, const struct owner *owner, int64_t user_id,
                                    bool is_server_admin, enum right *out, struct err *err);

/* The same as part of a larger question about an entity `e` and a project `p` of it, for the user who is $1: these columns,
 * read from `column` on. */
#define RIGHT_COLUMNS                                                                                                    \
    "member.role, organizer.role, p.visibility, p.is_restricted, (select max(role) from"                                 \
    " (select role from project_members where project_id = p.id and user_id = $1 union all"                              \
    " select pm.role from project_members pm join members m on m.entity_id = pm.team_id and m.user_id = $1"              \
    " where pm.project_id = p.id and pm.team_id is not null) as roles)"
#define RIGHT_JOINS                                                                                                      \
    " left join members member on member.entity_id = e.id and member.user_id = $1"                                      \
    " left join members organizer on organizer.entity_id = e.organization_id and organizer.user_id = $1"                \
    " and organizer.role = 'admin' "
enum right right_read(const struct db_rows *rows, int column, bool is_server_admin, struct arena *arena);

#endif
