/* uplink_artifact.c - an artifact on its way: announced, its files put, its manifest, the commit.
 *
 * Each step may be done again: the server knows the draft by its client id and the files by their digests, so that what
 * broke off goes on where it was.
 */
#include "client/uplink_parts.h"

#include "base/hash.h"
#include "base/protobuf.h"
#include "client/answer.h"
#include "client/artifact_record.h"
#include "client/uploads.h"

enum { FILES_A_BATCH = 500, REF_MAX_BYTES = 64 << 10 };

static const char create_document[] =
    "mutation CreateArtifact($input: CreateArtifactInput!) { createArtifact(input: $input) "
    "{ artifact { id state artifactSequence { latestArtifact { id } } } } }";

static const char manifest_document[] =
    "mutation CreateArtifactManifest($artifactID: ID!, $baseArtifactID: ID, $name: String!, $digest: String!, "
    "$entityName: String!, $projectName: String!, $runName: String!, $manifestType: ArtifactManifestType!, "
    "$includeUpload: Boolean!) { createArtifactManifest(input: {artifactID: $artifactID, baseArtifactID: $baseArtifactID, "
    "name: $name, digest: $digest, entityName: $entityName, projectName: $projectName, runName: $runName, "
    "type: $manifestType}) { artifactManifest { id file { id uploadUrl @include(if: $includeUpload) "
    "uploadHeaders @include(if: $includeUpload) } } } }";

static const char update_document[] =
    "mutation UpdateArtifactManifest($artifactManifestID: ID!, $digest: String, $includeUpload: Boolean!) { "
    "updateArtifactManifest(input: {artifactManifestID: $artifactManifestID, digest: $digest}) { artifactManifest { id "
    "file { id uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) } } } }";

static const char files_document[] =
    "mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { "
    "node { storagePath uploadUrl uploadHeaders artifact { id } } } } } }";

static const char commit_document[] = "mutation CommitArtifact($artifactID: ID!) { commitArtifact(input: "
                                      "{artifactID: $artifactID}) { artifact { id digest } } }";

static const char use_document[] = "mutation UseArtifact($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }";

static const char mapping_document[] = "query ClientIDMapping($clientID: ID!) { clientIDMapping(clientID: $clientID) { serverID } }";

/* One artifact as it is worked on. */
struct job {
    struct uplink *uplink;
    struct artifact_record record;
    struct upload_counters *counters;
    struct buf id, base_id, manifest_id, manifest, upload_url, upload_headers;
    bool is_there; /* the server has this content already */
    char **owned;  /* texts that entries borrow */
    size_t owned_count;
};

static void job_init(struct job *job, struct uplink *uplink, struct upload_counters *counters) {
    *job = (struct job){ .uplink = uplink, .counters = counters };
    struct buf *const facts[] = { &job->id, &job->base_id, &job->manifest_id };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        buf_init(facts[i], UPLINK_FACT_MAX_BYTES);
    buf_init(&job->manifest, UPLINK_BODY_MAX_BYTES);
    buf_init(&job->upload_url, 4 * UPLINK_FACT_MAX_BYTES);
    buf_init(&job->upload_headers, 8 * UPLINK_FACT_MAX_BYTES);
}

static void job_finish(struct job *job) {
    struct buf *const bufs[] = { &job->id, &job->base_id, &job->manifest_id, &job->manifest, &job->upload_url, &job->upload_headers };
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_finish(bufs[i]);
    for (size_t i = 0; i < job->owned_count; i++)
        free(job->owned[i]);
    free(job->owned);
    artifact_record_finish(&job->record);
}

/* A copy that lives as long as the job; empty when there is no memory. */
static struct str keep(struct job *job, struct str text) {
    char **owned = realloc(job->owned, (job->owned_count + 1) * sizeof *owned);
    if (owned != NULL)
        job->owned = owned;
    char *copy = owned == NULL ? NULL : strndup(text.ptr, text.len);
    if (copy == NULL)
        return STR_EMPTY;
    owned[job->owned_count++] = copy;
    return (struct str){ copy, text.len };
}

