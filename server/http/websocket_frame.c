/* websocket_frame.c - see websocket_frame.h. */
#include "server/http/websocket_frame.h"

enum {
    FINAL = 0x80,
    RESERVED = 0x70,
    OPCODE = 0x0f,
    MASKED = 0x80,
    MASK_BYTES = 4,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
};

struct frame {
    bool is_final;
    unsigned opcode;
    uint64_t len;
    size_t head_len; /* with the mask */
};

void websocket_reader_init(struct websocket_reader *reader) {
    *reader = (struct websocket_reader){ 0 };
    /* One message may lie in it, and what one read brings beyond it. */
    buf_init(&reader->in, 4 * (size_t)WEBSOCKET_MESSAGE_BYTES_MAX);
    buf_init(&reader->message, WEBSOCKET_MESSAGE_BYTES_MAX);
}

void websocket_reader_finish(struct websocket_reader *reader) {
    buf_finish(&reader->in);
    buf_finish(&reader->message);
}

void websocket_reader_add(struct websocket_reader *reader, struct str bytes) {
    buf_drop_front(&reader->in, reader->used_bytes);
    reader->used_bytes = 0;
    buf_append_str(&reader->in, bytes);
}

static struct websocket_event nonsense(int close_code) {
    return (struct websocket_event){ WEBSOCKET_GOT_NONSENSE, STR_EMPTY, close_code };
}

static bool is_control(unsigned opcode) {
    return opcode >= WEBSOCKET_CLOSE;
}

static bool is_known(unsigned opcode) {
    return opcode <= WEBSOCKET_BINARY || (opcode >= WEBSOCKET_CLOSE && opcode <= WEBSOCKET_PONG);
}

/* The length in the bytes after the first two, most significant first. */
static uint64_t read_length(const unsigned char *bytes, size_t count) {
    uint64_t length = 0;
    for (size_t i = 0; i < count; i++)
        length = length << 8 | bytes[i];
    return length;
}

/* 0 when the head is good or not there yet (head_len stays 0), otherwise why the connection must end. */
static int read_head(const unsigned char *bytes, size_t len, struct frame *frame) {
    if (len < 2)
        return 0;
    unsigned length_code = bytes[1] & ~(unsigned)MASKED;
    size_t length_bytes = length_code == LENGTH_16 ? 2 : length_code == LENGTH_64 ? 8 : 0;
    frame->is_final = (bytes[0] & FINAL) != 0;
    frame->opcode = bytes[0] & OPCODE;
    if ((bytes[0] & RESERVED) != 0 || !is_known(frame->opcode) || (bytes[1] & MASKED) == 0)
        return WEBSOCKET_PROTOCOL_ERROR;
    if (is_control(frame->opcode) && (!frame->is_final || length_bytes > 0))
        return WEBSOCKET_PROTOCOL_ERROR;
    if (len < 2 + length_bytes + MASK_BYTES)
        return 0;
    frame->len = length_bytes == 0 ? length_code : read_length(bytes + 2, length_bytes);
    if ((length_bytes == 2 && frame->len < LENGTH_16) || (length_bytes == 8 && frame->len <= UINT16_MAX))
        return WEBSOCKET_PROTOCOL_ERROR; /* longer than it need be */
    if (frame->len > WEBSOCKET_MESSAGE_BYTES_MAX)
        return WEBSOCKET_TOO_LARGE;
    frame->head_len = 2 + length_bytes + MASK_BYTES;
    return 0;
}

static void unmask(char *payload, size_t len, const char *mask) {
    for (size_t i = 0; i < len; i++)
        payload[i] = (char)(payload[i] ^ mask[i % MASK_BYTES]);
}

static struct websocket_event finish_message(struct str payload, bool is_text) {
    if (is_text && !str_is_utf8(payload))
        return nonsense(WEBSOCKET_BAD_TEXT);
    return (struct websocket_event){ is_text ? WEBSOCKET_GOT_TEXT : WEBSOCKET_GOT_BINARY, payload, 0 };
}

/* NEEDS_MORE after a frame that is not a message's last. */
static struct websocket_event take_data(struct websocket_reader *reader, const struct frame *frame, struct str payload) {
    if (reader->is_in_message != (frame->opcode == WEBSOCKET_CONTINUATION))
        return nonsense(WEBSOCKET_PROTOCOL_ERROR);
    if (!reader->is_in_message && frame->is_final)
        return finish_message(payload, frame->opcode == WEBSOCKET_TEXT);
    if (!reader->is_in_message) {
        buf_reset(&reader->message);
        reader->message_is_text = frame->opcode == WEBSOCKET_TEXT;
    }
    reader->is_in_message = !frame->is_final;
    buf_append_str(&reader->message, payload);
    if (reader->message.failed)
        return nonsense(WEBSOCKET_TOO_LARGE);
    if (!frame->is_final)
        return (struct websocket_event){ .kind = WEBSOCKET_NEEDS_MORE };
    return finish_message(buf_str(&reader->message), reader->message_is_text);
}

static struct websocket_event take_control(const struct frame *frame, struct str payload) {
    struct websocket_event event = { .payload = payload };
    if (frame->opcode == WEBSOCKET_CLOSE && (payload.len == 1 || (payload.len > 2 && !str_is_utf8(str_from(payload, 2)))))
        return nonsense(WEBSOCKET_PROTOCOL_ERROR);
    event.kind = frame->opcode == WEBSOCKET_PING   ? WEBSOCKET_GOT_PING
                 : frame->opcode == WEBSOCKET_PONG ? WEBSOCKET_GOT_PONG
                                                   : WEBSOCKET_GOT_CLOSE;
    return event;
}

struct websocket_event websocket_reader_next(struct websocket_reader *reader) {
    for (;;) {
        struct frame frame = { 0 };
        buf_drop_front(&reader->in, reader->used_bytes);
        reader->used_bytes = 0;
        if (reader->in.failed)
            return nonsense(WEBSOCKET_TOO_LARGE);
        int close_code = read_head((const unsigned char *)reader->in.ptr, reader->in.len, &frame);
        if (close_code != 0)
            return nonsense(close_code);
        if (frame.head_len == 0 || reader->in.len - frame.head_len < frame.len)
            return (struct websocket_event){ .kind = WEBSOCKET_NEEDS_MORE };
        char *payload = reader->in.ptr + frame.head_len;
        unmask(payload, (size_t)frame.len, payload - MASK_BYTES);
        reader->used_bytes = frame.head_len + (size_t)frame.len;
        struct str text = { payload, (size_t)frame.len };
        struct websocket_event event =
            is_control(frame.opcode) ? take_control(&frame, text) : take_data(reader, &frame, text);
        if (event.kind != WEBSOCKET_NEEDS_MORE)
            return event;
    }
}

void websocket_frame_append(struct buf *out, enum websocket_opcode opcode, struct str payload) {
    buf_append_char(out, (char)(FINAL | (unsigned)opcode));
    if (payload.len < LENGTH_16) {
        buf_append_char(out, (char)payload.len);
    } else if (payload.len <= UINT16_MAX) {
        const char head[] = { LENGTH_16, (char)(payload.len >> 8), (char)payload.len };
        buf_append(out, head, sizeof head);
    } else {
        buf_append_char(out, LENGTH_64);
        for (int shift = 56; shift >= 0; shift -= 8)
            buf_append_char(out, (char)((uint64_t)payload.len >> shift));
    }
    buf_append_str(out, payload);
}
