/* artifact_file.c - see artifact_file.h. */
#include "server/store/artifacts/artifact_file.h"

#include "server/store/artifacts/blob.h"

enum { MAX_NAMES = 10000 };

static struct db_value digest_value(const unsigned char *digest, size_t size_bytes) {
    return DB_BLOB(((struct str){ (const char *)digest, size_bytes }));
}

static void copy_sha256(const struct db_rows *rows, int column, unsigned char out[SHA256_BYTES], struct arena *arena) {
    struct str digest = db_str(rows, column, arena);
    if (digest.len == SHA256_BYTES)
        memcpy(out, digest.ptr, SHA256_BYTES);
}

/* ---- manifests of drafts ---- */

#define MANIFEST_SELECT                                                                                                  \
    "select m.id, m.artifact_id, m.base_id, m.size_bytes, m.name, m.kind, m.digest, m.sha256, p.entity_id, a.project_id" \
    " from artifact_manifests m join artifacts a on a.id = m.artifact_id join projects p on p.id = a.project_id "

static struct artifact_manifest *read_manifest(const struct db_rows *rows, struct arena *arena) {
    struct artifact_manifest *manifest = ARENA_NEW(arena, struct artifact_manifest);
    manifest->id = db_int(rows, 0);
    manifest->artifact_id = db_int(rows, 1);
    manifest->base_id = db_int(rows, 2);
    manifest->size_bytes = db_int(rows, 3);
    manifest->name = db_str(rows, 4, arena);
    manifest->kind = db_str(rows, 5, arena);
    manifest->digest = db_str(rows, 6, arena);
    manifest->is_uploaded = !db_is_null(rows, 7);
    copy_sha256(rows, 7, manifest->sha256, arena);
    manifest->owner = (struct owner){ db_int(rows, 8), db_int(rows, 9) };
    return manifest;
}

enum err_code artifact_manifest_create(struct db_tx *tx, int64_t artifact_id, struct str name, struct str kind,
                                       struct str digest, int64_t base_id, int64_t now_ms, struct arena *arena,
                                       struct artifact_manifest **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_INT(artifact_id), DB_TEXT(name), DB_TEXT(kind), DB_TEXT(digest), base_id == 0 ? DB_NULL : DB_INT(base_id),
                         DB_INT(now_ms)),
                 "insert into artifact_manifests (artifact_id, name, kind, digest, base_id, created_at)"
                 " values ($1, $2, $3, $4, $5, $6) returning id",
                 err));
    int64_t id = db_next(rows) ? db_int(rows, 0) : 0;
    TRY(db_end(rows, err));
    return artifact_manifest_get(tx, id, arena, out, err);
}

enum err_code artifact_manifest_update(struct db_tx *tx, int64_t id, struct str digest, int64_t base_id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_TEXT(digest), base_id == 0 ? DB_NULL : DB_INT(base_id)),
                   "update artifact_manifests set digest = coalesce($2, digest), base_id = coalesce($3, base_id) where id = $1", err);
}

enum err_code artifact_manifest_get(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact_manifest **out,
                                    struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), MANIFEST_SELECT "where m.id = $1", err));
    *out = db_next(rows) ? read_manifest(rows, arena) : NULL;
    TRY(db_end(rows, err));
    return *out == NULL ? err_set(err, ERR_NOT_FOUND, "there is no such artifact manifest") : OK;
}

enum err_code artifact_manifest_store(struct db_tx *tx, int64_t id, const unsigned char sha256[SHA256_BYTES], int64_t size_bytes,
                                      int64_t now_ms, struct err *err) {
    TRY(blob_add(tx, sha256, size_bytes, now_ms, err));
    return db_exec(tx, DB_ARGS(DB_INT(id), digest_value(sha256, SHA256_BYTES), DB_INT(size_bytes)),
                   "update artifact_manifests set sha256 = $2, size_bytes = $3 where id = $1", err);
}

enum err_code artifact_manifest_list(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)),
                 MANIFEST_SELECT "where m.artifact_id = $1 and m.sha256 is not null order by m.id", err));
    while (db_next(rows))
        list_add(out, read_manifest(rows, arena), arena);
    return db_end(rows, err);
}

/* ---- uploads ---- */

enum err_code artifact_upload_store(struct db_tx *tx, int64_t artifact_id, struct str path, const unsigned char md5[MD5_BYTES],
                                    const unsigned char sha256[SHA256_BYTES], int64_t size_bytes, int64_t now_ms, struct err *err) {
    TRY(blob_add(tx, sha256, size_bytes, now_ms, err));
    return db_exec(tx,
                   DB_ARGS(DB_INT(artifact_id), DB_TEXT(path), digest_value(md5, MD5_BYTES), digest_value(sha256, SHA256_BYTES),
                           DB_INT(size_bytes)),
                   "insert into artifact_uploads (artifact_id, path, md5, sha256, size_bytes, blob_id)"
                   " values ($1, $2, $3, $4, $5, (select id from blobs where sha256 = $4))"
                   " on conflict (artifact_id, path) do update set md5 = excluded.md5, sha256 = excluded.sha256,"
                   " size_bytes = excluded.size_bytes, birth_artifact_id = null, blob_id = excluded.blob_id",
                   err);
}

