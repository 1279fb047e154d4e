/* artifact_mutations.c - see artifact_mutations.h: drafts, versions, links. */
#include "server/api/artifacts/artifact_mutations.h"

#include "base/file.h"
#include "server/api/artifacts/artifact_alias.h"
#include "server/api/artifacts/artifact_commit.h"
#include "server/api/artifacts/artifact_links.h"
#include "server/api/artifacts/artifact_parts.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/resolver.h"
#include "server/api/runs/file_type.h"
#include "server/store/artifact_file.h"
#include "server/store/names.h"
#include "server/store/registry.h"
#include "server/store/trash.h"

enum {
    ARTIFACT_NAME_MAX = 128,
    ARTIFACT_TEXT_MAX = 1 << 20,
    ARTIFACT_METADATA_MAX = 16 << 20,
    ARTIFACT_ID_MAX = 256,
    ARTIFACT_DIGEST_MAX = 128,
    ARTIFACT_ALIASES_MAX = 1000,
    ARTIFACT_TAGS_MAX = 1000,
    FILES_PER_REQUEST_MAX = 20000,
};

const char artifact_sdl[] =
    "enum ArtifactCollectionState { READY }\n"
    "enum ArtifactCollectionType { PORTFOLIO SEQUENCE }\n"
    "enum ArtifactDigestAlgorithm { MANIFEST_MD5 MANIFEST_XXH128 }\n"
    "enum ArtifactManifestType { FULL INCREMENTAL PATCH }\n"
    "enum ArtifactState { COMMITTED DELETED PENDING }\n"
    "enum ArtifactStorageLayout { V1 V2 }\n"
    "enum CompleteMultipartAction { Abort Complete }\n"
    "union ArtifactCreator = Run | User\n"
    "input AddAliasesInput { aliases: [ArtifactCollectionAliasInput!]!, artifactID: ID!, clientMutationId: String }\n"
    "input ArtifactAliasInput { alias: String!, artifactCollectionName: String }\n"
    "input ArtifactCollectionAliasInput { alias: String!, artifactCollectionName: String!, entityName: String, projectName: String }\n"
    "input ArtifactManifestEntryInput { birthArtifactID: ID, digest: String, name: String!, size: Int64 }\n"
    "input CommitArtifactInput { artifactID: ID!, clientMutationId: String }\n"
    "input CompleteMultipartUploadArtifactInput { artifactID: ID!, clientMutationId: String, completeMultipartAction: "
    "CompleteMultipartAction, completedParts: [UploadPartsInput!], storagePath: String, uploadID: String }\n"
    "input CreateArtifactCollectionTagAssignmentsInput { artifactCollectionName: String!, clientMutationId: String, entityName: "
    "String!, projectName: String!, tags: [TagInput!]! }\n"
    "input CreateArtifactFileSpecInput { artifactID: ID!, artifactManifestID: ID, digest: String, digestAlgorithm: String, md5: "
    "String, mimetype: String, name: String!, uploadPartsInput: [UploadPartsInput!] }\n"
    "input CreateArtifactFilesInput { artifactFiles: [CreateArtifactFileSpecInput!]!, clientMutationId: String, cloudRegionID: "
    "String, digestAlgorithm: String, storageLayout: ArtifactStorageLayout }\n"
    "input CreateArtifactInput { aliases: [ArtifactAliasInput!], artifactCollectionName: String, artifactCollectionNames: "
    "[String!], artifactTypeName: String!, clientID: ID, clientMutationId: String, description: String, digest: String!, "
    "digestAlgorithm: ArtifactDigestAlgorithm, distributedID: String, enableDigestDeduplication: Boolean, entityName: String!, "
    "historyStep: Int64, labels: JSONString, metadata: JSONString, projectName: String!, runName: String, sequenceClientID: ID, "
    "storageRegion: String, tags: [TagInput!], ttlDurationSeconds: Int64 }\n"
    "input CreateArtifactManifestInput { artifactID: ID!, baseArtifactID: ID, clientMutationId: String, digest: String!, entityName: "
    "String, name: String!, projectName: String, runName: String, type: ArtifactManifestType }\n"
    "input CreateArtifactTypeInput { clientMutationId: String, description: String, entityName: String!, name: String!, projectName: "
    "String! }\n"
    "input DeleteAliasesInput { aliases: [ArtifactCollectionAliasInput!]!, artifactID: ID!, clientMutationId: String }\n"
    "input DeleteArtifactCollectionTagAssignmentsInput { artifactCollectionName: String!, clientMutationId: String, entityName: "
    "String!, projectName: String!, tags: [TagInput!]! }\n"
    "input DeleteArtifactInput { artifactID: ID!, clientMutationId: String, deleteAliases: Boolean }\n"
    "input DeleteArtifactPortfolioInput { artifactPortfolioID: ID!, clientMutationId: String }\n"
    "input DeleteArtifactSequenceInput { artifactSequenceID: ID!, clientMutationId: String }\n"
    "input LinkArtifactInput { aliases: [ArtifactAliasInput!], artifactID: ID, artifactPortfolioName: String!, clientID: ID, "
    "clientMutationId: String, entityName: String!, projectName: String! }\n"
    "input MoveArtifactSequenceInput { artifactSequenceID: ID!, clientMutationId: String, destinationArtifactTypeName: String! }\n"
    "input TagInput { attributes: JSONString, tagCategoryName: String, tagName: String! }\n"
    "input UnlinkArtifactInput { artifactID: ID!, artifactPortfolioID: ID!, clientMutationId: String }\n"
    "input UpdateArtifactInput { aliases: [ArtifactAliasInput!], artifactID: ID!, clientMutationId: String, description: String, "
    "labels: JSONString, metadata: JSONString, tagsToAdd: [TagInput!], tagsToDelete: [TagInput!], ttlDurationSeconds: Int64 }\n"
    "input UpdateArtifactManifestInput { artifactManifestID: ID!, baseArtifactID: ID, clientMutationId: String, digest: String }\n"
    "input UpdateArtifactPortfolioInput { artifactPortfolioID: ID!, clientMutationId: String, description: String, name: String }\n"
    "input UpdateArtifactSequenceInput { artifactSequenceID: ID!, clientMutationId: String, description: String, name: String }\n"
    "input UploadPartsInput { hexMD5: String!, partNumber: Int64! }\n"
    "input UseArtifactInput { artifactEntityName: String, artifactID: ID!, artifactProjectName: String, clientMutationId: String, "
    "entityName: String!, projectName: String!, runName: String!, usedAs: String }\n";

