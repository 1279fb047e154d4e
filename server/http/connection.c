/* connection.c - see connection.h. */
#include "server/http/connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/http/request.h"
#include "server/http/response.h"
#include "server/http/uri.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    IN_BYTES_MAX = HTTP_HEAD_BYTES_MAX + 2 * READ_BYTES,
    SMALL_BODY_BYTES = 16 * 1024, /* goes out in one write with the head */
    READS_PER_EVENT = 4,
    PIECE_SLACK_BYTES = 4096,
};

static void start_response(struct connection *connection);
static void start_exchange(struct connection *connection, size_t head_len);

/* ---- waiting ---- */

static void set_interest(struct connection *connection, uint32_t interest) {
    struct epoll_event event = { .events = interest, .data.ptr = connection };
    if (connection->interest == interest)
        return;
    connection->interest = interest;
    if (epoll_ctl(connection->loop->epoll_fd, EPOLL_CTL_MOD, connection->transport.fd, &event) != 0)
        log_fatal("cannot watch a connection: error %d", errno);
}

static void wait_to_read(struct connection *connection) {
    set_interest(connection, connection->transport.read_waits_for_write ? EPOLLOUT : EPOLLIN);
}

static void wait_to_write(struct connection *connection) {
    set_interest(connection, connection->transport.write_waits_for_read ? EPOLLIN : EPOLLOUT);
}

static void set_deadline(struct connection *connection, int64_t in_ms) {
    timers_set(&connection->loop->timers, &connection->timer, connection->loop->now_ms + in_ms);
}

static void clear_deadline(struct connection *connection) {
    timers_clear(&connection->loop->timers, &connection->timer);
}