enum err_code artifact_upload_pin(struct db_tx *tx, int64_t artifact_id, struct str path, const unsigned char md5[MD5_BYTES],
                                  const struct artifact_blob *blob, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(artifact_id), DB_TEXT(path), digest_value(md5, MD5_BYTES), digest_value(blob->sha256, SHA256_BYTES),
                           DB_INT(blob->size_bytes), DB_INT(blob->birth_artifact_id)),
                   "insert into artifact_uploads (artifact_id, path, md5, sha256, size_bytes, birth_artifact_id, blob_id)"
                   " values ($1, $2, $3, $4, $5, $6, (select id from blobs where sha256 = $4))"
                   " on conflict (artifact_id, path) do update set md5 = excluded.md5, sha256 = excluded.sha256,"
                   " size_bytes = excluded.size_bytes, birth_artifact_id = excluded.birth_artifact_id, blob_id = excluded.blob_id",
                   err);
}

/* Columns: sha256, size_bytes, birth_artifact_id. */
static enum err_code read_blob(struct db_rows *rows, struct artifact_blob *out, struct err *err) {
    struct arena *arena = arena_create();
    bool is_found = db_next(rows);
    if (is_found) {
        copy_sha256(rows, 0, out->sha256, arena);
        out->size_bytes = db_int(rows, 1);
        out->birth_artifact_id = db_int(rows, 2);
    }
    arena_destroy(arena);
    TRY(db_end(rows, err));
    return is_found ? OK : err_set(err, ERR_NOT_FOUND, "these bytes were not uploaded");
}

enum err_code artifact_upload_find(struct db_tx *tx, int64_t artifact_id, struct str path, const unsigned char md5[MD5_BYTES],
                                   struct artifact_blob *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id), DB_TEXT(path), digest_value(md5, MD5_BYTES)),
                 "select sha256, size_bytes, coalesce(birth_artifact_id, artifact_id) from artifact_uploads where artifact_id = $1"
                 " and path = $2 and md5 = $3",
                 err));
    return read_blob(rows, out, err);
}

enum err_code artifact_upload_list(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)),
                 "select sha256, size_bytes, coalesce(birth_artifact_id, artifact_id), md5 from artifact_uploads where artifact_id = $1"
                 " order by md5, path",
                 err));
    while (db_next(rows)) {
        struct artifact_upload *upload = ARENA_NEW(arena, struct artifact_upload);
        struct str md5 = db_str(rows, 3, arena);
        copy_sha256(rows, 0, upload->blob.sha256, arena);
        upload->blob.size_bytes = db_int(rows, 1);
        upload->blob.birth_artifact_id = db_int(rows, 2);
        if (md5.len == MD5_BYTES)
            memcpy(upload->md5, md5.ptr, MD5_BYTES);
        list_add(out, upload, arena);
    }
    return db_end(rows, err);
}

enum err_code artifact_upload_get(struct db_tx *tx, int64_t artifact_id, struct str path, unsigned char md5[MD5_BYTES],
                                  struct artifact_blob *out, struct err *err) {
    struct arena *arena = arena_create();
    struct str digest = STR_EMPTY;
    struct db_rows *rows;
    enum err_code code = db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id), DB_TEXT(path)),
                                  "select md5 from artifact_uploads where artifact_id = $1 and path = $2", err);
    if (code == OK) {
        if (db_next(rows))
            digest = db_str(rows, 0, arena);
        code = db_end(rows, err);
    }
    if (code == OK && digest.len != MD5_BYTES)
        code = err_set(err, ERR_NOT_FOUND, "nothing was uploaded as '%.*s'", STR_ARG(str_slice(path, 0, 200)));
    if (code == OK)
        memcpy(md5, digest.ptr, MD5_BYTES);
    arena_destroy(arena);
    return code == OK ? artifact_upload_find(tx, artifact_id, path, md5, out, err) : code;
}

enum err_code artifact_upload_let_go(struct db_tx *tx, int64_t artifact_id, struct str path, const unsigned char sha256[SHA256_BYTES],
                                     struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(artifact_id), DB_TEXT(path), digest_value(sha256, SHA256_BYTES)),
                "delete from artifact_uploads where artifact_id = $1 and path = $2 and sha256 = $3", err));
    return blob_let_go(tx, sha256, err);
}

