/* artifact_links.c - see artifact_links.h. */
#include "server/api/artifacts/artifact_links.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/api/artifacts/artifact_access.h"
#include "server/api/node_id.h"
#include "server/api/projects/quota.h"
#include "server/api/runs/upload.h"
#include "server/store/accounts/entity.h"
#include "server/store/artifacts/artifact_file.h"

/* ---- links ---- */

static struct str file_path(int64_t artifact_id, struct str path, struct arena *arena) {
    return arena_printf(arena, "/signed/artifacts/%lld/files/%.*s", (long long)artifact_id, STR_ARG(path));
}

struct str artifact_links_file(const struct identity *identity, int64_t artifact_id, struct str path, struct arena *arena) {
    return link_signed(identity, LINK_GET, file_path(artifact_id, path, arena), arena);
}

struct str artifact_links_put_file(const struct identity *identity, int64_t artifact_id, struct str path, struct arena *arena) {
    return link_signed(identity, LINK_PUT, file_path(artifact_id, path, arena), arena);
}

struct str artifact_links_manifest(const struct identity *identity, int64_t artifact_id, struct arena *arena) {
    struct str path = arena_printf(arena, "/signed/artifacts/%lld/wandb_manifest.json", (long long)artifact_id);
    return link_signed(identity, LINK_GET, path, arena);
}

struct str artifact_links_put_manifest(const struct identity *identity, int64_t manifest_id, struct str name, struct arena *arena) {
    struct str path = arena_printf(arena, "/signed/manifests/%lld/%.*s", (long long)manifest_id, STR_ARG(name));
    return link_signed(identity, LINK_PUT, path, arena);
}

/* ---- what a link names ---- */

