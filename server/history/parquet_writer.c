/* parquet_writer.c - columns become pages and a footer. */
#include "server/history/parquet.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "server/history/encoding.h"
#include "server/history/parquet_format.h"
#include "server/history/thrift.h"

#include <math.h>
#include <zstd.h>

enum { SPLIT_VALUES_MIN = 1024 }; /* fewer are not worth a table for each stream */
enum { ZSTD_LEVEL = 1, PAGE_BYTES_MAX = 1 << 30, FOOTER_MAX = 1 << 30 };

struct written_column {
    struct str name, path;
    enum history_type type;
    bool is_required, has_range;
    union value min, max;
    uint32_t count;
    uint64_t offset, size_bytes, raw_size_bytes;
};

struct parquet_writer {
    struct segment_file *file;
    struct arena *arena;
    uint32_t row_count;
    struct buf raw, page, header;
    ZSTD_CCtx *zstd;
    struct written_column *columns;
    uint32_t column_count, column_room;
    struct map *names; /* those that are taken */
};

struct parquet_writer *parquet_writer_create(struct segment_file *file, uint32_t row_count, struct arena *arena) {
    struct parquet_writer *writer = ARENA_NEW(arena, struct parquet_writer);

    writer->file = file;
    writer->arena = arena;
    writer->row_count = row_count;
    writer->names = map_create(NULL);
    writer->zstd = ZSTD_createCCtx();
    if (writer->zstd == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)))
        log_fatal("out of memory: a compressor");
    buf_init(&writer->raw, PAGE_BYTES_MAX);
    buf_init(&writer->page, 2 * (size_t)PAGE_BYTES_MAX);
    buf_init(&writer->header, FOOTER_MAX);
    return writer;
}

void parquet_writer_destroy(struct parquet_writer *writer) {
    if (writer == NULL)
        return;
    ZSTD_freeCCtx(writer->zstd);
    map_destroy(writer->names);
    buf_finish(&writer->raw);
    buf_finish(&writer->page);
    buf_finish(&writer->header);
}

/* ---- pages ---- */

static int32_t encoding_of(enum history_type type) {
    return type == HISTORY_INT ? ENCODING_DELTA : type == HISTORY_DOUBLE ? ENCODING_SPLIT : ENCODING_PLAIN;
}

static int32_t physical_of(enum history_type type) {
    switch (type) {
    case HISTORY_INT:
        return PHYSICAL_INT64;
    case HISTORY_DOUBLE:
        return PHYSICAL_DOUBLE;
    case HISTORY_BOOL:
        return PHYSICAL_BOOLEAN;
    default:
        return PHYSICAL_BYTES;
    }
}

static void put_values(struct buf *out, const struct column *column, uint32_t from, uint32_t count, bool *bits) {
    const union value *values = column->values + from;

    switch (column->type) {
    case HISTORY_INT:
        encode_deltas(out, (const int64_t *)values, count);
        break;
    case HISTORY_DOUBLE: {
        char *split = buf_reserve(out, (size_t)count * 8);
        if (split != NULL)
            encode_split(split, (const uint64_t *)values, count);
        buf_commit(out, split != NULL ? (size_t)count * 8 : 0);
        break;
    }
    case HISTORY_BOOL:
        for (uint32_t i = 0; i < count; i++)
            bits[i] = values[i].integer != 0;
        encode_bits(out, bits, count);
        break;
    case HISTORY_STRING:
    case HISTORY_JSON:
        for (uint32_t i = from; i < from + count; i++) {
            buf_append_u32(out, column->values[i].text.size);
            buf_append_str(out, column_text(column, i));
        }
        break;
    }
}

static void put_page_header(struct parquet_writer *writer, enum history_type type, uint32_t rows) {
    struct thrift_writer thrift;
    struct str page = buf_str(&writer->page);

    buf_reset(&writer->header);
    thrift_writer_init(&thrift, &writer->header);
    thrift_i32(&thrift, PAGE_TYPE, PAGE_DATA);
    thrift_i32(&thrift, PAGE_RAW_SIZE, (int32_t)writer->raw.len);
    thrift_i32(&thrift, PAGE_SIZE, (int32_t)page.len);
    thrift_i32(&thrift, PAGE_CRC, (int32_t)hash_crc32(0, page));
    thrift_struct_begin(&thrift, PAGE_DATA_HEADER);
    thrift_i32(&thrift, DATA_VALUES, (int32_t)rows);
    thrift_i32(&thrift, DATA_ENCODING, encoding_of(type));
    thrift_i32(&thrift, DATA_DEFINITION, ENCODING_RLE);
    thrift_i32(&thrift, DATA_REPETITION, ENCODING_RLE);
    thrift_struct_end(&thrift);
    thrift_struct_end(&thrift);
}

