/* websocket_frame.h - the frames of RFC 6455: from a client's bytes to messages, and back.
 *
 * Strict: clients mask, lengths are as short as they can be, reserved bits and opcodes are refused, control frames are
 * whole and at most 125 bytes, texts are UTF-8, and a message, however many frames it comes in, is bounded.
 *
 * Threads: a reader belongs to one thread. Memory: websocket_reader_finish.
 */
#ifndef SERVER_HTTP_WEBSOCKET_FRAME_H
#define SERVER_HTTP_WEBSOCKET_FRAME_H

#include "base/buf.h"

enum {
    WEBSOCKET_MESSAGE_BYTES_MAX = 64 * 1024, /* from a client */
    WEBSOCKET_CONTROL_BYTES_MAX = 125,
    WEBSOCKET_HEAD_BYTES_MAX = 14,
};

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10,
};

/* Why a connection ends, as it is told to the other side. */
enum websocket_close_code {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_BAD_TEXT = 1007,
    WEBSOCKET_POLICY = 1008,
    WEBSOCKET_TOO_LARGE = 1009,
};

struct websocket_reader {
    struct buf in;      /* received, not yet used */
    struct buf message; /* of a message in several frames: those before the last */
    size_t used_bytes;  /* of `in`, by the event that was answered last */
    bool is_in_message, message_is_text;
};

enum websocket_event_kind {
    WEBSOCKET_NEEDS_MORE,
    WEBSOCKET_GOT_TEXT,
    WEBSOCKET_GOT_BINARY,
    WEBSOCKET_GOT_PING,
    WEBSOCKET_GOT_PONG,
    WEBSOCKET_GOT_CLOSE,
    WEBSOCKET_GOT_NONSENSE, /* close_code says which; nothing more can be read */
};

struct websocket_event {
    enum websocket_event_kind kind;
    struct str payload; /* until the next call */
    int close_code;
};

void websocket_reader_init(struct websocket_reader *reader);
void websocket_reader_finish(struct websocket_reader *reader);
void websocket_reader_add(struct websocket_reader *reader, struct str bytes);
struct websocket_event websocket_reader_next(struct websocket_reader *reader);

/* Appends one whole frame, as servers send it. */
void websocket_frame_append(struct buf *out, enum websocket_opcode opcode, struct str payload);

#endif
