/* sweep_desk.c - see sweep_desk.h. */
#include "server/api/sweeps/sweep_desk.h"

#include "base/clock.h"
#include "server/api/sweeps/sweep_outcome.h"
#include "server/api/sweeps/sweep_schedule.h"
#include "server/store/runs/run.h"

#include <math.h>

enum {
    REPORTED_MAX = 1000,     /* runs that one agent may say it runs */
    COMMANDS_BYTES_MAX = 16 << 20,
    CHECK_PERIOD_MS = 4000,  /* runs are looked at for stopping early at most so often */
    GIVES_MAX = 3,           /* a run that never begins is handed out so often */
    UNSEEN_GIVES_MAX = 2,    /* to an agent that is there and does not begin it */
    GRID_POINTS_PER_BEAT = 2000,
    MEASURES_PER_BEAT = 500, /* runs that ended; after a new configuration all are looked at again */
    STRANGERS_PER_WRITE = 500,
    TAKES_MAX = 20,          /* tries to be the one who takes a suggestion */
};

struct beat {
    struct identity *identity;
    struct arena *arena;
    int64_t agent_id, now_ms;
    const struct json_value *run_state;
    /* what was seen */
    struct sweep_agent *agent;
    struct sweep *sweep;
    struct sweep_config *config;
    struct list open; /* of struct sweep_run */
    struct list all;  /* the same, all of them; only when it is needed */
    struct list strangers;
    /* what was found out */
    struct sweep_outcome *outcomes;
    size_t outcome_count;
    int64_t *stops; /* runs that are not worth going on */
    size_t stop_count;
    bool is_checked, has_reached_target;
    /* what is answered */
    struct buf text;
    struct json_writer writer;
    bool is_exiting, wants_suggestion;
};

/* ---- commands ---- */

static void begin_commands(struct beat *beat) {
    buf_reset(&beat->text);
    json_writer_init(&beat->writer, &beat->text, JSON_STRICT);
    json_array_begin(&beat->writer);
    beat->is_exiting = beat->wants_suggestion = false;
}

static void tell_run(struct beat *beat, const struct sweep_run *run, const char *type) {
    const struct run named = { .name = run->name, .project_name = beat->sweep->project_name, .entity_name = beat->sweep->entity_name };
    struct json_writer *writer = &beat->writer;

    json_object_begin(writer);
    json_key(writer, STR("type"));
    json_string(writer, str_from_c(type));
    json_key(writer, STR("run_id"));
    json_string(writer, run->name);
    json_key(writer, STR("run_storage_id"));
    json_string(writer, run_storage_id(&named, beat->arena));
    json_key(writer, STR("args"));
    json_raw(writer, run->args);
    json_key(writer, STR("program"));
    if (beat->config->program.ptr != NULL)
        json_string(writer, beat->config->program);
    else
        json_null(writer);
    json_key(writer, STR("logs"));
    json_array_begin(writer);
    json_array_end(writer);
    json_object_end(writer);
}

static void tell_stop(struct beat *beat, struct str run_name) {
    json_object_begin(&beat->writer);
    json_key(&beat->writer, STR("type"));
    json_string(&beat->writer, STR("stop"));
    json_key(&beat->writer, STR("run_id"));
    json_string(&beat->writer, run_name);
    json_object_end(&beat->writer);
}

static void tell_exit(struct beat *beat) {
    json_object_begin(&beat->writer);
    json_key(&beat->writer, STR("type"));
    json_string(&beat->writer, STR("exit"));
    json_object_end(&beat->writer);
    beat->is_exiting = true;
}

/* ---- what there is ---- */

static bool is_reported(const struct beat *beat, struct str run_name) {
    return json_get(beat->run_state, run_name) != NULL && json_get_bool(beat->run_state, run_name, true);
}

