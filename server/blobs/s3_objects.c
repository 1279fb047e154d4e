/* s3_objects.c - what is done with objects: put, read, list, remove, link. */
#include "server/blobs/s3_parts.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"

#include <string.h>
#include <unistd.h>

enum {
    PART_BYTES = 32 * 1024 * 1024, /* 10,000 parts: 312 GiB */
    PARTS_MAX = 10000,
    PIECE_BYTES = 1024 * 1024,
    ANSWER_MAX = 4 * 1024 * 1024,
    DAMAGE_TRIES = 3,
};

/* ---- writing ---- */

enum err_code s3_put(struct s3 *s3, struct str key, struct str bytes, bool only_new, struct err *err) {
    struct arena *arena = arena_create();
    struct http_response response;
    struct s3_call call = { .method = STR("PUT"), .key = key, .body = bytes, .keeps_digest = true,
                            .max_body_bytes = ANSWER_MAX };

    if (only_new)
        call.field = (struct http_field){ STR("if-none-match"), STR("*") };
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    http_response_finish(&response);
    arena_destroy(arena);
    return code;
}

/* md5_text NULL: only the SHA-256, which costs less than half of both. */
static enum err_code digest_of_part(const struct http_file_part *part, struct str *hex, struct str *md5_text, struct arena *arena,
                                    struct err *err) {
    struct hash_stream *hash = md5_text != NULL ? hash_stream_create() : hash_stream_create_sha256();
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES];
    struct arena *piece_arena = arena_create();
    char *piece = arena_alloc(piece_arena, PIECE_BYTES);
    enum err_code code = OK;

    for (uint64_t done = 0; code == OK && done < part->length; done += PIECE_BYTES) {
        size_t len = part->length - done < PIECE_BYTES ? (size_t)(part->length - done) : PIECE_BYTES;
        code = file_read_at(part->fd, piece, len, part->offset + done, "what is sent to the bucket", err);
        if (code == OK)
            hash_stream_add(hash, (struct str){ piece, len });
    }
    hash_stream_end(hash, sha256, md5_text != NULL ? md5 : NULL);
    hash_stream_destroy(hash);
    arena_destroy(piece_arena);
    if (code != OK)
        return code;
    *hex = hash_hex(sha256, sizeof sha256, arena);
    if (md5_text != NULL)
        *md5_text = hash_base64((struct str){ (const char *)md5, sizeof md5 }, arena);
    return OK;
}

/* One object, or one part of one. *etag: the store's name for the part. */
static enum err_code put_part(struct s3 *s3, struct str key, const struct http_field *query, size_t query_count,
                              const struct http_file_part *part, struct str *etag, struct arena *arena, struct err *err) {
    struct http_response response;
    struct s3_call call = { .method = STR("PUT"), .key = key, .query = query, .query_count = query_count,
                            .body_file = part, .keeps_digest = query_count == 0, .max_body_bytes = ANSWER_MAX };

    TRY(digest_of_part(part, &call.payload_sha256, &call.payload_md5, arena, err));
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    if (code == OK)
        *etag = arena_copy(arena, http_head_find(&response.head, STR("etag")));
    http_response_finish(&response);
    return code;
}

static enum err_code begin_parts(struct s3 *s3, struct str key, struct str *upload, struct arena *arena, struct err *err) {
    struct http_field query = { STR("uploads"), STR_EMPTY };
    struct s3_call call = { .method = STR("POST"), .key = key, .query = &query, .query_count = 1, .max_body_bytes = ANSWER_MAX };
    struct http_response response;
    size_t at = 0;

    enum err_code code = s3_send(s3, &call, &response, arena, err);
    if (code == OK) {
        *upload = s3_xml_text(buf_str(&response.body), "UploadId", &at, arena);
        if (upload->len == 0)
            code = err_set(err, ERR_IO, "the bucket began an upload without a name");
    }
    http_response_finish(&response);
    return code;
}

