/* orphans.c - see orphans.h. */
#include "server/history/orphans.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/history/history_state.h"

enum { NAMES_AT_ONCE = 256 };

struct lookup {
    const struct str *names;
    size_t count;
    bool is_named[NAMES_AT_ONCE];
};

static enum err_code look_up(struct db_tx *tx, void *context, struct err *err) {
    struct lookup *lookup = context;
    for (size_t i = 0; i < lookup->count; i++)
        TRY(history_store_names_file(tx, lookup->names[i], &lookup->is_named[i], err));
    return OK;
}

static enum err_code remove_unnamed(struct history *history, const struct lookup *lookup, int64_t before_ms, struct err *err) {
    for (size_t i = 0; i < lookup->count; i++) {
        bool is_removed = false;
        if (lookup->is_named[i])
            continue;
        TRY(segment_files_remove_old(history->files, lookup->names[i], before_ms, &is_removed, err));
        if (is_removed)
            log_warn("removed the history file '%.*s', which no record names", STR_ARG(lookup->names[i]));
    }
    return OK;
}

/* Listed first and looked up then: a file that gets its record in between is seen with it. */
static enum err_code sweep_run(struct history *history, int64_t run, int64_t before_ms, struct arena *arena, struct err *err) {
    struct lookup lookup;
    struct str *names;
    size_t count;

    TRY(segment_files_list(history->files, run, &names, &count, arena, err));
    for (size_t i = 0; i < count; i += NAMES_AT_ONCE) {
        lookup.names = names + i;
        lookup.count = count - i < NAMES_AT_ONCE ? count - i : NAMES_AT_ONCE;
        TRY(db_read(history->db, look_up, &lookup, err));
        TRY(remove_unnamed(history, &lookup, before_ms, err));
    }
    return segment_files_remove_empty(history->files, run, before_ms, err);
}

bool orphans_are_due(const struct history *history) {
    return history->swept_at_ms == 0 || clock_mono_ms() - history->swept_at_ms >= (int64_t)history->options.orphan_age_ms;
}

enum err_code orphans_sweep(struct history *history, struct err *err) {
    int64_t before_ms = clock_wall_ms() - (int64_t)history->options.orphan_age_ms;
    struct arena *list = arena_create(), *arena = arena_create();
    int64_t *runs;
    size_t count;

    history->swept_at_ms = clock_mono_ms();
    enum err_code code = segment_files_list_runs(history->files, &runs, &count, list, err);
    for (size_t i = 0; code == OK && i < count; i++) {
        code = sweep_run(history, runs[i], before_ms, arena, err);
        arena_reset(arena);
    }
    arena_destroy(arena);
    arena_destroy(list);
    return code;
}
