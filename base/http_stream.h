/* http_stream.h - a client's connection, with or without TLS: blocking calls with deadlines.
 *
 * Never raises SIGPIPE and never ends the process: it lives in other people's programs. Deadlines are times
 * of the monotonic clock in milliseconds.
 *
 * Threads: one at a time. Memory: http_stream_close.
 */
#ifndef BASE_HTTP_STREAM_H
#define BASE_HTTP_STREAM_H

#include "base/str.h"

struct ssl_st;
struct http_trust;
struct sockaddr;

struct http_stream {
    int fd; /* -1: not open */
    struct ssl_st *ssl;
};

#define HTTP_STREAM_CLOSED ((struct http_stream){ .fd = -1 })

/* Tries the host's addresses one after the other. may_connect, when given, is asked about each address that
 * is about to be connected to, after the look-up: what it refuses is never connected to. */
MUST_CHECK enum err_code http_stream_open(struct http_stream *stream, struct str host, uint16_t port,
                                          bool (*may_connect)(void *context, const struct sockaddr *address),
                                          void *context, int64_t deadline_ms, struct err *err);
/* Speaks TLS from here on; the certificate must be trusted and be host's. */
MUST_CHECK enum err_code http_stream_secure(struct http_stream *stream, const struct http_trust *trust,
                                            struct str host, int64_t deadline_ms, struct err *err);
void http_stream_close(struct http_stream *stream); /* one that is not open is fine */

/* *len is 0 at the end of the stream. ERR_TIMEOUT at the deadline; a deadline of 0 asks for what is there. */
MUST_CHECK enum err_code http_stream_read(struct http_stream *stream, void *out, size_t room, size_t *len,
                                          int64_t deadline_ms, struct err *err);
/* All of it. */
MUST_CHECK enum err_code http_stream_write(struct http_stream *stream, struct str bytes, int64_t deadline_ms,
                                           struct err *err);
/* True when the other side has ended, reset or (unasked) written to an idle stream. */
bool http_stream_is_stale(const struct http_stream *stream);

/* Whom to trust: ca_file; or when that is NULL $SSL_CERT_FILE, $REQUESTS_CA_BUNDLE, or the system's
 * certificates, wherever this system keeps them. A file, or a folder that `openssl rehash` went through.
 * What is made must outlive the streams it secured. */
MUST_CHECK enum err_code http_trust_create(struct http_trust **out, const char *ca_file, struct err *err);
void http_trust_destroy(struct http_trust *trust); /* NULL is fine */

#endif
