/* history.c - opening and closing, counts, rewinds, forks and deletion. */
#include "server/history/history.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "server/history/history_state.h"
#include "server/history/source.h"

#include <unistd.h>

enum { CACHE_BYTES = 32 << 20, KINDS = 2 };

/* ---- life ---- */

enum err_code history_create(struct history **out, struct db *db, struct depot *depot, const struct history_options *options,
                             struct err *err) {
    struct history *history = calloc(1, sizeof(*history));

    if (history == NULL)
        log_fatal("out of memory: a history");
    history->db = db;
    history->options = *options;
    if (history->options.compact_rows == 0)
        history->options.compact_rows = 1 << 20;
    if (history->options.compact_factor < 2)
        history->options.compact_factor = 8;
    if (history->options.garbage_delay_ms == 0)
        history->options.garbage_delay_ms = 10 * 60 * 1000;
    if (history->options.orphan_age_ms == 0)
        history->options.orphan_age_ms = 60 * 60 * 1000;
    pthread_mutex_init(&history->work_lock, NULL);
    pthread_mutex_init(&history->wake_lock, NULL);
    os_cond_init(&history->wake);
    history->cache = segment_cache_create(CACHE_BYTES);
    enum err_code code = OK;
    history->files = segment_files_create(depot);
    if (!options->has_no_worker) {
        int number = pthread_create(&history->worker, NULL, worker_run, history);
        history->has_worker = number == 0;
        if (number != 0)
            code = err_set_errno(err, number, "cannot start the history's worker");
    }
    if (code == OK)
        *out = history;
    else
        history_destroy(history);
    return code;
}

void history_destroy(struct history *history) {
    if (history == NULL)
        return;
    if (history->has_worker) {
        pthread_mutex_lock(&history->wake_lock);
        history->is_stopping = true;
        pthread_cond_signal(&history->wake);
        pthread_mutex_unlock(&history->wake_lock);
        pthread_join(history->worker, NULL);
    }
    segment_cache_destroy(history->cache);
    segment_files_destroy(history->files);
    pthread_cond_destroy(&history->wake);
    pthread_mutex_destroy(&history->wake_lock);
    pthread_mutex_destroy(&history->work_lock);
    free(history);
}

void history_wake(struct history *history) {
    pthread_mutex_lock(&history->wake_lock);
    history->is_awake = true;
    pthread_cond_signal(&history->wake);
    pthread_mutex_unlock(&history->wake_lock);
}

enum err_code history_finish_run(struct db_tx *tx, int64_t run, struct err *err) {
    return history_store_finish(tx, run, err);
}

/* ---- counts ---- */

static enum err_code count_segments(struct db_tx *tx, struct history_id id, struct history_counts *out, struct err *err) {
    struct arena *arena = arena_create();
    const struct history_wanted all = { INT64_MIN, INT64_MAX, INT64_MAX, false };
    struct stored_history stored = { 0 };

    enum err_code code = history_store_load(tx, id, &all, &stored, arena, err);
    for (size_t i = 0; code == OK && i < stored.segment_count; i++) {
        out->segments++;
        out->segment_bytes += stored.segments[i].size_bytes;
    }
    arena_destroy(arena);
    return code;
}

enum err_code history_count_in(struct db_tx *tx, int64_t run, enum history_kind kind, struct history_counts *out,
                               struct err *err) {
    struct history_id id = { run, kind };
    struct stored_counters counters;

    TRY(history_store_get(tx, id, &counters, err));
    bool has_rows = counters.first_step <= counters.last_step;
    *out = (struct history_counts){
        .line_count = counters.line_count,
        .rows = counters.row_count,
        .points = counters.point_count,
        .superseded = counters.superseded_count,
        .repeated = counters.repeated_count,
        .duplicate_batches = counters.duplicate_count,
        .last_step = has_rows ? counters.last_step : -1,
        .first_step = has_rows ? counters.first_step : 0,
        .tail_rows = counters.tail_rows,
    };
    return count_segments(tx, id, out, err);
}

struct count_call {
    struct history_id id;
    struct history_counts *out;
};

static enum err_code count_work(struct db_tx *tx, void *context, struct err *err) {
    struct count_call *call = context;
    return history_count_in(tx, call->id.run, (enum history_kind)call->id.kind, call->out, err);
}

enum err_code history_count(struct history *history, int64_t run, enum history_kind kind, struct history_counts *out,
                            struct err *err) {
    struct count_call call = { { run, kind }, out };
    return db_read(history->db, count_work, &call, err);
}

struct gaps_call {
    struct history_id id;
    size_t max;
    struct stored_lines *gaps;
    size_t count;
    struct arena *arena;
};

static enum err_code gaps_work(struct db_tx *tx, void *context, struct err *err) {
    struct gaps_call *call = context;
    return history_store_list_gaps(tx, call->id, call->max, &call->gaps, &call->count, call->arena, err);
}

