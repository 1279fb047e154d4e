/* session.c - see session.h. */
#include "server/store/accounts/session.h"

#include "base/clock.h"

enum { COOKIE_BYTES = 32 };

enum err_code session_create(struct db_tx *tx, const struct secrets *secrets, const struct new_session *wanted,
                             const struct actor *actor, struct arena *arena, struct str *cookie, struct err *err) {
    const struct user *user = wanted->user;
    unsigned char bytes[COOKIE_BYTES];
    int64_t now = clock_wall_ms();

    hash_random(bytes, sizeof bytes);
    *cookie = hash_hex(bytes, sizeof bytes, arena);
    struct secret_hash hash = secrets_hash(secrets, SECRET_SESSION, *cookie);
    TRY(db_exec(tx, DB_ARGS(DB_INT(now)), "delete from sessions where expires_at <= $1", err));
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(user->id), wanted->key_id == 0 ? DB_NULL : DB_INT(wanted->key_id), DB_HASH(&hash), DB_INT(now),
                        DB_INT(now + wanted->life_ms), DB_INT(wanted->by_provider)),
                "insert into sessions (user_id, key_id, hash, created_at, expires_at, by_provider) values ($1, $2, $3, $4, $5, $6)",
                err));
    return audit_add(tx, actor, "session.begin", user->owner.entity_id, user->username, err);
}

enum err_code session_find_user(struct db_tx *tx, const struct secret_hash *hash, struct arena *arena, int64_t *id,
                                int64_t *key_id, struct user **user, struct err *err) {
    int64_t user_id = 0;
    struct db_rows *rows;

    *id = *key_id = 0;
    *user = NULL;
    TRY(db_query(tx, &rows, DB_ARGS(DB_HASH(hash), DB_INT(clock_wall_ms())),
                 "select id, user_id, key_id from sessions where hash = $1 and expires_at > $2", err));
    if (db_next(rows)) {
        *id = db_int(rows, 0);
        user_id = db_int(rows, 1);
        *key_id = db_int(rows, 2);
    }
    TRY(db_end(rows, err));
    return *id == 0 ? OK : user_find_by_id(tx, user_id, arena, user, err);
}

enum err_code session_is_good(struct db_tx *tx, int64_t id, int64_t user_id, bool *out, struct err *err) {
    struct db_rows *rows;
    *out = id == 0;
    if (*out)
        return OK;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id), DB_INT(user_id), DB_INT(clock_wall_ms())),
                 "select 1 from sessions where id = $1 and user_id = $2 and expires_at > $3", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code session_renew(struct db_tx *tx, const struct secret_hash *old, const struct secret_hash *renewed, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_HASH(old), DB_HASH(renewed)), "update sessions set hash = $2 where hash = $1", err);
}

enum err_code session_end(struct db_tx *tx, int64_t id, const struct actor *actor, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(id)), "delete from sessions where id = $1", err));
    return audit_add(tx, actor, "session.end", 0, STR_EMPTY, err);
}

enum err_code session_end_with_passwords(struct db_tx *tx, int64_t *count, struct err *err) {
    static const struct actor nobody = { 0, 0, STR_INIT("local") };
    TRY(db_query_int(tx, DB_NO_ARGS, "select count(*) from sessions where key_id is null and by_provider = 0", count, err));
    if (*count == 0)
        return OK;
    TRY(db_exec(tx, DB_NO_ARGS, "delete from sessions where key_id is null and by_provider = 0", err));
    return audit_add(tx, &nobody, "session.end", 0, STR("all that were begun with a password"), err);
}
