/* right.c - see right.h. */
#include "server/store/accounts/right.h"

#include "server/store/accounts/member.h"
#include "server/store/projects/project.h"

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

/* A role in the project counts before that in its entity, but for the entity's administrators. */
static enum role effective_role(enum role role, enum role project_role, bool is_restricted) {
    if (role == ROLE_ADMIN)
        return role;
    return project_role != ROLE_NONE || is_restricted ? project_role : role;
}

enum right right_read(const struct db_rows *rows, int column, bool is_server_admin, struct arena *arena) {
    enum role role = ROLE_ADMIN;
    struct err ignored = { 0 };

    if (is_server_admin)
        return RIGHT_ADMIN;
    if (db_is_null(rows, column + 1) && role_parse(db_str(rows, column, arena), &role, &ignored) != OK)
        role = ROLE_NONE;
    bool is_public = db_int(rows, column + 2) == PROJECT_PUBLIC, is_restricted = db_int(rows, column + 3) != 0;
    enum right right = right_of_role(effective_role(role, (enum role)db_int(rows, column + 4), is_restricted));
    return right == RIGHT_NONE && is_public && !db_is_null(rows, column + 2) ? RIGHT_READ : right;
}

enum err_code right_find(struct db_tx *tx, const struct owner *owner, int64_t user_id, bool is_server_admin,
                         enum right *out, struct err *err) {
    struct arena *arena = arena_create();
    struct db_rows *rows;

    *out = RIGHT_NONE;
    enum err_code code = db_query(tx, &rows, DB_ARGS(DB_INT(user_id), DB_INT(owner->entity_id), DB_INT(owner->project_id)),
                                  "select " RIGHT_COLUMNS " from entities e"
                                  " left join projects p on p.entity_id = e.id and p.id = $3 and p.deleted_at is null" RIGHT_JOINS
                                  "where e.id = $2 and e.removed_at is null and (p.id is not null or $3 = 0)",
                                  err);
    if (code != OK)
        goto done;
    if (db_next(rows))
        *out = right_read(rows, 0, is_server_admin, arena);
    code = db_end(rows, err);

done:
    arena_destroy(arena);
    return code;
}
