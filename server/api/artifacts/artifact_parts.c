/* artifact_parts.c - see artifact_parts.h. */
#include "server/api/artifacts/artifact_parts.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/api/artifacts/arrived.h"
#include "server/api/artifacts/joiner.h"
#include "server/api/node_id.h"
#include "server/api/projects/quota.h"
#include "server/api/runs/upload.h"
#include "server/store/artifacts/artifact_file.h"

/* A file's path does not begin with a slash. */
struct str artifact_parts_name(struct str path, int64_t number, struct arena *arena) {
    return arena_printf(arena, "/part/%lld/%.*s", (long long)number, STR_ARG(path));
}

static enum err_code no_such_artifact(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
}

enum err_code artifact_parts_find_draft(struct db_tx *tx, struct identity *identity, int64_t id, struct artifact **out, struct err *err) {
    TRY(artifact_get(tx, id, identity->arena, out, err));
    enum err_code code = access_check_in(tx, identity, &(*out)->owner, CAN_WRITE, err);
    if (code == ERR_NOT_FOUND || (*out)->state == ARTIFACT_DELETED)
        return no_such_artifact(err);
    TRY(code);
    return (*out)->state == ARTIFACT_PENDING ? OK : err_set(err, ERR_CONFLICT, "the artifact is committed and cannot be changed");
}

/* ---- announcing ---- */

static int by_number(const void *a, const void *b) {
    int64_t x = (*(const struct announced_part *const *)a)->number, y = (*(const struct announced_part *const *)b)->number;
    return x < y ? -1 : x > y;
}

enum err_code artifact_parts_announce(const struct json_value *parts, struct owner owner, int64_t artifact_id, struct str path,
                                      struct arena *arena, const struct multipart_upload **out, struct err *err) {
    struct multipart_upload *upload;
    *out = NULL;
    if (parts == NULL || parts->type != JSON_TYPE_ARRAY || parts->array.count == 0)
        return OK;
    if (parts->array.count > ARTIFACT_PARTS_MAX)
        return err_set(err, ERR_BAD_INPUT, "a file is sent in at most %d parts, got %zu", ARTIFACT_PARTS_MAX, parts->array.count);
    upload = ARENA_NEW(arena, struct multipart_upload);
    *upload = (struct multipart_upload){ .owner = owner, .artifact_id = artifact_id, .path = path };
    for (size_t i = 0; i < parts->array.count; i++) {
        struct announced_part *part = ARENA_NEW(arena, struct announced_part);
        part->number = json_get_int(&parts->array.items[i], STR("partNumber"), 0);
        part->has_md5 = hash_from_hex(json_get_str(&parts->array.items[i], STR("hexMD5")), part->md5, MD5_BYTES);
        list_add(&upload->parts, part, arena);
    }
    qsort(upload->parts.items, upload->parts.count, sizeof(void *), by_number);
    for (size_t i = 0; i < upload->parts.count; i++)
        if (((const struct announced_part *)upload->parts.items[i])->number != (int64_t)i + 1)
            return err_set(err, ERR_BAD_INPUT, "the parts of '%.*s' must be numbered from 1 to %zu", STR_ARG(str_slice(path, 0, 200)),
                           upload->parts.count);
    *out = upload;
    return OK;
}

#define THE_UPLOAD ((const struct multipart_upload *)call->parent)

static enum err_code answer_upload_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Multipart", THE_UPLOAD->artifact_id, call->arena));
    return OK;
}

struct part_node {
    struct owner owner;
    const struct multipart_upload *upload;
    const struct announced_part *part;
};

static enum err_code answer_parts(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    for (size_t i = 0; i < THE_UPLOAD->parts.count; i++) {
        struct part_node *node = ARENA_NEW(call->arena, struct part_node);
        *node = (struct part_node){ THE_UPLOAD->owner, THE_UPLOAD, THE_UPLOAD->parts.items[i] };
        gql_list_add(call, node);
    }
    return OK;
}

static enum err_code answer_part_number(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, ((const struct part_node *)call->parent)->part->number);
    return OK;
}