static enum err_code find_agent(struct db_tx *tx, struct beat *beat, struct err *err) {
    enum err_code code;
    TRY(sweep_agent_find_by_id(tx, beat->agent_id, beat->arena, &beat->agent, err));
    code = access_check_in(tx, beat->identity, &beat->agent->owner, CAN_WRITE, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "agent not found");
    if (code != OK)
        return code;
    TRY(sweep_find_by_id(tx, beat->agent->sweep_id, beat->arena, &beat->sweep, err));
    beat->open = (struct list){ 0 };
    return sweep_run_list(tx, beat->sweep->id, true, beat->arena, &beat->open, err);
}

static bool is_check_due(const struct beat *beat) {
    bool is_ours = !beat->config->is_local && !beat->config->is_scheduled;
    return beat->config->has_early_terminate && is_ours && beat->now_ms - beat->sweep->checked_at >= CHECK_PERIOD_MS;
}

static enum err_code look(struct db_tx *tx, void *context, struct err *err) {
    struct beat *beat = context;
    TRY(find_agent(tx, beat, err));
    TRY(sweep_config_parse(&beat->config, beat->sweep->config, beat->arena, err));
    beat->strangers = beat->all = (struct list){ 0 };
    TRY(sweep_run_list_strangers(tx, beat->sweep, STRANGERS_PER_WRITE, beat->arena, &beat->strangers, err));
    if (is_check_due(beat) || beat->config->has_target)
        TRY(sweep_run_list(tx, beat->sweep->id, false, beat->arena, &beat->all, err));
    return OK;
}

/* ---- what the runs have come to ---- */

static bool is_lost(const struct beat *beat, const struct sweep_run *run) {
    return run->agent_id != beat->agent_id && beat->now_ms - run->agent_heartbeat_at > SWEEP_AGENT_SILENT_MS;
}

/* Died together with its agent: somebody else tries the same again. */
static bool is_replaceable(const struct beat *beat, const struct sweep_run *run) {
    return run->state == SWEEP_RUN_GIVEN && run->run_state == RUN_CRASHED && is_lost(beat, run) && run->give_count < GIVES_MAX;
}

static bool reaches_target(const struct sweep_config *config, double value) {
    return config->has_target && !sweep_outcome_is_better(config, config->target, value);
}

/* The courses of all runs that have one; the first `open_count` are those of open runs. */
struct courses {
    struct hyperband_run *items;
    const struct sweep_run **runs; /* of the open ones */
    size_t count, open_count;
};

static bool is_worth_measuring(const struct beat *beat, const struct sweep_run *run, bool has_ended) {
    if (has_ended)
        return beat->outcome_count < MEASURES_PER_BEAT;
    return run_state_is_alive(run->run_state) && (beat->is_checked || beat->config->has_target);
}

/* Runs that ended are measured once; those that run, when they are looked at for stopping early. */
static enum err_code measure_open(struct beat *beat, struct courses *courses, struct err *err) {
    beat->outcomes = ARENA_ARRAY(beat->arena, struct sweep_outcome, beat->open.count);
    for (size_t i = 0; i < beat->open.count; i++) {
        const struct sweep_run *run = beat->open.items[i];
        bool has_ended = run_state_is_terminal(run->run_state) && !is_replaceable(beat, run);
        struct sweep_outcome outcome;

        if (!is_worth_measuring(beat, run, has_ended))
            continue;
        TRY(sweep_outcome_measure(beat->identity->app, beat->config, run, &outcome, beat->arena, err));
        if (outcome.outcome == SWEEP_RUN_VALUE && reaches_target(beat->config, outcome.best))
            beat->has_reached_target = true;
        courses->runs[courses->count] = run;
        courses->items[courses->count++] = outcome.measured;
        if (has_ended)
            beat->outcomes[beat->outcome_count++] = outcome;
    }
    courses->open_count = courses->count;
    return OK;
}

