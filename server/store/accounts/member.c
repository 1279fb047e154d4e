/* member.c - see member.h. */
#include "server/store/accounts/member.h"

#include "base/clock.h"
#include "base/list.h"

static const char *const role_names[] = { "none", "viewer", "member", "admin" };

const char *role_name(enum role role) {
    return role_names[role];
}

static enum role find_role(struct str text) {
    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++)
        if (str_eq_c(text, role_names[role]))
            return role;
    return ROLE_NONE;
}

enum err_code role_parse(struct str text, enum role *out, struct err *err) {
    *out = find_role(text);
    if (*out == ROLE_NONE)
        return err_set(err, ERR_BAD_INPUT, "a role is admin, member or viewer, got '%.*s'", STR_ARG(text));
    return OK;
}

static struct db_value role_value(enum role role) {
    return DB_TEXT(str_from_c(role_names[role]));
}

/* "alice: member", for audit rows. */
static enum err_code describe(struct db_tx *tx, int64_t user_id, const char *what, struct arena *arena,
                              struct str *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(user_id)), "select username from users where id = $1", err));
    struct str username = db_next(rows) ? db_str(rows, 0, arena) : STR_EMPTY;
    *out = arena_printf(arena, "%.*s: %s", STR_ARG(username), what);
    return db_end(rows, err);
}

static enum err_code audit_member(struct db_tx *tx, const struct actor *actor, const char *action, int64_t entity_id,
                                  int64_t user_id, const char *what, struct err *err) {
    struct arena *arena = arena_create();
    struct str subject;
    enum err_code code = describe(tx, user_id, what, arena, &subject, err);
    if (code == OK)
        code = audit_add(tx, actor, action, entity_id, subject, err);
    arena_destroy(arena);
    return code;
}

enum err_code member_set(struct db_tx *tx, int64_t entity_id, int64_t user_id, enum role role,
                         const struct actor *actor, struct err *err) {
    int64_t now = clock_wall_ms();
    TRY(db_exec(tx, DB_ARGS(DB_INT(entity_id), DB_INT(user_id), role_value(role), DB_INT(now)),
                "insert into members (entity_id, user_id, role, created_at) values ($1, $2, $3, $4) "
                "on conflict (entity_id, user_id) do update set role = excluded.role, is_by_group = 0",
                err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(entity_id), DB_INT(user_id), DB_INT(now)),
                "insert into members (entity_id, user_id, role, created_at) "
                "select organization_id, $2, 'member', $3 from entities "
                "where id = $1 and organization_id is not null "
                "on conflict (entity_id, user_id) do nothing",
                err));
    return audit_member(tx, actor, "member.set", entity_id, user_id, role_names[role], err);
}

enum err_code member_remove(struct db_tx *tx, int64_t entity_id, int64_t user_id, const struct actor *actor,
                            struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(entity_id), DB_INT(user_id)),
                "delete from members where entity_id = $1 and user_id = $2", err));
    if (db_changed(tx) == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no such member");
    TRY(db_exec(tx, DB_ARGS(DB_INT(entity_id), DB_INT(user_id)),
                "delete from members where user_id = $2 and entity_id in "
                "(select id from entities where organization_id = $1)",
                err));
    return audit_member(tx, actor, "member.remove", entity_id, user_id, "removed", err);
}

/* ---- what groups give ---- */

struct standing {
    int64_t organization_id; /* of the team; 0: none */
    enum role role;          /* ROLE_NONE: not a member */
    bool is_by_group;
    bool is_in_organization;
};

static enum err_code find_standing(struct db_tx *tx, int64_t entity_id, int64_t user_id, struct standing *out, struct err *err) {
    struct arena *arena = arena_create();
    struct db_rows *rows;
    *out = (struct standing){ 0 };
    enum err_code code = db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), DB_INT(user_id)),
                                  "select e.organization_id, m.role, m.is_by_group, o.user_id is not null from entities e "
                                  "left join members m on m.entity_id = e.id and m.user_id = $2 "
                                  "left join members o on o.entity_id = e.organization_id and o.user_id = $2 where e.id = $1",
                                  err);
    if (code == OK && db_next(rows)) {
        out->organization_id = db_int(rows, 0);
        out->role = db_is_null(rows, 1) ? ROLE_NONE : find_role(db_str(rows, 1, arena));
        out->is_by_group = db_int(rows, 2) != 0;
        out->is_in_organization = db_int(rows, 3) != 0;
    }
    if (code == OK)
        code = db_end(rows, err);
    arena_destroy(arena);
    return code;
}

static enum err_code give_by_group(struct db_tx *tx, int64_t entity_id, int64_t user_id, enum role role, const struct standing *before,
                                   const struct actor *actor, struct err *err) {
    if (before->role == role || (before->role != ROLE_NONE && !before->is_by_group))
        return OK;
    TRY(member_set(tx, entity_id, user_id, role, actor, err));
    /* The organisation's only when it came with this. */
    int64_t organization_id = before->is_in_organization ? entity_id : before->organization_id;
    return db_exec(tx, DB_ARGS(DB_INT(user_id), DB_INT(entity_id), DB_INT(organization_id)),
                   "update members set is_by_group = 1 where user_id = $1 and entity_id in ($2, $3)", err);
}