/* One frame, but each byte stream of split doubles in blocks of its own: a block has one Huffman table, and what suits
 * exponents does not suit mantissas (8% smaller on random walks). */
static size_t compress_split(struct parquet_writer *writer, char *out, size_t room, size_t levels_size, size_t stream_size) {
    ZSTD_outBuffer packed = { out, room, 0 };
    size_t result = ZSTD_CCtx_reset(writer->zstd, ZSTD_reset_session_only);

    if (!ZSTD_isError(result))
        result = ZSTD_CCtx_setPledgedSrcSize(writer->zstd, writer->raw.len);
    for (size_t end = levels_size, begin = 0; !ZSTD_isError(result) && begin < writer->raw.len; end += stream_size) {
        ZSTD_inBuffer part = { writer->raw.ptr + begin, end - begin, 0 };
        result = ZSTD_compressStream2(writer->zstd, &packed, &part, end == writer->raw.len ? ZSTD_e_end : ZSTD_e_flush);
        begin = end;
    }
    return ZSTD_isError(result) ? result : packed.pos;
}

static enum err_code compress_page(struct parquet_writer *writer, size_t split_values, struct err *err) {
    enum { STREAMS = 8 };
    TRY(buf_check(&writer->raw, "a page of a segment", err));
    size_t bound = ZSTD_compressBound(writer->raw.len) + STREAMS * 64, size;
    buf_reset(&writer->page);
    char *out = buf_reserve(&writer->page, bound);
    TRY(buf_check(&writer->page, "a page of a segment", err));
    if (split_values >= SPLIT_VALUES_MIN)
        size = compress_split(writer, out, bound, writer->raw.len - STREAMS * split_values, split_values);
    else
        size = ZSTD_compress2(writer->zstd, out, bound, writer->raw.ptr, writer->raw.len);
    if (ZSTD_isError(size))
        return err_set(err, ERR_INTERNAL, "cannot compress a page: %s", ZSTD_getErrorName(size));
    buf_commit(&writer->page, size);
    return OK;
}

/* Rows [first, first + rows), whose values begin at `from`. */
static enum err_code write_page(struct parquet_writer *writer, const struct column *column, bool is_required, uint32_t first,
                                uint32_t rows, uint32_t from, uint32_t count, struct err *err) {
    bool flags[SEGMENT_PAGE_ROWS];

    buf_reset(&writer->raw);
    if (!is_required) {
        memset(flags, 0, rows);
        for (uint32_t i = from; i < from + count; i++)
            flags[column->rows[i] - first] = true;
        encode_levels(&writer->raw, flags, rows);
    }
    put_values(&writer->raw, column, from, count, flags);
    TRY(compress_page(writer, column->type == HISTORY_DOUBLE ? count : 0, err));
    put_page_header(writer, column->type, rows);
    TRY(segment_file_append(writer->file, buf_str(&writer->header), err));
    return segment_file_append(writer->file, buf_str(&writer->page), err);
}

/* Parquet's range: NaN is not in it, infinities are; a zero stands for both zeros. */
static void find_range(const struct column *column, struct written_column *out) {
    for (uint32_t i = 0; i < column->count; i++) {
        union value value = column->values[i];
        if (column->type == HISTORY_DOUBLE && isnan(value.number))
            continue;
        bool is_less = column->type == HISTORY_DOUBLE ? value.number < out->min.number : value.integer < out->min.integer;
        bool is_more = column->type == HISTORY_DOUBLE ? value.number > out->max.number : value.integer > out->max.integer;
        if (!out->has_range || is_less)
            out->min = value;
        if (!out->has_range || is_more)
            out->max = value;
        out->has_range = true;
    }
    if (out->has_range && column->type == HISTORY_DOUBLE && out->min.number == 0)
        out->min.number = -0.0;
    if (out->has_range && column->type == HISTORY_DOUBLE && out->max.number == 0)
        out->max.number = 0.0;
}

/* "a.b~2" when "a.b" is taken. */
static struct str unique_name(struct parquet_writer *writer, struct str path) {
    struct str name = path_to_name(path, writer->arena), tried = name;

    for (int number = 2; map_find(writer->names, tried) != NULL; number++)
        tried = arena_printf(writer->arena, "%.*s~%d", STR_ARG(name), number);
    map_put(writer->names, tried, writer);
    return tried;
}