/* ---- payloads ---- */

struct payload {
    struct owner owner;
    struct artifact *artifact;
    struct membership *membership;
    struct manifest_node manifest;
    struct connection *files;
};

#define THE_PAYLOAD ((const struct payload *)call->parent)

static enum err_code answer_client_mutation_id(struct gql_call *call, struct err *err) {
    (void)err;
    json_null(call->out);
    return OK;
}

static enum err_code answer_artifact(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_PAYLOAD->artifact);
    return OK;
}

static enum err_code answer_artifact_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Artifact", THE_PAYLOAD->artifact->id, call->arena));
    return OK;
}

static enum err_code answer_files(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_PAYLOAD->files);
    return OK;
}

static enum err_code answer_manifest(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, &THE_PAYLOAD->manifest);
    return OK;
}

static enum err_code answer_membership(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_PAYLOAD->membership);
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static enum err_code answer_version_index(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_PAYLOAD->membership->version_index);
    return OK;
}

#define PAYLOAD(variable, type_name, ...)                                                                                \
    static const struct gql_field variable##_fields[] = { __VA_ARGS__ };                                                 \
    const struct gql_type variable##_type = GQL_TYPE(type_name, variable##_fields)
#define ROW_ARTIFACT { "artifact", "", "Artifact", CAN_READ, answer_artifact, NULL }
#define ROW_MUTATION_ID { "clientMutationId", "", "String", CAN_READ, answer_client_mutation_id, NULL }
#define ROW_SUCCESS { "success", "", "Boolean!", CAN_READ, answer_success, NULL }

PAYLOAD(add_aliases_payload, "AddAliasesPayload", ROW_MUTATION_ID, ROW_SUCCESS);
PAYLOAD(commit_artifact_payload, "CommitArtifactPayload", ROW_ARTIFACT, ROW_MUTATION_ID);
PAYLOAD(create_artifact_files_payload, "CreateArtifactFilesPayload", ROW_MUTATION_ID,
        { "files", "", "FileConnection!", CAN_READ, answer_files, NULL });
PAYLOAD(create_artifact_manifest_payload, "CreateArtifactManifestPayload",
        { "artifactManifest", "", "ArtifactManifest", CAN_READ, answer_manifest, NULL }, ROW_MUTATION_ID);
PAYLOAD(create_artifact_payload, "CreateArtifactPayload", ROW_ARTIFACT, ROW_MUTATION_ID);
PAYLOAD(delete_aliases_payload, "DeleteAliasesPayload", ROW_MUTATION_ID, ROW_SUCCESS);
PAYLOAD(delete_artifact_payload, "DeleteArtifactPayload", ROW_ARTIFACT, ROW_MUTATION_ID);
PAYLOAD(link_artifact_payload, "LinkArtifactPayload",
        { "artifactMembership", "", "ArtifactCollectionMembership", CAN_READ, answer_membership, NULL }, ROW_MUTATION_ID,
        { "versionIndex", "", "Int", CAN_READ, answer_version_index, NULL });