static enum uplink_result refuse(struct uplink *uplink, const char *what) {
    (void)snprintf(uplink->problem, sizeof uplink->problem, "%s", what);
    return UPLINK_REFUSED;
}

/* Where the artifact lies: as the record says, else where the run is. */
static struct str entity_of(const struct job *job) {
    return job->record.entity.len > 0 && job->uplink->wanted_entity.len == 0 ? job->record.entity : buf_str(&job->uplink->entity);
}

static struct str project_of(const struct job *job) {
    return job->record.project.len > 0 && job->uplink->wanted_project.len == 0 ? job->record.project
                                                                                : buf_str(&job->uplink->project);
}

static void adopt(struct buf *to, struct str raw) {
    buf_reset(to);
    (void)answer_text(raw, to);
}

/* ---- 1: announced ---- */

static void put_list(struct json_writer *writer, const char *key, const char *name_key, const struct job *job,
                     const struct str *names, size_t count, bool are_aliases) {
    json_key(writer, str_from_c(key));
    json_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(writer);
        json_key(writer, str_from_c(name_key));
        json_string(writer, names[i]);
        if (are_aliases) {
            json_key(writer, STR("artifactCollectionName"));
            json_string(writer, job->record.name);
        }
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void put_input(struct job *job, struct json_writer *writer) {
    const struct artifact_record *record = &job->record;
    uplink_put_variable(writer, "entityName", entity_of(job));
    uplink_put_variable(writer, "projectName", project_of(job));
    uplink_put_variable(writer, "runName", buf_str(&job->uplink->run_id));
    uplink_put_variable(writer, "artifactTypeName", record->type);
    uplink_put_variable(writer, "artifactCollectionName", record->name);
    uplink_put_variable(writer, "description", record->description);
    uplink_put_variable(writer, "digest", record->digest);
    uplink_put_variable(writer, "digestAlgorithm", STR("MANIFEST_MD5"));
    uplink_put_variable(writer, "metadata", record->metadata);
    uplink_put_variable(writer, "distributedID", record->distributed_id);
    uplink_put_variable(writer, "clientID", record->client_id);
    uplink_put_variable(writer, "sequenceClientID", record->sequence_client_id);
    put_list(writer, "aliases", "alias", job, record->aliases, record->alias_count, true);
    if (record->tag_count > 0)
        put_list(writer, "tags", "tagName", job, record->tags, record->tag_count, false);
    if (record->ttl_s != 0) {
        json_key(writer, STR("ttlDurationSeconds"));
        json_int(writer, record->ttl_s);
    }
    json_key(writer, STR("enableDigestDeduplication"));
    json_bool(writer, true);
}

static enum uplink_result announce(struct job *job) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data, artifact, raw;
    uplink_begin_graphql(job->uplink, &writer, "CreateArtifact", create_document);
    json_key(&writer, STR("input"));
    json_object_begin(&writer);
    put_input(job, &writer);
    json_object_end(&writer);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(job->uplink, &response, &data);
    if (result == UPLINK_SENT && (!answer_find(data, &artifact, "createArtifact", "artifact", NULL) ||
                                  !answer_find(artifact, &raw, "id", NULL)))
        result = refuse(job->uplink, "the server did not make the artifact");
    if (result == UPLINK_SENT) {
        adopt(&job->id, raw);
        job->is_there = answer_find(artifact, &raw, "state", NULL) && str_eq_c(raw, "\"COMMITTED\"");
        buf_reset(&job->base_id);
        if (job->record.base_id.len > 0)
            buf_append_str(&job->base_id, job->record.base_id);
        else if (answer_find(artifact, &raw, "artifactSequence", "latestArtifact", "id", NULL))
            adopt(&job->base_id, raw);
    }
    http_response_finish(&response);
    return result;
}

/* ---- 2 and 4: the manifest's place ---- */

static const char *manifest_type(const struct job *job) {
    return job->record.is_incremental ? "INCREMENTAL" : job->record.distributed_id.len > 0 ? "PATCH" : "FULL";
}