static void choose_stops(struct beat *beat, const struct courses *courses) {
    beat->stops = ARENA_ARRAY(beat->arena, int64_t, courses->open_count);
    for (size_t i = 0; i < courses->open_count; i++) {
        const struct sweep_run *run = courses->runs[i];
        if (run_state_is_alive(run->run_state) && !run->is_stop_requested &&
            hyperband_should_stop(&beat->config->early_terminate, courses->items, courses->count, &courses->items[i], beat->arena))
            beat->stops[beat->stop_count++] = run->run_id;
    }
}

static enum err_code find_out(struct beat *beat, struct err *err) {
    struct courses courses = {
        .items = ARENA_ARRAY(beat->arena, struct hyperband_run, beat->all.count + beat->open.count),
        .runs = ARENA_ARRAY(beat->arena, const struct sweep_run *, beat->open.count),
    };

    beat->is_checked = is_check_due(beat);
    TRY(measure_open(beat, &courses, err));
    for (size_t i = 0; i < beat->all.count; i++) {
        const struct sweep_run *run = beat->all.items[i];
        if (run->outcome != SWEEP_RUN_VALUE)
            continue;
        if (reaches_target(beat->config, run->best))
            beat->has_reached_target = true;
        sweep_outcome_read_course(&courses.items[courses.count++], run, beat->config, beat->arena);
    }
    if (beat->is_checked)
        choose_stops(beat, &courses);
    return OK;
}

/* ---- writing that down ---- */

/* What a run that the sweep did not make tries: written as if it had, so that a grid does not try it again. */
static struct str args_of(const struct beat *beat, struct str config, struct arena *arena) {
    double *point = ARENA_ARRAY(beat->arena, double, beat->config->space.count);
    struct json_value *root;
    struct str args;
    struct err err;

    if (config.len == 0 || json_parse(&root, config, JSON_EXTENDED, arena, &err) != OK)
        return STR("{}");
    bool is_point = space_read(&beat->config->space, root, point);
    return is_point && space_text(&beat->config->space, point, &args, beat->arena, &err) == OK ? args : config;
}

static enum err_code add_stranger(struct db_tx *tx, struct beat *beat, int64_t run_id, struct arena *scratch, struct err *err) {
    struct run *run;
    enum err_code code = run_find_by_id(tx, run_id, RUN_CONFIG, scratch, &run, err);
    if (code == ERR_NOT_FOUND || code == ERR_GONE)
        return OK;
    TRY(code);
    return sweep_run_add_prior(tx, beat->sweep->id, run_id, args_of(beat, run->config, scratch), scratch, err);
}

static enum err_code add_strangers(struct db_tx *tx, struct beat *beat, struct err *err) {
    struct arena *scratch = arena_create(); /* configs may be large */
    enum err_code code = OK;
    for (size_t i = 0; code == OK && i < beat->strangers.count; i++) {
        code = add_stranger(tx, beat, *(const int64_t *)beat->strangers.items[i], scratch, err);
        arena_reset(scratch);
    }
    arena_destroy(scratch);
    return code;
}

static enum err_code add_many_strangers(struct db_tx *tx, void *context, struct err *err) {
    return add_strangers(tx, context, err);
}

static enum err_code write_down(struct db_tx *tx, struct beat *beat, struct err *err) {
    TRY(add_strangers(tx, beat, err));
    for (size_t i = 0; i < beat->outcome_count; i++) {
        const struct sweep_outcome *o = &beat->outcomes[i];
        TRY(sweep_run_set_outcome(tx, o->id, o->outcome, o->best, o->latest, o->course, err));
    }
    for (size_t i = 0; i < beat->stop_count; i++)
        TRY(run_request_stop(tx, beat->stops[i], beat->now_ms, err));
    if (beat->is_checked)
        TRY(sweep_set_checked(tx, beat->sweep->id, beat->now_ms, err));
    return sweep_touch(tx, beat->sweep->id, beat->now_ms, err);
}

/* ---- deciding ---- */

