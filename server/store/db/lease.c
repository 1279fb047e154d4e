/* lease.c - the rows of leases. */
#include "server/store/db/lease.h"

struct stored_lease {
    bool exists, is_mine;
    int64_t token, expires_at, now_ms;
};

static enum err_code find(struct db_tx *tx, struct str name, struct str owner, struct stored_lease *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct stored_lease){ 0 };
    TRY(db_now_ms(tx, &out->now_ms, err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name), DB_TEXT(owner)),
                 "select token, expires_at, case when owner = $2 then 1 else 0 end from leases where name = $1", err));
    if (db_next(rows)) {
        out->exists = true;
        out->token = db_int(rows, 0);
        out->expires_at = db_int(rows, 1);
        out->is_mine = db_int(rows, 2) != 0;
    }
    return db_end(rows, err);
}

static bool is_over(const struct stored_lease *lease) {
    return lease->expires_at <= lease->now_ms;
}

enum err_code lease_is_free(struct db_tx *tx, struct str name, struct str owner, bool *is_free, struct err *err) {
    struct stored_lease lease;
    TRY(find(tx, name, owner, &lease, err));
    *is_free = !lease.exists || lease.is_mine || is_over(&lease);
    return OK;
}

enum err_code lease_find_owner(struct db_tx *tx, struct str name, struct str *owner, struct arena *arena, struct err *err) {
    struct db_rows *rows;
    int64_t now_ms;

    *owner = STR_EMPTY;
    TRY(db_now_ms(tx, &now_ms, err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name), DB_INT(now_ms)), "select owner from leases where name = $1 and expires_at > $2", err));
    if (db_next(rows))
        *owner = db_str(rows, 0, arena);
    return db_end(rows, err);
}

enum err_code lease_take(struct db_tx *tx, struct str name, struct str owner, int64_t length_ms, int64_t *token,
                         struct err *err) {
    struct stored_lease lease;

    *token = 0;
    TRY(find(tx, name, owner, &lease, err));
    if (lease.exists && !lease.is_mine && !is_over(&lease))
        return OK;
    /* What is over has to be taken anew, also by its old owner: in between nobody was sure of it. */
    int64_t next = lease.token + (lease.is_mine && !is_over(&lease) ? 0 : 1);
    TRY(db_exec(tx, DB_ARGS(DB_TEXT(name), DB_TEXT(owner), DB_INT(next), DB_INT(lease.now_ms + length_ms), DB_INT(lease.token)),
                "insert into leases (name, owner, token, expires_at) values ($1, $2, $3, $4)"
                " on conflict (name) do update set owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at"
                " where leases.token = $5",
                err));
    *token = db_changed(tx) == 1 ? next : 0;
    return OK;
}

enum err_code lease_check(struct db_tx *tx, struct str name, int64_t token, struct err *err) {
    struct stored_lease lease;
    TRY(find(tx, name, STR_EMPTY, &lease, err));
    if (lease.exists && lease.token == token && !is_over(&lease))
        return OK;
    return err_set(err, ERR_CONFLICT, "another server has taken over '%.*s'", STR_ARG(name));
}

enum err_code lease_give_back(struct db_tx *tx, struct str name, int64_t token, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(name), DB_INT(token)), "update leases set expires_at = 0 where name = $1 and token = $2", err);
}

enum err_code lease_drop(struct db_tx *tx, struct str name, int64_t token, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(name), DB_INT(token)), "delete from leases where name = $1 and token = $2", err);
}
