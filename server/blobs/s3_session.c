/* s3_session.c - where the bucket is, who we are there, and one call: signed, sent, tried again. */
#include "server/blobs/s3_parts.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/http_url.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    TRIES = 8,
    FIRST_PAUSE_MS = 50, /* and twice as long each time: six seconds in all */
    RENEW_BEFORE_MS = 5 * 60 * 1000,
    RENEW_AGAIN_MS = 10 * 1000, /* after it failed, while what is known is still good */
    ERROR_BODY_MAX = 64 * 1024,
};

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* ---- the address ---- */

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct str decode(struct str text, struct arena *arena) {
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_escape = text.ptr[i] == '%' && i + 2 < text.len && hex_digit(text.ptr[i + 1]) >= 0 && hex_digit(text.ptr[i + 2]) >= 0;
        out[len++] = is_escape ? (char)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2])) : text.ptr[i];
        i += is_escape ? 2 : 0;
    }
    out[len] = '\0';
    return (struct str){ out, len };
}

static enum err_code read_option(struct s3 *s3, struct str option, struct str *style, struct err *err) {
    struct str name, value;
    struct http_url url;

    (void)str_cut(option, '=', &name, &value);
    value = decode(value, s3->arena);
    bool is_switch = str_eq_c(value, "on") || str_eq_c(value, "off");
    if (str_eq_c(name, "region")) {
        s3->region = value;
    } else if (str_eq_c(name, "style") && (str_eq_c(value, "path") || str_eq_c(value, "host"))) {
        *style = value;
    } else if (str_eq_c(name, "direct") && is_switch) {
        s3->is_direct = str_eq_c(value, "on");
    } else if (str_eq_c(name, "endpoint")) {
        TRY(http_url_parse(&url, value, err));
        s3->endpoint = str_ends_with(value, STR("/")) ? str_slice(value, 0, value.len - 1) : value;
    } else {
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not known in the address of a bucket: endpoint, region, style=path|host and "
                       "direct=on|off are", STR_ARG(option));
    }
    return OK;
}

static enum err_code read_address(struct s3 *s3, struct str url, struct err *err) {
    struct str address, options = STR_EMPTY, option, style = STR_EMPTY;

    if (!str_starts_with(url, STR("s3://")))
        return err_set(err, ERR_BAD_INPUT, "the address of a bucket begins with s3://");
    (void)str_cut(str_from(url, 5), '?', &address, &options);
    (void)str_cut(address, '/', &s3->bucket, &s3->prefix);
    s3->bucket = arena_copy(s3->arena, s3->bucket);
    s3->prefix = arena_copy(s3->arena, s3->prefix.ptr == NULL ? STR_EMPTY : s3->prefix);
    if (s3->bucket.len < 3)
        return err_set(err, ERR_BAD_INPUT, "the address of a bucket lacks its name: s3://BUCKET[/PREFIX]");
    if (s3->prefix.len > 0 && !str_ends_with(s3->prefix, STR("/")))
        s3->prefix = arena_printf(s3->arena, "%.*s/", STR_ARG(s3->prefix));
    while (options.len > 0) {
        struct str rest = STR_EMPTY;
        (void)str_cut(options, '&', &option, &rest);
        TRY(read_option(s3, option, &style, err));
        options = rest;
    }
    if (s3->region.len == 0)
        s3->region = str_from_environment("AWS_REGION").len > 0 ? str_from_environment("AWS_REGION") : str_from_environment("AWS_DEFAULT_REGION");
    s3->region = arena_copy(s3->arena, s3->region.len > 0 ? s3->region : STR("us-east-1"));
    s3->is_in_host = str_eq_c(style, "host") || (style.len == 0 && s3->endpoint.len == 0);
    return OK;
}

struct str s3_origin(const struct s3 *s3, struct str region, struct arena *arena) {
    struct str endpoint = s3->endpoint, scheme, rest;
    if (endpoint.len == 0)
        endpoint = arena_printf(arena, "https://s3.%.*s.amazonaws.com", STR_ARG(region));
    if (!s3->is_in_host)
        return endpoint;
    (void)str_cut(endpoint, ':', &scheme, &rest);
    return arena_printf(arena, "%.*s://%.*s.%.*s", STR_ARG(scheme), STR_ARG(s3->bucket), (int)(rest.len - 2), rest.ptr + 2);
}

