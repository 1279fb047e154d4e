/* test_http_parser.c - what is read, and above all what is refused. */
#include "base/buf.h"
#include "base/http_parser.h"

#include "fixture.h"

static struct http_field fields[HTTP_FIELDS_MAX];

static enum err_code parse(struct http_head *head, struct str text, struct err *err) {
    size_t scanned = 0, head_len;
    TRY(http_head_find_end(text, &scanned, &head_len, err));
    if (head_len == 0)
        return err_set(err, ERR_TIMEOUT, "incomplete");
    return http_request_parse(head, str_slice(text, 0, head_len), fields, err);
}

static enum err_code parse_framing(struct http_framing *framing, struct str text, struct err *err) {
    struct http_head head;
    TRY(parse(&head, text, err));
    return http_request_framing(framing, &head, err);
}

static void http_parser__reads_a_request(void **state) {
    struct http_head head;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(
        parse(&head, STR("PUT /a?b=c HTTP/1.1\r\nHost:  x \r\nX-Empty:\r\nhost2: y\r\n\r\nrest"), &err), OK);
    assert_str(head.method, "PUT");
    assert_str(head.target, "/a?b=c");
    assert_int_equal(head.minor_version, 1);
    assert_int_equal(head.field_count, 3);
    assert_str(http_head_find(&head, STR("HOST")), "x");
    assert_str(http_head_find(&head, STR("x-empty")), "");
    assert_null(http_head_find(&head, STR("missing")).ptr);
}

static void http_parser__finds_the_end_wherever_the_pieces_break(void **state) {
    struct str text = STR("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET");
    struct err err = { 0 };
    (void)state;
    for (size_t step = 1; step < text.len; step++) {
        size_t scanned = 0, head_len = 0;
        for (size_t len = step; head_len == 0; len += step)
            assert_int_equal(http_head_find_end(str_slice(text, 0, len), &scanned, &head_len, &err), OK);
        assert_int_equal(head_len, text.len - 3);
    }
}