static enum err_code abort_parts(struct s3 *s3, struct str key, struct str upload, struct arena *arena, struct err *err) {
    struct http_field query = { STR("uploadId"), upload };
    struct s3_call call = { .method = STR("DELETE"), .key = key, .query = &query, .query_count = 1,
                            .max_body_bytes = ANSWER_MAX, .may_be_missing = true };
    struct http_response response;
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    http_response_finish(&response);
    return code;
}

/* Whether it was ended by a try whose answer was lost. */
static bool is_ended(struct s3 *s3, struct str key, uint64_t size) {
    struct err ignored = { 0 };
    uint64_t found;
    return s3_size(s3, key, &found, &ignored) == OK && found == size;
}

/* The answer may be 200 and still say in its body that it failed. */
static enum err_code end_parts(struct s3 *s3, struct str key, struct str upload, const struct buf *list, uint64_t size,
                               struct arena *arena, struct err *err) {
    struct http_field query = { STR("uploadId"), upload };
    struct s3_call call = { .method = STR("POST"), .key = key, .query = &query, .query_count = 1, .body = buf_str(list),
                            .max_body_bytes = ANSWER_MAX };
    struct http_response response;
    size_t at = 0;

    enum err_code code = s3_send(s3, &call, &response, arena, err);
    if (code == OK && s3_xml_inner(buf_str(&response.body), "Error", &at).ptr != NULL)
        code = err_set(err, ERR_BUSY, "the bucket could not put the parts of an upload together");
    if (code == ERR_NOT_FOUND)
        code = is_ended(s3, key, size) ? OK : err_set(err, ERR_BUSY, "the bucket forgot an upload in parts");
    http_response_finish(&response);
    return code;
}

static enum err_code put_parts(struct s3 *s3, struct str key, struct str upload, int fd, uint64_t size, struct arena *arena,
                               struct err *err) {
    struct buf list = BUF_INIT(ANSWER_MAX);
    struct arena *part_arena = arena_create();
    enum err_code code = OK;
    /* Larger parts when there would be too many. */
    uint64_t part_bytes = size / PARTS_MAX < PART_BYTES ? PART_BYTES : size / PARTS_MAX + 1;

    buf_append_str(&list, STR("<CompleteMultipartUpload>"));
    for (uint64_t number = 1, offset = 0; code == OK && offset < size; number++, offset += part_bytes) {
        struct http_file_part part = { .fd = fd, .offset = offset, .length = size - offset < part_bytes ? size - offset : part_bytes };
        arena_reset(part_arena);
        struct http_field query[] = { { STR("partNumber"), arena_printf(part_arena, "%llu", (unsigned long long)number) },
                                      { STR("uploadId"), upload } };
        struct str etag = STR_EMPTY;
        code = put_part(s3, key, query, 2, &part, &etag, part_arena, err);
        buf_printf(&list, "<Part><PartNumber>%llu</PartNumber><ETag>%.*s</ETag></Part>", (unsigned long long)number, STR_ARG(etag));
    }
    buf_append_str(&list, STR("</CompleteMultipartUpload>"));
    if (code == OK)
        code = buf_check(&list, "the list of an upload's parts", err);
    if (code == OK)
        code = end_parts(s3, key, upload, &list, size, arena, err);
    arena_destroy(part_arena);
    buf_finish(&list);
    return code;
}

enum err_code s3_put_file(struct s3 *s3, struct str key, int fd, uint64_t size, struct err *err) {
    struct arena *arena = arena_create();
    struct str upload = STR_EMPTY, etag;
    struct err ignored = { 0 };
    enum err_code code;

    if (size == 0) {
        code = s3_put(s3, key, STR_EMPTY, false, err);
    } else if (size <= 2 * (uint64_t)PART_BYTES) {
        struct http_file_part all = { .fd = fd, .length = size };
        code = put_part(s3, key, NULL, 0, &all, &etag, arena, err);
    } else {
        code = begin_parts(s3, key, &upload, arena, err);
        if (code == OK && (code = put_parts(s3, key, upload, fd, size, arena, err)) != OK)
            (void)!abort_parts(s3, key, upload, arena, &ignored); /* what stays is aborted later, by s3_abort_uploads */
    }
    arena_destroy(arena);
    return code;
}

