/* fuzz_protobuf.c - fields lie inside the message, and fields written again read back the same. */
#include "base/protobuf.h"

enum { DEPTH_MAX = 8 };

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void write_again(struct buf *out, const struct protobuf_field *field) {
    switch (field->wire) {
    case PROTOBUF_VARINT:
        protobuf_put_sint(out, field->number, protobuf_sint(field));
        break;
    case PROTOBUF_FIXED64:
        protobuf_put_fixed64(out, field->number, protobuf_u64(field));
        break;
    case PROTOBUF_FIXED32:
        protobuf_put_fixed32(out, field->number, (uint32_t)protobuf_u64(field));
        break;
    case PROTOBUF_BYTES: {
        size_t begin = protobuf_begin(out, field->number);
        buf_append_str(out, protobuf_bytes(field));
        protobuf_end(out, begin);
        break;
    }
    }
}

static void check_same(const struct protobuf_field *field) {
    struct buf out = BUF_INIT(64 << 20);
    struct protobuf_reader reader;
    struct protobuf_field again;
    write_again(&out, field);
    protobuf_reader_init(&reader, buf_str(&out));
    CHECK(!out.failed && protobuf_next(&reader, &again));
    CHECK(again.number == field->number && again.wire == field->wire && again.value == field->value);
    CHECK(str_eq(again.bytes, field->bytes) && !protobuf_next(&reader, &again));
    buf_finish(&out);
}

static void read_message(struct str bytes, int depth) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    uint64_t value;
    struct err err = { 0 };
    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field)) {
        CHECK(field.number >= 1 && field.number <= PROTOBUF_LAST_FIELD);
        check_same(&field);
        (void)protobuf_i64(&field);
        (void)protobuf_double(&field);
        (void)protobuf_bool(&field);
        struct str inside = protobuf_bytes(&field);
        if (inside.len > 0)
            CHECK(inside.ptr >= bytes.ptr && inside.ptr + inside.len <= bytes.ptr + bytes.len);
        if (depth < DEPTH_MAX)
            read_message(inside, depth + 1);
        while (protobuf_take_varint(&inside, &value))
            continue;
    }
    CHECK((protobuf_check(&reader, "message", &err) == OK) == (reader.rest.len == 0 && !reader.is_malformed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    read_message((struct str){ (const char *)data, size_bytes }, 0);
    return 0;
}
