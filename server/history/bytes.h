/* bytes.h - reading the binary forms of history/ with every size checked, and the variable-length integers they use.
 *
 * A reader never passes its end: a read that would answers zeros and sets `failed`, which stays. Check it before
 * anything that was read is believed, and before it is allocated for.
 */
#ifndef SERVER_HISTORY_BYTES_H
#define SERVER_HISTORY_BYTES_H

#include "base/buf.h"

struct byte_reader {
    const uint8_t *cursor, *end;
    bool failed;
};

static inline struct byte_reader bytes_from(struct str text) {
    const uint8_t *start = (const uint8_t *)text.ptr;
    return (struct byte_reader){ start, start + text.len, false };
}

static inline size_t bytes_left(const struct byte_reader *reader) {
    return (size_t)(reader->end - reader->cursor);
}

static inline void bytes_fail(struct byte_reader *reader) {
    reader->failed = true;
    reader->cursor = reader->end;
}

static inline struct str bytes_take(struct byte_reader *reader, uint64_t size) {
    if (size > bytes_left(reader)) {
        bytes_fail(reader);
        return STR_EMPTY;
    }
    struct str taken = { (const char *)reader->cursor, (size_t)size };
    reader->cursor += size;
    return taken;
}

static inline uint8_t bytes_u8(struct byte_reader *reader) {
    struct str one = bytes_take(reader, 1);
    return one.len == 1 ? (uint8_t)one.ptr[0] : 0;
}

static inline uint32_t bytes_u32(struct byte_reader *reader) {
    struct str four = bytes_take(reader, 4);
    uint32_t value = 0;
    memcpy(&value, four.ptr, four.len);
    return value;
}

static inline uint64_t bytes_u64(struct byte_reader *reader) {
    struct str eight = bytes_take(reader, 8);
    uint64_t value = 0;
    memcpy(&value, eight.ptr, eight.len);
    return value;
}

static inline uint64_t bytes_varint(struct byte_reader *reader) {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bytes_u8(reader);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    bytes_fail(reader);
    return 0;
}

/* For counts and sizes: fails above max. */
static inline uint32_t bytes_count(struct byte_reader *reader, uint32_t max) {
    uint64_t value = bytes_varint(reader);
    if (value > max) {
        bytes_fail(reader);
        return 0;
    }
    return (uint32_t)value;
}

static inline int64_t zigzag_decode(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline uint64_t zigzag_encode(int64_t value) {
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t bytes_zigzag(struct byte_reader *reader) {
    return zigzag_decode(bytes_varint(reader));
}

static inline void buf_append_varint(struct buf *out, uint64_t value) {
    char bytes[10];
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[len++] = (char)(value | 0x80);
    bytes[len++] = (char)value;
    buf_append(out, bytes, len);
}

static inline void buf_append_zigzag(struct buf *out, int64_t value) {
    buf_append_varint(out, zigzag_encode(value));
}

/* Appends a length and the text. */
static inline void buf_append_sized(struct buf *out, struct str text) {
    buf_append_varint(out, text.len);
    buf_append_str(out, text);
}

#endif