/* As with the parts of an upload a 200 may be a failure. */
enum err_code s3_copy(struct s3 *s3, struct str from, struct str to, struct str sha256, struct err *err) {
    struct arena *arena = arena_create();
    struct http_response response;
    struct str key = sigv4_encode(arena_printf(arena, "%.*s%.*s", STR_ARG(s3->prefix), STR_ARG(from)), true, arena);
    struct s3_call call = { .method = STR("PUT"), .key = to, .copy_digest = sha256, .max_body_bytes = ANSWER_MAX,
                            .copy_source = arena_printf(arena, "/%.*s/%.*s", STR_ARG(s3->bucket), STR_ARG(key)) };
    size_t at = 0;
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    if (code == OK && s3_xml_inner(buf_str(&response.body), "Error", &at).ptr != NULL)
        code = err_set(err, ERR_BUSY, "the bucket could not copy the object '%.*s'", STR_ARG(str_slice(from, 0, 200)));
    http_response_finish(&response);
    arena_destroy(arena);
    return code;
}

enum err_code s3_remove(struct s3 *s3, struct str key, struct err *err) {
    struct arena *arena = arena_create();
    struct http_response response;
    struct s3_call call = { .method = STR("DELETE"), .key = key, .max_body_bytes = ANSWER_MAX, .may_be_missing = true };
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    http_response_finish(&response);
    arena_destroy(arena);
    return code;
}

/* ---- reading ---- */

enum err_code s3_read(struct s3 *s3, struct str key, uint64_t offset, size_t size, void *out, struct err *err) {
    struct arena *arena = arena_create();
    struct http_response response;
    struct str range = arena_printf(arena, "bytes=%llu-%llu", (unsigned long long)offset, (unsigned long long)(offset + size - 1));
    struct s3_call call = { .method = STR("GET"), .key = key, .field = { STR("range"), range }, .max_body_bytes = size + ANSWER_MAX };
    enum err_code code = OK;

    if (size > 0) {
        code = s3_send(s3, &call, &response, arena, err);
        struct str body = buf_str(&response.body);
        /* A store that knows no ranges sends everything. */
        if (code == OK && response.status == 200)
            body = str_from(body, offset);
        if (code == OK && body.len < size)
            code = err_set(err, ERR_CORRUPT, "the object '%.*s' ends before byte %llu", STR_ARG(str_slice(key, 0, 200)),
                           (unsigned long long)(offset + size));
        if (code == OK)
            memcpy(out, body.ptr, size);
        http_response_finish(&response);
    }
    arena_destroy(arena);
    return code;
}

static enum err_code fetch_once(struct s3 *s3, struct str key, struct http_file_part *all, struct str sha256,
                                struct arena *arena, struct err *err) {
    struct http_response response;
    struct s3_call call = { .method = STR("GET"), .key = key, .output_fd = &all->fd, .max_body_bytes = ANSWER_MAX };
    struct str found;
    enum err_code code = s3_send(s3, &call, &response, arena, err);

    all->length = response.body_bytes;
    if (sha256.len == 0 && code == OK)
        sha256 = arena_copy(arena, http_head_find(&response.head, STR(S3_DIGEST_FIELD)));
    if (sha256.len > 0 && code == OK)
        code = digest_of_part(all, &found, NULL, arena, err);
    if (sha256.len > 0 && code == OK && !str_eq(found, sha256))
        code = err_set(err, ERR_CORRUPT, "the object '%.*s' is not what was stored", STR_ARG(str_slice(key, 0, 200)));
    http_response_finish(&response);
    return code;
}

enum err_code s3_fetch(struct s3 *s3, struct str key, struct str sha256, int fd, uint64_t *size, struct err *err) {
    struct arena *arena = arena_create();
    off_t start = lseek(fd, 0, SEEK_CUR);
    struct http_file_part all = { .fd = fd, .offset = start < 0 ? 0 : (uint64_t)start };
    enum err_code code = fetch_once(s3, key, &all, sha256, arena, err);

