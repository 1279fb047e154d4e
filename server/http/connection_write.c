/* connection_write.c - writing responses, as fast as the client takes them. */
#include "server/http/connection_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/http/response.h"
#include "server/http/uri.h"

enum { SMALL_BODY_BYTES = 16 * 1024 /* goes out in one write with the head */ };

static void log_access(const struct connection *connection, const struct exchange *exchange) {
    if (!connection->loop->options->log_access)
        return;
    struct str target = uri_without_signatures(exchange->call.target, exchange->call.arena);
    log_info("%.*s %.*s \"%.*s %.*s\" %d %llu %.3f ms", STR_ARG(exchange->call.request_id),
             STR_ARG(exchange->call.peer), STR_ARG(exchange->head.method), STR_ARG(target),
             exchange->response.status, (unsigned long long)connection->response_sent,
             (double)(clock_mono_ns() - exchange->began_ns) / 1e6);
}

static void end_response(struct connection *connection) {
    struct exchange *exchange = connection->exchange;
    bool keeps_alive = exchange->keeps_alive && !connection->loop->is_stopping;
    bool must_linger = connection->must_linger || !exchange->body_is_complete || connection->in.len > 0;

    loop_count_exchange(connection->loop, exchange, exchange->response.status);
    log_access(connection, exchange);
    struct websocket *websocket = exchange->response.websocket;
    exchange->response.websocket = NULL;
    connection->exchange = NULL;
    loop_end_exchange(connection->loop, exchange);
    if (websocket != NULL) {
        connection_begin_websocket(connection, websocket);
        return;
    }
    if (!keeps_alive && must_linger) {
        connection_linger(connection);
    } else if (!keeps_alive) {
        transport_end_writing(&connection->transport);
        connection_close(connection);
    } else if (connection->in.len > 0) {
        connection_begin_head(connection);
        connection_take_head(connection);
    } else {
        connection_enter_idle(connection);
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

void connection_on_writable(struct connection *connection) {
    struct exchange *exchange = connection->exchange;
    struct response *response = &exchange->response;
    uint64_t written = 0;

    while (connection->head_sent < response->head.len || connection->content_sent < content_len(response)) {
        long result = written < WRITE_BYTES_PER_EVENT ? write_next(connection) : TRANSPORT_WAITS;
        if (result == TRANSPORT_WAITS) {
            if (written > 0)
                connection_set_deadline(connection, connection->loop->options->idle_timeout_ms);
            connection_wait_to_write(connection);
            return;
        }
        if (result <= 0) {
            connection_close(connection);
            return;
        }
        written += (uint64_t)result;
        connection->response_sent += (uint64_t)result;
        metrics_add(&connection->loop->metrics->sent_bytes, (uint64_t)result);
    }
    if (response->producer_is_open)
        connection_give_to_worker(connection);
    else
        end_response(connection);
}

void connection_begin_writing(struct connection *connection) {
    connection->state = CONNECTION_WRITING;
    connection->content_sent = 0;
    connection_set_deadline(connection, connection->loop->options->idle_timeout_ms);
    connection_on_writable(connection);
}

void connection_start_response(struct connection *connection) {
    struct response *response = &connection->exchange->response;
    connection->head_sent = connection->response_sent = 0;
    if (response->kind != RESPONSE_FILE && !response->has_no_body && response->body.len <= SMALL_BODY_BYTES) {
        buf_append_str(&response->head, buf_str(&response->body));
        buf_reset(&response->body);
    }
    connection_begin_writing(connection);
}
