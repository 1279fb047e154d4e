/* artifact_files.c - an artifact's files: announced in batches, put where the server says; see artifact_job.h. */
#include "client/uplink/artifact_job.h"

#include "client/uplink/answer.h"

enum { FILES_A_BATCH = 500 };

static const char files_document[] =
    "mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { "
    "node { storagePath uploadUrl uploadHeaders uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } } "
    "artifact { id } } } } } }";

/* ---- announced ---- */

static void put_parts(struct json_writer *writer, const struct large_file *large) {
    struct buf hex = BUF_INIT(MD5_HEX_LEN);
    json_key(writer, STR("uploadPartsInput"));
    json_array_begin(writer);
    for (size_t i = 0; i < large->part_count; i++) {
        buf_reset(&hex);
        for (size_t byte = 0; byte < MD5_BYTES; byte++)
            buf_printf(&hex, "%02x", large->parts[i].md5[byte]);
        json_object_begin(writer);
        json_key(writer, STR("partNumber"));
        json_int(writer, (int64_t)i + 1);
        uplink_put_variable(writer, "hexMD5", buf_str(&hex));
        json_object_end(writer);
    }
    json_array_end(writer);
    buf_finish(&hex);
}

static void put_file_spec(struct artifact_job *job, struct json_writer *writer, const struct artifact_entry *entry,
                          const struct large_file *large) {
    json_object_begin(writer);
    uplink_put_variable(writer, "artifactID", buf_str(&job->id));
    uplink_put_variable(writer, "artifactManifestID", buf_str(&job->manifest_id));
    uplink_put_variable(writer, "name", entry->path);
    uplink_put_variable(writer, "md5", entry->digest);
    uplink_put_variable(writer, "digest", entry->digest);
    if (large != NULL)
        put_parts(writer, large);
    json_object_end(writer);
}

enum uplink_result artifact_announce_files(struct artifact_job *job, struct artifact_entry *const *entries, size_t count,
                                           const struct large_file *large, struct http_response *response, struct str *edges) {
    struct json_writer writer;
    struct str data;
    uplink_begin_graphql(job->uplink, &writer, "CreateArtifactFiles", files_document);
    json_key(&writer, STR("input"));
    json_object_begin(&writer);
    json_key(&writer, STR("artifactFiles"));
    json_array_begin(&writer);
    for (size_t i = 0; i < count; i++)
        put_file_spec(job, &writer, entries[i], large);
    json_array_end(&writer);
    uplink_put_variable(&writer, "storageLayout", STR("V2"));
    uplink_put_variable(&writer, "digestAlgorithm", STR("MANIFEST_MD5"));
    json_object_end(&writer);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(job->uplink, response, &data);
    if (result == UPLINK_SENT && !answer_find(data, edges, "createArtifactFiles", "files", "edges", NULL))
        return artifact_job_refuse(job, "the server does not say where the artifact's files go");
    return result;
}

static void take_birth(struct artifact_job *job, struct artifact_entry *entry, struct str node) {
    struct buf id = BUF_INIT(UPLINK_FACT_MAX_BYTES);
    struct str raw;
    entry->birth_id = buf_str(&job->id);
    if (answer_find(node, &raw, "artifact", "id", NULL) && answer_text(raw, &id) && !str_eq(buf_str(&id), entry->birth_id))
        entry->birth_id = artifact_job_keep(job, buf_str(&id));
    buf_finish(&id);
}

void artifact_take_place(struct artifact_job *job, struct artifact_entry *entry, struct str edge, struct upload *upload) {
    struct str node, path = artifact_job_keep(job, entry->local_path);
    *upload = (struct upload){ .name = entry->path,
                               .path = path.ptr,
                               .follows_links = job->uplink->follows_links,
                               .owner = job->uplink->owner,
                               .url_json = STR_INIT("") };
    if (!answer_find(edge, &node, "node", NULL))
        return;
    (void)!answer_find(node, &upload->url_json, "uploadUrl", NULL);
    (void)!answer_find(node, &upload->headers_json, "uploadHeaders", NULL);
    take_birth(job, entry, node);
}

/* ---- sent ---- */

enum uplink_result artifact_judge_uploads(struct artifact_job *job, const struct upload *list, size_t count) {
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

static void note_sent(struct artifact_job *job, const struct artifact_entry *entry) {
    artifact_draft_note_sent(job->uplink->draft, (size_t)(entry - job->record.entries), entry->birth_id);
}

static bool is_sent(struct artifact_job *job, struct artifact_entry *entry) {
    const char *birth = artifact_draft_birth(job->uplink->draft, (size_t)(entry - job->record.entries));
    if (birth == NULL)
        return false;
    entry->birth_id = str_from_c(birth);
    return true;
}

static enum uplink_result send_large(struct artifact_job *job, struct artifact_entry *entry) {
    enum uplink_result result = artifact_send_large_file(job, entry);
    if (result == UPLINK_SENT)
        note_sent(job, entry);
    return result;
}

static enum uplink_result send_batch(struct artifact_job *job, struct artifact_entry *const *entries, size_t count) {
    struct http_response response = { 0 };
    struct upload *list = calloc(count + 1, sizeof *list);
    struct str edges, edge;
    enum uplink_result result = list == NULL ? UPLINK_LATER : artifact_announce_files(job, entries, count, NULL, &response, &edges);
    for (size_t i = 0; i < count && result == UPLINK_SENT; i++)
        artifact_take_place(job, entries[i], answer_element(edges, i, &edge) ? edge : STR("{}"), &list[i]);
    if (result == UPLINK_SENT) {
        uploads_send(job->uplink->uploads, list, count, job->counters);
        for (size_t i = 0; i < count; i++)
            if (list[i].result == UPLINK_SENT)
                note_sent(job, entries[i]);
        result = artifact_judge_uploads(job, list, count);
    }
    http_response_finish(&response);
    free(list);
    return result;
}

static bool is_file(const struct artifact_entry *entry) {
    return entry->ref.len == 0 && entry->local_path.len > 0;
}

static bool is_large(const struct artifact_job *job, const struct artifact_entry *entry) {
    return entry->size > 0 && (uint64_t)entry->size >= job->uplink->large_from_bytes;
}

enum uplink_result artifact_send_files(struct artifact_job *job) {
    struct artifact_entry *batch[FILES_A_BATCH];
    size_t count = 0;
    enum uplink_result result = UPLINK_SENT;
    for (size_t i = 0; i < job->record.entry_count && result == UPLINK_SENT; i++) {
        struct artifact_entry *entry = &job->record.entries[i];
        bool is_missing = is_file(entry) && !is_sent(job, entry);
        if (is_missing && is_large(job, entry))
            result = send_large(job, entry);
        else if (is_missing)
            batch[count++] = entry;
        if (result == UPLINK_SENT && count > 0 && (count == FILES_A_BATCH || i + 1 == job->record.entry_count)) {
            result = send_batch(job, batch, count);
            count = 0;
        }
    }
    return result;
}
