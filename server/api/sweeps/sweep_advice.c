/* sweep_advice.c - see sweep_advice.h. */
#include "server/api/sweeps/sweep_advice.h"

#include "base/map.h"
#include "server/api/sweeps/sweep_outcome.h"

enum { MEASURES_MAX = 500 /* runs that no agent has looked at since they ended */ };

struct asking {
    struct app *app;
    const struct sweep *sweep;
    struct arena *arena;
    struct sweep_config *config;
    struct list runs; /* of struct sweep_run */
    struct trial *trials;
    size_t trial_count;
};

static enum err_code read_runs(struct db_tx *tx, void *context, struct err *err) {
    struct asking *asking = context;
    asking->runs = (struct list){ 0 };
    return sweep_run_list(tx, asking->sweep->id, false, asking->arena, &asking->runs, err);
}

static enum err_code begin(struct asking *asking, struct err *err) {
    TRY(sweep_config_parse(&asking->config, asking->sweep->config, asking->arena, err));
    return db_read(asking->app->db, read_runs, asking, err);
}

static enum err_code measure(const struct asking *asking, struct sweep_run *run, struct sweep_outcome *outcome, struct err *err) {
    return sweep_outcome_measure(asking->app, asking->config, run, outcome, asking->arena, err);
}

/* What runs have come to is written down when an agent asks; a controller may be faster. */
static enum err_code measure_ended(const struct asking *asking, struct err *err) {
    int measures = 0;
    for (size_t i = 0; i < asking->runs.count && measures < MEASURES_MAX; i++) {
        struct sweep_run *run = asking->runs.items[i];
        struct sweep_outcome outcome;
        if (run->outcome != SWEEP_RUN_UNKNOWN || !run_state_is_terminal(run->run_state))
            continue;
        TRY(measure(asking, run, &outcome, err));
        run->outcome = outcome.outcome;
        run->best = outcome.best;
        run->latest = outcome.latest;
        measures++;
    }
    return OK;
}

static enum err_code read_trials(struct db_tx *tx, void *context, struct err *err) {
    struct asking *asking = context;
    return sweep_outcome_trials(tx, asking->config, &asking->runs, &asking->trials, &asking->trial_count, asking->arena, err);
}

/* What the runs try, written as the grid writes it. */
static enum err_code read_tried(const struct asking *asking, struct map *tried, struct err *err) {
    double *point = ARENA_ARRAY(asking->arena, double, asking->config->space.count);
    for (size_t i = 0; i < asking->runs.count; i++) {
        const struct sweep_run *run = asking->runs.items[i];
        struct json_value *args;
        struct err unreadable;
        struct str text;
        if (json_parse(&args, run->args, JSON_EXTENDED, asking->arena, &unreadable) != OK || !space_read(&asking->config->space, args, point))
            continue;
        TRY(space_text(&asking->config->space, point, &text, asking->arena, err));
        map_put(tried, text, asking->runs.items[i]);
    }
    return OK;
}

/* The first point that no run tries; at most one more is looked at than there are runs. */
static enum err_code next_of_grid(const struct asking *asking, struct str *args, struct err *err) {
    double *point = ARENA_ARRAY(asking->arena, double, asking->config->space.count);
    struct map *tried = map_create(NULL);
    enum err_code code = read_tried(asking, tried, err);

    for (int64_t i = 0; code == OK && args->ptr == NULL && i < asking->config->grid_count; i++) {
        struct str text;
        space_grid_point(&asking->config->space, i, point);
        code = space_text(&asking->config->space, point, &text, asking->arena, err);
        if (code == OK && map_find(tried, text) == NULL)
            *args = text;
    }
    map_destroy(tried);
    return code;
}

enum err_code sweep_advice_next(struct app *app, const struct sweep *sweep, struct str *args, struct arena *arena, struct err *err) {
    struct asking asking = { .app = app, .sweep = sweep, .arena = arena };

    *args = (struct str){ 0 };
    TRY(begin(&asking, err));
    if (asking.config->method == SWEEP_GRID)
        return next_of_grid(&asking, args, err);
    if (asking.config->method == SWEEP_CUSTOM)
        return OK;
    TRY(measure_ended(&asking, err));
    TRY(db_read(app->db, read_trials, &asking, err));
    double *point = ARENA_ARRAY(arena, double, asking.config->space.count);
    search_next(asking.config, asking.trials, asking.trial_count, sweep->seed, (uint64_t)sweep->next_number, point, arena);
    return space_text(&asking.config->space, point, args, arena, err);
}

/* How each run did at the brackets: those that run as they are now, the others as an agent found them. */
static enum err_code read_courses(const struct asking *asking, struct hyperband_run *courses, struct err *err) {
    for (size_t i = 0; i < asking->runs.count; i++) {
        struct sweep_run *run = asking->runs.items[i];
        struct sweep_outcome outcome;
        if (run_state_is_alive(run->run_state)) {
            TRY(measure(asking, run, &outcome, err));
            courses[i] = outcome.measured;
        } else {
            sweep_outcome_read_course(&courses[i], run, asking->config, asking->arena);
        }
    }
    return OK;
}

enum err_code sweep_advice_stops(struct app *app, const struct sweep *sweep, struct list *names, struct arena *arena, struct err *err) {
    struct asking asking = { .app = app, .sweep = sweep, .arena = arena };

    TRY(begin(&asking, err));
    if (!asking.config->has_early_terminate)
        return OK;
    struct hyperband_run *courses = ARENA_ARRAY(arena, struct hyperband_run, asking.runs.count);
    TRY(read_courses(&asking, courses, err));
    for (size_t i = 0; i < asking.runs.count; i++) {
        struct sweep_run *run = asking.runs.items[i];
        if (run_state_is_alive(run->run_state) && !run->is_stop_requested &&
            hyperband_should_stop(&asking.config->early_terminate, courses, asking.runs.count, &courses[i], arena))
            list_add(names, &run->name, arena);
    }
    return OK;
}
