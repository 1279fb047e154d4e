/* fuzz_gzip.c - the whole-body and the stream inflater accept the same bodies, give the same bytes and keep their
 * ceiling; any bytes survive compressing. */
#include "base/gzip.h"

enum { CEILING_BYTES = 1 << 20 };

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static enum err_code inflate_in_pieces(struct str text, size_t piece_bytes, struct buf *out) {
    struct gzip_stream *stream = gzip_stream_create();
    struct err err = { 0 };
    enum err_code code = OK;
    bool is_complete = false;
    for (size_t at = 0; code == OK && at < text.len; at += piece_bytes)
        code = gzip_stream_inflate(stream, str_slice(text, at, piece_bytes), out, &is_complete, &err);
    gzip_stream_destroy(stream);
    return code == OK && !is_complete ? ERR_BAD_INPUT : code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct str text = { (const char *)data, size_bytes };
    struct buf whole = BUF_INIT(CEILING_BYTES), pieces = BUF_INIT(CEILING_BYTES), compressed = BUF_INIT(64 << 20);
    struct err err = { 0 };

    enum err_code code = gzip_inflate(&whole, text, &err);
    enum err_code piece_code = inflate_in_pieces(text, 1 + size_bytes % 97, &pieces);
    CHECK((code == OK) == (piece_code == OK));
    CHECK(whole.len <= CEILING_BYTES && pieces.len <= CEILING_BYTES);
    if (code == OK)
        CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));

    buf_finish(&whole);
    if (size_bytes <= CEILING_BYTES) {
        CHECK(gzip_compress(&compressed, text, 1, &err) == OK);
        CHECK(gzip_inflate(&whole, buf_str(&compressed), &err) == OK);
        CHECK(str_eq(buf_str(&whole), text));
    }
    buf_finish(&whole);
    buf_finish(&pieces);
    buf_finish(&compressed);
    return 0;
}
