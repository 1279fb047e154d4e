/* test_server.c - whole requests through a loopback connection. */
#include "http_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n"

static int start(void **state) {
    *state = fixture_start(NULL);
    return 0;
}

static int stop(void **state) {
    fixture_stop(*state);
    return 0;
}

static void server__echoes_a_body(void **state) {
    struct reply reply = ask(*state, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "hello");
    reply_free(&reply);
}

static void server__decodes_a_chunked_body(void **state) {
    struct reply reply = ask(*state, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                                     "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "hello");
    reply_free(&reply);
}

static void server__answers_pipelined_requests_in_order(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\none"
                  "GET /nothing HTTP/1.1\r\n" HOST "\r\n"
                  "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\ntwo");
    struct reply first = read_reply(fd), second = read_reply(fd), third = read_reply(fd);
    assert_string_equal(first.body, "one");
    assert_int_equal(second.status, 404);
    assert_string_equal(third.body, "two");
    reply_free(&first);
    reply_free(&second);
    reply_free(&third);
    (void)close(fd);
}

static void server__hides_the_reason_of_its_own_failures(void **state) {
    struct reply reply = ask(*state, "GET /error HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 500);
    assert_null(strstr(reply.body, "secret"));
    assert_non_null(strstr(reply.body, "\"code\":\"INTERNAL\""));
    assert_non_null(strstr(reply.body, reply_header(&reply, "X-Request-Id")));
    reply_free(&reply);
}

static void server__completes_a_deferred_call(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /deferred HTTP/1.1\r\n" HOST "\r\n");
    fixture_complete_deferred(*state);
    struct reply reply = read_reply(fd);
    assert_string_equal(reply.body, "{\"late\":true}");
    reply_free(&reply);
    (void)close(fd);
}

static void server__lets_a_deferred_call_complete_after_its_client_has_gone(void **state) {
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    int fd = fixture_connect(*state);
    send_text(fd, "GET /deferred HTTP/1.1\r\n" HOST "\r\n");
    (void)usleep(50 * 1000);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); /* a reset, not an end */
    (void)close(fd);
    (void)usleep(50 * 1000);
    fixture_complete_deferred(*state);
    struct reply reply = ask(*state, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok");
    assert_string_equal(reply.body, "ok");
    reply_free(&reply);
}

static void stop_at_once(struct http_options *options) {
    options->stop_timeout_ms = 1;
}

static int start_impatient(void **state) {
    *state = fixture_start(stop_at_once);
    return 0;
}

static atomic_bool is_completed;

static void *complete_late(void *argument) {
    fixture_wait_until_served(argument);
    (void)usleep(50 * 1000); /* time for a server that does not wait to be gone */
    is_completed = true;
    fixture_complete_deferred(argument);
    return NULL;
}

static void server__outlives_a_call_that_is_completed_after_the_serving_ended(void **state) {
    pthread_t thread;
    int fd = fixture_connect(*state);
    is_completed = false;
    send_text(fd, "GET /deferred HTTP/1.1\r\n" HOST "\r\n");
    fixture_wait_for_deferred(*state);
    assert_int_equal(pthread_create(&thread, NULL, complete_late, *state), 0);
    fixture_end_server(*state);
    bool was_completed = is_completed;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(was_completed);
    assert_true(is_closed_by_server(fd));
    (void)close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(server__answers_pipelined_requests_in_order, start, stop),
        cmocka_unit_test_setup_teardown(server__completes_a_deferred_call, start, stop),
        cmocka_unit_test_setup_teardown(server__decodes_a_chunked_body, start, stop),
        cmocka_unit_test_setup_teardown(server__echoes_a_body, start, stop),
        cmocka_unit_test_setup_teardown(server__hides_the_reason_of_its_own_failures, start, stop),
        cmocka_unit_test_setup_teardown(server__lets_a_deferred_call_complete_after_its_client_has_gone,
                                        start, stop),
        cmocka_unit_test_setup_teardown(server__outlives_a_call_that_is_completed_after_the_serving_ended, start_impatient, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
