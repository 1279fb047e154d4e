/* worker.c - seals tails and compacts segments, in the background, and removes files that nobody refers to any more.
 *
 * The order is what makes it safe: the file is durable before the one transaction that adds its segment and takes away
 * what it was made of. A crash between leaves a file too many, never a row too few. If what it was made of has changed
 * meanwhile (the run was deleted), the transaction fails and the file goes, at once or with the orphans.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "server/history/history_state.h"
#include "server/history/merge.h"
#include "server/history/orphans.h"
#include "server/store/db/lease.h"

#include <malloc.h>

enum {
    POLL_MS = 1000,
    WORK_AT_ONCE = 64,
    GARBAGE_AT_ONCE = 256,
    SEAL_ROWS_AT_ONCE = 4 * HISTORY_SEAL_ROWS,
    SEAL_BYTES_AT_ONCE = 4 * HISTORY_SEAL_BYTES,
    COMPACT_BYTES_MAX = 512 << 20,
    KEPT_FREE_BYTES = 32 << 20,
};

/* ---- replacing sources by a segment ---- */

struct replacement {
    struct history *history;
    struct history_id id;
    struct view *view;
    struct merged *merged;
    int64_t now_ms;
};

static enum err_code replace_sources(struct db_tx *tx, void *context, struct err *err) {
    struct replacement *replacement = context;
    struct view *view = replacement->view;
    struct stored_counters counters;

    TRY(lease_keeper_check(replacement->history->options.leases, tx, DUTY_HISTORIES, err));
    TRY(history_store_get(tx, replacement->id, &counters, err));
    for (size_t i = 0; i < view->stored.batch_count; i++) {
        TRY(history_store_remove_batch(tx, replacement->id, view->stored.batches[i].seq, err));
        counters.tail_rows -= view->stored.batches[i].row_count;
        counters.tail_bytes -= view->stored.batches[i].size_bytes;
    }
    for (size_t i = 0; i < view->stored.segment_count; i++)
        TRY(history_store_unlink(tx, replacement->id, view->stored.segments[i].id, replacement->now_ms, err));
    if (replacement->merged->segment.row_count > 0)
        TRY(history_store_add_segment(tx, replacement->id, &replacement->merged->segment, replacement->merged->directory,
                                      replacement->now_ms, err));
    TRY(history_store_prune(tx, replacement->id, err));
    return history_store_put(tx, replacement->id, &counters, err);
}

/* All masks and cuts of the view are resolved in what is made of it, so that is as new as the newest of them; and no
 * newer than need be: neighbours stay neighbours, and what is merged next does not reach over others. */
static int64_t newest_seq(const struct view *view) {
    int64_t newest = 0;
    for (size_t i = 0; i < view->source_count; i++)
        newest = view->sources[i].seq > newest ? view->sources[i].seq : newest;
    for (size_t i = 0; i < view->stored.segment_count; i++)
        newest = view->stored.segments[i].seq > newest ? view->stored.segments[i].seq : newest;
    for (size_t i = 0; i < view->stored.mask_count; i++)
        newest = view->stored.masks[i].seq > newest ? view->stored.masks[i].seq : newest;
    for (size_t i = 0; i < view->stored.cut_count; i++)
        newest = view->stored.cuts[i].seq > newest ? view->stored.cuts[i].seq : newest;
    return newest;
}

struct file_lookup {
    struct str name;
    bool is_named;
};

static enum err_code look_up_file(struct db_tx *tx, void *context, struct err *err) {
    struct file_lookup *lookup = context;
    return history_store_names_file(tx, lookup->name, &lookup->is_named, err);
}

/* After a failure. A commit whose outcome was lost may have happened all the same: then the file is needed. */
static void remove_unless_named(struct history *history, struct str name) {
    struct file_lookup lookup = { .name = name };
    struct err err = { 0 };

    enum err_code code = db_read(history->db, look_up_file, &lookup, &err);
    if (code == OK && !lookup.is_named)
        code = segment_files_remove(history->files, name, &err);
    if (code != OK)
        log_warn("a segment without a record stays until it is swept: %s", err.message);
}

