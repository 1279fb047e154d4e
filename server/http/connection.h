/* connection.h - one client's connection: reads requests, hands them to workers, writes the responses.
 *
 * Requests of a connection are served one after the other; while one is with a worker nothing is read, so
 * that a client cannot make the server hold more than one request of it (and one read's worth of the next).
 *
 * Threads: the loop's. Memory: created by accepting; connection_close puts it on loop->closed, where it stays
 * until the events at hand, which may still point to it, are through.
 */
#ifndef SERVER_HTTP_CONNECTION_H
#define SERVER_HTTP_CONNECTION_H

#include "server/http/exchange.h"
#include "server/http/hosts.h"
#include "server/http/metrics.h"
#include "server/http/router.h"
#include "server/http/timers.h"
#include "server/http/tls.h"
#include "server/http/transport.h"
#include "server/http/websocket.h"

#include <pthread.h>

enum {
    READ_BYTES = 64 * 1024,
    WRITE_BYTES_PER_EVENT = 1 << 20, /* then the others have their turn */
    LINGER_MS = 2000,
    STOP_LINGER_MS = 500, /* of idle connections, when the server stops */
    SPARE_ARENAS_MAX = 64,
};

/* What all connections of a server share. */
struct loop {
    const struct http_options *options; /* with the defaults filled in */
    struct exchange_host host;
    struct hosts *hosts;
    struct router *router;
    struct metrics *metrics;
    struct tls *tls; /* NULL: plain */
    struct str public_url;
    int epoll_fd;
    int64_t now_ms;
    struct timers timers;
    char *scratch; /* READ_BYTES */
    struct connection *oldest_idle, *newest_idle;
    struct connection *connections; /* all that are open */
    struct connection *closed;
    size_t connection_count, exchange_count;
    size_t reserved_bytes; /* for bodies in memory */
    bool is_stopping;
    uint32_t id_prefix;
    uint64_t id_counter;
    struct arena *spare_arenas[SPARE_ARENAS_MAX];
    size_t spare_arena_count;
    void (*wake)(void *loop); /* host.loop; from any thread */
    pthread_mutex_t websockets_lock;
    struct websocket *ready_websockets; /* with something to send; guarded by the lock */
};

enum connection_state {
    CONNECTION_HANDSHAKE,
    CONNECTION_IDLE, /* between requests */
    CONNECTION_HEAD, /* a head has begun to arrive */
    CONNECTION_BODY,
    CONNECTION_WORKING, /* the exchange is with a worker, or deferred */
    CONNECTION_WRITING,
    CONNECTION_WEBSOCKET,
    CONNECTION_LINGERING, /* all is said; the rest of what the client sends is thrown away */
    CONNECTION_CLOSED,
};

struct connection {
    struct loop *loop;
    struct transport transport;
    enum connection_state state;
    uint32_t interest; /* what epoll was asked for */
    struct timer timer;
    struct buf in; /* read but not yet used */
    size_t scanned_bytes;
    struct exchange *exchange;
    struct websocket *websocket; /* while it is one */
    uint64_t head_sent, content_sent, response_sent; /* of the head, of the piece at hand, of the whole */
    int64_t window_began_ms;                         /* of the rate at which a body arrives */
    uint64_t window_bytes;
    bool must_linger;
    struct connection *newer_idle, *older_idle; /* while idle */
    struct connection *next, *previous;         /* among all that are open, or on the closed ones */
    char peer[ADDRESS_TEXT_MAX];
};

void connection_accept(struct loop *loop, int fd, const struct sockaddr_storage *peer);
void connection_on_event(struct connection *connection, uint32_t events);
void connection_on_timer(struct timer *timer);
/* An exchange has come back from a worker; its connection may be gone. */
void loop_on_exchange(struct loop *loop, struct exchange *exchange);

void connection_close(struct connection *connection);
/* Frees those on loop->closed. */
void loop_free_closed(struct loop *loop);
/* When the server stops: in order, and what has arrived already is answered. */
void loop_end_idle(struct loop *loop);

#endif
