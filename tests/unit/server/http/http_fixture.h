/* http_fixture.h - a running server with a small application, and a plain socket to talk to it. */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http/http.h"

struct fixture;

/* What the small application has seen; read it only after the response that says so. */
struct app_log {
    int begin_count, end_count, cancel_count, stream_end_count, authorize_count;
    uint64_t sink_bytes, sink_largest_piece;
};

struct fixture *fixture_start(void (*adjust)(struct http_options *options));
void fixture_stop(struct fixture *fixture);
/* Only the server: stopped, and gone. */
void fixture_end_server(struct fixture *fixture);
/* Until http_server_run has returned. */
void fixture_wait_until_served(struct fixture *fixture);
uint16_t fixture_port(const struct fixture *fixture);
struct app_log fixture_log(const struct fixture *fixture);
struct http_server *fixture_server(const struct fixture *fixture);
void fixture_wait_for_deferred(struct fixture *fixture);
/* Completes the call of /deferred that is waiting; waits for it to come. */
void fixture_complete_deferred(struct fixture *fixture);

/* A connected socket with a time limit of 60 s for each read. */
int fixture_connect(const struct fixture *fixture);
void send_text(int fd, const char *text);
void send_bytes(int fd, const void *bytes, size_t len);

struct reply {
    int status;
    char *text; /* the whole response; head_len bytes of it are the head */
    size_t len, head_len;
    const char *body;
    size_t body_len;
};

/* One response with a Content-Length, a chunked one (decoded), or until the end of the connection. */
struct reply read_reply(int fd);
/* As above, to a request that has no body to come. */
struct reply read_reply_to_head(int fd);
void reply_free(struct reply *reply);
/* NULL when there is none; otherwise the value, in a buffer that the next call overwrites. */
const char *reply_header(const struct reply *reply, const char *name);
/* True when the server has closed: a read gives the end, or a reset. */
bool is_closed_by_server(int fd);

/* A connection of its own, one request, one response, closed. */
struct reply ask(const struct fixture *fixture, const char *request);

#endif
