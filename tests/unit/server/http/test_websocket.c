/* test_websocket.c - a socket between the loop and its handler, through a loopback connection of its own small server. */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http/websocket.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define UPGRADE "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define REQUEST "GET /socket HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY "\r\n"

static struct {
    struct http_server *server;
    pthread_t thread;
    struct websocket *socket; /* the latest */
    atomic_int end_count;
} world;

/* Says back what it hears; "bad" is what a client should not say. */
static bool receive(void *state, struct str text) {
    (void)state;
    if (str_eq(text, STR("bad")))
        return false;
    return websocket_send(world.socket, text);
}

static void end(void *state) {
    (void)state;
    atomic_fetch_add(&world.end_count, 1);
}

static enum err_code answer(struct http_call *call, struct err *err) {
    static const struct websocket_handler handler = { receive, end };
    websocket_release(world.socket);
    world.socket = websocket_create(&handler, NULL);
    return http_send_websocket(call, world.socket, err);
}

static enum err_code authorize(struct http_call *call, int who, struct err *err) {
    (void)call;
    (void)who;
    (void)err;
    return OK;
}

static void *serve(void *context) {
    struct err err = { 0 };
    (void)context;
    assert_int_equal(http_server_run(world.server, &err), OK);
    return NULL;
}

static int start(void **state) {
    static const struct http_route routes[] = { { HTTP_GET, "/socket", 1, answer, 0, NULL } };
    static const struct http_app app = { .routes = routes, .route_count = 1, .authorize = authorize };
    struct http_options options = { .listen = STR("127.0.0.1:0") };
    struct err err = { 0 };
    (void)state;
    atomic_store(&world.end_count, 0);
    world.socket = NULL;
    if (http_server_create(&world.server, &options, &app, &err) != OK)
        return -1;
    return pthread_create(&world.thread, NULL, serve, NULL);
}

static int stop(void **state) {
    (void)state;
    if (world.server != NULL) {
        http_server_stop(world.server);
        (void)pthread_join(world.thread, NULL);
        http_server_destroy(world.server);
    }
    websocket_release(world.socket);
    world.server = NULL;
    return 0;
}

static int ask(const char *request) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(http_server_port(world.server)) };
    struct timeval limit = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
    return fd;
}

/* Until the empty line, and no further. */
static void read_head(int fd, char *head, size_t room) {
    size_t len = 0;
    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len + 1 < room);
        assert_int_equal(recv(fd, head + len, 1, 0), 1);
        len++;
    }
    head[len] = '\0';
}

static int open_socket(void) {
    char head[2048];
    int fd = ask(REQUEST);
    read_head(fd, head, sizeof head);
    assert_memory_equal(head, "HTTP/1.1 101 ", 13);
    return fd;
}

/* A masked frame; the mask is zero, so that the payload stands as it is. */
static void send_frame(int fd, unsigned opcode, const char *text) {
    char frame[200];
    size_t len = strlen(text);
    frame[0] = (char)(0x80 | opcode);
    frame[1] = (char)(0x80 | len);
    memset(frame + 2, 0, 4);
    memcpy(frame + 6, text, len);
    assert_int_equal(send(fd, frame, len + 6, 0), (ssize_t)len + 6);
}

static void assert_frame(int fd, unsigned opcode, const char *payload, size_t len) {
    char frame[300];
    assert_int_equal(recv(fd, frame, len + 2, MSG_WAITALL), (ssize_t)len + 2);
    assert_int_equal((unsigned char)frame[0], 0x80 | opcode);
    assert_int_equal(frame[1], len);
    if (len > 0)
        assert_memory_equal(frame + 2, payload, len);
}

static void wait_for_end(int count) {
    for (int i = 0; i < 1000 && atomic_load(&world.end_count) < count; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&world.end_count), count);
}

