/* server.c - see http.h: the listener, the loop, starting and stopping. */
#include "server/http/connection.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS_PER_WAIT = 256,
    ACCEPTS_PER_EVENT = 64,
    CONNECTIONS_MAX = 20 * 1000,
    FILES_FOR_OTHERS = 256, /* descriptors that connections leave to the handlers and the store */
    ACCEPT_PAUSE_MS = 100,
    EVICT_AFTER_MS = 1000,
};

struct http_server {
    struct loop loop;
    struct http_options options;
    struct arena *arena; /* the options' texts */
    int listener_fd, wake_fd;
    uint16_t port;
    bool is_accepting;
    struct timer accept_again;
    atomic_bool stop_asked;
    int64_t stop_at_ms;

    pthread_mutex_t returned_lock; /* guards `returned` */
    struct exchange *returned;     /* from workers, the latest first */
};

/* ---- exchanges that come back ---- */

static void wake(struct http_server *server) {
    uint64_t one = 1;
    ssize_t ignored = write(server->wake_fd, &one, sizeof one); /* full is as good as one more */
    (void)ignored;
}

static void wake_loop(void *context) {
    wake(context);
}

static void hand_over(void *context, struct exchange *exchange) {
    struct http_server *server = context;

    pthread_mutex_lock(&server->returned_lock);
    bool was_empty = server->returned == NULL;
    exchange->next = server->returned;
    server->returned = exchange;
    if (was_empty)
        wake(server); /* under the lock: afterwards the server may be gone */
    pthread_mutex_unlock(&server->returned_lock);
}

/* In the order in which they came. */
static struct exchange *take_returned(struct http_server *server) {
    struct exchange *in_order = NULL;

    pthread_mutex_lock(&server->returned_lock);
    struct exchange *exchange = server->returned;
    server->returned = NULL;
    pthread_mutex_unlock(&server->returned_lock);
    while (exchange != NULL) {
        struct exchange *older = exchange->next;
        exchange->next = in_order;
        in_order = exchange;
        exchange = older;
    }
    return in_order;
}

static void on_wake(struct http_server *server) {
    uint64_t ignored;
    ssize_t len = read(server->wake_fd, &ignored, sizeof ignored);
    (void)len;
    for (struct exchange *exchange = take_returned(server); exchange != NULL;) {
        struct exchange *next = exchange->next;
        loop_on_exchange(&server->loop, exchange);
        exchange = next;
    }
    loop_on_websockets(&server->loop);
}

/* ---- accepting ---- */

static void watch(struct http_server *server, int fd, void *marker) {
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = marker };
    if (epoll_ctl(server->loop.epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        log_fatal("cannot watch a socket: error %d", errno);
}

static void pause_accepting(struct http_server *server) {
    if (!server->is_accepting)
        return;
    server->is_accepting = false;
    (void)epoll_ctl(server->loop.epoll_fd, EPOLL_CTL_DEL, server->listener_fd, NULL);
    timers_set(&server->loop.timers, &server->accept_again, server->loop.now_ms + ACCEPT_PAUSE_MS);
}

static void resume_accepting(struct http_server *server) {
    if (server->is_accepting || server->loop.is_stopping)
        return;
    server->is_accepting = true;
    watch(server, server->listener_fd, &server->listener_fd);
}

static bool is_full(const struct http_server *server) {
    return server->loop.connection_count >= server->options.max_connections;
}

/* A connection that was opened a moment ago and one whose client is thinking are no prey. */
static bool may_evict(const struct http_server *server) {
    const struct connection *oldest = server->loop.oldest_idle;
    if (oldest == NULL)
        return false;
    int64_t idle_since_ms = oldest->timer.at_ms - server->options.idle_timeout_ms;
    return server->loop.now_ms - idle_since_ms >= EVICT_AFTER_MS;
}

static void evict(struct http_server *server) {
    connection_close(server->loop.oldest_idle);
    atomic_fetch_add_explicit(&server->loop.metrics->connections_evicted, 1, memory_order_relaxed);
}

static void on_listener(struct http_server *server) {
    if (server->loop.tls != NULL)
        tls_refresh(server->loop.tls, server->loop.now_ms);
    for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
        struct sockaddr_storage peer = { 0 };
        socklen_t peer_len = sizeof peer;
        int one = 1;
        if (is_full(server) && !may_evict(server)) {
            pause_accepting(server);
            return;
        }
        int fd =
            accept4(server->listener_fd, (struct sockaddr *)&peer, &peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(server);
            return;
        }
        if (is_full(server))
            evict(server);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connection_accept(&server->loop, fd, &peer);
    }
}

/* ---- the loop ---- */

static void on_events(struct http_server *server, const struct epoll_event *events, int event_count) {
    for (int i = 0; i < event_count; i++) {
        if (events[i].data.ptr == &server->listener_fd)
            on_listener(server);
        else if (events[i].data.ptr == &server->wake_fd)
            on_wake(server);
        else
            connection_on_event(events[i].data.ptr, events[i].events);
    }
}

