/* websocket.c - see websocket.h.
 *
 * A socket with something to send is put on the loop's list of ready ones, and the loop is woken; the loop alone touches
 * the connection.
 */
#include "server/http/websocket.h"

#include "base/hash.h"
#include "base/log.h"
#include "server/http/connection_parts.h"

#include <openssl/evp.h>
#include <pthread.h>

enum {
    ALIVE_MS = 30 * 1000, /* silent for so long: asked whether it is there; for twice as long: dropped */
    KEY_BYTES = 16,
    SHA1_BYTES = 20,
    WRITES_PER_EVENT = 8,
};

struct websocket {
    const struct websocket_handler *handler;
    void *state;
    atomic_int references;

    pthread_mutex_t lock; /* guards what follows, up to the empty line */
    struct buf queue;     /* frames that wait */
    struct loop *loop;    /* NULL before the connection has begun, and after it has ended */
    bool is_ready;        /* on the loop's list */
    bool is_ended, is_closing;

    /* the loop's */
    struct connection *connection;
    struct websocket *next_ready;
    struct websocket_reader reader;
    struct buf out; /* what is being written */
    size_t out_sent;
    bool was_asked; /* whether it is alive */
};

struct websocket *websocket_create(const struct websocket_handler *handler, void *state) {
    struct websocket *socket = calloc(1, sizeof *socket);
    if (socket == NULL)
        log_fatal("out of memory: cannot hold a websocket");
    socket->handler = handler;
    socket->state = state;
    atomic_init(&socket->references, 1);
    (void)pthread_mutex_init(&socket->lock, NULL);
    buf_init(&socket->queue, 2 * (size_t)WEBSOCKET_QUEUE_BYTES_MAX);
    buf_init(&socket->out, 2 * (size_t)WEBSOCKET_QUEUE_BYTES_MAX);
    websocket_reader_init(&socket->reader);
    return socket;
}

struct websocket *websocket_retain(struct websocket *socket) {
    (void)atomic_fetch_add(&socket->references, 1);
    return socket;
}

void websocket_release(struct websocket *socket) {
    if (socket == NULL || atomic_fetch_sub(&socket->references, 1) != 1)
        return;
    (void)pthread_mutex_destroy(&socket->lock);
    buf_finish(&socket->queue);
    buf_finish(&socket->out);
    websocket_reader_finish(&socket->reader);
    free(socket);
}

/* ---- the answer ---- */

static bool has_token(const struct http_call *call, struct str name, struct str token) {
    struct str rest = http_header(call, name), part;
    while (rest.len > 0) {
        (void)str_cut(rest, ',', &part, &rest);
        if (str_eq_ignore_case(str_trim(part), token))
            return true;
    }
    return false;
}

static struct str accept_of(struct str key, struct arena *arena) {
    unsigned char digest[SHA1_BYTES];
    struct str text = arena_printf(arena, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", STR_ARG(key));
    unsigned digest_len = 0;
    if (EVP_Digest(text.ptr, text.len, digest, &digest_len, EVP_sha1(), NULL) != 1 || digest_len != SHA1_BYTES)
        log_fatal("the cryptography library has no SHA-1");
    return hash_base64((struct str){ (const char *)digest, SHA1_BYTES }, arena);
}

static enum err_code check_request(const struct http_call *call, struct str key, struct err *err) {
    struct str bytes;
    if (!has_token(call, STR("upgrade"), STR("websocket")) || !has_token(call, STR("connection"), STR("upgrade")))
        return err_set(err, ERR_BAD_INPUT, "this address is for websockets");
    if (!str_eq(http_header(call, STR("sec-websocket-version")), STR("13")))
        return err_set(err, ERR_BAD_INPUT, "the websocket's version must be 13");
    if (!hash_from_base64(key, &bytes, call->arena) || bytes.len != KEY_BYTES)
        return err_set(err, ERR_BAD_INPUT, "'Sec-WebSocket-Key' must be %d bytes in base64", KEY_BYTES);
    return OK;
}

enum err_code http_send_websocket(struct http_call *call, struct websocket *socket, struct err *err) {
    struct exchange *exchange = (struct exchange *)(void *)call; /* its first member */
    struct str key = http_header(call, STR("sec-websocket-key"));

