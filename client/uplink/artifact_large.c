/* artifact_large.c - a large file of an artifact in parts, several at a time, as the server hands out their addresses. */
#include "client/uplink/artifact_job.h"

#include "client/uplink/answer.h"

#include <unistd.h>

enum { MD5_BASE64_LEN = 24, JOIN_TIMEOUT_MS = 3600 * 1000 };

static const char complete_document[] =
    "mutation CompleteMultipartUploadArtifact($completeMultipartAction: CompleteMultipartAction!, "
    "$completedParts: [UploadPartsInput!]!, $artifactID: ID!, $storagePath: String!, $uploadID: String!) { "
    "completeMultipartUploadArtifact(input: {completeMultipartAction: $completeMultipartAction, "
    "completedParts: $completedParts, artifactID: $artifactID, storagePath: $storagePath, uploadID: $uploadID}) { digest } }";

/* One file under way: the server's answer for it, and where the whole would go. */
struct large_upload {
    struct artifact_job *job;
    struct large_file *file;
    struct upload whole;
    struct str storage_path, upload_id, urls; /* as JSON */
};

/* Only a part's own digest and the file's type go with it: the file's digest is not the part's. */
static struct str type_only(struct artifact_job *job, struct str headers) {
    struct buf text = BUF_INIT(UPLINK_FACT_MAX_BYTES);
    struct str raw;
    for (size_t i = 0; answer_element(headers, i, &raw); i++)
        if (text.len == 0 && str_starts_with(raw, STR("\"Content-Type:")))
            buf_printf(&text, "[%.*s]", STR_ARG(raw));
    struct str kept = text.len > 0 && !text.failed ? artifact_job_keep(job, buf_str(&text)) : STR_EMPTY;
    buf_finish(&text);
    return kept;
}

static size_t put_missing_parts(const struct large_upload *large, struct upload *list, char (*digests)[MD5_BASE64_LEN + 1]) {
    const struct large_file *file = large->file;
    struct str node, headers = type_only(large->job, large->whole.headers_json);
    size_t count = 0;
    for (size_t i = 0; i < file->part_count; i++) {
        struct large_file_part *part = &file->parts[i];
        struct buf digest = { .ptr = digests[i], .cap = MD5_BASE64_LEN, .max = MD5_BASE64_LEN };
        if (part->etag[0] != '\0')
            continue;
        uplink_append_base64(&digest, (struct str){ (const char *)part->md5, MD5_BYTES });
        struct upload *upload = &list[count++];
        *upload = large->whole;
        upload->headers_json = headers;
        upload->offset = part->offset;
        upload->length = part->length;
        upload->content_md5 = buf_str(&digest);
        upload->etag = part->etag;
        if (!answer_element(large->urls, i, &node) || !answer_find(node, &upload->url_json, "uploadUrl", NULL))
            upload->url_json = STR("");
    }
    return count;
}

static enum uplink_result send_parts(const struct large_upload *large) {
    struct artifact_job *job = large->job;
    size_t part_count = large->file->part_count;
    struct upload *list = calloc(part_count + 1, sizeof *list);
    char(*digests)[MD5_BASE64_LEN + 1] = calloc(part_count + 1, sizeof *digests);
    enum uplink_result result = UPLINK_LATER;
    if (list != NULL && digests != NULL) {
        size_t count = put_missing_parts(large, list, digests);
        uploads_send(job->uplink->uploads, list, count, job->counters);
        result = artifact_judge_uploads(job, list, count);
    }
    free(list);
    free(digests);
    return result;
}

static bool put_text(struct json_writer *writer, const char *name, struct str raw) {
    struct buf text = BUF_INIT(UPLINK_FACT_MAX_BYTES);
    bool is_text = answer_text(raw, &text);
    if (is_text)
        uplink_put_variable(writer, name, buf_str(&text));
    buf_finish(&text);
    return is_text;
}

/* Refused once, it is begun anew: the server may have let go of parts that it had. Its answer takes as long as copying the
 * file does. */
