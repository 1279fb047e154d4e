/* file_type.c - see file_type.h. */
#include "server/api/runs/file_type.h"

#include "base/file.h"
#include "base/map.h"
#include "server/api/artifacts/artifact_links.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/api/runs/media_type.h"
#include "server/api/runs/run_files.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 10000, LIKE_MAX_BYTES = 1000 };

static struct str base64_of(const unsigned char *bytes, size_t size_bytes, struct arena *arena) {
    return hash_base64((struct str){ (const char *)bytes, size_bytes }, arena);
}

struct file_node *file_node_of_run(const struct identity *identity, const struct run *run, const struct run_file *file,
                                   bool wants_upload, struct arena *arena) {
    struct file_node *node = ARENA_NEW(arena, struct file_node);
    node->owner = run->owner;
    node->name = file->path;
    node->id = file->id != 0 ? node_id_make("RunFile", file->id, arena) : (struct str){ 0 };
    node->url = run_files_link(identity, run, file->path, arena);
    node->direct_url = run_files_direct_link(identity, run->id, file->path, arena);
    if (wants_upload)
        node->upload_url = run_files_upload_link(identity, run->id, file->path, arena);
    node->storage_path = file->path;
    if (file->is_uploaded) {
        node->md5 = base64_of(file->md5, MD5_BYTES, arena);
        node->digest = node->md5;
    }
    node->size_bytes = (int64_t)file->size_bytes;
    node->updated_at = file->is_uploaded ? file->uploaded_at : file->announced_at;
    return node;
}

struct file_node *file_node_of_artifact(const struct identity *identity, const struct artifact *artifact,
                                        const struct artifact_file *file, struct arena *arena) {
    struct file_node *node = ARENA_NEW(arena, struct file_node);
    node->owner = artifact->owner;
    node->name = file->path;
    node->id = hash_base64(arena_printf(arena, "ArtifactFile:%lld:%.*s", (long long)artifact->id, STR_ARG(file->path)), arena);
    /* The client asks for an address of references too, and does not use it. */
    node->direct_url = file->has_blob ? artifact_links_file(identity, artifact->id, file->path, arena) : file->ref;
    node->url = node->direct_url;
    node->storage_path = file->path;
    node->md5 = file->digest;
    node->digest = file->digest;
    node->size_bytes = file->size_bytes;
    node->updated_at = artifact->committed_at;
    return node;
}

/* ---- File ---- */

#define DEFINE_TEXT(function, member)                                                                                    \
    static enum err_code function(struct gql_call *call, struct err *err) {                                              \
        (void)err;                                                                                                       \
        gql_str(call, ((const struct file_node *)call->parent)->member);                                                 \
        return OK;                                                                                                       \
    }
DEFINE_TEXT(answer_digest, digest)
DEFINE_TEXT(answer_md5, md5)
DEFINE_TEXT(answer_name, name)
DEFINE_TEXT(answer_storage_path, storage_path)

static struct str url_of_draft(const struct gql_call *call) {
    const struct file_node *node = call->parent;
    return artifact_links_file(gql_identity(call), node->draft_id, node->name, call->arena);
}

static enum err_code answer_direct_url(struct gql_call *call, struct err *err) {
    const struct file_node *node = call->parent;
    (void)err;
    gql_str(call, node->draft_id != 0 ? url_of_draft(call) : node->direct_url);
    return OK;
}

READING_RESOLVER(read_artifact) {
    const struct file_node *node = call->parent;
    struct artifact *artifact;
    TRY(artifact_get_birth(tx, node->artifact_id, call->arena, &artifact, err));
    gql_object(call, artifact);
    return OK;
}

static enum err_code answer_artifact(struct gql_call *call, struct err *err) {
    const struct file_node *node = call->parent;
    if (node->artifact_id == 0)
        return OK;
    if (node->artifact == NULL)
        return read_artifact(call, err);
    gql_object(call, node->artifact);
    return OK;
}

static enum err_code answer_upload_url(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct file_node *)call->parent)->upload_url);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    const struct file_node *node = call->parent;
    (void)err;
    gql_str(call, node->id.ptr != NULL ? node->id : hash_base64(arena_printf(call->arena, "File:%.*s", STR_ARG(node->name)), call->arena));
    return OK;
}

static enum err_code answer_mimetype(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, media_type_of(((const struct file_node *)call->parent)->name));
    return OK;
}

static enum err_code answer_size_bytes(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, ((const struct file_node *)call->parent)->size_bytes);
    return OK;
}

static enum err_code answer_updated_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, ((const struct file_node *)call->parent)->updated_at);
    return OK;
}

static enum err_code answer_upload_headers(struct gql_call *call, struct err *err) {
    (void)err;
    json_array_begin(call->out);
    json_array_end(call->out);
    return OK;
}