/* The bucket's address where clients may go there; else one of ours. */
static enum err_code answer_part_url(struct gql_call *call, struct err *err) {
    const struct part_node *node = call->parent;
    const struct multipart_upload *upload = node->upload;
    struct arrived_file file = { .path = artifact_parts_name(upload->path, node->part->number, call->arena) };
    struct str path = arena_printf(call->arena, "/signed/parts/%lld/%lld-%zu/%.*s", (long long)upload->artifact_id, (long long)node->part->number,
                                   upload->parts.count, STR_ARG(upload->path));
    struct str url = { NULL, 0 };
    memcpy(file.md5, node->part->md5, MD5_BYTES);
    if (node->part->has_md5)
        TRY(arrived_address(gql_identity(call)->app, upload->artifact_id, &file, &url, call->arena, err));
    gql_str(call, url.ptr != NULL ? url : link_signed(gql_identity(call), LINK_PUT, path, call->arena));
    return OK;
}

static const struct gql_field urls_fields[] = {
    { "uploadID", "", "ID", CAN_READ, answer_upload_id, NULL },
    { "uploadUrlParts", "", "[UploadUrlPart!]", CAN_READ, answer_parts, NULL },
};
const struct gql_type upload_multipart_urls_type = GQL_TYPE("UploadMultipartUrls", urls_fields);
static const struct gql_field part_fields[] = {
    { "partNumber", "", "Int64", CAN_READ, answer_part_number, NULL },
    { "uploadUrl", "", "String", CAN_READ, answer_part_url, NULL },
};
const struct gql_type upload_url_part_type = GQL_TYPE("UploadUrlPart", part_fields);

/* ---- together they become the file ---- */

struct named_part {
    bool is_named;
    unsigned char md5[MD5_BYTES];
};

struct completing {
    struct gql_call *call;
    struct identity *identity;
    struct artifact *artifact;
    struct str path;
    size_t count;
    struct named_part *named; /* by the client; both in their order */
    struct joint_part *parts; /* gone once they are joined */
    bool has_looked;          /* in the bucket, for those that clients put there */
    struct arrived_file *missing;
    size_t missing_count;
    int64_t first_missing;
    struct blob_facts facts;
    bool is_joined; /* by an earlier request */
};

static enum err_code not_arrived(const struct completing *completing, int64_t number, struct err *err) {
    return err_set(err, ERR_BAD_INPUT, "part %lld of '%.*s' has not arrived with these bytes: send it again", (long long)number,
                   STR_ARG(str_slice(completing->path, 0, 200)));
}

static enum err_code read_part(struct completing *completing, const struct json_value *part, struct err *err) {
    int64_t number = json_get_int(part, STR("partNumber"), 0);
    struct str hex = json_get_str(part, STR("hexMD5"));
    if (hex.len >= 2 && hex.ptr[0] == '"' && hex.ptr[hex.len - 1] == '"')
        hex = str_slice(hex, 1, hex.len - 2);
    if (number < 1 || number > (int64_t)completing->count)
        return err_set(err, ERR_BAD_INPUT, "the parts of '%.*s' must be numbered from 1 to %zu", STR_ARG(str_slice(completing->path, 0, 200)),
                       completing->count);
    struct named_part *named = &completing->named[number - 1];
    if (named->is_named)
        return err_set(err, ERR_BAD_INPUT, "part %lld is named twice", (long long)number);
    named->is_named = true;
    return hash_from_hex(hex, named->md5, MD5_BYTES) ? OK : not_arrived(completing, number, err);
}

static enum err_code read_parts(struct completing *completing, struct err *err) {
    const struct json_value *parts = gql_input(completing->call, "completedParts");
    if (parts == NULL || parts->type != JSON_TYPE_ARRAY || parts->array.count == 0 || parts->array.count > ARTIFACT_PARTS_MAX)
        return err_set(err, ERR_BAD_INPUT, "completedParts must name 1 to %d parts", ARTIFACT_PARTS_MAX);
    completing->count = parts->array.count;
    completing->named = ARENA_ARRAY(completing->call->arena, struct named_part, completing->count);
    for (size_t i = 0; i < completing->count; i++)
        TRY(read_part(completing, &parts->array.items[i], err));
    return OK;
}

/* Under it the draft remembers what these parts became, when it has the parts themselves no longer: a client whose patience ends
 * while a large file is put together, or whose answer is lost, asks again, and again. */
