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

/* Bytes that are sent again take the place of what is there, which may be damaged. */
enum err_code blob_keep_bytes(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], struct str bytes, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_BLOB(((struct str){ (const char *)sha256, SHA256_BYTES })), DB_BLOB(bytes)),
                   "insert into blob_bytes (blob_id, bytes) select id, $2 from blobs where sha256 = $1"
                   " on conflict (blob_id) do update set bytes = excluded.bytes",
                   err);
}

enum err_code blob_find_bytes(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], struct arena *arena, struct str *out,
                              struct err *err) {
    struct db_rows *rows;
    *out = (struct str){ NULL, 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_BLOB(((struct str){ (const char *)sha256, SHA256_BYTES }))),
                 "select bytes from blob_bytes where blob_id = (select id from blobs where sha256 = $1)", err));
    if (db_next(rows))
        *out = db_str(rows, 0, arena);
    return db_end(rows, err);
}

enum err_code blob_has_bytes(struct db_tx *tx, bool *has_some, struct err *err) {
    int64_t count;
    TRY(db_query_int(tx, DB_NO_ARGS, "select count(*) from (select 1 from blob_bytes limit 1) as some_of_them", &count, err));
    *has_some = count > 0;
    return OK;
}

/* Whoever keeps blobs is in this list: a table that is forgotten here loses its bytes. */
#define IS_UNUSED                                                                                                        \
    "created_at < $1 and created_at > $2 and size_bytes >= 0"                                                          \
    " and not exists (select 1 from run_files f where f.sha256 = blobs.sha256)"                                         \
    " and not exists (select 1 from artifact_files f where f.sha256 = blobs.sha256)"                                    \
    " and not exists (select 1 from artifact_uploads f where f.blob_id = blobs.id)"                                      \
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
    TRY(db_exec(tx, DB_ARGS(DB_BLOB(sha256), DB_INT(-marked_ms)),
                "delete from blob_bytes where blob_id = (select id from blobs where sha256 = $1 and created_at = $2)", err));
    return db_exec(tx, DB_ARGS(DB_BLOB(sha256), DB_INT(-marked_ms), DB_INT(now_ms)),
                   "update blobs set created_at = $3, size_bytes = -1 where sha256 = $1 and created_at = $2", err);
}