/* Merges the view's sources into a segment of this generation that takes their place. */
static enum err_code replace(struct history *history, struct view *view, int64_t generation, struct err *err) {
    struct merged merged;

    TRY(merge_sources(&merged, view, view->arena, err));
    merged.segment.seq = newest_seq(view);
    merged.segment.generation = generation;
    struct replacement replacement = { history, view->id, view, &merged, clock_wall_ms() };
    enum err_code code = db_write(history->db, replace_sources, &replacement, err);
    if (code != OK && merged.segment.row_count > 0)
        remove_unless_named(history, merged.segment.name);
    return code;
}

/* ---- what to do ---- */

struct plan {
    struct history *history;
    struct history_id id;
    struct stored_history stored;
    struct arena *arena;
};

static enum err_code load_plan(struct db_tx *tx, void *context, struct err *err) {
    const struct history_wanted all = { INT64_MIN, INT64_MAX, INT64_MAX, false };
    struct plan *plan = context;
    return history_store_load(tx, plan->id, &all, &plan->stored, plan->arena, err);
}

static bool is_seal_due(const struct stored_counters *counters) {
    return counters->tail_rows >= HISTORY_SEAL_ROWS || counters->tail_bytes >= HISTORY_SEAL_BYTES ||
           (counters->is_finished && counters->tail_rows > 0);
}

/* A view of just some sources, and the work that ends with replacing them. */
struct job {
    struct plan *plan;
    struct view *view;
    const struct stored_segment *segments;
    size_t segment_count;
    int64_t last_seq; /* of the batches; 0: segments */
};

static bool is_chosen(const struct job *job, const struct source *source) {
    if (source->stored == NULL)
        return job->last_seq > 0;
    for (size_t i = 0; i < job->segment_count; i++)
        if (source->stored->id == job->segments[i].id)
            return true;
    return false;
}

/* Leaves in the view what the job is about; the other segments are let go. */
static void choose_sources(struct job *job) {
    struct view *view = job->view;
    struct stored_history *stored = &view->stored;
    size_t kept = 0;

    for (size_t i = 0; i < view->source_count; i++) {
        if (is_chosen(job, &view->sources[i]))
            view->sources[kept++] = view->sources[i];
        else if (view->sources[i].segment != NULL)
            segment_release(view->history->cache, view->sources[i].segment);
    }
    view->source_count = kept;
    stored->segments = arena_alloc(view->arena, (job->segment_count + 1) * sizeof(*stored->segments));
    for (size_t i = 0; i < job->segment_count; i++)
        stored->segments[i] = job->segments[i];
    stored->segment_count = job->segment_count;
    if (job->last_seq == 0)
        stored->batch_count = 0;
}

static enum err_code open_job(struct db_tx *tx, void *context, struct err *err) {
    struct job *job = context;
    struct plan *plan = job->plan;
    struct history_wanted wanted = { INT64_MIN, INT64_MAX, job->last_seq > 0 ? job->last_seq : INT64_MAX, job->last_seq > 0 };

    TRY(view_open_in(job->view, plan->history, tx, plan->id, &wanted, plan->arena, err));
    return OK;
}

static enum err_code do_job(struct job *job, int64_t generation, struct err *err) {
    struct history *history = job->plan->history;
    struct view view = { 0 };

    job->view = &view;
    TRY(db_read(history->db, open_job, job, err));
    choose_sources(job);
    enum err_code code = replace(history, &view, generation, err);
    view_finish(&view);
    return code;
}

/* As many batches as make one segment, the oldest first. */
static enum err_code seal(struct plan *plan, struct err *err) {
    const struct stored_history *stored = &plan->stored;
    struct job job = { .plan = plan };
    int64_t rows = 0, bytes = 0;

    for (size_t i = 0; i < stored->batch_count; i++) {
        rows += stored->batches[i].row_count;
        bytes += stored->batches[i].size_bytes;
        if (i > 0 && (rows > SEAL_ROWS_AT_ONCE || bytes > SEAL_BYTES_AT_ONCE))
            break;
        job.last_seq = stored->batches[i].seq;
    }
    return do_job(&job, 0, err);
}

