/* inflate.c - undoing zstd when it is known how large the result is. */
#include "server/history/inflate.h"

#include "base/log.h"

#include <zstd.h>

enum { LIKELY_BYTES = 1 << 20, LIKELY_RATIO = 64, PIECE_BYTES = 1 << 17, WINDOW_LOG_MAX = 24 };

/* Whether the frames hold exactly raw_size bytes, found out in a small piece of memory. */
static bool holds_exactly(struct str packed, size_t raw_size) {
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    char *piece = malloc(PIECE_BYTES);
    ZSTD_inBuffer in = { packed.ptr, packed.len, 0 };
    size_t total = 0, result = 1;

    if (zstd == NULL || piece == NULL)
        log_fatal("out of memory: inflating");
    result = ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    while (!ZSTD_isError(result) && total <= raw_size) {
        ZSTD_outBuffer out = { piece, PIECE_BYTES, 0 };
        result = ZSTD_decompressStream(zstd, &out, &in);
        total += out.pos;
        if (in.pos == in.size && (result == 0 || out.pos < PIECE_BYTES)) /* the frame is over, or goes no further */
            break;
    }
    free(piece);
    ZSTD_freeDCtx(zstd);
    return result == 0 && total == raw_size;
}

bool inflate_exactly(struct str *raw, struct str packed, size_t raw_size, struct arena *arena) {
    bool is_likely = raw_size <= LIKELY_BYTES || raw_size / LIKELY_RATIO <= packed.len;

    if (!is_likely && !holds_exactly(packed, raw_size))
        return false;
    char *out = arena_alloc(arena, raw_size);
    if (ZSTD_decompress(out, raw_size, packed.ptr, packed.len) != raw_size)
        return false;
    *raw = (struct str){ out, raw_size };
    return true;
}