enum err_code parquet_write_column(struct parquet_writer *writer, const struct column *column, bool is_required,
                                   struct segment_column *out, struct err *err) {
    struct written_column written = { .path = column->path, .type = column->type, .is_required = is_required, .count = column->count };
    uint32_t page_count = directory_page_count(writer->row_count), from = 0;

    if (segment_file_size(writer->file) == 0)
        TRY(segment_file_append(writer->file, STR("PAR1"), err));
    written.name = unique_name(writer, column->path);
    written.offset = segment_file_size(writer->file);
    if (column_is_numeric(column->type) && column->type != HISTORY_BOOL)
        find_range(column, &written);
    out->pages = ARENA_ARRAY(writer->arena, struct segment_page, page_count);
    for (uint32_t page = 0; page < page_count; page++) {
        uint32_t first = directory_page_first(page), rows = writer->row_count - first;
        rows = rows < SEGMENT_PAGE_ROWS ? rows : SEGMENT_PAGE_ROWS;
        uint32_t end = from + column_lower_bound(column->rows + from, column->count - from, first + rows);
        uint64_t offset = segment_file_size(writer->file);
        TRY(write_page(writer, column, is_required, first, rows, from, end - from, err));
        uint32_t size = (uint32_t)(segment_file_size(writer->file) - offset);
        out->pages[page] = (struct segment_page){ offset, size, end - from };
        written.raw_size_bytes += writer->raw.len + writer->header.len;
        from = end;
    }
    written.size_bytes = segment_file_size(writer->file) - written.offset;
    if (writer->column_count == writer->column_room) {
        uint32_t room = writer->column_room == 0 ? 32 : writer->column_room * 2;
        writer->columns = arena_grow(writer->arena, writer->columns, writer->column_count, room, sizeof(*writer->columns));
        writer->column_room = room;
    }
    writer->columns[writer->column_count++] = written;
    out->path = column->path;
    out->type = column->type;
    out->count = column->count;
    out->null_count = column->null_count;
    return OK;
}

enum err_code parquet_write_bytes(struct parquet_writer *writer, struct str bytes, uint64_t *offset, struct err *err) {
    *offset = segment_file_size(writer->file);
    return segment_file_append(writer->file, bytes, err);
}

/* ---- footer ---- */

static void put_schema(struct thrift_writer *thrift, const struct parquet_writer *writer) {
    thrift_list(thrift, FILE_SCHEMA, THRIFT_STRUCT, writer->column_count + 1);
    thrift_item_begin(thrift);
    thrift_binary(thrift, SCHEMA_NAME, STR("schema"));
    thrift_i32(thrift, SCHEMA_CHILDREN, (int32_t)writer->column_count);
    thrift_struct_end(thrift);
    for (uint32_t i = 0; i < writer->column_count; i++) {
        const struct written_column *column = &writer->columns[i];
        thrift_item_begin(thrift);
        thrift_i32(thrift, SCHEMA_TYPE, physical_of(column->type));
        thrift_i32(thrift, SCHEMA_REPETITION, column->is_required ? REPETITION_REQUIRED : REPETITION_OPTIONAL);
        thrift_binary(thrift, SCHEMA_NAME, column->name);
        if (column_is_text(column->type)) {
            thrift_i32(thrift, SCHEMA_CONVERTED, CONVERTED_UTF8);
            thrift_struct_begin(thrift, SCHEMA_LOGICAL);
            thrift_struct_begin(thrift, 1); /* STRING */
            thrift_struct_end(thrift);
            thrift_struct_end(thrift);
        }
        thrift_struct_end(thrift);
    }
}

static void put_statistics(struct thrift_writer *thrift, const struct written_column *column, uint32_t row_count) {
    thrift_struct_begin(thrift, COLUMN_STATISTICS);
    thrift_i64(thrift, STATISTICS_NULLS, row_count - column->count);
    if (column->has_range) {
        thrift_binary(thrift, STATISTICS_MAX, (struct str){ (const char *)&column->max, 8 });
        thrift_binary(thrift, STATISTICS_MIN, (struct str){ (const char *)&column->min, 8 });
    }
    thrift_struct_end(thrift);
}

static void put_chunk(struct thrift_writer *thrift, const struct written_column *column, uint32_t row_count) {
    thrift_item_begin(thrift);
    thrift_i64(thrift, CHUNK_OFFSET, 0);
    thrift_struct_begin(thrift, CHUNK_METADATA);
    thrift_i32(thrift, COLUMN_TYPE, physical_of(column->type));
    thrift_list(thrift, COLUMN_ENCODINGS, THRIFT_I32, 2);
    thrift_item_i32(thrift, encoding_of(column->type));
    thrift_item_i32(thrift, ENCODING_RLE);
    thrift_list(thrift, COLUMN_PATH, THRIFT_BINARY, 1);
    thrift_item_binary(thrift, column->name);
    thrift_i32(thrift, COLUMN_CODEC, CODEC_ZSTD);
    thrift_i64(thrift, COLUMN_VALUES, row_count);
    thrift_i64(thrift, COLUMN_RAW_SIZE, (int64_t)column->raw_size_bytes);
    thrift_i64(thrift, COLUMN_SIZE, (int64_t)column->size_bytes);
    thrift_i64(thrift, COLUMN_FIRST_PAGE, (int64_t)column->offset);
    put_statistics(thrift, column, row_count);
    thrift_struct_end(thrift);
    thrift_struct_end(thrift);
}

