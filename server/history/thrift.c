/* thrift.c - Thrift's compact protocol, the part Parquet's headers and footer need. */
#include "server/history/thrift.h"

#include <assert.h>

void thrift_writer_init(struct thrift_writer *writer, struct buf *out) {
    *writer = (struct thrift_writer){ .out = out };
}

static void field_header(struct thrift_writer *writer, int16_t id, enum thrift_type type) {
    int delta = id - writer->last_id[writer->depth];

    if (delta >= 1 && delta <= 15) {
        buf_append_char(writer->out, (char)(delta << 4 | (int)type));
    } else {
        buf_append_char(writer->out, (char)type);
        buf_append_zigzag(writer->out, id);
    }
    writer->last_id[writer->depth] = id;
}

void thrift_i32(struct thrift_writer *writer, int16_t id, int32_t value) {
    field_header(writer, id, THRIFT_I32);
    buf_append_zigzag(writer->out, value);
}

void thrift_i64(struct thrift_writer *writer, int16_t id, int64_t value) {
    field_header(writer, id, THRIFT_I64);
    buf_append_zigzag(writer->out, value);
}

void thrift_bool(struct thrift_writer *writer, int16_t id, bool value) {
    field_header(writer, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_binary(struct thrift_writer *writer, int16_t id, struct str bytes) {
    field_header(writer, id, THRIFT_BINARY);
    buf_append_sized(writer->out, bytes);
}

void thrift_list(struct thrift_writer *writer, int16_t id, enum thrift_type items, uint32_t count) {
    field_header(writer, id, THRIFT_LIST);
    if (count < 15) {
        buf_append_char(writer->out, (char)(count << 4 | (uint32_t)items));
    } else {
        buf_append_char(writer->out, (char)(0xf0 | (uint32_t)items));
        buf_append_varint(writer->out, count);
    }
}

void thrift_item_begin(struct thrift_writer *writer) {
    assert(writer->depth + 1 < THRIFT_DEPTH_MAX);
    writer->last_id[++writer->depth] = 0;
}

void thrift_struct_begin(struct thrift_writer *writer, int16_t id) {
    field_header(writer, id, THRIFT_STRUCT);
    thrift_item_begin(writer);
}

void thrift_struct_end(struct thrift_writer *writer) {
    buf_append_char(writer->out, THRIFT_STOP);
    if (writer->depth > 0)
        writer->depth--;
}

void thrift_item_i32(struct thrift_writer *writer, int32_t value) {
    buf_append_zigzag(writer->out, value);
}

void thrift_item_binary(struct thrift_writer *writer, struct str bytes) {
    buf_append_sized(writer->out, bytes);
}

bool thrift_next_field(struct byte_reader *in, struct thrift_field *field) {
    uint8_t header = bytes_u8(in);
    int delta = header >> 4;

    field->type = (enum thrift_type)(header & 0xf);
    if (in->failed || field->type == THRIFT_STOP)
        return false;
    field->id = (int16_t)(delta > 0 ? field->id + delta : bytes_zigzag(in));
    return !in->failed;
}

uint32_t thrift_read_list(struct byte_reader *in, enum thrift_type type, enum thrift_type *items) {
    *items = THRIFT_STOP;
    if (type != THRIFT_LIST && type != THRIFT_SET) {
        thrift_skip(in, type);
        return 0;
    }
    uint8_t header = bytes_u8(in);
    uint64_t count = header >> 4 < 15 ? header >> 4 : bytes_varint(in);
    *items = (enum thrift_type)(header & 0xf);
    if (count > bytes_left(in)) {
        bytes_fail(in);
        return 0;
    }
    return (uint32_t)count;
}

static void skip_value(struct byte_reader *in, enum thrift_type type, int depth);

static void skip_struct(struct byte_reader *in, int depth) {
    struct thrift_field field = { 0 };
    while (thrift_next_field(in, &field))
        skip_value(in, field.type, depth + 1);
}

/* In a list or map a boolean has a byte of its own; so each item takes at least one, and no count is endless. */
static void skip_item(struct byte_reader *in, enum thrift_type type, int depth) {
    if (type == THRIFT_TRUE || type == THRIFT_FALSE)
        (void)bytes_u8(in);
    else
        skip_value(in, type, depth);
}

static void skip_list(struct byte_reader *in, enum thrift_type type, int depth) {
    enum thrift_type items;
    uint32_t count = thrift_read_list(in, type, &items);
    for (uint32_t i = 0; i < count && !in->failed; i++)
        skip_item(in, items, depth + 1);
}

static void skip_map(struct byte_reader *in, int depth) {
    uint64_t count = bytes_varint(in);
    uint8_t types = count > 0 ? bytes_u8(in) : 0;
    for (uint64_t i = 0; i < count && !in->failed; i++) {
        skip_item(in, (enum thrift_type)(types >> 4), depth + 1);
        skip_item(in, (enum thrift_type)(types & 0xf), depth + 1);
    }
}

static void skip_value(struct byte_reader *in, enum thrift_type type, int depth) {
    if (depth >= THRIFT_DEPTH_MAX) {
        bytes_fail(in);
        return;
    }
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        break;
    case THRIFT_BYTE:
        (void)bytes_u8(in);
        break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        (void)bytes_varint(in);
        break;
    case THRIFT_DOUBLE:
        (void)bytes_u64(in);
        break;
    case THRIFT_BINARY:
        (void)bytes_take(in, bytes_varint(in));
        break;
    case THRIFT_LIST:
    case THRIFT_SET:
        skip_list(in, type, depth);
        break;
    case THRIFT_MAP:
        skip_map(in, depth);
        break;
    case THRIFT_STRUCT:
        skip_struct(in, depth);
        break;
    default:
        bytes_fail(in);
    }
}

void thrift_skip(struct byte_reader *in, enum thrift_type type) {
    skip_value(in, type, 0);
}

int64_t thrift_read_int(struct byte_reader *in, enum thrift_type type) {
    if (type == THRIFT_I16 || type == THRIFT_I32 || type == THRIFT_I64)
        return bytes_zigzag(in);
    thrift_skip(in, type);
    return 0;
}

struct str thrift_read_binary(struct byte_reader *in, enum thrift_type type) {
    if (type == THRIFT_BINARY)
        return bytes_take(in, bytes_varint(in));
    thrift_skip(in, type);
    return STR_EMPTY;
}
