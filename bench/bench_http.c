/* bench_http.c - the HTTP server alone, with handlers that do nothing: PUT throughput, small POSTs, idle
 * connections.
 *
 * The server is a process of its own, so that its memory can be read; both share the machine's cores.
 *
 * Usage: bench_http [IDLE_CONNECTIONS]
 */
#include "bench/bench_support.h"
#include "server/http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PUT_BYTES = 1 << 30, PIECE_BYTES = 1 << 20, CLIENTS = 8, ROUND_S = 3, PIPELINE = 16 };

/* ---- the server ---- */

static enum err_code allow(struct http_call *call, int who, struct err *err) {
    (void)call;
    (void)who;
    (void)err;
    return OK;
}

static enum err_code answer_ok(struct http_call *call, struct err *err) {
    (void)err;
    buf_append_str(http_body(call), STR("{}"));
    return OK;
}

static enum err_code begin(struct http_call *call, void **state, struct err *err) {
    (void)call;
    (void)err;
    *state = NULL;
    return OK;
}

static enum err_code add(struct http_call *call, void *state, struct str bytes, struct err *err) {
    (void)call;
    (void)state;
    (void)bytes;
    (void)err;
    return OK;
}

static enum err_code end(struct http_call *call, void *state, struct err *err) {
    (void)state;
    return answer_ok(call, err);
}

static void cancel(void *state) {
    (void)state;
}

static const struct http_sink sink = { begin, add, end, cancel };
static const struct http_route routes[] = {
    { HTTP_POST, "/post", 1, answer_ok, 1 << 20, NULL },
    { HTTP_PUT, "/put", 1, NULL, (uint64_t)1 << 40, &sink },
};

static _Noreturn void serve(int port_pipe) {
    const struct http_options options = { .listen = STR("127.0.0.1:0"), .idle_timeout_ms = 600 * 1000 };
    const struct http_app app = { .routes = routes, .route_count = 2, .authorize = allow };
    struct http_server *server = NULL;
    struct err err = { 0 };
    if (http_server_create(&server, &options, &app, &err) != OK)
        bench_fail("%s", err.message);
    uint16_t port = http_server_port(server);
    if (write(port_pipe, &port, sizeof port) != sizeof port)
        bench_fail("cannot tell the port");
    _exit(http_server_run(server, &err) == OK ? 0 : 1);
}

static int start(int *pid) {
    int ends[2];
    uint16_t port;
    if (pipe(ends) != 0 || (*pid = fork()) < 0)
        bench_fail("cannot start the server: %s", strerror(errno));
    if (*pid == 0)
        serve(ends[1]);
    if (read(ends[0], &port, sizeof port) != sizeof port)
        bench_fail("the server did not start");
    return port;
}

/* ---- the clients ---- */

static int connect_to(int port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        bench_fail("cannot connect: %s", strerror(errno));
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            bench_fail("cannot send: %s", strerror(errno));
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Reads `count` answers; each ends in "{}". */
static void take_answers(int fd, int count) {
    char answers[64 * 1024];
    for (size_t len = 0; count > 0;) {
        ssize_t got = recv(fd, answers + len, sizeof answers - len, 0);
        if (got <= 0 || memcmp(answers, "HTTP/1.1 200", 12) != 0)
            bench_fail("got %.*s", (int)len, answers);
        len += (size_t)got;
        for (char *end; count > 0 && (end = memmem(answers, len, "\r\n\r\n{}", 6)) != NULL; count--) {
            size_t used = (size_t)(end - answers) + 6;
            memmove(answers, answers + used, len - used);
            len -= used;
        }
    }
}

static void bench_put(int port) {
    static char piece[PIECE_BYTES];
    char head[128];
    int fd = connect_to(port);
    double began = bench_now_s();
    int len = snprintf(head, sizeof head,
                       "PUT /put HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", PUT_BYTES);
    send_all(fd, head, (size_t)len);
    for (size_t sent = 0; sent < PUT_BYTES; sent += sizeof piece)
        send_all(fd, piece, sizeof piece);
    take_answers(fd, 1);
    printf("PUT of 1 GiB: %.0f MB/s\n", PUT_BYTES / 1e6 / (bench_now_s() - began));
    (void)close(fd);
}

struct poster {
    pthread_t thread;
    int port, pipeline;
    size_t body_bytes;
    long count;
};

static void *post(void *argument) {
    struct poster *poster = argument;
    struct buf request = BUF_INIT(16 << 20);
    int fd = connect_to(poster->port);
    double until = bench_now_s() + ROUND_S;
    for (int i = 0; i < poster->pipeline; i++) {
        buf_printf(&request,
                   "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                   "application/json\r\nContent-Length: %zu\r\n\r\n",
                   poster->body_bytes);
        memset(buf_reserve(&request, poster->body_bytes), 'x', poster->body_bytes);
        buf_commit(&request, poster->body_bytes);
    }
    while (bench_now_s() < until) {
        send_all(fd, request.ptr, request.len);
        take_answers(fd, poster->pipeline);
        poster->count += poster->pipeline;
    }
    buf_finish(&request);
    (void)close(fd);
    return NULL;
}

static void bench_posts(int port, size_t body_bytes, int pipeline) {
    struct poster posters[CLIENTS] = { 0 };
    long total = 0;
    for (int i = 0; i < CLIENTS; i++) {
        posters[i] = (struct poster){ .port = port, .pipeline = pipeline, .body_bytes = body_bytes };
        if (pthread_create(&posters[i].thread, NULL, post, &posters[i]) != 0)
            bench_fail("cannot start a client");
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(posters[i].thread, NULL);
        total += posters[i].count;
    }
    printf("POST of %zu bytes, %d connections, %d at once on each: %.0f a second\n", body_bytes, CLIENTS,
           pipeline, (double)total / ROUND_S);
}

static void bench_idle(int port, const struct bench_server *server, int count) {
    double before_mb = bench_server_rss_mb(server);
    static const char request[] = "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    int last = -1;
    for (int i = 0; i < count; i++) { /* each has served a request, so that nothing is only made on demand */
        last = connect_to(port);
        send_all(last, request, sizeof request - 1);
        take_answers(last, 1);
    }
    double after_mb = bench_server_rss_mb(server);
    printf("%d idle connections: %.1f MB resident, %.1f before, %.0f bytes each\n", count, after_mb,
           before_mb, (after_mb - before_mb) * 1e6 / count);
    double began = bench_now_s();
    send_all(last, request, sizeof request - 1);
    take_answers(last, 1);
    printf("an answer beside them: %.0f us\n", (bench_now_s() - began) * 1e6);
}

int main(int argc, char **argv) {
    uint64_t idle_count = 10 * 1000;
    struct bench_server server = { 0 };
    int status;

    if (argc > 1 && !str_to_u64(str_from_c(argv[1]), &idle_count))
        bench_fail("usage: %s [IDLE_CONNECTIONS]", argv[0]);
    int port = start(&server.pid);
    bench_print_machine();
    printf("resident at the start: %.1f MB\n", bench_server_rss_mb(&server));
    bench_put(port);
    printf("resident after it: %.1f MB\n", bench_server_rss_mb(&server));
    bench_posts(port, 200, 1);
    bench_posts(port, 200, PIPELINE);
    bench_posts(port, 64 * 1024, 1);
    bench_idle(port, &server, (int)idle_count);
    (void)kill(server.pid, SIGKILL);
    (void)waitpid(server.pid, &status, 0);
    return 0;
}