static void websocket__answers_the_key_as_the_standard_says(void **state) {
    char head[2048];
    int fd = ask(REQUEST);
    (void)state;
    read_head(fd, head, sizeof head);
    assert_non_null(strstr(head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_non_null(strstr(head, "Connection: Upgrade\r\n"));
    assert_null(strstr(head, "Content-Length"));
    (void)close(fd);
    wait_for_end(1);
}

static void websocket__says_back_and_pongs(void **state) {
    int fd = open_socket();
    (void)state;
    send_frame(fd, WEBSOCKET_TEXT, "hello");
    assert_frame(fd, WEBSOCKET_TEXT, "hello", 5);
    send_frame(fd, WEBSOCKET_PING, "there?");
    assert_frame(fd, WEBSOCKET_PONG, "there?", 6);
    (void)close(fd);
    wait_for_end(1);
}

static void websocket__sends_from_another_thread(void **state) {
    int fd = open_socket();
    (void)state;
    assert_true(websocket_send(world.socket, STR("news")));
    assert_frame(fd, WEBSOCKET_TEXT, "news", 4);
    (void)close(fd);
    wait_for_end(1);
    assert_false(websocket_send(world.socket, STR("nobody is there")));
}

static void websocket__says_goodbye_and_why(void **state) {
    static const struct {
        unsigned opcode;
        const char *text;
        const char code[3];
    } cases[] = {
        { WEBSOCKET_CLOSE, "", "\x03\xe8" },    /* 1000 */
        { WEBSOCKET_TEXT, "bad", "\x03\xf0" },  /* 1008 */
        { WEBSOCKET_BINARY, "x", "\x03\xf0" },  /* 1008 */
        { 3, "x", "\x03\xea" },                 /* 1002 */
    };
    char rest;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = open_socket();
        send_frame(fd, cases[i].opcode, cases[i].text);
        assert_frame(fd, WEBSOCKET_CLOSE, cases[i].code, 2);
        assert_int_equal(recv(fd, &rest, 1, 0), 0);
        (void)close(fd);
        wait_for_end((int)i + 1);
    }
}

/* The client does not read: what the socket's buffers and the queue do not hold is refused, and no memory grows. */
static void websocket__refuses_to_queue_without_end(void **state) {
    char *text = calloc(1, 100000);
    int fd = open_socket(), sent = 0;
    (void)state;
    while (websocket_send(world.socket, (struct str){ text, 100000 }) && sent < 10000)
        sent++;
    assert_in_range(sent, 1, 9999);
    free(text);
    (void)close(fd);
    wait_for_end(1);
}

static void websocket__refuses_what_is_no_upgrade(void **state) {
    static const char *const requests[] = {
        "GET /socket HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /socket HTTP/1.1\r\nHost: localhost\r\n" UPGRADE "\r\n",
        "GET /socket HTTP/1.1\r\nHost: localhost\r\n" UPGRADE "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n",
        "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" KEY "Sec-WebSocket-Version: 13\r\n\r\n",
        "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n" KEY "\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        char head[2048];
        int fd = ask(requests[i]);
        read_head(fd, head, sizeof head);
        assert_memory_equal(head, "HTTP/1.1 400 ", 13);
        (void)close(fd);
        wait_for_end((int)i + 1);
    }
}

static void websocket__says_goodbye_when_the_server_stops(void **state) {
    int fd = open_socket();
    (void)state;
    http_server_stop(world.server);
    assert_frame(fd, WEBSOCKET_CLOSE, "\x03\xe9", 2); /* 1001 */
    (void)close(fd);
    wait_for_end(1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(websocket__answers_the_key_as_the_standard_says, start, stop),
        cmocka_unit_test_setup_teardown(websocket__says_back_and_pongs, start, stop),
        cmocka_unit_test_setup_teardown(websocket__sends_from_another_thread, start, stop),
        cmocka_unit_test_setup_teardown(websocket__says_goodbye_and_why, start, stop),
        cmocka_unit_test_setup_teardown(websocket__refuses_to_queue_without_end, start, stop),
        cmocka_unit_test_setup_teardown(websocket__refuses_what_is_no_upgrade, start, stop),
        cmocka_unit_test_setup_teardown(websocket__says_goodbye_when_the_server_stops, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
