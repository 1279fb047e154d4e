/* test_http_answer.c - answers of other servers: unusual ones and broken ones. */
#include "base/http_client.h"

#include "fixture.h"
#include "http_peer.h"

static enum err_code get_from(struct str says, struct http_response *response, struct err *err) {
    char base[64];
    struct http_peer peer = { .says = says, .connection_count = 1 };
    struct http_client *client = NULL;

    http_peer_start(&peer);
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%u", peer.port);
    struct http_client_options options = { .base_url = str_from_c(base), .silence_timeout_ms = 5000 };
    enum err_code code = http_client_create(&client, &options, err);
    assert_int_equal(code, OK);
    struct http_request request = { .method = STR("GET"), .url = STR("/") };
    code = http_client_send(client, &request, response, err);
    http_client_destroy(client);
    http_peer_finish(&peer);
    return code;
}

static void assert_answer(struct str says, int status, const char *body) {
    struct http_response response;
    struct err err = { 0 };
    if (get_from(says, &response, &err) != OK)
        fail_msg("%s: %.*s", err.message, STR_ARG(says));
    assert_int_equal(response.status, status);
    assert_str(buf_str(&response.body), body);
    http_response_finish(&response);
}

static void assert_failure(struct str says, enum err_code code) {
    struct http_response response;
    struct err err = { 0 };
    enum err_code got = get_from(says, &response, &err);
    if (got != code)
        fail_msg("got %s (%s) for: %.*s", err_name(got), err.message, STR_ARG(says));
    http_response_finish(&response);
}

static void http_answer__may_end_in_four_ways(void **state) {
    (void)state;
    assert_answer(STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 200, "ok");
    assert_answer(STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"),
                  200, "ok");
    assert_answer(STR("HTTP/1.0 200 OK\r\n\r\nok"), 200, "ok");
    assert_answer(STR("HTTP/1.1 204 No Content\r\n\r\n"), 204, "");
}

static void http_answer__comes_after_interim_ones(void **state) {
    (void)state;
    assert_answer(STR("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                      "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx"),
                  404, "x");
}

static void http_answer__does_not_follow_redirects(void **state) {
    (void)state;
    assert_answer(STR("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
                  302, "");
}

static void http_answer__is_never_taken_for_whole_when_it_was_cut(void **state) {
    (void)state;
    assert_failure(STR(""), ERR_IO);
    assert_failure(STR("HTTP/1.1 200 OK\r\nConte"), ERR_IO);
    assert_failure(STR("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"), ERR_IO);
    assert_failure(STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"), ERR_IO);
}

static void http_answer__is_refused_when_it_is_not_http(void **state) {
    (void)state;
    assert_failure(STR("SSH-2.0-OpenSSH\r\n\r\n"), ERR_BAD_INPUT);
    assert_failure(STR("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), ERR_BAD_INPUT);
    assert_failure(STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"),
                   ERR_BAD_INPUT);
    assert_failure(STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), ERR_BAD_INPUT);
}

static void http_answer__may_not_be_interim_for_ever(void **state) {
    struct buf says = BUF_INIT(1 << 16);
    (void)state;
    for (int i = 0; i < 100; i++)
        buf_append_str(&says, STR("HTTP/1.1 100 Continue\r\n\r\n"));
    assert_failure(buf_str(&says), ERR_BAD_INPUT);
    buf_finish(&says);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(http_answer__comes_after_interim_ones),
        TEST(http_answer__does_not_follow_redirects),
        TEST(http_answer__is_never_taken_for_whole_when_it_was_cut),
        TEST(http_answer__is_refused_when_it_is_not_http),
        TEST(http_answer__may_end_in_four_ways),
        TEST(http_answer__may_not_be_interim_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
