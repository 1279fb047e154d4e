/* protobuf.c - see protobuf.h. */
#include "base/protobuf.h"

#include <assert.h>

enum { VARINT_MAX_BYTES = 10, WIRE_BITS = 3 };

void protobuf_reader_init(struct protobuf_reader *reader, struct str bytes) {
    *reader = (struct protobuf_reader){ .rest = bytes };
}

bool protobuf_take_varint(struct str *bytes, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes->len && i < VARINT_MAX_BYTES; i++) {
        uint64_t byte = (unsigned char)bytes->ptr[i];
        /* The tenth byte has one bit left to give. */
        if (i == VARINT_MAX_BYTES - 1 && byte > 1)
            return false;
        value |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *bytes = str_from(*bytes, i + 1);
            *out = value;
            return true;
        }
    }
    return false;
}

static bool take_fixed(struct str *bytes, size_t size_bytes, uint64_t *out) {
    if (bytes->len < size_bytes)
        return false;
    *out = 0;
    for (size_t i = 0; i < size_bytes; i++)
        *out |= (uint64_t)(unsigned char)bytes->ptr[i] << (8 * i);
    *bytes = str_from(*bytes, size_bytes);
    return true;
}

static bool take_bytes(struct str *bytes, struct str *out) {
    uint64_t len;
    if (!protobuf_take_varint(bytes, &len) || len > bytes->len)
        return false;
    *out = str_slice(*bytes, 0, (size_t)len);
    *bytes = str_from(*bytes, (size_t)len);
    return true;
}

static bool take_value(struct str *bytes, struct protobuf_field *field) {
    switch (field->wire) {
    case PROTOBUF_VARINT:
        return protobuf_take_varint(bytes, &field->value);
    case PROTOBUF_FIXED64:
        return take_fixed(bytes, 8, &field->value);
    case PROTOBUF_BYTES:
        return take_bytes(bytes, &field->bytes);
    case PROTOBUF_FIXED32:
        return take_fixed(bytes, 4, &field->value);
    }
    return false;
}

bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *field) {
    uint64_t tag;
    if (reader->is_malformed || reader->rest.len == 0)
        return false;
    *field = (struct protobuf_field){ .bytes = STR_EMPTY };
    reader->is_malformed = true;
    if (!protobuf_take_varint(&reader->rest, &tag) || tag >> WIRE_BITS == 0 || tag >> WIRE_BITS > PROTOBUF_LAST_FIELD)
        return false;
    field->number = (uint32_t)(tag >> WIRE_BITS);
    field->wire = (enum protobuf_wire)(tag & ((1U << WIRE_BITS) - 1));
    if (!take_value(&reader->rest, field))
        return false;
    reader->is_malformed = false;
    return true;
}

enum err_code protobuf_check(const struct protobuf_reader *reader, const char *what, struct err *err) {
    return reader->is_malformed ? err_set(err, ERR_CORRUPT, "malformed %s", what) : OK;
}

uint64_t protobuf_u64(const struct protobuf_field *field) {
    return field->wire == PROTOBUF_BYTES ? 0 : field->value;
}

int64_t protobuf_i64(const struct protobuf_field *field) {
    if (field->wire == PROTOBUF_FIXED32)
        return (int32_t)(uint32_t)field->value;
    return (int64_t)protobuf_u64(field);
}

int64_t protobuf_sint(const struct protobuf_field *field) {
    if (field->wire != PROTOBUF_VARINT)
        return 0;
    return (int64_t)(field->value >> 1 ^ (0 - (field->value & 1)));
}

bool protobuf_bool(const struct protobuf_field *field) {
    return field->wire == PROTOBUF_VARINT && field->value != 0;
}

double protobuf_double(const struct protobuf_field *field) {
    double wide = 0;
    float narrow = 0;
    uint32_t narrow_bits = (uint32_t)field->value;
    if (field->wire == PROTOBUF_FIXED64)
        memcpy(&wide, &field->value, sizeof wide);
    if (field->wire != PROTOBUF_FIXED32)
        return wide;
    memcpy(&narrow, &narrow_bits, sizeof narrow);
    return (double)narrow;
}

struct str protobuf_bytes(const struct protobuf_field *field) {
    return field->wire == PROTOBUF_BYTES ? field->bytes : STR_EMPTY;
}

static size_t encode_varint(char out[VARINT_MAX_BYTES], uint64_t value) {
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        out[len++] = (char)(unsigned char)(value | 0x80);
    out[len++] = (char)value;
    return len;
}

static void append_varint(struct buf *out, uint64_t value) {
    char bytes[VARINT_MAX_BYTES];
    buf_append(out, bytes, encode_varint(bytes, value));
}

static void append_tag(struct buf *out, uint32_t number, enum protobuf_wire wire) {
    assert(number >= 1 && number <= PROTOBUF_LAST_FIELD);
    append_varint(out, (uint64_t)number << WIRE_BITS | wire);
}

void protobuf_put_u64(struct buf *out, uint32_t number, uint64_t value) {
    append_tag(out, number, PROTOBUF_VARINT);
    append_varint(out, value);
}

void protobuf_put_i64(struct buf *out, uint32_t number, int64_t value) {
    protobuf_put_u64(out, number, (uint64_t)value);
}

void protobuf_put_sint(struct buf *out, uint32_t number, int64_t value) {
    protobuf_put_u64(out, number, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void protobuf_put_bool(struct buf *out, uint32_t number, bool value) {
    protobuf_put_u64(out, number, value);
}

void protobuf_put_fixed32(struct buf *out, uint32_t number, uint32_t value) {
    append_tag(out, number, PROTOBUF_FIXED32);
    buf_append_u32(out, value);
}

void protobuf_put_fixed64(struct buf *out, uint32_t number, uint64_t value) {
    append_tag(out, number, PROTOBUF_FIXED64);
    buf_append_u64(out, value);
}

void protobuf_put_double(struct buf *out, uint32_t number, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    protobuf_put_fixed64(out, number, bits);
}

void protobuf_put_float(struct buf *out, uint32_t number, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    protobuf_put_fixed32(out, number, bits);
}

void protobuf_put_bytes(struct buf *out, uint32_t number, struct str bytes) {
    append_tag(out, number, PROTOBUF_BYTES);
    append_varint(out, bytes.len);
    buf_append_str(out, bytes);
}

size_t protobuf_begin(struct buf *out, uint32_t number) {
    append_tag(out, number, PROTOBUF_BYTES);
    return out->len;
}

/* The length goes before the content, which moves up to make room for it: shorter lengths on the wire are worth
 * more than the move. */
void protobuf_end(struct buf *out, size_t begin) {
    char prefix[VARINT_MAX_BYTES];
    if (out->failed)
        return;
    assert(begin <= out->len);
    size_t len = out->len - begin;
    size_t prefix_len = encode_varint(prefix, len);
    if (buf_reserve(out, prefix_len) == NULL)
        return;
    memmove(out->ptr + begin + prefix_len, out->ptr + begin, len);
    memcpy(out->ptr + begin, prefix, prefix_len);
    buf_commit(out, prefix_len);
}
