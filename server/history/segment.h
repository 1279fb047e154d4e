/* segment.h - one Parquet file of a history, read by column and page with the help of its directory.
 *
 * A segment never changes. Open ones are kept in a cache, because a page of rows asks for the same ones again and again.
 *
 * Threads: the cache is shared; a segment may be read by many threads. Memory: segment_release.
 */
#ifndef SERVER_HISTORY_SEGMENT_H
#define SERVER_HISTORY_SEGMENT_H

#include "server/history/directory.h"
#include "server/history/overview.h"
#include "server/history/segment_files.h"

struct segment_cache;
struct segment_cache *segment_cache_create(size_t max_bytes);
void segment_cache_destroy(struct segment_cache *cache); /* NULL is fine; nothing may be held any more */

struct segment {
    struct str name; /* what the cache knows it by: ids of removed segments come again, names never */
    struct segment_files *files;
    struct segment_directory directory;
    struct arena *arena;
    /* the cache's */
    int held;
    uint64_t used_at;
    size_t size_bytes;
};

/* NULL when it is not in the cache. */
struct segment *segment_cache_hold(struct segment_cache *cache, struct str name);
/* Decodes the directory and puts it there, held. */
MUST_CHECK enum err_code segment_cache_add(struct segment_cache *cache, struct segment_files *files, struct str name, struct str directory,
                                           struct segment **out, struct err *err);
void segment_release(struct segment_cache *cache, struct segment *segment);

/* Rows [first, end) of a column, into the arena. Row numbers count from the segment's begin. */
MUST_CHECK enum err_code segment_read(const struct segment *segment, const struct segment_column *column, uint32_t first,
                                      uint32_t end, struct column *out, struct arena *arena, struct err *err);
/* The rows wanted, which ascend; reads no page that has none of them. Explicit nulls are left out. */
MUST_CHECK enum err_code segment_pick(const struct segment *segment, const struct segment_column *column,
                                      const uint32_t *rows, uint32_t count, struct column *out, struct arena *arena,
                                      struct err *err);
/* A required column of integers (_step, _line, _stream), rows [first, end). */
MUST_CHECK enum err_code segment_read_integers(const struct segment *segment, const struct segment_column *column,
                                               uint32_t first, uint32_t end, int64_t **out, struct arena *arena,
                                               struct err *err);
MUST_CHECK enum err_code segment_read_lines(const struct segment *segment, uint32_t first, uint32_t end, int64_t **out,
                                            struct arena *arena, struct err *err);
/* The first row whose step is >= step (row_count when there is none). */
MUST_CHECK enum err_code segment_find_step(const struct segment *segment, int64_t step, uint32_t *row, struct arena *arena,
                                           struct err *err);
/* Which rows hold an explicit null. */
MUST_CHECK enum err_code segment_read_nulls(const struct segment *segment, const struct segment_column *column,
                                            uint32_t **rows, struct arena *arena, struct err *err);

/* The overview of a column that has one (overview_size > 0), and its parts. */
MUST_CHECK enum err_code segment_read_overview(const struct segment *segment, const struct segment_column *column,
                                               struct overview_header *out, struct arena *arena, struct err *err);
MUST_CHECK enum err_code segment_read_buckets(const struct segment *segment, const struct segment_column *column,
                                              const struct overview_header *header, uint32_t level,
                                              struct overview_buckets *out, struct arena *arena, struct err *err);
MUST_CHECK enum err_code segment_read_samples(const struct segment *segment, const struct segment_column *column,
                                              const struct overview_header *header, uint32_t level,
                                              struct overview_samples *out, struct arena *arena, struct err *err);

#endif
