/* parquet_reader.c - pages and footers that we wrote, read with every size checked. */
#include "server/history/parquet.h"

#include "base/hash.h"
#include "server/history/encoding.h"
#include "server/history/inflate.h"
#include "server/history/parquet_format.h"
#include "server/history/thrift.h"

enum { PAGE_BYTES_MAX = 1 << 30 };

static enum err_code malformed(struct err *err, const char *what) {
    return err_set(err, ERR_CORRUPT, "a segment is damaged: %s", what);
}

/* ---- pages ---- */

struct page_header {
    int64_t type, raw_size, size, crc, values, encoding;
    bool has_crc;
};

static void read_data_header(struct byte_reader *in, struct page_header *header) {
    struct thrift_field field = { 0 };

    while (thrift_next_field(in, &field)) {
        if (field.id == DATA_VALUES)
            header->values = thrift_read_int(in, field.type);
        else if (field.id == DATA_ENCODING)
            header->encoding = thrift_read_int(in, field.type);
        else
            thrift_skip(in, field.type);
    }
}

static bool read_page_header(struct byte_reader *in, struct page_header *header) {
    struct thrift_field field = { 0 };

    *header = (struct page_header){ .type = -1, .encoding = -1 };
    while (thrift_next_field(in, &field)) {
        switch (field.id) {
        case PAGE_TYPE:
            header->type = thrift_read_int(in, field.type);
            break;
        case PAGE_RAW_SIZE:
            header->raw_size = thrift_read_int(in, field.type);
            break;
        case PAGE_SIZE:
            header->size = thrift_read_int(in, field.type);
            break;
        case PAGE_CRC:
            header->crc = thrift_read_int(in, field.type);
            header->has_crc = true;
            break;
        case PAGE_DATA_HEADER:
            if (field.type == THRIFT_STRUCT) {
                read_data_header(in, header);
                break;
            }
            __attribute__((fallthrough));
        default:
            thrift_skip(in, field.type);
        }
    }
    return !in->failed && header->type == PAGE_DATA;
}

static enum err_code inflate_page(struct byte_reader *in, const struct page_header *header, struct str *raw,
                                  struct arena *arena, struct err *err) {
    if (header->size < 0 || (uint64_t)header->size != bytes_left(in))
        return malformed(err, "a page's size");
    struct str packed = bytes_take(in, (uint64_t)header->size);
    if (header->has_crc && hash_crc32(0, packed) != (uint32_t)header->crc)
        return malformed(err, "a page's checksum");
    if (header->raw_size < 0 || header->raw_size > PAGE_BYTES_MAX)
        return malformed(err, "a page's inflated size");
    return inflate_exactly(raw, packed, (size_t)header->raw_size, arena) ? OK : malformed(err, "a page does not inflate");
}

static bool read_texts(struct byte_reader *in, struct column *out) {
    out->text = (const char *)in->cursor;
    for (uint32_t i = 0; i < out->count; i++) {
        uint32_t size = bytes_u32(in);
        out->values[i].text.offset = (uint32_t)((const char *)in->cursor - out->text);
        out->values[i].text.size = size;
        (void)bytes_take(in, size);
    }
    return !in->failed;
}

static bool read_values(struct byte_reader *in, const struct page_header *header, struct column *out, struct arena *arena) {
    switch (out->type) {
    case HISTORY_INT:
        return header->encoding == ENCODING_DELTA && decode_deltas(in, (int64_t *)out->values, out->count);
    case HISTORY_DOUBLE:
        return header->encoding == ENCODING_SPLIT &&
               decode_split(bytes_take(in, (uint64_t)out->count * 8), (uint64_t *)out->values, out->count);
    case HISTORY_BOOL: {
        bool *bits = ARENA_ARRAY(arena, bool, out->count);
        if (header->encoding != ENCODING_PLAIN || !decode_bits(bytes_take(in, (out->count + 7) / 8), bits, out->count))
            return false;
        for (uint32_t i = 0; i < out->count; i++)
            out->values[i].integer = bits[i];
        return true;
    }
    case HISTORY_STRING:
    case HISTORY_JSON:
        return header->encoding == ENCODING_PLAIN && read_texts(in, out);
    }
    return false;
}

