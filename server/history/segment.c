/* segment.c - reading segments by column and page, and the cache of their directories. */
#include "server/history/segment.h"

#include "base/log.h"
#include "server/history/overview.h"
#include "server/history/parquet.h"

#include <pthread.h>

/* ---- the cache ---- */

struct segment_cache {
    pthread_mutex_t lock; /* guards everything here, and what segments say is the cache's */
    struct segment **segments;
    size_t count, room, size_bytes, max_bytes;
    uint64_t clock;
};

struct segment_cache *segment_cache_create(size_t max_bytes) {
    struct segment_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL)
        log_fatal("out of memory: a cache of segments");
    pthread_mutex_init(&cache->lock, NULL);
    cache->max_bytes = max_bytes;
    return cache;
}

static void drop(struct segment_cache *cache, size_t at) {
    cache->size_bytes -= cache->segments[at]->size_bytes;
    arena_destroy(cache->segments[at]->arena);
    cache->segments[at] = cache->segments[--cache->count];
}

void segment_cache_destroy(struct segment_cache *cache) {
    if (cache == NULL)
        return;
    while (cache->count > 0)
        drop(cache, cache->count - 1);
    free(cache->segments);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct segment *hold_locked(struct segment_cache *cache, struct str name) {
    for (size_t i = 0; i < cache->count; i++)
        if (str_eq(cache->segments[i]->name, name)) {
            cache->segments[i]->held++;
            cache->segments[i]->used_at = ++cache->clock;
            return cache->segments[i];
        }
    return NULL;
}

struct segment *segment_cache_hold(struct segment_cache *cache, struct str name) {
    pthread_mutex_lock(&cache->lock);
    struct segment *segment = hold_locked(cache, name);
    pthread_mutex_unlock(&cache->lock);
    return segment;
}

/* Drops what nobody holds, the longest unused first, until there is room. */
static void make_room(struct segment_cache *cache) {
    while (cache->size_bytes > cache->max_bytes) {
        size_t oldest = SIZE_MAX;
        for (size_t i = 0; i < cache->count; i++)
            if (cache->segments[i]->held == 0 &&
                (oldest == SIZE_MAX || cache->segments[i]->used_at < cache->segments[oldest]->used_at))
                oldest = i;
        if (oldest == SIZE_MAX)
            return;
        drop(cache, oldest);
    }
}

static void insert_locked(struct segment_cache *cache, struct segment *segment) {
    if (cache->count == cache->room) {
        size_t room = cache->room == 0 ? 64 : cache->room * 2;
        struct segment **grown = realloc(cache->segments, room * sizeof(*grown));
        if (grown == NULL)
            log_fatal("out of memory: %zu cached segments", room);
        cache->segments = grown;
        cache->room = room;
    }
    segment->held = 1;
    segment->used_at = ++cache->clock;
    segment->size_bytes = arena_used_bytes(segment->arena);
    cache->size_bytes += segment->size_bytes;
    cache->segments[cache->count++] = segment;
    make_room(cache);
}

enum err_code segment_cache_add(struct segment_cache *cache, struct segment_files *files, struct str name, struct str directory,
                                struct segment **out, struct err *err) {
    struct arena *arena = arena_create();
    struct segment *segment = ARENA_NEW(arena, struct segment);

    segment->files = files;
    segment->arena = arena;
    segment->name = arena_copy(arena, name);
    enum err_code code = directory_decode(&segment->directory, directory, arena, err);
    if (code != OK) {
        arena_destroy(arena);
        return err_add_context(err, "segment '%.*s'", STR_ARG(name));
    }
    pthread_mutex_lock(&cache->lock);
    *out = hold_locked(cache, name); /* another thread may have been quicker */
    if (*out == NULL)
        insert_locked(cache, *out = segment);
    pthread_mutex_unlock(&cache->lock);
    if (*out != segment)
        arena_destroy(arena);
    return OK;
}

void segment_release(struct segment_cache *cache, struct segment *segment) {
    pthread_mutex_lock(&cache->lock);
    segment->held--;
    make_room(cache);
    pthread_mutex_unlock(&cache->lock);
}

/* ---- pages ---- */

static uint32_t page_of(uint32_t row) {
    return row / SEGMENT_PAGE_ROWS;
}

/* Collects pages into one column, keeping the rows in [first, end). */
struct gathering {
    struct column *out;
    struct buf text;
};

static void gather(struct gathering *gathering, const struct column *page, uint32_t from, uint32_t to) {
    struct column *out = gathering->out;

    if (from == to)
        return;
    memcpy(out->rows + out->count, page->rows + from, (to - from) * sizeof(*out->rows));
    memcpy(out->values + out->count, page->values + from, (to - from) * sizeof(*out->values));
    if (column_is_text(out->type)) {
        struct str last = column_text(page, to - 1);
        const char *begin = column_text(page, from).ptr;
        uint32_t moved = (uint32_t)gathering->text.len - page->values[from].text.offset;
        buf_append(&gathering->text, begin, (size_t)(last.ptr + last.len - begin));
        for (uint32_t i = 0; i < to - from; i++)
            out->values[out->count + i].text.offset += moved;
    }
    out->count += to - from;
}

static enum err_code decode_page(const struct segment *segment, const struct segment_column *column, struct str bytes,
                                 uint32_t page, struct column *out, struct arena *arena, struct err *err) {
    uint32_t rows = directory_page_rows(&segment->directory, page);
    const struct segment_directory *directory = &segment->directory;
    bool is_required = column == &directory->steps || column == &directory->lines || column == &directory->streams;
    struct parquet_page wanted = { column->type, is_required, directory_page_first(page), rows };

    out->rows = ARENA_ARRAY(arena, uint32_t, rows + 1);
    out->values = ARENA_ARRAY(arena, union value, rows);
    enum err_code code = parquet_read_page(bytes, &wanted, out, arena, err);
    if (code == OK && out->count != column->pages[page].count)
        code = err_set(err, ERR_CORRUPT, "page %u has %u values, its directory says %u", page, out->count,
                       column->pages[page].count);
    return code;
}

enum { DAMAGE_TRIES = 3 };

/* Bytes that are damaged on their way from a bucket are whole when they are read again. */
static bool is_worth_reading_again(const struct segment *segment, enum err_code code, int tries, const struct err *err) {
    if (code == ERR_CORRUPT)
        segment_files_forget(segment->files, segment->name);
    if (code != ERR_CORRUPT || tries == DAMAGE_TRIES || !segment_files_is_far(segment->files, segment->name))
        return false;
    log_warn("segment '%.*s': %s: reading it again", STR_ARG(segment->name), err->message);
    return true;
}

/* bytes: where the page was read to. */
static enum err_code read_page(const struct segment *segment, const struct segment_column *column, char *bytes, uint32_t page,
                               struct column *out, struct arena *arena, struct err *err) {
    const struct segment_page *where = &column->pages[page];
    struct str content = { bytes, where->size_bytes };
    enum err_code code = decode_page(segment, column, content, page, out, arena, err);

    for (int tries = 1; is_worth_reading_again(segment, code, tries, err); tries++) {
        TRY(segment_files_read(segment->files, segment->name, where->offset, where->size_bytes, bytes, err));
        code = decode_page(segment, column, content, page, out, arena, err);
    }
    return code;
}

static enum err_code finish_gathering(struct gathering *gathering, enum err_code code, struct arena *arena, struct err *err) {
    if (code == OK)
        code = buf_check(&gathering->text, "the texts of a column", err);
    if (code == OK)
        gathering->out->text = arena_copy(arena, buf_str(&gathering->text)).ptr;
    buf_finish(&gathering->text);
    return code;
}

enum { TEXT_MAX = 1 << 30 };

static uint32_t values_in_pages(const struct segment_column *column, uint32_t first_page, uint32_t end_page) {
    uint32_t count = 0;
    for (uint32_t page = first_page; page < end_page; page++)
        count += column->pages[page].count;
    return count;
}

enum err_code segment_read(const struct segment *segment, const struct segment_column *column, uint32_t first, uint32_t end,
                           struct column *out, struct arena *arena, struct err *err) {
    uint32_t first_page = page_of(first), end_page = end > first ? page_of(end - 1) + 1 : first_page;
    uint32_t room = values_in_pages(column, first_page, end_page);
    struct gathering gathering = { .out = out, .text = BUF_INIT(TEXT_MAX) };
    struct arena *scratch = arena_create();
    enum err_code code = OK;

    *out = (struct column){ .path = column->path, .type = column->type, .text = "" };
    out->rows = arena_alloc(arena, room * sizeof(*out->rows));
    out->values = arena_alloc(arena, room * sizeof(*out->values));
    if (end_page > first_page) {
        const struct segment_page *last = &column->pages[end_page - 1];
        uint64_t offset = column->pages[first_page].offset;
        size_t size = (size_t)(last->offset + last->size_bytes - offset);
        char *bytes = malloc(size + 1);
        if (bytes == NULL)
            log_fatal("out of memory: %zu bytes of a segment", size);
        code = segment_files_read(segment->files, segment->name, offset, size, bytes, err);
        for (uint32_t page = first_page; page < end_page && code == OK; page++) {
            struct column values = { 0 };
            arena_reset(scratch);
            code = read_page(segment, column, bytes + (column->pages[page].offset - offset), page, &values, scratch, err);
            if (code == OK)
                gather(&gathering, &values, column_lower_bound(values.rows, values.count, first),
                       column_lower_bound(values.rows, values.count, end));
        }
        free(bytes);
    }
    arena_destroy(scratch);
    return finish_gathering(&gathering, code, arena, err);
}

/* Reads one page and keeps the wanted rows in it: rows[*at] and on. */
static enum err_code pick_from_page(const struct segment *segment, const struct segment_column *column, uint32_t page,
                                    const uint32_t *rows, uint32_t count, uint32_t *at, struct gathering *gathering,
                                    struct arena *scratch, struct err *err) {
    uint32_t end = directory_page_first(page) + directory_page_rows(&segment->directory, page), from = 0;
    const struct segment_page *where = &column->pages[page];
    struct column values = { 0 };

    if (where->count > 0) {
        char *bytes = arena_alloc(scratch, where->size_bytes);
        TRY(segment_files_read(segment->files, segment->name, where->offset, where->size_bytes, bytes, err));
        TRY(read_page(segment, column, bytes, page, &values, scratch, err));
    }
    for (; *at < count && rows[*at] < end; ++*at) {
        from += column_lower_bound(values.rows + from, values.count - from, rows[*at]);
        if (from < values.count && values.rows[from] == rows[*at])
            gather(gathering, &values, from, from + 1);
    }
    return OK;
}

enum err_code segment_pick(const struct segment *segment, const struct segment_column *column, const uint32_t *rows,
                           uint32_t count, struct column *out, struct arena *arena, struct err *err) {
    struct gathering gathering = { .out = out, .text = BUF_INIT(TEXT_MAX) };
    struct arena *scratch = arena_create();
    enum err_code code = OK;
    uint32_t at = 0;

    *out = (struct column){ .path = column->path, .type = column->type, .text = "" };
    out->rows = arena_alloc(arena, count * sizeof(*out->rows));
    out->values = arena_alloc(arena, count * sizeof(*out->values));
    while (at < count && code == OK) {
        arena_reset(scratch);
        code = pick_from_page(segment, column, page_of(rows[at]), rows, count, &at, &gathering, scratch, err);
    }
    arena_destroy(scratch);
    return finish_gathering(&gathering, code, arena, err);
}

enum err_code segment_read_integers(const struct segment *segment, const struct segment_column *column, uint32_t first,
                                    uint32_t end, int64_t **out, struct arena *arena, struct err *err) {
    struct column values;

    TRY(segment_read(segment, column, first, end, &values, arena, err));
    if (values.type != HISTORY_INT || values.count != end - first)
        return err_set(err, ERR_CORRUPT, "segment '%.*s' lacks values in a required column", STR_ARG(segment->name));
    *out = (int64_t *)values.values;
    return OK;
}

enum err_code segment_read_lines(const struct segment *segment, uint32_t first, uint32_t end, int64_t **out,
                                 struct arena *arena, struct err *err) {
    if (segment->directory.lines.count > 0)
        return segment_read_integers(segment, &segment->directory.lines, first, end, out, arena, err);
    *out = arena_alloc(arena, (end - first) * sizeof(**out));
    for (uint32_t row = first; row < end; row++)
        (*out)[row - first] = segment->directory.first_line + row;
    return OK;
}

enum err_code segment_find_step(const struct segment *segment, int64_t step, uint32_t *row, struct arena *arena,
                                struct err *err) {
    const struct segment_directory *directory = &segment->directory;
    uint32_t page = directory->page_count;
    int64_t *steps;

    *row = directory->row_count;
    if (step > directory->last_step)
        return OK;
    while (page > 0 && directory->page_steps[page - 1] >= step)
        page--;
    *row = directory_page_first(page);
    if (page == 0)
        return OK;
    uint32_t first = directory_page_first(page - 1), end = first + directory_page_rows(directory, page - 1);
    TRY(segment_read_integers(segment, &directory->steps, first, end, &steps, arena, err));
    for (*row = first; *row < end && steps[*row - first] < step;)
        ++*row;
    return OK;
}

/* ---- overviews ---- */

/* A record up to this size is read at once: on a cold disk one read of 100 KB costs what one of 256 bytes does. */
enum { OVERVIEW_AT_ONCE = 128 << 10 };

enum err_code segment_read_overview(const struct segment *segment, const struct segment_column *column,
                                    struct overview_header *out, struct arena *arena, struct err *err) {
    uint32_t size = column->overview_size;
    bool is_whole = size <= OVERVIEW_AT_ONCE;

    if (!is_whole)
        size = OVERVIEW_HEADER_MAX;
    struct str begin = { arena_alloc(arena, size), size };
    enum err_code code;
    int tries = 0;
    do {
        TRY(segment_files_read(segment->files, segment->name, column->overview_offset, size, (char *)begin.ptr, err));
        code = overview_read_header(out, str_slice(begin, 0, OVERVIEW_HEADER_MAX), column->overview_size, column->count,
                                    segment->directory.row_count, err);
    } while (is_worth_reading_again(segment, code, ++tries, err));
    if (is_whole)
        out->record = begin;
    return code;
}

/* What was read with the header is used once: when it is damaged, the part is read by itself. */
static enum err_code read_part(const struct segment *segment, const struct segment_column *column,
                               const struct overview_header *header, const struct overview_part *part, int tries,
                               struct str *out, struct arena *arena, struct err *err) {
    if (header->record.ptr != NULL && tries == 0) {
        *out = str_slice(header->record, part->offset, part->size_bytes);
        return OK;
    }
    char *bytes = arena_alloc(arena, part->size_bytes);
    *out = (struct str){ bytes, part->size_bytes };
    return segment_files_read(segment->files, segment->name, column->overview_offset + part->offset, part->size_bytes, bytes,
                              err);
}

enum err_code segment_read_nulls(const struct segment *segment, const struct segment_column *column, uint32_t **rows,
                                 struct arena *arena, struct err *err) {
    struct overview_header header;
    struct str bytes;
    enum err_code code;
    int tries = 0;

    *rows = NULL;
    if (column->null_count == 0)
        return OK;
    TRY(segment_read_overview(segment, column, &header, arena, err));
    if (header.nulls.count != column->null_count)
        return err_set(err, ERR_CORRUPT, "segment '%.*s' has another number of nulls than its directory says",
                       STR_ARG(segment->name));
    do {
        TRY(read_part(segment, column, &header, &header.nulls, tries, &bytes, arena, err));
        code = overview_read_nulls(rows, &header.nulls, bytes, segment->directory.row_count, arena, err);
    } while (is_worth_reading_again(segment, code, ++tries, err));
    return code;
}

enum err_code segment_read_buckets(const struct segment *segment, const struct segment_column *column,
                                   const struct overview_header *header, uint32_t level, struct overview_buckets *out,
                                   struct arena *arena, struct err *err) {
    struct str bytes;
    enum err_code code;
    int tries = 0;

    do {
        TRY(read_part(segment, column, header, &header->buckets[level], tries, &bytes, arena, err));
        code = overview_read_buckets(out, header, level, bytes, arena, err);
    } while (is_worth_reading_again(segment, code, ++tries, err));
    return code;
}

enum err_code segment_read_samples(const struct segment *segment, const struct segment_column *column,
                                   const struct overview_header *header, uint32_t level, struct overview_samples *out,
                                   struct arena *arena, struct err *err) {
    struct str bytes;
    enum err_code code;
    int tries = 0;

    do {
        TRY(read_part(segment, column, header, &header->samples[level], tries, &bytes, arena, err));
        code = overview_read_samples(out, header, level, bytes, arena, err);
    } while (is_worth_reading_again(segment, code, ++tries, err));
    return code;
}
