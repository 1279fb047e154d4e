/* subject.c - see subject.h. */
#include "server/store/accounts/subject.h"

#include "base/clock.h"

enum err_code subject_find(struct db_tx *tx, struct str issuer, struct str subject, struct subject *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct subject){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(issuer), DB_TEXT(subject)),
                 "select user_id, is_admin_by_group from subjects where issuer = $1 and subject = $2", err));
    if (db_next(rows))
        *out = (struct subject){ db_int(rows, 0), db_int(rows, 1) != 0 };
    return db_end(rows, err);
}

enum err_code subject_has_user(struct db_tx *tx, struct str issuer, int64_t user_id, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(issuer), DB_INT(user_id)), "select 1 from subjects where issuer = $1 and user_id = $2", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code subject_bind(struct db_tx *tx, struct str issuer, struct str subject, const struct user *user, const struct actor *actor,
                           struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_TEXT(issuer), DB_TEXT(subject), DB_INT(user->id), DB_INT(clock_wall_ms())),
                "insert into subjects (issuer, subject, user_id, is_admin_by_group, created_at) values ($1, $2, $3, 0, $4)", err));
    return audit_add(tx, actor, "user.bind", user->owner.entity_id, user->username, err);
}

enum err_code subject_set_admin_by_group(struct db_tx *tx, struct str issuer, struct str subject, bool is_admin, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(issuer), DB_TEXT(subject), DB_INT(is_admin)),
                   "update subjects set is_admin_by_group = $3 where issuer = $1 and subject = $2", err);
}