PAYLOAD(unlink_artifact_payload, "UnlinkArtifactPayload", { "artifactID", "", "ID", CAN_READ, answer_artifact_id, NULL },
        ROW_MUTATION_ID, ROW_SUCCESS);
PAYLOAD(update_artifact_manifest_payload, "UpdateArtifactManifestPayload",
        { "artifactManifest", "", "ArtifactManifest", CAN_READ, answer_manifest, NULL }, ROW_MUTATION_ID);
PAYLOAD(update_artifact_payload, "UpdateArtifactPayload", ROW_ARTIFACT, ROW_MUTATION_ID);
PAYLOAD(use_artifact_payload, "UseArtifactPayload", ROW_ARTIFACT, ROW_MUTATION_ID);

MUTATION_ANSWERS;

/* A body in the writer's transaction, and the resolver that runs it. */
#define MUTATION(name)                                                                                                   \
    static change name##_in;                                                                                             \
    enum err_code artifact_answer_##name(struct gql_call *call, struct err *err) {                                       \
        return answer(call, name##_in, err);                                                                             \
    }                                                                                                                    \
    static enum err_code name##_in(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err)

static enum err_code no_such_artifact(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
}

/* The artifact itself is authorised, whatever stands beside its id. */
static enum err_code find_artifact(struct db_tx *tx, struct gql_call *call, struct str global_id, enum who who, struct artifact **out,
                                   struct err *err) {
    int64_t id;
    if (!node_id_parse(global_id, "Artifact", &id, call->arena))
        return no_such_artifact(err);
    TRY(artifact_get(tx, id, call->arena, out, err));
    enum err_code code = access_check_in(tx, gql_identity(call), &(*out)->owner, who, err);
    if (code == ERR_NOT_FOUND || (*out)->state == ARTIFACT_DELETED)
        return no_such_artifact(err);
    return code;
}

static enum err_code find_draft(struct db_tx *tx, struct gql_call *call, struct str global_id, struct artifact **out, struct err *err) {
    TRY(find_artifact(tx, call, global_id, CAN_WRITE, out, err));
    if ((*out)->state == ARTIFACT_PENDING)
        return OK;
    return err_set(err, ERR_BAD_INPUT, "the artifact is committed and cannot be changed");
}

/* ---- creating ---- */

static enum err_code check_name(struct str name, const char *what, struct err *err) {
    TRY(name_check(name, what, ARTIFACT_NAME_MAX, err));
    return file_is_safe_path(name) ? OK : err_set(err, ERR_BAD_INPUT, "%s '%.*s' is not a plain name", what, STR_ARG(name));
}

static enum err_code check_list(const struct gql_call *call, const char *name, size_t most, struct err *err) {
    const struct json_value *list = gql_input(call, name);
    if (list != NULL && list->type == JSON_TYPE_ARRAY && list->array.count > most)
        return err_set(err, ERR_BAD_INPUT, "'%s' holds %zu items, at most %zu are taken", name, list->array.count, most);
    return OK;
}

static enum err_code check_input(const struct gql_call *call, struct err *err) {
    struct str region = gql_input_str(call, "storageRegion");
    if (region.len > 0 && !str_eq(region, STR("default")))
        return err_set(err, ERR_BAD_INPUT, "there is no storage region '%.*s' here", STR_ARG(str_slice(region, 0, 100)));
    TRY(check_name(gql_input_str(call, "artifactTypeName"), "the artifact type", err));
    TRY(name_check_text(gql_input_str(call, "description"), "the description", ARTIFACT_TEXT_MAX, err));
    TRY(name_check_text(gql_input_str(call, "metadata"), "the metadata", ARTIFACT_METADATA_MAX, err));
    TRY(name_check_text(gql_input_str(call, "digest"), "the digest", ARTIFACT_DIGEST_MAX, err));
    TRY(name_check_text(gql_input_str(call, "clientID"), "the client id", ARTIFACT_ID_MAX, err));
    TRY(name_check_text(gql_input_str(call, "sequenceClientID"), "the sequence's client id", ARTIFACT_ID_MAX, err));
    TRY(name_check_text(gql_input_str(call, "distributedID"), "the distributed id", ARTIFACT_ID_MAX, err));
    TRY(check_list(call, "tags", ARTIFACT_TAGS_MAX, err));
    return artifact_alias_check_all(gql_input(call, "aliases"), err);
}