    for (int tries = 1; code == ERR_CORRUPT && tries < DAMAGE_TRIES; tries++) {
        log_warn("%s: fetching it again", err->message);
        if (ftruncate(fd, start) != 0 || lseek(fd, start, SEEK_SET) < 0)
            break;
        code = fetch_once(s3, key, &all, sha256, arena, err);
    }
    *size = all.length;
    arena_destroy(arena);
    return code;
}

enum err_code s3_size(struct s3 *s3, struct str key, uint64_t *size, struct err *err) {
    struct arena *arena = arena_create();
    struct http_response response;
    struct s3_call call = { .method = STR("HEAD"), .key = key, .max_body_bytes = ANSWER_MAX };
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    if (code == OK && !str_to_u64(http_head_find(&response.head, STR("content-length")), size))
        code = err_set(err, ERR_IO, "the bucket did not say how long an object is");
    http_response_finish(&response);
    arena_destroy(arena);
    return code;
}

/* ---- listing ---- */

static enum err_code visit_page(struct s3 *s3, struct str page, s3_visit *visit, void *context, struct arena *arena,
                                struct err *err) {
    size_t at = 0;
    for (;;) {
        struct str object = s3_xml_inner(page, "Contents", &at);
        if (object.ptr == NULL)
            return OK;
        size_t key_at = 0, size_at = 0, modified_at = 0;
        struct str key = s3_xml_text(object, "Key", &key_at, arena);
        uint64_t size = 0;
        int64_t modified_ms = 0;
        (void)str_to_u64(s3_xml_text(object, "Size", &size_at, arena), &size);
        (void)clock_parse_iso(s3_xml_text(object, "LastModified", &modified_at, arena), &modified_ms);
        if (!str_starts_with(key, s3->prefix))
            return err_set(err, ERR_IO, "the bucket listed an object that was not asked for");
        TRY(visit(context, str_from(key, s3->prefix.len), size, modified_ms, err));
    }
}

enum err_code s3_list(struct s3 *s3, struct str begins_with, s3_visit *visit, void *context, struct err *err) {
    struct arena *arena = arena_create();
    struct str prefix = arena_printf(arena, "%.*s%.*s", STR_ARG(s3->prefix), STR_ARG(begins_with)), token = STR_EMPTY;
    enum err_code code;
    bool has_more;

    do {
        struct http_field query[] = { { STR("list-type"), STR("2") }, { STR("prefix"), prefix }, { STR("continuation-token"), token } };
        struct s3_call call = { .method = STR("GET"), .query = query, .query_count = token.len > 0 ? 3 : 2, .max_body_bytes = ANSWER_MAX };
        struct arena *page_arena = arena_create();
        struct http_response response;
        size_t at = 0, token_at = 0;
        code = s3_send(s3, &call, &response, page_arena, err);
        struct str page = buf_str(&response.body);
        has_more = code == OK && str_eq_c(s3_xml_text(page, "IsTruncated", &at, page_arena), "true");
        if (code == OK)
            code = visit_page(s3, page, visit, context, page_arena, err);
        if (has_more)
            token = s3_xml_text(page, "NextContinuationToken", &token_at, arena);
        http_response_finish(&response);
        arena_destroy(page_arena);
    } while (code == OK && has_more && token.len > 0);
    arena_destroy(arena);
    return code;
}

/* ---- what was left behind ---- */

static enum err_code abort_page(struct s3 *s3, struct str page, int64_t before_ms, int64_t *count, struct arena *arena,
                                struct err *err) {
    size_t at = 0;
    for (;;) {
        struct str upload = s3_xml_inner(page, "Upload", &at);
        if (upload.ptr == NULL)
            return OK;
        size_t key_at = 0, id_at = 0, begun_at = 0;
        struct str key = s3_xml_text(upload, "Key", &key_at, arena), id = s3_xml_text(upload, "UploadId", &id_at, arena);
        int64_t begun_ms = INT64_MAX;
        (void)clock_parse_iso(s3_xml_text(upload, "Initiated", &begun_at, arena), &begun_ms);
        if (begun_ms >= before_ms || !str_starts_with(key, s3->prefix))
            continue;
        TRY(abort_parts(s3, str_from(key, s3->prefix.len), id, arena, err));
        (*count)++;
    }
}

