/* entity.c - see entity.h. */
#include "server/store/accounts/entity.h"

#include "base/clock.h"
#include "base/list.h"

static const char *const kind_names[] = { "personal", "team", "organization" };

/* First parts of addresses that are ours, and a few that may become ours. Sorted. */
static const char *const reserved_names[] = {
    "api",     "artifacts", "artifactsv2", "assets",   "authorize", "embed",    "favicon.ico", "files",
    "graphql", "healthz", "help",      "home",        "index.html", "login",   "logout",   "metrics",     "new",
    "oidc",    "orgs",    "profile",   "projects",    "ready",    "readyz",    "registry", "reports",     "robots.txt",
    "runs",    "sdk",     "search",    "settings",    "setup",    "share",     "shared",   "signed",  "signup",      "static",
    "storage", "system",  "teams",     "users",       "viewer",   "ws",
};

const char *entity_kind_name(enum entity_kind kind) {
    return kind_names[kind];
}

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

enum err_code entity_check_name(struct str name, struct err *err) {
    if (name.len == 0 || name.len > ENTITY_NAME_MAX)
        return err_set(err, ERR_BAD_INPUT, "a name must have 1 to %d characters, got %zu", ENTITY_NAME_MAX, name.len);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!is_letter_or_digit(c) && (i == 0 || (c != '_' && c != '-' && c != '.')))
            return err_set(err, ERR_BAD_INPUT,
                           "the name '%.*s' may have letters, digits, '_', '-' and '.', and begins with a letter or digit",
                           STR_ARG(name));
    }
    for (size_t i = 0; i < sizeof reserved_names / sizeof reserved_names[0]; i++)
        if (str_eq_ignore_case(name, str_from_c(reserved_names[i])))
            return err_set(err, ERR_BAD_INPUT, "the name '%.*s' is the server's own", STR_ARG(name));
    return OK;
}

enum err_code entity_is_taken(struct db_tx *tx, struct str name, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name)), "select 1 from entities where lower(name) = lower($1)", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code entity_create(struct db_tx *tx, struct str name, enum entity_kind kind, int64_t organization_id,
                            int64_t *id, struct err *err) {
    struct db_rows *rows;
    struct db_value organization = organization_id == 0 ? DB_NULL : DB_INT(organization_id);

    TRY(entity_check_name(name, err));
    enum err_code code = db_query(
        tx, &rows, DB_ARGS(DB_TEXT(name), DB_TEXT(str_from_c(kind_names[kind])), organization, DB_INT(clock_wall_ms())),
        "insert into entities (name, kind, organization_id, created_at) values ($1, $2, $3, $4) returning id", err);
    if (code == ERR_CONFLICT)
        return err_set(err, ERR_CONFLICT, "the name '%.*s' is taken", STR_ARG(name));
    TRY(code);
    *id = db_next(rows) ? db_int(rows, 0) : 0;
    return db_end(rows, err);
}

#define ENTITY_COLUMNS "e.id, e.name, e.kind, e.organization_id, e.created_at"

static struct entity *read_entity(struct db_rows *rows, struct arena *arena) {
    struct entity *entity = ARENA_NEW(arena, struct entity);
    entity->owner.entity_id = db_int(rows, 0);
    entity->name = db_str(rows, 1, arena);
    struct str kind = db_str(rows, 2, arena);
    entity->kind = str_eq_c(kind, "team") ? ENTITY_TEAM : str_eq_c(kind, "organization") ? ENTITY_ORGANIZATION
                                                                                        : ENTITY_PERSONAL;
    entity->organization_id = db_int(rows, 3);
    entity->created_at = db_int(rows, 4);
    return entity;
}

static enum err_code read_one(struct db_rows *rows, struct arena *arena, struct entity **out, struct err *err) {
    *out = db_next(rows) ? read_entity(rows, arena) : NULL;
    return db_end(rows, err);
}

enum err_code entity_find(struct db_tx *tx, struct str name, struct arena *arena, struct entity **out,
                          struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name)),
                 "select " ENTITY_COLUMNS " from entities e "
                 "where lower(e.name) = lower($1) and e.name = $1 and e.removed_at is null",
                 err));
    TRY(read_one(rows, arena, out, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "entity '%.*s' not found", STR_ARG(name));
}

enum err_code entity_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct entity **out,
                                struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)),
                 "select " ENTITY_COLUMNS " from entities e where e.id = $1 and e.removed_at is null", err));
    TRY(read_one(rows, arena, out, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "entity %lld not found", (long long)id);
}

enum err_code entity_find_kind(struct db_tx *tx, struct str name, enum entity_kind kind, struct arena *arena,
                               struct entity **out, struct err *err) {
    enum err_code code = entity_find(tx, name, arena, out, err);
    if (code == ERR_NOT_FOUND || (code == OK && (*out)->kind != kind))
        return err_set(err, ERR_NOT_FOUND, "%s '%.*s' not found", kind_names[kind], STR_ARG(name));
    return code;
}

static enum err_code has_teams(struct db_tx *tx, int64_t organization_id, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(organization_id)),
                 "select 1 from entities where organization_id = $1 and removed_at is null limit 1", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code entity_remove(struct db_tx *tx, const struct entity *entity, const struct actor *actor,
                            struct err *err) {
    int64_t id = entity->owner.entity_id;
    bool still_has_teams = false;

    TRY(has_teams(tx, id, &still_has_teams, err));
    if (still_has_teams)
        return err_set(err, ERR_CONFLICT, "the organization '%.*s' still has teams: remove them first",
                       STR_ARG(entity->name));
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(clock_wall_ms())), "update entities set removed_at = $2 where id = $1",
                err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(id)), "delete from members where entity_id = $1", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(id)), "delete from invites where entity_id = $1", err));
    return audit_add(tx, actor, "entity.remove", id, entity->name, err);
}

static enum err_code read_all(struct db_rows *rows, struct arena *arena, struct entity_list *out, struct err *err) {
    struct list list = { 0 };
    while (db_next(rows))
        list_add(&list, read_entity(rows, arena), arena);
    *out = (struct entity_list){ (struct entity **)list.items, list.count };
    return db_end(rows, err);
}

enum err_code entity_list(struct db_tx *tx, int kind, int64_t organization_id, struct arena *arena,
                          struct entity_list *out, struct err *err) {
    struct db_value wanted = kind < 0 ? DB_TEXT(STR("")) : DB_TEXT(str_from_c(kind_names[kind]));
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(wanted, DB_INT(organization_id)),
                 "select " ENTITY_COLUMNS " from entities e where ($1 = '' or e.kind = $1) "
                 "and ($2 = 0 or e.organization_id = $2) and e.removed_at is null order by e.name",
                 err));
    return read_all(rows, arena, out, err);
}

enum err_code entity_list_of_user(struct db_tx *tx, int64_t user_id, struct arena *arena, struct entity_list *out,
                                  struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(user_id)),
                 "select " ENTITY_COLUMNS " from members m join entities e on e.id = m.entity_id "
                 "where m.user_id = $1 and e.removed_at is null "
                 "order by case e.kind when 'personal' then 0 else 1 end, e.name",
                 err));
    return read_all(rows, arena, out, err);
}
