/* artifact_type.c - GraphQL's Artifact: one version. See artifact_type.h. */
#include "server/api/artifacts/artifact_type.h"

#include "server/api/artifacts/artifact_access.h"
#include "server/api/artifacts/artifact_folder_type.h"
#include "server/api/artifacts/artifact_history.h"
#include "server/api/artifacts/artifact_links.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/api/runs/file_type.h"
#include "server/store/projects/project.h"
#include "server/store/runs/run.h"

#define THE_ARTIFACT ((const struct artifact *)call->parent)

/* ---- plain fields ---- */

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_ARTIFACT->created_at);
    return OK;
}

READING_RESOLVER(answer_description) {
    struct artifact artifact = *THE_ARTIFACT;
    TRY(artifact_load_texts(tx, &artifact, call->arena, err));
    gql_str(call, artifact.description);
    return OK;
}

static enum err_code answer_digest(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_ARTIFACT->digest);
    return OK;
}

static enum err_code answer_digest_algorithm(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR("MANIFEST_MD5"));
    return OK;
}

static enum err_code answer_file_count(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_ARTIFACT->file_count);
    return OK;
}

static enum err_code answer_history_step(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_ARTIFACT->history_step != 0)
        json_int(call->out, THE_ARTIFACT->history_step);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Artifact", THE_ARTIFACT->id, call->arena));
    return OK;
}

READING_RESOLVER(answer_metadata) {
    struct artifact artifact = *THE_ARTIFACT;
    TRY(artifact_load_texts(tx, &artifact, call->arena, err));
    gql_str(call, artifact.metadata);
    return OK;
}

static enum err_code answer_no_text(struct gql_call *call, struct err *err) {
    (void)err;
    json_null(call->out);
    return OK;
}

/* Names this commit of this content: two versions with the same files have two of them, a draft has none. */
static enum err_code answer_commit_hash(struct gql_call *call, struct err *err) {
    enum { COMMIT_HASH_BYTES = 10 };
    unsigned char sha256[SHA256_BYTES];
    (void)err;
    if (THE_ARTIFACT->state == ARTIFACT_PENDING) {
        json_null(call->out);
        return OK;
    }
    hash_sha256(sha256, arena_printf(call->arena, "commit:%lld:%.*s", (long long)THE_ARTIFACT->id, STR_ARG(THE_ARTIFACT->digest)));
    gql_str(call, hash_hex(sha256, COMMIT_HASH_BYTES, call->arena));
    return OK;
}

static enum err_code answer_size(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_ARTIFACT->size_bytes);
    return OK;
}

static enum err_code answer_state(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(artifact_state_name(THE_ARTIFACT->state)));
    return OK;
}

/* The client knows a time to live of 0 or less as none. */
static enum err_code answer_ttl_seconds(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_ARTIFACT->ttl_seconds);
    return OK;
}

static enum err_code answer_ttl_is_inherited(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, THE_ARTIFACT->ttl_seconds == -1);
    return OK;
}

static enum err_code answer_updated_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_ARTIFACT->updated_at);
    return OK;
}

static enum err_code answer_version_index(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_ARTIFACT->version_index >= 0)
        json_int(call->out, THE_ARTIFACT->version_index);
    return OK;
}

/* ---- what it belongs to ---- */

/* Every version also has an alias v<index> in each of its collections: the oldest client insists on exactly one, the newer
 * ones drop it. */
static void add_version_alias(struct gql_call *call, struct owner owner, int64_t collection_id, int64_t version_index) {
    struct artifact_alias *version = ARENA_NEW(call->arena, struct artifact_alias);
    *version = (struct artifact_alias){
        .owner = owner,
        .id = 0,
        .collection_id = collection_id,
        .artifact_id = THE_ARTIFACT->id,
        .alias = arena_printf(call->arena, "v%lld", (long long)version_index),
    };
    gql_list_add(call, version);
}

static enum err_code add_aliases_of(struct db_tx *tx, struct gql_call *call, const struct membership *membership, struct err *err) {
    struct list aliases;
    TRY(alias_list(tx, membership->collection_id, membership->artifact_id, call->arena, &aliases, err));
    for (size_t i = 0; i < aliases.count; i++)
        gql_list_add(call, aliases.items[i]);
    add_version_alias(call, membership->owner, membership->collection_id, membership->version_index);
    return OK;
}

