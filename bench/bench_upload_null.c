/* bench_upload_null.c - a server that an unmodified client logs artifacts to at the client's own speed: it does for uploads only
 * what cannot be left out.
 *
 * It stands before a real server. What is put to it is received and thrown away, and answered at once; addresses for
 * uploads it makes itself, and a commit it answers without one. All else goes to the real server, as it came. What the same
 * client takes longer with the real server alone is what that server costs whoever waits.
 *
 * Usage: bench_upload_null PORT_OF_THE_SERVER
 */
#include "base/http_parser.h"
#include "base/json.h"
#include "bench/bench_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, READ_BYTES = 1 << 18, REQUEST_BYTES_MAX = 64 << 20 };

struct front {
    int listener_fd, epoll_fd;
    uint16_t port;
    struct bench_server server;
};

/* Its memory is the loop's, or while a request goes to the server, that request's thread's. */
struct connection {
    struct front *front;
    int fd;
    uint64_t to_drop; /* of an upload's body */
    size_t request_len;
    struct buf in;
};

static void need(bool is_done, const char *what) {
    if (!is_done)
        bench_fail("cannot %s: error %d", what, errno);
}

static void watch(const struct front *front, int how, int fd, void *marker) {
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = marker };
    need(epoll_ctl(front->epoll_fd, how, fd, &event) == 0, "watch a socket");
}

static void close_connection(struct connection *connection) {
    (void)close(connection->fd);
    buf_finish(&connection->in);
    free(connection);
}

/* ---- answers ---- */

/* Answers are small beside a socket's room. Who has gone needs none. */
static void send_all(int fd, struct str bytes) {
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes = str_from(bytes, (size_t)sent);
    }
}