static void on_timers(struct http_server *server) {
    for (struct timer *due; (due = timers_take_due(&server->loop.timers, server->loop.now_ms)) != NULL;) {
        if (due == &server->accept_again)
            resume_accepting(server);
        else
            connection_on_timer(due);
    }
}

static void begin_stopping(struct http_server *server) {
    server->loop.is_stopping = true;
    server->stop_at_ms = server->loop.now_ms + server->options.stop_timeout_ms;
    pause_accepting(server);
    timers_clear(&server->loop.timers, &server->accept_again);
    (void)close(server->listener_fd);
    server->listener_fd = -1;
    loop_end_idle(&server->loop);
    loop_close_websockets(&server->loop);
}

static bool has_stopped(struct http_server *server) {
    struct loop *loop = &server->loop;
    if (!loop->is_stopping)
        return false;
    if (loop->now_ms < server->stop_at_ms)
        return loop->connection_count == 0 && loop->exchange_count == 0;
    while (loop->connections != NULL)
        connection_close(loop->connections);
    return true;
}

static int wait_ms(const struct http_server *server) {
    int until_timer_ms = timers_wait_ms(&server->loop.timers, clock_mono_ms());
    bool looks_sooner = server->loop.is_stopping && (until_timer_ms < 0 || until_timer_ms > ACCEPT_PAUSE_MS);
    return looks_sooner ? ACCEPT_PAUSE_MS : until_timer_ms;
}

enum err_code http_server_run(struct http_server *server, struct err *err) {
    struct epoll_event events[EVENTS_PER_WAIT];
    struct loop *loop = &server->loop;

    (void)signal(SIGPIPE, SIG_IGN); /* sendfile and TLS have no flag against it */
    loop->now_ms = clock_mono_ms();
    resume_accepting(server);
    while (!has_stopped(server)) {
        int event_count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_WAIT, wait_ms(server));
        if (event_count < 0 && errno != EINTR)
            return err_set_errno(err, errno, "cannot wait for the sockets");
        loop->now_ms = clock_mono_ms();
        on_events(server, events, event_count);
        on_timers(server);
        if (atomic_load(&server->stop_asked) && !loop->is_stopping)
            begin_stopping(server);
        loop_free_closed(loop);
    }
    return OK;
}

void http_server_stop(struct http_server *server) {
    atomic_store(&server->stop_asked, true);
    wake(server);
}

/* ---- making ---- */

static enum err_code split_listen(struct str listen, char host[256], char port[8], struct err *err) {
    const char *colon = listen.len == 0 ? NULL : memrchr(listen.ptr, ':', listen.len);
    struct str host_text, port_text;

    if (colon == NULL)
        return err_set(err, ERR_BAD_INPUT, "the address to listen on is 'HOST:PORT', got '%.*s'",
                       STR_ARG(listen));
    host_text = str_slice(listen, 0, (size_t)(colon - listen.ptr));
    port_text = str_from(listen, host_text.len + 1);
    if (str_starts_with(host_text, STR("[")) && str_ends_with(host_text, STR("]")))
        host_text = str_slice(host_text, 1, host_text.len - 2);
    (void)snprintf(host, 256, "%.*s", STR_ARG(host_text));
    (void)snprintf(port, 8, "%.*s", STR_ARG(port_text));
    uint64_t number;
    if (host_text.len > 255 || !str_to_u64(port_text, &number) || number > 65535)
        return err_set(err, ERR_BAD_INPUT, "the port to listen on is from 0 to 65535, got '%.*s'",
                       STR_ARG(port_text));
    return OK;
}

static int open_listener(const struct addrinfo *address) {
    int one = 1, zero = 0;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static enum err_code start_listening(struct http_server *server, struct err *err) {
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *addresses = NULL;
    char host[256], port[8];
    struct sockaddr_storage bound = { 0 };
    socklen_t bound_len = sizeof bound;

    TRY(split_listen(server->options.listen, host, port, err));
    int failure = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &addresses);
    if (failure != 0)
        return err_set(err, ERR_BAD_INPUT, "cannot find the address '%s' to listen on: %s", host,
                       gai_strerror(failure));
    server->listener_fd = open_listener(addresses);
    int reason = errno;
    freeaddrinfo(addresses);
    if (server->listener_fd < 0)
        return err_set_errno(err, reason, "cannot listen on '%.*s'", STR_ARG(server->options.listen));
    (void)getsockname(server->listener_fd, (struct sockaddr *)&bound, &bound_len);
    server->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&bound)->sin6_port
                                                     : ((struct sockaddr_in *)(void *)&bound)->sin_port);
    return OK;
}

static size_t connections_max(size_t wanted) {
    struct rlimit files;
    size_t most = wanted == 0 ? CONNECTIONS_MAX : wanted;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return most;
    size_t available = files.rlim_cur > 2 * FILES_FOR_OTHERS ? (size_t)files.rlim_cur - FILES_FOR_OTHERS
                                                             : (size_t)files.rlim_cur / 2;
    return most < available ? most : available;
}