/* Whether something newer hides rows of this segment. */
static bool is_overlaid(const struct stored_history *stored, const struct stored_segment *segment) {
    for (size_t i = 0; i < stored->mask_count; i++)
        if (stored->masks[i].seq > segment->seq && stored->masks[i].first <= segment->last_line)
            return true;
    for (size_t i = 0; i < stored->cut_count; i++)
        if (stored->cuts[i].seq > segment->seq && stored->cuts[i].last_step < segment->last_step)
            return true;
    return false;
}

struct group {
    size_t first, count;
    int64_t generation;
};

/* The longest run of segments from `first` on that fits into one file. Shared ones stay as they are: copying them would
 * cost what sharing saves. */
static struct group fitting_group(const struct plan *plan, size_t first, bool same_generation) {
    const struct stored_segment *segments = plan->stored.segments;
    struct group group = { first, 0, segments[first].generation };
    int64_t rows = 0, bytes = 0;

    for (size_t i = first; i < plan->stored.segment_count && segments[i].link_count == 1; i++) {
        rows += segments[i].row_count;
        bytes += segments[i].size_bytes;
        if (rows > plan->history->options.compact_rows || bytes > COMPACT_BYTES_MAX ||
            (same_generation && segments[i].generation != segments[first].generation))
            break;
        if (segments[i].generation > group.generation)
            group.generation = segments[i].generation;
        group.count++;
    }
    return group;
}

/* What to compact next: count 0 when nothing is due. A finished history becomes as few files as fit; one that goes on
 * is merged when there are `compact_factor` neighbours of one generation; what is partly hidden is written again. */
static struct group find_group(const struct plan *plan) {
    const struct stored_history *stored = &plan->stored;
    size_t factor = stored->counters.is_finished ? 2 : plan->history->options.compact_factor;

    for (size_t i = 0; i < stored->segment_count; i++) {
        struct group group = fitting_group(plan, i, !stored->counters.is_finished);
        if (group.count >= factor)
            return group;
        if (stored->segments[i].link_count == 1 && is_overlaid(stored, &stored->segments[i]))
            return (struct group){ i, 1, stored->segments[i].generation - 1 };
    }
    return (struct group){ 0, 0, 0 };
}

static enum err_code compact(struct plan *plan, struct group group, struct err *err) {
    const struct stored_segment *segments = plan->stored.segments + group.first;
    struct job job = { .plan = plan, .segments = segments, .segment_count = group.count };

    return do_job(&job, group.generation + 1, err);
}

/* Nothing was due; meanwhile something may have come. */
static enum err_code settle(struct db_tx *tx, void *context, struct err *err) {
    struct plan *plan = context;
    struct stored_counters counters;

    TRY(history_store_get(tx, plan->id, &counters, err));
    counters.has_work = is_seal_due(&counters);
    return history_store_put(tx, plan->id, &counters, err);
}

/* One step: *is_done when nothing is left to do. */
static enum err_code serve_once(struct history *history, struct history_id id, bool *is_done, struct err *err) {
    struct plan plan = { .history = history, .id = id, .arena = arena_create() };

    *is_done = false;
    enum err_code code = db_read(history->db, load_plan, &plan, err);
    if (code == OK && is_seal_due(&plan.stored.counters)) {
        code = seal(&plan, err);
    } else if (code == OK) {
        struct group group = find_group(&plan);
        *is_done = group.count == 0;
        if (!*is_done)
            code = compact(&plan, group, err);
        if (*is_done || code == ERR_TOO_LARGE) { /* too large together: they stay as they are */
            *is_done = true;
            code = db_write(history->db, settle, &plan, err);
        }
    }
    arena_destroy(plan.arena);
    return code;
}

enum err_code worker_serve(struct history *history, struct history_id id, struct err *err) {
    bool is_done = false;

