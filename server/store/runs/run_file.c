/* run_file.c - see run_file.h. */
#include "server/store/runs/run_file.h"

#include "server/store/artifacts/blob.h"

#define FILE_COLUMNS "id, run_id, path, sha256, md5, size_bytes, announced_at, uploaded_at"

enum { MAX_PATHS = 10000 };

enum err_code run_file_announce(struct db_tx *tx, int64_t run_id, struct str path, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(run_id), DB_TEXT(path), DB_INT(now_ms)),
                   "insert into run_files (run_id, path, announced_at) values ($1, $2, $3)"
                   " on conflict (run_id, path) do nothing",
                   err);
}

enum err_code run_file_store(struct db_tx *tx, int64_t run_id, const struct run_file *file, int64_t now_ms, struct err *err) {
    struct str sha256 = { (const char *)file->sha256, SHA256_BYTES }, md5 = { (const char *)file->md5, MD5_BYTES };
    TRY(blob_add(tx, file->sha256, (int64_t)file->size_bytes, now_ms, err));
    return db_exec(tx,
                   DB_ARGS(DB_INT(run_id), DB_TEXT(file->path), DB_BLOB(sha256), DB_BLOB(md5), DB_INT(file->size_bytes),
                           DB_INT(now_ms)),
                   "insert into run_files (run_id, path, sha256, md5, size_bytes, announced_at, uploaded_at)"
                   " values ($1, $2, $3, $4, $5, $6, $6)"
                   " on conflict (run_id, path) do update set sha256 = excluded.sha256, md5 = excluded.md5,"
                   " size_bytes = excluded.size_bytes, uploaded_at = excluded.uploaded_at",
                   err);
}

static void copy_digest(const struct db_rows *rows, int column, unsigned char *out, size_t size_bytes, struct arena *arena) {
    struct str digest = db_str(rows, column, arena);
    if (digest.len == size_bytes)
        memcpy(out, digest.ptr, size_bytes);
}

static struct run_file *read_row(const struct db_rows *rows, struct arena *arena) {
    struct run_file *file = ARENA_NEW(arena, struct run_file);
    file->id = db_int(rows, 0);
    file->run_id = db_int(rows, 1);
    file->path = db_str(rows, 2, arena);
    copy_digest(rows, 3, file->sha256, SHA256_BYTES, arena);
    copy_digest(rows, 4, file->md5, MD5_BYTES, arena);
    file->size_bytes = (uint64_t)db_int(rows, 5);
    file->announced_at = db_int(rows, 6);
    file->is_uploaded = !db_is_null(rows, 7);
    file->uploaded_at = db_int(rows, 7);
    return file;
}

static enum err_code read_one(struct db_rows *rows, struct arena *arena, struct run_file **out, struct err *err) {
    struct run_file *file = db_next(rows) ? read_row(rows, arena) : NULL;
    TRY(db_end(rows, err));
    if (file == NULL || !file->is_uploaded)
        return err_set(err, ERR_NOT_FOUND, "there is no such file");
    *out = file;
    return OK;
}

enum err_code run_file_find(struct db_tx *tx, int64_t run_id, struct str path, struct arena *arena, struct run_file **out,
                            struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id), DB_TEXT(path)),
                 "select " FILE_COLUMNS " from run_files where run_id = $1 and path = $2", err));
    return read_one(rows, arena, out, err);
}

enum err_code run_file_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct run_file **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), "select " FILE_COLUMNS " from run_files where id = $1", err));
    return read_one(rows, arena, out, err);
}

/* A list of names becomes one parameter each. */
static void add_names(struct buf *sql, struct db_value *args, size_t *arg_count, const struct run_file_query *query) {
    buf_append_str(sql, STR(" and path in ("));
    for (size_t i = 0; i < query->path_count; i++) {
        args[(*arg_count)++] = DB_TEXT(query->paths[i]);
        buf_printf(sql, "%s$%zu", i == 0 ? "" : ", ", *arg_count);
    }
    buf_append_char(sql, ')');
}

static struct str list_sql(struct buf *sql, struct db_value *args, size_t *arg_count, int64_t run_id,
                           const struct run_file_query *query) {
    args[(*arg_count)++] = DB_INT(run_id);
    buf_append_str(sql, STR("select " FILE_COLUMNS " from run_files where run_id = $1"));
    if (!query->wants_pending)
        buf_append_str(sql, STR(" and uploaded_at is not null"));
    if (query->path_count > 0)
        add_names(sql, args, arg_count, query);
    if (query->like.ptr != NULL) {
        args[(*arg_count)++] = DB_TEXT(query->like);
        buf_printf(sql, " and path like $%zu", *arg_count);
    }
    if (query->after.ptr != NULL) {
        args[(*arg_count)++] = DB_TEXT(query->after);
        buf_printf(sql, " and path > $%zu", *arg_count);
    }
    args[(*arg_count)++] = DB_INT(query->limit);
    buf_printf(sql, " order by path limit $%zu", *arg_count);
    return buf_str(sql);
}

enum err_code run_file_list(struct db_tx *tx, int64_t run_id, const struct run_file_query *query, struct arena *arena,
                            struct list *out, struct err *err) {
    struct buf sql = BUF_INIT(1 << 20);
    struct db_rows *rows;
    size_t arg_count = 0;

    *out = (struct list){ 0 };
    if (query->path_count > MAX_PATHS)
        return err_set(err, ERR_BAD_INPUT, "at most %d file names can be asked for at once, got %zu", MAX_PATHS, query->path_count);
    struct db_value *args = ARENA_ARRAY(arena, struct db_value, query->path_count + 4);
    struct str text = list_sql(&sql, args, &arg_count, run_id, query);
    enum err_code code = db_query_text(tx, &rows, args, arg_count, text, err);
    buf_finish(&sql);
    if (code != OK)
        return code;
    while (db_next(rows))
        list_add(out, read_row(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code run_file_count(struct db_tx *tx, int64_t run_id, int64_t *uploaded, int64_t *pending, int64_t *size_bytes,
                             struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id)),
                 "select count(uploaded_at), count(*) - count(uploaded_at), coalesce(sum(size_bytes), 0)"
                 " from run_files where run_id = $1",
                 err));
    if (db_next(rows)) {
        *uploaded = db_int(rows, 0);
        *pending = db_int(rows, 1);
        *size_bytes = db_int(rows, 2);
    }
    return db_end(rows, err);
}

enum err_code run_file_remove(struct db_tx *tx, int64_t id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id)), "delete from run_files where id = $1", err);
}
