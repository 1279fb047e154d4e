/* parquet.h - segments are Parquet files that any reader opens: one row group, flat columns, zstd pages with CRC.
 *
 * Integers are DELTA_BINARY_PACKED, doubles BYTE_STREAM_SPLIT, booleans and texts PLAIN. A column's pages lie behind
 * one another, so that a column is one range of the file. Written column by column: memory holds one at a time.
 *
 * Threads: none. Memory: the writer's is the arena's; parquet_writer_destroy gives back the compressor.
 */
#ifndef SERVER_HISTORY_PARQUET_H
#define SERVER_HISTORY_PARQUET_H

#include "server/history/directory.h"
#include "server/history/segment_files.h"

enum { HISTORY_FORMAT_VERSION = 1, PARQUET_TAIL_BYTES = 8 };

struct parquet_writer;
struct parquet_writer *parquet_writer_create(struct segment_file *file, uint32_t row_count, struct arena *arena);
void parquet_writer_destroy(struct parquet_writer *writer); /* NULL is fine */

/* Writes a column's pages. Required ones have a value in each row and no marks. Fills out->pages and the counts; the
 * name is the path with dots, made unique when two would look the same. */
MUST_CHECK enum err_code parquet_write_column(struct parquet_writer *writer, const struct column *column, bool is_required,
                                              struct segment_column *out, struct err *err);
/* Bytes of ours between the columns and the footer. */
MUST_CHECK enum err_code parquet_write_bytes(struct parquet_writer *writer, struct str bytes, uint64_t *offset, struct err *err);
/* first_line: of the first row, for files without a _line column. */
MUST_CHECK enum err_code parquet_finish(struct parquet_writer *writer, int64_t first_line, struct err *err);

/* Decodes one page: its rows are first_row and row_count more; out has room for row_count values and gets how many
 * there are. Texts are appended to the arena. ERR_CORRUPT on anything that is not a page we wrote. */
struct parquet_page {
    enum history_type type;
    bool is_required;
    uint32_t first_row, row_count;
};
MUST_CHECK enum err_code parquet_read_page(struct str bytes, const struct parquet_page *page, struct column *out,
                                           struct arena *arena, struct err *err);

/* The footer, for checks and for finding columns without a directory. */
struct parquet_column {
    struct str name;
    enum history_type type; /* JSON and string look the same here: string */
    bool is_required;
    int64_t value_count, first_page, size_bytes;
};
struct parquet_footer {
    int64_t row_count;
    struct parquet_column *columns;
    uint32_t column_count;
    struct str marks; /* our metadata: JSON */
};
/* footer: the bytes between the last page and the file's last eight. file_size bounds every range. */
MUST_CHECK enum err_code parquet_read_footer(struct parquet_footer *out, struct str footer, uint64_t file_size,
                                             struct arena *arena, struct err *err);

#endif