enum err_code history_gaps(struct history *history, int64_t run, enum history_kind kind, size_t max, struct history_gap **out,
                           size_t *count, struct arena *arena, struct err *err) {
    struct gaps_call call = { .id = { run, kind }, .max = max, .arena = arena };

    TRY(db_read(history->db, gaps_work, &call, err));
    struct history_gap *gaps = ARENA_ARRAY(arena, struct history_gap, call.count);
    for (size_t i = 0; i < call.count; i++)
        gaps[i] = (struct history_gap){ call.gaps[i].stream_name, call.gaps[i].first, call.gaps[i].last };
    *out = gaps;
    *count = call.count;
    return OK;
}

/* ---- rewinds and forks ---- */

struct remains {
    int64_t rows, last_line, first_step, last_step;
    bool is_far;
};

static enum err_code measure_source(struct view *view, struct source *source, int64_t last_step, struct remains *out,
                                    struct err *err) {
    struct row_places places;
    uint32_t first, end;

    TRY(source_find_rows(source, INT64_MIN, last_step, &first, &end, view->arena, err));
    TRY(source_read_places(source, first, end, &places, view->arena, err));
    for (uint32_t i = 0; i < end - first; i++) {
        int64_t stream = places.streams != NULL ? places.streams[i] : source->stream;
        if (source_is_masked(source, stream, places.lines[i]))
            continue;
        out->rows++;
        out->last_line = places.lines[i] > out->last_line ? places.lines[i] : out->last_line;
        out->first_step = places.steps[i] < out->first_step ? places.steps[i] : out->first_step;
        out->last_step = places.steps[i] > out->last_step ? places.steps[i] : out->last_step;
    }
    return OK;
}

/* What is left of a history when later steps are gone. */
static enum err_code measure_remains(struct history *history, struct db_tx *tx, struct history_id id, int64_t last_step,
                                     struct remains *out, struct err *err) {
    struct arena *arena = arena_create();
    struct view view;

    *out = (struct remains){ 0, -1, INT64_MAX, INT64_MIN, false };
    const struct history_wanted wanted = { INT64_MIN, last_step, INT64_MAX, true };
    enum err_code code = view_open_in(&view, history, tx, id, &wanted, arena, err);
    for (size_t i = 0; code == OK && i < view.source_count; i++)
        out->is_far = out->is_far || source_is_far(&view.sources[i]);
    if (out->is_far)
        code = err_set(err, ERR_BUSY, "the run's history is being fetched");
    for (size_t i = 0; code == OK && i < view.source_count; i++)
        code = measure_source(&view, &view.sources[i], last_step, out, err);
    view_finish(&view);
    arena_destroy(arena);
    return code;
}

/* Hides what is later than last_step, and lets lines go on behind what is left. */
static enum err_code cut(struct history *history, struct db_tx *tx, struct history_id id, int64_t last_step,
                         struct history_remains *out, struct err *err) {
    struct stored_counters counters;
    struct remains remains;

    TRY(history_store_get(tx, id, &counters, err));
    enum err_code code = measure_remains(history, tx, id, last_step, &remains, err);
    *out = (struct history_remains){ remains.last_line + 1, remains.is_far };
    if (code != OK)
        return code;
    TRY(history_store_add_cut(tx, id, counters.next_seq++, last_step, err));
    counters.line_count = out->line_count;
    counters.row_count = remains.rows;
    counters.first_step = remains.first_step;
    counters.last_step = remains.last_step;
    TRY(history_store_put(tx, id, &counters, err));
    return history_store_shorten(tx, id, out->line_count, err);
}

enum err_code history_rewind(struct history *history, struct db_tx *tx, int64_t run, int64_t last_step,
                             struct history_remains *out, struct err *err) {
    return cut(history, tx, (struct history_id){ run, HISTORY_ROWS }, last_step, out, err);
}

enum err_code history_fork(struct history *history, struct db_tx *tx, int64_t parent, int64_t child, int64_t last_step,
                           struct history_remains *out, struct err *err) {
    struct history_id from = { parent, HISTORY_ROWS }, to = { child, HISTORY_ROWS };
    struct stored_counters existing;

    *out = (struct history_remains){ 0, false };
    TRY(history_store_get(tx, to, &existing, err));
    if (existing.next_seq > 1)
        return err_set(err, ERR_CONFLICT, "the run has a history of its own already");
    TRY(history_store_copy(tx, from, to, err));
    return cut(history, tx, to, last_step, out, err);
}

enum err_code history_delete(struct db_tx *tx, int64_t run, struct err *err) {
    for (int64_t kind = 0; kind < KINDS; kind++)
        TRY(history_store_delete(tx, (struct history_id){ run, kind }, clock_wall_ms(), err));
    return OK;
}