/* Whether the agent runs something; runs that should end are told so. */
static enum err_code look_at_reported(struct db_tx *tx, struct beat *beat, bool *is_busy, struct err *err) {
    *is_busy = false;
    for (size_t i = 0; beat->run_state != NULL && i < beat->run_state->object.count; i++)
        *is_busy = *is_busy || is_reported(beat, beat->run_state->object.members[i].key);
    for (size_t i = 0; i < beat->open.count; i++) {
        const struct sweep_run *run = beat->open.items[i];
        if (!is_reported(beat, run->name))
            continue;
        if (run->agent_id == beat->agent_id && !run->was_seen)
            TRY(sweep_run_set_seen(tx, run->id, err));
        if (run->is_stop_requested || beat->sweep->state == SWEEP_CANCELED || run->agent_id != beat->agent_id)
            tell_stop(beat, run->name);
    }
    return OK;
}

static enum err_code give(struct db_tx *tx, struct beat *beat, const struct sweep_run *run, const char *type, struct err *err) {
    TRY(sweep_run_give(tx, run->id, beat->agent_id, beat->now_ms, err));
    tell_run(beat, run, type);
    return OK;
}

/* A run that was handed out and never began: it may not have been heard, or its program ended at once. */
static enum err_code give_unbegun(struct db_tx *tx, struct beat *beat, struct sweep_run *run, bool *is_given, struct err *err) {
    bool is_mine = run->agent_id == beat->agent_id;

    if (!is_mine && !is_lost(beat, run))
        return OK;
    *is_given = is_mine ? !run->was_seen && run->give_count < UNSEEN_GIVES_MAX : run->give_count < GIVES_MAX;
    if (*is_given)
        return give(tx, beat, run, "run", err);
    run->run_state = RUN_FAILED;
    return run_set_state(tx, run->run_id, RUN_FAILED, beat->now_ms, err);
}

static enum err_code give_one(struct db_tx *tx, struct beat *beat, struct sweep_run *run, bool *is_given, struct err *err) {
    struct sweep_run *again;

    if (run->state == SWEEP_RUN_QUEUED && run->run_state == RUN_PENDING) {
        *is_given = true;
        return give(tx, beat, run, "run", err);
    }
    if (run->state != SWEEP_RUN_GIVEN)
        return OK;
    if (run->run_state == RUN_PENDING)
        return give_unbegun(tx, beat, run, is_given, err);
    if (run->run_state == RUN_PREEMPTED && (run->agent_id == beat->agent_id || is_lost(beat, run))) {
        *is_given = true;
        return give(tx, beat, run, "resume", err);
    }
    if (!is_replaceable(beat, run))
        return OK;
    *is_given = true;
    TRY(sweep_run_replace(tx, beat->sweep, run, beat->agent_id, beat->identity->user_id, beat->now_ms, beat->arena, &again, err));
    tell_run(beat, again, "run");
    return OK;
}

/* Something is still on its way, so that the sweep is not over yet. */
static bool is_in_flight(const struct beat *beat) {
    for (size_t i = 0; i < beat->open.count; i++) {
        const struct sweep_run *run = beat->open.items[i];
        bool is_ours = run->state == SWEEP_RUN_QUEUED || run->state == SWEEP_RUN_GIVEN;
        if (is_ours && !run_state_is_terminal(run->run_state))
            return true;
    }
    return false;
}

/* Nothing more will be suggested. Idle agents wait for the others' runs: one that is lost must be tried again. */
static enum err_code wind_up(struct db_tx *tx, struct beat *beat, struct err *err) {
    if (is_in_flight(beat))
        return OK;
    tell_exit(beat);
    return sweep_set_state(tx, beat->sweep->id, SWEEP_FINISHED, beat->now_ms, err);
}

static enum err_code follow_schedule(struct db_tx *tx, struct beat *beat, struct err *err) {
    struct sweep_run *run;
    bool is_over;

    TRY(sweep_schedule_take(tx, beat->sweep, beat->agent_id, beat->identity->user_id, beat->now_ms, &run, &is_over, beat->arena, err));
    if (run != NULL)
        tell_run(beat, run, "run");
    return is_over ? wind_up(tx, beat, err) : OK;
}