static enum err_code check_access(struct db_tx *tx, const struct http_call *call, struct artifact *artifact, enum who who, struct err *err) {
    enum err_code code = artifact_access_check(tx, http_identity(call), artifact, who, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such artifact") : code;
}

static enum err_code find_artifact(struct db_tx *tx, struct http_call *call, int64_t id, enum who who, struct artifact **out,
                                   struct err *err) {
    TRY(artifact_get(tx, id, call->arena, out, err));
    TRY(check_access(tx, call, *out, who, err));
    return (*out)->state == ARTIFACT_DELETED ? err_set(err, ERR_NOT_FOUND, "there is no such artifact") : OK;
}

static enum err_code read_number(struct str text, int64_t *out, struct err *err) {
    return str_to_i64(text, out) ? OK : err_set(err, ERR_NOT_FOUND, "there is no such artifact");
}

/* What was committed never changes: an old address takes nothing any more. */
static enum err_code find_draft(struct db_tx *tx, struct http_call *call, int64_t id, struct artifact **out, struct err *err) {
    TRY(find_artifact(tx, call, id, CAN_WRITE, out, err));
    return (*out)->state == ARTIFACT_PENDING ? OK : err_set(err, ERR_CONFLICT, "the artifact is committed and cannot be changed");
}

/* ---- uploads of files ---- */

static enum err_code find_target(struct db_tx *tx, struct upload *upload, struct artifact **out, struct err *err) {
    struct http_call *call = upload->call;
    const struct upload *before = upload->before;
    int64_t id;
    TRY(read_number(call->params[0], &id, err));
    if (before == NULL || !str_eq(before->call->params[0], call->params[0]))
        return find_draft(tx, call, id, out, err);
    *out = before->target; /* a draft; whether this caller may write to it is another question */
    return check_access(tx, call, *out, CAN_WRITE, err);
}

static enum err_code check_file(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    struct artifact *artifact;
    TRY(find_target(tx, upload, &artifact, err));
    upload->target = artifact;
    return quota_check(((struct app *)upload->call->app)->quota, &artifact->owner, err);
}

static enum err_code store_file(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    const struct artifact *artifact = upload->target;
    return artifact_upload_store(tx, artifact->id, upload->call->params[1], upload->facts.md5, upload->facts.id.sha256,
                                 (int64_t)upload->facts.size_bytes, clock_wall_ms(), err);
}

static enum err_code begin_file(struct http_call *call, void **state, struct err *err) {
    static const struct upload_kind kind = { check_file, store_file, NULL, false };
    if (!file_is_safe_path(call->params[1]))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a plain relative path", STR_ARG(str_slice(call->params[1], 0, 200)));
    return upload_begin_alike(call, &kind, state, err);
}

const struct http_sink artifact_links_upload_file = { begin_file, upload_add, upload_end, upload_cancel };

/* ---- uploads of manifests ---- */

static enum err_code check_manifest(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    struct artifact_manifest *manifest;
    struct artifact *artifact;
    int64_t id;
    TRY(read_number(upload->call->params[0], &id, err));
    TRY(artifact_manifest_get(tx, id, upload->call->arena, &manifest, err));
    TRY(find_draft(tx, upload->call, manifest->artifact_id, &artifact, err));
    upload->target = manifest;
    return OK;
}

static enum err_code store_manifest(struct db_tx *tx, void *context, struct err *err) {
    struct upload *upload = context;
    const struct artifact_manifest *manifest = upload->target;
    return artifact_manifest_store(tx, manifest->id, upload->facts.id.sha256, (int64_t)upload->facts.size_bytes, clock_wall_ms(), err);
}

static enum err_code begin_manifest(struct http_call *call, void **state, struct err *err) {
    static const struct upload_kind kind = { check_manifest, store_manifest, NULL, false };
    return upload_begin(call, &kind, state, err);
}

const struct http_sink artifact_links_upload_manifest = { begin_manifest, upload_add, upload_end, upload_cancel };

/* ---- downloads ---- */

struct download {
    struct http_call *call;
    unsigned char sha256[SHA256_BYTES];
    struct str name;
};

static enum err_code take_file(struct download *download, const struct artifact_file *file, struct err *err) {
    if (!file->has_blob)
        return err_set(err, ERR_NOT_FOUND, "'%.*s' is a reference: its bytes are not here", STR_ARG(str_slice(file->path, 0, 200)));
    memcpy(download->sha256, file->sha256, SHA256_BYTES);
    download->name = file->path;
    return OK;
}

static enum err_code find_file(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct http_call *call = download->call;
    struct artifact *artifact;
    struct artifact_file *file;
    int64_t id;
    TRY(read_number(call->params[0], &id, err));
    TRY(find_artifact(tx, call, id, CAN_READ, &artifact, err));
    TRY(artifact_file_find(tx, artifact->id, call->params[1], call->arena, &file, err));
    return take_file(download, file, err);
}

static enum err_code find_manifest(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct artifact *artifact;
    struct artifact_blob blob;
    int64_t id;
    TRY(read_number(download->call->params[0], &id, err));
    TRY(find_artifact(tx, download->call, id, CAN_READ, &artifact, err));
    TRY(artifact_manifest_blob_get(tx, artifact->id, &blob, err));
    memcpy(download->sha256, blob.sha256, SHA256_BYTES);
    download->name = STR("wandb_manifest.json");
    return OK;
}

static enum err_code no_such_artifact(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
}

struct md5_address {
    int64_t artifact_id;
    unsigned char md5[MD5_BYTES];
};

static enum err_code parse_md5_address(struct md5_address *out, struct http_call *call, struct str node_id, struct str hex, struct err *err) {
    bool is_one = hash_from_hex(hex, out->md5, MD5_BYTES) && node_id_parse(node_id, "Artifact", &out->artifact_id, call->arena);
    return is_one ? OK : no_such_artifact(err);
}

static enum err_code find_by_md5(struct db_tx *tx, struct download *download, const struct md5_address *address, struct err *err) {
    struct http_call *call = download->call;
    struct artifact *artifact;
    struct artifact_file *file;

    TRY(find_artifact(tx, call, address->artifact_id, CAN_READ, &artifact, err));
    struct str digest = hash_base64((struct str){ (const char *)address->md5, MD5_BYTES }, call->arena);
    TRY(artifact_file_find_by_digest(tx, artifact->id, digest, call->arena, &file, err));
    return take_file(download, file, err);
}

/* Whoever sees that project only through what is linked from it gets the bytes of just those versions. */
static enum err_code find_linked(struct db_tx *tx, struct http_call *call, int64_t project_id, const unsigned char md5[MD5_BYTES],
                                 struct artifact_file **out, struct err *err) {
    struct list holders;
    TRY(artifact_file_list_linked(tx, project_id, md5, call->arena, &holders, err));
    for (size_t i = 0; i < holders.count; i++) {
        const struct artifact_file *holder = holders.items[i];
        enum err_code code = access_check_in(tx, http_identity(call), &holder->owner, CAN_READ, err);
        if (code == OK)
            return artifact_file_find_by_digest(tx, holder->artifact_id, hash_base64((struct str){ (const char *)md5, MD5_BYTES }, call->arena),
                                                call->arena, out, err);
        if (code != ERR_NOT_FOUND)
            return code;
    }
    return no_such_artifact(err);
}

/* The address names the version that first held the bytes, not the one that is read: once that one is deleted, they are
 * whoever's of its project still holds them. */
static enum err_code find_by_birth(struct db_tx *tx, struct download *download, const struct md5_address *address, struct err *err) {
    struct http_call *call = download->call;
    struct artifact *birth;
    struct artifact_file *file;

