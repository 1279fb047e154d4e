/* test_connection.c - deadlines, keeping alive, limits and stopping, through a loopback connection. */
#include "http_fixture.h"

#include "base/clock.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n"
#define ECHO_OK "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok"

static void be_impatient(struct http_options *options) {
    options->header_timeout_ms = 200;
    options->idle_timeout_ms = 400;
    options->body_grace_ms = 200;
    options->least_body_bytes_per_s = 10 * 1000;
}

static void have_room_for_three(struct http_options *options) {
    options->max_connections = 3;
}

static void have_little_memory(struct http_options *options) {
    options->max_body_memory_bytes = 1 << 20;
}

static int start_forgetful(void **state) {
    *state = fixture_start(have_little_memory);
    return 0;
}

static int start(void **state) {
    *state = fixture_start(NULL);
    return 0;
}

static int start_impatient(void **state) {
    *state = fixture_start(be_impatient);
    return 0;
}

static int start_small(void **state) {
    *state = fixture_start(have_room_for_three);
    return 0;
}

static int stop(void **state) {
    fixture_stop(*state);
    return 0;
}

static void connection__ends_a_head_that_trickles(void **state) {
    int fd = fixture_connect(*state);
    int64_t began_ms = clock_mono_ms();
    send_text(fd, "GET /seen HTTP/1.1\r\n");
    while (clock_mono_ms() - began_ms < 350) { /* never silent for long: inactivity is not what counts */
        send_text(fd, "A: b\r\n");
        usleep(20 * 1000);
    }
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 408);
    reply_free(&reply);
    (void)close(fd);
}

static void connection__closes_idle_ones(void **state) {
    int fd = fixture_connect(*state);
    int64_t began_ms = clock_mono_ms();
    assert_true(is_closed_by_server(fd));
    assert_true(clock_mono_ms() - began_ms >= 390);
    (void)close(fd);
}

static void connection__reads_a_request_byte_by_byte(void **state) {
    static const char request[] = ECHO_OK;
    int fd = fixture_connect(*state);
    for (size_t i = 0; i < sizeof request - 1; i++) {
        send_bytes(fd, request + i, 1);
        usleep(500);
    }
    struct reply reply = read_reply(fd);
    assert_string_equal(reply.body, "ok");
    reply_free(&reply);
    (void)close(fd);
}

static void connection__answers_thousands_of_pipelined_refusals(void **state) {
    struct buf requests = BUF_INIT(1 << 20);
    int fd = fixture_connect(*state);
    for (int i = 0; i < 3000; i++)
        buf_append_str(&requests, STR("GET /n HTTP/1.1\r\n" HOST "\r\n"));
    send_bytes(fd, requests.ptr, requests.len / 2);
    send_bytes(fd, requests.ptr + requests.len / 2, requests.len - requests.len / 2);
    for (int i = 0; i < 3000; i++) {
        struct reply reply = read_reply(fd);
        assert_int_equal(reply.status, 404);
        reply_free(&reply);
    }
    buf_finish(&requests);
    (void)close(fd);
}

static void connection__keeps_http_1_0_alive_only_when_asked(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /seen HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n");
    struct reply reply = read_reply(fd);
    assert_string_equal(reply_header(&reply, "Connection"), "keep-alive");
    reply_free(&reply);
    send_text(fd, "GET /seen HTTP/1.0\r\n" HOST "\r\n");
    reply = read_reply(fd);
    assert_string_equal(reply_header(&reply, "Connection"), "close");
    assert_true(is_closed_by_server(fd));
    reply_free(&reply);
    (void)close(fd);
}

static void connection__answers_a_client_that_has_ended_its_side(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    (void)shutdown(fd, SHUT_WR);
    struct reply reply = read_reply(fd);
    assert_string_equal(reply.body, "slept");
    assert_true(is_closed_by_server(fd));
    reply_free(&reply);
    (void)close(fd);
}

static void connection__refuses_a_head_that_is_too_large(void **state) {
    struct buf head = BUF_INIT(1 << 20);
    int fd = fixture_connect(*state);
    buf_append_str(&head, STR("GET / HTTP/1.1\r\nA: "));
    memset(buf_reserve(&head, 100 * 1000), 'x', 100 * 1000);
    buf_commit(&head, 100 * 1000);
    send_bytes(fd, head.ptr, head.len);
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 431);
    reply_free(&reply);
    buf_finish(&head);
    (void)close(fd);
}

static void connection__makes_room_by_closing_the_longest_idle(void **state) {
    int fds[4];
    for (int i = 0; i < 4; i++) {
        if (i == 3)
            usleep(1100 * 1000); /* those that were busy within the last second are spared */
        fds[i] = fixture_connect(*state);
        send_text(fds[i], ECHO_OK);
        struct reply reply = read_reply(fds[i]);
        assert_int_equal(reply.status, 200);
        reply_free(&reply);
    }
    assert_true(is_closed_by_server(fds[0]));
    send_text(fds[1], ECHO_OK);
    struct reply reply = read_reply(fds[1]);
    assert_int_equal(reply.status, 200);
    reply_free(&reply);
    for (int i = 0; i < 4; i++)
        (void)close(fds[i]);
}

static void connection__spares_those_that_have_just_come(void **state) {
    int fds[4];
    for (int i = 0; i < 4; i++)
        fds[i] = fixture_connect(*state);
    usleep(300 * 1000);
    send_text(fds[0], ECHO_OK);
    struct reply reply = read_reply(fds[0]);
    assert_int_equal(reply.status, 200);
    reply_free(&reply);
    for (int i = 0; i < 4; i++)
        (void)close(fds[i]);
}

