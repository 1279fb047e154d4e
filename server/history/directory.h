/* directory.h - what SQL keeps of a segment's inside: its pages and columns with their ranges and statistics, so that
 * reading one column costs one range read and no footer. Version 1; docs/history-format.md.
 *
 * All columns have their page boundaries at the same rows. Memory: the arena given to directory_decode.
 */
#ifndef SERVER_HISTORY_DIRECTORY_H
#define SERVER_HISTORY_DIRECTORY_H

#include "server/history/column.h"

enum { SEGMENT_ROWS_MAX = 1 << 23, SEGMENT_COLUMNS_MAX = 1 << 20, SEGMENT_PAGE_ROWS = 1 << 14 };

struct segment_page {
    uint64_t offset;     /* in the file */
    uint32_t size_bytes; /* header included */
    uint32_t count;      /* values that are there */
};

struct segment_column {
    struct str path;
    enum history_type type;
    uint32_t count, null_count, nonfinite_count;
    union value min, max; /* of finite numbers; only when there are some */
    union value first, last; /* of numbers */
    int64_t last_step;
    bool is_monotonic;      /* numbers, none of them NaN, that never go down */
    uint64_t text_bytes;    /* of all texts together */
    struct str last_text;   /* of texts, when short */
    uint64_t overview_offset;
    uint32_t overview_size; /* 0: none */
    struct segment_page *pages;
};

struct segment_directory {
    uint32_t row_count, page_count, column_count;
    int64_t *page_steps; /* the first step of each page */
    int64_t last_step;
    int64_t first_line;                          /* when lines.count is 0: row i has line first_line + i */
    struct segment_column steps, lines, streams; /* streams.count 0: all rows are of stream 0 */
    struct segment_column *columns;              /* sorted by path */
};

void directory_encode(struct buf *out, const struct segment_directory *directory);
MUST_CHECK enum err_code directory_decode(struct segment_directory *out, struct str encoded, struct arena *arena,
                                          struct err *err);

static inline uint32_t directory_page_count(uint32_t row_count) {
    return (row_count + SEGMENT_PAGE_ROWS - 1) / SEGMENT_PAGE_ROWS;
}
static inline uint32_t directory_page_first(uint32_t page) {
    return page * SEGMENT_PAGE_ROWS;
}
static inline uint32_t directory_page_rows(const struct segment_directory *directory, uint32_t page) {
    uint32_t left = directory->row_count - directory_page_first(page);
    return left < SEGMENT_PAGE_ROWS ? left : SEGMENT_PAGE_ROWS;
}

#endif