static const char *manifest_name(const struct job *job) {
    return job->record.is_incremental              ? "wandb_manifest.incremental.json"
           : job->record.distributed_id.len > 0 ? "wandb_manifest.patch.json"
                                                : "wandb_manifest.json";
}

static void put_manifest_variables(struct job *job, struct json_writer *writer, struct str digest) {
    uplink_put_variable(writer, "artifactID", buf_str(&job->id));
    uplink_put_variable(writer, "baseArtifactID", buf_str(&job->base_id));
    uplink_put_variable(writer, "name", str_from_c(manifest_name(job)));
    uplink_put_variable(writer, "entityName", entity_of(job));
    uplink_put_variable(writer, "projectName", project_of(job));
    uplink_put_variable(writer, "runName", buf_str(&job->uplink->run_id));
    uplink_put_variable(writer, "manifestType", str_from_c(manifest_type(job)));
    json_key(writer, STR("digest"));
    json_string(writer, digest);
}

static enum uplink_result take_manifest(struct job *job, struct str data, const char *mutation) {
    struct str manifest, raw;
    if (!answer_find(data, &manifest, mutation, "artifactManifest", NULL) || !answer_find(manifest, &raw, "id", NULL))
        return refuse(job->uplink, "the server did not take the manifest");
    adopt(&job->manifest_id, raw);
    buf_reset(&job->upload_url);
    buf_reset(&job->upload_headers);
    if (answer_find(manifest, &raw, "file", "uploadUrl", NULL))
        buf_append_str(&job->upload_url, raw);
    if (answer_find(manifest, &raw, "file", "uploadHeaders", NULL))
        buf_append_str(&job->upload_headers, raw);
    return UPLINK_SENT;
}

/* With a digest the answer says where the manifest goes. One that is a part of a whole is updated, not superseded. */
static enum uplink_result place_manifest(struct job *job, struct str digest) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data;
    bool is_part = job->record.is_incremental || job->record.distributed_id.len > 0;
    bool updates = digest.len > 0 && is_part;
    uplink_begin_graphql(job->uplink, &writer, updates ? "UpdateArtifactManifest" : "CreateArtifactManifest",
                         updates ? update_document : manifest_document);
    if (updates) {
        uplink_put_variable(&writer, "artifactManifestID", buf_str(&job->manifest_id));
        uplink_put_variable(&writer, "digest", digest);
    } else {
        put_manifest_variables(job, &writer, digest);
    }
    json_key(&writer, STR("includeUpload"));
    json_bool(&writer, digest.len > 0);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(job->uplink, &response, &data);
    if (result == UPLINK_SENT)
        result = take_manifest(job, data, updates ? "updateArtifactManifest" : "createArtifactManifest");
    http_response_finish(&response);
    return result;
}

/* ---- 3: the files ---- */

static bool is_file(const struct artifact_entry *entry) {
    return entry->ref.len == 0 && entry->local_path.len > 0;
}

static void put_file_spec(struct job *job, struct json_writer *writer, const struct artifact_entry *entry) {
    json_object_begin(writer);
    uplink_put_variable(writer, "artifactID", buf_str(&job->id));
    uplink_put_variable(writer, "artifactManifestID", buf_str(&job->manifest_id));
    uplink_put_variable(writer, "name", entry->path);
    uplink_put_variable(writer, "md5", entry->digest);
    uplink_put_variable(writer, "digest", entry->digest);
    json_object_end(writer);
}

static enum uplink_result announce_files(struct job *job, struct artifact_entry *const *entries, size_t count,
                                         struct http_response *response, struct str *data) {
    struct json_writer writer;
    uplink_begin_graphql(job->uplink, &writer, "CreateArtifactFiles", files_document);
    json_key(&writer, STR("input"));
    json_object_begin(&writer);
    json_key(&writer, STR("artifactFiles"));
    json_array_begin(&writer);
    for (size_t i = 0; i < count; i++)
        put_file_spec(job, &writer, entries[i]);
    json_array_end(&writer);
    uplink_put_variable(&writer, "storageLayout", STR("V2"));
    uplink_put_variable(&writer, "digestAlgorithm", STR("MANIFEST_MD5"));
    json_object_end(&writer);
    uplink_end_graphql(&writer);
    return uplink_post_graphql(job->uplink, response, data);
}

