/* exchange.h - one request and its response, on their way between the loop and the workers.
 *
 * Threads: the loop and one worker have it in turns; the hand-over is a locked queue, so nothing in it needs
 * a lock. `connection` alone is only ever touched by the loop: it becomes NULL when the client goes away
 * while a worker, or whoever will complete a deferred call, has the exchange. Memory: the exchange lives in
 * its call's arena; what it holds beside that (buffers, a file, the inflater) is given back by
 * exchange_destroy.
 */
#ifndef SERVER_HTTP_EXCHANGE_H
#define SERVER_HTTP_EXCHANGE_H

#include "base/gzip.h"
#include "base/http_parser.h"
#include "server/http/http.h"
#include "server/http/worker_pool.h"

#include <stdatomic.h>

struct connection;
struct exchange;
struct websocket;

/* What the exchange's maker lends it; read-only. */
struct exchange_host {
    const struct http_app *app;
    struct worker_pool *workers;
    /* Gives the exchange back to the loop; from any thread. */
    void (*hand_over)(void *loop, struct exchange *exchange);
    void *loop;
};

enum {
    PIECE_BYTES = 256 * 1024,               /* of a streamed body, in either direction */
    RESPONSE_BYTES_MAX = 512 * 1024 * 1024, /* of a response that sits in memory */
    COMPRESS_FROM_BYTES = 1024,
};

enum response_kind { RESPONSE_BODY, RESPONSE_FILE, RESPONSE_STREAM };

struct response {
    int status;
    enum response_kind kind;
    struct http_field *fields;
    size_t field_count, field_capacity;
    struct str content_type;
    struct buf body;
    int fd;         /* of a file; -1: these are the bytes */
    struct str bytes;
    uint64_t file_offset, file_length;
    struct str etag;
    struct http_producer producer;
    void *producer_state;
    bool producer_is_open, is_chunked;
    struct websocket *websocket; /* what the connection becomes, with status 101 */

    /* What goes out, made by response_finish and response_produce: the head, then the body or the file. */
    struct buf head;
    bool has_no_body; /* HEAD, 204, 304: the kind's content stays here */
    bool is_last_piece;
};

enum exchange_result {
    EXCHANGE_WANTS_BODY, /* read (more of) the body, then exchange_continue */
    EXCHANGE_RESPONDS,   /* response.head and the content are ready */
    EXCHANGE_HAS_PIECE,  /* response.body is the next piece of a stream */
    EXCHANGE_BROKEN,     /* the stream failed in its middle: cut the connection */
    EXCHANGE_RELEASED,   /* after exchange_abandon: nothing is held any more */
};

struct exchange {
    struct http_call call;
    struct exchange_host host;
    struct connection *connection; /* the loop's */
    struct exchange *next;         /* in the queue back to the loop */
    struct work work;
    enum exchange_result result;
    int64_t began_ns;

    struct http_head head;
    struct http_framing framing;
    bool expects_continue, is_gzip, accepts_gzip, keeps_alive;
    bool is_otherwise;        /* has no route, and the application answers such */
    unsigned allowed_methods; /* for the Allow header of a 405 */

    struct http_chunks chunks;
    struct buf body;         /* the whole body, or the piece at hand of a streamed one; as it was sent */
    uint64_t received_bytes; /* of the body, as it was sent */
    uint64_t inflated_bytes;
    size_t reserved_bytes; /* of the loop's room for bodies */
    bool body_is_complete;
    bool is_authorized, sink_is_open;
    void *sink_state;
    struct gzip_stream *inflater;
    bool inflater_is_done;
    struct {
        int status;
        const char *name;
        struct err err;
    } refusal; /* that a worker is to answer with, after it cancelled the sink */

    bool is_deferred;
    atomic_int deferred_arrivals; /* the handler's return and http_complete: the second one finishes */

    struct response response;
};

struct exchange *exchange_create(struct arena *arena, const struct exchange_host *host);
/* Gives back all that it holds but the arena, which is answered. */
struct arena *exchange_destroy(struct exchange *exchange);

/* Runs the next stage on a worker: authorization; then, with enough of the body, the handler or the sink;
 * then, for a stream, its next piece. Ends with hand_over and a result; not at once when the call is
 * deferred. */
void exchange_continue(struct exchange *exchange);
/* The client is gone: cancels the sink, ends the producer, on a worker; then hand_over with
 * EXCHANGE_RELEASED. */
void exchange_abandon(struct exchange *exchange);
/* True when the above has anything to do. */
bool exchange_holds_something(const struct exchange *exchange);

/* As above, at once and without handing over: for when there is no loop any more. */
void exchange_release(struct exchange *exchange);

/* Makes the response an error that no handler had a say in. status 0 and name NULL: the code's. True when it
 * is ready to be sent; false when a worker makes it ready, and hands it over with EXCHANGE_RESPONDS: to
 * cancel the sink first, or because the connection lives on (so that a pile of pipelined ones cannot pile up
 * the stack). */
bool exchange_refuse(struct exchange *exchange, int status, const char *name, const struct err *err);

#endif
