/* protobuf.h - protocol buffers' wire format, field by field: no schemas, no generated code.
 *
 * The reader trusts nothing: each length is held against what remains. Its getters answer 0, false or the empty
 * text for a field of another wire type, as if it were unknown; unknown fields are skipped by not looking.
 *
 *     protobuf_reader_init(&reader, bytes);
 *     while (protobuf_next(&reader, &field))
 *         switch (field.number) {
 *         case 1: step = protobuf_i64(&field); break;
 *         case 2: TRY(parse_item(protobuf_bytes(&field), err)); break;
 *         }
 *     TRY(protobuf_check(&reader, "history record", err));
 *
 * Threads: none of its own. Memory: the reader borrows its input; the writer appends to a buf.
 */
#ifndef BASE_PROTOBUF_H
#define BASE_PROTOBUF_H

#include "base/buf.h"

/* Groups (3 and 4) have been out of use for longer than wandb has been there, and are malformed here. */
enum protobuf_wire { PROTOBUF_VARINT = 0, PROTOBUF_FIXED64 = 1, PROTOBUF_BYTES = 2, PROTOBUF_FIXED32 = 5 };

enum { PROTOBUF_LAST_FIELD = (1 << 29) - 1 };

struct protobuf_reader {
    struct str rest;
    bool is_malformed;
};

struct protobuf_field {
    uint32_t number; /* 1 to PROTOBUF_LAST_FIELD */
    enum protobuf_wire wire;
    uint64_t value;   /* of all but PROTOBUF_BYTES */
    struct str bytes; /* of PROTOBUF_BYTES: text, bytes, a message or packed numbers */
};

void protobuf_reader_init(struct protobuf_reader *reader, struct str bytes);
/* False at the end, or at what is malformed: ask protobuf_check. */
bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *field);
/* ERR_CORRUPT "malformed `what`" when reading stopped before the end. */
MUST_CHECK enum err_code protobuf_check(const struct protobuf_reader *reader, const char *what, struct err *err);

uint64_t protobuf_u64(const struct protobuf_field *field);  /* uint32, uint64, fixed32, fixed64 */
int64_t protobuf_i64(const struct protobuf_field *field);   /* int32, int64, enum, sfixed32, sfixed64 */
int64_t protobuf_sint(const struct protobuf_field *field);  /* sint32, sint64 */
bool protobuf_bool(const struct protobuf_field *field);
double protobuf_double(const struct protobuf_field *field); /* double and float */
struct str protobuf_bytes(const struct protobuf_field *field);

/* Takes one varint from the front of *bytes: the elements of a packed field. False when there is no whole one. */
bool protobuf_take_varint(struct str *bytes, uint64_t *out);

void protobuf_put_u64(struct buf *out, uint32_t number, uint64_t value);
void protobuf_put_i64(struct buf *out, uint32_t number, int64_t value);
void protobuf_put_sint(struct buf *out, uint32_t number, int64_t value);
void protobuf_put_bool(struct buf *out, uint32_t number, bool value);
void protobuf_put_double(struct buf *out, uint32_t number, double value);
void protobuf_put_float(struct buf *out, uint32_t number, float value);
void protobuf_put_fixed32(struct buf *out, uint32_t number, uint32_t value);
void protobuf_put_fixed64(struct buf *out, uint32_t number, uint64_t value);
void protobuf_put_bytes(struct buf *out, uint32_t number, struct str bytes);

/* A message inside: what is put between begin and end belongs to it. begin answers what end wants. */
size_t protobuf_begin(struct buf *out, uint32_t number);
void protobuf_end(struct buf *out, size_t begin);

#endif
