/* verify.c - see verify.h. */
#include "server/history/verify.h"

#include "server/history/history_state.h"
#include "server/history/parquet.h"
#include "server/history/source.h"

#include <unistd.h>

enum { SLICE_ROWS = 4 * SEGMENT_PAGE_ROWS, FOOTER_MAX_BYTES = 256 << 20 };

struct verifying {
    struct view *view;
    struct history_verified *out;
    void (*complain)(void *context, const char *what);
    void *context;
    int64_t rows; /* that are not hidden */
};

static void say(struct verifying *verifying, const struct source *source, const char *what) {
    char text[ERR_MESSAGE_MAX * 2];
    struct str name = source->segment != NULL ? source->segment->name : STR("a batch of the tail");
    (void)snprintf(text, sizeof text, "run %lld: %.*s: %s", (long long)verifying->view->id.run, STR_ARG(name), what);
    verifying->complain(verifying->context, text);
}

static enum err_code read_footer(const struct segment *segment, uint64_t size, struct arena *arena, struct err *err) {
    unsigned char tail[PARQUET_TAIL_BYTES];
    struct parquet_footer footer;

    if (size < PARQUET_TAIL_BYTES)
        return err_set(err, ERR_CORRUPT, "the file is too short");
    TRY(segment_files_read(segment->files, segment->name, size - sizeof tail, sizeof tail, tail, err));
    uint32_t len = (uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 | (uint32_t)tail[3] << 24;
    if (memcmp(tail + 4, "PAR1", 4) != 0 || len > FOOTER_MAX_BYTES || len > size - PARQUET_TAIL_BYTES)
        return err_set(err, ERR_CORRUPT, "the file does not end as a Parquet file does");
    char *bytes = arena_alloc(arena, len + 1);
    TRY(segment_files_read(segment->files, segment->name, size - sizeof tail - len, len, bytes, err));
    TRY(parquet_read_footer(&footer, (struct str){ bytes, len }, size, arena, err));
    if (footer.row_count != segment->directory.row_count)
        return err_set(err, ERR_CORRUPT, "the file has %lld rows, the database says %u", (long long)footer.row_count,
                       segment->directory.row_count);
    return OK;
}

static enum err_code check_file(const struct source *source, struct arena *arena, struct err *err) {
    int fd;
    TRY(segment_files_open(source->segment->files, source->segment->name, &fd, err));
    int64_t size = lseek(fd, 0, SEEK_END);
    (void)close(fd);
    if (size != source->stored->size_bytes)
        return err_set(err, ERR_CORRUPT, "the file has %lld bytes, the database says %lld", (long long)size,
                       (long long)source->stored->size_bytes);
    return read_footer(source->segment, (uint64_t)size, arena, err);
}

static enum err_code count_rows(struct verifying *verifying, struct source *source, uint32_t first, uint32_t end,
                                int64_t *previous_step, struct arena *arena, struct err *err) {
    struct row_places places;
    TRY(source_read_places(source, first, end, &places, arena, err));
    for (uint32_t i = 0; i < end - first; i++) {
        if (places.steps[i] < *previous_step)
            return err_set(err, ERR_CORRUPT, "steps go down at row %u", first + i);
        *previous_step = places.steps[i];
        int64_t stream = places.streams != NULL ? places.streams[i] : source->stream;
        if (places.steps[i] <= source->last_visible_step && !source_is_masked(source, stream, places.lines[i]))
            verifying->rows++;
    }
    return OK;
}

static enum err_code check_column(struct verifying *verifying, struct source *source, uint32_t at, struct arena *arena, struct err *err) {
    uint32_t values = 0, nulls = 0;
    for (uint32_t first = 0; first < source->row_count; first += SLICE_ROWS) {
        uint32_t end = source->row_count - first < SLICE_ROWS ? source->row_count : first + SLICE_ROWS;
        struct column column;
        arena_reset(arena);
        TRY(source_read(source, at, first, end, &column, arena, err));
        values += column.count;
        nulls += column.null_count;
    }
    verifying->out->points += values;
    if (values == source_value_count(source, at) && nulls == source_null_count(source, at))
        return OK;
    struct str name = path_to_name(source_path(source, at), arena);
    return err_set(err, ERR_CORRUPT, "'%.*s' has %u values and %u nulls, the directory says %u and %u", STR_ARG(str_slice(name, 0, 100)),
                   values, nulls, source_value_count(source, at), source_null_count(source, at));
}

static enum err_code check_source(struct verifying *verifying, struct source *source, struct arena *arena, struct err *err) {
    int64_t previous_step = INT64_MIN;

    if (source->segment != NULL)
        TRY(check_file(source, arena, err));
    for (uint32_t first = 0; first < source->row_count; first += SLICE_ROWS) {
        uint32_t end = source->row_count - first < SLICE_ROWS ? source->row_count : first + SLICE_ROWS;
        arena_reset(arena);
        TRY(count_rows(verifying, source, first, end, &previous_step, arena, err));
    }
    for (uint32_t at = 0; at < source_column_count(source); at++)
        TRY(check_column(verifying, source, at, arena, err));
    return OK;
}

static bool check_sources(struct verifying *verifying) {
    struct arena *scratch = arena_create();
    bool is_whole = true;
    for (size_t i = 0; i < verifying->view->source_count; i++) {
        struct source *source = &verifying->view->sources[i];
        struct err err = { 0 };
        verifying->out->tail_batches += source->segment == NULL;
        verifying->out->segments += source->segment != NULL;
        verifying->out->segment_bytes += source->stored != NULL ? source->stored->size_bytes : 0;
        arena_reset(scratch);
        if (check_source(verifying, source, scratch, &err) != OK) {
            say(verifying, source, err.message);
            is_whole = false;
        }
    }
    arena_destroy(scratch);
    return is_whole;
}

enum err_code history_verify(struct history *history, int64_t run, enum history_kind kind, struct history_verified *out,
                             void (*complain)(void *context, const char *what), void *context, struct err *err) {
    struct arena *arena = arena_create();
    struct view view = { 0 };
    struct verifying verifying = { .view = &view, .out = out, .complain = complain, .context = context };
    char text[ERR_MESSAGE_MAX * 2];

    enum err_code code = view_open(&view, history, (struct history_id){ run, kind }, INT64_MIN, INT64_MAX, arena, err);
    if (code == ERR_CORRUPT || code == ERR_NOT_FOUND) {
        (void)snprintf(text, sizeof text, "run %lld: %s", (long long)run, err->message);
        complain(context, text);
        code = OK;
    } else if (code == OK && check_sources(&verifying) && verifying.rows != view.stored.counters.row_count) {
        (void)snprintf(text, sizeof text, "run %lld: there are %lld rows, the database says %lld", (long long)run,
                       (long long)verifying.rows, (long long)view.stored.counters.row_count);
        complain(context, text);
    }
    out->rows += verifying.rows;
    view_finish(&view);
    arena_destroy(arena);
    return code;
}