/* What is aborted is gone from the list, so the next page begins behind the last one's end, which is a name. */
struct uploads_page {
    struct str key_marker, upload_marker;
    bool has_more;
};

static enum err_code abort_next_page(struct s3 *s3, struct str prefix, struct uploads_page *at, int64_t before_ms, int64_t *count,
                                     struct arena *arena, struct err *err) {
    struct http_field query[] = { { STR("uploads"), STR_EMPTY }, { STR("prefix"), prefix }, { STR("key-marker"), at->key_marker },
                                  { STR("upload-id-marker"), at->upload_marker } };
    struct s3_call call = { .method = STR("GET"), .query = query, .query_count = at->has_more ? 4 : 2, .max_body_bytes = ANSWER_MAX };
    struct arena *page_arena = arena_create();
    struct http_response response;
    size_t more_at = 0, key_at = 0, upload_at = 0;
    struct str key_before = at->key_marker, upload_before = at->upload_marker;

    enum err_code code = s3_send(s3, &call, &response, page_arena, err);
    struct str page = buf_str(&response.body);
    at->has_more = code == OK && str_eq_c(s3_xml_text(page, "IsTruncated", &more_at, page_arena), "true");
    if (code == OK)
        code = abort_page(s3, page, before_ms, count, page_arena, err);
    if (code == OK && at->has_more) {
        at->key_marker = s3_xml_text(page, "NextKeyMarker", &key_at, arena);
        at->upload_marker = s3_xml_text(page, "NextUploadIdMarker", &upload_at, arena);
        /* A store that says where it goes on with the place it began at would be asked for ever. */
        at->has_more = at->key_marker.len > 0 && !(str_eq(at->key_marker, key_before) && str_eq(at->upload_marker, upload_before));
    }
    http_response_finish(&response);
    arena_destroy(page_arena);
    return code;
}

enum err_code s3_abort_uploads(struct s3 *s3, struct str begins_with, int64_t older_than_ms, int64_t *count,
                               struct err *err) {
    struct arena *arena = arena_create();
    struct str prefix = arena_printf(arena, "%.*s%.*s", STR_ARG(s3->prefix), STR_ARG(begins_with));
    int64_t before_ms = clock_wall_ms() + s3->clock_offset_ms - older_than_ms;
    struct uploads_page at = { 0 };
    enum err_code code;

    *count = 0;
    do
        code = abort_next_page(s3, prefix, &at, before_ms, count, arena, err);
    while (code == OK && at.has_more);
    arena_destroy(arena);
    return code;
}

/* ---- links ---- */

enum err_code s3_link(struct s3 *s3, struct str method, struct str key, int64_t expires_s, struct str disposition,
                      struct str *url, struct arena *arena, struct err *err) {
    struct sigv4_key sign_key;
    struct http_field query = { STR("response-content-disposition"), disposition };
    struct sigv4_request request = { .method = method, .query = &query, .query_count = disposition.len > 0 ? 1 : 0 };

    TRY(s3_current_key(s3, &sign_key, &request.at_ms, &request.region, arena, err));
    struct http_field host = { STR("host"), s3_host(s3, request.region, arena) };
    request.path = s3_path(s3, key, arena);
    request.fields = &host;
    request.field_count = 1;
    struct str text = sigv4_presigned_query(&request, &sign_key, expires_s, arena), origin = s3_origin(s3, request.region, arena);
    *url = arena_printf(arena, "%.*s%.*s?%.*s", STR_ARG(origin), STR_ARG(request.path), STR_ARG(text));
    return OK;
}
