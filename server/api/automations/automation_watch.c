/* automation_watch.c - see automation_watch.h. */
#include "server/api/automations/automation_watch.h"

#include "base/clock.h"
#include "server/api/automations/automation_payload.h"
#include "server/api/automations/automation_type.h"
#include "server/history/history.h"
#include "server/store/artifacts/artifact.h"
#include "server/store/automations/delivery.h"
#include "server/store/runs/run.h"
#include "server/store/runs/run_table.h"

enum { EVENTS_AT_A_TIME = 100, PROJECTS_AT_A_TIME = 20, RUNS_AT_A_TIME = 200, SAMPLES_MAX = 100000 };

/* ---- events of artifacts ---- */

struct happening {
    const struct automation_event *event;
    struct list aliases, tags; /* of struct str: what filters look at */
};

static const struct filter_word happening_word_rows[] = { { "alias", FILTER_KIND_LIST, 0, false }, { "tag", FILTER_KIND_LIST, 1, false } };
static const struct filter_words happening_words = { "an artifact's event", happening_word_rows, 2 };

struct happening_row {
    const struct happening *happening;
    const struct filter_keys *keys;
    struct arena *arena;
};

static struct filter_value read_happening(const void *context, size_t row, size_t key) {
    const struct happening_row *rows = context;
    const struct list *words = rows->keys->items[key].word == 0 ? &rows->happening->aliases : &rows->happening->tags;
    struct filter_value *items = ARENA_ARRAY(rows->arena, struct filter_value, words->count + 1);
    (void)row;
    for (size_t i = 0; i < words->count; i++)
        items[i] = filter_text(*(const struct str *)words->items[i]);
    return (struct filter_value){ .type = FILTER_LIST, .len = (uint32_t)words->count, .items = items };
}

static bool matches(const struct automation *automation, const struct happening *happening, struct arena *arena) {
    struct filter_keys *keys = ARENA_NEW(arena, struct filter_keys);
    struct happening_row row = { happening, keys, arena };
    struct filter *filter;
    struct err err;
    if (automation->scope == SCOPE_COLLECTION && automation->scope_id != happening->event->collection_id)
        return false;
    if (!str_eq(automation->event_type, happening->event->type))
        return false;
    return filter_parse(&filter, automation->event_filter, &happening_words, keys, arena, &err) == OK &&
           filter_matches(filter, read_happening, &row, 0);
}

static bool is_alias_event(struct str type) {
    return str_eq_c(type, "ADD_ARTIFACT_ALIAS") || str_eq_c(type, "UPDATE_ARTIFACT_ALIAS");
}

/* An event about a word is filtered by that word; any other by what the version has. */
static enum err_code load_words(struct db_tx *tx, struct happening *happening, struct arena *arena, struct err *err) {
    struct automation_event *event = (struct automation_event *)happening->event;
    struct list aliases;
    if (is_alias_event(event->type)) {
        list_add(&happening->aliases, &event->word, arena);
        return OK;
    }
    if (event->word.len > 0) {
        list_add(&happening->tags, &event->word, arena);
        return OK;
    }
    TRY(alias_list(tx, event->collection_id, event->artifact_id, arena, &aliases, err));
    for (size_t i = 0; i < aliases.count; i++)
        list_add(&happening->aliases, &((struct artifact_alias *)aliases.items[i])->alias, arena);
    return artifact_tags(tx, event->artifact_id, arena, &happening->tags, err);
}

static enum err_code look_at_event(struct db_tx *tx, const struct automation_event *event, struct arena *arena, struct err *err) {
    struct happening happening = { .event = event };
    struct list automations;
    bool was_there;
    TRY(automation_event_drop(tx, event->id, &was_there, err));
    if (!was_there)
        return OK;
    TRY(automation_list_for(tx, event->owner, arena, &automations, err));
    if (automations.count > 0)
        TRY(load_words(tx, &happening, arena, err));
    for (size_t i = 0; i < automations.count; i++)
        if (matches(automations.items[i], &happening, arena))
            TRY(automation_queue_artifact(tx, automations.items[i], event, arena, err));
    return OK;
}

struct looking {
    struct app *app;
    bool has_more;
};

static enum err_code look_at_events(struct db_tx *tx, void *context, struct err *err) {
    struct looking *looking = context;
    struct arena *arena = arena_create();
    struct list events;
    enum err_code code = automation_event_list(tx, EVENTS_AT_A_TIME, arena, &events, err);
    looking->has_more = code == OK && events.count == EVENTS_AT_A_TIME;
    for (size_t i = 0; code == OK && i < events.count; i++)
        code = look_at_event(tx, events.items[i], arena, err);
    arena_destroy(arena);
    return code;
}

enum err_code automation_watch_catch_up(struct db_tx *tx, struct err *err) {
    struct looking looking = { .has_more = true };
    while (looking.has_more)
        TRY(look_at_events(tx, &looking, err));
    return OK;
}

static enum err_code has_events(struct db_tx *tx, void *context, struct err *err) {
    struct looking *looking = context;
    struct arena *arena = arena_create();
    struct list events;
    enum err_code code = automation_event_list(tx, 1, arena, &events, err);
    looking->has_more = code == OK && events.count > 0;
    arena_destroy(arena);
    return code;
}