static void take_birth(struct job *job, struct artifact_entry *entry, struct str node) {
    struct buf id = BUF_INIT(UPLINK_FACT_MAX_BYTES);
    struct str raw;
    entry->birth_id = buf_str(&job->id);
    if (answer_find(node, &raw, "artifact", "id", NULL) && answer_text(raw, &id) && !str_eq(buf_str(&id), entry->birth_id))
        entry->birth_id = keep(job, buf_str(&id));
    buf_finish(&id);
}

static enum uplink_result judge(struct job *job, const struct upload *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (list[i].result == UPLINK_LATER)
            return UPLINK_LATER;
    for (size_t i = 0; i < count; i++)
        if (list[i].result == UPLINK_REFUSED) {
            (void)snprintf(job->uplink->problem, sizeof job->uplink->problem, "the artifact's file '%.*s' cannot be sent",
                           STR_ARG(list[i].name));
            return UPLINK_REFUSED;
        }
    return UPLINK_SENT;
}

static enum uplink_result send_batch(struct job *job, struct artifact_entry *const *entries, size_t count) {
    struct http_response response = { 0 };
    struct upload *list = calloc(count, sizeof *list);
    struct str data, edges, edge, node;
    enum uplink_result result = list == NULL ? UPLINK_LATER : announce_files(job, entries, count, &response, &data);
    if (result == UPLINK_SENT && !answer_find(data, &edges, "createArtifactFiles", "files", "edges", NULL))
        result = refuse(job->uplink, "the server does not say where the artifact's files go");
    for (size_t i = 0; i < count && result == UPLINK_SENT; i++) {
        struct str path = keep(job, entries[i]->local_path);
        list[i] = (struct upload){ .name = entries[i]->path,
                                   .path = path.ptr,
                                   .follows_links = job->uplink->follows_links,
                                   .owner = job->uplink->owner,
                                   .url_json = STR_INIT("") };
        if (!answer_element(edges, i, &edge) || !answer_find(edge, &node, "node", NULL))
            continue;
        (void)!answer_find(node, &list[i].url_json, "uploadUrl", NULL);
        (void)!answer_find(node, &list[i].headers_json, "uploadHeaders", NULL);
        take_birth(job, entries[i], node);
    }
    if (result == UPLINK_SENT) {
        uploads_send(job->uplink->uploads, list, count, job->counters);
        result = judge(job, list, count);
    }
    http_response_finish(&response);
    free(list);
    return result;
}

static enum uplink_result send_files(struct job *job) {
    struct artifact_entry *batch[FILES_A_BATCH];
    size_t count = 0;
    enum uplink_result result = UPLINK_SENT;
    for (size_t i = 0; i < job->record.entry_count && result == UPLINK_SENT; i++) {
        if (is_file(&job->record.entries[i]))
            batch[count++] = &job->record.entries[i];
        if (count == FILES_A_BATCH || (count > 0 && i + 1 == job->record.entry_count)) {
            result = send_batch(job, batch, count);
            count = 0;
        }
    }
    return result;
}

/* ---- references to artifacts that only have a client's id ---- */

static bool append_hex_of_base64(struct buf *out, struct str text) {
    unsigned value = 0, bits = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        char c = text.ptr[i];
        unsigned digit = c >= 'A' && c <= 'Z'   ? (unsigned)(c - 'A')
                         : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 26
                         : c >= '0' && c <= '9' ? (unsigned)(c - '0') + 52
                         : c == '+'             ? 62
                         : c == '/'             ? 63
                                                : 64;
        if (digit == 64)
            return false;
        value = (value << 6 | digit) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_printf(out, "%02x", value >> bits & 0xff);
        }
    }
    return !out->failed;
}

