/* s3_parts.h - how the parts of the S3 client fit together. Only s3*.c include it. */
#ifndef SERVER_BLOBS_S3_PARTS_H
#define SERVER_BLOBS_S3_PARTS_H

#include "server/blobs/s3.h"
#include "server/blobs/sigv4.h"

#include "base/http_client.h"

#include <pthread.h>

/* ---- s3_credentials.c ---- */

struct s3_credentials {
    struct sigv4_key key;
    int64_t expires_ms; /* 0: never */
};

/* The first that is there: environment, web identity, file, machine. Texts go to the arena. */
MUST_CHECK enum err_code s3_find_credentials(struct s3_credentials *out, struct str region, struct arena *arena,
                                             struct err *err);

/* ---- s3_session.c ---- */

struct idle_client {
    struct http_client *client;
    struct idle_client *next;
};

struct s3 {
    struct arena *arena; /* what lives as long as this */
    struct str bucket, prefix, endpoint;
    bool is_in_host, is_direct;
    pthread_mutex_t mutex; /* guards what follows */
    struct str region;
    struct arena *key_arena;
    struct s3_credentials credentials;
    int64_t renew_at_ms;
    int64_t clock_offset_ms; /* the store's clock less ours */
    struct idle_client *idle;
};

#define S3_DIGEST_FIELD "x-amz-meta-sha256"

struct s3_call {
    struct str method;
    struct str key; /* empty: the bucket itself */
    const struct http_field *query;
    size_t query_count;
    struct str body;
    const struct http_file_part *body_file;
    struct str payload_sha256; /* hex, of the body's file; of `body` it is computed */
    struct str payload_md5;    /* base64, as well */
    struct http_field field;   /* one more; name empty: none */
    bool keeps_digest;         /* the payload's digest is stored beside the object, as S3_DIGEST_FIELD */
    struct str copy_source;    /* the bytes are another object's: "/BUCKET/KEY", encoded; empty: they are not */
    struct str copy_digest;    /* stored beside the copy, in place of what lay beside the other */
    const int *output_fd;
    size_t max_body_bytes;
    bool may_be_missing; /* a 404 is an answer like any other */
};

/* Signs, sends, and tries again. OK for a 2xx (or the 404 that may be); otherwise what the store said. Finish the
 * response in either case. */
MUST_CHECK enum err_code s3_send(struct s3 *s3, const struct s3_call *call, struct http_response *response,
                                 struct arena *arena, struct err *err);
/* The key with the prefix, encoded, behind the bucket where that is part of the path. */
struct str s3_path(const struct s3 *s3, struct str key, struct arena *arena);
struct str s3_host(const struct s3 *s3, struct str region, struct arena *arena);
/* "https://host" */
struct str s3_origin(const struct s3 *s3, struct str region, struct arena *arena);
/* Fresh ones; copied to the arena. */
MUST_CHECK enum err_code s3_current_key(struct s3 *s3, struct sigv4_key *key, int64_t *now_ms, struct str *region,
                                        struct arena *arena, struct err *err);

/* ---- s3_answers.c ---- */

enum s3_verdict { S3_GOOD, S3_FINAL, S3_AGAIN_LATER, S3_AGAIN_NOW };

/* region: what the request was signed for. err is set unless it is good. */
enum s3_verdict s3_judge(struct s3 *s3, const struct s3_call *call, const struct http_response *response, struct str region,
                         struct arena *arena, struct err *err);

/* ---- s3_xml.c: the little XML that stores answer with ---- */

/* The text of the first element of that name at or after *at, entities resolved; moves *at behind it. ptr NULL: none. */
struct str s3_xml_text(struct str xml, const char *name, size_t *at, struct arena *arena);
/* What stands between the next <name> and </name>, as it is. */
struct str s3_xml_inner(struct str xml, const char *name, size_t *at);

#endif