/* Fills rows: those of the page that have a value. */
static bool read_present(struct byte_reader *in, const struct parquet_page *page, struct column *out, struct arena *arena) {
    bool *is_present = arena_alloc(arena, page->row_count);

    memset(is_present, 1, page->row_count);
    if (!page->is_required && !decode_levels(in, is_present, page->row_count))
        return false;
    out->count = 0;
    if (memchr(is_present, 0, page->row_count) == NULL) { /* most keys are in every row */
        for (uint32_t i = 0; i < page->row_count; i++)
            out->rows[i] = page->first_row + i;
        out->count = page->row_count;
        return true;
    }
    for (uint32_t i = 0; i < page->row_count; i++) {
        out->rows[out->count] = page->first_row + i;
        out->count += is_present[i];
    }
    return true;
}

enum err_code parquet_read_page(struct str bytes, const struct parquet_page *page, struct column *out, struct arena *arena,
                                struct err *err) {
    struct byte_reader in = bytes_from(bytes);
    struct page_header header;
    struct str raw;

    if (!read_page_header(&in, &header) || header.values != page->row_count)
        return malformed(err, "a page's header");
    TRY(inflate_page(&in, &header, &raw, arena, err));
    in = bytes_from(raw);
    out->type = page->type;
    if (!read_present(&in, page, out, arena))
        return malformed(err, "a page's levels");
    if (!read_values(&in, &header, out, arena) || in.failed || bytes_left(&in) > 0)
        return malformed(err, "a page's values");
    return OK;
}

/* ---- footer ---- */

struct footer_reader {
    struct byte_reader in;
    struct parquet_footer *footer;
    struct arena *arena;
    uint64_t file_size;
    uint32_t chunk_count;
};

static bool type_of(int64_t physical, enum history_type *type) {
    switch (physical) {
    case PHYSICAL_BOOLEAN:
        *type = HISTORY_BOOL;
        return true;
    case PHYSICAL_INT64:
        *type = HISTORY_INT;
        return true;
    case PHYSICAL_DOUBLE:
        *type = HISTORY_DOUBLE;
        return true;
    case PHYSICAL_BYTES:
        *type = HISTORY_STRING;
        return true;
    default:
        return false;
    }
}

static void read_schema_element(struct footer_reader *reader, uint32_t at) {
    struct thrift_field field = { 0 };
    struct parquet_column column = { 0 };
    int64_t physical = -1;

    while (thrift_next_field(&reader->in, &field)) {
        if (field.id == SCHEMA_TYPE)
            physical = thrift_read_int(&reader->in, field.type);
        else if (field.id == SCHEMA_REPETITION)
            column.is_required = thrift_read_int(&reader->in, field.type) == REPETITION_REQUIRED;
        else if (field.id == SCHEMA_NAME)
            column.name = thrift_read_binary(&reader->in, field.type);
        else
            thrift_skip(&reader->in, field.type);
    }
    if (at == 0)
        return; /* the root */
    if (!type_of(physical, &column.type))
        bytes_fail(&reader->in);
    reader->footer->columns[at - 1] = column;
}

static void read_schema(struct footer_reader *reader, enum thrift_type type) {
    enum thrift_type items;
    uint32_t count = thrift_read_list(&reader->in, type, &items);

    if (count == 0 || items != THRIFT_STRUCT || reader->footer->columns != NULL || count > SEGMENT_COLUMNS_MAX) {
        bytes_fail(&reader->in);
        return;
    }
    reader->footer->column_count = count - 1;
    reader->footer->columns = ARENA_ARRAY(reader->arena, struct parquet_column, count);
    for (uint32_t i = 0; i < count && !reader->in.failed; i++)
        read_schema_element(reader, i);
}

