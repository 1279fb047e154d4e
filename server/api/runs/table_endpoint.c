/* table_endpoint.c - see table_endpoint.h. */
#include "server/api/runs/table_endpoint.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "server/api/artifacts/artifact_access.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/runs/table_columns.h"
#include "server/blobs/blobs.h"
#include "server/store/artifacts/artifact_file.h"
#include "server/store/runs/run_file.h"

#include <unistd.h>

enum { TIME_MAX_MS = 60 * 1000, FILE_MAX_BYTES = 128 << 20 };

struct table_request {
    struct http_call *call;
    const struct json_value *document;
    struct str path;
    struct blob_id blob;
};

/* ---- finding the file ---- */

static enum err_code find_in_artifact(struct db_tx *tx, struct table_request *request, struct err *err) {
    struct http_call *call = request->call;
    struct artifact *artifact;
    struct artifact_file *file;
    int64_t id;
    if (!node_id_parse(json_get_str(request->document, STR("artifact")), "Artifact", &id, call->arena))
        return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
    TRY(artifact_get(tx, id, call->arena, &artifact, err));
    TRY(artifact_access_check(tx, http_identity(call), artifact, CAN_READ, err));
    if (artifact->state == ARTIFACT_DELETED)
        return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
    TRY(artifact_file_find(tx, artifact->id, request->path, call->arena, &file, err));
    if (!file->has_blob)
        return err_set(err, ERR_NOT_FOUND, "that is a reference: its bytes are not here");
    memcpy(request->blob.sha256, file->sha256, SHA256_BYTES);
    return OK;
}

static enum err_code find_in_run(struct db_tx *tx, struct table_request *request, struct err *err) {
    struct http_call *call = request->call;
    struct run *run;
    struct run_file *file;
    TRY(place_find_run(tx, http_identity(call), json_get_str(request->document, STR("entity")),
                       json_get_str(request->document, STR("project")), json_get_str(request->document, STR("run")), 0, CAN_READ, &run, err));
    TRY(run_file_find(tx, run->id, request->path, call->arena, &file, err));
    memcpy(request->blob.sha256, file->sha256, SHA256_BYTES);
    return OK;
}

static enum err_code find_file(struct db_tx *tx, void *context, struct err *err) {
    struct table_request *request = context;
    bool is_of_artifact = json_get(request->document, STR("artifact")) != NULL;
    return is_of_artifact ? find_in_artifact(tx, request, err) : find_in_run(tx, request, err);
}

/* ---- answering ---- */

static enum err_code read_file(const struct table_request *request, struct arena *arena, struct str *out, struct err *err) {
    struct app *app = request->call->app;
    uint64_t size_bytes;
    int fd;
    TRY(blobs_read(app->blobs, &request->blob, &fd, &size_bytes, err));
    enum err_code code = OK;
    if (size_bytes > FILE_MAX_BYTES) {
        code = err_set(err, ERR_TOO_LARGE, "the table is larger than %d bytes; fetch its file", FILE_MAX_BYTES);
    } else {
        char *text = arena_alloc(arena, size_bytes + 1);
        code = file_read_at(fd, text, size_bytes, 0, "a table", err);
        *out = (struct str){ text, size_bytes };
    }
    (void)close(fd);
    return code;
}

static enum err_code answer(const struct table_request *request, struct arena *arena, struct err *err) {
    struct str json;
    TRY(read_file(request, arena, &json, err));
    return table_columns_write(json, clock_mono_ms() + TIME_MAX_MS, http_body(request->call), arena, err);
}

enum err_code table_answer_columns(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct table_request request = { .call = call };
    struct json_value *document;
    TRY(json_parse(&document, call->body, JSON_STRICT, call->arena, err));
    request.document = document;
    request.path = json_get_str(document, STR("path"));
    if (request.path.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "'path' must name the table's file");
    TRY(db_read(app->db, find_file, &request, err));
    struct arena *arena = arena_create();
    enum err_code code = answer(&request, arena, err);
    arena_destroy(arena);
    if (code == OK)
        http_set_type(call, STR("application/vnd.apache.arrow.stream"));
    return code;
}