static struct str collection_name_of(const struct gql_call *call) {
    const struct json_value *names = gql_input(call, "artifactCollectionNames");
    struct str name = gql_input_str(call, "artifactCollectionName");
    bool has_names = names != NULL && names->type == JSON_TYPE_ARRAY && names->array.count > 0;
    return name.ptr == NULL && has_names ? names->array.items[0].string : name;
}

static enum err_code find_collection(struct db_tx *tx, struct gql_call *call, const struct project *project, int64_t now_ms,
                                     struct collection **out, struct err *err) {
    struct str name = collection_name_of(call);
    struct artifact_type *type;
    TRY(check_name(name, "the artifact", err));
    TRY(artifact_type_ensure(tx, project->id, gql_input_str(call, "artifactTypeName"), now_ms, call->arena, &type, err));
    return collection_ensure(tx, project->id, type->id, name, false, gql_input_str(call, "sequenceClientID"), now_ms, call->arena, out, err);
}

static int64_t input_int(const struct gql_call *call, const char *name, int64_t otherwise) {
    const struct json_value *value = gql_input(call, name);
    return value != NULL && value->type == JSON_TYPE_INT ? value->integer : otherwise;
}

static enum err_code find_run(struct db_tx *tx, struct gql_call *call, const struct project *project, struct run **out, struct err *err) {
    struct str name = gql_input_str(call, "runName");
    *out = NULL;
    if (name.len == 0)
        return OK;
    TRY(run_find(tx, project->id, name, 0, true, call->arena, out, err));
    /* It may have been moved to where one may not write. */
    enum err_code code = access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_WRITE, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "run '%.*s' not found", STR_ARG(str_slice(name, 0, RUN_NAME_MAX))) : code;
}

static enum err_code apply_tags(struct db_tx *tx, struct gql_call *call, const char *input, int64_t artifact_id, bool is_added,
                                struct err *err) {
    const struct json_value *tags = gql_input(call, input);
    for (size_t i = 0; tags != NULL && tags->type == JSON_TYPE_ARRAY && i < tags->array.count; i++) {
        struct str tag = json_get_str(&tags->array.items[i], STR("tagName"));
        TRY(name_check_text(tag, "the tag", ARTIFACT_NAME_MAX, err));
        TRY(artifact_tag(tx, artifact_id, tag, is_added, err));
    }
    return OK;
}

/* The same content under the same name is the version that is there, with the new aliases, also an output of this run. */
static enum err_code use_same(struct db_tx *tx, struct gql_call *call, const struct artifact *same, const struct run *run, int64_t now_ms,
                              struct err *err) {
    TRY(artifact_alias_apply(tx, same, gql_input(call, "aliases"), call->arena, err));
    return run == NULL ? OK : artifact_add_output(tx, run->id, same->id, now_ms, err);
}

/* A client that asks twice for one artifact of its own goes on with the draft it was given: `wandb job create` makes each
 * version so, and refers to the first answer. */
static enum err_code find_own_draft(struct db_tx *tx, struct gql_call *call, const struct collection *collection, struct artifact **out,
                                    struct err *err) {
    struct str client_id = gql_input_str(call, "clientID");
    *out = NULL;
    if (client_id.len == 0)
        return OK;
    enum err_code code = artifact_find_by_client_id(tx, client_id, call->arena, out, err);
    if (code != OK || (*out)->collection_id != collection->id || (*out)->state != ARTIFACT_PENDING)
        *out = NULL;
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err_code find_existing(struct db_tx *tx, struct gql_call *call, const struct collection *collection, const struct run *run,
                                   int64_t now_ms, struct artifact **out, struct err *err) {
    struct str distributed_id = gql_input_str(call, "distributedID");
    *out = NULL;
    if (distributed_id.len > 0) {
        enum err_code code = artifact_find_distributed(tx, collection->id, distributed_id, call->arena, out, err);
        return code == ERR_NOT_FOUND ? OK : code;
    }
    TRY(find_own_draft(tx, call, collection, out, err));
    if (*out != NULL)
        return OK;
    enum err_code code = artifact_find_same(tx, collection->id, gql_input_str(call, "digest"), call->arena, out, err);
    if (code == OK)
        return use_same(tx, call, *out, run, now_ms, err);
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err_code create_draft(struct db_tx *tx, struct gql_call *call, const struct collection *collection, const struct run *run,
                                  int64_t now_ms, struct artifact **out, struct err *err) {
    const struct json_value *aliases = gql_input(call, "aliases");
    struct buf text = BUF_INIT(1 << 20);
    struct artifact wanted = {
        .digest = gql_input_str(call, "digest"),
        .description = gql_input_str(call, "description"),
        .metadata = gql_input_str(call, "metadata"),
        .distributed_id = gql_input_str(call, "distributedID"),
        .ttl_seconds = input_int(call, "ttlDurationSeconds", -1),
        .history_step = input_int(call, "historyStep", 0),
        .run_id = run == NULL ? 0 : run->id,
        .user_id = gql_identity(call)->user_id,
    };
    if (aliases != NULL && aliases->type == JSON_TYPE_ARRAY) {
        struct json_writer writer;
        json_writer_init(&writer, &text, JSON_STRICT);
        json_value_write(&writer, aliases);
        wanted.pending_aliases = arena_copy(call->arena, buf_str(&text));
    }
    enum err_code code = buf_check(&text, "the list of aliases", err);
    buf_finish(&text);
    if (code != OK)
        return code;
    TRY(artifact_create(tx, collection, &wanted, now_ms, call->arena, out, err));
    return apply_tags(tx, call, "tags", (*out)->id, true, err);
}

MUTATION(create) {
    int64_t now_ms = clock_wall_ms();
    struct project *project;
    struct collection *collection;
    struct artifact *artifact;
    struct run *run;

    TRY(check_input(call, err));
    TRY(place_ensure_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), now_ms,
                             &project, err));
    TRY(find_run(tx, call, project, &run, err));
    TRY(find_collection(tx, call, project, now_ms, &collection, err));
    TRY(find_existing(tx, call, collection, run, now_ms, &artifact, err));
    if (artifact == NULL)
        TRY(create_draft(tx, call, collection, run, now_ms, &artifact, err));
    struct str client_id = gql_input_str(call, "clientID");
    if (client_id.len > 0)
        TRY(artifact_add_client_id(tx, artifact->id, client_id, err));
    payload->owner = artifact->owner;
    payload->artifact = artifact;
    return OK;
}