struct str s3_host(const struct s3 *s3, struct str region, struct arena *arena) {
    struct str origin = s3_origin(s3, region, arena), scheme, rest;
    (void)str_cut(origin, ':', &scheme, &rest);
    return str_from(rest, 2);
}

struct str s3_path(const struct s3 *s3, struct str key, struct arena *arena) {
    struct str encoded = STR_EMPTY;
    if (key.len > 0)
        encoded = sigv4_encode(arena_printf(arena, "%.*s%.*s", STR_ARG(s3->prefix), STR_ARG(key)), true, arena);
    if (s3->is_in_host)
        return arena_printf(arena, "/%.*s", STR_ARG(encoded));
    return arena_printf(arena, "/%.*s%s%.*s", STR_ARG(s3->bucket), encoded.len > 0 ? "/" : "", STR_ARG(encoded));
}

/* ---- who we are ---- */

/* Under the mutex. Who lends keys may be away for a while: what is known is used until it ends. */
static enum err_code renew_key(struct s3 *s3, struct err *err) {
    struct s3_credentials *known = &s3->credentials, fresh;
    struct arena *fresh_arena = arena_create();
    int64_t now_ms = clock_wall_ms();
    enum err_code code = s3_find_credentials(&fresh, s3->region, fresh_arena, err);

    if (code == OK) {
        arena_destroy(s3->key_arena);
        s3->key_arena = fresh_arena;
        *known = fresh;
        s3->renew_at_ms = fresh.expires_ms == 0 ? INT64_MAX : fresh.expires_ms - RENEW_BEFORE_MS;
        return OK;
    }
    arena_destroy(fresh_arena);
    if (known->key.id.len == 0 || now_ms >= known->expires_ms)
        return code;
    log_warn("the credentials for the bucket could not be renewed yet: %s", err->message);
    s3->renew_at_ms = now_ms + RENEW_AGAIN_MS;
    return OK;
}

enum err_code s3_current_key(struct s3 *s3, struct sigv4_key *key, int64_t *now_ms, struct str *region, struct arena *arena,
                             struct err *err) {
    enum err_code code = OK;

    (void)pthread_mutex_lock(&s3->mutex);
    *now_ms = clock_wall_ms() + s3->clock_offset_ms;
    struct s3_credentials *known = &s3->credentials;
    if (known->key.id.len == 0 || clock_wall_ms() > s3->renew_at_ms)
        code = renew_key(s3, err);
    if (code == OK)
        *key = (struct sigv4_key){ arena_copy(arena, known->key.id), arena_copy(arena, known->key.secret),
                                   arena_copy(arena, known->key.token) };
    *region = arena_copy(arena, s3->region);
    (void)pthread_mutex_unlock(&s3->mutex);
    return code;
}

/* ---- connections ---- */

static enum err_code borrow_client(struct s3 *s3, struct idle_client **out, struct err *err) {
    const struct http_client_options options = { .user_agent = STR("barograph/" BAROGRAPH_VERSION), .silence_timeout_ms = 20000 };

    (void)pthread_mutex_lock(&s3->mutex);
    *out = s3->idle;
    if (*out != NULL)
        s3->idle = (*out)->next;
    (void)pthread_mutex_unlock(&s3->mutex);
    if (*out != NULL)
        return OK;
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        log_fatal("out of memory: cannot connect to the bucket");
    enum err_code code = http_client_create(&(*out)->client, &options, err);
    if (code != OK)
        free(*out);
    return code;
}

static void give_back_client(struct s3 *s3, struct idle_client *client) {
    (void)pthread_mutex_lock(&s3->mutex);
    client->next = s3->idle;
    s3->idle = client;
    (void)pthread_mutex_unlock(&s3->mutex);
}

/* ---- a call ---- */

