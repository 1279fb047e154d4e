/* test_request.c - what a request becomes, and which are refused, through a loopback connection. */
#include "http_fixture.h"

#include <unistd.h>

static void trust_loopback(struct http_options *options) {
    options->trusted_proxies = STR("127.0.0.1");
    options->hosts = STR("lab.example");
}

static int start(void **state) {
    *state = fixture_start(NULL);
    return 0;
}

static int start_behind_proxy(void **state) {
    *state = fixture_start(trust_loopback);
    return 0;
}

static int stop(void **state) {
    fixture_stop(*state);
    return 0;
}

/* Sends the request; its status, and that the connection was closed, are checked. */
static void assert_refused(struct fixture *fixture, const char *request, int status) {
    int fd = fixture_connect(fixture);
    send_text(fd, request);
    struct reply reply = read_reply(fd);
    if (reply.status != status)
        fail_msg("got %d for:\n%s", reply.status, request);
    assert_string_equal(reply_header(&reply, "Connection"), "close");
    assert_true(is_closed_by_server(fd));
    reply_free(&reply);
    (void)close(fd);
}

static void request__refuses_other_hosts_with_a_sentence(void **state) {
    struct reply reply = ask(*state, "GET /seen HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_int_equal(reply.status, 421);
    assert_non_null(strstr(reply.body, "does not go by the name 'evil.example'"));
    reply_free(&reply);
}

static void request__needs_exactly_one_host(void **state) {
    assert_refused(*state, "GET /seen HTTP/1.1\r\n\r\n", 400);
    assert_refused(*state, "GET /seen HTTP/1.0\r\n\r\n", 400);
    assert_refused(*state, "GET /seen HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400);
    assert_refused(*state, "GET /seen HTTP/1.1\r\nHost: \r\n\r\n", 400);
    assert_refused(*state, "GET /seen HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
}

static void request__refuses_ambiguous_framing_and_closes(void **state) {
    static const char *const refused[] = {
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\nabc",
        "POST /echo HTTP/1.1\nHost: localhost\n\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;\nx\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_refused(*state, refused[i], 400);
}

static void request__refuses_targets_it_cannot_read(void **state) {
    assert_refused(*state, "GET http://localhost/seen HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    assert_refused(*state, "GET /parts/%00/x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    assert_refused(*state, "GET /parts/%ff/x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    assert_refused(*state, "GET /seen#x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
}

static void request__says_what_it_does_not_offer(void **state) {
    assert_refused(*state, "BREW /seen HTTP/1.1\r\nHost: localhost\r\n\r\n", 501);
    assert_refused(
        *state,
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx", 415);
    assert_refused(
        *state, "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx", 417);
}

static void request__refuses_bodies_over_the_routes_limit(void **state) {
    assert_refused(*state, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n", 413);
    assert_refused(*state, "GET /seen HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", 413);
    assert_refused(*state, "GET /seen HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                   413);
}

static void request__names_the_methods_of_a_path(void **state) {
    struct reply reply = ask(*state, "DELETE /seen HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(reply.status, 405);
    assert_string_equal(reply_header(&reply, "Allow"), "GET, HEAD");
    assert_null(reply_header(&reply, "Connection"));
    reply_free(&reply);
}

static void request__gives_the_handler_what_was_sent(void **state) {
    struct reply reply =
        ask(*state, "GET /seen?x=1&q=a%20b+c HTTP/1.1\r\nHost: localhost:99\r\n"
                    "Cookie: b=1; c=two\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n");
    assert_string_equal(reply.body, "http://localhost:99|127.0.0.1|a b c|two|0|/seen");
    reply_free(&reply);
}

static void request__believes_a_trusted_proxy(void **state) {
    struct reply reply = ask(*state, "GET /seen HTTP/1.1\r\nHost: inner\r\nX-Forwarded-Host: lab.example\r\n"
                                     "X-Forwarded-For: 6.6.6.6, 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n");
    assert_string_equal(reply.body, "https://lab.example|9.9.9.9|||1|/seen");
    reply_free(&reply);
    reply = ask(*state, "GET /seen HTTP/1.1\r\nHost: lab.example\r\nX-Forwarded-For: 6.6.6.6\r\n"
                        "X-Forwarded-For: 9.9.9.9\r\n\r\n"); /* the second line is the proxy's */
    assert_string_equal(reply.body, "http://lab.example|9.9.9.9|||0|/seen");
    reply_free(&reply);
    reply = ask(*state, "GET /seen HTTP/1.1\r\nHost: lab.example\r\nX-Forwarded-Host: evil.example\r\n\r\n");
    assert_int_equal(reply.status, 421);
    reply_free(&reply);
}

static void request__asks_before_it_reads_the_body(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "POST /private HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 401);
    assert_string_equal(reply_header(&reply, "Connection"), "close");
    reply_free(&reply);
    (void)close(fd);
}

static void request__says_continue_only_to_whom_it_wants_to_hear(void **state) {
    int fd = fixture_connect(*state);
    send_text(
        fd, "POST /private HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 401);
    reply_free(&reply);
    (void)close(fd);

    fd = fixture_connect(*state);
    send_text(fd,
              "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    reply = read_reply(fd);
    assert_int_equal(reply.status, 100);
    reply_free(&reply);
    send_text(fd, "abc");
    reply = read_reply(fd);
    assert_string_equal(reply.body, "abc");
    reply_free(&reply);
    (void)close(fd);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(request__asks_before_it_reads_the_body),
        cmocka_unit_test_setup_teardown(request__believes_a_trusted_proxy, start_behind_proxy, stop),
        TEST(request__gives_the_handler_what_was_sent),
        TEST(request__names_the_methods_of_a_path),
        TEST(request__needs_exactly_one_host),
        TEST(request__refuses_ambiguous_framing_and_closes),
        TEST(request__refuses_bodies_over_the_routes_limit),
        TEST(request__refuses_other_hosts_with_a_sentence),
        TEST(request__refuses_targets_it_cannot_read),
        TEST(request__says_continue_only_to_whom_it_wants_to_hear),
        TEST(request__says_what_it_does_not_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