static void count(_Atomic uint64_t *counter, uint64_t amount) {
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

/* ---- idle connections, the longest idle first ---- */

static void leave_idle(struct connection *connection) {
    struct loop *loop = connection->loop;
    *(connection->older_idle != NULL ? &connection->older_idle->newer_idle : &loop->oldest_idle) = connection->newer_idle;
    *(connection->newer_idle != NULL ? &connection->newer_idle->older_idle : &loop->newest_idle) = connection->older_idle;
    connection->older_idle = connection->newer_idle = NULL;
}

static void enter_idle(struct connection *connection) {
    struct loop *loop = connection->loop;

    if (loop->is_stopping) {
        connection_close(connection);
        return;
    }
    connection->state = CONNECTION_IDLE;
    buf_finish(&connection->in); /* it is empty: ten thousand idle ones should cost nothing */
    connection->older_idle = loop->newest_idle;
    *(loop->newest_idle != NULL ? &loop->newest_idle->newer_idle : &loop->oldest_idle) = connection;
    loop->newest_idle = connection;
    set_deadline(connection, loop->options->idle_timeout_ms);
    wait_to_read(connection);
}

void loop_close_idle(struct loop *loop) {
    while (loop->oldest_idle != NULL)
        connection_close(loop->oldest_idle);
}

/* ---- opening and closing ---- */

void connection_accept(struct loop *loop, int fd, const struct sockaddr_storage *peer) {
    struct connection *connection = calloc(1, sizeof *connection);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

    if (connection == NULL)
        log_fatal("out of memory: cannot hold a connection");
    connection->loop = loop;
    connection->transport.fd = fd;
    connection->interest = EPOLLIN;
    buf_init(&connection->in, IN_BYTES_MAX);
    address_format(connection->peer, peer);
    if (loop->tls != NULL)
        connection->transport.ssl = tls_accept(loop->tls, fd);
    if ((loop->tls != NULL && connection->transport.ssl == NULL) ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        transport_close(&connection->transport);
        free(connection);
        return;
    }
    connection->next = loop->connections;
    if (loop->connections != NULL)
        loop->connections->previous = connection;
    loop->connections = connection;
    loop->connection_count++;
    count(&loop->metrics->connections_accepted, 1);
    count(&loop->metrics->connections_open, 1);
    if (loop->tls == NULL) {
        enter_idle(connection);
    } else {
        connection->state = CONNECTION_HANDSHAKE;
        set_deadline(connection, loop->options->header_timeout_ms);
    }
}

static void end_exchange(struct loop *loop, struct exchange *exchange) {
    struct arena *arena = exchange_destroy(exchange);
    loop->exchange_count--;
    atomic_fetch_sub_explicit(&loop->metrics->requests_in_flight, 1, memory_order_relaxed);
    if (loop->spare_arena_count == SPARE_ARENAS_MAX) {
        arena_destroy(arena);
        return;
    }
    arena_reset(arena);
    loop->spare_arenas[loop->spare_arena_count++] = arena;
}

/* The loop has the exchange and nobody waits for it any more. */
static void drop_exchange(struct loop *loop, struct exchange *exchange) {
    if (exchange_holds_something(exchange))
        exchange_abandon(exchange);
    else
        end_exchange(loop, exchange);
}

static void count_exchange(struct loop *loop, const struct exchange *exchange, int status) {
    metrics_count_request(loop->metrics, exchange->call.route, exchange->is_otherwise, status,
                          clock_mono_ns() - exchange->began_ns);
}

void connection_close(struct connection *connection) {
    struct loop *loop = connection->loop;
    struct exchange *exchange = connection->exchange;
    bool worker_has_it = connection->state == CONNECTION_WORKING;

    if (connection->state == CONNECTION_CLOSED)
        return;
    if (connection->state == CONNECTION_IDLE)
        leave_idle(connection);
    connection->state = CONNECTION_CLOSED;
    clear_deadline(connection);
    transport_close(&connection->transport);
    buf_finish(&connection->in);
    connection->exchange = NULL;
    if (exchange != NULL) {
        exchange->connection = NULL;
        count_exchange(loop, exchange, 0);
        if (!worker_has_it)
            drop_exchange(loop, exchange);
    }
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    *(connection->previous != NULL ? &connection->previous->next : &loop->connections) = connection->next;
    connection->next = loop->closed;
    loop->closed = connection;
    loop->connection_count--;
    atomic_fetch_sub_explicit(&loop->metrics->connections_open, 1, memory_order_relaxed);
}

void loop_free_closed(struct loop *loop) {
    while (loop->closed != NULL) {
        struct connection *connection = loop->closed;
        loop->closed = connection->next;
        free(connection);
    }
}

/* After an error the client may still be sending: closing at once would reset the connection, and the reset
 * would overtake the answer. */
static void linger(struct connection *connection) {
    transport_end_writing(&connection->transport);
    connection->state = CONNECTION_LINGERING;
    set_deadline(connection, LINGER_MS);
    wait_to_read(connection);
}

/* After a wrong path or method the two sides still agree where the next request begins; otherwise they may not. */
static void refuse(struct connection *connection, int status, const char *name, const struct err *err) {
    struct exchange *exchange = connection->exchange;
    bool agrees = (err->code == ERR_NOT_FOUND || err->code == ERR_METHOD) && exchange->body_is_complete;
    if (!agrees)
        exchange->keeps_alive = false;
    connection->must_linger = !agrees;
    if (exchange_refuse(exchange, status, name, err)) {
        start_response(connection);
        return;
    }
    connection->state = CONNECTION_WORKING;
    clear_deadline(connection);
}

/* ---- reading ---- */

/* Into the connection's buffer or the scratch. False when there is nothing to go on with: the connection waits
 * or is closed. */
static bool read_some(struct connection *connection, void *out, size_t room, size_t *len) {
    long result = transport_read(&connection->transport, out, room);
    if (result == TRANSPORT_WAITS) {
        wait_to_read(connection);
        return false;
    }
    if (result <= 0) {
        connection_close(connection);
        return false;
    }
    *len = (size_t)result;
    count(&connection->loop->metrics->received_bytes, (uint64_t)result);
    return true;
}

static struct exchange *open_exchange(struct connection *connection) {
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
    count(&loop->metrics->requests_in_flight, 1);
    connection->exchange = exchange;
    return exchange;
}

static void take_head(struct connection *connection) {
    struct err err = { 0 };
    size_t head_len;

    if (http_head_find_end(buf_str(&connection->in), &connection->scanned_bytes, &head_len, &err) != OK) {
        bool is_too_large = connection->in.len >= HTTP_HEAD_BYTES_MAX;
        (void)open_exchange(connection);
        refuse(connection, is_too_large ? 431 : 400, is_too_large ? "HEAD_TOO_LARGE" : NULL, &err);
    } else if (head_len > 0) {
        start_exchange(connection, head_len);
    } else {
        wait_to_read(connection);
    }
}

static void begin_head(struct connection *connection) {
    connection->state = CONNECTION_HEAD;
    connection->scanned_bytes = 0;
    set_deadline(connection, connection->loop->options->header_timeout_ms);
}

static void on_readable_head(struct connection *connection) {
    size_t len;

    if (!read_some(connection, connection->loop->scratch, READ_BYTES, &len))
        return;
    if (connection->state == CONNECTION_IDLE) {
        leave_idle(connection);
        begin_head(connection);
    }
    buf_append(&connection->in, connection->loop->scratch, len);
    take_head(connection);
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
    if (exchange->call.route != NULL && exchange->received_bytes > exchange->call.route->max_body_bytes)
        return err_set(err, ERR_TOO_LARGE, "the body is larger than the limit of %llu bytes",
                       (unsigned long long)exchange->call.route->max_body_bytes);
    return buf_check(&exchange->body, "the body", err);
}

static void give_to_worker(struct connection *connection) {
    connection->state = CONNECTION_WORKING;
    clear_deadline(connection);
    exchange_continue(connection->exchange);
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
    return request_read(connection->exchange, str_slice(buf_str(&connection->in), 0, head_len), &context, refusal, err);
}

static void start_exchange(struct connection *connection, size_t head_len) {
    struct exchange *exchange = open_exchange(connection);
    struct refusal refusal = { 0 };
    struct err err = { 0 };

    enum err_code code = read_request(connection, head_len, &refusal, &err);
    struct str rest = str_from(buf_str(&connection->in), head_len);
    if (code == OK)
        code = take_body(exchange, &rest, &err);
    buf_drop_front(&connection->in, connection->in.len - rest.len);
    connection->scanned_bytes = 0;
    connection->must_linger = false;
    if (connection->loop->is_stopping)
        exchange->keeps_alive = false;
    if (code != OK) {
        refuse(connection, refusal.status, refusal.name, &err);
        return;
    }
    give_to_worker(connection);
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
        char *out = buf_reserve(&exchange->body, smaller(exchange->framing.length - exchange->received_bytes, room));
        if (out == NULL) {
            *code = buf_check(&exchange->body, "the body", err);
            return true;
        }
        if (!read_some(connection, out, smaller(exchange->framing.length - exchange->received_bytes, room), &len))
            return false;
        buf_commit(&exchange->body, len);
        exchange->received_bytes += len;
        exchange->body_is_complete = exchange->received_bytes == exchange->framing.length;
    } else {
        if (!read_some(connection, connection->loop->scratch, smaller(room, READ_BYTES), &len))
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

static void on_readable_body(struct connection *connection) {
    struct exchange *exchange = connection->exchange;

    for (int i = 0; i < READS_PER_EVENT; i++) {
        struct err err = { 0 };
        enum err_code code;
        if (!read_body_piece(connection, &code, &err))
            return;
        if (code != OK) {
            refuse(connection, 0, NULL, &err);
            return;
        }
        if (exchange->body_is_complete || is_piece_full(exchange)) {
            give_to_worker(connection);
            return;
        }
    }
    wait_to_read(connection);
}

static void begin_window(struct connection *connection) {
    connection->window_began_ms = connection->loop->now_ms;
    connection->window_bytes = 0;
    set_deadline(connection, BODY_GRACE_MS);
}

static void begin_body(struct connection *connection) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct exchange *exchange = connection->exchange;

    connection->state = CONNECTION_BODY;
    if (exchange->expects_continue && exchange->received_bytes == 0) {
        exchange->expects_continue = false;
        /* Everything before it has been written, so that a socket without room for this is a dead one. */
        if (transport_write(&connection->transport, go_on, sizeof go_on - 1, false) != (long)sizeof go_on - 1) {
            connection_close(connection);
            return;
        }
    }
    begin_window(connection);
    on_readable_body(connection);
}

/* ---- writing ---- */

static void log_access(const struct connection *connection, const struct exchange *exchange) {
    if (!connection->loop->options->log_access)
        return;
    struct str target = uri_without_signatures(exchange->call.target, exchange->call.arena);
    log_info("%.*s %.*s \"%.*s %.*s\" %d %llu %.3f ms", STR_ARG(exchange->call.request_id),
             STR_ARG(exchange->call.peer), STR_ARG(exchange->head.method), STR_ARG(target), exchange->response.status,
             (unsigned long long)connection->response_sent, (double)(clock_mono_ns() - exchange->began_ns) / 1e6);
}

static void end_response(struct connection *connection) {
    struct exchange *exchange = connection->exchange;
    bool keeps_alive = exchange->keeps_alive && !connection->loop->is_stopping;
    bool must_linger = connection->must_linger || !exchange->body_is_complete || connection->in.len > 0;

    count_exchange(connection->loop, exchange, exchange->response.status);
    log_access(connection, exchange);
    connection->exchange = NULL;
    end_exchange(connection->loop, exchange);
    if (!keeps_alive && must_linger) {
        linger(connection);
    } else if (!keeps_alive) {
        transport_end_writing(&connection->transport);
        connection_close(connection);
    } else if (connection->in.len > 0) {
        begin_head(connection);
        take_head(connection);
    } else {
        enter_idle(connection);
    }
}

static uint64_t content_len(const struct response *response) {
    if (response->has_no_body)
        return 0;
    return response->kind == RESPONSE_FILE ? response->file_length : response->body.len;
}

/* One write of what is next, or TRANSPORT_*; call only while something is left. */
static long write_next(struct connection *connection) {
    struct response *response = &connection->exchange->response;
    struct transport *transport = &connection->transport;
    uint64_t content = content_len(response), sent = connection->content_sent;
    long result;

    if (connection->head_sent < response->head.len) {
        result = transport_write(transport, response->head.ptr + connection->head_sent,
                                 response->head.len - connection->head_sent, content > 0);
        connection->head_sent += result > 0 ? (uint64_t)result : 0;
        return result;
    }
    if (response->kind == RESPONSE_FILE)
        result = transport_write_file(transport, response->fd, response->file_offset + sent, content - sent);
    else
        result = transport_write(transport, response->body.ptr + sent, (size_t)(content - sent), false);
    connection->content_sent += result > 0 ? (uint64_t)result : 0;
    return result;
}

static void on_writable(struct connection *connection) {
    struct exchange *exchange = connection->exchange;
    struct response *response = &exchange->response;
    uint64_t written = 0;

    while (connection->head_sent < response->head.len || connection->content_sent < content_len(response)) {
        long result = written < WRITE_BYTES_PER_EVENT ? write_next(connection) : TRANSPORT_WAITS;
        if (result == TRANSPORT_WAITS) {
            if (written > 0)
                set_deadline(connection, connection->loop->options->idle_timeout_ms);
            wait_to_write(connection);
            return;
        }
        if (result <= 0) {
            connection_close(connection);
            return;
        }
        written += (uint64_t)result;
        connection->response_sent += (uint64_t)result;
        count(&connection->loop->metrics->sent_bytes, (uint64_t)result);
    }
    if (response->producer_is_open)
        give_to_worker(connection);
    else
        end_response(connection);
}

static void begin_writing(struct connection *connection) {
    connection->state = CONNECTION_WRITING;
    connection->content_sent = 0;
    set_deadline(connection, connection->loop->options->idle_timeout_ms);
    on_writable(connection);
}

static void start_response(struct connection *connection) {
    struct response *response = &connection->exchange->response;
    connection->head_sent = connection->response_sent = 0;
    if (response->kind != RESPONSE_FILE && !response->has_no_body && response->body.len <= SMALL_BODY_BYTES) {
        buf_append_str(&response->head, buf_str(&response->body));
        buf_reset(&response->body);
    }
    begin_writing(connection);
}

/* ---- what happens ---- */

static void on_handshake(struct connection *connection) {
    long result = transport_handshake(&connection->transport);
    if (result == TRANSPORT_WAITS)
        wait_to_read(connection);
    else if (result == TRANSPORT_FAILED)
        connection_close(connection);
    else
        enter_idle(connection);
}

static void throw_away(struct connection *connection) {
    size_t len;
    for (int i = 0; i < READS_PER_EVENT; i++)
        if (!read_some(connection, connection->loop->scratch, READ_BYTES, &len))
            return;
}

static bool is_reading(const struct connection *connection) {
    return connection->state == CONNECTION_IDLE || connection->state == CONNECTION_HEAD ||
           connection->state == CONNECTION_BODY || connection->state == CONNECTION_LINGERING;
}

static void dispatch(struct connection *connection, uint32_t events) {
    switch (connection->state) {
    case CONNECTION_HANDSHAKE:
        on_handshake(connection);
        break;
    case CONNECTION_IDLE:
    case CONNECTION_HEAD:
        on_readable_head(connection);
        break;
    case CONNECTION_BODY:
        on_readable_body(connection);
        break;
    case CONNECTION_WORKING:
        if (events & (EPOLLERR | EPOLLHUP))
            connection_close(connection); /* nobody is there to hear the answer */
        else
            set_interest(connection, 0); /* the next request waits in the socket */
        break;
    case CONNECTION_WRITING:
        on_writable(connection);
        break;
    case CONNECTION_LINGERING:
        throw_away(connection);
        break;
    case CONNECTION_CLOSED:
        break;
    }
}

/* What TLS has decrypted beyond the last read would never make the socket readable again. */
static void read_pending(struct connection *connection) {
    while (is_reading(connection) && transport_has_pending(&connection->transport))
        dispatch(connection, EPOLLIN);
}

void connection_on_event(struct connection *connection, uint32_t events) {
    dispatch(connection, events);
    read_pending(connection);
}

void loop_on_exchange(struct loop *loop, struct exchange *exchange) {
    struct connection *connection = exchange->connection;

    if (connection == NULL) {
        drop_exchange(loop, exchange);
        return;
    }
    switch (exchange->result) {
    case EXCHANGE_WANTS_BODY:
        begin_body(connection);
        break;
    case EXCHANGE_RESPONDS:
        start_response(connection);
        break;
    case EXCHANGE_HAS_PIECE:
        begin_writing(connection);
        break;
    case EXCHANGE_BROKEN:
    case EXCHANGE_RELEASED:
        connection->state = CONNECTION_BODY; /* the loop has the exchange again */
        connection_close(connection);
        break;
    }
    read_pending(connection);
}

void connection_on_timer(struct timer *timer) {
    struct connection *connection = (struct connection *)(void *)((char *)timer - offsetof(struct connection, timer));
    struct loop *loop = connection->loop;
    struct err err = { 0 };

    if (connection->state == CONNECTION_HEAD) {
        (void)open_exchange(connection);
        (void)err_set(&err, ERR_TIMEOUT, "the head did not arrive within %d ms", loop->options->header_timeout_ms);
        refuse(connection, 0, NULL, &err);
    } else if (connection->state == CONNECTION_BODY) {
        int64_t elapsed_ms = loop->now_ms - connection->window_began_ms;
        if (connection->window_bytes * 1000 >= loop->options->least_body_bytes_per_s * (uint64_t)elapsed_ms) {
            begin_window(connection);
            return;
        }
        (void)err_set(&err, ERR_TIMEOUT, "the body arrives with less than %llu bytes a second",
                      (unsigned long long)loop->options->least_body_bytes_per_s);
        refuse(connection, 0, NULL, &err);
    } else {
        connection_close(connection);
    }
}
