/* test_s3.c - against a real S3-compatible store, BAROGRAPH_TEST_BUCKETS (see tests/support/seaweed.py); skipped without. */
#include "server/blobs/s3_parts.h"
#include "tests/unit/base/http_peer.h"

#include <fcntl.h>
#include <unistd.h>

#define FIXTURE_PARTS
#include "tests/unit/server/blobs/bucket_fixture.h"

static int set_up(void **state) {
    *state = bucket_make("&region=eu-central-1");
    return 0;
}

static int tear_down(void **state) {
    return *state == NULL ? 0 : bucket_drop(*state);
}

static void s3__gives_back_what_was_put(void **state) {
    struct fixture *f = need(state);
    char out[5];
    uint64_t size;
    assert_ok(f, s3_put(f->bucket, STR("a/b c+d.txt"), STR("hello world"), false, &f->err));
    assert_ok(f, s3_read(f->bucket, STR("a/b c+d.txt"), 6, 5, out, &f->err));
    assert_memory_equal(out, "world", 5);
    assert_ok(f, s3_size(f->bucket, STR("a/b c+d.txt"), &size, &f->err));
    assert_int_equal(size, 11);
    assert_int_equal(s3_read(f->bucket, STR("a/b c+d.txt"), 8, 5, out, &f->err), ERR_CORRUPT);
    assert_int_equal(s3_read(f->bucket, STR("a/b c+d.txt"), 11, 5, out, &f->err), ERR_CORRUPT);
    assert_ok(f, s3_remove(f->bucket, STR("a/b c+d.txt"), &f->err));
    assert_int_equal(s3_size(f->bucket, STR("a/b c+d.txt"), &size, &f->err), ERR_NOT_FOUND);
    assert_ok(f, s3_remove(f->bucket, STR("a/b c+d.txt"), &f->err));
}

static void s3__puts_only_what_is_new(void **state) {
    struct fixture *f = need(state);
    char out[1];
    assert_ok(f, s3_put(f->bucket, STR("once"), STR("1"), true, &f->err));
    assert_int_equal(s3_put(f->bucket, STR("once"), STR("2"), true, &f->err), ERR_CONFLICT);
    assert_ok(f, s3_read(f->bucket, STR("once"), 0, 1, out, &f->err));
    assert_int_equal(out[0], '1');
}

/* Bytes that differ from part to part, of a length that is no multiple of one. */
static int make_file(struct fixture *f, uint64_t size) {
    int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    char *piece = arena_alloc(f->arena, 1 << 20);
    for (uint64_t done = 0; done < size; done += 1 << 20) {
        memset(piece, (int)(done >> 20) + 1, 1 << 20);
        size_t len = size - done < 1 << 20 ? (size_t)(size - done) : 1 << 20;
        assert_int_equal(write(fd, piece, len), (ssize_t)len);
    }
    return fd;
}

static void digest_of(int fd, uint64_t size, unsigned char digest[SHA256_BYTES]) {
    struct hash_stream *hash = hash_stream_create();
    unsigned char md5[MD5_BYTES];
    static char piece[1 << 16];
    for (uint64_t done = 0; done < size;) {
        ssize_t len = pread(fd, piece, sizeof piece, (off_t)done);
        assert_true(len > 0);
        hash_stream_add(hash, (struct str){ piece, (size_t)len });
        done += (uint64_t)len;
    }
    hash_stream_end(hash, digest, md5);
    hash_stream_destroy(hash);
}

static void check_file(void **state, uint64_t size) {
    struct fixture *f = need(state);
    unsigned char sent[SHA256_BYTES], found[SHA256_BYTES];
    uint64_t found_size;
    int fd = make_file(f, size), copy = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    assert_ok(f, s3_put_file(f->bucket, STR("file"), fd, size, &f->err));
    assert_ok(f, s3_fetch(f->bucket, STR("file"), STR_EMPTY, copy, &found_size, &f->err));
    assert_int_equal(found_size, size);
    digest_of(fd, size, sent);
    digest_of(copy, size, found);
    assert_memory_equal(sent, found, SHA256_BYTES);
    (void)close(fd);
    (void)close(copy);
}

static void s3__puts_a_file_at_once(void **state) {
    check_file(state, 0);
    check_file(state, 3000001);
}

static void s3__puts_a_large_file_in_parts(void **state) {
    check_file(state, 70 * 1024 * 1024 + 1);
}

static enum err_code collect(void *context, struct str key, uint64_t size, int64_t modified_ms, struct err *err) {
    struct buf *keys = context;
    (void)err;
    assert_true(modified_ms > INT64_C(1700000000000));
    buf_printf(keys, "%.*s:%d ", STR_ARG(key), (int)size);
    return OK;
}

