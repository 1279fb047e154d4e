/* http_fixture.c - see http_fixture.h. */
#include "http_fixture.h"

#include "base/hash.h"
#include "base/http_parser.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct fixture {
    struct http_app app;
    struct http_server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t has_deferred;
    struct http_call *deferred;
    pthread_cond_t has_served;
    bool has_ended; /* the serving, not the server */
    struct app_log log;
};

/* ---- the application ---- */

enum who { ANYBODY = 1, SOMEBODY };

static enum err_code authorize(struct http_call *call, int who, struct err *err) {
    struct fixture *fixture = call->app;
    pthread_mutex_lock(&fixture->lock);
    fixture->log.authorize_count++;
    pthread_mutex_unlock(&fixture->lock);
    if (who == SOMEBODY && !str_eq(http_header(call, STR("authorization")), STR("Bearer good")))
        return err_set(err, ERR_UNAUTHENTICATED, "a key is needed");
    return OK;
}

static enum err_code answer_echo(struct http_call *call, struct err *err) {
    (void)err;
    http_set_type(call, STR("application/octet-stream"));
    buf_append_str(http_body(call), call->body);
    return OK;
}

static enum err_code answer_parts(struct http_call *call, struct err *err) {
    (void)err;
    for (size_t i = 0; i < 3 && call->params[i].ptr != NULL; i++)
        buf_printf(http_body(call), "[%.*s]", STR_ARG(call->params[i]));
    return OK;
}

static enum err_code answer_seen(struct http_call *call, struct err *err) {
    (void)err;
    struct str q = http_query(call, STR("q")), cookie = http_cookie(call, STR("c"));
    buf_printf(http_body(call), "%.*s|%.*s|%.*s|%.*s|%d|%.*s", STR_ARG(call->base_url), STR_ARG(call->peer),
               STR_ARG(q), STR_ARG(cookie), call->is_secure, STR_ARG(call->path));
    return OK;
}

static enum err_code answer_long(struct http_call *call, struct err *err) {
    (void)err;
    http_set_type(call, STR("text/plain"));
    for (int i = 0; i < 100 * 1000; i++)
        buf_append_str(http_body(call), STR("0123456789"));
    return OK;
}

static enum err_code answer_error(struct http_call *call, struct err *err) {
    bool is_busy = http_query(call, STR("busy")).ptr != NULL;
    return err_set(err, is_busy ? ERR_BUSY : ERR_INTERNAL, "the secret path is /var/lib");
}

static enum err_code answer_deferred(struct http_call *call, struct err *err) {
    struct fixture *fixture = call->app;
    (void)err;
    http_defer(call);
    pthread_mutex_lock(&fixture->lock);
    fixture->deferred = call;
    pthread_cond_signal(&fixture->has_deferred);
    pthread_mutex_unlock(&fixture->lock);
    return OK;
}

static enum err_code answer_slow(struct http_call *call, struct err *err) {
    (void)err;
    usleep(300 * 1000);
    buf_append_str(http_body(call), STR("slept"));
    return OK;
}

static enum err_code answer_file(struct http_call *call, struct err *err) {
    char text[] = "/tmp/http_fixtureXXXXXX";
    char digits[1000];
    int fd = mkstemp(text);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot make a file");
    (void)unlink(text);
    for (size_t i = 0; i < sizeof digits; i++)
        digits[i] = (char)('0' + i % 10);
    ssize_t written = write(fd, digits, sizeof digits);
    http_set_type(call, STR("text/plain"));
    http_send_file(call, fd, 10, (uint64_t)written - 10, STR("\"tag\""));
    return OK;
}

static enum err_code answer_bytes(struct http_call *call, struct err *err) {
    (void)err;
    http_set_type(call, STR("text/plain"));
    http_send_bytes(call, STR("0123456789"), STR("\"tag\""));
    return OK;
}

struct pieces {
    struct fixture *fixture;
    int left;
    bool fails;
};

static enum err_code produce(void *state, struct buf *piece, bool *is_last, struct err *err) {
    struct pieces *pieces = state;
    if (pieces->fails && pieces->left == 0)
        return err_set(err, ERR_IO, "the disk is gone");
    for (int i = 0; i < 10 * 1000; i++)
        buf_append_str(piece, STR("abcdefghij"));
    *is_last = --pieces->left <= 0 && !pieces->fails;
    return OK;
}

