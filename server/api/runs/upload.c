/* upload.c - see upload.h. */
#include "server/api/runs/upload.h"

#include "server/api/files_origin.h"
#include "server/api/runs/media_type.h"
#include "server/api/runs/upload_queue.h"
#include "server/store/artifacts/blob.h"

/* Long enough to go on reading a film in ranges. */
enum { BUCKET_LINK_LIFE_S = 3600 };

static enum err_code check_once(struct upload *upload, struct err *err) {
    struct app *app = upload->call->app;
    if (upload->is_alike && upload_queue_knows(app->uploads, upload))
        return OK;
    TRY(db_read(app->db, upload->kind->check, upload, err));
    if (upload->is_alike)
        upload_queue_learn(app->uploads, upload);
    return OK;
}

static enum err_code begin(struct http_call *call, const struct upload_kind *kind, bool is_alike, void **state, struct err *err) {
    struct app *app = call->app;
    struct upload *upload = ARENA_NEW(call->arena, struct upload);
    *upload = (struct upload){ .call = call, .kind = kind, .is_alike = is_alike };
    if (app->is_disk_low)
        return err_set(err, ERR_FULL, "the server's disk is nearly full");
    TRY(check_once(upload, err));
    TRY(blob_writer_create(&upload->writer, app->blobs, err));
    upload->told = repr_digest_parse(http_header(call, STR("Repr-Digest")), call->arena);
    if (kind->believes_md5 && upload->told.has_sha256 && upload->told.has_md5)
        blob_writer_leave_md5(upload->writer);
    else
        upload->told.has_md5 = false;
    *state = upload;
    return OK;
}

enum err_code upload_begin(struct http_call *call, const struct upload_kind *kind, void **state, struct err *err) {
    return begin(call, kind, false, state, err);
}

enum err_code upload_begin_alike(struct http_call *call, const struct upload_kind *kind, void **state, struct err *err) {
    return begin(call, kind, true, state, err);
}

enum err_code upload_add(struct http_call *call, void *state, struct str bytes, struct err *err) {
    struct upload *upload = state;
    (void)call;
    return blob_writer_add(upload->writer, bytes, err);
}

enum err_code upload_check_stored(struct db_tx *tx, struct app *app, const struct blob_id *id, struct err *err) {
    enum blob_state state;
    TRY(blob_find_state(tx, id->sha256, &state, err));
    if (state == BLOB_KEPT || (state == BLOB_GONE && blobs_has(app->blobs, id)))
        return OK;
    return err_set(err, ERR_BUSY, "the bytes were collected while they were stored; try again");
}

static enum err_code store(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    struct app *app = upload->call->app;
    TRY(upload->kind->check(tx, upload, err));
    if (!upload->is_held)
        TRY(upload_check_stored(tx, app, &upload->facts.id, err));
    TRY(upload->kind->store(tx, upload, err));
    return upload->is_held ? blob_keep_bytes(tx, upload->facts.id.sha256, upload->held, err) : OK;
}

/* Without a body: the official client never reads it, and a connection with something unread in it is closed, one for
 * each file. */
static void answer(struct upload *upload, enum err_code code, const struct err *err) {
    blob_writer_cancel(upload->writer);
    if (code == OK) {
        http_add_header(upload->call, STR("Access-Control-Allow-Origin"), STR("*"));
        if (upload->told.has_sha256) /* so that who told it knows that it was looked at */
            http_add_header(upload->call, STR("Repr-Digest"), repr_digest_text(upload->facts.id.sha256, NULL, upload->call->arena));
        if (upload->kind->answer != NULL)
            upload->kind->answer(upload);
    }
    http_complete(upload->call, code, err);
}

struct upload_queue *upload_create_queue(struct db *db) {
    return upload_queue_create(db, &(struct upload_steps){ store, answer });
}

static enum err_code check_told(struct upload *upload, struct err *err) {
    if (upload->told.has_sha256 && !hash_equal(upload->told.sha256, upload->facts.id.sha256, SHA256_BYTES))
        return err_set(err, ERR_BAD_INPUT, "the bytes that arrived are not those of the SHA-256 that came with them");
    if (upload->told.has_md5)
        memcpy(upload->facts.md5, upload->told.md5, MD5_BYTES);
    return OK;
}