static void read_column_metadata(struct footer_reader *reader, struct parquet_column *column) {
    struct thrift_field field = { 0 };

    while (thrift_next_field(&reader->in, &field)) {
        if (field.id == COLUMN_VALUES)
            column->value_count = thrift_read_int(&reader->in, field.type);
        else if (field.id == COLUMN_SIZE)
            column->size_bytes = thrift_read_int(&reader->in, field.type);
        else if (field.id == COLUMN_FIRST_PAGE)
            column->first_page = thrift_read_int(&reader->in, field.type);
        else
            thrift_skip(&reader->in, field.type);
    }
    if (column->first_page < 0 || column->size_bytes < 0 || (uint64_t)column->first_page > reader->file_size ||
        (uint64_t)column->size_bytes > reader->file_size - (uint64_t)column->first_page)
        bytes_fail(&reader->in);
}

static void read_chunk(struct footer_reader *reader) {
    struct thrift_field field = { 0 };

    if (reader->chunk_count >= reader->footer->column_count) {
        bytes_fail(&reader->in);
        return;
    }
    struct parquet_column *column = &reader->footer->columns[reader->chunk_count++];
    while (thrift_next_field(&reader->in, &field)) {
        if (field.id == CHUNK_METADATA && field.type == THRIFT_STRUCT)
            read_column_metadata(reader, column);
        else
            thrift_skip(&reader->in, field.type);
    }
}

static void read_group(struct footer_reader *reader) {
    struct thrift_field field = { 0 };
    enum thrift_type items;

    while (thrift_next_field(&reader->in, &field)) {
        if (field.id != GROUP_COLUMNS) {
            thrift_skip(&reader->in, field.type);
            continue;
        }
        uint32_t count = thrift_read_list(&reader->in, field.type, &items);
        for (uint32_t i = 0; i < count && !reader->in.failed; i++)
            read_chunk(reader);
    }
}

static void read_metadata(struct footer_reader *reader, enum thrift_type type) {
    enum thrift_type items;
    uint32_t count = thrift_read_list(&reader->in, type, &items);

    for (uint32_t i = 0; i < count && !reader->in.failed; i++) {
        struct thrift_field field = { 0 };
        struct str key = STR_EMPTY, value = STR_EMPTY;
        while (thrift_next_field(&reader->in, &field)) {
            struct str text = thrift_read_binary(&reader->in, field.type);
            key = field.id == 1 ? text : key;
            value = field.id == 2 ? text : value;
        }
        if (str_eq(key, STR("barograph.columns")))
            reader->footer->marks = value;
    }
}

enum err_code parquet_read_footer(struct parquet_footer *out, struct str footer, uint64_t file_size, struct arena *arena,
                                  struct err *err) {
    struct footer_reader reader = { .in = bytes_from(footer), .footer = out, .arena = arena, .file_size = file_size };
    struct thrift_field field = { 0 };
    enum thrift_type items;

    *out = (struct parquet_footer){ .marks = STR_EMPTY };
    while (thrift_next_field(&reader.in, &field)) {
        if (field.id == FILE_SCHEMA) {
            read_schema(&reader, field.type);
        } else if (field.id == FILE_ROWS) {
            out->row_count = thrift_read_int(&reader.in, field.type);
        } else if (field.id == FILE_GROUPS) {
            uint32_t count = thrift_read_list(&reader.in, field.type, &items);
            for (uint32_t i = 0; i < count && !reader.in.failed; i++)
                read_group(&reader);
        } else if (field.id == FILE_METADATA) {
            read_metadata(&reader, field.type);
        } else {
            thrift_skip(&reader.in, field.type);
        }
    }
    if (reader.in.failed || reader.chunk_count != out->column_count || out->row_count < 0)
        return malformed(err, "its footer");
    return OK;
}