static void s3__lists_by_beginning(void **state) {
    struct fixture *f = need(state);
    struct buf keys = BUF_INIT(4096);
    assert_ok(f, s3_put(f->bucket, STR("x/2 & 3"), STR("22"), false, &f->err));
    assert_ok(f, s3_put(f->bucket, STR("x/1"), STR("1"), false, &f->err));
    assert_ok(f, s3_put(f->bucket, STR("y/1"), STR("1"), false, &f->err));
    assert_ok(f, s3_list(f->bucket, STR("x/"), collect, &keys, &f->err));
    buf_append_char(&keys, '\0');
    assert_string_equal(keys.ptr, "x/1:1 x/2 & 3:2 ");
    buf_finish(&keys);
}

static void s3__links_open_without_credentials(void **state) {
    struct fixture *f = need(state);
    struct http_client *client;
    struct http_response response = { 0 };
    struct str url;
    assert_ok(f, s3_put(f->bucket, STR("a file"), STR("linked"), false, &f->err));
    assert_ok(f, s3_link(f->bucket, STR("GET"), STR("a file"), 60, STR("attachment; filename=\"x y.txt\""), &url, f->arena, &f->err));
    assert_ok(f, http_client_create(&client, &(struct http_client_options){ 0 }, &f->err));
    assert_ok(f, http_client_send(client, &(struct http_request){ .method = STR("GET"), .url = url }, &response, &f->err));
    assert_int_equal(response.status, 200);
    assert_true(str_eq_c(buf_str(&response.body), "linked"));
    assert_true(str_contains(http_head_find(&response.head, STR("content-disposition")), STR("x y.txt")));
    http_response_finish(&response);

    /* One byte of the signature changed. */
    char *forged = arena_copy_c(f->arena, url);
    forged[url.len - 1] = forged[url.len - 1] == '0' ? '1' : '0';
    assert_ok(f, http_client_send(client, &(struct http_request){ .method = STR("GET"), .url = str_from_c(forged) }, &response, &f->err));
    assert_int_equal(response.status, 403);
    http_response_finish(&response);
    http_client_destroy(client);
}

static void s3__says_who_was_refused(void **state) {
    struct fixture *f = need(state);
    struct s3 *other;
    char secret[64];
    (void)snprintf(secret, sizeof secret, "%s", getenv("AWS_SECRET_ACCESS_KEY"));
    (void)setenv("AWS_SECRET_ACCESS_KEY", "wrong", 1);
    enum err_code code = s3_open(&other, f->url, &f->err);
    (void)setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
    assert_int_equal(code, ERR_FORBIDDEN);
    assert_non_null(strstr(f->err.message, "answered 403"));
    assert_null(strstr(f->err.message, "wrong"));
}

static void begin_upload(struct fixture *f, struct str key) {
    struct http_field query = { STR_INIT("uploads"), STR_INIT("") };
    struct s3_call call = { .method = STR("POST"), .key = key, .query = &query, .query_count = 1, .max_body_bytes = 4096 };
    struct http_response response;
    assert_ok(f, s3_send(f->bucket, &call, &response, f->arena, &f->err));
    http_response_finish(&response);
}

static void s3__aborts_uploads_left_behind(void **state) {
    struct fixture *f = need(state);
    int64_t count;
    begin_upload(f, STR("left"));
    assert_ok(f, s3_abort_uploads(f->bucket, STR("le"), 3600 * 1000, &count, &f->err));
    assert_int_equal(count, 0);
    assert_ok(f, s3_abort_uploads(f->bucket, STR("other"), -60 * 1000, &count, &f->err));
    assert_int_equal(count, 0);
    assert_ok(f, s3_abort_uploads(f->bucket, STR("le"), -60 * 1000, &count, &f->err));
    assert_int_equal(count, 1);
}

/* ---- without a store ---- */

#define ANSWER(status, length, body) "HTTP/1.1 " status "\r\nConnection: close\r\nContent-Length: " length "\r\n\r\n" body
#define PAGE(more, number)                                                                                                        \
    "<R><IsTruncated>" more "</IsTruncated><NextKeyMarker>p/k" number "</NextKeyMarker><NextUploadIdMarker>u" number              \
    "</NextUploadIdMarker><Upload><Key>p/k" number "</Key><UploadId>u" number "</UploadId>"                                       \
    "<Initiated>2020-01-01T00:00:00Z</Initiated></Upload></R>"