/* The digest that is signed, and the MD5 for stores that do not hold the body against the former. */
static void digest_payload(const struct s3_call *call, struct str *sha256, struct str *md5, struct arena *arena) {
    unsigned char digest[SHA256_BYTES], short_digest[MD5_BYTES];
    *sha256 = call->payload_sha256;
    *md5 = call->payload_md5;
    if (call->body_file != NULL)
        return;
    *sha256 = STR(EMPTY_SHA256);
    if (call->body.len == 0)
        return;
    struct hash_stream *hash = hash_stream_create();
    hash_stream_add(hash, call->body);
    hash_stream_end(hash, digest, short_digest);
    hash_stream_destroy(hash);
    *sha256 = hash_hex(digest, sizeof digest, arena);
    *md5 = hash_base64((struct str){ (const char *)short_digest, sizeof short_digest }, arena);
}

static enum err_code send_once(struct s3 *s3, const struct s3_call *call, struct http_response *response,
                               struct str *region, struct arena *arena, struct err *err) {
    struct sigv4_key key;
    struct http_field fields[10];
    struct str md5;
    struct idle_client *client;
    size_t count = 0;
    struct sigv4_request signing = { .method = call->method, .query = call->query, .query_count = call->query_count };

    TRY(s3_current_key(s3, &key, &signing.at_ms, &signing.region, arena, err));
    *region = signing.region;
    signing.path = s3_path(s3, call->key, arena);
    digest_payload(call, &signing.payload_sha256, &md5, arena);
    fields[count++] = (struct http_field){ STR("host"), s3_host(s3, signing.region, arena) };
    fields[count++] = (struct http_field){ STR("x-amz-content-sha256"), signing.payload_sha256 };
    if (call->copy_source.len > 0)
        fields[count++] = (struct http_field){ STR("x-amz-copy-source"), call->copy_source };
    fields[count++] = (struct http_field){ STR("x-amz-date"), sigv4_time(signing.at_ms, arena) };
    if (call->keeps_digest)
        fields[count++] = (struct http_field){ STR(S3_DIGEST_FIELD), signing.payload_sha256 };
    if (call->copy_digest.len > 0) {
        fields[count++] = (struct http_field){ STR(S3_DIGEST_FIELD), call->copy_digest };
        fields[count++] = (struct http_field){ STR("x-amz-metadata-directive"), STR("REPLACE") };
    }
    if (key.token.len > 0)
        fields[count++] = (struct http_field){ STR("x-amz-security-token"), key.token };
    signing.fields = fields;
    signing.field_count = count;
    struct str authorization = sigv4_authorization(&signing, &key, arena);
    fields[0] = (struct http_field){ STR("authorization"), authorization }; /* the client sends Host itself */
    if (md5.len > 0)
        fields[count++] = (struct http_field){ STR("content-md5"), md5 };
    if (call->field.name.len > 0)
        fields[count++] = call->field;

    struct str origin = s3_origin(s3, signing.region, arena), query = sigv4_query(call->query, call->query_count, arena);
    struct http_request request = {
        .method = call->method, .fields = fields, .field_count = count, .body = call->body, .body_file = call->body_file,
        .output_fd = call->output_fd, .max_body_bytes = call->max_body_bytes,
        .url = arena_printf(arena, "%.*s%.*s%s%.*s", STR_ARG(origin), STR_ARG(signing.path), query.len > 0 ? "?" : "", STR_ARG(query)),
    };
    TRY(borrow_client(s3, &client, err));
    enum err_code code = http_client_send(client->client, &request, response, err);
    give_back_client(s3, client);
    return code;
}

static void pause_before(int tries) {
    uint16_t jitter;
    hash_random(&jitter, sizeof jitter);
    int64_t longest_ms = FIRST_PAUSE_MS << tries;
    int64_t ms = longest_ms / 2 + jitter % (longest_ms / 2);
    struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };
    (void)nanosleep(&pause, NULL);
}