static void answer_upload(const struct connection *connection) {
    send_all(connection->fd, STR("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

static void answer_json(const struct connection *connection, int status, struct str json) {
    struct buf out = BUF_INIT(REQUEST_BYTES_MAX);
    buf_printf(&out, "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, json.len);
    buf_append_str(&out, json);
    need(!out.failed, "hold an answer");
    send_all(connection->fd, buf_str(&out));
    buf_finish(&out);
}

static void write_file(struct buf *out, const struct connection *connection, const struct json_value *file, size_t number) {
    struct json_writer writer;
    buf_printf(out, "%s{\"node\":{\"storagePath\":", number == 0 ? "" : ",");
    json_writer_init(&writer, out, JSON_STRICT);
    json_string(&writer, json_get_str(file, STR("name")));
    buf_printf(out, ",\"uploadUrl\":\"http://127.0.0.1:%u/null/%zu\",\"uploadHeaders\":[],\"uploadMultipartUrls\":null,\"artifact\":{\"id\":",
               (unsigned)connection->front->port, number);
    json_writer_init(&writer, out, JSON_STRICT);
    json_string(&writer, json_get_str(file, STR("artifactID")));
    buf_append_str(out, STR("}}}"));
}

static void answer_create_files(const struct connection *connection, const struct json_value *variables) {
    const struct json_value *files = json_get(json_get(variables, STR("input")), STR("artifactFiles"));
    struct buf out = BUF_INIT(REQUEST_BYTES_MAX);
    need(files != NULL && files->type == JSON_TYPE_ARRAY, "find the files that are announced");
    buf_append_str(&out, STR("{\"data\":{\"createArtifactFiles\":{\"files\":{\"edges\":["));
    for (size_t i = 0; i < files->array.count; i++)
        write_file(&out, connection, &files->array.items[i], i);
    buf_append_str(&out, STR("]}}}}"));
    answer_json(connection, 200, buf_str(&out));
    buf_finish(&out);
}

static void answer_commit(const struct connection *connection, const struct json_value *variables, struct arena *arena) {
    answer_json(connection, 200,
                arena_printf(arena, "{\"data\":{\"commitArtifact\":{\"artifact\":{\"id\":\"%.*s\",\"digest\":\"\"}}}}",
                             STR_ARG(json_get_str(variables, STR("artifactID")))));
}

/* False for what is not ours to answer. */
static bool answer_here(const struct connection *connection, struct str body) {
    bool is_create = str_contains(body, STR("createArtifactFiles(")), is_commit = str_contains(body, STR("commitArtifact("));
    if (!is_create && !is_commit)
        return false;
    struct arena *arena = arena_create();
    struct json_value *request;
    struct err err = { 0 };
    if (json_parse(&request, body, JSON_STRICT, arena, &err) != OK)
        bench_fail("%s", err.message);
    if (is_create)
        answer_create_files(connection, json_get(request, STR("variables")));
    else
        answer_commit(connection, json_get(request, STR("variables")), arena);
    arena_destroy(arena);
    return true;
}

/* ---- what the server answers ---- */

static void request_ends(struct connection *connection) {
    buf_drop_front(&connection->in, connection->request_len);
    connection->request_len = 0;
}

/* In a thread: it waits for the server. */
static void *ask_server(void *context) {
    struct connection *connection = context;
    struct buf answer = BUF_INIT(REQUEST_BYTES_MAX);
    int fd = bench_connect(&connection->front->server);
    int status = bench_exchange(fd, str_slice(buf_str(&connection->in), 0, connection->request_len), &answer);
    (void)close(fd);
    answer_json(connection, status, buf_str(&answer));
    buf_finish(&answer);
    request_ends(connection);
    watch(connection->front, EPOLL_CTL_ADD, connection->fd, connection);
    return NULL;
}

static void forward(struct connection *connection) {
    pthread_t thread;
    (void)epoll_ctl(connection->front->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    need(pthread_create(&thread, NULL, ask_server, connection) == 0 && pthread_detach(thread) == 0, "start a thread");
}

/* ---- requests ---- */

enum next { NEXT_REQUEST, NEXT_READ, NEXT_NOTHING };

static enum next drop_body(struct connection *connection) {
    size_t here = connection->in.len < connection->to_drop ? connection->in.len : (size_t)connection->to_drop;
    buf_drop_front(&connection->in, here);
    connection->to_drop -= here;
    if (connection->to_drop > 0)
        return NEXT_READ;
    answer_upload(connection);
    return NEXT_REQUEST;
}

static enum next take_request(struct connection *connection) {
    struct http_field fields[HTTP_FIELDS_MAX];
    struct http_head head;
    struct http_framing framing;
    struct err err = { 0 };
    size_t scanned = 0, head_len = 0;

    if (connection->to_drop > 0)
        return drop_body(connection);
    if (connection->in.len == 0)
        return NEXT_READ;
    if (http_head_find_end(buf_str(&connection->in), &scanned, &head_len, &err) != OK)
        bench_fail("%s", err.message);
    if (head_len == 0)
        return NEXT_READ;
    if (http_request_parse(&head, str_slice(buf_str(&connection->in), 0, head_len), fields, &err) != OK ||
        http_request_framing(&framing, &head, &err) != OK)
        bench_fail("%s", err.message);
    if (framing.kind == HTTP_BODY_CHUNKED)
        bench_fail("a body of unknown length");
    if (str_eq(head.method, STR("PUT"))) {
        buf_drop_front(&connection->in, head_len);
        connection->to_drop = framing.length;
        return drop_body(connection);
    }
    if (connection->in.len < head_len + framing.length)
        return NEXT_READ;
    connection->request_len = head_len + (size_t)framing.length;
    if (!answer_here(connection, str_slice(buf_str(&connection->in), head_len, (size_t)framing.length))) {
        forward(connection);
        return NEXT_NOTHING;
    }
    request_ends(connection);
    return NEXT_REQUEST;
}

static void on_readable(struct connection *connection) {
    static char bytes[READ_BYTES];
    ssize_t len = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (len < 0 && errno == EAGAIN)
        return;
    if (len <= 0) {
        close_connection(connection);
        return;
    }
    buf_append(&connection->in, bytes, (size_t)len);
    need(!connection->in.failed, "hold a request");
    while (take_request(connection) == NEXT_REQUEST)
        ;
}

static void on_listener(struct front *front) {
    int one = 1, fd = accept4(front->listener_fd, NULL, NULL, SOCK_CLOEXEC);
    struct connection *connection = calloc(1, sizeof *connection);
    need(fd >= 0 && connection != NULL, "take a connection");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection->front = front;
    connection->fd = fd;
    buf_init(&connection->in, REQUEST_BYTES_MAX);
    watch(front, EPOLL_CTL_ADD, fd, connection);
}

static void listen_anywhere(struct front *front) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    front->listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(bind(front->listener_fd, (struct sockaddr *)&address, len) == 0 && listen(front->listener_fd, SOMAXCONN) == 0 &&
             getsockname(front->listener_fd, (struct sockaddr *)&address, &len) == 0,
         "listen");
    front->port = ntohs(address.sin_port);
    front->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    watch(front, EPOLL_CTL_ADD, front->listener_fd, NULL);
}

int main(int argc, char **argv) {
    struct front front = { 0 };
    struct epoll_event events[EVENTS];
    int64_t port;
    if (argc != 2 || !str_to_i64(str_from_c(argv[1]), &port))
        bench_fail("usage: bench_upload_null PORT_OF_THE_SERVER");
    front.server.port = (int)port;
    listen_anywhere(&front);
    printf("listening on http://127.0.0.1:%u\n", (unsigned)front.port);
    (void)fflush(stdout);
    for (;;) {
        int count = epoll_wait(front.epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                on_listener(&front);
            else
                on_readable(events[i].data.ptr);
        }
    }
}