static void end_produce(void *state) {
    struct pieces *pieces = state;
    pthread_mutex_lock(&pieces->fixture->lock);
    pieces->fixture->log.stream_end_count++;
    pthread_mutex_unlock(&pieces->fixture->lock);
    free(pieces);
}

static enum err_code answer_stream(struct http_call *call, struct err *err) {
    static const struct http_producer producer = { produce, end_produce };
    struct str count = http_query(call, STR("count"));
    uint64_t left = 3;
    struct pieces *pieces = calloc(1, sizeof *pieces);
    (void)err;
    (void)str_to_u64(count, &left);
    pieces->fixture = call->app;
    pieces->left = (int)left;
    pieces->fails = http_query(call, STR("fails")).ptr != NULL;
    http_send_stream(call, &producer, pieces);
    return OK;
}

struct upload {
    struct fixture *fixture;
    struct hash_stream *hash;
};

static enum err_code upload_begin(struct http_call *call, void **state, struct err *err) {
    struct fixture *fixture = call->app;
    if (http_query(call, STR("refuse")).ptr != NULL)
        return err_set(err, ERR_FORBIDDEN, "no uploads today");
    struct upload *upload = calloc(1, sizeof *upload);
    upload->fixture = fixture;
    upload->hash = hash_stream_create();
    pthread_mutex_lock(&fixture->lock);
    fixture->log.begin_count++;
    fixture->log.sink_bytes = fixture->log.sink_largest_piece = 0;
    pthread_mutex_unlock(&fixture->lock);
    *state = upload;
    return OK;
}

static enum err_code upload_add(struct http_call *call, void *state, struct str bytes, struct err *err) {
    struct upload *upload = state;
    struct fixture *fixture = upload->fixture;
    (void)call;
    if (str_contains(bytes, STR("poison")))
        return err_set(err, ERR_FULL, "the disk is full");
    hash_stream_add(upload->hash, bytes);
    pthread_mutex_lock(&fixture->lock);
    fixture->log.sink_bytes += bytes.len;
    if (bytes.len > fixture->log.sink_largest_piece)
        fixture->log.sink_largest_piece = bytes.len;
    pthread_mutex_unlock(&fixture->lock);
    return OK;
}

static enum err_code upload_end(struct http_call *call, void *state, struct err *err) {
    struct upload *upload = state;
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES];
    (void)err;
    hash_stream_end(upload->hash, sha256, md5);
    buf_append_str(http_body(call), hash_hex(sha256, sizeof sha256, call->arena));
    pthread_mutex_lock(&upload->fixture->lock);
    upload->fixture->log.end_count++;
    pthread_mutex_unlock(&upload->fixture->lock);
    hash_stream_destroy(upload->hash);
    free(upload);
    return OK;
}

static void upload_cancel(void *state) {
    struct upload *upload = state;
    pthread_mutex_lock(&upload->fixture->lock);
    upload->fixture->log.cancel_count++;
    pthread_mutex_unlock(&upload->fixture->lock);
    hash_stream_destroy(upload->hash);
    free(upload);
}

static const struct http_sink upload_sink = { upload_begin, upload_add, upload_end, upload_cancel };

static enum err_code answer_preflight(struct http_call *call, struct err *err) {
    (void)err;
    http_set_status(call, 204);
    http_add_header(call, STR("Access-Control-Allow-Origin"), STR("*"));
    http_add_header(call, STR("Referrer-Policy"), STR("origin"));
    http_add_header(call, STR("X-Content-Type-Options"), STR("nosniff"));
    return OK;
}