enum err_code s3_send(struct s3 *s3, const struct s3_call *call, struct http_response *response, struct arena *arena,
                      struct err *err) {
    off_t start = call->output_fd == NULL ? 0 : lseek(*call->output_fd, 0, SEEK_CUR);

    *response = (struct http_response){ 0 };
    for (int tries = 0;; tries++) {
        struct str region;
        enum err_code code = send_once(s3, call, response, &region, arena, err);
        if (code != OK && code != ERR_IO && code != ERR_TIMEOUT && code != ERR_BUSY)
            return code;
        enum s3_verdict verdict = code == OK ? s3_judge(s3, call, response, region, arena, err) : S3_AGAIN_LATER;
        if (verdict == S3_GOOD)
            return OK;
        if (verdict == S3_FINAL || tries + 1 == TRIES) {
            if (code != OK)
                (void)err_add_context(err, "the bucket '%.*s' cannot be reached", STR_ARG(s3->bucket));
            return err->code = verdict == S3_FINAL ? err->code : ERR_BUSY;
        }
        http_response_finish(response);
        *response = (struct http_response){ 0 };
        if (verdict == S3_AGAIN_LATER)
            pause_before(tries);
        if (call->output_fd != NULL && (ftruncate(*call->output_fd, start) != 0 || lseek(*call->output_fd, start, SEEK_SET) < 0))
            return err_set(err, ERR_IO, "cannot write over what was cut off");
    }
}

/* ---- opening and closing ---- */

/* Amazon wants the region said again in the body, except for its first one; other stores may not know the words. */
static enum err_code make_bucket(struct s3 *s3, struct arena *arena, struct err *err) {
    struct http_response response;
    struct str body = arena_printf(arena, "<CreateBucketConfiguration><LocationConstraint>%.*s</LocationConstraint></CreateBucketConfiguration>",
                                   STR_ARG(s3->region));
    bool says_region = s3->endpoint.len == 0 && !str_eq_c(s3->region, "us-east-1");
    struct s3_call call = { .method = STR("PUT"), .body = says_region ? body : STR_EMPTY, .max_body_bytes = ERROR_BODY_MAX };
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    if (code != OK && !says_region && str_contains(buf_str(&response.body), STR("IllegalLocationConstraintException"))) {
        http_response_finish(&response);
        call.body = body;
        code = s3_send(s3, &call, &response, arena, err);
    }
    http_response_finish(&response);
    if (code == OK)
        log_info("made the bucket '%.*s'", STR_ARG(s3->bucket));
    return code;
}

static enum err_code find_bucket(struct s3 *s3, bool *is_there, struct arena *arena, struct err *err) {
    struct http_response response;
    struct s3_call call = { .method = STR("HEAD"), .max_body_bytes = ERROR_BODY_MAX, .may_be_missing = true };
    enum err_code code = s3_send(s3, &call, &response, arena, err);
    *is_there = code == OK && response.status != 404;
    http_response_finish(&response);
    return code;
}

/* Servers that start side by side find none and make it, all of them: to all but the first the store says that there is one. */
static enum err_code find_or_make_bucket(struct s3 *s3, struct err *err) {
    struct arena *arena = arena_create();
    bool is_there;
    enum err_code code = find_bucket(s3, &is_there, arena, err);
    if (code == OK && !is_there)
        code = make_bucket(s3, arena, err);
    if (code == ERR_CONFLICT) {
        code = find_bucket(s3, &is_there, arena, err);
        if (code == OK && !is_there)
            code = err_set(err, ERR_IO, "the bucket '%.*s' is being made or removed by somebody else", STR_ARG(s3->bucket));
    }
    arena_destroy(arena);
    return code;
}

enum err_code s3_open(struct s3 **out, struct str url, struct err *err) {
    struct arena *arena = arena_create();
    struct s3 *s3 = ARENA_NEW(arena, struct s3);

    s3->arena = arena;
    s3->key_arena = arena_create();
    (void)pthread_mutex_init(&s3->mutex, NULL);
    enum err_code code = read_address(s3, url, err);
    if (code == OK)
        code = find_or_make_bucket(s3, err);
    if (code != OK) {
        s3_close(s3);
        return code;
    }
    *out = s3;
    return OK;
}

bool s3_is_direct(const struct s3 *s3) {
    return s3->is_direct;
}

void s3_close(struct s3 *s3) {
    if (s3 == NULL)
        return;
    while (s3->idle != NULL) {
        struct idle_client *client = s3->idle;
        s3->idle = client->next;
        http_client_destroy(client->client);
        free(client);
    }
    (void)pthread_mutex_destroy(&s3->mutex);
    arena_destroy(s3->key_arena);
    arena_destroy(s3->arena);
}