enum err_code project_blob_find(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES], struct artifact_blob *out,
                                struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), digest_value(md5, MD5_BYTES)),
                 "select sha256, size_bytes, birth_artifact_id from project_blobs where project_id = $1 and md5 = $2", err));
    return read_blob(rows, out, err);
}

enum err_code project_blob_link(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES],
                                const struct artifact_blob *blob, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(project_id), digest_value(md5, MD5_BYTES), digest_value(blob->sha256, SHA256_BYTES),
                           DB_INT(blob->size_bytes), DB_INT(blob->birth_artifact_id)),
                   "insert into project_blobs (project_id, md5, sha256, size_bytes, birth_artifact_id)"
                   " values ($1, $2, $3, $4, $5) on conflict (project_id, md5) do nothing",
                   err);
}

enum err_code artifact_drop_draft(struct db_tx *tx, int64_t artifact_id, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(artifact_id)), "delete from artifact_uploads where artifact_id = $1", err));
    return db_exec(tx, DB_ARGS(DB_INT(artifact_id)), "delete from artifact_manifests where artifact_id = $1", err);
}

/* ---- committed entries ---- */

enum err_code artifact_file_add(struct db_tx *tx, const struct artifact_file *file, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(file->artifact_id), DB_TEXT(file->path), DB_TEXT(file->digest), DB_INT(file->size_bytes),
                           file->has_blob ? digest_value(file->sha256, SHA256_BYTES) : DB_NULL,
                           file->birth_artifact_id == 0 ? DB_NULL : DB_INT(file->birth_artifact_id), DB_TEXT(file->ref),
                           DB_TEXT(file->extra)),
                   "insert into artifact_files (artifact_id, path, digest, size_bytes, sha256, birth_artifact_id, ref, extra)"
                   " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (artifact_id, path) do update set"
                   " digest = excluded.digest, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,"
                   " birth_artifact_id = excluded.birth_artifact_id, ref = excluded.ref, extra = excluded.extra",
                   err);
}

enum err_code artifact_file_count(struct db_tx *tx, int64_t artifact_id, int64_t *count, struct err *err) {
    struct db_rows *rows;
    *count = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)), "select count(*) from artifact_files where artifact_id = $1", err));
    if (db_next(rows))
        *count = db_int(rows, 0);
    return db_end(rows, err);
}

enum err_code artifact_file_remove_some(struct db_tx *tx, int64_t artifact_id, int64_t max, int64_t *removed, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(artifact_id), DB_INT(max)),
                "delete from artifact_files where artifact_id = $1 and path in"
                " (select path from artifact_files where artifact_id = $1 limit $2)",
                err));
    *removed = db_changed(tx);
    return OK;
}

#define FILE_SELECT                                                                                                      \
    "select artifact_id, path, digest, size_bytes, sha256, birth_artifact_id, ref, extra from artifact_files where artifact_id = $1"

static struct artifact_file *read_file(const struct db_rows *rows, struct arena *arena) {
    struct artifact_file *file = ARENA_NEW(arena, struct artifact_file);
    file->artifact_id = db_int(rows, 0);
    file->path = db_str(rows, 1, arena);
    file->digest = db_str(rows, 2, arena);
    file->size_bytes = db_int(rows, 3);
    file->has_blob = !db_is_null(rows, 4);
    copy_sha256(rows, 4, file->sha256, arena);
    file->birth_artifact_id = db_int(rows, 5);
    file->ref = db_str(rows, 6, arena);
    file->extra = db_str(rows, 7, arena);
    return file;
}

static enum err_code read_one_file(struct db_rows *rows, struct arena *arena, struct artifact_file **out, struct err *err) {
    *out = db_next(rows) ? read_file(rows, arena) : NULL;
    TRY(db_end(rows, err));
    return *out == NULL ? err_set(err, ERR_NOT_FOUND, "the artifact has no such file") : OK;
}

enum err_code artifact_file_find(struct db_tx *tx, int64_t artifact_id, struct str path, struct arena *arena,
                                 struct artifact_file **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id), DB_TEXT(path)), FILE_SELECT " and path = $2", err));
    return read_one_file(rows, arena, out, err);
}

enum err_code artifact_file_find_by_digest(struct db_tx *tx, int64_t artifact_id, struct str digest, struct arena *arena,
                                           struct artifact_file **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id), DB_TEXT(digest)),
                 FILE_SELECT " and digest = $2 and sha256 is not null order by path limit 1", err));
    return read_one_file(rows, arena, out, err);
}

