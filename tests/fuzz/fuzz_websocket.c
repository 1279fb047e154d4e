/* fuzz_websocket.c - what a client sends after its websocket is open.
 *
 * Beside not crashing: the same events come wherever the reads happen to cut the bytes, texts are UTF-8, and nothing is
 * larger than the limits.
 */
#include "server/http/websocket_frame.h"

#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void require(bool claim) {
    if (!claim)
        abort();
}

/* Appends what happened; false after the last event there can be. */
static bool take_events(struct websocket_reader *reader, struct buf *log) {
    for (;;) {
        struct websocket_event event = websocket_reader_next(reader);
        if (event.kind == WEBSOCKET_NEEDS_MORE)
            return true;
        require(event.payload.len <= WEBSOCKET_MESSAGE_BYTES_MAX);
        require(event.kind != WEBSOCKET_GOT_TEXT || str_is_utf8(event.payload));
        buf_append_char(log, (char)event.kind);
        buf_append_u64(log, event.payload.len);
        buf_append_str(log, event.payload);
        if (event.kind == WEBSOCKET_GOT_NONSENSE || event.kind == WEBSOCKET_GOT_CLOSE)
            return false;
    }
}

static struct buf read_in_pieces(struct str bytes, size_t piece) {
    struct websocket_reader reader;
    struct buf log = BUF_INIT(64 << 20);
    websocket_reader_init(&reader);
    for (size_t at = 0; at < bytes.len; at += piece) {
        websocket_reader_add(&reader, str_slice(bytes, at, piece < bytes.len - at ? piece : bytes.len - at));
        if (!take_events(&reader, &log))
            break;
    }
    websocket_reader_finish(&reader);
    return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct str bytes = { (const char *)data, size_bytes };
    struct buf whole = read_in_pieces(bytes, 65536), parts = read_in_pieces(bytes, 3);
    require(str_eq(buf_str(&whole), buf_str(&parts)));
    buf_finish(&whole);
    buf_finish(&parts);
    return 0;
}