/* ---- manifests of drafts ---- */

MUTATION(create_manifest) {
    struct str kind = gql_input_str(call, "type"), name = gql_input_str(call, "name");
    struct artifact_manifest *manifest;
    struct artifact *artifact, *base;
    int64_t base_id = 0;

    TRY(find_draft(tx, call, gql_input_str(call, "artifactID"), &artifact, err));
    TRY(check_name(name, "the manifest", err));
    TRY(name_check_text(gql_input_str(call, "digest"), "the digest", ARTIFACT_DIGEST_MAX, err));
    if (gql_input_str(call, "baseArtifactID").len > 0) {
        TRY(find_artifact(tx, call, gql_input_str(call, "baseArtifactID"), CAN_READ, &base, err));
        base_id = base->id;
    }
    TRY(artifact_manifest_create(tx, artifact->id, name, kind.len == 0 ? STR("FULL") : kind, gql_input_str(call, "digest"), base_id,
                                 clock_wall_ms(), call->arena, &manifest, err));
    payload->owner = artifact->owner;
    payload->manifest = (struct manifest_node){ .owner = artifact->owner, .draft = manifest };
    return OK;
}

static enum err_code no_such_manifest(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact manifest");
}

MUTATION(update_manifest) {
    struct artifact_manifest *manifest;
    struct artifact *artifact, *base;
    int64_t id, base_id = 0;

    if (!node_id_parse(gql_input_str(call, "artifactManifestID"), "ArtifactManifest", &id, call->arena))
        return no_such_manifest(err);
    TRY(artifact_manifest_get(tx, id, call->arena, &manifest, err));
    enum err_code code = find_draft(tx, call, node_id_make("Artifact", manifest->artifact_id, call->arena), &artifact, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? no_such_manifest(err) : code; /* somebody else's is none */
    TRY(name_check_text(gql_input_str(call, "digest"), "the digest", ARTIFACT_DIGEST_MAX, err));
    if (gql_input_str(call, "baseArtifactID").len > 0) {
        TRY(find_artifact(tx, call, gql_input_str(call, "baseArtifactID"), CAN_READ, &base, err));
        base_id = base->id;
    }
    TRY(artifact_manifest_update(tx, manifest->id, gql_input_str(call, "digest"), base_id, err));
    payload->owner = artifact->owner;
    payload->manifest = (struct manifest_node){ .owner = artifact->owner, .draft = manifest };
    return OK;
}

/* ---- files of drafts ---- */

/* One request names the same draft for all of its files; a version may hold megabytes of metadata. */
struct draft_cache {
    struct str global_id;
    struct artifact *artifact;
};

static enum err_code find_draft_again(struct db_tx *tx, struct gql_call *call, struct str global_id, struct draft_cache *last,
                                      struct artifact **out, struct err *err) {
    if (last->artifact == NULL || !str_eq(last->global_id, global_id)) {
        TRY(find_draft(tx, call, global_id, &last->artifact, err));
        last->global_id = global_id;
    }
    *out = last->artifact;
    return OK;
}

/* Nothing is to be sent when this project links those bytes already: then the version that first had them is named, and the
 * draft holds them in the same transaction, so that no collector comes between. */
static enum err_code add_file(struct db_tx *tx, struct gql_call *call, const struct json_value *wanted, struct draft_cache *last,
                              struct connection *files, struct err *err) {
    struct str name = json_get_str(wanted, STR("name")), md5_text = json_get_str(wanted, STR("md5")), md5;
    struct file_node *node = ARENA_NEW(call->arena, struct file_node);
    struct artifact_blob blob;
    struct artifact *artifact;
    enum err_code code = ERR_NOT_FOUND;

    TRY(find_draft_again(tx, call, json_get_str(wanted, STR("artifactID")), last, &artifact, err));
    if (!file_is_safe_path(name))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a plain relative path", STR_ARG(str_slice(name, 0, 200)));
    if (md5_text.ptr == NULL)
        md5_text = json_get_str(wanted, STR("digest"));
    if (hash_from_base64(md5_text, &md5, call->arena) && md5.len == MD5_BYTES)
        code = project_blob_find(tx, artifact->owner.project_id, (const unsigned char *)md5.ptr, &blob, err);
    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    if (code == OK && artifact->state == ARTIFACT_PENDING)
        TRY(artifact_upload_pin(tx, artifact->id, name, (const unsigned char *)md5.ptr, &blob, err));
    node->owner = artifact->owner;
    node->name = name;
    node->storage_path = name;
    node->digest = md5_text;
    node->md5 = md5_text;
    node->url = artifact_links_file(gql_identity(call), artifact->id, name, call->arena);
    node->direct_url = node->url;
    node->artifact_id = code == OK ? blob.birth_artifact_id : artifact->id;
    if (code == ERR_NOT_FOUND) {
        node->upload_url = artifact_links_put_file(gql_identity(call), artifact->id, name, call->arena);
        TRY(artifact_parts_announce(json_get(wanted, STR("uploadPartsInput")), artifact->owner, artifact->id, name, call->arena, &node->parts, err));
    }
    connection_add(files, node, NULL, name, call->arena);
    return OK;
}

MUTATION(create_files) {
    const struct json_value *wanted = gql_input(call, "artifactFiles");
    struct draft_cache last = { { 0 }, NULL };
    TRY(check_list(call, "artifactFiles", FILES_PER_REQUEST_MAX, err));
    payload->files = connection_create((struct owner){ 0, 0 }, call->arena);
    for (size_t i = 0; i < wanted->array.count; i++)
        TRY(add_file(tx, call, &wanted->array.items[i], &last, payload->files, err));
    payload->files->total_count = (int64_t)payload->files->edges.count;
    if (payload->files->edges.count > 0)
        payload->owner = payload->files->owner = ((const struct edge *)payload->files->edges.items[0])->owner;
    return OK;
}

/* ---- commit ---- */

enum err_code artifact_answer_commit(struct gql_call *call, struct err *err) {
    struct artifact *artifact;
    int64_t id;
    if (!node_id_parse(gql_input_str(call, "artifactID"), "Artifact", &id, call->arena))
        return no_such_artifact(err);
    TRY(artifact_commit_draft(gql_identity(call), id, &artifact, err));
    struct payload *payload = ARENA_NEW(call->arena, struct payload);
    *payload = (struct payload){ .owner = artifact->owner, .artifact = artifact };
    gql_object(call, payload);
    return OK;
}

/* ---- changing versions ---- */

/* ---- who changed what ---- */

static enum err_code note(struct db_tx *tx, struct gql_call *call, const char *action, const struct artifact *artifact, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    struct collection *collection;
    TRY(collection_get(tx, artifact->collection_id, call->arena, &collection, err));
    return audit_add(tx, &actor, action, artifact->owner.entity_id,
                     arena_printf(call->arena, "%.*s:v%lld", STR_ARG(collection->name), (long long)artifact->version_index), err);
}

/* What stands where others look for it: in a portfolio, under an alias. */
static enum err_code note_place(struct db_tx *tx, struct gql_call *call, const char *action, const struct collection *collection,
                                struct str what, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    return audit_add(tx, &actor, action, collection->owner.entity_id,
                     arena_printf(call->arena, "%.*s:%.*s", STR_ARG(collection->name), STR_ARG(str_slice(what, 0, ARTIFACT_NAME_MAX))), err);
}

MUTATION(update) {
    struct str description = gql_input_str(call, "description"), metadata = gql_input_str(call, "metadata");
    struct artifact *artifact;
    TRY(find_artifact(tx, call, gql_input_str(call, "artifactID"), CAN_WRITE, &artifact, err));
    TRY(name_check_text(description, "the description", ARTIFACT_TEXT_MAX, err));
    TRY(name_check_text(metadata, "the metadata", ARTIFACT_METADATA_MAX, err));
    TRY(check_list(call, "tagsToAdd", ARTIFACT_TAGS_MAX, err));
    TRY(check_list(call, "tagsToDelete", ARTIFACT_TAGS_MAX, err));
    TRY(artifact_update(tx, artifact->id, description, metadata, input_int(call, "ttlDurationSeconds", INT64_MIN), clock_wall_ms(), err));
    TRY(apply_tags(tx, call, "tagsToAdd", artifact->id, true, err));
    TRY(apply_tags(tx, call, "tagsToDelete", artifact->id, false, err));
    TRY(artifact_alias_apply(tx, artifact, gql_input(call, "aliases"), call->arena, err));
    payload->owner = artifact->owner;
    return artifact_get(tx, artifact->id, call->arena, &payload->artifact, err);
}

MUTATION(delete) {
    const struct json_value *also_aliases = gql_input(call, "deleteAliases");
    bool deletes_aliases = also_aliases != NULL && also_aliases->type == JSON_TYPE_BOOL && also_aliases->boolean;
    struct artifact *artifact;
    struct list aliases;
    TRY(find_artifact(tx, call, gql_input_str(call, "artifactID"), CAN_WRITE, &artifact, err));
    TRY(alias_list(tx, 0, artifact->id, call->arena, &aliases, err));
    if (aliases.count > 0 && !deletes_aliases)
        return err_set(err, ERR_BAD_INPUT, "the artifact has the alias '%.*s' among others; delete its aliases too, or remove them first",
                       STR_ARG(((const struct artifact_alias *)aliases.items[0])->alias));
    TRY(note(tx, call, "artifact.delete", artifact, err));
    int64_t now_ms = clock_wall_ms();
    TRY(trash_save_artifact(tx, artifact->id, err));
    TRY(artifact_delete(tx, artifact->id, now_ms, err));
    TRY(trash_keep(tx, TRASH_ARTIFACT, artifact->id, now_ms, err));
    payload->owner = artifact->owner;
    return artifact_get(tx, artifact->id, call->arena, &payload->artifact, err);
}

/* One alias of the list: its collection stands in the project it names, or in the artifact's own. */
static enum err_code find_alias_collection(struct db_tx *tx, struct gql_call *call, const struct artifact *artifact,
                                           const struct json_value *item, struct collection **out, struct err *err) {
    struct str entity = json_get_str(item, STR("entityName")), project_name = json_get_str(item, STR("projectName"));
    int64_t project_id = artifact->owner.project_id;
    struct project *project;
    if (entity.len > 0 && project_name.len > 0) {
        TRY(place_find_project(tx, gql_identity(call), entity, project_name, CAN_WRITE, &project, err));
        project_id = project->id;
    }
    TRY(collection_find(tx, project_id, json_get_str(item, STR("artifactCollectionName")), call->arena, out, err));
    return access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_WRITE, err);
}