static enum uplink_result ask_server_id(struct job *job, struct str client_id, struct buf *out) {
    struct http_response response = { 0 };
    struct buf id = BUF_INIT(UPLINK_FACT_MAX_BYTES);
    struct json_writer writer;
    struct str data, raw;
    uplink_begin_graphql(job->uplink, &writer, "ClientIDMapping", mapping_document);
    uplink_put_variable(&writer, "clientID", client_id);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(job->uplink, &response, &data);
    if (result == UPLINK_SENT && (!answer_find(data, &raw, "clientIDMapping", "serverID", NULL) || !answer_text(raw, &id) ||
                                  !append_hex_of_base64(out, buf_str(&id))))
        result = refuse(job->uplink, "an artifact that is referred to is not on the server");
    buf_finish(&id);
    http_response_finish(&response);
    return result;
}

static enum uplink_result map_reference(struct job *job, struct artifact_entry *entry) {
    static const struct str scheme = STR_INIT("wandb-client-artifact://");
    struct buf ref = BUF_INIT(REF_MAX_BYTES);
    struct str client_id, path;
    if (!str_starts_with(entry->ref, scheme) || !str_cut(str_from(entry->ref, scheme.len), '/', &client_id, &path))
        return UPLINK_SENT;
    buf_append_str(&ref, STR("wandb-artifact://"));
    enum uplink_result result = ask_server_id(job, client_id, &ref);
    buf_append_char(&ref, '/');
    buf_append_str(&ref, path);
    if (result == UPLINK_SENT && !ref.failed)
        entry->ref = keep(job, buf_str(&ref));
    buf_finish(&ref);
    return result;
}

static enum uplink_result map_references(struct job *job) {
    enum uplink_result result = UPLINK_SENT;
    for (size_t i = 0; i < job->record.entry_count && result == UPLINK_SENT; i++)
        result = map_reference(job, &job->record.entries[i]);
    return result;
}

/* ---- 4: the manifest ---- */

static void put_entry(struct json_writer *writer, const struct artifact_entry *entry) {
    json_key(writer, entry->path);
    json_object_begin(writer);
    json_key(writer, STR("digest"));
    json_string(writer, entry->digest);
    uplink_put_variable(writer, "birthArtifactID", entry->birth_id);
    uplink_put_variable(writer, "ref", entry->ref);
    if (entry->extra_json.len > 0) {
        json_key(writer, STR("extra"));
        buf_append_char(writer->out, '{');
        buf_append_str(writer->out, entry->extra_json);
        buf_append_char(writer->out, '}');
        writer->needs_comma = true;
    }
    json_key(writer, STR("size"));
    json_int(writer, entry->size);
    json_object_end(writer);
}

static void write_manifest(struct job *job) {
    struct json_writer writer;
    buf_reset(&job->manifest);
    json_writer_init(&writer, &job->manifest, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("version"));
    json_int(&writer, 1);
    json_key(&writer, STR("storagePolicy"));
    json_string(&writer, job->record.storage_policy);
    json_key(&writer, STR("storagePolicyConfig"));
    buf_append_char(&job->manifest, '{');
    if (job->record.policy_config.len == 0)
        buf_append_str(&job->manifest, STR("\"storageLayout\":\"V2\""));
    buf_append_str(&job->manifest, buf_str(&job->record.policy_config));
    buf_append_char(&job->manifest, '}');
    writer.needs_comma = true;
    json_key(&writer, STR("contents"));
    json_object_begin(&writer);
    for (size_t i = 0; i < job->record.entry_count; i++)
        put_entry(&writer, &job->record.entries[i]);
    json_object_end(&writer);
    json_object_end(&writer);
}