static enum err_code is_capped(struct db_tx *tx, const struct beat *beat, bool *out, struct err *err) {
    int64_t count;
    TRY(sweep_run_count(tx, beat->sweep->id, &count, err));
    *out = beat->config->run_cap > 0 && count >= beat->config->run_cap;
    return OK;
}

static enum err_code decide_idle(struct db_tx *tx, struct beat *beat, struct err *err) {
    bool is_given = false, is_at_cap;

    if (beat->sweep->is_deleted || sweep_state_is_over(beat->sweep->state)) {
        tell_exit(beat);
        return OK;
    }
    if (beat->sweep->state == SWEEP_PAUSED)
        return OK;
    for (size_t i = 0; i < beat->open.count && !is_given; i++)
        TRY(give_one(tx, beat, beat->open.items[i], &is_given, err));
    if (is_given)
        return OK;
    if (beat->config->is_local)
        return follow_schedule(tx, beat, err);
    TRY(is_capped(tx, beat, &is_at_cap, err));
    if (is_at_cap || beat->has_reached_target || beat->sweep->is_exhausted)
        return wind_up(tx, beat, err);
    beat->wants_suggestion = !beat->config->is_scheduled; /* else it waits for what is queued */
    return OK;
}

static enum err_code decide(struct db_tx *tx, void *context, struct err *err) {
    struct beat *beat = context;
    bool is_busy;

    begin_commands(beat);
    TRY(find_agent(tx, beat, err));
    TRY(write_down(tx, beat, err));
    beat->open = (struct list){ 0 };
    TRY(sweep_run_list(tx, beat->sweep->id, true, beat->arena, &beat->open, err));
    TRY(look_at_reported(tx, beat, &is_busy, err));
    if (!is_busy)
        TRY(decide_idle(tx, beat, err));
    return sweep_agent_touch(tx, beat->agent_id, beat->is_exiting, beat->now_ms, err);
}

/* ---- suggesting ---- */

struct taking {
    struct beat *beat;
    struct trial *trials;
    size_t trial_count;
    int64_t next_number; /* that the point was found for; a work that is repeated must not take the sweep's own for it */
    double *point;
    bool is_taken;
};

static enum err_code look_again(struct db_tx *tx, void *context, struct err *err) {
    struct taking *taking = context;
    struct beat *beat = taking->beat;
    struct list runs = { 0 };

    TRY(sweep_find_by_id(tx, beat->sweep->id, beat->arena, &beat->sweep, err));
    TRY(sweep_run_list(tx, beat->sweep->id, beat->config->method != SWEEP_BAYES, beat->arena, &runs, err));
    return sweep_outcome_trials(tx, beat->config, &runs, &taking->trials, &taking->trial_count, beat->arena, err);
}

static enum err_code take(struct db_tx *tx, struct beat *beat, struct str args, int64_t next_point, struct err *err) {
    struct sweep_run_new new_run = {
        .args = args, .agent_id = beat->agent_id, .user_id = beat->identity->user_id, .next_point = next_point
    };
    struct sweep_run *run;
    TRY(sweep_run_make(tx, beat->sweep, &new_run, beat->now_ms, beat->arena, &run, err));
    tell_run(beat, run, "run");
    return OK;
}

/* The first point from next_point on that nobody has tried. */
static enum err_code take_from_grid(struct db_tx *tx, struct taking *taking, struct err *err) {
    struct beat *beat = taking->beat;
    int64_t index = beat->sweep->next_point;
    bool is_tried = true;
    struct str args = STR_EMPTY;