static enum err_code change_aliases(struct db_tx *tx, struct gql_call *call, bool is_added, struct payload *payload, struct err *err) {
    const struct json_value *aliases = gql_input(call, "aliases");
    struct artifact *artifact;
    TRY(find_artifact(tx, call, gql_input_str(call, "artifactID"), CAN_READ, &artifact, err));
    TRY(check_list(call, "aliases", ARTIFACT_ALIASES_MAX, err));
    for (size_t i = 0; i < aliases->array.count; i++) {
        const struct json_value *item = &aliases->array.items[i];
        struct str alias = json_get_str(item, STR("alias"));
        struct collection *collection;
        struct membership *membership;
        TRY(find_alias_collection(tx, call, artifact, item, &collection, err));
        TRY(membership_get(tx, collection->id, artifact->id, call->arena, &membership, err));
        TRY(note_place(tx, call, is_added ? "alias.add" : "alias.delete", collection, alias, err));
        TRY(is_added ? artifact_alias_set(tx, membership, alias, call->arena, err) : alias_remove(tx, collection->id, alias, artifact->id, err));
    }
    payload->owner = artifact->owner;
    payload->artifact = artifact;
    return OK;
}

MUTATION(add_aliases) {
    return change_aliases(tx, call, true, payload, err);
}

