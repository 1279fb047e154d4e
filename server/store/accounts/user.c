/* user.c - see user.h. */
#include "server/store/accounts/user.h"

#include "base/clock.h"
#include "base/list.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/member.h"
#include "server/store/projects/names.h"

/* ---- finding ---- */

#define USER_COLUMNS                                                                                         \
    "u.id, u.entity_id, u.username, u.name, u.email, u.is_admin, u.kind, u.password_hash is not null, u.created_at"

static struct user *read_user(struct db_rows *rows, struct arena *arena) {
    struct user *user = ARENA_NEW(arena, struct user);
    user->id = db_int(rows, 0);
    user->owner.entity_id = db_int(rows, 1);
    user->username = db_str(rows, 2, arena);
    user->name = db_str(rows, 3, arena);
    user->email = db_str(rows, 4, arena);
    user->is_admin = db_int(rows, 5) != 0;
    user->is_service = str_eq_c(db_str(rows, 6, arena), "service");
    user->has_password = db_int(rows, 7) != 0;
    user->created_at = db_int(rows, 8);
    return user;
}

static enum err_code read_one(struct db_rows *rows, struct arena *arena, struct user **out, struct err *err) {
    *out = db_next(rows) ? read_user(rows, arena) : NULL;
    return db_end(rows, err);
}

enum err_code user_find(struct db_tx *tx, struct str username, struct arena *arena, struct user **out,
                        struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(username)),
                 "select " USER_COLUMNS " from users u where u.username = $1 and u.removed_at is null", err));
    TRY(read_one(rows, arena, out, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "user '%.*s' not found", STR_ARG(username));
}

enum err_code user_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct user **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)),
                 "select " USER_COLUMNS " from users u where u.id = $1 and u.removed_at is null", err));
    TRY(read_one(rows, arena, out, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "user %lld not found", (long long)id);
}

enum err_code user_find_by_any(struct db_tx *tx, struct str text, struct arena *arena, struct user **out,
                               struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(text)),
                 "select " USER_COLUMNS " from users u where (u.username = $1 or lower(u.email) = lower($1)) "
                 "and u.removed_at is null order by case u.username when $1 then 0 else 1 end limit 1",
                 err));
    return read_one(rows, arena, out, err);
}

enum err_code user_find_by_entity(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct user **out,
                                  struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id)),
                 "select " USER_COLUMNS " from users u where u.entity_id = $1 and u.removed_at is null", err));
    return read_one(rows, arena, out, err);
}

enum err_code user_list(struct db_tx *tx, struct str text, int64_t seen_by, size_t limit, struct arena *arena,
                        struct user_list *out, struct err *err) {
    struct list list = { 0 };
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(text), DB_INT(seen_by), DB_INT(limit)),
                 "select " USER_COLUMNS " from users u where u.removed_at is null "
                 "and ($1 = '' or substr(u.username, 1, length($1)) = $1 "
                 "or substr(lower(u.email), 1, length($1)) = lower($1)) "
                 "and ($2 = 0 or exists (select 1 from members a join members b on b.entity_id = a.entity_id "
                 "where a.user_id = $2 and b.user_id = u.id)) order by u.username limit $3",
                 err));
    while (db_next(rows))
        list_add(&list, read_user(rows, arena), arena);
    *out = (struct user_list){ (struct user **)list.items, list.count };
    return db_end(rows, err);
}

enum err_code user_find_password(struct db_tx *tx, struct str text, struct arena *arena, int64_t *id,
                                 struct str *hash, struct err *err) {
    struct user *user;
    struct db_rows *rows;

    *id = 0;
    *hash = (struct str){ NULL, 0 };
    TRY(user_find_by_any(tx, text, arena, &user, err));
    if (user == NULL)
        return OK;
    *id = user->id;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(user->id)), "select password_hash from users where id = $1", err));
    if (db_next(rows))
        *hash = db_str(rows, 0, arena);
    return db_end(rows, err);
}

enum err_code user_count(struct db_tx *tx, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_NO_ARGS, "select count(*) from users", out, err);
}

/* ---- making ---- */

/* Whoever receives mail there decides what an address is; this only keeps out what certainly is none. */
enum err_code user_check_email(struct str email, struct err *err) {
    struct str name, host;
    bool is_plain = email.len <= USER_EMAIL_MAX && str_cut(email, '@', &name, &host) && name.len > 0 && host.len > 0;
    for (size_t i = 0; i < email.len && is_plain; i++)
        is_plain = (unsigned char)email.ptr[i] > ' ' && email.ptr[i] != 0x7f && strchr("<>,;\"\\", email.ptr[i]) == NULL;
    if (!is_plain || !str_is_utf8(email))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not an e-mail address", STR_ARG(email));
    return OK;
}

