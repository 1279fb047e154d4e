/* gzip.c - see gzip.h. */
#include "base/gzip.h"

#include "base/log.h"

#include <assert.h>
#include <libdeflate.h>
#include <zlib.h>

enum {
    TRAILER_BYTES = 8,
    SIZE_BYTES = 4,
    LARGEST_RATIO = 1032, /* deflate's own: 258 bytes from two bits */
    GZIP_WINDOW_BITS = 15 + 16,
    PIECE_BYTES = 1 << 16,
    LARGEST_INPUT_BYTES = 1 << 30, /* zlib counts in unsigned int */
};

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static enum err_code refuse(struct buf *out, struct err *err) {
    out->failed = true;
    return buf_check(out, "gzip output", err);
}

enum err_code gzip_compress(struct buf *out, struct str bytes, int level, struct err *err) {
    assert(level >= 1 && level <= 9);
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
    if (compressor == NULL)
        log_fatal("out of memory: cannot allocate a compressor");
    size_t room = smaller(libdeflate_gzip_compress_bound(compressor, bytes.len), out->max - out->len);
    char *to = buf_reserve(out, room);
    size_t used = to == NULL ? 0 : libdeflate_gzip_compress(compressor, bytes.ptr, bytes.len, to, room);
    libdeflate_free_compressor(compressor);
    if (used == 0)
        return refuse(out, err);
    buf_commit(out, used);
    return OK;
}

/* What the body says of its own size, in its last four bytes. Only a first guess, and not beyond what deflate
 * can make of so few bytes, for it comes from outside. */
static size_t guess_size(struct str bytes) {
    size_t size_bytes = 0;
    for (size_t i = 0; i < SIZE_BYTES; i++)
        size_bytes |= (size_t)(unsigned char)bytes.ptr[bytes.len - SIZE_BYTES + i] << (8 * i);
    return smaller(size_bytes, bytes.len * LARGEST_RATIO);
}

static enum err_code inflate_whole(struct libdeflate_decompressor *decompressor, struct buf *out, struct str bytes,
                                   struct err *err) {
    size_t room = guess_size(bytes);
    for (;; room = room * 2 + PIECE_BYTES) {
        size_t used, made;
        size_t ceiling = out->max - out->len;
        room = smaller(room, ceiling);
        char *to = buf_reserve(out, room);
        if (to == NULL)
            return refuse(out, err);
        enum libdeflate_result result =
            libdeflate_gzip_decompress_ex(decompressor, bytes.ptr, bytes.len, to, room, &used, &made);
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE && room < ceiling)
            continue;
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
            return refuse(out, err);
        if (result != LIBDEFLATE_SUCCESS || used != bytes.len)
            return err_set(err, ERR_BAD_INPUT, "malformed gzip data");
        buf_commit(out, made);
        return OK;
    }
}

enum err_code gzip_inflate(struct buf *out, struct str bytes, struct err *err) {
    if (bytes.len < TRAILER_BYTES || bytes.len > SIZE_MAX / LARGEST_RATIO)
        return err_set(err, ERR_BAD_INPUT, "malformed gzip data");
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (decompressor == NULL)
        log_fatal("out of memory: cannot allocate a decompressor");
    enum err_code code = inflate_whole(decompressor, out, bytes, err);
    libdeflate_free_decompressor(decompressor);
    return code;
}

struct gzip_stream {
    z_stream z;
    bool is_complete;
};

struct gzip_stream *gzip_stream_create(void) {
    struct gzip_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL || inflateInit2(&stream->z, GZIP_WINDOW_BITS) != Z_OK)
        log_fatal("out of memory: cannot allocate a gzip stream");
    return stream;
}

void gzip_stream_destroy(struct gzip_stream *stream) {
    if (stream == NULL)
        return;
    (void)inflateEnd(&stream->z);
    free(stream);
}

/* One call of inflate. An out that is full still gets a byte of room on the side, because the trailer may be all
 * that is left. */
static enum err_code inflate_some(struct gzip_stream *stream, struct buf *out, struct err *err) {
    Bytef spare;
    size_t room = smaller(out->max - out->len, PIECE_BYTES);
    char *to = room == 0 ? NULL : buf_reserve(out, room);

    if (room > 0 && to == NULL)
        return refuse(out, err);
    stream->z.next_out = room == 0 ? &spare : (Bytef *)to;
    stream->z.avail_out = room == 0 ? 1 : (uInt)room;
    int result = inflate(&stream->z, Z_NO_FLUSH);
    if (room == 0 && stream->z.avail_out == 0)
        return refuse(out, err);
    if (room > 0)
        buf_commit(out, room - stream->z.avail_out);
    stream->is_complete = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR)
        log_fatal("out of memory: cannot inflate");
    /* Z_BUF_ERROR: all that has come so far is inflated. */
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return err_set(err, ERR_BAD_INPUT, "malformed gzip data");
    return OK;
}

enum err_code gzip_stream_inflate(struct gzip_stream *stream, struct str piece, struct buf *out, bool *is_complete,
                                  struct err *err) {
    *is_complete = false;
    while (piece.len > 0) {
        if (stream->is_complete)
            return err_set(err, ERR_BAD_INPUT, "malformed gzip data: bytes after its end");
        size_t len = smaller(piece.len, LARGEST_INPUT_BYTES);
        /* zlib only reads from next_in; its type says otherwise for the sake of old callers. */
        stream->z.next_in = (Bytef *)(uintptr_t)piece.ptr;
        stream->z.avail_in = (uInt)len;
        do
            TRY(inflate_some(stream, out, err));
        while (!stream->is_complete && (stream->z.avail_in > 0 || stream->z.avail_out == 0));
        piece = str_from(piece, len - stream->z.avail_in);
    }
    *is_complete = stream->is_complete;
    return OK;
}