/* The writer is only troubled when there is something. */
enum err_code automation_watch_artifacts(struct app *app, bool *has_more, struct err *err) {
    struct looking looking = { app, false };
    *has_more = false;
    TRY(db_read(app->db, has_events, &looking, err));
    if (!looking.has_more)
        return OK;
    TRY(db_write(app->db, look_at_events, &looking, err));
    *has_more = looking.has_more;
    return OK;
}

/* ---- changes of runs ---- */

/* What one automation is to remember of one run, and whether it fires. */
struct verdict {
    const struct automation *automation;
    int64_t run_id;
    struct seen_run seen;
    bool fires;
};

struct run_looking {
    struct app *app;
    struct arena *arena;
    const struct changed_project *project;
    struct list automations, runs, verdicts;
    int64_t next_cursor;
};

enum coarse { COARSE_OTHER, COARSE_RUNNING, COARSE_FINISHED, COARSE_FAILED };

static enum coarse coarse_of(int state) {
    switch (state) {
    case RUN_RUNNING:
        return COARSE_RUNNING;
    case RUN_FINISHED:
        return COARSE_FINISHED;
    case RUN_FAILED:
    case RUN_CRASHED:
    case RUN_KILLED:
        return COARSE_FAILED;
    default:
        return COARSE_OTHER;
    }
}

static bool wants_state(const struct event_filter *filter, enum coarse state) {
    return (state == COARSE_RUNNING && filter->on_running) || (state == COARSE_FINISHED && filter->on_finished) ||
           (state == COARSE_FAILED && filter->on_failed);
}

static enum err_code load_changes(struct db_tx *tx, void *context, struct err *err) {
    struct run_looking *looking = context;
    TRY(automation_list_for(tx, looking->project->owner, looking->arena, &looking->automations, err));
    return automation_changed_runs(tx, looking->project, RUNS_AT_A_TIME, looking->arena, &looking->runs, err);
}

static enum err_code load_seen(struct db_tx *tx, void *context, struct err *err) {
    struct verdict *verdict = context;
    return automation_seen_get(tx, verdict->automation->id, verdict->run_id, &verdict->seen, err);
}

struct run_question {
    int64_t id;
    struct arena *arena;
    struct run *run;
};

static enum err_code load_run(struct db_tx *tx, void *context, struct err *err) {
    struct run_question *question = context;
    return run_find_by_id(tx, question->id, 0, question->arena, &question->run, err);
}

/* By the same table in memory that lists of runs are filtered with. */
static enum err_code run_matches(struct run_looking *looking, int64_t run_id, struct str filter, bool *out, struct err *err) {
    struct run_question question = { run_id, looking->arena, NULL };
    struct buf filters = BUF_INIT(FILTER_BYTES_MAX);
    struct json_writer writer;
    struct run_page page;
    *out = filter.len == 0;
    if (*out)
        return OK;
    TRY(db_read(looking->app->db, load_run, &question, err));
    json_writer_init(&writer, &filters, JSON_STRICT);
    buf_append_str(&filters, STR("{\"$and\":[{\"name\":"));
    json_string(&writer, question.run->name);
    buf_printf(&filters, "},%.*s]}", STR_ARG(filter));
    struct run_query query = { .project_id = looking->project->owner.project_id, .filters = buf_str(&filters), .first = 1 };
    enum err_code code = run_tables_query(looking->app->run_tables, &query, looking->arena, &page, err);
    *out = code == OK && page.match_count > 0;
    buf_finish(&filters);
    return code;
}

/* The newest `wanted` values of a metric, oldest first; fewer when there are no more. */
static enum err_code read_newest(struct run_looking *looking, int64_t run_id, struct str name, size_t wanted, double **out, size_t *count,
                                 struct err *err) {
    struct history_counts counts;
    struct history_rows rows = { 0 };
    int64_t reach = (int64_t)wanted;
    TRY(history_count(looking->app->history, run_id, HISTORY_ROWS, &counts, err));
    do {
        struct history_sample_spec spec = { .keys = &name, .key_count = 1, .samples = SAMPLES_MAX, .last_step = counts.last_step,
                                            .first_step = counts.last_step - reach < 0 ? 0 : counts.last_step - reach };
        if (counts.last_step < 0)
            break;
        TRY(history_sample(looking->app->history, run_id, HISTORY_ROWS, &spec, JSON_EXTENDED, &rows, looking->arena, err));
        reach *= 8;
        if (spec.first_step == 0 || reach > SAMPLES_MAX)
            break;
    } while (rows.count < wanted);
    *out = ARENA_ARRAY(looking->arena, double, wanted + 1);
    *count = 0;
    for (size_t i = rows.count > wanted ? rows.count - wanted : 0; i < rows.count; i++) {
        struct json_value *row;
        if (json_parse(&row, rows.json[i], JSON_EXTENDED, looking->arena, err) == OK && row->type == JSON_TYPE_OBJECT && row->object.count > 0 &&
            json_to_double(&row->object.members[row->object.count - 1].value, &(*out)[*count]))
            ++*count;
    }
    return OK;
}

