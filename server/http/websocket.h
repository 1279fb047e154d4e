/* websocket.h - a connection that stays open after its request, for messages in both directions (RFC 6455).
 *
 * A handler answers its request with http_send_websocket; from then on the loop reads messages and gives texts to
 * `receive`, and anybody may send, texts and bytes. What is sent waits in a bounded queue: when the client does not take it,
 * websocket_send refuses, and the sender decides what to leave out. Silent clients are asked for a sign of life, and
 * dropped when they give none.
 *
 * Threads: `receive` and `end` run on the loop's thread and must not wait; websocket_send, _close, _retain and _release
 * may be called by any thread, until http_server_destroy. Memory: counted; http_send_websocket takes a reference of
 * its own for the connection, and the caller keeps the one it got from websocket_create.
 */
#ifndef SERVER_HTTP_WEBSOCKET_H
#define SERVER_HTTP_WEBSOCKET_H

#include "server/http/http.h"
#include "server/http/websocket_frame.h"

struct connection;
struct loop;
struct websocket;

enum { WEBSOCKET_QUEUE_BYTES_MAX = 256 * 1024 };

struct websocket_handler {
    /* False ends the connection: the client says what it should not, or too much. */
    bool (*receive)(void *state, struct str text);
    /* Once, when the connection is gone (or never came to be); nothing is received any more. */
    void (*end)(void *state);
};

struct websocket *websocket_create(const struct websocket_handler *handler, void *state);
struct websocket *websocket_retain(struct websocket *socket);
void websocket_release(struct websocket *socket); /* NULL is fine */

/* Answers the call by turning its connection into `socket`; ERR_BAD_INPUT when the request does not ask for that. Also
 * then `end` is called. Who may, and from which origin, is for the handler to check before. */
MUST_CHECK enum err_code http_send_websocket(struct http_call *call, struct websocket *socket, struct err *err);

/* False when nothing was sent: the queue is full, or nobody is there any more. */
bool websocket_send(struct websocket *socket, struct str text);
bool websocket_send_bytes(struct websocket *socket, struct str bytes);
void websocket_close(struct websocket *socket, enum websocket_close_code code);

/* ---- for the connection ---- */

/* Nothing will ever be sent or received: calls `end` and releases. */
void websocket_abandon(struct websocket *socket);

/* From here on the connection is the socket's. */
void connection_begin_websocket(struct connection *connection, struct websocket *socket);
void connection_on_websocket(struct connection *connection);
void connection_on_websocket_timer(struct connection *connection);
void connection_close_websocket(struct connection *connection); /* before the transport is closed */
/* Writes what was queued by other threads. */
void loop_on_websockets(struct loop *loop);
/* The server stops: says so to all. */
void loop_close_websockets(struct loop *loop);

#endif
