/* registry.c - see registry.h. */
#include "server/store/artifacts/registry.h"

#include "base/buf.h"

enum { TYPES_SHOWN_BYTES = 300 };

bool registry_is_name(struct str project_name) {
    return str_starts_with(project_name, STR(REGISTRY_PREFIX));
}

enum err_code registry_get(struct db_tx *tx, int64_t project_id, struct registry_settings *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct registry_settings){ false, true };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id)), "select is_restricted, allows_all_types from projects where id = $1", err));
    while (db_next(rows))
        *out = (struct registry_settings){ db_int(rows, 0) != 0, db_int(rows, 1) != 0 };
    return db_end(rows, err);
}

enum err_code registry_set(struct db_tx *tx, int64_t project_id, const struct registry_settings *settings, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(project_id), DB_INT(settings->is_restricted), DB_INT(settings->allows_all_types)),
                   "update projects set is_restricted = $2, allows_all_types = $3 where id = $1", err);
}

static enum err_code list_types(struct db_tx *tx, int64_t project_id, struct str wanted, struct buf *names, bool *has, struct err *err) {
    struct arena *arena = arena_create();
    struct db_rows *rows;
    *has = false;
    enum err_code code = db_query(tx, &rows, DB_ARGS(DB_INT(project_id)), "select name from artifact_types where project_id = $1 order by name", err);
    while (code == OK && db_next(rows)) {
        struct str name = db_str(rows, 0, arena);
        *has = *has || str_eq(name, wanted);
        buf_printf(names, "%s'%.*s'", names->len > 0 ? ", " : "", STR_ARG(name));
    }
    if (code == OK)
        code = db_end(rows, err);
    arena_destroy(arena);
    return code;
}

enum err_code registry_check_type(struct db_tx *tx, int64_t project_id, struct str type_name, struct err *err) {
    struct buf names = BUF_INIT(TYPES_SHOWN_BYTES);
    struct registry_settings settings;
    bool has = true;
    enum err_code code = registry_get(tx, project_id, &settings, err);
    if (code == OK && !settings.allows_all_types)
        code = list_types(tx, project_id, type_name, &names, &has, err);
    if (code == OK && !has)
        code = err_set(err, ERR_BAD_INPUT, "the registry takes no artifacts of type '%.*s', only %.*s", STR_ARG(type_name),
                       STR_ARG(buf_str(&names)));
    buf_finish(&names);
    return code;
}

enum err_code registry_list(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    struct list ids = { 0 };
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id)),
                 "select id from projects where entity_id = $1 and name like '" REGISTRY_PREFIX "%' and deleted_at is null order by name", err));
    while (db_next(rows)) {
        int64_t *id = ARENA_NEW(arena, int64_t);
        *id = db_int(rows, 0);
        list_add(&ids, id, arena);
    }
    TRY(db_end(rows, err));
    for (size_t i = 0; i < ids.count; i++) {
        struct project *project;
        TRY(project_find_by_id(tx, *(const int64_t *)ids.items[i], arena, &project, err));
        list_add(out, project, arena);
    }
    return OK;
}

/* ---- members ---- */

static struct project_member *read_member(const struct db_rows *rows, const struct owner *owner, bool is_team, struct arena *arena) {
    struct project_member *member = ARENA_NEW(arena, struct project_member);
    member->owner = *owner;
    member->user_id = is_team ? 0 : db_int(rows, 0);
    member->team_id = is_team ? db_int(rows, 0) : 0;
    member->role = (enum role)db_int(rows, 1);
    member->username = db_str(rows, 2, arena);
    member->name = db_str(rows, 3, arena);
    member->email = db_str(rows, 4, arena);
    return member;
}

enum err_code project_member_list(struct db_tx *tx, int64_t project_id, bool is_teams, struct arena *arena, struct list *out,
                                  struct err *err) {
    struct project *project;
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(project_find_by_id(tx, project_id, arena, &project, err));
    if (is_teams)
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id)),
                     "select e.id, m.role, e.name, e.name, null from project_members m join entities e on e.id = m.team_id"
                     " where m.project_id = $1 and e.removed_at is null order by m.id",
                     err));
    else
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id)),
                     "select u.id, m.role, u.username, u.name, u.email from project_members m join users u on u.id = m.user_id"
                     " where m.project_id = $1 and u.removed_at is null order by m.id",
                     err));
    while (db_next(rows))
        list_add(out, read_member(rows, &project->owner, is_teams, arena), arena);
    return db_end(rows, err);
}

static enum err_code check_belongs(struct db_tx *tx, int64_t entity_id, int64_t user_id, int64_t team_id, struct err *err) {
    struct db_rows *rows;
    bool belongs;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), DB_INT(user_id), DB_INT(team_id)),
                 "select 1 from members where entity_id = $1 and user_id = $2"
                 " union all select 1 from entities where id = $3 and organization_id = $1 and removed_at is null",
                 err));
    belongs = db_next(rows);
    TRY(db_end(rows, err));
    return belongs ? OK : err_set(err, ERR_BAD_INPUT, "only users and teams of the project's own organization or team can be its members");
}

enum err_code project_member_set(struct db_tx *tx, const struct owner *project, int64_t user_id, int64_t team_id, enum role role,
                                 bool keeps_role, int64_t now_ms, struct err *err) {
    TRY(check_belongs(tx, project->entity_id, user_id, team_id, err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(project->project_id), DB_INT(user_id), DB_INT(team_id), DB_INT(role), DB_INT(keeps_role)),
                "update project_members set role = case when $5 = 1 then role else $4 end"
                " where project_id = $1 and (user_id = $2 or team_id = $3)",
                err));
    if (db_changed(tx) > 0)
        return OK;
    return db_exec(tx,
                   DB_ARGS(DB_INT(project->project_id), user_id > 0 ? DB_INT(user_id) : DB_NULL, team_id > 0 ? DB_INT(team_id) : DB_NULL,
                           DB_INT(role), DB_INT(now_ms)),
                   "insert into project_members (project_id, user_id, team_id, role, created_at) values ($1, $2, $3, $4, $5)", err);
}

enum err_code project_member_remove(struct db_tx *tx, int64_t project_id, int64_t user_id, int64_t team_id, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(project_id), DB_INT(user_id), DB_INT(team_id)),
                "delete from project_members where project_id = $1 and (user_id = $2 or team_id = $3)", err));
    return db_changed(tx) > 0 ? OK : err_set(err, ERR_NOT_FOUND, "there is no such member of the project");
}
