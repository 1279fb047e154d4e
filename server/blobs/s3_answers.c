/* s3_answers.c - what the store's answer to one try means, and what is learnt from a refusal: the bucket's region, its
 * clock, that a key has ended.
 */
#include "server/blobs/s3_parts.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>

enum {
    SKEW_MIN_MS = 60 * 1000, /* stores begin to refuse at 5 or 15 minutes */
    REGION_MAX = 40,
};

static void forget_key(struct s3 *s3) {
    (void)pthread_mutex_lock(&s3->mutex);
    s3->credentials = (struct s3_credentials){ 0 };
    (void)pthread_mutex_unlock(&s3->mutex);
}

static bool is_region(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || (text.ptr[i] >= '0' && text.ptr[i] <= '9') || text.ptr[i] == '-'))
            return false;
    return text.len > 0 && text.len <= REGION_MAX;
}

/* In the head of a redirect, or in the body of a refusal. Compared with what this request was signed for: another
 * thread may have learnt it meanwhile. */
static bool learn_region(struct s3 *s3, const struct http_response *response, struct str used, struct arena *arena) {
    size_t at = 0;
    struct str region = http_head_find(&response->head, STR("x-amz-bucket-region"));
    if (region.len == 0 && response->status == 400)
        region = s3_xml_text(buf_str(&response->body), "Region", &at, arena);
    if (!is_region(region) || str_eq(region, used))
        return false;
    (void)pthread_mutex_lock(&s3->mutex);
    if (!str_eq(region, s3->region)) {
        s3->region = arena_copy(s3->arena, region);
        log_info("the bucket '%.*s' is in %.*s", STR_ARG(s3->bucket), STR_ARG(region));
    }
    (void)pthread_mutex_unlock(&s3->mutex);
    return true;
}

/* "Sat, 21 Nov 2026 12:05:58 GMT" */
static bool parse_date(struct str text, int64_t *wall_ms, struct arena *arena) {
    struct tm parts = { 0 };
    if (text.len == 0 || strptime(arena_copy_c(arena, text), "%a, %d %b %Y %H:%M:%S GMT", &parts) == NULL)
        return false;
    *wall_ms = (int64_t)timegm(&parts) * 1000;
    return true;
}

/* An answer to HEAD has no body that could name the reason: the Date that each answer has is looked at for every
 * refusal. False when what we sign with is near enough, so that a refusal for another reason stays one. */
static bool learn_time(struct s3 *s3, const struct http_response *response, struct arena *arena) {
    size_t at = 0;
    int64_t theirs_ms;
    struct str text = s3_xml_text(buf_str(&response->body), "ServerTime", &at, arena);
    if ((text.ptr == NULL || !clock_parse_iso(text, &theirs_ms)) &&
        !parse_date(http_head_find(&response->head, STR("date")), &theirs_ms, arena))
        return false;
    (void)pthread_mutex_lock(&s3->mutex);
    int64_t offset_ms = theirs_ms - clock_wall_ms();
    bool is_news = llabs(offset_ms - s3->clock_offset_ms) > SKEW_MIN_MS;
    if (is_news) {
        s3->clock_offset_ms = offset_ms;
        log_warn("the clock here and the bucket's are %lld s apart; requests are signed with the bucket's",
                 (long long)(offset_ms / 1000));
    }
    (void)pthread_mutex_unlock(&s3->mutex);
    return is_news;
}

/* The body was damaged on the way: not what was signed arrived. */
static bool is_damage(struct str name) {
    return str_eq_c(name, "XAmzContentSHA256Mismatch") || str_eq_c(name, "BadDigest");
}

/* Whoever wanted to make a bucket was not the first: asking again changes nothing. */
static bool is_taken(struct str name) {
    return str_eq_c(name, "BucketAlreadyOwnedByYou") || str_eq_c(name, "BucketAlreadyExists");
}

enum s3_verdict s3_judge(struct s3 *s3, const struct s3_call *call, const struct http_response *response, struct str region,
                         struct arena *arena, struct err *err) {
    struct str body = buf_str(&response->body);
    size_t at = 0;
    int status = response->status;
    struct str name = s3_xml_text(body, "Code", &at, arena);
    at = 0;
    struct str message = s3_xml_text(body, "Message", &at, arena);
    enum err_code code = ERR_IO;
    enum s3_verdict verdict = S3_FINAL;

    if ((status >= 200 && status < 300) || (status == 404 && call->may_be_missing))
        return S3_GOOD;
    bool may_be_the_clock = str_eq_c(name, "RequestTimeTooSkewed") || (status == 403 && name.len == 0);
    verdict = S3_AGAIN_NOW;
    if (str_eq_c(name, "ExpiredToken"))
        forget_key(s3);
    else if (!learn_region(s3, response, region, arena) && !(may_be_the_clock && learn_time(s3, response, arena)))
        verdict = S3_FINAL;
    if (str_eq_c(name, "QuotaExceeded") || str_eq_c(name, "XMinioStorageFull") || status == 507)
        code = ERR_FULL;
    else if (status == 412 || is_taken(name))
        code = ERR_CONFLICT;
    else if (status == 404)
        code = ERR_NOT_FOUND;
    else if (status == 416)
        code = ERR_CORRUPT; /* the object ends before */
    else if (status == 401 || status == 403)
        code = ERR_FORBIDDEN;
    else if (status >= 500 || status == 429 || status == 409 || status == 408 || is_damage(name)) {
        code = ERR_BUSY;
        verdict = S3_AGAIN_LATER;
    }
    err_set_message(err, code, "the bucket '%.*s' answered %d %.*s: %.*s", STR_ARG(s3->bucket), status, STR_ARG(name), STR_ARG(message));
    return verdict;
}
