/* inventory.c - see inventory.h. */
#include "server/store/projects/inventory.h"

enum err_code inventory_check_database(struct db_tx *tx, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "pragma integrity_check(100)", err));
    while (db_next(rows)) {
        struct str said = db_str(rows, 0, arena);
        if (str_eq(said, STR("ok")))
            continue;
        struct str *message = ARENA_NEW(arena, struct str);
        *message = said;
        list_add(out, message, arena);
    }
    return db_end(rows, err);
}

enum err_code inventory_list_histories(struct db_tx *tx, struct inventory_history after, size_t limit, struct arena *arena,
                                       struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(after.run), DB_INT(after.kind), DB_INT(limit)),
                 "select run_id, kind from history_runs where run_id > $1 or (run_id = $1 and kind > $2)"
                 " order by run_id, kind limit $3",
                 err));
    while (db_next(rows)) {
        struct inventory_history *history = ARENA_NEW(arena, struct inventory_history);
        *history = (struct inventory_history){ db_int(rows, 0), db_int(rows, 1) };
        list_add(out, history, arena);
    }
    return db_end(rows, err);
}

/* Every table that links to blobs, and what to call a row of it. */
#define LINKS                                                                                                             \
    "select sha256, 'the file ' || path || ' of run ' || run_id as who from run_files where sha256 is not null"         \
    " union all select sha256, 'the file ' || path || ' of artifact ' || artifact_id from artifact_files where sha256 is not null" \
    " union all select sha256, 'the upload ' || path || ' of artifact ' || artifact_id from artifact_uploads"            \
    " union all select sha256, 'project ' || project_id from project_blobs"                                              \
    " union all select sha256, 'a manifest of artifact ' || artifact_id from artifact_manifests where sha256 is not null" \
    " union all select sha256, 'the manifest of artifact ' || artifact_id from artifact_manifest_blobs"

enum err_code inventory_list_blobs(struct db_tx *tx, struct str after, size_t limit, struct arena *arena, struct list *out,
                                   struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_BLOB(after.ptr != NULL ? after : STR_EMPTY), DB_INT(limit)),
                 "select found.sha256, coalesce(max(blobs.size_bytes), -1), max(found.who) from"
                 " (" LINKS " union all select sha256, null from blobs where created_at >= 0 and size_bytes >= 0) as found"
                 " left join blobs on blobs.sha256 = found.sha256"
                 " where found.sha256 > $1 group by found.sha256 order by found.sha256 limit $2",
                 err));
    while (db_next(rows)) {
        struct inventory_blob *blob = ARENA_NEW(arena, struct inventory_blob);
        struct str sha256 = db_str(rows, 0, arena);
        *blob = (struct inventory_blob){ .size_bytes = db_int(rows, 1), .user = db_str(rows, 2, arena) };
        memcpy(blob->sha256, sha256.ptr, sha256.len < SHA256_BYTES ? sha256.len : SHA256_BYTES);
        list_add(out, blob, arena);
    }
    return db_end(rows, err);
}

enum err_code inventory_list_wrong_receipts(struct db_tx *tx, size_t limit, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(limit)),
                 "select run_id, console_said, console_found, kept_said, kept_found from (select run_id,"
                 " console_line_count - console_rewritten_count as console_said, set_aside_count as kept_said,"
                 " (select count(*) from console_lines c where c.run_id = r.run_id) as console_found,"
                 " (select count(*) from set_aside_lines s where s.run_id = r.run_id) as kept_found"
                 " from stream_receipts r) as counted where console_said <> console_found or kept_found > kept_said limit $1",
                 err));
    while (db_next(rows)) {
        struct inventory_receipt *receipt = ARENA_NEW(arena, struct inventory_receipt);
        *receipt = (struct inventory_receipt){ db_int(rows, 0), db_int(rows, 1), db_int(rows, 2), db_int(rows, 3), db_int(rows, 4) };
        list_add(out, receipt, arena);
    }
    return db_end(rows, err);
}
