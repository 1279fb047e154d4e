/* run_files.c - see run_files.h. */
#include "server/api/runs/run_files.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/api/place.h"
#include "server/api/projects/quota.h"
#include "server/api/runs/upload.h"

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

/* The link names the run by its number: whoever held the right when the link was made may put, as long as the run is
 * there and the right is. */
static enum err_code find_by_number(struct db_tx *tx, struct http_call *call, enum who who, struct run **run, struct err *err) {
    struct identity *identity = http_identity(call);
    int64_t id;
    if (!str_to_i64(call->params[0], &id))
        return err_set(err, ERR_NOT_FOUND, "run not found");
    TRY(run_find_by_id(tx, id, 0, identity->arena, run, err));
    return access_check_in(tx, identity, &(*run)->owner, who, err);
}

static enum err_code check_upload(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    struct run *run;
    TRY(find_by_number(tx, upload->call, CAN_WRITE, &run, err));
    upload->target = run;
    return quota_check(((struct app *)upload->call->app)->quota, &run->owner, err);
}

static enum err_code store_file(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    const struct run *run = upload->target;
    struct run_file file = { .path = upload->call->params[1], .size_bytes = upload->facts.size_bytes };
    int64_t now_ms = clock_wall_ms();

    memcpy(file.sha256, upload->facts.id.sha256, SHA256_BYTES);
    memcpy(file.md5, upload->facts.md5, MD5_BYTES);
    TRY(run_file_store(tx, run->id, &file, now_ms, err));
    return run_touch(tx, run->id, now_ms, err);
}

static enum err_code begin_upload(struct http_call *call, void **state, struct err *err) {
    static const struct upload_kind kind = { check_upload, store_file, NULL, true };
    if (!file_is_safe_path(call->params[1]))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a plain relative path", STR_ARG(str_slice(call->params[1], 0, 200)));
    return upload_begin(call, &kind, state, err);
}

const struct http_sink run_files_upload = { begin_upload, upload_add, upload_end, upload_cancel };

/* ---- downloads ---- */

struct download {
    struct http_call *call;
    struct run_file *file;
};

static enum err_code find_by_names(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct http_call *call = download->call;
    struct run *run;
    TRY(place_find_run(tx, http_identity(call), call->params[0], call->params[1], call->params[2], 0, CAN_READ, &run, err));
    return run_file_find(tx, run->id, call->params[3], call->arena, &download->file, err);
}

static enum err_code find_by_link(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct http_call *call = download->call;
    struct run *run;
    TRY(find_by_number(tx, call, CAN_READ, &run, err));
    return run_file_find(tx, run->id, call->params[1], call->arena, &download->file, err);
}

static enum err_code send(struct http_call *call, db_work *find, struct err *err) {
    struct app *app = call->app;
    struct download download = { .call = call };
    TRY(db_read(app->db, find, &download, err));
    return upload_send_blob(call, download.file->sha256, download.file->md5, download.file->path, err);
}

enum err_code run_files_answer(struct http_call *call, struct err *err) {
    return send(call, find_by_names, err);
}

enum err_code run_files_answer_signed(struct http_call *call, struct err *err) {
    return send(call, find_by_link, err);
}