static enum err_code take_by_group(struct db_tx *tx, int64_t entity_id, int64_t user_id, const struct standing *before,
                                   const struct actor *actor, struct err *err) {
    if (!before->is_by_group)
        return OK;
    TRY(db_exec(tx, DB_ARGS(DB_INT(entity_id), DB_INT(user_id)), "delete from members where entity_id = $1 and user_id = $2", err));
    TRY(audit_member(tx, actor, "member.remove", entity_id, user_id, "removed", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(before->organization_id), DB_INT(user_id)),
                "delete from members where entity_id = $1 and user_id = $2 and is_by_group = 1 and not exists "
                "(select 1 from members m join entities e on e.id = m.entity_id where m.user_id = $2 and e.organization_id = $1)",
                err));
    return db_changed(tx) == 0 ? OK : audit_member(tx, actor, "member.remove", before->organization_id, user_id, "removed", err);
}

enum err_code member_set_by_group(struct db_tx *tx, int64_t entity_id, int64_t user_id, enum role role, const struct actor *actor,
                                  struct err *err) {
    struct standing before;
    TRY(find_standing(tx, entity_id, user_id, &before, err));
    if (role == ROLE_NONE)
        return take_by_group(tx, entity_id, user_id, &before, actor, err);
    return give_by_group(tx, entity_id, user_id, role, &before, actor, err);
}

/* ---- listing ---- */

static struct member *read_member(struct db_rows *rows, int64_t entity_id, struct arena *arena) {
    struct member *member = ARENA_NEW(arena, struct member);
    member->owner.entity_id = entity_id;
    member->user_id = db_int(rows, 0);
    member->invite_id = db_int(rows, 1);
    member->username = db_str(rows, 2, arena);
    member->name = db_str(rows, 3, arena);
    member->email = db_str(rows, 4, arena);
    member->is_service = db_int(rows, 5) != 0;
    member->role = find_role(db_str(rows, 6, arena));
    member->created_at = db_int(rows, 7);
    return member;
}

enum err_code member_list(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct member_list *out,
                          struct err *err) {
    struct list list = { 0 };
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id)),
                 "select u.id as user_id, 0 as invite_id, u.username as username, u.name as name, u.email as email, "
                 "case u.kind when 'service' then 1 else 0 end as is_service, m.role as role, "
                 "m.created_at as created_at "
                 "from members m join users u on u.id = m.user_id where m.entity_id = $1 and u.removed_at is null "
                 "union all select 0, id, '', '', email, 0, role, created_at from invites where entity_id = $1 "
                 "order by created_at, invite_id, user_id",
                 err));
    while (db_next(rows))
        list_add(&list, read_member(rows, entity_id, arena), arena);
    *out = (struct member_list){ (struct member **)list.items, list.count };
    return db_end(rows, err);
}

enum err_code member_invite(struct db_tx *tx, int64_t entity_id, struct str email, enum role role,
                            const struct actor *actor, int64_t *invite_id, struct err *err) {
    TRY(db_query_int(tx, DB_ARGS(DB_INT(entity_id), DB_TEXT(email), role_value(role), DB_INT(clock_wall_ms())),
                     "insert into invites (entity_id, email, role, created_at) values ($1, $2, $3, $4) "
                     "on conflict (entity_id, lower(email)) do update set role = excluded.role returning id", invite_id, err));
    return audit_add(tx, actor, "invite.add", entity_id, email, err);
}

enum err_code member_drop_invite(struct db_tx *tx, int64_t entity_id, int64_t invite_id, const struct actor *actor,
                                 struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(entity_id), DB_INT(invite_id)),
                "delete from invites where entity_id = $1 and id = $2", err));
    if (db_changed(tx) == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no such invitation");
    return audit_add(tx, actor, "invite.drop", entity_id, STR_EMPTY, err);
}

struct invite {
    int64_t entity_id;
    enum role role;
};

enum err_code member_take_invites(struct db_tx *tx, struct str email, int64_t user_id, const struct actor *actor,
                                  struct err *err) {
    struct arena *arena = arena_create();
    struct list taken = { 0 };
    struct db_rows *rows;

    enum err_code code = db_query(tx, &rows, DB_ARGS(DB_TEXT(email)),
                                  "delete from invites where lower(email) = lower($1) returning entity_id, role", err);
    if (code != OK)
        goto done;
    while (db_next(rows)) {
        struct invite *invite = ARENA_NEW(arena, struct invite);
        *invite = (struct invite){ db_int(rows, 0), find_role(db_str(rows, 1, arena)) };
        list_add(&taken, invite, arena);
    }
    code = db_end(rows, err);
    for (size_t i = 0; code == OK && i < taken.count; i++) {
        const struct invite *invite = taken.items[i];
        code = member_set(tx, invite->entity_id, user_id, invite->role, actor, err);
    }
done:
    arena_destroy(arena);
    return code;
}

enum err_code member_role(struct db_tx *tx, int64_t entity_id, int64_t user_id, enum role *out, struct err *err) {
    struct arena *arena = arena_create();
    struct db_rows *rows;

    *out = ROLE_NONE;
    enum err_code code =
        db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), DB_INT(user_id)),
                 "select m.role, o.role from entities e "
                 "left join members m on m.entity_id = e.id and m.user_id = $2 "
                 "left join members o on o.entity_id = e.organization_id and o.user_id = $2 and o.role = 'admin' "
                 "where e.id = $1 and e.removed_at is null",
                 err);
    if (code != OK)
        goto done;
    bool exists = db_next(rows);
    if (exists)
        *out = db_is_null(rows, 1) ? find_role(db_str(rows, 0, arena)) : ROLE_ADMIN;
    code = db_end(rows, err);
    if (code == OK && !exists)
        code = err_set(err, ERR_NOT_FOUND, "not found");
done:
    arena_destroy(arena);
    return code;
}