static enum err_code judge_metric(struct run_looking *looking, struct verdict *verdict, const struct event_filter *filter, struct err *err) {
    const struct metric_condition *condition = &filter->metric;
    size_t wanted = (size_t)condition->window + (condition->kind == METRIC_CHANGE ? (size_t)condition->prior : 1), count;
    bool was_met = verdict->seen.is_met;
    double *values;
    TRY(read_newest(looking, verdict->run_id, condition->name, wanted, &values, &count, err));
    verdict->seen.is_met = metric_condition_holds(condition, values, count);
    verdict->fires = verdict->seen.is_met && !was_met;
    return OK;
}

static enum err_code judge(struct run_looking *looking, struct verdict *verdict, const struct changed_run *run, struct err *err) {
    const struct automation_event_type *type = automation_event_type_find(verdict->automation->event_type);
    bool is_old = !verdict->seen.is_known && run->created_at < verdict->automation->created_at, does_match = true;
    enum coarse before = verdict->seen.is_known ? coarse_of(verdict->seen.state) : COARSE_OTHER, after = coarse_of(run->state);
    struct event_filter filter;
    TRY(event_filter_parse(&filter, type, verdict->automation->event_filter, looking->arena, err));
    verdict->seen.state = run->state;
    if (type->kind == ON_RUN_METRIC)
        TRY(judge_metric(looking, verdict, &filter, err));
    else
        verdict->fires = after != before && wants_state(&filter, after);
    /* What a run was before there was an automation is no news. */
    verdict->fires = verdict->fires && !is_old;
    if (verdict->fires)
        TRY(run_matches(looking, run->id, filter.filter, &does_match, err));
    verdict->fires = verdict->fires && does_match;
    return OK;
}

static enum err_code judge_each(struct run_looking *looking, const struct changed_run *run, struct err *err) {
    for (size_t i = 0; i < looking->automations.count; i++) {
        const struct automation *automation = looking->automations.items[i];
        const struct automation_event_type *type = automation_event_type_find(automation->event_type);
        if (type == NULL || type->kind == ON_ARTIFACT)
            continue;
        struct verdict *verdict = ARENA_NEW(looking->arena, struct verdict);
        *verdict = (struct verdict){ .automation = automation, .run_id = run->id };
        TRY(db_read(looking->app->db, load_seen, verdict, err));
        enum err_code code = judge(looking, verdict, run, err);
        if (code == OK)
            list_add(&looking->verdicts, verdict, looking->arena);
        else if (err_http_status(code) == 503) /* otherwise it is the fault of the automation or of this run: others go on */
            return code;
    }
    return OK;
}

/* What was judged counts only if nobody else has looked at the same changes. */
static enum err_code write_verdicts(struct db_tx *tx, void *context, struct err *err) {
    struct run_looking *looking = context;
    struct arena *arena = arena_create();
    bool is_moved;
    enum err_code code = automation_move_cursor(tx, looking->project, looking->next_cursor, &is_moved, err);
    for (size_t i = 0; code == OK && is_moved && i < looking->verdicts.count; i++) {
        const struct verdict *verdict = looking->verdicts.items[i];
        code = automation_seen_set(tx, verdict->automation->id, verdict->run_id, &verdict->seen, err);
        if (code == OK && verdict->fires)
            code = automation_queue_run(tx, verdict->automation, verdict->run_id, arena, err);
    }
    arena_destroy(arena);
    return code;
}

static enum err_code look_at_project(struct app *app, const struct changed_project *project, struct arena *arena, bool *has_more,
                                     struct err *err) {
    struct run_looking looking = { .app = app, .arena = arena, .project = project };
    TRY(db_read(app->db, load_changes, &looking, err));
    bool is_whole = looking.runs.count < RUNS_AT_A_TIME;
    for (size_t i = 0; i < looking.runs.count; i++)
        TRY(judge_each(&looking, looking.runs.items[i], err));
    looking.next_cursor = is_whole ? project->version : ((const struct changed_run *)looking.runs.items[looking.runs.count - 1])->version;
    *has_more = *has_more || !is_whole;
    return db_write(app->db, write_verdicts, &looking, err);
}

struct projects_question {
    struct arena *arena;
    struct list projects;
};

static enum err_code load_projects(struct db_tx *tx, void *context, struct err *err) {
    struct projects_question *question = context;
    return automation_changed_projects(tx, PROJECTS_AT_A_TIME, question->arena, &question->projects, err);
}

enum err_code automation_watch_runs(struct app *app, bool *has_more, struct err *err) {
    struct projects_question question = { .arena = arena_create() };
    enum err_code code = db_read(app->db, load_projects, &question, err);
    *has_more = false;
    for (size_t i = 0; code == OK && i < question.projects.count; i++) {
        struct arena *arena = arena_create();
        code = look_at_project(app, question.projects.items[i], arena, has_more, err);
        arena_destroy(arena);
    }
    arena_destroy(question.arena);
    return code;
}
