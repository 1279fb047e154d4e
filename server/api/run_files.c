/* run_files.c - see run_files.h. */
#include "server/api/run_files.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/api/media_type.h"
#include "server/api/place.h"
#include "server/blobs/blobs.h"

/* ---- links ---- */

static struct str signed_path(int64_t run_id, struct str path, struct arena *arena) {
    return arena_printf(arena, "/signed/runs/%lld/%.*s", (long long)run_id, STR_ARG(path));
}

struct str run_files_upload_link(const struct identity *identity, int64_t run_id, struct str path, struct arena *arena) {
    return link_signed(identity, LINK_PUT, signed_path(run_id, path, arena), arena);
}

struct str run_files_direct_link(const struct identity *identity, int64_t run_id, struct str path, struct arena *arena) {
    return link_signed(identity, LINK_GET, signed_path(run_id, path, arena), arena);
}

struct str run_files_link(const struct identity *identity, const struct run *run, struct str path, struct arena *arena) {
    struct str whole = arena_printf(arena, "/files/%.*s/%.*s/%.*s/%.*s", STR_ARG(run->entity_name), STR_ARG(run->project_name),
                                    STR_ARG(run->name), STR_ARG(path));
    return link_plain(identity, whole, arena);
}

/* ---- uploads ---- */

struct upload {
    struct http_call *call;
    struct blob_writer *writer;
    int64_t run_id;
    struct run_file file;
};

/* The link names the run by its number: whoever held the right when the link was made may put, as long as the run is
 * there and the right is. */
static enum err_code find_by_number(struct db_tx *tx, struct identity *identity, struct str number, enum who who, struct run **run,
                                    struct err *err) {
    int64_t id;
    if (!str_to_i64(number, &id))
        return err_set(err, ERR_NOT_FOUND, "run not found");
    TRY(run_find_by_id(tx, id, 0, identity->arena, run, err));
    return access_check_in(tx, identity, &(*run)->owner, who, err);
}

static enum err_code check_upload(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    struct run *run;
    TRY(find_by_number(tx, http_identity(upload->call), upload->call->params[0], CAN_WRITE, &run, err));
    upload->run_id = run->id;
    return OK;
}

static enum err_code begin_upload(struct http_call *call, void **state, struct err *err) {
    struct app *app = call->app;
    struct upload *upload = ARENA_NEW(call->arena, struct upload);
    upload->call = call;
    upload->file.path = call->params[1];
    if (!file_is_safe_path(upload->file.path))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a plain relative path", STR_ARG(str_slice(upload->file.path, 0, 200)));
    TRY(db_read(app->db, check_upload, upload, err));
    TRY(blob_writer_create(&upload->writer, app->blobs, err));
    *state = upload;
    return OK;
}

static enum err_code add_to_upload(struct http_call *call, void *state, struct str bytes, struct err *err) {
    struct upload *upload = state;
    (void)call;
    return blob_writer_add(upload->writer, bytes, err);
}

static enum err_code store_file(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    struct app *app = upload->call->app;
    struct blob_id id;
    int64_t now_ms = clock_wall_ms();

    TRY(check_upload(tx, upload, err));
    memcpy(id.sha256, upload->file.sha256, SHA256_BYTES);
    /* The collector may have taken a blob of the same bytes away just before this transaction; the client tries again. */
    if (!blobs_has(app->blobs, &id))
        return err_set(err, ERR_BUSY, "the bytes were collected while they were stored; try again");
    TRY(run_file_store(tx, upload->run_id, &upload->file, now_ms, err));
    return run_touch(tx, upload->run_id, now_ms, err);
}

static enum err_code end_upload(struct http_call *call, void *state, struct err *err) {
    struct app *app = call->app;
    struct upload *upload = state;
    struct blob_facts facts;
    struct blob_writer *writer = upload->writer;

    upload->writer = NULL;
    TRY(blob_writer_finish(writer, &facts, err));
    memcpy(upload->file.sha256, facts.id.sha256, SHA256_BYTES);
    memcpy(upload->file.md5, facts.md5, MD5_BYTES);
    upload->file.size_bytes = facts.size_bytes;
    TRY(db_write(app->db, store_file, upload, err));
    http_add_header(call, STR("Access-Control-Allow-Origin"), STR("*"));
    buf_append_str(http_body(call), STR("{}"));
    return OK;
}

static void cancel_upload(void *state) {
    struct upload *upload = state;
    blob_writer_cancel(upload->writer);
}

const struct http_sink run_files_upload = { begin_upload, add_to_upload, end_upload, cancel_upload };

/* `wandb verify` asks whether a page of another origin could use the link. */
enum err_code run_files_answer_preflight(struct http_call *call, struct err *err) {
    (void)err;
    http_set_status(call, 204);
    http_add_header(call, STR("Access-Control-Allow-Origin"), STR("*"));
    http_add_header(call, STR("Access-Control-Allow-Methods"), STR("GET, HEAD, PUT"));
    http_add_header(call, STR("Access-Control-Allow-Headers"), STR("content-type, content-md5, range"));
    return OK;
}

/* ---- downloads ---- */

struct download {
    struct http_call *call;
    bool is_by_number;
    struct run_file *file;
};

static enum err_code find_file(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct http_call *call = download->call;
    struct identity *identity = http_identity(call);
    struct str path = call->params[download->is_by_number ? 1 : 3];
    struct run *run;
    if (download->is_by_number)
        TRY(find_by_number(tx, identity, call->params[0], CAN_READ, &run, err));
    else
        TRY(place_find_run(tx, identity, call->params[0], call->params[1], call->params[2], 0, CAN_READ, &run, err));
    return run_file_find(tx, run->id, path, call->arena, &download->file, err);
}

static enum err_code send(struct http_call *call, bool is_by_number, struct err *err) {
    struct app *app = call->app;
    struct download download = { .call = call, .is_by_number = is_by_number };
    struct blob_id id;
    uint64_t size_bytes;
    int fd;

    TRY(db_read(app->db, find_file, &download, err));
    memcpy(id.sha256, download.file->sha256, SHA256_BYTES);
    enum err_code code = blobs_read(app->blobs, &id, &fd, &size_bytes, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_CORRUPT, "the bytes of file %lld are missing", (long long)download.file->id);
    if (code != OK)
        return code;
    media_type_add_headers(call, download.file->path);
    http_add_header(call, STR("Cache-Control"), STR("private, no-cache"));
    struct str etag = arena_printf(call->arena, "\"%.*s\"", STR_ARG(hash_hex(id.sha256, SHA256_BYTES, call->arena)));
    http_send_file(call, fd, 0, size_bytes, etag);
    return OK;
}

enum err_code run_files_answer(struct http_call *call, struct err *err) {
    return send(call, false, err);
}

enum err_code run_files_answer_signed(struct http_call *call, struct err *err) {
    return send(call, true, err);
}
