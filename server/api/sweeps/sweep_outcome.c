/* sweep_outcome.c - see sweep_outcome.h. */
#include "server/api/sweeps/sweep_outcome.h"

#include "server/history/history.h"
#include "server/store/runs/run.h"

#include <math.h>

enum { COURSE_BYTES_MAX = 1 << 16 };

bool sweep_outcome_is_better(const struct sweep_config *config, double a, double b) {
    return config->is_maximize ? a > b : a < b;
}

/* ---- summaries ---- */

/* "a.b" as a key of its own, or else b inside of a. */
static const struct json_value *find_metric(const struct json_value *object, struct str metric) {
    const struct json_value *found = json_get(object, metric);
    for (size_t i = 0; found == NULL && i < metric.len; i++)
        if (metric.ptr[i] == '.')
            found = find_metric(json_get(object, str_slice(metric, 0, i)), str_from(metric, i + 1));
    return found;
}

static const struct json_value *choose_aggregate(const struct sweep_config *config, const struct json_value *object) {
    const struct json_value *found = json_get(object, STR("best"));
    if (found == NULL)
        found = json_get(object, config->is_maximize ? STR("max") : STR("min"));
    return found != NULL ? found : json_get(object, STR("last"));
}

bool sweep_outcome_in_summary(const struct sweep_config *config, struct str summary, double *out, struct arena *arena) {
    const struct json_value *found;
    struct json_value *root;
    struct err err;

    if (config->metric.len == 0 || summary.len == 0 || json_parse(&root, summary, JSON_EXTENDED, arena, &err) != OK)
        return false;
    found = find_metric(root, config->metric);
    if (found != NULL && found->type == JSON_TYPE_OBJECT)
        found = choose_aggregate(config, found);
    return json_to_double(found, out) && isfinite(*out);
}

enum err_code sweep_outcome_now(struct db_tx *tx, const struct sweep_config *config, int64_t run_id, bool *has_value, double *out,
                                struct arena *arena, struct err *err) {
    struct run *run;
    enum err_code code = run_find_by_id(tx, run_id, RUN_SUMMARY, arena, &run, err);
    *has_value = code == OK && sweep_outcome_in_summary(config, run->summary, out, arena);
    return code == ERR_NOT_FOUND || code == ERR_GONE ? OK : code;
}

/* ---- histories ---- */

struct values {
    double *items; /* finite, in order */
    size_t count;
};

static enum err_code read_values(struct app *app, const struct sweep_config *config, int64_t run_id, struct values *out, struct arena *arena,
                                 struct err *err) {
    struct history_column column;

    *out = (struct values){ 0 };
    TRY(history_read_column(app->history, run_id, HISTORY_ROWS, config->metric, &column, arena, err));
    if (column.type != HISTORY_INT && column.type != HISTORY_DOUBLE)
        return OK; /* texts are no measure */
    out->items = ARENA_ARRAY(arena, double, column.count + 1);
    for (size_t i = 0; i < column.count; i++) {
        double value = column.type == HISTORY_INT ? (double)column.ints[i] : column.doubles[i];
        if (isfinite(value))
            out->items[out->count++] = value;
    }
    return OK;
}

static struct str write_course(const struct hyperband_run *run, struct arena *arena) {
    struct buf text = BUF_INIT(COURSE_BYTES_MAX);
    struct json_writer writer;
    struct str out;

    json_writer_init(&writer, &text, JSON_STRICT);
    json_array_begin(&writer);
    for (size_t i = 0; i < run->reached; i++)
        json_double(&writer, run->at[i]);
    json_array_end(&writer);
    out = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return out;
}

void sweep_outcome_read_course(struct hyperband_run *out, const struct sweep_run *run, const struct sweep_config *config, struct arena *arena) {
    struct json_value *list;
    struct err err;

    *out = (struct hyperband_run){ .best = config->is_maximize ? -run->best : run->best };
    if (run->course.ptr == NULL || json_parse(&list, run->course, JSON_STRICT, arena, &err) != OK || list->type != JSON_TYPE_ARRAY)
        return;
    while (out->reached < list->array.count && out->reached < HYPERBAND_BRACKETS_MAX &&
           json_to_double(&list->array.items[out->reached], &out->at[out->reached]))
        out->reached++;
}

struct summary_reading {
    const struct sweep_config *config;
    int64_t run_id;
    struct arena *arena;
    bool has_value;
    double value;
};

