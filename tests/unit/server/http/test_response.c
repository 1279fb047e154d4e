/* test_response.c - heads, files, ranges, compression and streams, through a loopback connection. */
#include "http_fixture.h"

#include "base/gzip.h"

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

static void response__carries_the_headers_that_protect_browsers(void **state) {
    struct reply reply = ask(*state, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
    assert_string_equal(reply_header(&reply, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(reply_header(&reply, "Referrer-Policy"), "no-referrer");
    assert_non_null(reply_header(&reply, "X-Request-Id"));
    assert_non_null(reply_header(&reply, "Date"));
    assert_null(reply_header(&reply, "Server"));
    reply_free(&reply);
}

static void response__leaves_a_handlers_own_headers_alone(void **state) {
    struct reply reply = ask(*state, "OPTIONS /upload/x HTTP/1.1\r\n" HOST "\r\n");
    assert_string_equal(reply_header(&reply, "Referrer-Policy"), "origin");
    assert_null(strstr(reply.text, "no-referrer"));
    const char *first = strstr(reply.text, "X-Content-Type-Options: nosniff\r\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "X-Content-Type-Options"));
    reply_free(&reply);
}

static void response__sends_a_file(void **state) {
    struct reply reply = ask(*state, "GET /file HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_len, 990);
    assert_memory_equal(reply.body, "0123456789", 10);
    assert_string_equal(reply_header(&reply, "ETag"), "\"tag\"");
    assert_string_equal(reply_header(&reply, "Accept-Ranges"), "bytes");
    reply_free(&reply);
}

static void response__sends_part_of_a_file(void **state) {
    struct reply reply = ask(*state, "GET /file HTTP/1.1\r\n" HOST "Range: bytes=985-\r\n\r\n");
    assert_int_equal(reply.status, 206);
    assert_string_equal(reply.body, "56789");
    assert_string_equal(reply_header(&reply, "Content-Range"), "bytes 985-989/990");
    reply_free(&reply);
}

static void response__sends_the_whole_file_when_it_has_changed(void **state) {
    struct reply reply =
        ask(*state, "GET /file HTTP/1.1\r\n" HOST "Range: bytes=985-\r\nIf-Range: \"old\"\r\n\r\n");
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_len, 990);
    reply_free(&reply);
}

static void response__says_when_a_range_lies_outside(void **state) {
    struct reply reply = ask(*state, "GET /file HTTP/1.1\r\n" HOST "Range: bytes=990-\r\n\r\n");
    assert_int_equal(reply.status, 416);
    assert_string_equal(reply_header(&reply, "Content-Range"), "bytes */990");
    reply_free(&reply);
}

static void response__refuses_several_ranges_and_closes(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /file HTTP/1.1\r\n" HOST "Range: bytes=0-1,2-3\r\n\r\n");
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 400);
    assert_true(is_closed_by_server(fd));
    reply_free(&reply);
    (void)close(fd);
}

static void response__does_not_send_what_the_client_has(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /file HTTP/1.1\r\n" HOST "If-None-Match: W/\"tag\"\r\n\r\n");
    struct reply reply = read_reply(fd);
    assert_int_equal(reply.status, 304);
    assert_string_equal(reply_header(&reply, "ETag"), "\"tag\"");
    reply_free(&reply);
    send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok"); /* the connection lives on */
    reply = read_reply(fd);
    assert_string_equal(reply.body, "ok");
    reply_free(&reply);
    (void)close(fd);
}

static void response__sends_bytes_like_a_file(void **state) {
    static const struct {
        const char *request, *body, *range;
        int status;
    } asked[] = {
        { "GET /bytes HTTP/1.1\r\n" HOST "\r\n", "0123456789", NULL, 200 },
        { "GET /bytes HTTP/1.1\r\n" HOST "Range: bytes=2-4\r\n\r\n", "234", "bytes 2-4/10", 206 },
        { "GET /bytes HTTP/1.1\r\n" HOST "If-None-Match: \"tag\"\r\n\r\n", "", NULL, 304 },
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct reply reply = ask(*state, asked[i].request);
        assert_int_equal(reply.status, asked[i].status);
        assert_string_equal(reply.body, asked[i].body);
        assert_string_equal(reply_header(&reply, "ETag"), "\"tag\"");
        if (asked[i].range != NULL)
            assert_string_equal(reply_header(&reply, "Content-Range"), asked[i].range);
        reply_free(&reply);
    }
    struct reply reply = ask(*state, "GET /bytes HTTP/1.1\r\n" HOST "Range: bytes=10-\r\n\r\n");
    assert_int_equal(reply.status, 416);
    reply_free(&reply);
}

static void response__answers_head_without_a_body(void **state) {
    static const char *const paths[] = { "/file", "/long", "/stream", "/bytes" };
    int fd = fixture_connect(*state);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char request[100];
        (void)snprintf(request, sizeof request, "HEAD %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
        send_text(fd, request);
        struct reply reply = read_reply_to_head(fd);
        assert_int_equal(reply.status, 200);
        if (i == 0)
            assert_string_equal(reply_header(&reply, "Content-Length"), "990");
        reply_free(&reply);
    }
    assert_int_equal(fixture_log(*state).stream_end_count, 1);
    (void)close(fd);
}

static void response__compresses_long_text_for_those_who_accept_it(void **state) {
    struct reply reply = ask(*state, "GET /long HTTP/1.1\r\n" HOST "Accept-Encoding: br, gzip\r\n\r\n");
    struct buf plain = BUF_INIT(2 << 20);
    struct err err = { 0 };
    assert_string_equal(reply_header(&reply, "Content-Encoding"), "gzip");
    assert_string_equal(reply_header(&reply, "Vary"), "Accept-Encoding");
    assert_true(reply.body_len < 100 * 1000);
    assert_int_equal(gzip_inflate(&plain, (struct str){ reply.body, reply.body_len }, &err), OK);
    assert_int_equal(plain.len, 1000 * 1000);
    buf_finish(&plain);
    reply_free(&reply);
}

static void response__stays_plain_for_those_who_do_not(void **state) {
    static const char *const requests[] = {
        "GET /long HTTP/1.1\r\n" HOST "\r\n",
        "GET /long HTTP/1.1\r\n" HOST "Accept-Encoding: gzip;q=0\r\n\r\n",
        "GET /long HTTP/1.1\r\n" HOST "Accept-Encoding: br\r\n\r\n",
    };
    for (size_t i = 0; i < 3; i++) {
        struct reply reply = ask(*state, requests[i]);
        assert_null(reply_header(&reply, "Content-Encoding"));
        assert_string_equal(reply_header(&reply, "Vary"), "Accept-Encoding");
        assert_int_equal(reply.body_len, 1000 * 1000);
        reply_free(&reply);
    }
}

static void response__streams_pieces_as_chunks(void **state) {
    struct reply reply = ask(*state, "GET /stream?count=20 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_header(&reply, "Transfer-Encoding"), "chunked");
    assert_int_equal(reply.body_len, 20 * 100 * 1000);
    assert_int_equal(fixture_log(*state).stream_end_count, 1);
    reply_free(&reply);
}

static void response__streams_until_the_end_of_the_connection_for_http_1_0(void **state) {
    struct reply reply = ask(*state, "GET /stream HTTP/1.0\r\n" HOST "\r\n");
    assert_null(reply_header(&reply, "Transfer-Encoding"));
    assert_int_equal(reply.body_len, 3 * 100 * 1000);
    reply_free(&reply);
}

static void response__is_an_error_when_a_stream_fails_at_once(void **state) {
    struct reply reply = ask(*state, "GET /stream?fails=1&count=0 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply_header(&reply, "Retry-After"), "5");
    reply_free(&reply);
}

static void response__breaks_off_when_a_stream_fails_in_its_middle(void **state) {
    struct reply reply = ask(*state, "GET /stream?fails=1&count=2 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, -1); /* no last chunk: the client knows */
    assert_int_equal(fixture_log(*state).stream_end_count, 1);
    reply_free(&reply);
}

static void response__ends_a_stream_whose_client_has_gone(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /stream?count=1000 HTTP/1.1\r\n" HOST "\r\n");
    char first[1000];
    assert_true(recv(fd, first, sizeof first, 0) > 0);
    (void)close(fd);
    for (int i = 0; i < 1000 && fixture_log(*state).stream_end_count == 0; i++)
        usleep(5000);
    assert_int_equal(fixture_log(*state).stream_end_count, 1);
}

static void response__lets_routes_answer_a_preflight(void **state) {
    struct reply reply = ask(*state, "OPTIONS /upload/x?sig=1 HTTP/1.1\r\n" HOST "Origin: http://a\r\n\r\n");
    assert_int_equal(reply.status, 204);
    assert_string_equal(reply_header(&reply, "Access-Control-Allow-Origin"), "*");
    assert_null(reply_header(&reply, "Content-Length"));
    reply_free(&reply);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(response__answers_head_without_a_body),
        TEST(response__breaks_off_when_a_stream_fails_in_its_middle),
        TEST(response__carries_the_headers_that_protect_browsers),
        TEST(response__compresses_long_text_for_those_who_accept_it),
        TEST(response__does_not_send_what_the_client_has),
        TEST(response__ends_a_stream_whose_client_has_gone),
        TEST(response__is_an_error_when_a_stream_fails_at_once),
        TEST(response__leaves_a_handlers_own_headers_alone),
        TEST(response__lets_routes_answer_a_preflight),
        TEST(response__refuses_several_ranges_and_closes),
        TEST(response__says_when_a_range_lies_outside),
        TEST(response__sends_a_file),
        TEST(response__sends_bytes_like_a_file),
        TEST(response__sends_part_of_a_file),
        TEST(response__sends_the_whole_file_when_it_has_changed),
        TEST(response__stays_plain_for_those_who_do_not),
        TEST(response__streams_pieces_as_chunks),
        TEST(response__streams_until_the_end_of_the_connection_for_http_1_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