static void http_parser__refuses_what_two_parsers_read_differently(void **state) {
    static const struct str refused[] = {
        STR_INIT("GET / HTTP/1.1\nHost: x\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nHost: x\n\r\n"),
        STR_INIT("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\n\nHost: x\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nHost: x\r\n\n"),
        STR_INIT("GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nA: x\r\n y\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nA: x\0y\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nA: x\ry\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\nA x\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1\r\n: x\r\n\r\n"),
        STR_INIT("GET  / HTTP/1.1\r\n\r\n"),
        STR_INIT("GET / HTTP/1.1 \r\n\r\n"),
        STR_INIT("GET /\r\n\r\n"),
        STR_INIT("GET /\t HTTP/1.1\r\n\r\n"),
        STR_INIT("GET /\xC3\xA9 HTTP/1.1\r\n\r\n"),
        STR_INIT("GET / HTTP/2.0\r\n\r\n"),
        STR_INIT("GET / http/1.1\r\n\r\n"),
        STR_INIT("G\x01T / HTTP/1.1\r\n\r\n"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct http_head head;
        struct err err = { 0 };
        if (parse(&head, refused[i], &err) != ERR_BAD_INPUT)
            fail_msg("row %zu was not refused: %s", i, err.message);
    }
}

static void http_parser__refuses_doubtful_lengths(void **state) {
    static const struct str refused[] = {
        STR_INIT("Content-Length: 5\r\nContent-Length: 5"),
        STR_INIT("Content-Length: 5, 5"),
        STR_INIT("Content-Length: +5"),
        STR_INIT("Content-Length: -5"),
        STR_INIT("Content-Length: 0x5"),
        STR_INIT("Content-Length: 5 5"),
        STR_INIT("Content-Length:"),
        STR_INIT("Content-Length: 99999999999999999999"),
        STR_INIT("Content-Length: 9223372036854775808"),
        STR_INIT("Content-Length: 5\r\nTransfer-Encoding: chunked"),
        STR_INIT("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        STR_INIT("Transfer-Encoding: gzip, chunked"),
        STR_INIT("Transfer-Encoding: identity"),
        STR_INIT("Transfer-Encoding: xchunked"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char text[256];
        struct http_framing framing;
        struct err err = { 0 };
        (void)snprintf(text, sizeof text, "POST / HTTP/1.1\r\n%.*s\r\n\r\n", STR_ARG(refused[i]));
        if (parse_framing(&framing, str_from_c(text), &err) != ERR_BAD_INPUT)
            fail_msg("row %zu was not refused", i);
    }
}

static void http_parser__refuses_chunks_in_http_1_0(void **state) {
    struct http_framing framing;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(
        parse_framing(&framing, STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), &err),
        ERR_BAD_INPUT);
}

static void http_parser__reads_a_length(void **state) {
    struct http_framing framing;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(parse_framing(&framing, STR("POST / HTTP/1.1\r\nContent-Length: 0012\r\n\r\n"), &err),
                     OK);
    assert_int_equal(framing.kind, HTTP_BODY_LENGTH);
    assert_int_equal(framing.length, 12);
}

static void http_parser__takes_100_fields_but_not_101(void **state) {
    struct http_head head;
    struct err err = { 0 };
    (void)state;
    for (int count = 100; count <= 101; count++) {
        struct buf text = BUF_INIT(1 << 20);
        buf_append_str(&text, STR("GET / HTTP/1.1\r\n"));
        for (int i = 0; i < count; i++)
            buf_append_str(&text, STR("A: b\r\n"));
        buf_append_str(&text, STR("\r\n"));
        assert_int_equal(parse(&head, buf_str(&text), &err), count == 100 ? OK : ERR_BAD_INPUT);
        buf_finish(&text);
    }
}

static void http_parser__refuses_a_head_over_64_kib(void **state) {
    struct buf text = BUF_INIT(1 << 20);
    struct err err = { 0 };
    size_t scanned = 0, head_len;
    (void)state;
    buf_append_str(&text, STR("GET / HTTP/1.1\r\nA: "));
    while (text.len < HTTP_HEAD_BYTES_MAX - 1)
        buf_append_char(&text, 'x');
    assert_int_equal(http_head_find_end(buf_str(&text), &scanned, &head_len, &err), OK);
    buf_append_char(&text, 'x');
    assert_int_equal(http_head_find_end(buf_str(&text), &scanned, &head_len, &err), ERR_BAD_INPUT);
    buf_finish(&text);
}

static void http_parser__reads_a_response(void **state) {
    struct http_head head;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(http_response_parse(&head, STR("HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n"), fields, &err),
                     OK);
    assert_int_equal(head.status, 404);
    assert_int_equal(http_response_parse(&head, STR("HTTP/1.1 200\r\n\r\n"), fields, &err), OK);
    assert_int_equal(http_response_parse(&head, STR("HTTP/1.1 20 OK\r\n\r\n"), fields, &err), ERR_BAD_INPUT);
    assert_int_equal(http_response_parse(&head, STR("HTTP/1.1 +20 OK\r\n\r\n"), fields, &err), ERR_BAD_INPUT);
    assert_int_equal(http_response_parse(&head, STR("ICY 200 OK\r\n\r\n"), fields, &err), ERR_BAD_INPUT);
}

static void http_parser__knows_which_responses_have_no_body(void **state) {
    struct http_head head;
    struct http_framing framing;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(
        http_response_parse(&head, STR("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n"), fields, &err), OK);
    assert_int_equal(http_response_framing(&framing, &head, false, &err), OK);
    assert_int_equal(framing.kind, HTTP_BODY_NONE);
    head.status = 200;
    assert_int_equal(http_response_framing(&framing, &head, true, &err), OK);
    assert_int_equal(framing.kind, HTTP_BODY_NONE);
    head.field_count = 0;
    assert_int_equal(http_response_framing(&framing, &head, false, &err), OK);
    assert_int_equal(framing.kind, HTTP_BODY_UNTIL_CLOSE);
}

static void http_parser__finds_tokens_in_lists(void **state) {
    (void)state;
    assert_true(http_list_has(STR("Upgrade, close"), STR("close")));
    assert_true(http_list_has(STR("gzip;q=0.5,br"), STR("gzip")));
    assert_false(http_list_has(STR("closed"), STR("close")));
    assert_false(http_list_has(STR(""), STR("close")));
}

/* ---- chunks ---- */

static enum err_code decode(struct buf *out, struct str text, size_t step, struct str *rest,
                            struct err *err) {
    struct http_chunks chunks = { 0 };
    size_t at = 0;
    while (at < text.len && !chunks.is_done) {
        struct str piece = str_slice(text, at, step), content;
        size_t len = piece.len;
        while (piece.len > 0 && !chunks.is_done) {
            TRY(http_chunks_next(&chunks, &piece, &content, err));
            buf_append_str(out, content);
        }
        at += len - piece.len;
    }
    *rest = str_from(text, at);
    return chunks.is_done ? OK : err_set(err, ERR_TIMEOUT, "incomplete");
}

static void http_parser__decodes_chunks_wherever_the_pieces_break(void **state) {
    struct str text = STR("3\r\nabc\r\n00A;n=v\r\n0123456789\r\n0\r\nT: x\r\nU: y\r\n\r\nNEXT");
    (void)state;
    for (size_t step = 1; step <= text.len; step++) {
        struct buf out = BUF_INIT(100);
        struct err err = { 0 };
        struct str rest;
        assert_int_equal(decode(&out, text, step, &rest, &err), OK);
        assert_str(buf_str(&out), "abc0123456789");
        assert_str(rest, "NEXT");
        buf_finish(&out);
    }
}

static void http_parser__refuses_malformed_chunks(void **state) {
    static const struct str refused[] = {
        STR_INIT("3\nabc\r\n0\r\n\r\n"),     STR_INIT("3\r\nabcd\r\n0\r\n\r\n"),
        STR_INIT("3\r\nabc\n0\r\n\r\n"),     STR_INIT("+3\r\nabc\r\n0\r\n\r\n"),
        STR_INIT("0x3\r\nabc\r\n0\r\n\r\n"), STR_INIT("\r\nabc\r\n0\r\n\r\n"),
        STR_INIT(" 3\r\nabc\r\n0\r\n\r\n"),  STR_INIT("3 \r\nabc\r\n0\r\n\r\n"),
        STR_INIT("-1\r\nabc\r\n0\r\n\r\n"),  STR_INIT("3;\x01\r\nabc\r\n0\r\n\r\n"),
        STR_INIT("3;a\nabc\r\n0\r\n\r\n"),   STR_INIT("1000000000000000\r\n"),
        STR_INIT("0\r\nA: b\n\r\n"),         STR_INIT("0\r\n\rX"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct buf out = BUF_INIT(100);
        struct err err = { 0 };
        struct str rest;
        if (decode(&out, refused[i], 100, &rest, &err) != ERR_BAD_INPUT)
            fail_msg("row %zu was not refused", i);
        buf_finish(&out);
    }
}

static void http_parser__bounds_extensions_and_trailers(void **state) {
    struct buf text = BUF_INIT(1 << 20), out = BUF_INIT(100);
    struct err err = { 0 };
    struct str rest;
    (void)state;
    buf_append_str(&text, STR("1;"));
    for (int i = 0; i < HTTP_CHUNK_LINE_BYTES_MAX; i++)
        buf_append_char(&text, 'x');
    buf_append_str(&text, STR("\r\na\r\n0\r\n\r\n"));
    assert_int_equal(decode(&out, buf_str(&text), 100, &rest, &err), ERR_BAD_INPUT);
    buf_reset(&text);
    buf_append_str(&text, STR("0\r\n"));
    for (int i = 0; i < HTTP_TRAILER_BYTES_MAX / 8 + 1; i++)
        buf_append_str(&text, STR("A: bcd\r\n"));
    buf_append_str(&text, STR("\r\n"));
    assert_int_equal(decode(&out, buf_str(&text), 100, &rest, &err), ERR_BAD_INPUT);
    buf_finish(&text);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(http_parser__bounds_extensions_and_trailers),
        TEST(http_parser__decodes_chunks_wherever_the_pieces_break),
        TEST(http_parser__finds_the_end_wherever_the_pieces_break),
        TEST(http_parser__finds_tokens_in_lists),
        TEST(http_parser__knows_which_responses_have_no_body),
        TEST(http_parser__reads_a_length),
        TEST(http_parser__reads_a_request),
        TEST(http_parser__reads_a_response),
        TEST(http_parser__refuses_a_head_over_64_kib),
        TEST(http_parser__refuses_chunks_in_http_1_0),
        TEST(http_parser__refuses_doubtful_lengths),
        TEST(http_parser__refuses_malformed_chunks),
        TEST(http_parser__refuses_what_two_parsers_read_differently),
        TEST(http_parser__takes_100_fields_but_not_101),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