static enum uplink_result send_manifest(struct job *job) {
    unsigned char digest[MD5_BYTES];
    struct buf text = BUF_INIT(MD5_HEX_LEN);
    write_manifest(job);
    if (job->manifest.failed)
        return refuse(job->uplink, "the artifact's manifest is too large");
    hash_md5(digest, buf_str(&job->manifest));
    uplink_append_base64(&text, (struct str){ (const char *)digest, sizeof digest });
    enum uplink_result result = place_manifest(job, buf_str(&text));
    buf_finish(&text);
    if (result != UPLINK_SENT)
        return result;
    struct upload upload = { .name = STR_INIT("manifest"),
                             .content = buf_str(&job->manifest),
                             .url_json = buf_str(&job->upload_url),
                             .headers_json = buf_str(&job->upload_headers) };
    uploads_send(job->uplink->uploads, &upload, 1, job->counters);
    return upload.result == UPLINK_REFUSED ? refuse(job->uplink, "the artifact's manifest cannot be sent") : upload.result;
}

/* ---- 5: the end ---- */

static enum uplink_result commit(struct job *job) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data;
    uplink_begin_graphql(job->uplink, &writer, "CommitArtifact", commit_document);
    uplink_put_variable(&writer, "artifactID", buf_str(&job->id));
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(job->uplink, &response, &data);
    http_response_finish(&response);
    return result;
}

static enum uplink_result use(struct uplink *uplink, struct str id) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data;
    uplink_begin_graphql(uplink, &writer, "UseArtifact", use_document);
    json_key(&writer, STR("input"));
    json_object_begin(&writer);
    uplink_put_variable(&writer, "entityName", buf_str(&uplink->entity));
    uplink_put_variable(&writer, "projectName", buf_str(&uplink->project));
    uplink_put_variable(&writer, "runName", buf_str(&uplink->run_id));
    uplink_put_variable(&writer, "artifactID", id);
    json_object_end(&writer);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(uplink, &response, &data);
    http_response_finish(&response);
    return result;
}

static enum uplink_result send_steps(struct job *job) {
    enum uplink_result result = announce(job);
    if (result != UPLINK_SENT)
        return result;
    if (!job->is_there) {
        if ((result = place_manifest(job, STR_EMPTY)) != UPLINK_SENT || (result = send_files(job)) != UPLINK_SENT ||
            (result = map_references(job)) != UPLINK_SENT || (result = send_manifest(job)) != UPLINK_SENT)
            return result;
        if (job->record.is_finalized && (result = commit(job)) != UPLINK_SENT)
            return result;
    }
    return job->record.is_used_after ? use(job->uplink, buf_str(&job->id)) : UPLINK_SENT;
}

static void write_answer(const struct job *job, enum uplink_result result, struct buf *answer) {
    struct json_writer writer;
    buf_reset(answer);
    json_writer_init(&writer, answer, JSON_STRICT);
    json_object_begin(&writer);
    if (result == UPLINK_SENT) {
        uplink_put_variable(&writer, "id", buf_str(&job->id));
        uplink_put_variable(&writer, "state", job->is_there || job->record.is_finalized ? STR("COMMITTED") : STR("PENDING"));
        json_key(&writer, STR("is_new"));
        json_bool(&writer, !job->is_there);
    } else {
        uplink_put_variable(&writer, "error", str_from_c(job->uplink->problem));
    }
    json_object_end(&writer);
}

enum uplink_result uplink_send_artifact(struct uplink *uplink, struct str body, struct upload_counters *counters,
                                        struct buf *answer) {
    struct job job;
    struct err err = { 0 };
    enum uplink_result result;
    if (uplink->uploads == NULL)
        uplink->uploads = uploads_create(buf_str(&uplink->base_url));
    if (uplink->uploads == NULL)
        return UPLINK_LATER;
    job_init(&job, uplink, counters);
    if (artifact_record_parse(&job.record, body, &err) != OK)
        result = refuse(uplink, err.message);
    else
        result = send_steps(&job);
    if (result != UPLINK_LATER)
        write_answer(&job, result, answer);
    job_finish(&job);
    return result;
}

enum uplink_result uplink_use_artifact(struct uplink *uplink, struct str body) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct str id = STR_EMPTY;
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        if (field.number == 1)
            id = protobuf_bytes(&field);
    return id.len == 0 ? refuse(uplink, "an artifact that is used has no id") : use(uplink, id);
}