static enum err_code read_summary(struct db_tx *tx, void *context, struct err *err) {
    struct summary_reading *reading = context;
    return sweep_outcome_now(tx, reading->config, reading->run_id, &reading->has_value, &reading->value, reading->arena, err);
}

static void measure(const struct sweep_config *config, const struct values *values, const struct summary_reading *summary,
                    struct sweep_outcome *out, struct arena *arena) {
    if (config->has_early_terminate) {
        hyperband_measure(&out->measured, &config->early_terminate, values->items, values->count, config->is_maximize);
        out->course = write_course(&out->measured, arena);
    }
    if (values->count == 0 && !summary->has_value)
        return;
    out->outcome = SWEEP_RUN_VALUE;
    out->best = out->latest = values->count > 0 ? values->items[values->count - 1] : summary->value;
    for (size_t i = 0; i < values->count; i++)
        if (sweep_outcome_is_better(config, values->items[i], out->best))
            out->best = values->items[i];
    if (summary->has_value && sweep_outcome_is_better(config, summary->value, out->best))
        out->best = summary->value;
}

/* Histories may be long, and many are looked at by one request: each has an arena of its own. */
enum err_code sweep_outcome_measure(struct app *app, const struct sweep_config *config, const struct sweep_run *run,
                                    struct sweep_outcome *out, struct arena *arena, struct err *err) {
    struct arena *scratch = arena_create();
    struct summary_reading summary = { .config = config, .run_id = run->run_id, .arena = scratch };
    struct values values = { 0 };
    enum err_code code = OK;

    *out = (struct sweep_outcome){ .id = run->id, .outcome = SWEEP_RUN_NO_VALUE };
    if (config->metric.len > 0)
        code = read_values(app, config, run->run_id, &values, scratch, err);
    if (code == OK && config->metric.len > 0)
        code = db_read(app->db, read_summary, &summary, err);
    if (code == OK)
        measure(config, &values, &summary, out, arena);
    arena_destroy(scratch);
    return code;
}

/* ---- as the search sees them ---- */

static enum trial_state state_of(const struct sweep_config *config, const struct sweep_run *run, double *value) {
    bool ended_badly = run->run_state == RUN_FAILED || run->run_state == RUN_CRASHED;

    if (run->outcome == SWEEP_RUN_NO_VALUE)
        return TRIAL_FAILED;
    if (run->outcome == SWEEP_RUN_UNKNOWN)
        return TRIAL_RUNNING;
    if (ended_badly && config->impute != IMPUTE_BEST && config->impute != IMPUTE_LATEST)
        return TRIAL_FAILED;
    *value = ended_badly && config->impute == IMPUTE_LATEST ? run->latest : run->best;
    return TRIAL_DONE;
}

/* What stands for a run that has not ended, when the configuration wants something else than the expectation. */
static enum err_code impute_running(struct db_tx *tx, const struct sweep_config *config, const struct sweep_run *run, struct trial *trial,
                                    struct arena *arena, struct err *err) {
    bool has_value = false;
    double value = 0;

    if (config->impute_while_running == IMPUTE_NOTHING || !run_state_is_alive(run->run_state))
        return OK;
    if (config->impute_while_running == IMPUTE_WORST) {
        trial->state = TRIAL_FAILED;
        return OK;
    }
    TRY(sweep_outcome_now(tx, config, run->run_id, &has_value, &value, arena, err));
    if (has_value)
        *trial = (struct trial){ trial->point, value, TRIAL_DONE };
    return OK;
}

enum err_code sweep_outcome_trials(struct db_tx *tx, const struct sweep_config *config, const struct list *runs, struct trial **out,
                                   size_t *count, struct arena *arena, struct err *err) {
    struct trial *trials = ARENA_ARRAY(arena, struct trial, runs->count);
    struct err unreadable;

    *out = trials;
    *count = 0;
    for (size_t i = 0; i < runs->count; i++) {
        const struct sweep_run *run = runs->items[i];
        double *point = ARENA_ARRAY(arena, double, config->space.count);
        struct trial *trial = &trials[*count];
        struct json_value *args;

        if (run->state == SWEEP_RUN_REPLACED || json_parse(&args, run->args, JSON_EXTENDED, arena, &unreadable) != OK ||
            !space_read(&config->space, args, point))
            continue;
        *trial = (struct trial){ .point = point };
        trial->state = state_of(config, run, &trial->value);
        if (trial->state == TRIAL_RUNNING)
            TRY(impute_running(tx, config, run, trial, arena, err));
        if (config->is_maximize)
            trial->value = -trial->value;
        (*count)++;
    }
    return OK;
}
