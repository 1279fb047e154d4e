/* connection_read.c - reading requests: heads, and bodies as fast as a worker takes them. */
#include "server/http/connection_parts.h"

#include "base/clock.h"
#include "server/http/request.h"

#include <sys/socket.h>

enum { PIECE_SLACK_BYTES = 4096, SMALL_BODY_BYTES = 256 * 1024 };

/* ---- heads ---- */

/* Into the connection's buffer or the scratch. False when there is nothing to go on with: the connection
 * waits or is closed. */
bool connection_read_some(struct connection *connection, void *out, size_t room, size_t *len) {
    long result = transport_read(&connection->transport, out, room);
    if (result == TRANSPORT_WAITS) {
        connection_wait_to_read(connection);
        return false;
    }
    if (result <= 0) {
        connection_close(connection);
        return false;
    }
    *len = (size_t)result;
    metrics_add(&connection->loop->metrics->received_bytes, (uint64_t)result);
    return true;
}

struct exchange *connection_open_exchange(struct connection *connection) {
    struct loop *loop = connection->loop;
    struct arena *arena =
        loop->spare_arena_count > 0 ? loop->spare_arenas[--loop->spare_arena_count] : arena_create();
    struct exchange *exchange = exchange_create(arena, &loop->host);

    exchange->connection = connection;
    exchange->began_ns = clock_mono_ns();
    exchange->call.request_id =
        arena_printf(arena, "%08x%08llx", loop->id_prefix, (unsigned long long)++loop->id_counter);
    exchange->call.peer = str_from_c(connection->peer);
    loop->exchange_count++;
    metrics_add(&loop->metrics->requests_in_flight, 1);
    connection->exchange = exchange;
    return exchange;
}

/* Takes what belongs to the body off the front of bytes. */
static enum err_code take_body(struct exchange *exchange, struct str *bytes, struct err *err) {
    if (exchange->framing.kind == HTTP_BODY_LENGTH) {
        uint64_t left = exchange->framing.length - exchange->received_bytes;
        struct str content = str_slice(*bytes, 0, left < bytes->len ? (size_t)left : bytes->len);
        buf_append_str(&exchange->body, content);
        exchange->received_bytes += content.len;
        *bytes = str_from(*bytes, content.len);
        exchange->body_is_complete = exchange->received_bytes == exchange->framing.length;
    }
    while (exchange->framing.kind == HTTP_BODY_CHUNKED && bytes->len > 0 && !exchange->chunks.is_done) {
        struct str content;
        TRY(http_chunks_next(&exchange->chunks, bytes, &content, err));
        buf_append_str(&exchange->body, content);
        exchange->received_bytes += content.len;
        exchange->body_is_complete = exchange->chunks.is_done;
    }
    if (exchange->call.route != NULL && exchange->received_bytes > exchange->call.max_body_bytes)
        return err_set(err, ERR_TOO_LARGE, "the body is larger than the limit of %llu bytes",
                       (unsigned long long)exchange->call.max_body_bytes);
    return buf_check(&exchange->body, "the body", err);
}

/* All bodies in memory together have a ceiling: beyond it clients come back later. Small ones have a little room of
 * their own above it, so that a few that send large ones slowly do not keep everybody out. */
static enum err_code reserve_memory(struct connection *connection, struct err *err) {
    struct exchange *exchange = connection->exchange;
    struct loop *loop = connection->loop;
    size_t more = exchange->body.cap - exchange->reserved_bytes;

    uint64_t most = loop->options->max_body_memory_bytes;
    if (exchange->body.cap <= SMALL_BODY_BYTES)
        most += most / 4;
    if (loop->reserved_bytes + more > most)
        return err_set(err, ERR_BUSY, "the bodies that are being received would fill more than %llu bytes",
                       (unsigned long long)most);
    exchange->reserved_bytes += more;
    loop->reserved_bytes += more;
    return OK;
}

static enum err_code read_request(struct connection *connection, size_t head_len, struct refusal *refusal,
                                  struct err *err) {
    struct loop *loop = connection->loop;
    struct sockaddr_storage local = { 0 };
    socklen_t local_len = sizeof local;
    char local_address[ADDRESS_TEXT_MAX];

    (void)getsockname(connection->transport.fd, (struct sockaddr *)&local, &local_len);
    address_format(local_address, &local);
    struct request_context context = {
        .hosts = loop->hosts,
        .router = loop->router,
        .public_url = loop->public_url,
        .peer = str_from_c(connection->peer),
        .local_address = str_from_c(local_address),
        .is_tls = connection->transport.ssl != NULL,
    };
    return request_read(connection->exchange, str_slice(buf_str(&connection->in), 0, head_len), &context,
                        refusal, err);
}

/* The rest of a small body is often in the socket already: then one trip to a worker does for all of it. */
static void read_ahead(struct connection *connection) {
    struct exchange *exchange = connection->exchange;
    uint64_t left = exchange->framing.length - exchange->received_bytes;
    if (exchange->framing.kind != HTTP_BODY_LENGTH || left == 0 || left > READ_BYTES ||
        exchange->expects_continue)
        return;
    long len = transport_read(&connection->transport, connection->loop->scratch, (size_t)left);
    if (len <= 0)
        return; /* whatever it is, the next read will find it again */
    metrics_add(&connection->loop->metrics->received_bytes, (uint64_t)len);
    buf_append(&exchange->body, connection->loop->scratch, (size_t)len);
    exchange->received_bytes += (uint64_t)len;
    exchange->body_is_complete = exchange->received_bytes == exchange->framing.length;
}