static void connection__waits_for_room_when_none_is_idle(void **state) {
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = fixture_connect(*state);
        send_text(fds[i], "GET /slow HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    }
    for (int i = 0; i < 4; i++) {
        struct reply reply = read_reply(fds[i]);
        assert_string_equal(reply.body, "slept");
        reply_free(&reply);
        (void)close(fds[i]);
    }
}

static void connection__finishes_what_is_in_flight_when_it_stops(void **state) {
    struct fixture *fixture = fixture_start(NULL);
    int busy = fixture_connect(fixture), idle = fixture_connect(fixture);
    (void)state;
    send_text(busy, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    usleep(100 * 1000);
    http_server_stop(fixture_server(fixture));
    assert_true(is_closed_by_server(idle));
    struct reply reply = read_reply(busy);
    assert_string_equal(reply.body, "slept");
    assert_true(is_closed_by_server(busy));
    reply_free(&reply);
    fixture_stop(fixture);
    (void)close(busy);
    (void)close(idle);
}

static void connection__bounds_the_memory_of_all_bodies(void **state) {
    static char half[600 * 1000];
    int first = fixture_connect(*state), second = fixture_connect(*state);
    send_text(first, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 700000\r\n\r\n");
    send_bytes(first, half, sizeof half);
    usleep(100 * 1000);
    send_text(second, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 700000\r\n\r\n");
    send_bytes(second, half, sizeof half);
    struct reply reply = read_reply(second);
    assert_int_equal(reply.status, 503);
    assert_non_null(reply_header(&reply, "Retry-After"));
    reply_free(&reply);
    send_bytes(first, half, 100 * 1000);
    reply = read_reply(first);
    assert_int_equal(reply.status, 200);
    reply_free(&reply);
    for (int i = 0; i < 3; i++) { /* and it has been given back */
        send_text(first, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 600000\r\n\r\n");
        send_bytes(first, half, sizeof half);
        reply = read_reply(first);
        assert_int_equal(reply.status, 200);
        reply_free(&reply);
    }
    (void)close(first);
    (void)close(second);
}

static void connection__shows_in_the_counters(void **state) {
    struct buf out = BUF_INIT(1 << 20);
    struct reply reply = ask(*state, ECHO_OK);
    reply_free(&reply);
    usleep(50 * 1000); /* a request is counted when its response has been written, which is when we had it */
    http_server_metrics(fixture_server(*state), &out);
    buf_append_char(&out, '\0');
    assert_non_null(
        strstr(out.ptr, "barograph_http_requests_total{method=\"POST\",route=\"/echo\",status=\"2xx\"} 1\n"));
    assert_non_null(strstr(out.ptr, "barograph_http_connections_total 1\n"));
    buf_finish(&out);
}

/* Sends `step` bytes every 20 ms for at most a second, or until the server answers. */
static struct reply send_slowly(struct fixture *fixture, const char *request_line, size_t step) {
    static const char bytes[1000];
    char head[200];
    int fd = fixture_connect(fixture);
    (void)snprintf(head, sizeof head, "%s HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", request_line,
                   30 * step);
    send_text(fd, head);
    for (int i = 0; i < 30; i++) {
        send_bytes(fd, bytes, step);
        usleep(20 * 1000);
    }
    struct reply reply = read_reply(fd);
    (void)close(fd);
    return reply;
}

static void connection__ends_bodies_that_trickle(void **state) {
    static const char *const lines[] = { "POST /echo", "PUT /upload/x" };
    for (size_t i = 0; i < 2; i++) {
        struct reply reply = send_slowly(*state, lines[i], 10); /* 500 bytes a second */
        assert_int_equal(reply.status, 408);
        reply_free(&reply);
    }
    assert_int_equal(fixture_log(*state).cancel_count, 1);
}

static void connection__ends_bodies_that_stall_later(void **state) {
    static const char bytes[20 * 1000];
    int fd = fixture_connect(*state);
    send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    send_bytes(fd, bytes, sizeof bytes); /* enough for the first two windows, in the first */
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 408);
    reply_free(&reply);
    (void)close(fd);
}

static void connection__gives_up_on_a_client_that_does_not_read(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /stream?count=1000 HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < 500 && fixture_log(*state).stream_end_count == 0; i++)
        usleep(10 * 1000);
    assert_int_equal(fixture_log(*state).stream_end_count, 1);
    (void)close(fd);
}

static void connection__has_time_for_slow_but_steady_bodies(void **state) {
    struct reply reply = send_slowly(*state, "POST /echo", 1000); /* 50 kB a second, three times the grace */
    assert_int_equal(reply.status, 200);
    reply_free(&reply);
}

#define TEST(function, start) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(connection__answers_a_client_that_has_ended_its_side, start),
        TEST(connection__answers_thousands_of_pipelined_refusals, start),
        TEST(connection__bounds_the_memory_of_all_bodies, start_forgetful),
        TEST(connection__closes_idle_ones, start_impatient),
        TEST(connection__ends_bodies_that_stall_later, start_impatient),
        TEST(connection__ends_bodies_that_trickle, start_impatient),
        TEST(connection__gives_up_on_a_client_that_does_not_read, start_impatient),
        TEST(connection__has_time_for_slow_but_steady_bodies, start_impatient),
        TEST(connection__ends_a_head_that_trickles, start_impatient),
        cmocka_unit_test(connection__finishes_what_is_in_flight_when_it_stops),
        TEST(connection__keeps_http_1_0_alive_only_when_asked, start),
        TEST(connection__makes_room_by_closing_the_longest_idle, start_small),
        TEST(connection__reads_a_request_byte_by_byte, start),
        TEST(connection__refuses_a_head_that_is_too_large, start),
        TEST(connection__shows_in_the_counters, start),
        TEST(connection__spares_those_that_have_just_come, start_small),
        TEST(connection__waits_for_room_when_none_is_idle, start_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