static enum err_code check(const struct new_user *wanted, struct err *err) {
    if (wanted->name.len > 0)
        TRY(name_check_text(wanted->name, "the name", USER_NAME_MAX, err));
    return wanted->email.len > 0 ? user_check_email(wanted->email, err) : OK;
}

static enum err_code insert(struct db_tx *tx, const struct new_user *wanted, int64_t entity_id, int64_t *id,
                            struct err *err) {
    struct db_rows *rows;
    struct str name = wanted->name.len > 0 ? wanted->name : wanted->username;
    enum err_code code =
        db_query(tx, &rows,
                 DB_ARGS(DB_INT(entity_id), DB_TEXT(wanted->username), DB_TEXT(name),
                         wanted->email.len > 0 ? DB_TEXT(wanted->email) : DB_NULL, DB_INT(wanted->is_admin),
                         DB_TEXT(wanted->is_service ? STR("service") : STR("user")), DB_INT(clock_wall_ms())),
                 "insert into users (entity_id, username, name, email, is_admin, kind, created_at) "
                 "values ($1, $2, $3, $4, $5, $6, $7) returning id",
                 err);
    if (code == ERR_CONFLICT) /* the name was free, or entity_create had failed */
        return err_set(err, ERR_CONFLICT, "the address '%.*s' is another user's", STR_ARG(wanted->email));
    TRY(code);
    *id = db_next(rows) ? db_int(rows, 0) : 0;
    return db_end(rows, err);
}

enum err_code user_create(struct db_tx *tx, const struct new_user *wanted, const struct actor *actor,
                          struct arena *arena, struct user **out, struct err *err) {
    int64_t entity_id, id;

    TRY(check(wanted, err));
    TRY(entity_create(tx, wanted->username, ENTITY_PERSONAL, 0, &entity_id, err));
    TRY(insert(tx, wanted, entity_id, &id, err));
    TRY(audit_add(tx, actor, wanted->is_admin ? "user.add_admin" : "user.add", entity_id, wanted->username, err));
    TRY(member_set(tx, entity_id, id, ROLE_ADMIN, actor, err));
    if (wanted->email.len > 0)
        TRY(member_take_invites(tx, wanted->email, id, actor, err));
    return user_find_by_id(tx, id, arena, out, err);
}

/* ---- changing ---- */

static enum err_code is_last_admin(struct db_tx *tx, int64_t id, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)),
                 "select count(*) from users where is_admin = 1 and removed_at is null and id <> $1", err));
    *out = db_next(rows) && db_int(rows, 0) == 0;
    return db_end(rows, err);
}

enum err_code user_set_admin(struct db_tx *tx, const struct user *user, bool is_admin, const struct actor *actor, struct err *err) {
    bool is_last = false;

    if (!is_admin)
        TRY(is_last_admin(tx, user->id, &is_last, err));
    if (is_last)
        return err_set(err, ERR_CONFLICT, "'%.*s' is the last administrator", STR_ARG(user->username));
    TRY(db_exec(tx, DB_ARGS(DB_INT(user->id), DB_INT(is_admin)), "update users set is_admin = $2 where id = $1", err));
    return audit_add(tx, actor, is_admin ? "user.make_admin" : "user.end_admin", user->owner.entity_id, user->username, err);
}

enum err_code user_remove(struct db_tx *tx, const struct user *user, const struct actor *actor, struct err *err) {
    bool is_last = false;

    if (user->is_admin)
        TRY(is_last_admin(tx, user->id, &is_last, err));
    if (is_last)
        return err_set(err, ERR_CONFLICT, "'%.*s' is the last administrator", STR_ARG(user->username));
    struct db_value id = DB_INT(user->id), now = DB_INT(clock_wall_ms());
    TRY(db_exec(tx, DB_ARGS(id, now), "update users set removed_at = $2, password_hash = null where id = $1", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(user->owner.entity_id), now), "update entities set removed_at = $2 where id = $1", err));
    TRY(db_exec(tx, DB_ARGS(id, now), "update api_keys set revoked_at = $2 where user_id = $1 and revoked_at is null",
                err));
    TRY(db_exec(tx, DB_ARGS(id), "delete from sessions where user_id = $1", err));
    TRY(db_exec(tx, DB_ARGS(id), "delete from members where user_id = $1", err));
    return audit_add(tx, actor, "user.remove", user->owner.entity_id, user->username, err);
}

enum err_code user_set_password(struct db_tx *tx, const struct user *user, struct str hash, const struct actor *actor,
                                struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(user->id), DB_TEXT(hash)), "update users set password_hash = $2 where id = $1", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(user->id)), "delete from sessions where user_id = $1", err));
    return audit_add(tx, actor, "user.password", user->owner.entity_id, user->username, err);
}