    while (!is_done) {
        enum err_code code = serve_once(history, id, &is_done, err);
        if (code == ERR_CONFLICT || code == ERR_NOT_FOUND)
            return OK; /* the run was deleted under our hands */
        TRY(code);
    }
    return OK;
}

/* ---- garbage ---- */

struct garbage {
    struct history *history;
    struct str *names;
    size_t count;
    struct arena *arena;
};

static enum err_code list_garbage(struct db_tx *tx, void *context, struct err *err) {
    struct garbage *garbage = context;
    int64_t before = clock_wall_ms() - garbage->history->options.garbage_delay_ms;
    return history_store_list_garbage(tx, before, GARBAGE_AT_ONCE, &garbage->names, &garbage->count, garbage->arena, err);
}

static enum err_code drop_garbage(struct db_tx *tx, void *context, struct err *err) {
    struct garbage *garbage = context;
    for (size_t i = 0; i < garbage->count; i++)
        TRY(history_store_drop_garbage(tx, garbage->names[i], err));
    return OK;
}

static enum err_code collect_garbage(struct history *history, struct err *err) {
    struct garbage garbage = { .history = history, .arena = arena_create() };

    enum err_code code = db_read(history->db, list_garbage, &garbage, err);
    for (size_t i = 0; i < garbage.count && code == OK; i++)
        code = segment_files_remove(history->files, garbage.names[i], err);
    if (code == OK && garbage.count > 0)
        code = db_write(history->db, drop_garbage, &garbage, err);
    arena_destroy(garbage.arena);
    return code;
}

/* ---- the thread ---- */

struct search {
    struct history_id after, found[WORK_AT_ONCE];
    size_t count;
};

static enum err_code find_work(struct db_tx *tx, void *context, struct err *err) {
    struct search *search = context;
    return history_store_find_work(tx, search->after, WORK_AT_ONCE, search->found, &search->count, err);
}

/* Of several servers one seals and compacts; another follows when it is gone. */
static bool is_ours(const struct history *history) {
    return lease_keeper_has(history->options.leases, DUTY_HISTORIES);
}

static enum err_code work(struct history *history, struct err *err) {
    struct search search = { .after = { INT64_MIN, 0 } };

    do {
        TRY(db_read(history->db, find_work, &search, err));
        for (size_t i = 0; i < search.count && is_ours(history); i++) {
            struct err failure = { 0 };
            if (worker_serve(history, search.found[i], &failure) != OK) /* the others must not wait for it */
                log_error("cannot seal or compact run %lld: %s", (long long)search.found[i].run, failure.message);
        }
        if (search.count > 0)
            search.after = search.found[search.count - 1];
    } while (search.count == WORK_AT_ONCE);
    return is_ours(history) ? collect_garbage(history, err) : OK;
}

enum err_code history_work(struct history *history, struct err *err) {
    pthread_mutex_lock(&history->work_lock);
    enum err_code code = is_ours(history) ? work(history, err) : OK;
    if (code == OK && is_ours(history) && orphans_are_due(history))
        code = orphans_sweep(history, err);
    pthread_mutex_unlock(&history->work_lock);
    return code;
}

/* False when the server stops. */
static bool wait_for_work(struct history *history) {
    int64_t limit_ms = clock_mono_ms() + POLL_MS;

    pthread_mutex_lock(&history->wake_lock);
    while (!history->is_awake && !history->is_stopping)
        if (os_cond_wait_until(&history->wake, &history->wake_lock, limit_ms) != 0)
            break;
    history->is_awake = false;
    bool goes_on = !history->is_stopping;
    pthread_mutex_unlock(&history->wake_lock);
    return goes_on;
}

/* Compactions of many threads leave much that the C library would keep for the next one. */
static void give_back_memory(void) {
    struct mallinfo2 heap = mallinfo2();
    if (heap.fordblks > KEPT_FREE_BYTES)
        (void)malloc_trim(0);
}

void *worker_run(void *context) {
    struct history *history = context;

    while (wait_for_work(history)) {
        struct err err = { 0 };
        if (history_work(history, &err) != OK)
            log_error("the history's worker: %s", err.message);
        give_back_memory();
    }
    return NULL;
}
