/* test_gzip.c - whole bodies and streams read what the other wrote, and nothing else. */
#include "base/gzip.h"
#include "tests/unit/base/fixture.h"

static struct str repetitive(struct arena *arena, size_t len) {
    char *text = arena_alloc(arena, len);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i / 7 % 13);
    return (struct str){ text, len };
}

static struct str compressed(struct arena *arena, struct str bytes, int level) {
    struct buf out = BUF_INIT(1 << 24);
    struct err err = { 0 };
    assert_int_equal(gzip_compress(&out, bytes, level, &err), OK);
    struct str copy = arena_copy(arena, buf_str(&out));
    buf_finish(&out);
    return copy;
}

static void assert_content(const struct buf *out, struct str expected) {
    assert_int_equal(out->len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(out->ptr, expected.ptr, expected.len);
}

static void gzip__reads_back_what_it_wrote(void **state) {
    static const size_t lengths[] = { 0, 1, 100, 100000 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int level = 1; level <= 9; level += 4) {
            struct str bytes = repetitive(*state, lengths[i]);
            struct buf out = BUF_INIT(1 << 20);
            struct err err = { 0 };
            buf_append_str(&out, STR("before"));
            assert_int_equal(gzip_inflate(&out, compressed(*state, bytes, level), &err), OK);
            assert_true(str_starts_with(buf_str(&out), STR("before")));
            buf_drop_front(&out, 6);
            assert_content(&out, bytes);
            buf_finish(&out);
        }
}

static void gzip__never_inflates_past_the_ceiling(void **state) {
    struct str bomb = compressed(*state, repetitive(*state, 1 << 20), 9);
    struct buf exact = BUF_INIT(1 << 20), less = BUF_INIT((1 << 20) - 1);
    struct err err = { 0 };
    assert_int_equal(gzip_inflate(&exact, bomb, &err), OK);
    assert_int_equal(gzip_inflate(&less, bomb, &err), ERR_TOO_LARGE);
    assert_true(less.failed);
    assert_string_equal(err.message, "gzip output is larger than 1048575 bytes");
    buf_finish(&exact);
    buf_finish(&less);
}

static void gzip__does_not_believe_the_size_in_the_trailer(void **state) {
    struct str body = compressed(*state, repetitive(*state, 5000), 6);
    char *lying = arena_copy_c(*state, body);
    struct buf out = BUF_INIT(1 << 30);
    struct err err = { 0 };
    memset(lying + body.len - 4, 0xFF, 4);
    assert_int_equal(gzip_inflate(&out, (struct str){ lying, body.len }, &err), ERR_BAD_INPUT);
    assert_true(out.cap < 1 << 20);
    memset(lying + body.len - 4, 0, 4);
    assert_int_equal(gzip_inflate(&out, (struct str){ lying, body.len }, &err), ERR_BAD_INPUT);
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

static void gzip__refuses_what_is_malformed(void **state) {
    struct str body = compressed(*state, repetitive(*state, 300), 6);
    for (size_t len = 0; len < body.len; len++) {
        struct buf out = BUF_INIT(1 << 20);
        struct err err = { 0 };
        assert_int_equal(gzip_inflate(&out, str_slice(body, 0, len), &err), ERR_BAD_INPUT);
        assert_int_equal(out.len, 0);
        buf_finish(&out);
    }
    struct buf out = BUF_INIT(1 << 20);
    struct err err = { 0 };
    assert_int_equal(gzip_inflate(&out, arena_printf(*state, "%s", "this is not gzip at all"), &err), ERR_BAD_INPUT);
    char *longer = arena_calloc(*state, 1, body.len + 1);
    memcpy(longer, body.ptr, body.len);
    assert_int_equal(gzip_inflate(&out, (struct str){ longer, body.len + 1 }, &err), ERR_BAD_INPUT);
    buf_finish(&out);
}

static void gzip__says_when_compressed_bytes_do_not_fit(void **state) {
    struct buf out = BUF_INIT(200);
    unsigned char noise[300];
    struct err err = { 0 };
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)(i * i * i * 31 >> 3);
    assert_int_equal(gzip_compress(&out, (struct str){ (char *)noise, sizeof noise }, 6, &err), ERR_TOO_LARGE);
    buf_reset(&out);
    /* The worst case for so many bytes would not fit, but these do. */
    assert_int_equal(gzip_compress(&out, repetitive(*state, 300), 6, &err), OK);
    buf_finish(&out);
}

static void gzip_stream__takes_pieces_of_any_size(void **state) {
    static const size_t piece_sizes[] = { 1, 7, 1000, 1 << 20 };
    struct str bytes = repetitive(*state, 200000);
    struct str body = compressed(*state, bytes, 6);
    for (size_t i = 0; i < sizeof piece_sizes / sizeof *piece_sizes; i++) {
        struct gzip_stream *stream = gzip_stream_create();
        struct buf out = BUF_INIT(200000);
        struct err err = { 0 };
        bool is_complete = false;
        for (size_t at = 0; at < body.len; at += piece_sizes[i]) {
            assert_false(is_complete);
            assert_int_equal(
                gzip_stream_inflate(stream, str_slice(body, at, piece_sizes[i]), &out, &is_complete, &err), OK);
        }
        assert_true(is_complete);
        assert_content(&out, bytes);
        assert_int_equal(gzip_stream_inflate(stream, STR_EMPTY, &out, &is_complete, &err), OK);
        assert_true(is_complete);
        assert_int_equal(gzip_stream_inflate(stream, STR("x"), &out, &is_complete, &err), ERR_BAD_INPUT);
        buf_finish(&out);
        gzip_stream_destroy(stream);
    }
}

static void gzip_stream__never_inflates_past_the_ceiling(void **state) {
    struct str body = compressed(*state, repetitive(*state, 1 << 20), 9);
    struct gzip_stream *stream = gzip_stream_create();
    struct buf out = BUF_INIT((1 << 20) - 1);
    struct err err = { 0 };
    bool is_complete;
    assert_int_equal(gzip_stream_inflate(stream, body, &out, &is_complete, &err), ERR_TOO_LARGE);
    assert_false(is_complete);
    buf_finish(&out);
    gzip_stream_destroy(stream);
}

static void gzip_stream__refuses_what_is_malformed(void **state) {
    struct str body = compressed(*state, repetitive(*state, 300), 6);
    char *broken = arena_copy_c(*state, body);
    struct gzip_stream *stream = gzip_stream_create();
    struct buf out = BUF_INIT(1 << 20);
    struct err err = { 0 };
    bool is_complete;
    broken[body.len - 8] ^= 1; /* the checksum */
    assert_int_equal(gzip_stream_inflate(stream, (struct str){ broken, body.len }, &out, &is_complete, &err),
                     ERR_BAD_INPUT);
    gzip_stream_destroy(stream);
    stream = gzip_stream_create();
    char *twice = arena_alloc(*state, 2 * body.len);
    memcpy(twice, body.ptr, body.len);
    memcpy(twice + body.len, body.ptr, body.len);
    assert_int_equal(gzip_stream_inflate(stream, (struct str){ twice, 2 * body.len }, &out, &is_complete, &err),
                     ERR_BAD_INPUT);
    gzip_stream_destroy(stream);
    gzip_stream_destroy(NULL);
    buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(gzip__reads_back_what_it_wrote),
        TEST(gzip__never_inflates_past_the_ceiling),
        TEST(gzip__does_not_believe_the_size_in_the_trailer),
        TEST(gzip__refuses_what_is_malformed),
        TEST(gzip__says_when_compressed_bytes_do_not_fit),
        TEST(gzip_stream__takes_pieces_of_any_size),
        TEST(gzip_stream__never_inflates_past_the_ceiling),
        TEST(gzip_stream__refuses_what_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