    TRY(artifact_get_birth(tx, address->artifact_id, call->arena, &birth, err));
    const int64_t project_id = birth->owner.project_id;
    enum err_code code = access_check_in(tx, http_identity(call), &birth->owner, CAN_READ, err);
    if (code == ERR_NOT_FOUND)
        code = find_linked(tx, call, project_id, address->md5, &file, err);
    else if (code == OK && birth->state != ARTIFACT_DELETED)
        return find_by_md5(tx, download, address, err);
    else if (code == OK)
        code = artifact_file_find_in_project(tx, project_id, address->md5, call->arena, &file, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? no_such_artifact(err) : code;
    return take_file(download, file, err);
}

static enum err_code find_v2_short(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct md5_address address;
    TRY(parse_md5_address(&address, download->call, download->call->params[2], download->call->params[3], err));
    return find_by_birth(tx, download, &address, err);
}

/* rest: [artifactID/]birthArtifactID/md5/name. The version that is named first is the one whose right counts. */
static enum err_code find_v2(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct str rest = download->call->params[4], parts[4] = { { 0 } };
    struct md5_address address;
    size_t count = 0;

    while (count < 4 && str_cut(rest, '/', &parts[count], &rest))
        count++;
    if (count != 2 && count != 3)
        return no_such_artifact(err);
    TRY(parse_md5_address(&address, download->call, parts[0], parts[count - 1], err));
    return count == 2 ? find_by_birth(tx, download, &address, err) : find_by_md5(tx, download, &address, err);
}

/* The address says neither project nor version: any that the asker may read will do, what others hold does not count. */
static enum err_code find_v1(struct db_tx *tx, void *context, struct err *err) {
    struct download *download = context;
    struct http_call *call = download->call;
    unsigned char md5[MD5_BYTES];
    struct entity *entity;
    struct list projects;

    enum err_code code = entity_find(tx, call->params[0], call->arena, &entity, err);
    if (code == ERR_NOT_FOUND || !hash_from_hex(call->params[1], md5, MD5_BYTES))
        return no_such_artifact(err);
    TRY(code);
    TRY(project_blob_list_projects(tx, entity->owner.entity_id, md5, call->arena, &projects, err));
    for (size_t i = 0; i < projects.count; i++) {
        const struct owner *owner = projects.items[i];
        struct artifact_file *file;
        code = access_check_in(tx, http_identity(call), owner, CAN_READ, err);
        if (code == OK)
            code = artifact_file_find_in_project(tx, owner->project_id, md5, call->arena, &file, err);
        if (code != ERR_NOT_FOUND)
            return code == OK ? take_file(download, file, err) : code;
    }
    return no_such_artifact(err);
}

static enum err_code send(struct http_call *call, db_work *find, struct err *err) {
    struct app *app = call->app;
    struct download download = { .call = call };
    TRY(db_read(app->db, find, &download, err));
    return upload_send_blob(call, download.sha256, NULL, download.name, err);
}

enum err_code artifact_links_answer_file(struct http_call *call, struct err *err) {
    return send(call, find_file, err);
}

enum err_code artifact_links_answer_manifest(struct http_call *call, struct err *err) {
    return send(call, find_manifest, err);
}

enum err_code artifact_links_answer_v1(struct http_call *call, struct err *err) {
    return send(call, find_v1, err);
}

enum err_code artifact_links_answer_v2(struct http_call *call, struct err *err) {
    return send(call, find_v2, err);
}

enum err_code artifact_links_answer_v2_short(struct http_call *call, struct err *err) {
    return send(call, find_v2_short, err);
}