/* A bucket holds what arrives against it. */
static enum err_code answer_own_upload_headers(struct gql_call *call, struct err *err) {
    const struct file_node *node = call->parent;
    (void)err;
    json_array_begin(call->out);
    if (node->is_direct)
        json_string(call->out, arena_printf(call->arena, "Content-MD5:%.*s", STR_ARG(node->md5)));
    json_array_end(call->out);
    return OK;
}

/* With upload: true, where the bytes are to be put: for clients that know no createRunFiles. */
static enum err_code answer_url(struct gql_call *call, struct err *err) {
    const struct file_node *node = call->parent;
    (void)err;
    if (gql_arg_bool(call, "upload", false) && node->upload_url.ptr != NULL)
        gql_str(call, node->upload_url);
    else
        gql_str(call, node->draft_id != 0 ? url_of_draft(call) : node->url);
    return OK;
}

static enum err_code answer_multipart(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct file_node *)call->parent)->parts);
    return OK;
}

static const struct gql_field file_fields[] = {
    { "artifact", "", "Artifact", CAN_READ, answer_artifact, NULL },
    { "digest", "", "String", CAN_READ, answer_digest, NULL },
    { "directUrl", "", "String!", CAN_READ, answer_direct_url, "An address that needs no credentials for a day." },
    { "displayName", "", "String!", CAN_READ, answer_name, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "md5", "", "String", CAN_READ, answer_md5, "In base64." },
    { "mimetype", "", "String", CAN_READ, answer_mimetype, NULL },
    { "name", "", "String!", CAN_READ, answer_name, NULL },
    { "sizeBytes", "", "Int64!", CAN_READ, answer_size_bytes, NULL },
    { "storagePath", "", "String", CAN_READ, answer_storage_path, NULL },
    { "updatedAt", "", "DateTime", CAN_READ, answer_updated_at, NULL },
    { "uploadHeaders", "", "[String!]", CAN_READ, answer_own_upload_headers, NULL },
    { "uploadMultipartUrls", "", "UploadMultipartUrls", CAN_READ, answer_multipart,
      "Null unless parts were asked for: any size is taken in one put, too." },
    { "uploadUrl", "", "String", CAN_WRITE, answer_upload_url, NULL },
    { "url", "upload: Boolean", "String", CAN_READ, answer_url, NULL },
};
const struct gql_type file_type = GQL_TYPE("File", file_fields);

static const struct gql_field connection_fields[] = {
    { "edges", "", "[FileEdge!]!", CAN_READ, connection_answer_edges, NULL },
    { "pageInfo", "", "PageInfo!", CAN_READ, connection_answer_page_info, NULL },
    { "totalCount", "", "Int!", CAN_READ, connection_answer_total_count, NULL },
    { "uploadHeaders", "", "[String!]", CAN_READ, answer_upload_headers, NULL },
};
const struct gql_type file_connection_type = GQL_TYPE("FileConnection", connection_fields);

static const struct gql_field edge_fields[] = {
    { "cursor", "", "String!", CAN_READ, connection_answer_cursor, NULL },
    { "node", "", "File", CAN_READ, connection_answer_node, NULL },
};
const struct gql_type file_edge_type = GQL_TYPE("FileEdge", edge_fields);

/* ---- files of runs ---- */

/* "./a.txt" is "a.txt": `wandb verify` asks for what it saved under such a name. */
static struct str without_dots(struct str name) {
    while (name.len > 2 && name.ptr[0] == '.' && name.ptr[1] == '/')
        name = str_from(name, 2);
    return name;
}

void file_type_read_names(const struct json_value *value, struct str **names, size_t *count, struct arena *arena) {
    *count = 0;
    *names = NULL;
    if (value == NULL || value->type != JSON_TYPE_ARRAY)
        return;
    *names = ARENA_ARRAY(arena, struct str, value->array.count);
    for (size_t i = 0; i < value->array.count; i++)
        if (value->array.items[i].type == JSON_TYPE_STRING)
            (*names)[(*count)++] = without_dots(value->array.items[i].string);
}

/* For clients that know no createRunFiles: one edge per asked name, whether the file is there or not. */
static enum err_code list_for_upload(struct gql_call *call, struct db_tx *tx, const struct run_file_query *query,
                                     struct connection *connection, struct err *err) {
    const struct run *run = call->parent;
    TRY(access_check_in(tx, gql_identity(call), &run->owner, CAN_WRITE, err));
    for (size_t i = 0; i < query->path_count; i++) {
        struct run_file missing = { .path = query->paths[i] }, *file = &missing;
        if (!file_is_safe_path(missing.path))
            return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a plain relative path", STR_ARG(str_slice(missing.path, 0, 200)));
        enum err_code code = run_file_find(tx, run->id, missing.path, call->arena, &file, err);
        if (code != OK && code != ERR_NOT_FOUND)
            return code;
        if (code == ERR_NOT_FOUND)
            file = &missing;
        connection_add(connection, file_node_of_run(gql_identity(call), run, file, true, call->arena), NULL, file->path, call->arena);
    }
    return OK;
}