READING_RESOLVER(answer_aliases) {
    struct list memberships;
    TRY(membership_list_of_artifact(tx, THE_ARTIFACT->id, call->arena, &memberships, err));
    gql_list_begin(call);
    for (size_t i = 0; i < memberships.count; i++) {
        const struct membership *membership = memberships.items[i];
        enum err_code code = access_check_in(tx, gql_identity(call), &membership->owner, CAN_READ, err);
        if (code == OK)
            TRY(add_aliases_of(tx, call, membership, err));
        else if (code != ERR_NOT_FOUND)
            return code;
    }
    if (THE_ARTIFACT->state == ARTIFACT_DELETED) /* in no collection any more, but still in the lists of runs that used it */
        add_version_alias(call, THE_ARTIFACT->owner, THE_ARTIFACT->collection_id, THE_ARTIFACT->version_index);
    return OK;
}

READING_RESOLVER(answer_memberships) {
    struct list memberships, seen = { 0 };
    TRY(membership_list_of_artifact(tx, THE_ARTIFACT->id, call->arena, &memberships, err));
    for (size_t i = 0; i < memberships.count; i++) {
        struct membership *membership = memberships.items[i];
        enum err_code code = access_check_in(tx, gql_identity(call), &membership->owner, CAN_READ, err);
        if (code == OK)
            list_add(&seen, membership, call->arena);
        else if (code != ERR_NOT_FOUND)
            return code;
    }
    gql_object(call, connection_of_list(THE_ARTIFACT->owner, &seen, NULL, gql_arg_str(call, "after"), connection_first(call, -1, 1000), call->arena));
    return OK;
}

READING_RESOLVER(answer_sequence) {
    struct collection *collection;
    TRY(artifact_access_find_sequence(tx, gql_identity(call), THE_ARTIFACT, &collection, err));
    gql_object(call, collection);
    return OK;
}

READING_RESOLVER(answer_artifact_type) {
    struct collection *collection;
    struct artifact_type *type;
    TRY(artifact_access_find_sequence(tx, gql_identity(call), THE_ARTIFACT, &collection, err));
    TRY(artifact_type_get(tx, collection->type_id, call->arena, &type, err));
    gql_object(call, type);
    return OK;
}

READING_RESOLVER(answer_tags) {
    struct list tags;
    TRY(artifact_tags(tx, THE_ARTIFACT->id, call->arena, &tags, err));
    gql_list_begin(call);
    for (size_t i = 0; i < tags.count; i++) {
        struct tag_node *tag = ARENA_NEW(call->arena, struct tag_node);
        *tag = (struct tag_node){ THE_ARTIFACT->owner, *(const struct str *)tags.items[i] };
        gql_list_add(call, tag);
    }
    return OK;
}

/* ---- lineage: runs of projects one may not read are left out ---- */

enum err_code artifact_find_readable_run(struct db_tx *tx, struct gql_call *call, int64_t id, struct run **out, struct err *err) {
    *out = NULL;
    enum err_code code = run_find_by_id(tx, id, 0, call->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_READ, err);
    if (code == OK)
        return OK;
    *out = NULL;
    return code == ERR_NOT_FOUND || code == ERR_GONE ? OK : code;
}

READING_RESOLVER(answer_created_by) {
    struct run *run = NULL;
    if (THE_ARTIFACT->run_id != 0)
        TRY(artifact_find_readable_run(tx, call, THE_ARTIFACT->run_id, &run, err));
    if (run != NULL)
        gql_object_of(call, "Run", run);
    return OK;
}

READING_RESOLVER(answer_used_by) {
    struct list ids, runs = { 0 };
    TRY(artifact_list_users(tx, THE_ARTIFACT->id, call->arena, &ids, err));
    for (size_t i = 0; i < ids.count; i++) {
        struct run *run;
        TRY(artifact_find_readable_run(tx, call, *(const int64_t *)ids.items[i], &run, err));
        if (run != NULL)
            list_add(&runs, run, call->arena);
    }
    gql_object(call, connection_of_list(THE_ARTIFACT->owner, &runs, NULL, gql_arg_str(call, "after"), connection_first(call, -1, 10000), call->arena));
    return OK;
}