static struct str whole_path(const struct completing *completing) {
    struct arena *arena = completing->call->arena;
    unsigned char digest[SHA256_BYTES];
    struct buf digests = BUF_INIT(ARTIFACT_PARTS_MAX * MD5_BYTES);
    for (size_t i = 0; i < completing->count; i++)
        buf_append(&digests, completing->named[i].md5, MD5_BYTES);
    hash_sha256(digest, buf_str(&digests));
    buf_finish(&digests);
    return arena_printf(arena, "/whole/%.*s/%.*s", STR_ARG(hash_hex(digest, SHA256_BYTES, arena)), STR_ARG(completing->path));
}

static enum err_code find_whole(struct db_tx *tx, struct completing *completing, struct err *err) {
    struct artifact_blob blob;
    enum err_code code = artifact_upload_get(tx, completing->artifact->id, whole_path(completing), completing->facts.md5, &blob, err);
    completing->is_joined = code == OK;
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    memcpy(completing->facts.id.sha256, blob.sha256, SHA256_BYTES);
    completing->facts.size_bytes = (uint64_t)blob.size_bytes;
    return OK;
}

static struct joiner_file file_of(const struct completing *completing) {
    return (struct joiner_file){ completing->artifact->id, completing->artifact->created_at, completing->path };
}

/* A part that is kept like a file came after the one that lies at its place, if there is one, and its md5 was computed. */
static enum err_code find_part(struct db_tx *tx, const struct completing *completing, struct str path, struct joint_part *part, struct err *err) {
    unsigned char md5[MD5_BYTES];
    struct artifact_blob blob;
    enum err_code code = part->is_placed ? artifact_upload_get(tx, completing->artifact->id, path, md5, &blob, err)
                                         : artifact_upload_find(tx, completing->artifact->id, path, part->md5, &blob, err);
    if (code == ERR_NOT_FOUND || (code == OK && part->is_placed && memcmp(md5, part->md5, MD5_BYTES) != 0))
        return OK;
    TRY(code);
    part->is_known = part->is_blob = true;
    part->is_placed = false;
    memcpy(part->id.sha256, blob.sha256, SHA256_BYTES);
    return OK;
}

static enum err_code find_parts(struct db_tx *tx, struct completing *completing, struct err *err) {
    struct arena *arena = completing->call->arena;
    struct joiner_file file = file_of(completing);
    completing->parts = ARENA_ARRAY(arena, struct joint_part, completing->count);
    completing->missing = ARENA_ARRAY(arena, struct arrived_file, completing->count);
    completing->missing_count = 0;
    for (size_t i = 0; i < completing->count; i++)
        memcpy(completing->parts[i].md5, completing->named[i].md5, MD5_BYTES);
    joiner_find_placed(completing->identity->app->joiner, &file, completing->parts, completing->count);
    for (size_t i = 0; i < completing->count; i++) {
        struct arrived_file *missing = &completing->missing[completing->missing_count];
        missing->path = artifact_parts_name(completing->path, (int64_t)i + 1, arena);
        memcpy(missing->md5, completing->named[i].md5, MD5_BYTES);
        TRY(find_part(tx, completing, missing->path, &completing->parts[i], err));
        if (!completing->parts[i].is_known && completing->missing_count++ == 0)
            completing->first_missing = (int64_t)i + 1;
    }
    return OK;
}

static enum err_code find(struct db_tx *tx, void *context, struct err *err) {
    struct completing *completing = context;
    int64_t id;
    if (!node_id_parse(gql_input_str(completing->call, "artifactID"), "Artifact", &id, completing->call->arena))
        return no_such_artifact(err);
    TRY(artifact_parts_find_draft(tx, completing->identity, id, &completing->artifact, err));
    TRY(quota_check(completing->identity->app->quota, &completing->artifact->owner, err));
    completing->path = gql_input_str(completing->call, "storagePath");
    if (!file_is_safe_path(completing->path))
        return err_set(err, ERR_BAD_INPUT, "storagePath is not that of an announced file");
    TRY(read_parts(completing, err));
    TRY(find_parts(tx, completing, err)); /* those that were sent since an earlier request count more than what that one made */
    if (completing->missing_count == 0)
        return OK;
    TRY(find_whole(tx, completing, err));
    if (completing->is_joined || (arrived_is_possible(completing->identity->app) && !completing->has_looked))
        return OK;
    return not_arrived(completing, completing->first_missing, err);
}

