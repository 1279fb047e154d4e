/* artifact_manifest.c - an artifact's manifest: its place, its references, its bytes; see artifact_job.h. */
#include "client/uplink/artifact_job.h"

#include "base/hash.h"
#include "client/uplink/answer.h"

enum { REF_MAX_BYTES = 64 << 10 };

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

static const char mapping_document[] = "query ClientIDMapping($clientID: ID!) { clientIDMapping(clientID: $clientID) { serverID } }";

/* ---- its place ---- */

static const char *manifest_type(const struct artifact_job *job) {
    return job->record.is_incremental ? "INCREMENTAL" : job->record.distributed_id.len > 0 ? "PATCH" : "FULL";
}

static const char *manifest_name(const struct artifact_job *job) {
    return job->record.is_incremental              ? "wandb_manifest.incremental.json"
           : job->record.distributed_id.len > 0 ? "wandb_manifest.patch.json"
                                                : "wandb_manifest.json";
}

static void put_manifest_variables(struct artifact_job *job, struct json_writer *writer, struct str digest) {
    uplink_put_variable(writer, "artifactID", buf_str(&job->id));
    uplink_put_variable(writer, "baseArtifactID", buf_str(&job->base_id));
    uplink_put_variable(writer, "name", str_from_c(manifest_name(job)));
    uplink_put_variable(writer, "entityName", artifact_job_entity(job));
    uplink_put_variable(writer, "projectName", artifact_job_project(job));
    uplink_put_variable(writer, "runName", buf_str(&job->uplink->run_id));
    uplink_put_variable(writer, "manifestType", str_from_c(manifest_type(job)));
    json_key(writer, STR("digest"));
    json_string(writer, digest);
}

static enum uplink_result take_manifest(struct artifact_job *job, struct str data, const char *mutation) {
    struct str manifest, raw;
    if (!answer_find(data, &manifest, mutation, "artifactManifest", NULL) || !answer_find(manifest, &raw, "id", NULL))
        return artifact_job_refuse(job, "the server did not take the manifest");
    artifact_job_adopt(&job->manifest_id, raw);
    buf_reset(&job->upload_url);
    buf_reset(&job->upload_headers);
    if (answer_find(manifest, &raw, "file", "uploadUrl", NULL))
        buf_append_str(&job->upload_url, raw);
    if (answer_find(manifest, &raw, "file", "uploadHeaders", NULL))
        buf_append_str(&job->upload_headers, raw);
    return UPLINK_SENT;
}

/* One that is a part of a whole is updated, not superseded. */
enum uplink_result artifact_place_manifest(struct artifact_job *job, struct str digest) {
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

/* ---- references ---- */

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

static enum uplink_result ask_server_id(struct artifact_job *job, struct str client_id, struct buf *out) {
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
        result = artifact_job_refuse(job, "an artifact that is referred to is not on the server");
    buf_finish(&id);
    http_response_finish(&response);
    return result;
}

static enum uplink_result map_reference(struct artifact_job *job, struct artifact_entry *entry) {
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
        entry->ref = artifact_job_keep(job, buf_str(&ref));
    buf_finish(&ref);
    return result;
}

enum uplink_result artifact_map_references(struct artifact_job *job) {
    enum uplink_result result = UPLINK_SENT;
    for (size_t i = 0; i < job->record.entry_count && result == UPLINK_SENT; i++)
        result = map_reference(job, &job->record.entries[i]);
    return result;
}

/* ---- its bytes ---- */

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

static void write_manifest(struct artifact_job *job) {
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

enum uplink_result artifact_send_manifest(struct artifact_job *job) {
    unsigned char digest[MD5_BYTES];
    struct buf text = BUF_INIT(MD5_HEX_LEN);
    write_manifest(job);
    if (job->manifest.failed)
        return artifact_job_refuse(job, "the artifact's manifest is too large");
    hash_md5(digest, buf_str(&job->manifest));
    uplink_append_base64(&text, (struct str){ (const char *)digest, sizeof digest });
    enum uplink_result result = artifact_place_manifest(job, buf_str(&text));
    buf_finish(&text);
    if (result != UPLINK_SENT)
        return result;
    struct upload upload = { .name = STR_INIT("manifest"),
                             .content = buf_str(&job->manifest),
                             .url_json = buf_str(&job->upload_url),
                             .headers_json = buf_str(&job->upload_headers) };
    uploads_send(job->uplink->uploads, &upload, 1, job->counters);
    return upload.result == UPLINK_REFUSED ? artifact_job_refuse(job, "the artifact's manifest cannot be sent") : upload.result;
}
