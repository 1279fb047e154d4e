/* orphans.c - see orphans.h. */
#include "server/history/orphans.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/history/history_state.h"

enum { NAMES_AT_ONCE = 256 };

struct sweep {
    struct history *history;
    int64_t before_ms;
    struct arena *arena; /* of the names */
    struct str names[NAMES_AT_ONCE];
    bool is_named[NAMES_AT_ONCE];
    size_t count;
};

static enum err_code look_up(struct db_tx *tx, void *context, struct err *err) {
    struct sweep *sweep = context;
    for (size_t i = 0; i < sweep->count; i++)
        TRY(history_store_names_file(tx, sweep->names[i], &sweep->is_named[i], err));
    return OK;
}

/* Listed first and looked up then: a file that gets its record in between is seen with it. */
static enum err_code remove_unnamed(struct sweep *sweep, struct err *err) {
    TRY(db_read(sweep->history->db, look_up, sweep, err));
    for (size_t i = 0; i < sweep->count; i++) {
        if (sweep->is_named[i])
            continue;
        TRY(segment_files_remove(sweep->history->files, sweep->names[i], err));
        log_warn("removed the history file '%.*s', which no record names", STR_ARG(sweep->names[i]));
    }
    sweep->count = 0;
    arena_reset(sweep->arena);
    return OK;
}

static enum err_code take_name(void *context, struct str name, int64_t modified_ms, struct err *err) {
    struct sweep *sweep = context;
    if (modified_ms >= sweep->before_ms)
        return OK;
    sweep->names[sweep->count++] = arena_copy(sweep->arena, name);
    return sweep->count == NAMES_AT_ONCE ? remove_unnamed(sweep, err) : OK;
}

bool orphans_are_due(const struct history *history) {
    return history->swept_at_ms == 0 || clock_mono_ms() - history->swept_at_ms >= (int64_t)history->options.orphan_age_ms;
}

enum err_code orphans_sweep(struct history *history, struct err *err) {
    struct sweep sweep = { .history = history, .arena = arena_create(),
                           .before_ms = clock_wall_ms() - (int64_t)history->options.orphan_age_ms };

    history->swept_at_ms = clock_mono_ms();
    enum err_code code = segment_files_list(history->files, take_name, &sweep, err);
    if (code == OK)
        code = remove_unnamed(&sweep, err);
    if (code == OK)
        segment_files_remove_empty_folders(history->files, sweep.before_ms);
    arena_destroy(sweep.arena);
    return code;
}
