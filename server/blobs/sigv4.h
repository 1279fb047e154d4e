/* sigv4.h - Amazon's signature, version 4: what S3-compatible stores know a request's sender by.
 *
 * Threads: no state. Memory: the arena's.
 */
#ifndef SERVER_BLOBS_SIGV4_H
#define SERVER_BLOBS_SIGV4_H

#include "base/arena.h"
#include "base/http_parser.h"

struct sigv4_key {
    struct str id, secret;
    struct str token; /* of credentials that were lent; empty: none */
};

struct sigv4_request {
    struct str method, host;
    struct str path; /* as it is sent: begins with '/', percent-encoded */
    /* Names and values as they are meant; encoded and sorted here. */
    const struct http_field *query;
    size_t query_count;
    /* Lower case names, sorted, `host` among them: each is signed. */
    const struct http_field *fields;
    size_t field_count;
    struct str payload_sha256; /* hex, or "UNSIGNED-PAYLOAD" */
    struct str region;
    int64_t at_ms;
};

/* "20261121T015254Z" */
struct str sigv4_time(int64_t wall_ms, struct arena *arena);
/* Letters, digits, "-._~" and (when asked) '/' as they are, all else as %XX. */
struct str sigv4_encode(struct str text, bool keeps_slash, struct arena *arena);
/* "a=1&b=2": encoded and sorted. */
struct str sigv4_query(const struct http_field *query, size_t count, struct arena *arena);

/* The value of the Authorization field. */
struct str sigv4_authorization(const struct sigv4_request *request, const struct sigv4_key *key, struct arena *arena);
/* A query that carries its own signature for so long; request->fields holds `host` alone. */
struct str sigv4_presigned_query(const struct sigv4_request *request, const struct sigv4_key *key, int64_t expires_s,
                                 struct arena *arena);

#endif
