/* http.h - an HTTP/1.1 server: sockets, TLS, requests and responses. It knows nothing of runs.
 *
 * One thread owns all sockets (epoll); handlers run on a small pool of workers and may block on the disk or
 * the store, never on the network: a slow client holds no worker, because bodies are read before (or,
 * streamed, between) the calls of a handler, and responses are written after it.
 *
 * A route is a row of a table. Its `who` is the application's word for who may ask; the server hands it to
 * http_app.authorize before the body is read, and refuses a table with a row that has none.
 *
 * Threads: a struct http_call is used by one thread at a time: the worker that has it, or, after http_defer,
 * whoever will complete it. Memory: everything a call needs lives in call->arena, which is reset when the
 * response has been sent.
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "base/arena.h"
#include "base/buf.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_PATCH };

enum { HTTP_PARAMS_MAX = 8 };

struct http_call {
    enum http_method method;
    struct str path;                    /* percent-decoded, begins with '/', no query; valid UTF-8 */
    struct str target;                  /* as it was sent: path and query, for signatures and logs */
    struct str query;                   /* after '?', still encoded */
    struct str params[HTTP_PARAMS_MAX]; /* what stood at {name} in the route's pattern, decoded */
    struct str body;                    /* whole and inflated; empty for streamed routes */
    struct str peer;     /* the client's address; from X-Forwarded-For behind a trusted proxy */
    struct str base_url; /* "https://host:port", of --public-url or the checked Host; no '/' at the end */
    struct str request_id;
    bool is_secure; /* TLS here or at the trusted proxy */
    uint64_t max_body_bytes; /* the route's; authorize may lower it for those it knows nothing of */
    const struct http_route *route;
    struct arena *arena;
    void *app;      /* http_app.context */
    void *identity; /* set by authorize for the handlers: who asks */
};

/* ---- what a handler reads ---- */

/* The first header of that name, without surrounding white space; ptr is NULL when there is none. */
struct str http_header(const struct http_call *call, struct str name);
/* The first query parameter of that name, decoded; ptr is NULL when there is none. */
struct str http_query(const struct http_call *call, struct str name);
struct str http_cookie(const struct http_call *call, struct str name);

/* ---- what a handler answers ---- */

/* 200 unless set. */
void http_set_status(struct http_call *call, int status);
/* Both are copied. CR, LF and NUL in a value are an assertion failure: check outside text before. */
void http_add_header(struct http_call *call, struct str name, struct str value);
/* The response's body: append to it. Compressed when the client accepts it, the type is text and it is long.
 */
struct buf *http_body(struct http_call *call);
void http_set_type(struct http_call *call, struct str content_type); /* default application/json */

/* Sends length bytes of fd from offset, with Range, ETag and If-None-Match handled (etag: quoted, or empty
 * for none). The fd becomes the call's and is closed after sending. */
void http_send_file(struct http_call *call, int fd, uint64_t offset, uint64_t length, struct str etag);

/* The same of bytes that live as long as the call. */
void http_send_bytes(struct http_call *call, struct str bytes, struct str etag);

/* Sends what `produce` appends, piece by piece, chunked: called on a worker each time the socket has drained;
 * *is_last when there is no more. `end` is always called once, also when the client has gone. */
struct http_producer {
    enum err_code (*produce)(void *state, struct buf *piece, bool *is_last, struct err *err);
    void (*end)(void *state);
};
void http_send_stream(struct http_call *call, const struct http_producer *producer, void *state);

/* The error as JSON, {"error": message, "code": name, "request_id": id}; a 5xx hides the message and logs it;
 * 429 and 503 carry Retry-After. This is also what a handler's failure becomes. */
void http_send_error(struct http_call *call, enum err_code code, const struct err *err);

/* The handler (of a streamed route: its end) will return OK without an answer; somebody calls http_complete later,
 * from any thread, exactly once; http_server_destroy waits for it. */
void http_defer(struct http_call *call);
/* The answer is what was put into the call; or, when code is not OK, the error. */
void http_complete(struct http_call *call, enum err_code code, const struct err *err);

/* ---- routes ---- */

/* For bodies that never sit in memory. The functions run on workers, one at a time for a call; bytes arrive
 * inflated; after begin has returned OK exactly one of end and cancel follows. */
struct http_sink {
    enum err_code (*begin)(struct http_call *call, void **state, struct err *err);
    enum err_code (*add)(struct http_call *call, void *state, struct str bytes, struct err *err);
    enum err_code (*end)(struct http_call *call, void *state, struct err *err);
    void (*cancel)(void *state);
};

/* Pattern: "/files/{entity}/{project}/{run}/file_stream"; a {name} takes one part of the path, a last
 * {name...} all the rest (with its slashes). Rows are sorted by pattern, then method; literal parts win over
 * parameters. HEAD is served by GET's row. */
struct http_route {
    enum http_method method;
    const char *pattern;
    int who; /* not 0 */
    enum err_code (*answer)(struct http_call *call, struct err *err);
    uint64_t max_body_bytes;      /* 0: a body is refused */
    const struct http_sink *sink; /* instead of answer, for streamed bodies */
};

struct http_app {
    void *context;
    const struct http_route *routes;
    size_t route_count;
    /* Before the body is read, on a worker. Sets call->identity. An error is the answer. */
    enum err_code (*authorize)(struct http_call *call, int who, struct err *err);
    /* For paths that no route has: the web page's files and pages. NULL: 404. */
    enum err_code (*otherwise)(struct http_call *call, struct err *err);
};

/* ---- the server ---- */

struct http_options {
    struct str listen;     /* "127.0.0.1:8080", "[::]:443", port 0 picks a free one */
    struct str public_url; /* empty: built from Host */
    struct str hosts;      /* further names that Host may have, comma separated; loopback names always may */
    struct str trusted_proxies; /* addresses or networks, comma separated, whose X-Forwarded-* count */
    struct str tls_cert_file, tls_key_file; /* both or none; read again when they change */
    size_t worker_count;                    /* 0: twice the cores */
    size_t max_connections;                 /* 0: 20,000, or what the process may open */
    int header_timeout_ms;                  /* 0: 10,000; for whole headers */
    int idle_timeout_ms;                    /* 0: 75,000 between requests */
    uint64_t least_body_bytes_per_s;        /* 0: 1,024, after the grace */
    int body_grace_ms;                      /* 0: 20,000 */
    int stop_timeout_ms;                    /* 0: 30,000 for what is in flight */
    uint64_t max_body_memory_bytes; /* of all bodies that are being received; 0: 1 GiB; beyond it 503 */
    bool log_access;
};

struct http_server;

MUST_CHECK enum err_code http_server_create(struct http_server **out, const struct http_options *options,
                                            const struct http_app *app, struct err *err);
/* The port that is listened on. */
uint16_t http_server_port(const struct http_server *server);
/* Serves until http_server_stop; then finishes what is in flight, as long as options.stop_timeout_ms, and returns. */
MUST_CHECK enum err_code http_server_run(struct http_server *server, struct err *err);
/* From a signal handler or any thread. */
void http_server_stop(struct http_server *server);
/* After run. Waits for the calls that handlers still work on or have deferred: until then, what completes them must go on,
 * and what they use must be there. NULL is fine. */
void http_server_destroy(struct http_server *server);
/* Prometheus text of the server's own counters and latency histograms (per route), appended. */
void http_server_metrics(const struct http_server *server, struct buf *out);

#endif
