/* artifact_drafts.c - versions in the making: created, given files and manifests, committed; see artifact_mutations.h. */
#include "server/api/artifacts/artifact_mutations.h"

#include "base/file.h"
#include "server/api/artifacts/artifact_alias.h"
#include "server/api/artifacts/artifact_commit.h"
#include "server/api/artifacts/artifact_input.h"
#include "server/api/artifacts/artifact_links.h"
#include "server/api/artifacts/artifact_parts.h"
#include "server/api/artifacts/arrived.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/runs/file_type.h"
#include "server/store/artifacts/artifact_file.h"
#include "server/store/projects/names.h"

enum { FILES_PER_REQUEST_MAX = 20000 };

MUTATION_ANSWERS;

static enum err_code find_draft(struct db_tx *tx, struct gql_call *call, struct str global_id, struct artifact **out, struct err *err) {
    TRY(artifact_input_find(tx, call, global_id, CAN_WRITE, out, err));
    if ((*out)->state == ARTIFACT_PENDING)
        return OK;
    return err_set(err, ERR_BAD_INPUT, "the artifact is committed and cannot be changed");
}

/* ---- creating ---- */

static enum err_code check_input(const struct gql_call *call, struct err *err) {
    struct str region = gql_input_str(call, "storageRegion");
    if (region.len > 0 && !str_eq(region, STR("default")))
        return err_set(err, ERR_BAD_INPUT, "there is no storage region '%.*s' here", STR_ARG(str_slice(region, 0, 100)));
    TRY(artifact_input_check_name(gql_input_str(call, "artifactTypeName"), "the artifact type", err));
    TRY(name_check_text(gql_input_str(call, "description"), "the description", ARTIFACT_TEXT_MAX, err));
    TRY(name_check_text(gql_input_str(call, "metadata"), "the metadata", ARTIFACT_METADATA_MAX, err));
    TRY(name_check_text(gql_input_str(call, "digest"), "the digest", ARTIFACT_DIGEST_MAX, err));
    TRY(name_check_text(gql_input_str(call, "clientID"), "the client id", ARTIFACT_ID_MAX, err));
    TRY(name_check_text(gql_input_str(call, "sequenceClientID"), "the sequence's client id", ARTIFACT_ID_MAX, err));
    TRY(name_check_text(gql_input_str(call, "distributedID"), "the distributed id", ARTIFACT_ID_MAX, err));
    TRY(artifact_input_check_list(call, "tags", ARTIFACT_TAGS_MAX, err));
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
    TRY(artifact_input_check_name(name, "the artifact", err));
    TRY(artifact_type_ensure(tx, project->id, gql_input_str(call, "artifactTypeName"), now_ms, call->arena, &type, err));
    return collection_ensure(tx, project->id, type->id, name, false, gql_input_str(call, "sequenceClientID"), now_ms, call->arena, out, err);
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

/* The same content under the same name is the version that is there, with the new aliases, also an output of this run. */
static enum err_code use_same(struct db_tx *tx, struct gql_call *call, const struct artifact *same, const struct run *run, int64_t now_ms,
                              struct err *err) {
    TRY(artifact_alias_apply(tx, gql_identity(call), same, gql_input(call, "aliases"), err));
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
        .ttl_seconds = artifact_input_int(call, "ttlDurationSeconds", -1),
        .history_step = artifact_input_int(call, "historyStep", 0),
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
    TRY(artifact_alias_check_right(tx, gql_identity(call), collection, aliases, err)); /* before anything is uploaded */
    TRY(artifact_create(tx, collection, &wanted, now_ms, call->arena, out, err));
    return artifact_input_apply_tags(tx, call, "tags", (*out)->id, true, err);
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
    TRY(artifact_input_check_name(name, "the manifest", err));
    TRY(name_check_text(gql_input_str(call, "digest"), "the digest", ARTIFACT_DIGEST_MAX, err));
    if (gql_input_str(call, "baseArtifactID").len > 0) {
        TRY(artifact_input_find(tx, call, gql_input_str(call, "baseArtifactID"), CAN_READ, &base, err));
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
        TRY(artifact_input_find(tx, call, gql_input_str(call, "baseArtifactID"), CAN_READ, &base, err));
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

/* The bucket, where clients may go there; it is given the md5 that it shall find. */
static enum err_code set_upload_address(struct gql_call *call, const struct artifact *artifact, struct file_node *node, struct str md5,
                                        struct err *err) {
    struct arrived_file file = { .path = node->name };
    struct identity *identity = gql_identity(call);
    if (md5.len == MD5_BYTES) {
        memcpy(file.md5, md5.ptr, MD5_BYTES);
        TRY(arrived_address(identity->app, artifact->id, &file, &node->upload_url, call->arena, err));
    }
    node->is_direct = node->upload_url.ptr != NULL;
    if (!node->is_direct)
        node->upload_url = artifact_links_put_file(identity, artifact->id, node->name, call->arena);
    return OK;
}

/* Nothing is to be sent when this project links those bytes already: then the version that first had them is named, and the
 * draft holds them in the same transaction, so that no collector comes between. */
static enum err_code add_file(struct db_tx *tx, struct gql_call *call, const struct json_value *wanted, struct draft_cache *last,
                              struct connection *files, struct err *err) {
    struct str name = json_get_str(wanted, STR("name")), md5_text = json_get_str(wanted, STR("md5")), md5 = STR_EMPTY;
    struct file_node *node = ARENA_NEW(call->arena, struct file_node);
    struct artifact_blob blob;
    struct artifact *artifact;
    enum err_code code = ERR_NOT_FOUND;

    TRY(find_draft_again(tx, call, json_get_str(wanted, STR("artifactID")), last, &artifact, err));
    if (!file_is_safe_path(name))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a plain relative path" FILE_PATH_RULE, STR_ARG(str_slice(name, 0, 200)));
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
    node->draft_id = artifact->id;
    node->artifact_id = code == OK ? blob.birth_artifact_id : artifact->id;
    node->artifact = node->artifact_id == artifact->id ? artifact : NULL;
    if (code == ERR_NOT_FOUND) {
        TRY(set_upload_address(call, artifact, node, md5, err));
        TRY(artifact_parts_announce(json_get(wanted, STR("uploadPartsInput")), artifact->owner, artifact->id, name, call->arena, &node->parts, err));
    }
    connection_add(files, node, NULL, name, call->arena);
    return OK;
}

MUTATION(create_files) {
    const struct json_value *wanted = gql_input(call, "artifactFiles");
    struct draft_cache last = { { 0 }, NULL };
    TRY(artifact_input_check_list(call, "artifactFiles", FILES_PER_REQUEST_MAX, err));
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
        return artifact_input_none(err);
    TRY(artifact_commit_draft(gql_identity(call), id, &artifact, err));
    struct payload *payload = ARENA_NEW(call->arena, struct payload);
    *payload = (struct payload){ .owner = artifact->owner, .artifact = artifact };
    gql_object(call, payload);
    return OK;
}