static enum uplink_result complete(const struct large_upload *large) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data;
    uplink_begin_graphql(large->job->uplink, &writer, "CompleteMultipartUploadArtifact", complete_document);
    uplink_put_variable(&writer, "completeMultipartAction", STR("Complete"));
    json_key(&writer, STR("completedParts"));
    json_array_begin(&writer);
    for (size_t i = 0; i < large->file->part_count; i++) {
        json_object_begin(&writer);
        json_key(&writer, STR("partNumber"));
        json_int(&writer, (int64_t)i + 1);
        uplink_put_variable(&writer, "hexMD5", str_from_c(large->file->parts[i].etag));
        json_object_end(&writer);
    }
    json_array_end(&writer);
    uplink_put_variable(&writer, "artifactID", buf_str(&large->job->id));
    bool is_named = put_text(&writer, "storagePath", large->storage_path) && put_text(&writer, "uploadID", large->upload_id);
    uplink_end_graphql(&writer);
    if (!is_named)
        return artifact_job_refuse(large->job, "the server does not say what a file in parts is called");
    large->job->uplink->answer_ms = JOIN_TIMEOUT_MS;
    enum uplink_result result = uplink_post_graphql(large->job->uplink, &response, &data);
    large->job->uplink->answer_ms = 0;
    http_response_finish(&response);
    if (result == UPLINK_REFUSED && large_file_begin_anew(large->file))
        return UPLINK_LATER;
    return result;
}

/* What the server says of the one file that was announced. */
static enum uplink_result send_announced(struct large_upload *large, struct str edges, struct artifact_entry *entry) {
    struct artifact_job *job = large->job;
    struct str edge = STR("{}"), multipart;
    (void)!answer_element(edges, 0, &edge);
    artifact_take_place(job, entry, edge, &large->whole);
    bool is_in_parts = answer_find(edge, &multipart, "node", "uploadMultipartUrls", NULL) &&
                       answer_find(multipart, &large->urls, "uploadUrlParts", NULL) &&
                       answer_find(multipart, &large->upload_id, "uploadID", NULL) &&
                       answer_find(edge, &large->storage_path, "node", "storagePath", NULL);
    if (!is_in_parts || str_eq_c(large->whole.url_json, "null")) {
        uploads_send(job->uplink->uploads, &large->whole, 1, job->counters);
        return artifact_judge_uploads(job, &large->whole, 1);
    }
    enum uplink_result result = send_parts(large);
    return result == UPLINK_SENT ? complete(large) : result;
}

/* The digests are taken from what will be sent, under the rules for what may be sent. */
static enum uplink_result measure(struct artifact_job *job, const struct artifact_entry *entry) {
    struct upload upload = { .path = artifact_job_keep(job, entry->local_path).ptr,
                             .follows_links = job->uplink->follows_links,
                             .owner = job->uplink->owner };
    struct buf key = BUF_INIT(4 * UPLINK_FACT_MAX_BYTES);
    struct err err = { 0 };
    uint64_t length;
    int fd = upload.path == NULL ? -1 : upload_open_file(&upload, &length);
    buf_printf(&key, "%.*s/%.*s", STR_ARG(buf_str(&job->id)), STR_ARG(entry->path));
    buf_append_char(&key, '\0');
    enum err_code code = fd < 0 || key.failed ? ERR_IO : large_file_measure(&job->uplink->large_file, key.ptr, fd, job->uplink->large_from_bytes, &err);
    if (fd >= 0)
        close(fd);
    buf_finish(&key);
    const struct upload judged = { .name = entry->path, .result = code == OK ? UPLINK_SENT : UPLINK_REFUSED };
    return artifact_judge_uploads(job, &judged, 1);
}

enum uplink_result artifact_send_large_file(struct artifact_job *job, struct artifact_entry *entry) {
    struct http_response response = { 0 };
    struct str edges;
    enum uplink_result result = measure(job, entry);
    if (result != UPLINK_SENT)
        return result;
    struct large_upload large = { .job = job, .file = job->uplink->large_file };
    result = artifact_announce_files(job, &entry, 1, large.file, &response, &edges);
    if (result == UPLINK_SENT)
        result = send_announced(&large, edges, entry);
    http_response_finish(&response);
    return result;
}