static const struct http_route routes[] = {
    { HTTP_GET, "/bytes", ANYBODY, answer_bytes, 0, NULL },
    { HTTP_GET, "/deferred", ANYBODY, answer_deferred, 0, NULL },
    { HTTP_POST, "/echo", ANYBODY, answer_echo, 1 << 20, NULL },
    { HTTP_GET, "/error", ANYBODY, answer_error, 0, NULL },
    { HTTP_GET, "/file", ANYBODY, answer_file, 0, NULL },
    { HTTP_GET, "/long", ANYBODY, answer_long, 0, NULL },
    { HTTP_GET, "/parts/{a}/{rest...}", ANYBODY, answer_parts, 0, NULL },
    { HTTP_POST, "/private", SOMEBODY, answer_echo, 1 << 20, NULL },
    { HTTP_GET, "/seen", ANYBODY, answer_seen, 0, NULL },
    { HTTP_GET, "/slow", ANYBODY, answer_slow, 0, NULL },
    { HTTP_GET, "/stream", ANYBODY, answer_stream, 0, NULL },
    { HTTP_PUT, "/upload/{name}", ANYBODY, NULL, (uint64_t)16 << 30, &upload_sink },
    { HTTP_OPTIONS, "/upload/{name}", ANYBODY, answer_preflight, 0, NULL },
};

/* ---- running it ---- */

static void *serve(void *argument) {
    struct fixture *fixture = argument;
    struct err err = { 0 };
    if (http_server_run(fixture->server, &err) != OK)
        fail_msg("%s", err.message);
    pthread_mutex_lock(&fixture->lock);
    fixture->has_ended = true;
    pthread_cond_signal(&fixture->has_served);
    pthread_mutex_unlock(&fixture->lock);
    return NULL;
}

struct fixture *fixture_start(void (*adjust)(struct http_options *options)) {
    struct http_options options = { .listen = STR("127.0.0.1:0"), .worker_count = 2 };
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct err err = { 0 };

    fixture->app = (struct http_app){ fixture, routes, sizeof routes / sizeof routes[0], authorize, NULL };
    pthread_mutex_init(&fixture->lock, NULL);
    pthread_cond_init(&fixture->has_deferred, NULL);
    pthread_cond_init(&fixture->has_served, NULL);
    if (adjust != NULL)
        adjust(&options);
    if (http_server_create(&fixture->server, &options, &fixture->app, &err) != OK)
        fail_msg("%s", err.message);
    assert_int_equal(pthread_create(&fixture->thread, NULL, serve, fixture), 0);
    return fixture;
}

void fixture_end_server(struct fixture *fixture) {
    http_server_stop(fixture->server);
    pthread_join(fixture->thread, NULL);
    http_server_destroy(fixture->server);
    fixture->server = NULL;
}

void fixture_stop(struct fixture *fixture) {
    if (fixture->server != NULL)
        fixture_end_server(fixture);
    pthread_cond_destroy(&fixture->has_served);
    pthread_cond_destroy(&fixture->has_deferred);
    pthread_mutex_destroy(&fixture->lock);
    free(fixture);
}

uint16_t fixture_port(const struct fixture *fixture) {
    return http_server_port(fixture->server);
}

struct http_server *fixture_server(const struct fixture *fixture) {
    return fixture->server;
}

struct app_log fixture_log(const struct fixture *fixture) {
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&fixture->lock;
    pthread_mutex_lock(lock);
    struct app_log log = fixture->log;
    pthread_mutex_unlock(lock);
    return log;
}