/* Bytes that are not those that were told lie under their own digest, where nobody looks for them, until they are collected. */
static void published(void *context, enum err_code code, const struct err *err) {
    struct upload *upload = context;
    struct app *app = upload->call->app;
    struct err wrong = { 0 };
    if (code == OK && (code = check_told(upload, &wrong)) != OK)
        err = &wrong;
    if (code == OK)
        upload_queue_add(app->uploads, upload);
    else
        http_complete(upload->call, code, err);
}

/* A client sends many small files at once: none of them holds a worker while it waits for the disk. The bytes of those that are
 * held stay in the database, with the row that links them. */
enum err_code upload_end(struct http_call *call, void *state, struct err *err) {
    struct app *app = call->app;
    struct upload *upload = state;
    struct blob_writer *writer = upload->writer;

    upload->is_held = blob_writer_hold(writer, &upload->facts, &upload->held);
    if (upload->is_held) {
        enum err_code code = check_told(upload, err);
        if (code != OK) {
            blob_writer_cancel(writer);
            return code;
        }
        http_defer(call);
        upload_queue_add(app->uploads, upload);
        return OK;
    }
    upload->writer = NULL;
    http_defer(call);
    blob_writer_finish_later(writer, &upload->facts, published, upload);
    return OK;
}

void upload_cancel(void *state) {
    struct upload *upload = state;
    blob_writer_cancel(upload->writer);
}

enum err_code upload_answer_preflight(struct http_call *call, struct err *err) {
    (void)err;
    http_set_status(call, 204);
    http_add_header(call, STR("Access-Control-Allow-Origin"), STR("*"));
    http_add_header(call, STR("Access-Control-Allow-Methods"), STR("GET, HEAD, PUT"));
    http_add_header(call, STR("Access-Control-Allow-Headers"), STR("content-type, content-md5, range"));
    return OK;
}

/* What lies in the bucket only, where clients may go there. Not browsers: what was logged is shown with our headers or not at
 * all, and pages may not read what another origin answers. */
static enum err_code find_in_bucket(struct http_call *call, const struct blob_id *id, struct str *url, struct err *err) {
    bool is_browser = http_header(call, STR("Sec-Fetch-Mode")).len > 0 || http_header(call, STR("Origin")).len > 0;
    *url = (struct str){ NULL, 0 };
    if (call->method != HTTP_GET || is_browser)
        return OK;
    return blobs_link(((struct app *)call->app)->blobs, id, BUCKET_LINK_LIFE_S, url, call->arena, err);
}

static void send_headers(struct http_call *call, const unsigned char sha256[SHA256_BYTES], const unsigned char *md5, struct str name) {
    media_type_add_headers(call, name);
    http_add_header(call, STR("Cache-Control"), STR("private, no-cache"));
    http_add_header(call, STR("Repr-Digest"), repr_digest_text(sha256, md5, call->arena));
}

static struct str etag_of(struct http_call *call, const unsigned char sha256[SHA256_BYTES]) {
    return arena_printf(call->arena, "\"%.*s\"", STR_ARG(hash_hex(sha256, SHA256_BYTES, call->arena)));
}

enum err_code upload_send_blob(struct http_call *call, const unsigned char sha256[SHA256_BYTES], const unsigned char *md5,
                               struct str name, struct err *err) {
    struct app *app = call->app;
    struct blob_id id;
    struct str url, bytes;
    uint64_t size_bytes;
    int fd;

    if (app->files_url.len > 0 && !files_origin_is_asked(call)) {
        files_origin_redirect(call, sha256, name);
        return OK;
    }
    memcpy(id.sha256, sha256, SHA256_BYTES);
    TRY(blobs_find_small(app->blobs, &id, call->arena, &bytes, err));
    if (bytes.ptr != NULL) {
        send_headers(call, sha256, md5, name);
        http_send_bytes(call, bytes, etag_of(call, sha256));
        return OK;
    }
    TRY(find_in_bucket(call, &id, &url, err));
    if (url.ptr != NULL) {
        http_set_status(call, 302);
        http_add_header(call, STR("Location"), url);
        http_add_header(call, STR("Cache-Control"), STR("private, no-store"));
        return OK;
    }
    enum err_code code = blobs_read(app->blobs, &id, &fd, &size_bytes, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_CORRUPT, "the bytes of blob %.*s are missing", STR_ARG(hash_hex(sha256, SHA256_BYTES, call->arena)));
    if (code != OK)
        return code;
    send_headers(call, sha256, md5, name);
    http_send_file(call, fd, 0, size_bytes, etag_of(call, sha256));
    return OK;
}