static void put_row_group(struct thrift_writer *thrift, const struct parquet_writer *writer) {
    uint64_t raw_size = 0, size = 0;

    for (uint32_t i = 0; i < writer->column_count; i++) {
        raw_size += writer->columns[i].raw_size_bytes;
        size += writer->columns[i].size_bytes;
    }
    thrift_list(thrift, FILE_GROUPS, THRIFT_STRUCT, 1);
    thrift_item_begin(thrift);
    thrift_list(thrift, GROUP_COLUMNS, THRIFT_STRUCT, writer->column_count);
    for (uint32_t i = 0; i < writer->column_count; i++)
        put_chunk(thrift, &writer->columns[i], writer->row_count);
    thrift_i64(thrift, GROUP_BYTES, (int64_t)raw_size);
    thrift_i64(thrift, GROUP_ROWS, writer->row_count);
    thrift_i64(thrift, GROUP_OFFSET, 4);
    thrift_i64(thrift, GROUP_SIZE, (int64_t)size);
    thrift_struct_end(thrift);
}

/* What Parquet cannot say: where nested keys were cut, and which texts are JSON. Only columns that differ from a plain
 * key are listed. */
static void put_marks(struct buf *out, const struct parquet_writer *writer) {
    struct json_writer json;

    json_writer_init(&json, out, JSON_STRICT);
    json_object_begin(&json);
    for (uint32_t i = 0; i < writer->column_count; i++) {
        const struct written_column *column = &writer->columns[i];
        struct str part, rest = column->path;
        if (column->type != HISTORY_JSON && str_eq(column->name, column->path))
            continue;
        json_key(&json, column->name);
        json_object_begin(&json);
        json_key(&json, STR("path"));
        json_array_begin(&json);
        while (str_cut(rest, PATH_SEPARATOR, &part, &rest))
            json_string(&json, part);
        json_string(&json, part);
        json_array_end(&json);
        if (column->type == HISTORY_JSON) {
            json_key(&json, STR("json"));
            json_bool(&json, true);
        }
        json_object_end(&json);
    }
    json_object_end(&json);
}

static void put_metadata(struct thrift_writer *thrift, const struct parquet_writer *writer, int64_t first_line) {
    struct buf marks = BUF_INIT(FOOTER_MAX);
    struct str version = arena_printf(writer->arena, "%d", HISTORY_FORMAT_VERSION);
    struct str line = arena_printf(writer->arena, "%lld", (long long)first_line);

    put_marks(&marks, writer);
    thrift_list(thrift, FILE_METADATA, THRIFT_STRUCT, 3);
    thrift_item_begin(thrift);
    thrift_binary(thrift, 1, STR("barograph.first_line"));
    thrift_binary(thrift, 2, line);
    thrift_struct_end(thrift);
    thrift_item_begin(thrift);
    thrift_binary(thrift, 1, STR("barograph.version"));
    thrift_binary(thrift, 2, version);
    thrift_struct_end(thrift);
    thrift_item_begin(thrift);
    thrift_binary(thrift, 1, STR("barograph.columns"));
    thrift_binary(thrift, 2, buf_str(&marks));
    thrift_struct_end(thrift);
    thrift->out->failed |= marks.failed;
    buf_finish(&marks);
}

enum err_code parquet_finish(struct parquet_writer *writer, int64_t first_line, struct err *err) {
    struct buf *footer = &writer->header;
    struct thrift_writer thrift;

    buf_reset(footer);
    thrift_writer_init(&thrift, footer);
    thrift_i32(&thrift, FILE_VERSION, 2);
    put_schema(&thrift, writer);
    thrift_i64(&thrift, FILE_ROWS, writer->row_count);
    put_row_group(&thrift, writer);
    put_metadata(&thrift, writer, first_line);
    thrift_binary(&thrift, FILE_CREATED_BY, STR("barograph version " BAROGRAPH_VERSION));
    thrift_list(&thrift, FILE_ORDERS, THRIFT_STRUCT, writer->column_count);
    for (uint32_t i = 0; i < writer->column_count; i++) {
        thrift_item_begin(&thrift);
        thrift_struct_begin(&thrift, 1); /* the order that the type defines */
        thrift_struct_end(&thrift);
        thrift_struct_end(&thrift);
    }
    thrift_struct_end(&thrift);
    uint32_t size = (uint32_t)footer->len;
    buf_append_u32(footer, size);
    buf_append_str(footer, STR("PAR1"));
    TRY(buf_check(footer, "a segment's footer", err));
    return segment_file_append(writer->file, buf_str(footer), err);
}