    (void)websocket_retain(socket);
    enum err_code code = check_request(call, key, err);
    if (code != OK) {
        websocket_abandon(socket);
        return code;
    }
    http_add_header(call, STR("Upgrade"), STR("websocket"));
    http_add_header(call, STR("Sec-WebSocket-Accept"), accept_of(key, call->arena));
    exchange->response.status = 101;
    exchange->response.websocket = socket;
    return OK;
}

void websocket_abandon(struct websocket *socket) {
    (void)pthread_mutex_lock(&socket->lock);
    bool was_ended = socket->is_ended;
    socket->is_ended = true;
    socket->loop = NULL;
    (void)pthread_mutex_unlock(&socket->lock);
    if (!was_ended)
        socket->handler->end(socket->state);
    websocket_release(socket);
}

/* ---- sending, from any thread ---- */

/* The lock is held. */
static void make_ready(struct websocket *socket) {
    struct loop *loop = socket->loop;
    if (loop == NULL || socket->is_ready)
        return;
    socket->is_ready = true;
    (void)websocket_retain(socket); /* the list's */
    (void)pthread_mutex_lock(&loop->websockets_lock);
    socket->next_ready = loop->ready_websockets;
    loop->ready_websockets = socket;
    (void)pthread_mutex_unlock(&loop->websockets_lock);
    loop->wake(loop->host.loop);
}

static bool send(struct websocket *socket, enum websocket_opcode opcode, struct str payload) {
    (void)pthread_mutex_lock(&socket->lock);
    bool has_room = !socket->is_ended && !socket->is_closing &&
                    socket->queue.len + payload.len + WEBSOCKET_HEAD_BYTES_MAX <= WEBSOCKET_QUEUE_BYTES_MAX;
    if (has_room) {
        websocket_frame_append(&socket->queue, opcode, payload);
        make_ready(socket);
    }
    (void)pthread_mutex_unlock(&socket->lock);
    return has_room;
}

bool websocket_send(struct websocket *socket, struct str text) {
    return send(socket, WEBSOCKET_TEXT, text);
}

bool websocket_send_bytes(struct websocket *socket, struct str bytes) {
    return send(socket, WEBSOCKET_BINARY, bytes);
}

void websocket_close(struct websocket *socket, enum websocket_close_code code) {
    const char payload[] = { (char)((unsigned)code >> 8), (char)code };
    (void)pthread_mutex_lock(&socket->lock);
    if (!socket->is_ended && !socket->is_closing) {
        socket->is_closing = true;
        websocket_frame_append(&socket->queue, WEBSOCKET_CLOSE, (struct str){ payload, sizeof payload });
        make_ready(socket);
    }
    (void)pthread_mutex_unlock(&socket->lock);
}

/* ---- the loop ---- */

static void set_alive(struct connection *connection) {
    connection->websocket->was_asked = false;
    connection_set_deadline(connection, ALIVE_MS);
}

/* What waits becomes what is written. True when there is something. */
static bool take_queue(struct websocket *socket) {
    struct buf written = socket->out;
    (void)pthread_mutex_lock(&socket->lock);
    socket->out = socket->queue;
    socket->queue = written;
    buf_reset(&socket->queue);
    (void)pthread_mutex_unlock(&socket->lock);
    socket->out_sent = 0;
    return socket->out.len > 0;
}

static bool is_said(struct websocket *socket) {
    (void)pthread_mutex_lock(&socket->lock);
    bool is_said = socket->is_closing && socket->queue.len == 0;
    (void)pthread_mutex_unlock(&socket->lock);
    return is_said && socket->out_sent == socket->out.len;
}

static void write_some(struct connection *connection) {
    struct websocket *socket = connection->websocket;
    for (int i = 0; i < WRITES_PER_EVENT; i++) {
        if (socket->out_sent == socket->out.len && !take_queue(socket))
            break;
        long result = transport_write(&connection->transport, socket->out.ptr + socket->out_sent,
                                      socket->out.len - socket->out_sent, false);
        if (result == TRANSPORT_WAITS)
            break;
        if (result <= 0) {
            connection_close(connection);
            return;
        }
        socket->out_sent += (size_t)result;
        metrics_add(&connection->loop->metrics->sent_bytes, (uint64_t)result);
    }
    if (is_said(socket)) {
        connection_linger(connection);
        return;
    }
    connection_wait_for_both(connection, socket->out_sent < socket->out.len);
}

/* A pong is as large as its ping, and a client that never reads should not fill the memory with them. */
static bool answer_ping(struct websocket *socket, struct str payload) {
    (void)pthread_mutex_lock(&socket->lock);
    bool has_room = socket->queue.len + payload.len + WEBSOCKET_HEAD_BYTES_MAX <= WEBSOCKET_QUEUE_BYTES_MAX;
    if (has_room)
        websocket_frame_append(&socket->queue, WEBSOCKET_PONG, payload);
    (void)pthread_mutex_unlock(&socket->lock);
    return has_room;
}

/* False when the connection shall end. */
static bool take_events(struct websocket *socket) {
    for (;;) {
        struct websocket_event event = websocket_reader_next(&socket->reader);
        bool goes_on = true;
        if (event.kind == WEBSOCKET_NEEDS_MORE)
            return true;
        if (event.kind == WEBSOCKET_GOT_TEXT)
            goes_on = socket->handler->receive(socket->state, event.payload);
        else if (event.kind == WEBSOCKET_GOT_PING)
            goes_on = answer_ping(socket, event.payload);
        else if (event.kind != WEBSOCKET_GOT_PONG) {
            bool is_nonsense = event.kind == WEBSOCKET_GOT_NONSENSE;
            websocket_close(socket, is_nonsense                          ? (enum websocket_close_code)event.close_code
                                    : event.kind == WEBSOCKET_GOT_BINARY ? WEBSOCKET_POLICY
                                                                         : WEBSOCKET_NORMAL);
            return false;
        }
        if (!goes_on) {
            websocket_close(socket, WEBSOCKET_POLICY);
            return false;
        }
    }
}

static bool read_some(struct connection *connection) {
    size_t len;
    for (int i = 0; i < READS_PER_EVENT; i++) {
        if (!connection_read_some(connection, connection->loop->scratch, READ_BYTES, &len))
            return connection->state == CONNECTION_WEBSOCKET;
        set_alive(connection);
        websocket_reader_add(&connection->websocket->reader, (struct str){ connection->loop->scratch, len });
        if (!take_events(connection->websocket))
            return true;
    }
    return true;
}

void connection_on_websocket(struct connection *connection) {
    if (read_some(connection))
        write_some(connection);
}

void connection_begin_websocket(struct connection *connection, struct websocket *socket) {
    connection->state = CONNECTION_WEBSOCKET;
    connection->websocket = socket;
    socket->connection = connection;
    set_alive(connection);
    (void)pthread_mutex_lock(&socket->lock);
    socket->loop = connection->loop;
    (void)pthread_mutex_unlock(&socket->lock);
    websocket_reader_add(&socket->reader, buf_str(&connection->in));
    buf_finish(&connection->in);
    if (connection->loop->is_stopping)
        websocket_close(socket, WEBSOCKET_GOING_AWAY);
    (void)take_events(socket);
    write_some(connection);
}

void connection_on_websocket_timer(struct connection *connection) {
    struct websocket *socket = connection->websocket;
    if (socket->was_asked) {
        connection_close(connection);
        return;
    }
    set_alive(connection);
    socket->was_asked = true;
    (void)pthread_mutex_lock(&socket->lock);
    websocket_frame_append(&socket->queue, WEBSOCKET_PING, STR_EMPTY);
    (void)pthread_mutex_unlock(&socket->lock);
    write_some(connection);
}

void connection_close_websocket(struct connection *connection) {
    struct websocket *socket = connection->websocket;
    if (socket == NULL)
        return;
    connection->websocket = NULL;
    socket->connection = NULL;
    websocket_abandon(socket);
}

void loop_on_websockets(struct loop *loop) {
    (void)pthread_mutex_lock(&loop->websockets_lock);
    struct websocket *socket = loop->ready_websockets;
    loop->ready_websockets = NULL;
    (void)pthread_mutex_unlock(&loop->websockets_lock);
    while (socket != NULL) {
        struct websocket *next = socket->next_ready;
        (void)pthread_mutex_lock(&socket->lock);
        socket->is_ready = false;
        (void)pthread_mutex_unlock(&socket->lock);
        if (socket->connection != NULL)
            write_some(socket->connection);
        websocket_release(socket);
        socket = next;
    }
}

void loop_close_websockets(struct loop *loop) {
    for (struct connection *connection = loop->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        if (connection->state != CONNECTION_WEBSOCKET)
            continue;
        websocket_close(connection->websocket, WEBSOCKET_GOING_AWAY);
    }
}
