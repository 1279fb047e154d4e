/* connection.c - see connection.h: a connection's life, its states, and what moves it from one to the next.
 */
#include "server/http/connection_parts.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* ---- waiting ---- */

static void set_interest(struct connection *connection, uint32_t interest) {
    struct epoll_event event = { .events = interest, .data.ptr = connection };
    if (connection->interest == interest)
        return;
    connection->interest = interest;
    if (epoll_ctl(connection->loop->epoll_fd, EPOLL_CTL_MOD, connection->transport.fd, &event) != 0)
        log_fatal("cannot watch a connection: error %d", errno);
}

void connection_wait_to_read(struct connection *connection) {
    set_interest(connection, connection->transport.read_waits_for_write ? EPOLLOUT : EPOLLIN);
}

void connection_wait_to_write(struct connection *connection) {
    set_interest(connection, connection->transport.write_waits_for_read ? EPOLLIN : EPOLLOUT);
}

void connection_wait_for_both(struct connection *connection, bool has_more_to_write) {
    bool wants_room = has_more_to_write || connection->transport.read_waits_for_write;
    set_interest(connection, wants_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void connection_set_deadline(struct connection *connection, int64_t in_ms) {
    timers_set(&connection->loop->timers, &connection->timer, connection->loop->now_ms + in_ms);
}

static void clear_deadline(struct connection *connection) {
    timers_clear(&connection->loop->timers, &connection->timer);
}

/* ---- idle connections, the longest idle first ---- */

void connection_leave_idle(struct connection *connection) {
    struct loop *loop = connection->loop;
    *(connection->older_idle != NULL ? &connection->older_idle->newer_idle : &loop->oldest_idle) =
        connection->newer_idle;
    *(connection->newer_idle != NULL ? &connection->newer_idle->older_idle : &loop->newest_idle) =
        connection->older_idle;
    connection->older_idle = connection->newer_idle = NULL;
}

void connection_enter_idle(struct connection *connection) {
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
    connection_set_deadline(connection, loop->options->idle_timeout_ms);
    connection_wait_to_read(connection);
}

/* A request may be on its way on any of them. Closed at once they would meet it with a reset, which a proxy takes for a
 * broken answer; after an end in order it knows that nothing was done, and asks another server. */
void loop_end_idle(struct loop *loop) {
    struct connection *next;
    for (struct connection *connection = loop->oldest_idle; connection != NULL; connection = next) {
        int arrived_bytes = 0;
        next = connection->newer_idle;
        if (ioctl(connection->transport.fd, FIONREAD, &arrived_bytes) == 0 && arrived_bytes > 0)
            continue;
        connection_leave_idle(connection);
        connection_linger(connection);
        connection_set_deadline(connection, STOP_LINGER_MS);
    }
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
    metrics_add(&loop->metrics->connections_accepted, 1);
    metrics_add(&loop->metrics->connections_open, 1);
    if (loop->tls == NULL) {
        connection_enter_idle(connection);
    } else {
        connection->state = CONNECTION_HANDSHAKE;
        connection_set_deadline(connection, loop->options->header_timeout_ms);
    }
}

void loop_end_exchange(struct loop *loop, struct exchange *exchange) {
    loop->reserved_bytes -= exchange->reserved_bytes;
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
        loop_end_exchange(loop, exchange);
}

void loop_count_exchange(struct loop *loop, const struct exchange *exchange, int status) {
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
        connection_leave_idle(connection);
    connection->state = CONNECTION_CLOSED;
    clear_deadline(connection);
    connection_close_websocket(connection);
    transport_close(&connection->transport);
    buf_finish(&connection->in);
    connection->exchange = NULL;
    if (exchange != NULL) {
        exchange->connection = NULL;
        loop_count_exchange(loop, exchange, 0);
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
void connection_linger(struct connection *connection) {
    connection_close_websocket(connection);
    transport_end_writing(&connection->transport);
    connection->state = CONNECTION_LINGERING;
    connection_set_deadline(connection, LINGER_MS);
    connection_wait_to_read(connection);
}

/* After a wrong path or method the two sides still agree where the next request begins; otherwise they may
 * not. */
void connection_refuse(struct connection *connection, int status, const char *name, const struct err *err) {
    struct exchange *exchange = connection->exchange;
    bool agrees = (err->code == ERR_NOT_FOUND || err->code == ERR_METHOD) && exchange->body_is_complete;
    if (!agrees)
        exchange->keeps_alive = false;
    connection->must_linger = !agrees;
    if (exchange_refuse(exchange, status, name, err)) {
        connection_start_response(connection);
        return;
    }
    connection->state = CONNECTION_WORKING;
    clear_deadline(connection);
}

void connection_give_to_worker(struct connection *connection) {
    connection->state = CONNECTION_WORKING;
    clear_deadline(connection);
    exchange_continue(connection->exchange);
}

/* ---- what happens ---- */

static void on_handshake(struct connection *connection) {
    long result = transport_handshake(&connection->transport);
    if (result == TRANSPORT_WAITS)
        connection_wait_to_read(connection);
    else if (result == TRANSPORT_FAILED)
        connection_close(connection);
    else
        connection_enter_idle(connection);
}

static void throw_away(struct connection *connection) {
    size_t len;
    for (int i = 0; i < READS_PER_EVENT; i++)
        if (!connection_read_some(connection, connection->loop->scratch, READ_BYTES, &len))
            return;
}

static bool is_reading(const struct connection *connection) {
    return connection->state == CONNECTION_IDLE || connection->state == CONNECTION_HEAD ||
           connection->state == CONNECTION_BODY || connection->state == CONNECTION_LINGERING ||
           connection->state == CONNECTION_WEBSOCKET;
}

static void dispatch(struct connection *connection, uint32_t events) {
    switch (connection->state) {
    case CONNECTION_HANDSHAKE:
        on_handshake(connection);
        break;
    case CONNECTION_IDLE:
    case CONNECTION_HEAD:
        connection_on_readable_head(connection);
        break;
    case CONNECTION_BODY:
        connection_on_readable_body(connection);
        break;
    case CONNECTION_WORKING:
        if (events & (EPOLLERR | EPOLLHUP))
            connection_close(connection); /* nobody is there to hear the answer */
        else
            set_interest(connection, 0); /* the next request waits in the socket */
        break;
    case CONNECTION_WRITING:
        connection_on_writable(connection);
        break;
    case CONNECTION_WEBSOCKET:
        connection_on_websocket(connection);
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
        connection_begin_body(connection);
        break;
    case EXCHANGE_RESPONDS:
        connection_start_response(connection);
        break;
    case EXCHANGE_HAS_PIECE:
        connection_begin_writing(connection);
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
    struct connection *connection =
        (struct connection *)(void *)((char *)timer - offsetof(struct connection, timer));
    struct loop *loop = connection->loop;
    struct err err = { 0 };

    if (connection->state == CONNECTION_WEBSOCKET) {
        connection_on_websocket_timer(connection);
    } else if (connection->state == CONNECTION_HEAD) {
        (void)connection_open_exchange(connection);
        (void)err_set(&err, ERR_TIMEOUT, "the head did not arrive within %d ms",
                      loop->options->header_timeout_ms);
        connection_refuse(connection, 0, NULL, &err);
    } else if (connection->state == CONNECTION_BODY) {
        int64_t elapsed_ms = loop->now_ms - connection->window_began_ms;
        if (connection->window_bytes * 1000 >= loop->options->least_body_bytes_per_s * (uint64_t)elapsed_ms) {
            connection_begin_window(connection);
            return;
        }
        (void)err_set(&err, ERR_TIMEOUT, "the body arrives with less than %llu bytes a second",
                      (unsigned long long)loop->options->least_body_bytes_per_s);
        connection_refuse(connection, 0, NULL, &err);
    } else {
        connection_close(connection);
    }
}