    for (int i = 0; index < beat->config->grid_count && i < GRID_POINTS_PER_BEAT; i++, index++) {
        space_grid_point(&beat->config->space, index, taking->point);
        TRY(space_text(&beat->config->space, taking->point, &args, beat->arena, err));
        TRY(sweep_run_is_tried(tx, beat->sweep->id, args, beat->arena, &is_tried, err));
        if (!is_tried)
            return take(tx, beat, args, index + 1, err);
    }
    if (index < beat->config->grid_count)
        return sweep_set_next_point(tx, beat->sweep->id, index, err);
    TRY(sweep_set_exhausted(tx, beat->sweep->id, err));
    return wind_up(tx, beat, err);
}

static enum err_code take_suggestion(struct db_tx *tx, void *context, struct err *err) {
    struct taking *taking = context;
    struct beat *beat = taking->beat;
    bool is_at_cap;

    begin_commands(beat);
    TRY(find_agent(tx, beat, err));
    TRY(is_capped(tx, beat, &is_at_cap, err));
    taking->is_taken = true;
    if (beat->sweep->state == SWEEP_PAUSED || sweep_state_is_over(beat->sweep->state) || beat->sweep->is_deleted || is_at_cap)
        return OK; /* it hears why when it asks again */
    if (beat->config->method == SWEEP_GRID) {
        TRY(take_from_grid(tx, taking, err));
    } else if (beat->sweep->next_number != taking->next_number) {
        taking->is_taken = false;
        return OK;
    } else {
        struct str args;
        TRY(space_text(&beat->config->space, taking->point, &args, beat->arena, err));
        TRY(take(tx, beat, args, 0, err));
    }
    return sweep_agent_touch(tx, beat->agent_id, beat->is_exiting, beat->now_ms, err);
}

static enum err_code suggest(struct beat *beat, struct err *err) {
    struct taking taking = { .beat = beat, .point = ARENA_ARRAY(beat->arena, double, beat->config->space.count) };

    for (int i = 0; i < TAKES_MAX && !taking.is_taken; i++) {
        if (beat->config->method != SWEEP_GRID) {
            TRY(db_read(beat->identity->app->db, look_again, &taking, err));
            taking.next_number = beat->sweep->next_number;
            search_next(beat->config, taking.trials, taking.trial_count, beat->sweep->seed, (uint64_t)taking.next_number, taking.point,
                        beat->arena);
        }
        TRY(db_write(beat->identity->app->db, take_suggestion, &taking, err));
    }
    return OK;
}

/* ---- a beat ---- */

static enum err_code check_run_state(const struct json_value *run_state, struct err *err) {
    if (run_state != NULL && (run_state->type != JSON_TYPE_OBJECT || run_state->object.count > REPORTED_MAX))
        return err_set(err, ERR_BAD_INPUT, "runState must be an object of at most %d runs", REPORTED_MAX);
    return OK;
}

enum err_code sweep_desk_beat(struct identity *identity, int64_t agent_id, const struct json_value *run_state, struct sweep_agent **agent,
                              struct str *commands, struct err *err) {
    struct beat beat = { .identity = identity, .arena = identity->arena, .agent_id = agent_id, .now_ms = clock_wall_ms(), .run_state = run_state };
    enum err_code code;

    TRY(check_run_state(run_state, err));
    TRY(db_read(identity->app->db, look, &beat, err));
    while (beat.strangers.count == STRANGERS_PER_WRITE) { /* all of them before the search goes on: none is tried again */
        TRY(db_write(identity->app->db, add_many_strangers, &beat, err));
        TRY(db_read(identity->app->db, look, &beat, err));
    }
    buf_init(&beat.text, COMMANDS_BYTES_MAX);
    code = find_out(&beat, err);
    if (code == OK)
        code = db_write(identity->app->db, decide, &beat, err);
    if (code == OK && beat.wants_suggestion)
        code = suggest(&beat, err);
    json_array_end(&beat.writer);
    if (code == OK)
        code = buf_check(&beat.text, "the agent's commands", err);
    *agent = beat.agent;
    *commands = arena_copy(beat.arena, buf_str(&beat.text));
    buf_finish(&beat.text);
    return code;
}