/* What clients put into the bucket themselves is the draft's from here on. */
static enum err_code take_arrived(struct completing *completing, struct err *err) {
    completing->has_looked = true;
    TRY(arrived_take(completing->identity, completing->artifact, completing->missing, completing->missing_count, err));
    return db_read(completing->identity->app->db, find, completing, err);
}

/* Waits when it is being put together: the question is asked again then. */
static enum err_code join(struct completing *completing, struct err *err) {
    struct identity *identity = completing->identity;
    bool is_pending;
    struct joiner_file file = file_of(completing);
    TRY(joiner_ask(identity->app->joiner, &file, completing->parts, completing->count, &completing->facts, &is_pending, err));
    if (!is_pending)
        return OK;
    identity->awaits = ARENA_NEW(identity->arena, struct joiner_waiter);
    *identity->awaits = (struct joiner_waiter){ .artifact_id = completing->artifact->id, .path = completing->path };
    return err_set(err, ERR_CONFLICT, "the file is being put together of its parts"); /* for nobody: no failure to log */
}

/* The whole is durable: the parts would only take as much room once more, until the draft is committed and long after. */
static enum err_code let_parts_go(struct db_tx *tx, const struct completing *completing, struct err *err) {
    for (size_t i = 0; !completing->is_joined && i < completing->count; i++) {
        struct str path = artifact_parts_name(completing->path, (int64_t)i + 1, completing->call->arena);
        if (completing->parts[i].is_blob)
            TRY(artifact_upload_let_go(tx, completing->artifact->id, path, completing->parts[i].id.sha256, err));
    }
    return OK;
}

static enum err_code store_whole(struct db_tx *tx, void *context, struct err *err) {
    struct completing *completing = context;
    TRY(artifact_parts_find_draft(tx, completing->identity, completing->artifact->id, &completing->artifact, err));
    TRY(upload_check_stored(tx, completing->identity->app, &completing->facts.id, err));
    const struct str paths[] = { completing->path, whole_path(completing) };
    for (size_t i = 0; i < 2; i++)
        TRY(artifact_upload_store(tx, completing->artifact->id, paths[i], completing->facts.md5, completing->facts.id.sha256,
                                  (int64_t)completing->facts.size_bytes, clock_wall_ms(), err));
    return let_parts_go(tx, completing, err);
}

/* While it was stored a collector may have taken it for garbage: the next one who asks has it made again. */
static enum err_code store(struct completing *completing, struct err *err) {
    struct app *app = completing->identity->app;
    struct joiner_file file = file_of(completing);
    enum err_code code = db_write(app->db, store_whole, completing, err);
    if (code == OK)
        joiner_forget(app->joiner, &file);
    else if (code == ERR_BUSY)
        joiner_doubt(app->joiner, &file);
    return code;
}

struct payload {
    struct owner owner;
    struct str digest;
};

enum err_code artifact_parts_answer_complete(struct gql_call *call, struct err *err) {
    struct completing completing = { .call = call, .identity = gql_identity(call) };
    struct payload *payload = ARENA_NEW(call->arena, struct payload);
    struct db *db = completing.identity->app->db;
    if (!str_eq_c(gql_input_str(call, "completeMultipartAction"), "Complete"))
        return err_set(err, ERR_BAD_INPUT, "completeMultipartAction must be Complete: parts that are not wanted go with their draft");
    TRY(db_read(db, find, &completing, err));
    if (!completing.is_joined && completing.missing_count > 0)
        TRY(take_arrived(&completing, err));
    if (!completing.is_joined)
        TRY(join(&completing, err));
    TRY(store(&completing, err));
    payload->owner = completing.artifact->owner;
    payload->digest = hash_base64((struct str){ (const char *)completing.facts.md5, MD5_BYTES }, call->arena);
    gql_object(call, payload);
    return OK;
}

static enum err_code answer_digest(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct payload *)call->parent)->digest);
    return OK;
}

static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static const struct gql_field complete_fields[] = {
    { "clientMutationId", "", "String", CAN_READ, answer_nothing, NULL },
    { "digest", "", "String", CAN_READ, answer_digest, "The whole file's md5, in base64." },
};
const struct gql_type complete_multipart_upload_artifact_payload_type = GQL_TYPE("CompleteMultipartUploadArtifactPayload", complete_fields);