/* ---- files ---- */

static enum err_code answer_current_manifest(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_ARTIFACT->state != ARTIFACT_COMMITTED)
        return OK;
    struct manifest_node *manifest = ARENA_NEW(call->arena, struct manifest_node);
    *manifest = (struct manifest_node){ .owner = THE_ARTIFACT->owner, .version = THE_ARTIFACT };
    gql_object(call, manifest);
    return OK;
}

READING_RESOLVER(answer_files) {
    struct connection *connection;
    TRY(file_type_artifact_page(call, tx, THE_ARTIFACT, &connection, err));
    gql_object(call, connection);
    return OK;
}

/* The entries of a manifest that the client has in hand: an address for each that this version really has. */
READING_RESOLVER(answer_files_by_entries) {
    const struct json_value *entries = gql_arg(call, "entries");
    struct connection *connection = connection_create(THE_ARTIFACT->owner, call->arena);
    size_t count = entries == NULL || entries->type != JSON_TYPE_ARRAY ? 0 : entries->array.count;
    for (size_t i = 0; i < count; i++) {
        struct str name = json_get_str(&entries->array.items[i], STR("name"));
        struct artifact_file *file;
        enum err_code code = artifact_file_find(tx, THE_ARTIFACT->id, name, call->arena, &file, err);
        if (code == ERR_NOT_FOUND)
            continue;
        if (code != OK)
            return code;
        connection_add(connection, file_node_of_artifact(gql_identity(call), THE_ARTIFACT, file, call->arena), NULL, file->path, call->arena);
    }
    connection->total_count = (int64_t)connection->edges.count;
    gql_object(call, connection);
    return OK;
}

static const struct gql_field artifact_fields[] = {
    { "aliases", "", "[ArtifactAlias!]!", CAN_READ, answer_aliases, NULL },
    { "artifactMemberships", "after: String, first: Int", "ArtifactCollectionMembershipConnection!", CAN_READ, answer_memberships,
      "The collections that this version is in." },
    { "artifactSequence", "", "ArtifactSequence!", CAN_READ, answer_sequence, NULL },
    { "artifactType", "", "ArtifactType!", CAN_READ, answer_artifact_type, NULL },
    { "commitHash", "", "String", CAN_READ, answer_commit_hash, NULL },
    { "createdAt", "", "DateTime!", CAN_READ, answer_created_at, NULL },
    { "createdBy", "", "ArtifactCreator", CAN_READ, answer_created_by, NULL },
    { "currentManifest", "", "ArtifactManifest", CAN_READ, answer_current_manifest, NULL },
    { "description", "", "String", CAN_READ, answer_description, NULL },
    { "digest", "", "String!", CAN_READ, answer_digest, NULL },
    { "digestAlgorithm", "", "ArtifactDigestAlgorithm", CAN_READ, answer_digest_algorithm, NULL },
    { "fileCount", "", "Int!", CAN_READ, answer_file_count, NULL },
    { "files", "after: String, first: Int = 50, names: [String]", "FileConnection!", CAN_READ, answer_files, NULL },
    { "filesByManifestEntries",
      "entries: [ArtifactManifestEntryInput!], manifestVersion: String, storageLayout: String, storageRegion: String",
      "FileConnection!", CAN_READ, answer_files_by_entries, NULL },
    { "folder", ARTIFACT_FOLDER_ARGS, "ArtifactFolder!", CAN_READ, artifact_folder_answer, "A folder of its files, in pages; path: none for the topmost. search: files of all folders whose path holds it." },
    { "history", ARTIFACT_HISTORY_ARGS, "ArtifactEventConnection!", CAN_READ, artifact_history_answer, "What was done to it, the newest first." },
    { "historyStep", "", "Int64", CAN_READ, answer_history_step, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "metadata", "", "JSONString", CAN_READ, answer_metadata, NULL },
    { "size", "", "Int64!", CAN_READ, answer_size, NULL },
    { "state", "", "ArtifactState!", CAN_READ, answer_state, NULL },
    { "tags", "", "[Tag!]!", CAN_READ, answer_tags, NULL },
    { "ttlDurationSeconds", "", "Int64!", CAN_READ, answer_ttl_seconds, NULL },
    { "ttlIsInherited", "", "Boolean!", CAN_READ, answer_ttl_is_inherited, NULL },
    { "updatedAt", "", "DateTime", CAN_READ, answer_updated_at, NULL },
    { "usedBy", "after: String, first: Int", "RunConnection!", CAN_READ, answer_used_by, NULL },
    { "versionIndex", "", "Int", CAN_READ, answer_version_index, NULL },
};
const struct gql_type artifact_type = GQL_TYPE("Artifact", artifact_fields);