static void start_exchange(struct connection *connection, size_t head_len) {
    struct exchange *exchange = connection_open_exchange(connection);
    struct refusal refusal = { 0 };
    struct err err = { 0 };

    enum err_code code = read_request(connection, head_len, &refusal, &err);
    struct str rest = str_from(buf_str(&connection->in), head_len);
    if (code == OK)
        code = take_body(exchange, &rest, &err);
    buf_drop_front(&connection->in, connection->in.len - rest.len);
    connection->must_linger = false;
    if (connection->loop->is_stopping)
        exchange->keeps_alive = false;
    if (code != OK) {
        connection_refuse(connection, refusal.status, refusal.name, &err);
        return;
    }
    read_ahead(connection);
    connection_give_to_worker(connection);
}

void connection_take_head(struct connection *connection) {
    struct err err = { 0 };
    size_t head_len;

    if (http_head_find_end(buf_str(&connection->in), &connection->scanned_bytes, &head_len, &err) != OK) {
        bool is_too_large = connection->in.len >= HTTP_HEAD_BYTES_MAX;
        (void)connection_open_exchange(connection);
        connection_refuse(connection, is_too_large ? 431 : 400, is_too_large ? "HEAD_TOO_LARGE" : NULL, &err);
    } else if (head_len > 0) {
        start_exchange(connection, head_len);
    } else {
        connection_wait_to_read(connection);
    }
}

void connection_begin_head(struct connection *connection) {
    connection->state = CONNECTION_HEAD;
    connection->scanned_bytes = 0;
    connection_set_deadline(connection, connection->loop->options->header_timeout_ms);
}

void connection_on_readable_head(struct connection *connection) {
    size_t len;

    if (!connection_read_some(connection, connection->loop->scratch, READ_BYTES, &len))
        return;
    if (connection->state == CONNECTION_IDLE) {
        connection_leave_idle(connection);
        connection_begin_head(connection);
    }
    buf_append(&connection->in, connection->loop->scratch, len);
    connection_take_head(connection);
}

/* ---- bodies ---- */

static bool is_streamed(const struct exchange *exchange) {
    return exchange->call.route->sink != NULL;
}

static size_t smaller(uint64_t a, size_t b) {
    return a < b ? (size_t)a : b;
}

/* With a known length straight to where the body will lie; chunks have to be decoded first. */
static bool read_body_piece(struct connection *connection, enum err_code *code, struct err *err) {
    struct exchange *exchange = connection->exchange;
    size_t room = is_streamed(exchange) ? PIECE_BYTES - exchange->body.len : PIECE_BYTES, len;

    *code = OK;
    if (exchange->framing.kind == HTTP_BODY_LENGTH) {
        char *out =
            buf_reserve(&exchange->body, smaller(exchange->framing.length - exchange->received_bytes, room));
        if (out == NULL) {
            *code = buf_check(&exchange->body, "the body", err);
            return true;
        }
        if (!connection_read_some(connection, out,
                                  smaller(exchange->framing.length - exchange->received_bytes, room), &len))
            return false;
        buf_commit(&exchange->body, len);
        exchange->received_bytes += len;
        exchange->body_is_complete = exchange->received_bytes == exchange->framing.length;
    } else {
        if (!connection_read_some(connection, connection->loop->scratch, smaller(room, READ_BYTES), &len))
            return false;
        struct str bytes = { connection->loop->scratch, len };
        *code = take_body(exchange, &bytes, err);
        buf_append_str(&connection->in, bytes);
    }
    connection->window_bytes += len;
    return true;
}

/* Near enough: the sizes between chunks would make the last reads tiny. */
static bool is_piece_full(const struct exchange *exchange) {
    return is_streamed(exchange) && exchange->body.len + PIECE_SLACK_BYTES >= PIECE_BYTES;
}

void connection_on_readable_body(struct connection *connection) {
    struct exchange *exchange = connection->exchange;

    for (int i = 0; i < READS_PER_EVENT; i++) {
        struct err err = { 0 };
        enum err_code code;
        if (!read_body_piece(connection, &code, &err))
            return;
        if (code == OK)
            code = reserve_memory(connection, &err);
        if (code != OK) {
            connection_refuse(connection, 0, NULL, &err);
            return;
        }
        if (exchange->body_is_complete || is_piece_full(exchange)) {
            connection_give_to_worker(connection);
            return;
        }
    }
    connection_wait_to_read(connection);
}

void connection_begin_window(struct connection *connection) {
    connection->window_began_ms = connection->loop->now_ms;
    connection->window_bytes = 0;
    connection_set_deadline(connection, connection->loop->options->body_grace_ms);
}

void connection_begin_body(struct connection *connection) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct exchange *exchange = connection->exchange;

    connection->state = CONNECTION_BODY;
    if (exchange->expects_continue && exchange->received_bytes == 0) {
        exchange->expects_continue = false;
        /* Everything before it has been written, so that a socket without room for this is a dead one. */
        if (transport_write(&connection->transport, go_on, sizeof go_on - 1, false) !=
            (long)sizeof go_on - 1) {
            connection_close(connection);
            return;
        }
    }
    connection_begin_window(connection);
    connection_on_readable_body(connection);
}