void fixture_wait_until_served(struct fixture *fixture) {
    pthread_mutex_lock(&fixture->lock);
    while (!fixture->has_ended)
        pthread_cond_wait(&fixture->has_served, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
}

void fixture_wait_for_deferred(struct fixture *fixture) {
    pthread_mutex_lock(&fixture->lock);
    while (fixture->deferred == NULL)
        pthread_cond_wait(&fixture->has_deferred, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
}

void fixture_complete_deferred(struct fixture *fixture) {
    fixture_wait_for_deferred(fixture);
    pthread_mutex_lock(&fixture->lock);
    struct http_call *call = fixture->deferred;
    fixture->deferred = NULL;
    pthread_mutex_unlock(&fixture->lock);
    buf_append_str(http_body(call), STR("{\"late\":true}"));
    http_complete(call, OK, NULL);
}

/* ---- talking to it ---- */

int fixture_connect(const struct fixture *fixture) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(fixture_port(fixture)) };
    struct timeval limit = { .tv_sec = 60 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

void send_bytes(int fd, const void *bytes, size_t len) {
    const char *at = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the server may refuse in the middle; its answer is what counts */
        at += sent;
        len -= (size_t)sent;
    }
}

void send_text(int fd, const char *text) {
    send_bytes(fd, text, strlen(text));
}

static bool read_more(int fd, struct buf *in) {
    char *room = buf_reserve(in, 64 * 1024);
    ssize_t len = recv(fd, room, 64 * 1024, 0);
    if (len <= 0)
        return false;
    buf_commit(in, (size_t)len);
    return true;
}

/* Byte by byte, so that a following response stays in the socket. */
static size_t read_head(int fd, struct buf *in) {
    while (in->len < 4 || memcmp(in->ptr + in->len - 4, "\r\n\r\n", 4) != 0) {
        char c;
        if (recv(fd, &c, 1, 0) != 1)
            return 0;
        buf_append_char(in, c);
    }
    return in->len;
}

static bool read_exactly(int fd, struct buf *in, size_t len) {
    char *room = buf_reserve(in, len);
    if (recv(fd, room, len, MSG_WAITALL) != (ssize_t)len)
        return false;
    buf_commit(in, len);
    return true;
}

/* Raw bytes up to the end of the chunked body; the content is left in `content`. */
static bool read_chunks(int fd, struct buf *content) {
    struct http_chunks chunks = { 0 };
    struct err err;
    while (!chunks.is_done) {
        char c;
        struct str bytes = { &c, 1 }, piece;
        if (recv(fd, &c, 1, 0) != 1 || http_chunks_next(&chunks, &bytes, &piece, &err) != OK)
            return false;
        buf_append_str(content, piece);
    }
    return true;
}

static struct reply read_any(int fd, bool to_head) {
    struct buf in = BUF_INIT(64 << 20);
    struct http_field fields[HTTP_FIELDS_MAX];
    struct http_head head;
    struct http_framing framing;
    struct reply reply = { 0 };
    struct err err = { 0 };

    reply.head_len = read_head(fd, &in);
    if (reply.head_len == 0) {
        buf_finish(&in);
        return reply;
    }
    assert_int_equal(http_response_parse(&head, buf_str(&in), fields, &err), OK);
    assert_int_equal(http_response_framing(&framing, &head, to_head, &err), OK);
    reply.status = head.status;
    if (framing.kind == HTTP_BODY_LENGTH && !read_exactly(fd, &in, (size_t)framing.length))
        reply.status = -1;
    if (framing.kind == HTTP_BODY_CHUNKED && !read_chunks(fd, &in))
        reply.status = -1;
    while (framing.kind == HTTP_BODY_UNTIL_CLOSE && read_more(fd, &in)) {
    }
    buf_append_char(&in, '\0');
    reply.text = in.ptr;
    reply.len = in.len - 1;
    reply.body = in.ptr + reply.head_len;
    reply.body_len = reply.len - reply.head_len;
    return reply;
}

struct reply read_reply(int fd) {
    return read_any(fd, false);
}

struct reply read_reply_to_head(int fd) {
    return read_any(fd, true);
}

void reply_free(struct reply *reply) {
    free(reply->text);
    *reply = (struct reply){ 0 };
}

const char *reply_header(const struct reply *reply, const char *name) {
    static char value[1024];
    struct http_field fields[HTTP_FIELDS_MAX];
    struct http_head head;
    struct err err;
    if (http_response_parse(&head, (struct str){ reply->text, reply->head_len }, fields, &err) != OK)
        return NULL;
    struct str found = http_head_find(&head, str_from_c(name));
    (void)snprintf(value, sizeof value, "%.*s", STR_ARG(found));
    return found.ptr == NULL ? NULL : value;
}

bool is_closed_by_server(int fd) {
    char c;
    ssize_t len = recv(fd, &c, 1, 0);
    return len == 0 || (len < 0 && errno == ECONNRESET); /* a time limit that is over is neither */
}

struct reply ask(const struct fixture *fixture, const char *request) {
    int fd = fixture_connect(fixture);
    send_text(fd, request);
    struct reply reply = read_reply(fd);
    (void)close(fd);
    return reply;
}