static const struct gql_field connection_fields[] = {
    { "edges", "", "[ArtifactEdge!]!", CAN_READ, connection_answer_edges, NULL },
    { "pageInfo", "", "PageInfo!", CAN_READ, connection_answer_page_info, NULL },
    { "totalCount", "", "Int!", CAN_READ, connection_answer_total_count, NULL },
};
const struct gql_type artifact_connection_type = GQL_TYPE("ArtifactConnection", connection_fields);
/* The versions of one collection, under the name that fragments of the official client 0.21 are on. */
const struct gql_type versioned_artifact_connection_type = GQL_TYPE("VersionedArtifactConnection", connection_fields);

/* Lists of versions say which: "v3". */
static enum err_code answer_edge_version(struct gql_call *call, struct err *err) {
    const struct artifact *artifact = ((const struct edge *)call->parent)->node;
    (void)err;
    gql_str(call, arena_printf(call->arena, "v%lld", (long long)artifact->version_index));
    return OK;
}

static const struct gql_field edge_fields[] = {
    { "cursor", "", "String!", CAN_READ, connection_answer_cursor, NULL },
    { "node", "", "Artifact", CAN_READ, connection_answer_node, NULL },
    { "version", "", "String!", CAN_READ, answer_edge_version, NULL },
};
const struct gql_type artifact_edge_type = GQL_TYPE("ArtifactEdge", edge_fields);

/* ---- ArtifactManifest ---- */

#define THE_MANIFEST ((const struct manifest_node *)call->parent)

static enum err_code answer_manifest_id(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_MANIFEST->draft != NULL)
        gql_str(call, node_id_make("ArtifactManifest", THE_MANIFEST->draft->id, call->arena));
    else
        gql_str(call, node_id_make("ArtifactManifestOf", THE_MANIFEST->version->id, call->arena));
    return OK;
}

static struct file_node *draft_file(const struct identity *identity, const struct artifact_manifest *draft, struct arena *arena) {
    struct file_node *node = ARENA_NEW(arena, struct file_node);
    node->name = draft->name;
    node->upload_url = artifact_links_put_manifest(identity, draft->id, draft->name, arena);
    node->direct_url = node->upload_url;
    return node;
}

static struct file_node *version_file(const struct identity *identity, const struct artifact *version, struct arena *arena) {
    struct file_node *node = ARENA_NEW(arena, struct file_node);
    node->name = STR("wandb_manifest.json");
    node->direct_url = artifact_links_manifest(identity, version->id, arena);
    node->updated_at = version->committed_at;
    return node;
}

static enum err_code answer_manifest_file(struct gql_call *call, struct err *err) {
    struct file_node *node = THE_MANIFEST->draft != NULL ? draft_file(gql_identity(call), THE_MANIFEST->draft, call->arena)
                                                         : version_file(gql_identity(call), THE_MANIFEST->version, call->arena);
    (void)err;
    node->owner = THE_MANIFEST->owner;
    node->storage_path = node->name;
    node->url = node->direct_url;
    gql_object(call, node);
    return OK;
}

static const struct gql_field manifest_fields[] = {
    { "file", "", "File!", CAN_READ, answer_manifest_file, NULL },
    { "id", "", "ID!", CAN_READ, answer_manifest_id, NULL },
};
const struct gql_type artifact_manifest_type = GQL_TYPE("ArtifactManifest", manifest_fields);

/* ---- ArtifactAlias ---- */

#define THE_ALIAS ((const struct artifact_alias *)call->parent)

static enum err_code answer_alias(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_ALIAS->alias);
    return OK;
}

static enum err_code answer_alias_id(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_ALIAS->id != 0)
        gql_str(call, node_id_make("ArtifactAlias", THE_ALIAS->id, call->arena));
    else
        gql_str(call, hash_base64(arena_printf(call->arena, "ArtifactVersion:%lld:%.*s", (long long)THE_ALIAS->collection_id, STR_ARG(THE_ALIAS->alias)), call->arena));
    return OK;
}

