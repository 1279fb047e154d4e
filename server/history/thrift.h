/* thrift.h - Thrift's compact protocol, the part Parquet's headers and footer need. */
#ifndef SERVER_HISTORY_THRIFT_H
#define SERVER_HISTORY_THRIFT_H

#include "server/history/bytes.h"

enum thrift_type {
    THRIFT_STOP = 0,
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_SET = 10,
    THRIFT_MAP = 11,
    THRIFT_STRUCT = 12,
};

enum { THRIFT_DEPTH_MAX = 16 };

/* Field ids ascend within a struct; begin and end must pair. */
struct thrift_writer {
    struct buf *out;
    int16_t last_id[THRIFT_DEPTH_MAX];
    int depth;
};

void thrift_writer_init(struct thrift_writer *writer, struct buf *out);
void thrift_i32(struct thrift_writer *writer, int16_t id, int32_t value);
void thrift_i64(struct thrift_writer *writer, int16_t id, int64_t value);
void thrift_bool(struct thrift_writer *writer, int16_t id, bool value);
void thrift_binary(struct thrift_writer *writer, int16_t id, struct str bytes);
void thrift_list(struct thrift_writer *writer, int16_t id, enum thrift_type items, uint32_t count);
void thrift_struct_begin(struct thrift_writer *writer, int16_t id);
void thrift_item_begin(struct thrift_writer *writer); /* a struct that is an item of a list */
void thrift_struct_end(struct thrift_writer *writer); /* the outermost too */
void thrift_item_i32(struct thrift_writer *writer, int32_t value);
void thrift_item_binary(struct thrift_writer *writer, struct str bytes);

/* Reading: a loop over thrift_next_field, and thrift_skip for what is not wanted. The reader fails as bytes.h says. */
struct thrift_field {
    enum thrift_type type;
    int16_t id;
};
/* False at the end of the struct or on failure. `field` is zeroed before the first call. */
bool thrift_next_field(struct byte_reader *in, struct thrift_field *field);
void thrift_skip(struct byte_reader *in, enum thrift_type type);
/* Of a field whose type is another, zero, and the field is skipped. */
int64_t thrift_read_int(struct byte_reader *in, enum thrift_type type);
struct str thrift_read_binary(struct byte_reader *in, enum thrift_type type);
/* The number of items, never more than there are bytes left. */
uint32_t thrift_read_list(struct byte_reader *in, enum thrift_type type, enum thrift_type *items);

#endif