MUTATION(delete_aliases) {
    return change_aliases(tx, call, false, payload, err);
}

/* ---- use ---- */

MUTATION(use) {
    struct str used_as = gql_input_str(call, "usedAs");
    struct artifact *artifact;
    struct run *run;
    TRY(find_artifact(tx, call, gql_input_str(call, "artifactID"), CAN_READ, &artifact, err));
    TRY(name_check_text(used_as, "usedAs", ARTIFACT_NAME_MAX, err));
    TRY(place_find_run(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"),
                       gql_input_str(call, "runName"), 0, CAN_WRITE, &run, err));
    TRY(artifact_add_use(tx, run->id, artifact->id, used_as, clock_wall_ms(), err));
    payload->owner = artifact->owner;
    payload->artifact = artifact;
    return OK;
}

/* ---- links ---- */

static enum err_code find_linked(struct db_tx *tx, struct gql_call *call, struct artifact **out, struct err *err) {
    struct str client_id = gql_input_str(call, "clientID");
    if (gql_input_str(call, "artifactID").len > 0)
        return find_artifact(tx, call, gql_input_str(call, "artifactID"), CAN_READ, out, err);
    if (client_id.len == 0)
        return err_set(err, ERR_BAD_INPUT, "a link needs an artifactID or a clientID");
    TRY(artifact_find_by_client_id(tx, client_id, call->arena, out, err));
    return find_artifact(tx, call, node_id_make("Artifact", (*out)->id, call->arena), CAN_READ, out, err);
}

