/* right.c - see right.h. */
#include "server/store/right.h"

#include "server/store/member.h"
#include "server/store/project.h"

static enum right right_of_role(enum role role) {
    switch (role) {
    case ROLE_VIEWER:
        return RIGHT_READ;
    case ROLE_MEMBER:
        return RIGHT_WRITE;
    case ROLE_ADMIN:
        return RIGHT_ADMIN;
    default:
        return RIGHT_NONE;
    }
}

/* What the project itself says about who sees it. */
struct project_says {
    bool exists, is_public, is_restricted;
    enum role role; /* of the user or of one of the user's teams, in this project; ROLE_NONE: none is set */
};

static enum err_code ask_project(struct db_tx *tx, const struct owner *owner, int64_t user_id, struct project_says *out,
                                 struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(owner->project_id), DB_INT(owner->entity_id), DB_INT(user_id)),
                 "select visibility, is_restricted, (select max(m.role) from project_members m where m.project_id = $1"
                 " and (m.user_id = $3 or m.team_id in (select entity_id from members where user_id = $3)))"
                 " from projects where id = $1 and entity_id = $2 and deleted_at is null",
                 err));
    out->exists = db_next(rows);
    if (out->exists)
        *out = (struct project_says){ true, db_int(rows, 0) == PROJECT_PUBLIC, db_int(rows, 1) != 0, (enum role)db_int(rows, 2) };
    return db_end(rows, err);
}

/* A role in the project counts before that in its entity, but for the entity's administrators. */
static enum role effective_role(enum role role, const struct project_says *says) {
    if (role == ROLE_ADMIN)
        return role;
    return says->role != ROLE_NONE || says->is_restricted ? says->role : role;
}

enum err_code right_find(struct db_tx *tx, const struct owner *owner, int64_t user_id, bool is_server_admin,
                         enum right *out, struct err *err) {
    struct project_says says = { .exists = true };
    enum role role;

    *out = RIGHT_NONE;
    enum err_code code = member_role(tx, owner->entity_id, user_id, &role, err);
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    if (owner->project_id != 0)
        TRY(ask_project(tx, owner, user_id, &says, err));
    if (!says.exists)
        return OK;
    *out = is_server_admin ? RIGHT_ADMIN : right_of_role(effective_role(role, &says));
    if (*out == RIGHT_NONE && says.is_public)
        *out = RIGHT_READ;
    return OK;
}
