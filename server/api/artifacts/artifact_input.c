/* artifact_input.c - see artifact_input.h. */
#include "server/api/artifacts/artifact_input.h"

#include "base/file.h"
#include "server/api/artifacts/artifact_access.h"
#include "server/api/artifacts/artifact_mutations.h"
#include "server/api/node_id.h"
#include "server/store/projects/names.h"

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

/* ---- what they are given ---- */

enum err_code artifact_input_none(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
}

enum err_code artifact_input_find(struct db_tx *tx, struct gql_call *call, struct str global_id, enum who who, struct artifact **out,
                                  struct err *err) {
    int64_t id;
    if (!node_id_parse(global_id, "Artifact", &id, call->arena))
        return artifact_input_none(err);
    TRY(artifact_get(tx, id, call->arena, out, err));
    enum err_code code = artifact_access_check(tx, gql_identity(call), *out, who, err);
    if (code == ERR_NOT_FOUND || (*out)->state == ARTIFACT_DELETED)
        return artifact_input_none(err);
    return code;
}

enum err_code artifact_input_check_name(struct str name, const char *what, struct err *err) {
    TRY(name_check(name, what, ARTIFACT_NAME_MAX, err));
    return file_is_safe_path(name) ? OK : err_set(err, ERR_BAD_INPUT, "%s '%.*s' is not a plain name", what, STR_ARG(name));
}

enum err_code artifact_input_check_list(const struct gql_call *call, const char *name, size_t most, struct err *err) {
    const struct json_value *list = gql_input(call, name);
    if (list != NULL && list->type == JSON_TYPE_ARRAY && list->array.count > most)
        return err_set(err, ERR_BAD_INPUT, "'%s' holds %zu items, at most %zu are taken", name, list->array.count, most);
    return OK;
}

int64_t artifact_input_int(const struct gql_call *call, const char *name, int64_t otherwise) {
    const struct json_value *value = gql_input(call, name);
    return value != NULL && value->type == JSON_TYPE_INT ? value->integer : otherwise;
}

enum err_code artifact_input_apply_tags(struct db_tx *tx, struct gql_call *call, const char *input, int64_t artifact_id, bool is_added,
                                        struct err *err) {
    const struct json_value *tags = gql_input(call, input);
    for (size_t i = 0; tags != NULL && tags->type == JSON_TYPE_ARRAY && i < tags->array.count; i++) {
        struct str tag = json_get_str(&tags->array.items[i], STR("tagName"));
        TRY(name_check_text(tag, "the tag", ARTIFACT_NAME_MAX, err));
        TRY(artifact_tag(tx, artifact_id, tag, is_added, err));
    }
    return OK;
}