/* To those who ask for the digest, a name that is not there is answered too, with a digest of "0" and no time: the official
 * clients take the first of the list without looking, and tell by these that it is missing. */
static void add_missing(struct gql_call *call, const struct run_file_query *query, const struct list *found, struct connection *connection) {
    const struct run *run = call->parent;
    struct map *names = map_create(NULL);
    for (size_t i = 0; i < found->count; i++)
        map_put(names, ((struct run_file *)found->items[i])->path, found->items[i]);
    for (size_t i = 0; i < query->path_count; i++) {
        struct run_file missing = { .path = query->paths[i] };
        struct file_node *node;
        if (map_find(names, missing.path) != NULL)
            continue;
        node = file_node_of_run(gql_identity(call), run, &missing, false, call->arena);
        node->md5 = node->digest = STR("0");
        connection_add(connection, node, NULL, missing.path, call->arena);
    }
    map_destroy(names);
}

static enum err_code list_files(struct gql_call *call, struct db_tx *tx, struct run_file_query *query, size_t first,
                                struct connection *connection, struct err *err) {
    const struct run *run = call->parent;
    struct list files;
    query->limit = first + 1;
    TRY(run_file_list(tx, run->id, query, call->arena, &files, err));
    connection->page_info.has_next = files.count > first;
    for (size_t i = 0; i < files.count && i < first; i++) {
        const struct run_file *file = files.items[i];
        connection_add(connection, file_node_of_run(gql_identity(call), run, file, true, call->arena), NULL, file->path, call->arena);
    }
    if (!connection->page_info.has_next && query->after.ptr == NULL && gql_selects(call, "edges.node.md5"))
        add_missing(call, query, &files, connection);
    return OK;
}

static enum err_code run_files_in(struct db_tx *tx, void *context, struct err *err) {
    struct gql_call *call = context;
    const struct run *run = call->parent;
    struct connection *connection = connection_create(run->owner, call->arena);
    struct run_file_query query = { .after = gql_arg_str(call, "after"), .like = gql_arg_str(call, "pattern") };
    struct str *names;
    int64_t uploaded = 0, pending = 0, size_bytes = 0;

    file_type_read_names(gql_arg(call, "names"), &names, &query.path_count, call->arena);
    query.paths = names;
    if (query.like.len > LIKE_MAX_BYTES)
        return err_set(err, ERR_BAD_INPUT, "the pattern is longer than %d bytes", LIKE_MAX_BYTES);
    if (query.path_count > 0 && gql_selects(call, "uploadHeaders"))
        TRY(list_for_upload(call, tx, &query, connection, err));
    else
        TRY(list_files(call, tx, &query, (size_t)connection_first(call, PAGE_DEFAULT, PAGE_MAX), connection, err));
    TRY(run_file_count(tx, run->id, &uploaded, &pending, &size_bytes, err));
    connection->total_count = uploaded;
    gql_object(call, connection);
    return OK;
}

enum err_code file_type_answer_run_files(struct gql_call *call, struct err *err) {
    return db_read(gql_identity(call)->app->db, run_files_in, call, err);
}

static enum err_code run_file_count_in(struct db_tx *tx, void *context, struct err *err) {
    struct gql_call *call = context;
    int64_t uploaded = 0, pending = 0, size_bytes = 0;
    TRY(run_file_count(tx, ((const struct run *)call->parent)->id, &uploaded, &pending, &size_bytes, err));
    json_int(call->out, uploaded);
    return OK;
}

enum err_code file_type_answer_run_file_count(struct gql_call *call, struct err *err) {
    return db_read(gql_identity(call)->app->db, run_file_count_in, call, err);
}

/* ---- files of artifact versions ---- */

enum err_code file_type_artifact_page(struct gql_call *call, struct db_tx *tx, const struct artifact *artifact,
                                      struct connection **out, struct err *err) {
    struct connection *connection = connection_create(artifact->owner, call->arena);
    size_t first = (size_t)connection_first(call, PAGE_DEFAULT, PAGE_MAX), name_count;
    struct str *names;
    struct list files;

    file_type_read_names(gql_arg(call, "names"), &names, &name_count, call->arena);
    TRY(artifact_file_list(tx, artifact->id, gql_arg_str(call, "after"), first + 1, names, name_count, call->arena, &files, err));
    connection->page_info.has_next = files.count > first;
    for (size_t i = 0; i < files.count && i < first; i++) {
        const struct artifact_file *file = files.items[i];
        connection_add(connection, file_node_of_artifact(gql_identity(call), artifact, file, call->arena), NULL, file->path, call->arena);
    }
    connection->total_count = artifact->file_count;
    *out = connection;
    return OK;
}
