/* log_file.c - see log_file.h. */
#include "client/log/log_file.h"

#include "base/hash.h"

enum chunk_type { CHUNK_ZERO = 0, CHUNK_FULL = 1, CHUNK_FIRST = 2, CHUNK_MIDDLE = 3, CHUNK_LAST = 4 };

static const unsigned char header[LOG_FILE_HEADER_BYTES] = { ':', 'W', '&', 'B', 0xE1, 0xBE, 0 };

void log_file_append_header(struct buf *out) {
    buf_append(out, header, sizeof header);
}

static size_t left_in_block(uint64_t offset) {
    return (size_t)(LOG_FILE_BLOCK_BYTES - offset % LOG_FILE_BLOCK_BYTES);
}

static size_t padding_at(uint64_t offset) {
    size_t left = left_in_block(offset);
    return left < LOG_FILE_CHUNK_HEADER_BYTES ? left : 0;
}

uint64_t log_file_record_bytes(uint64_t offset, size_t record_bytes) {
    uint64_t end = offset;
    size_t left = record_bytes;
    do {
        end += padding_at(end);
        size_t room = left_in_block(end) - LOG_FILE_CHUNK_HEADER_BYTES;
        size_t taken = left < room ? left : room;
        end += LOG_FILE_CHUNK_HEADER_BYTES + taken;
        left -= taken;
    } while (left > 0);
    return end - offset;
}

static uint32_t chunk_crc(unsigned char type, struct str data) {
    uint32_t crc = hash_crc32(0, (struct str){ (const char *)&type, 1 });
    return hash_crc32(crc, data);
}

static void append_chunk(struct buf *out, enum chunk_type type, struct str data) {
    buf_append_u32(out, chunk_crc((unsigned char)type, data));
    buf_append_u16(out, (uint16_t)data.len);
    buf_append_char(out, (char)type);
    buf_append_str(out, data);
}

static enum chunk_type type_of(bool is_first, bool is_last) {
    if (is_first)
        return is_last ? CHUNK_FULL : CHUNK_FIRST;
    return is_last ? CHUNK_LAST : CHUNK_MIDDLE;
}

void log_file_append(struct buf *out, uint64_t offset, struct str record) {
    static const char zeros[LOG_FILE_CHUNK_HEADER_BYTES];
    uint64_t at = offset;
    bool is_first = true;
    do {
        size_t padding = padding_at(at);
        buf_append(out, zeros, padding);
        at += padding;
        size_t room = left_in_block(at) - LOG_FILE_CHUNK_HEADER_BYTES;
        struct str data = str_slice(record, 0, room);
        record = str_from(record, data.len);
        append_chunk(out, type_of(is_first, record.len == 0), data);
        at += LOG_FILE_CHUNK_HEADER_BYTES + data.len;
        is_first = false;
    } while (record.len > 0);
}

/* ---- reading ---- */

void log_file_reader_init(struct log_file_reader *reader, size_t max_record_bytes) {
    *reader = (struct log_file_reader){ 0 };
    buf_init(&reader->record, max_record_bytes);
}

void log_file_reader_finish(struct log_file_reader *reader) {
    buf_finish(&reader->record);
}

static enum log_file_read torn(struct log_file_reader *reader, const char *message) {
    reader->message = message;
    return LOG_FILE_TORN;
}

struct chunk {
    enum chunk_type type;
    struct str data;
    size_t size_bytes; /* in the file, padding before it included */
};

static uint32_t read_u32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The chunk at `offset`, or LOG_FILE_END when its bytes are not all there. */
static enum log_file_read read_chunk(struct log_file_reader *reader, uint64_t offset, struct str bytes, struct chunk *out) {
    size_t padding = padding_at(offset);
    if (bytes.len < padding + LOG_FILE_CHUNK_HEADER_BYTES)
        return LOG_FILE_END;
    const unsigned char *p = (const unsigned char *)bytes.ptr + padding;
    uint32_t crc = read_u32(p);
    size_t len = (size_t)p[4] | (size_t)p[5] << 8;
    /* Pages that were set aside and not written yet, or the rest of a block that a writer gave up. */
    if (crc == 0 && len == 0 && p[6] == CHUNK_ZERO)
        return LOG_FILE_END;
    if (p[6] < CHUNK_FULL || p[6] > CHUNK_LAST)
        return torn(reader, "a chunk of unknown type");
    if (len > left_in_block(offset + padding) - LOG_FILE_CHUNK_HEADER_BYTES)
        return torn(reader, "a chunk is longer than its block");
    if (bytes.len < padding + LOG_FILE_CHUNK_HEADER_BYTES + len)
        return LOG_FILE_END;
    out->type = (enum chunk_type)p[6];
    out->data = str_slice(bytes, padding + LOG_FILE_CHUNK_HEADER_BYTES, len);
    out->size_bytes = padding + LOG_FILE_CHUNK_HEADER_BYTES + len;
    return chunk_crc(p[6], out->data) == crc ? LOG_FILE_RECORD : torn(reader, "a chunk's checksum does not match");
}

static enum log_file_read read_header(struct log_file_reader *reader, struct str *bytes) {
    if (bytes->len < sizeof header)
        return LOG_FILE_END;
    if (memcmp(bytes->ptr, header, sizeof header) != 0)
        return torn(reader, "not a transaction log of this version");
    reader->offset = sizeof header;
    reader->has_header = true;
    *bytes = str_from(*bytes, sizeof header);
    return LOG_FILE_RECORD;
}

static bool is_zero_to_block_end(uint64_t offset, struct str bytes) {
    size_t left = left_in_block(offset);
    if (bytes.len <= left)
        return false;
    for (size_t i = 0; i < left; i++)
        if (bytes.ptr[i] != 0)
            return false;
    return true;
}

enum log_file_read log_file_next(struct log_file_reader *reader, struct str bytes, struct str *record) {
    struct chunk chunk;
    bool is_inside = false;

    if (!reader->has_header) {
        enum log_file_read result = read_header(reader, &bytes);
        if (result != LOG_FILE_RECORD)
            return result;
    }
    uint64_t at = reader->offset;
    buf_reset(&reader->record);
    for (;;) {
        enum log_file_read result = read_chunk(reader, at, bytes, &chunk);
        if (result == LOG_FILE_END && !is_inside && is_zero_to_block_end(at, bytes)) {
            size_t left = left_in_block(at);
            at += left;
            reader->offset = at;
            bytes = str_from(bytes, left);
            continue;
        }
        if (result != LOG_FILE_RECORD)
            return result;
        bool begins = chunk.type == CHUNK_FULL || chunk.type == CHUNK_FIRST;
        if (begins == is_inside) {
            /* What is inside lost its beginning, or its end: its pieces are passed over. */
            if (begins)
                return torn(reader, "a record has no end");
            at += chunk.size_bytes;
            reader->offset = at;
            bytes = str_from(bytes, chunk.size_bytes);
            continue;
        }
        buf_append_str(&reader->record, chunk.data);
        if (reader->record.failed)
            return torn(reader, "a record is larger than is accepted");
        at += chunk.size_bytes;
        bytes = str_from(bytes, chunk.size_bytes);
        is_inside = true;
        if (chunk.type == CHUNK_FULL || chunk.type == CHUNK_LAST)
            break;
    }
    reader->offset = at;
    *record = buf_str(&reader->record);
    return LOG_FILE_RECORD;
}

void log_file_skip_damage(struct log_file_reader *reader) {
    reader->offset += left_in_block(reader->offset);
    reader->has_header = true;
}