READING_RESOLVER(answer_alias_artifact) {
    struct artifact *artifact;
    TRY(artifact_get(tx, THE_ALIAS->artifact_id, call->arena, &artifact, err));
    artifact->owner = THE_ALIAS->owner;
    gql_object(call, artifact);
    return OK;
}

READING_RESOLVER(answer_alias_collection) {
    struct collection *collection;
    TRY(collection_get(tx, THE_ALIAS->collection_id, call->arena, &collection, err));
    gql_object_of(call, artifact_collection_type_name(collection), collection);
    return OK;
}

static const struct gql_field alias_fields[] = {
    { "alias", "", "String!", CAN_READ, answer_alias, NULL },
    { "artifact", "", "Artifact", CAN_READ, answer_alias_artifact, NULL },
    { "artifactCollection", "", "ArtifactCollection", CAN_READ, answer_alias_collection, NULL },
    { "id", "", "ID!", CAN_READ, answer_alias_id, NULL },
};
const struct gql_type artifact_alias_type = GQL_TYPE("ArtifactAlias", alias_fields);
CONNECTION_TYPES(artifact_alias, "ArtifactAlias", CAN_READ);

/* ---- Tag ---- */

static enum err_code answer_tag_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct tag_node *)call->parent)->name);
    return OK;
}

static enum err_code answer_tag_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, hash_base64(arena_printf(call->arena, "Tag:%.*s", STR_ARG(((const struct tag_node *)call->parent)->name)), call->arena));
    return OK;
}

static const struct gql_field tag_fields[] = {
    { "id", "", "ID!", CAN_READ, answer_tag_id, NULL },
    { "name", "", "String!", CAN_READ, answer_tag_name, NULL },
    { "tagCategoryName", "", "String", CAN_READ, answer_no_text, NULL },
};
const struct gql_type tag_type = GQL_TYPE("Tag", tag_fields);
CONNECTION_TYPES(tag, "Tag", CAN_READ);

/* ---- of Query and Run ---- */

READING_RESOLVER(by_id) {
    struct artifact *artifact;
    int64_t id;
    if (!node_id_parse(gql_arg_str(call, "id"), "Artifact", &id, call->arena))
        return OK;
    enum err_code code = artifact_get(tx, id, call->arena, &artifact, err);
    if (code == OK)
        code = artifact_access_check(tx, gql_identity(call), artifact, CAN_READ, err);
    if (code == OK)
        gql_object(call, artifact);
    return code == ERR_NOT_FOUND ? OK : code;
}

enum err_code artifact_answer_by_id(struct gql_call *call, struct err *err) {
    return by_id(call, err);
}

static enum err_code give_lineage(struct gql_call *call, const struct list *artifacts, struct db_tx *tx, struct err *err) {
    const struct run *run = call->parent;
    struct list seen = { 0 };
    for (size_t i = 0; i < artifacts->count; i++) {
        struct artifact *artifact = artifacts->items[i];
        enum err_code code = artifact_access_check(tx, gql_identity(call), artifact, CAN_READ, err);
        if (code == OK)
            list_add(&seen, artifact, call->arena);
        else if (code != ERR_NOT_FOUND)
            return code;
    }
    gql_object(call, connection_of_list(run->owner, &seen, NULL, gql_arg_str(call, "after"), connection_first(call, 50, 1000), call->arena));
    return OK;
}

READING_RESOLVER(run_outputs) {
    struct list artifacts;
    TRY(artifact_list_outputs(tx, ((const struct run *)call->parent)->id, call->arena, &artifacts, err));
    return give_lineage(call, &artifacts, tx, err);
}

enum err_code artifact_answer_run_outputs(struct gql_call *call, struct err *err) {
    return run_outputs(call, err);
}

READING_RESOLVER(run_inputs) {
    struct list artifacts;
    TRY(artifact_list_inputs(tx, ((const struct run *)call->parent)->id, call->arena, &artifacts, err));
    return give_lineage(call, &artifacts, tx, err);
}

enum err_code artifact_answer_run_inputs(struct gql_call *call, struct err *err) {
    return run_inputs(call, err);
}
