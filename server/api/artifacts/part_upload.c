/* part_upload.c - a part of a large file arrives: at its place in the file where it has one, otherwise like any upload. */
#include "base/clock.h"
#include "base/file.h"
#include "server/api/artifacts/artifact_parts.h"
#include "server/api/artifacts/joiner.h"
#include "server/api/projects/quota.h"
#include "server/api/runs/upload.h"
#include "server/store/artifacts/artifact_file.h"

#include <stddef.h>

struct part_target {
    int64_t artifact_id, number, count; /* count 0: an address of before, which does not tell it */
    struct str path;
};

struct part_upload {
    struct http_call *call;
    struct app *app;
    struct part_target target;
    struct artifact *artifact;
    void *elsewhere; /* the state of an upload like any other; NULL: it has a place */
    struct gather_place *place;
    struct hash_stream *md5; /* NULL: the client told it */
    struct settling settling;
};

static enum err_code parse_target(const struct http_call *call, struct part_target *target, struct err *err) {
    struct str number = call->params[1], count;
    bool has_count = str_cut(call->params[1], '-', &number, &count);
    *target = (struct part_target){ .path = call->params[2] };
    if (file_is_safe_path(target->path) && str_to_i64(call->params[0], &target->artifact_id) && str_to_i64(number, &target->number) &&
        target->number >= 1 && target->number <= ARTIFACT_PARTS_MAX && (!has_count || str_to_i64(count, &target->count)) &&
        target->count >= 0 && target->count <= ARTIFACT_PARTS_MAX)
        return OK;
    return err_set(err, ERR_BAD_INPUT, "there is no such part");
}

/* ---- like any upload ---- */

static enum err_code check_part(struct db_tx *tx, struct http_call *call, struct artifact **out, struct err *err) {
    struct part_target target;
    TRY(parse_target(call, &target, err));
    TRY(artifact_parts_find_draft(tx, http_identity(call), target.artifact_id, out, err));
    return quota_check(((struct app *)call->app)->quota, &(*out)->owner, err);
}

static enum err_code check_upload(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    struct artifact *artifact;
    TRY(check_part(tx, upload->call, &artifact, err));
    upload->target = artifact;
    return OK;
}

static enum err_code store_upload(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    const struct artifact *artifact = upload->target;
    struct part_target target;
    TRY(parse_target(upload->call, &target, err));
    return artifact_upload_store(tx, artifact->id, artifact_parts_name(target.path, target.number, upload->call->arena), upload->facts.md5,
                                 upload->facts.id.sha256, (int64_t)upload->facts.size_bytes, clock_wall_ms(), err);
}

static void answer(struct http_call *call, const struct artifact *artifact, const struct part_target *target, const struct joint_part *part) {
    struct joiner_file file = { artifact->id, artifact->created_at, target->path };
    joiner_note_part(((struct app *)call->app)->joiner, &file, (size_t)target->number, part);
    http_add_header(call, STR("ETag"), arena_printf(call->arena, "\"%.*s\"", STR_ARG(hash_hex(part->md5, MD5_BYTES, call->arena))));
}

static void answer_upload(struct upload *upload) {
    struct joint_part part = { .is_blob = true, .id = upload->facts.id };
    struct part_target target;
    struct err ignored;
    memcpy(part.md5, upload->facts.md5, MD5_BYTES);
    if (parse_target(upload->call, &target, &ignored) == OK)
        answer(upload->call, upload->target, &target, &part);
}

/* ---- at its place ---- */

static enum err_code check_draft(struct db_tx *tx, void *context, struct err *err) {
    struct part_upload *part = context;
    return check_part(tx, part->call, &part->artifact, err);
}

/* How many bytes will arrive; 0: not known before they are there. */
static uint64_t announced_bytes(const struct http_call *call) {
    uint64_t size_bytes;
    if (http_header(call, STR("Content-Encoding")).len > 0 || !str_to_u64(http_header(call, STR("Content-Length")), &size_bytes))
        return 0;
    return size_bytes;
}

/* A part is known by its md5. Where the client tells that, nobody computes it once more: what is held against the manifest is the
 * whole file's, and the part's is a third of all that a large file costs. */
static void name_part(struct part_upload *part) {
    struct str md5;
    bool is_told = hash_from_base64(http_header(part->call, STR("Content-MD5")), &md5, part->call->arena) && md5.len == MD5_BYTES;
    if (is_told)
        memcpy(part->settling.arrival.md5, md5.ptr, MD5_BYTES);
    else
        part->md5 = hash_stream_create_md5();
}

static enum err_code find_place(struct part_upload *part, struct err *err) {
    const struct part_target *target = &part->target;
    uint64_t size_bytes = announced_bytes(part->call);
    if (target->count == 0 || size_bytes == 0)
        return OK;
    if (part->app->is_disk_low)
        return err_set(err, ERR_FULL, "the server's disk is nearly full");
    TRY(db_read(part->app->db, check_draft, part, err));
    struct joiner_file file = { target->artifact_id, part->artifact->created_at, target->path };
    part->place = joiner_claim(part->app->joiner, &file, (size_t)target->number, (size_t)target->count, size_bytes);
    if (part->place != NULL)
        name_part(part);
    return OK;
}

static enum err_code begin_part(struct http_call *call, void **state, struct err *err) {
    static const struct upload_kind kind = { .check = check_upload, .store = store_upload, .answer = answer_upload };
    struct part_upload *part = ARENA_NEW(call->arena, struct part_upload);
    *part = (struct part_upload){ .call = call, .app = call->app };
    TRY(parse_target(call, &part->target, err));
    TRY(find_place(part, err));
    *state = part;
    return part->place != NULL ? OK : upload_begin(call, &kind, &part->elsewhere, err);
}

static enum err_code add_part(struct http_call *call, void *state, struct str bytes, struct err *err) {
    struct part_upload *part = state;
    if (part->place == NULL)
        return upload_add(call, part->elsewhere, bytes, err);
    if (part->md5 != NULL)
        hash_stream_add(part->md5, bytes);
    return gather_place_add(part->place, bytes, err);
}

static void settled(struct settling *item, enum err_code code, const struct err *err) {
    struct part_upload *upload = (struct part_upload *)(void *)((char *)item - offsetof(struct part_upload, settling));
    struct joint_part part = { .is_placed = true };
    memcpy(part.md5, item->arrival.md5, MD5_BYTES);
    if (code == OK) {
        http_add_header(upload->call, STR("Access-Control-Allow-Origin"), STR("*"));
        answer(upload->call, upload->artifact, &upload->target, &part);
    }
    http_complete(upload->call, code, err);
}

static enum err_code end_part(struct http_call *call, void *state, struct err *err) {
    struct part_upload *part = state;
    if (part->place == NULL)
        return upload_end(call, part->elsewhere, err);
    if (part->md5 != NULL)
        hash_stream_end(part->md5, NULL, part->settling.arrival.md5);
    hash_stream_destroy(part->md5);
    http_defer(call);
    part->settling.arrival.place = part->place;
    part->settling.done = settled;
    joiner_settle(part->app->joiner, &part->settling);
    return OK;
}

static void cancel_part(void *state) {
    struct part_upload *part = state;
    if (part->place == NULL) {
        upload_cancel(part->elsewhere);
        return;
    }
    hash_stream_destroy(part->md5);
    gather_place_give_up(part->place);
}

const struct http_sink artifact_parts_upload = { begin_part, add_part, end_part, cancel_part };
