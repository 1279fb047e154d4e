/* sigv4.c - see sigv4.h. */
#include "server/blobs/sigv4.h"

#include "base/buf.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_MAX = 256 * 1024 };

#define ALGORITHM "AWS4-HMAC-SHA256"

struct str sigv4_time(int64_t wall_ms, struct arena *arena) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    char text[32];
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
    return arena_copy(arena, str_from_c(text));
}

static bool is_plain(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
}

struct str sigv4_encode(struct str text, bool keeps_slash, struct arena *arena) {
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c != '\0' && (is_plain((char)c) || (c == '/' && keeps_slash))) {
            out[len++] = (char)c;
        } else {
            out[len++] = '%';
            out[len++] = digits[c >> 4];
            out[len++] = digits[c & 15];
        }
    }
    out[len] = '\0';
    return (struct str){ out, len };
}

static int compare_fields(const void *a, const void *b) {
    const struct http_field *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order != 0 ? order : str_compare(x->value, y->value);
}

struct str sigv4_query(const struct http_field *query, size_t count, struct arena *arena) {
    struct http_field *encoded = ARENA_ARRAY(arena, struct http_field, count + 1);
    struct buf text = BUF_INIT(TEXT_MAX);

    for (size_t i = 0; i < count; i++)
        encoded[i] = (struct http_field){ sigv4_encode(query[i].name, false, arena), sigv4_encode(query[i].value, false, arena) };
    qsort(encoded, count, sizeof *encoded, compare_fields);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%.*s=%.*s", i == 0 ? "" : "&", STR_ARG(encoded[i].name), STR_ARG(encoded[i].value));
    struct str result = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return result;
}

static struct str signed_names(const struct sigv4_request *request, struct arena *arena) {
    struct buf text = BUF_INIT(TEXT_MAX);
    for (size_t i = 0; i < request->field_count; i++)
        buf_printf(&text, "%s%.*s", i == 0 ? "" : ";", STR_ARG(request->fields[i].name));
    struct str result = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return result;
}

/* What is signed, in the one spelling that both sides hash. */
static struct str canonical(const struct sigv4_request *request, struct str query, struct arena *arena) {
    struct buf text = BUF_INIT(TEXT_MAX);
    struct str names = signed_names(request, arena);

    buf_printf(&text, "%.*s\n%.*s\n%.*s\n", STR_ARG(request->method), STR_ARG(request->path), STR_ARG(query));
    for (size_t i = 0; i < request->field_count; i++) {
        struct str value = str_trim(request->fields[i].value);
        buf_printf(&text, "%.*s:%.*s\n", STR_ARG(request->fields[i].name), STR_ARG(value));
    }
    buf_printf(&text, "\n%.*s\n%.*s", STR_ARG(names), STR_ARG(request->payload_sha256));
    struct str result = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return result;
}

static struct str scope(const struct sigv4_request *request, struct arena *arena) {
    struct str at = sigv4_time(request->at_ms, arena);
    return arena_printf(arena, "%.8s/%.*s/s3/aws4_request", at.ptr, STR_ARG(request->region));
}

static struct str hmac(struct str key, struct str text, struct arena *arena) {
    unsigned char *digest = arena_alloc(arena, SHA256_BYTES);
    hash_hmac_sha256(digest, key, text);
    return (struct str){ (const char *)digest, SHA256_BYTES };
}

static struct str sign(const struct sigv4_request *request, const struct sigv4_key *key, struct str query,
                       struct arena *arena) {
    unsigned char digest[SHA256_BYTES];
    struct str at = sigv4_time(request->at_ms, arena), where = scope(request, arena);

    hash_sha256(digest, canonical(request, query, arena));
    struct str hex = hash_hex(digest, sizeof digest, arena);
    struct str to_sign = arena_printf(arena, ALGORITHM "\n%.*s\n%.*s\n%.*s", STR_ARG(at), STR_ARG(where), STR_ARG(hex));
    struct str step = arena_printf(arena, "AWS4%.*s", STR_ARG(key->secret));
    step = hmac(step, str_slice(at, 0, 8), arena);
    step = hmac(step, request->region, arena);
    step = hmac(step, STR("s3"), arena);
    step = hmac(step, STR("aws4_request"), arena);
    step = hmac(step, to_sign, arena);
    return hash_hex(step.ptr, step.len, arena);
}

struct str sigv4_authorization(const struct sigv4_request *request, const struct sigv4_key *key, struct arena *arena) {
    struct str query = sigv4_query(request->query, request->query_count, arena);
    struct str signature = sign(request, key, query, arena), where = scope(request, arena);
    struct str names = signed_names(request, arena);
    return arena_printf(arena, ALGORITHM " Credential=%.*s/%.*s,SignedHeaders=%.*s,Signature=%.*s", STR_ARG(key->id),
                        STR_ARG(where), STR_ARG(names), STR_ARG(signature));
}

struct str sigv4_presigned_query(const struct sigv4_request *request, const struct sigv4_key *key, int64_t expires_s,
                                 struct arena *arena) {
    enum { OURS = 6 };
    struct sigv4_request signing = *request;
    struct http_field *query = ARENA_ARRAY(arena, struct http_field, request->query_count + OURS);
    size_t count = request->query_count;
    struct str where = scope(request, arena);

    if (count > 0)
        memcpy(query, request->query, count * sizeof *query);
    query[count++] = (struct http_field){ STR("X-Amz-Algorithm"), STR(ALGORITHM) };
    query[count++] = (struct http_field){ STR("X-Amz-Credential"), arena_printf(arena, "%.*s/%.*s", STR_ARG(key->id), STR_ARG(where)) };
    query[count++] = (struct http_field){ STR("X-Amz-Date"), sigv4_time(request->at_ms, arena) };
    query[count++] = (struct http_field){ STR("X-Amz-Expires"), arena_printf(arena, "%lld", (long long)expires_s) };
    query[count++] = (struct http_field){ STR("X-Amz-SignedHeaders"), STR("host") };
    if (key->token.len > 0)
        query[count++] = (struct http_field){ STR("X-Amz-Security-Token"), key->token };
    signing.payload_sha256 = STR("UNSIGNED-PAYLOAD");
    struct str text = sigv4_query(query, count, arena);
    struct str signature = sign(&signing, key, text, arena);
    return arena_printf(arena, "%.*s&X-Amz-Signature=%.*s", STR_ARG(text), STR_ARG(signature));
}