static enum err_code find_portfolio(struct db_tx *tx, struct gql_call *call, const struct artifact *artifact, int64_t now_ms,
                                    struct collection **out, struct err *err) {
    struct str name = gql_input_str(call, "artifactPortfolioName");
    struct collection *source;
    struct artifact_type *source_type, *type;
    struct project *project;
    TRY(check_name(name, "the portfolio", err));
    if (registry_is_name(gql_input_str(call, "projectName"))) /* a registry is made on purpose only */
        TRY(place_find_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), CAN_WRITE,
                               &project, err));
    else
        TRY(place_ensure_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), now_ms,
                                 &project, err));
    TRY(collection_get(tx, artifact->collection_id, call->arena, &source, err));
    TRY(artifact_type_get(tx, source->type_id, call->arena, &source_type, err));
    TRY(registry_check_type(tx, project->id, source_type->name, err));
    TRY(artifact_type_ensure(tx, project->id, source_type->name, now_ms, call->arena, &type, err));
    return collection_ensure(tx, project->id, type->id, name, true, (struct str){ 0 }, now_ms, call->arena, out, err);
}

MUTATION(link) {
    const struct json_value *aliases = gql_input(call, "aliases");
    int64_t now_ms = clock_wall_ms();
    struct artifact *artifact;
    struct collection *portfolio;
    TRY(find_linked(tx, call, &artifact, err));
    if (artifact->state != ARTIFACT_COMMITTED)
        return err_set(err, ERR_BAD_INPUT, "the artifact is not committed yet");
    TRY(check_list(call, "aliases", ARTIFACT_ALIASES_MAX, err));
    TRY(find_portfolio(tx, call, artifact, now_ms, &portfolio, err));
    payload->owner = portfolio->owner;
    TRY(note_place(tx, call, "artifact.link", portfolio, node_id_make("Artifact", artifact->id, call->arena), err));
    TRY(membership_link(tx, portfolio->id, artifact->id, now_ms, call->arena, &payload->membership, err));
    for (size_t i = 0; aliases != NULL && aliases->type == JSON_TYPE_ARRAY && i < aliases->array.count; i++)
        TRY(artifact_alias_set(tx, payload->membership, json_get_str(&aliases->array.items[i], STR("alias")), call->arena, err));
    return alias_set(tx, portfolio->id, STR("latest"), artifact->id, err);
}

MUTATION(unlink) {
    struct artifact *artifact;
    struct collection *portfolio;
    int64_t id;
    TRY(find_artifact(tx, call, gql_input_str(call, "artifactID"), CAN_READ, &artifact, err));
    if (!node_id_parse(gql_input_str(call, "artifactPortfolioID"), "ArtifactCollection", &id, call->arena))
        return err_set(err, ERR_NOT_FOUND, "there is no such artifact collection");
    TRY(collection_get(tx, id, call->arena, &portfolio, err));
    if (access_check_in(tx, gql_identity(call), &portfolio->owner, CAN_WRITE, err) != OK)
        return err->code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such artifact collection") : err->code;
    if (!portfolio->is_portfolio)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is no portfolio: its versions cannot be unlinked", STR_ARG(portfolio->name));
    TRY(note_place(tx, call, "artifact.unlink", portfolio, node_id_make("Artifact", artifact->id, call->arena), err));
    TRY(membership_unlink(tx, portfolio->id, artifact->id, err));
    payload->owner = portfolio->owner;
    payload->artifact = artifact;
    return OK;
}
