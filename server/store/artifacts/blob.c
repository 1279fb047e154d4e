/* blob.c - see blob.h. */
#include "server/store/artifacts/blob.h"

enum { LONG_AGO = 1 }; /* older than any age that is asked for, and no mark */

enum err_code blob_find_state(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], enum blob_state *out, struct err *err) {
    struct db_rows *rows;
    *out = BLOB_KEPT;
    TRY(db_query(tx, &rows, DB_ARGS(DB_BLOB(((struct str){ (const char *)sha256, SHA256_BYTES }))),
                 "select created_at, size_bytes from blobs where sha256 = $1", err));
    while (db_next(rows))
        *out = db_int(rows, 0) < 0 ? BLOB_GOING : db_int(rows, 1) < 0 ? BLOB_GONE : BLOB_KEPT;
    return db_end(rows, err);
}

enum err_code blob_add(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], int64_t size_bytes, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_BLOB(((struct str){ (const char *)sha256, SHA256_BYTES })), DB_INT(size_bytes), DB_INT(now_ms)),
                "insert into blobs (sha256, size_bytes, created_at) values ($1, $2, $3) on conflict (sha256)"
                " do update set created_at = excluded.created_at, size_bytes = excluded.size_bytes where blobs.created_at >= 0",
                err));
    return db_changed(tx) == 1 ? OK : err_set(err, ERR_BUSY, "these bytes are just being removed; send them again");
}

enum err_code blob_held_add(struct db_tx *tx, int64_t id, const unsigned char sha256[SHA256_BYTES], struct str bytes, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_BLOB(((struct str){ (const char *)sha256, SHA256_BYTES })), DB_BLOB(bytes)),
                   "insert into held_bytes (id, sha256, bytes) values ($1, $2, $3)", err);
}

enum err_code blob_held_last_id(struct db_tx *tx, int64_t *id, struct err *err) {
    return db_query_int(tx, DB_NO_ARGS, "select coalesce(max(id), 0) from held_bytes", id, err);
}

enum err_code blob_held_list(struct db_tx *tx, int64_t after_id, int64_t until_id, size_t limit, struct arena *arena, struct list *out,
                             struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(after_id), DB_INT(limit), DB_INT(until_id)),
                 "select a.id, a.sha256, a.bytes from held_bytes a join blobs b on b.sha256 = a.sha256"
                 " where a.id > $1 and a.id <= $3 and b.created_at >= 0 and b.size_bytes >= 0 order by a.id limit $2",
                 err));
    while (db_next(rows)) {
        struct held_bytes *row = ARENA_NEW(arena, struct held_bytes);
        *row = (struct held_bytes){ db_int(rows, 0), db_str(rows, 1, arena), db_str(rows, 2, arena) };
        list_add(out, row, arena);
    }
    return db_end(rows, err);
}

enum err_code blob_held_find(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], struct arena *arena, struct str *out,
                             struct err *err) {
    struct db_rows *rows;
    *out = (struct str){ NULL, 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_BLOB(((struct str){ (const char *)sha256, SHA256_BYTES }))),
                 "select bytes from held_bytes where sha256 = $1 order by id limit 1", err));
    if (db_next(rows))
        *out = db_str(rows, 0, arena);
    return db_end(rows, err);
}

enum err_code blob_held_remove(struct db_tx *tx, int64_t first_id, int64_t last_id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(first_id), DB_INT(last_id)), "delete from held_bytes where id between $1 and $2", err);
}

/* Whoever keeps blobs is in this list: a table that is forgotten here loses its bytes. */
#define IS_UNUSED                                                                                                        \
    "created_at < $1 and created_at > $2 and size_bytes >= 0"                                                          \
    " and not exists (select 1 from run_files f where f.sha256 = blobs.sha256)"                                         \
    " and not exists (select 1 from artifact_files f where f.sha256 = blobs.sha256)"                                    \
    " and not exists (select 1 from artifact_uploads f where f.sha256 = blobs.sha256)"                                  \
    " and not exists (select 1 from project_blobs f where f.sha256 = blobs.sha256)"                                     \
    " and not exists (select 1 from artifact_manifests f where f.sha256 = blobs.sha256)"                                \
    " and not exists (select 1 from artifact_manifest_blobs f where f.sha256 = blobs.sha256)"

enum err_code blob_let_go(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(INT64_MAX), DB_INT(0), DB_BLOB(((struct str){ (const char *)sha256, SHA256_BYTES })), DB_INT(LONG_AGO)),
                   "update blobs set created_at = $4 where sha256 = $3 and " IS_UNUSED, err);
}

enum err_code blob_list_garbage(struct db_tx *tx, struct str after, const struct blob_ages *ages, size_t limit, struct arena *arena,
                                struct list *out, struct str *last, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    *last = STR_EMPTY;
    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_INT(ages->unused_before), DB_INT(-ages->marked_before), DB_INT(ages->gone_before), DB_BLOB(after), DB_INT(limit)),
                 "select sha256, case when (" IS_UNUSED ") or (size_bytes < 0 and created_at < $3) then 1 else 0 end from blobs"
                 " where sha256 > $4 order by sha256 limit $5",
                 err));
    while (db_next(rows)) {
        struct str *sha256 = ARENA_NEW(arena, struct str);
        *last = *sha256 = db_str(rows, 0, arena);
        if (db_int(rows, 1) != 0)
            list_add(out, sha256, arena);
    }
    return db_end(rows, err);
}

enum err_code blob_mark(struct db_tx *tx, struct str sha256, const struct blob_ages *ages, int64_t now_ms, bool *is_marked,
                        struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_BLOB(sha256), DB_INT(ages->gone_before)),
                "delete from blobs where sha256 = $1 and size_bytes < 0 and created_at between 0 and $2", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(ages->unused_before), DB_INT(-ages->marked_before), DB_BLOB(sha256), DB_INT(-now_ms)),
                "update blobs set created_at = $4 where sha256 = $3 and " IS_UNUSED, err));
    *is_marked = db_changed(tx) == 1;
    return OK;
}

enum err_code blob_finish(struct db_tx *tx, struct str sha256, int64_t marked_ms, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_BLOB(sha256), DB_INT(-marked_ms), DB_INT(now_ms)),
                   "update blobs set created_at = $3, size_bytes = -1 where sha256 = $1 and created_at = $2", err);
}