/* From the md5 to the project's blob, and from there to who holds it: entries have no index by their own digest. */
enum err_code artifact_file_find_in_project(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES],
                                            struct arena *arena, struct artifact_file **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), digest_value(md5, MD5_BYTES)),
                 "select f.artifact_id, f.path, f.digest, f.size_bytes, f.sha256, f.birth_artifact_id, f.ref, f.extra"
                 " from project_blobs b join artifact_files f on f.sha256 = b.sha256"
                 " join artifacts a on a.id = f.artifact_id and a.project_id = b.project_id and a.state = 'COMMITTED'"
                 " join artifact_collections own on own.id = a.collection_id"
                 " join projects p on p.id = a.project_id and p.deleted_at is null"
                 " where b.project_id = $1 and b.md5 = $2 limit 1",
                 err));
    return read_one_file(rows, arena, out, err);
}

enum err_code artifact_file_list_linked(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES], struct arena *arena,
                                        struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), digest_value(md5, MD5_BYTES)),
                 "select p.entity_id, p.id, min(f.artifact_id) from project_blobs b join artifact_files f on f.sha256 = b.sha256"
                 " join artifacts a on a.id = f.artifact_id and a.project_id = b.project_id and a.state = 'COMMITTED'"
                 " join projects home on home.id = a.project_id and home.deleted_at is null"
                 " join artifact_memberships m on m.artifact_id = a.id join artifact_collections c on c.id = m.collection_id"
                 " and c.project_id <> a.project_id join projects p on p.id = c.project_id and p.deleted_at is null"
                 " where b.project_id = $1 and b.md5 = $2 group by p.entity_id, p.id order by p.id",
                 err));
    while (db_next(rows)) {
        struct artifact_file *file = ARENA_NEW(arena, struct artifact_file);
        file->owner = (struct owner){ db_int(rows, 0), db_int(rows, 1) };
        file->artifact_id = db_int(rows, 2);
        list_add(out, file, arena);
    }
    return db_end(rows, err);
}

enum err_code project_blob_list_projects(struct db_tx *tx, int64_t entity_id, const unsigned char md5[MD5_BYTES], struct arena *arena,
                                         struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), digest_value(md5, MD5_BYTES)),
                 "select p.id from projects p join project_blobs b on b.project_id = p.id"
                 " where p.entity_id = $1 and p.deleted_at is null and b.md5 = $2 order by p.id",
                 err));
    while (db_next(rows)) {
        struct owner *owner = ARENA_NEW(arena, struct owner);
        *owner = (struct owner){ entity_id, db_int(rows, 0) };
        list_add(out, owner, arena);
    }
    return db_end(rows, err);
}

enum err_code artifact_file_list(struct db_tx *tx, int64_t artifact_id, struct str after, size_t limit, const struct str *names,
                                 size_t name_count, struct arena *arena, struct list *out, struct err *err) {
    struct buf sql = BUF_INIT(1 << 20);
    struct db_rows *rows;

    *out = (struct list){ 0 };
    if (name_count > MAX_NAMES)
        return err_set(err, ERR_BAD_INPUT, "at most %d file names can be asked for at once, got %zu", MAX_NAMES, name_count);
    struct db_value *args = ARENA_ARRAY(arena, struct db_value, name_count + 3);
    args[0] = DB_INT(artifact_id);
    args[1] = DB_TEXT(after.ptr == NULL ? STR_EMPTY : after);
    args[2] = DB_INT(limit);
    buf_append_str(&sql, STR(FILE_SELECT " and path > $2"));
    for (size_t i = 0; i < name_count; i++) {
        args[3 + i] = DB_TEXT(names[i]);
        buf_printf(&sql, "%s$%zu", i == 0 ? " and path in (" : ", ", 4 + i);
    }
    buf_append_str(&sql, name_count > 0 ? STR(") order by path limit $3") : STR(" order by path limit $3"));
    enum err_code code = db_query_text(tx, &rows, args, name_count + 3, buf_str(&sql), err);
    buf_finish(&sql);
    if (code != OK)
        return code;
    while (db_next(rows))
        list_add(out, read_file(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code artifact_manifest_blob_set(struct db_tx *tx, int64_t artifact_id, const unsigned char sha256[SHA256_BYTES],
                                         int64_t size_bytes, int64_t now_ms, struct err *err) {
    TRY(blob_add(tx, sha256, size_bytes, now_ms, err));
    return db_exec(tx, DB_ARGS(DB_INT(artifact_id), digest_value(sha256, SHA256_BYTES), DB_INT(size_bytes)),
                   "insert into artifact_manifest_blobs (artifact_id, sha256, size_bytes) values ($1, $2, $3)"
                   " on conflict (artifact_id) do update set sha256 = excluded.sha256, size_bytes = excluded.size_bytes",
                   err);
}

enum err_code artifact_manifest_blob_get(struct db_tx *tx, int64_t artifact_id, struct artifact_blob *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)),
                 "select sha256, size_bytes, artifact_id from artifact_manifest_blobs where artifact_id = $1", err));
    return read_blob(rows, out, err);
}