static void fill_options(struct http_server *server, const struct http_options *given) {
    struct http_options *options = &server->options;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    *options = *given;
    options->listen = arena_copy(server->arena, given->listen);
    options->public_url = arena_copy(server->arena, given->public_url);
    while (str_ends_with(options->public_url, STR("/")))
        options->public_url.len--;
    options->max_connections = connections_max(given->max_connections);
    if (given->worker_count == 0)
        options->worker_count = cores < 1 ? 2 : 2 * (size_t)cores;
    if (given->stop_timeout_ms == 0)
        options->stop_timeout_ms = 30 * 1000;
    if (given->header_timeout_ms == 0)
        options->header_timeout_ms = 10 * 1000;
    if (given->idle_timeout_ms == 0)
        options->idle_timeout_ms = 75 * 1000;
    if (given->least_body_bytes_per_s == 0)
        options->least_body_bytes_per_s = 1024;
    if (given->body_grace_ms == 0)
        options->body_grace_ms = 20 * 1000;
    if (given->max_body_memory_bytes == 0)
        options->max_body_memory_bytes = (uint64_t)1 << 30;
}

static enum err_code fill(struct http_server *server, const struct http_options *options,
                          const struct http_app *app, struct err *err) {
    struct loop *loop = &server->loop;

    fill_options(server, options);
    loop->options = &server->options;
    loop->public_url = server->options.public_url;
    TRY(hosts_create(&loop->hosts, &server->options, err));
    TRY(router_create(&loop->router, app->routes, app->route_count, err));
    if (options->tls_cert_file.len > 0)
        TRY(tls_create(&loop->tls, options->tls_cert_file, options->tls_key_file, err));
    TRY(start_listening(server, err));
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->epoll_fd < 0 || server->wake_fd < 0)
        return err_set_errno(err, errno, "cannot watch sockets");
    watch(server, server->wake_fd, &server->wake_fd);
    loop->metrics = metrics_create(app);
    loop->scratch = malloc(READ_BYTES);
    if (loop->scratch == NULL)
        log_fatal("out of memory: cannot read from sockets");
    hash_random(&loop->id_prefix, sizeof loop->id_prefix);
    loop->wake = wake_loop;
    loop->host =
        (struct exchange_host){ app, worker_pool_create(server->options.worker_count), hand_over, server };
    return OK;
}

enum err_code http_server_create(struct http_server **out, const struct http_options *options,
                                 const struct http_app *app, struct err *err) {
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        log_fatal("out of memory: cannot make a server");
    server->arena = arena_create();
    server->listener_fd = server->wake_fd = server->loop.epoll_fd = -1;
    pthread_mutex_init(&server->returned_lock, NULL);
    pthread_mutex_init(&server->loop.websockets_lock, NULL);
    enum err_code code = fill(server, options, app, err);
    if (code == OK)
        *out = server;
    else
        http_server_destroy(server);
    return code;
}

uint16_t http_server_port(const struct http_server *server) {
    return server->port;
}

static void close_fd(int fd) {
    if (fd >= 0)
        (void)close(fd);
}

/* Nobody is there to hear the answers, but whoever works on a request, or will complete it, still has its memory and
 * comes back through the server. */
static void end_exchanges(struct http_server *server) {
    struct loop *loop = &server->loop;
    struct pollfd returns = { .fd = server->wake_fd, .events = POLLIN };
    while (loop->connections != NULL)
        connection_close(loop->connections);
    if (loop->exchange_count > 0)
        log_warn("%zu requests are still being worked on: waiting for them to end", loop->exchange_count);
    while (loop->exchange_count > 0) {
        (void)poll(&returns, 1, -1);
        on_wake(server);
    }
    loop_on_websockets(loop);
    loop_free_closed(loop);
    worker_pool_destroy(loop->host.workers);
    loop->host.workers = NULL;
}

void http_server_destroy(struct http_server *server) {
    if (server == NULL)
        return;
    struct loop *loop = &server->loop;
    end_exchanges(server);
    for (size_t i = 0; i < loop->spare_arena_count; i++)
        arena_destroy(loop->spare_arenas[i]);
    close_fd(server->listener_fd);
    close_fd(server->wake_fd);
    close_fd(loop->epoll_fd);
    timers_finish(&loop->timers);
    tls_destroy(loop->tls);
    router_destroy(loop->router);
    hosts_destroy(loop->hosts);
    metrics_destroy(loop->metrics);
    free(loop->scratch);
    arena_destroy(server->arena);
    pthread_mutex_destroy(&server->returned_lock);
    pthread_mutex_destroy(&server->loop.websockets_lock);
    free(server);
}

void http_server_metrics(const struct http_server *server, struct buf *out) {
    metrics_write(server->loop.metrics, out);
}
