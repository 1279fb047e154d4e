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

static enum err_code find_visibility(struct db_tx *tx, const struct owner *owner, bool *exists, bool *is_public,
                                     struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(owner->project_id), DB_INT(owner->entity_id)),
                 "select visibility from projects where id = $1 and entity_id = $2 and deleted_at is null", err));
    *exists = db_next(rows);
    *is_public = *exists && db_int(rows, 0) == PROJECT_PUBLIC;
    return db_end(rows, err);
}

enum err_code right_find(struct db_tx *tx, const struct owner *owner, int64_t user_id, bool is_server_admin,
                         enum right *out, struct err *err) {
    bool exists = true, is_public = false;
    enum role role;

    *out = RIGHT_NONE;
    enum err_code code = member_role(tx, owner->entity_id, user_id, &role, err);
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    if (owner->project_id != 0)
        TRY(find_visibility(tx, owner, &exists, &is_public, err));
    if (!exists)
        return OK;
    *out = is_server_admin ? RIGHT_ADMIN : right_of_role(role);
    if (*out == RIGHT_NONE && is_public)
        *out = RIGHT_READ;
    return OK;
}