/* Stores list so many at a time as they like; the one that the other tests ask lists all. */
static void s3__aborts_uploads_of_every_page(void **state) {
    static const char first[] = PAGE("true", "1"), last[] = PAGE("false", "2");
    char pages[2][600];
    (void)state;
    (void)snprintf(pages[0], sizeof pages[0], ANSWER("200 OK", "%zu", "%s"), sizeof first - 1, first);
    (void)snprintf(pages[1], sizeof pages[1], ANSWER("200 OK", "%zu", "%s"), sizeof last - 1, last);
    const struct str is_there = STR(ANSWER("200 OK", "0", "")), is_gone = STR(ANSWER("204 No Content", "0", ""));
    const struct str answers[] = { is_there, str_from_c(pages[0]), is_gone, str_from_c(pages[1]), is_gone };
    struct http_peer peer = { .says_each = answers, .connection_count = 5 };
    struct arena *arena = arena_create();
    struct err err = { 0 };
    struct s3 *s3 = NULL;
    int64_t count = 0;

    http_peer_start(&peer);
    (void)setenv("AWS_ACCESS_KEY_ID", "an-id", 0);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "a secret", 0);
    enum err_code code = s3_open(&s3, arena_printf(arena, "s3://bucket/p?endpoint=http://127.0.0.1:%u", peer.port), &err);
    if (code == OK)
        code = s3_abort_uploads(s3, STR_EMPTY, 0, &count, &err);
    if (code != OK)
        fail_msg("%s", err.message);
    assert_int_equal(count, 2);
    assert_true(str_contains(buf_str(&peer.heard), STR("DELETE /bucket/p/k1?uploadId=u1 ")));
    assert_true(str_contains(buf_str(&peer.heard), STR("GET /bucket?key-marker=p%2Fk1&prefix=p%2F&upload-id-marker=u1&uploads= ")));
    assert_true(str_contains(buf_str(&peer.heard), STR("DELETE /bucket/p/k2?uploadId=u2 ")));
    s3_close(s3);
    http_peer_finish(&peer);
    arena_destroy(arena);
}

static void s3__takes_a_bucket_that_another_made_first(void **state) {
#define TAKEN "<Error><Code>BucketAlreadyOwnedByYou</Code><Message>yours</Message></Error>"
    const struct str answers[] = { STR(ANSWER("404 Not Found", "0", "")), STR(ANSWER("409 Conflict", "75", TAKEN)),
                                   STR(ANSWER("200 OK", "0", "")) };
    struct http_peer peer = { .says_each = answers, .connection_count = 3 };
    struct arena *arena = arena_create();
    struct err err = { 0 };
    struct s3 *s3 = NULL;
    (void)state;

    assert_int_equal(sizeof TAKEN - 1, 75);
    http_peer_start(&peer);
    (void)setenv("AWS_ACCESS_KEY_ID", "an-id", 0);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "a secret", 0);
    if (s3_open(&s3, arena_printf(arena, "s3://bucket/p?endpoint=http://127.0.0.1:%u", peer.port), &err) != OK)
        fail_msg("%s", err.message);
    s3_close(s3);
    http_peer_finish(&peer);
    arena_destroy(arena);
}

static void s3__refuses_addresses_it_cannot_read(void **state) {
    struct s3 *s3;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(s3_open(&s3, STR("s3://"), &err), ERR_BAD_INPUT);
    assert_int_equal(s3_open(&s3, STR("s3://bucket?endpoint=nonsense"), &err), ERR_BAD_INPUT);
    assert_int_equal(s3_open(&s3, STR("s3://bucket?acl=public"), &err), ERR_BAD_INPUT);
    assert_string_equal(err.message,
                        "'acl=public' is not known in the address of a bucket: endpoint, region, style=path|host and direct=on|off are");
}

static void xml__reads_texts_in_turn(void **state) {
    struct arena *arena = arena_create();
    struct str xml = STR("<R><K>a &amp; b</K><K>c&#39;&lt;</K><L/></R>");
    size_t at = 0;
    (void)state;
    assert_string_equal(s3_xml_text(xml, "K", &at, arena).ptr, "a & b");
    assert_string_equal(s3_xml_text(xml, "K", &at, arena).ptr, "c'<");
    assert_null(s3_xml_text(xml, "K", &at, arena).ptr);
    at = 0;
    assert_null(s3_xml_text(STR("<K>never ends"), "K", &at, arena).ptr);
    arena_destroy(arena);
}

#define S3_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        S3_TEST(s3__gives_back_what_was_put),
        S3_TEST(s3__puts_only_what_is_new),
        S3_TEST(s3__puts_a_file_at_once),
        S3_TEST(s3__puts_a_large_file_in_parts),
        S3_TEST(s3__lists_by_beginning),
        S3_TEST(s3__links_open_without_credentials),
        S3_TEST(s3__says_who_was_refused),
        S3_TEST(s3__aborts_uploads_left_behind),
        cmocka_unit_test(s3__aborts_uploads_of_every_page),
        cmocka_unit_test(s3__takes_a_bucket_that_another_made_first),
        cmocka_unit_test(s3__refuses_addresses_it_cannot_read),
        cmocka_unit_test(xml__reads_texts_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
