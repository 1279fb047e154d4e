/* receipt.c - see receipt.h. */
#include "server/store/runs/receipt.h"

enum { SET_ASIDE_MAX_LINES = 1000, SET_ASIDE_MAX_BYTES = 16 << 20 };

enum err_code stream_receipt_add(struct db_tx *tx, int64_t run_id, const struct stream_receipt *added, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(run_id), DB_INT(added->request_count), DB_INT(added->byte_count),
                           DB_INT(added->console_line_count), DB_INT(added->console_rewritten_count),
                           DB_INT(added->set_aside_count), DB_INT(added->set_aside_bytes), DB_INT(added->summary_count),
                           DB_INT(added->client_dropped_count), DB_INT(added->last_at), DB_INT(added->repaired_count),
                           DB_INT(added->quota_refused_count)),
                   "insert into stream_receipts (run_id, request_count, byte_count, console_line_count,"
                   " console_rewritten_count, set_aside_count, set_aside_bytes, summary_count, client_dropped_count,"
                   " first_at, last_at, repaired_count, quota_refused_count)"
                   " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)"
                   " on conflict (run_id) do update set"
                   " request_count = stream_receipts.request_count + excluded.request_count,"
                   " byte_count = stream_receipts.byte_count + excluded.byte_count,"
                   " console_line_count = stream_receipts.console_line_count + excluded.console_line_count,"
                   " console_rewritten_count = stream_receipts.console_rewritten_count + excluded.console_rewritten_count,"
                   " set_aside_count = stream_receipts.set_aside_count + excluded.set_aside_count,"
                   " set_aside_bytes = stream_receipts.set_aside_bytes + excluded.set_aside_bytes,"
                   " summary_count = stream_receipts.summary_count + excluded.summary_count,"
                   " client_dropped_count = stream_receipts.client_dropped_count + excluded.client_dropped_count,"
                   " repaired_count = stream_receipts.repaired_count + excluded.repaired_count,"
                   " quota_refused_count = stream_receipts.quota_refused_count + excluded.quota_refused_count,"
                   " last_at = excluded.last_at",
                   err);
}

enum err_code stream_receipt_get(struct db_tx *tx, int64_t run_id, struct stream_receipt *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct stream_receipt){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id)),
                 "select request_count, byte_count, console_line_count, console_rewritten_count, set_aside_count,"
                 " set_aside_bytes, summary_count, client_dropped_count, first_at, last_at, repaired_count,"
                 " quota_refused_count from stream_receipts where run_id = $1",
                 err));
    if (db_next(rows))
        *out = (struct stream_receipt){
            .request_count = db_int(rows, 0),
            .byte_count = db_int(rows, 1),
            .console_line_count = db_int(rows, 2),
            .console_rewritten_count = db_int(rows, 3),
            .set_aside_count = db_int(rows, 4),
            .set_aside_bytes = db_int(rows, 5),
            .summary_count = db_int(rows, 6),
            .client_dropped_count = db_int(rows, 7),
            .first_at = db_int(rows, 8),
            .last_at = db_int(rows, 9),
            .repaired_count = db_int(rows, 10),
            .quota_refused_count = db_int(rows, 11),
        };
    return db_end(rows, err);
}

enum err_code set_aside_line_add(struct db_tx *tx, int64_t run_id, struct str file, int64_t line, struct str reason,
                                 struct str raw, int64_t now_ms, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(run_id), DB_TEXT(file), DB_INT(line), DB_TEXT(reason), DB_BLOB(raw), DB_INT(now_ms),
                           DB_INT(SET_ASIDE_MAX_LINES), DB_INT(SET_ASIDE_MAX_BYTES), DB_INT(raw.len)),
                   "insert into set_aside_lines (run_id, file, line, reason, raw, received_at)"
                   " select $1, $2, $3, $4, $5, $6 where"
                   " (select count(*) < $7 and coalesce(sum(length(raw)), 0) + $9 <= $8"
                   " from set_aside_lines where run_id = $1)",
                   err);
}

enum err_code set_aside_line_list(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena, struct list *out,
                                  struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_INT(limit)),
                 "select file, line, reason, length(raw), received_at from set_aside_lines where run_id = $1 order by id limit $2",
                 err));
    while (db_next(rows)) {
        struct set_aside_line *line = ARENA_NEW(arena, struct set_aside_line);
        line->file = db_str(rows, 0, arena);
        line->line = db_int(rows, 1);
        line->reason = db_str(rows, 2, arena);
        line->size_bytes = db_int(rows, 3);
        line->received_at = db_int(rows, 4);
        list_add(out, line, arena);
    }
    return db_end(rows, err);
}

enum err_code missing_upload_list(struct db_tx *tx, int64_t run_id, int64_t before_ms, size_t limit, struct arena *arena,
                                  struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_INT(before_ms), DB_INT(limit)),
                 "select path, announced_at from run_files"
                 " where run_id = $1 and sha256 is null and announced_at < $2 order by path limit $3",
                 err));
    while (db_next(rows)) {
        struct missing_upload *upload = ARENA_NEW(arena, struct missing_upload);
        upload->path = db_str(rows, 0, arena);
        upload->announced_at = db_int(rows, 1);
        list_add(out, upload, arena);
    }
    return db_end(rows, err);
}
