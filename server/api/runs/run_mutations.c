/* run_mutations.c - what GraphQL changes in runs. The answer is given after the commit, so that nobody waits
 * for the writer while it is written.
 */
#include "server/api/runs/run_mutations.h"

#include "base/clock.h"
#include "base/hash.h"
#include "server/api/artifacts/alias_guard.h"
#include "server/api/artifacts/artifact_history.h"
#include "server/api/identity.h"
#include "server/api/place.h"
#include "server/api/runs/run_type.h"
#include "server/history/history.h"
#include "server/store/artifacts/artifact.h"
#include "server/store/accounts/audit.h"
#include "server/store/automations/alert.h"
#include "server/store/runs/run_alert.h"
#include "server/store/runs/run_file.h"
#include "server/store/runs/run_table.h"
#include "server/store/projects/trash.h"

enum { RUNS_AT_ONCE_MAX = 10000, FETCHES_MAX = 8 };

/* One mutation: what it works on and what comes of it. */
struct change {
    struct gql_call *call;
    struct identity *identity;
    struct arena *arena;
    int64_t now_ms;
    struct run *run;
    bool is_inserted;
    int64_t count;
    int64_t far_run, far_step; /* whose history a work needs from a bucket; 0: none */
};

static struct change change_begin(struct gql_call *call) {
    return (struct change){
        .call = call, .identity = gql_identity(call), .arena = call->arena, .now_ms = clock_wall_ms()
    };
}

/* Whoever asked waits for a bucket, and no writer does. */
static enum err_code change_write(struct change *change, db_work *work, struct err *err) {
    enum err_code code = db_write(change->identity->app->db, work, change, err);
    for (int i = 0; code == ERR_BUSY && change->far_run != 0 && i < FETCHES_MAX; i++) {
        int64_t run = change->far_run;
        change->far_run = 0;
        TRY(history_bring_near(change->identity->app->history, run, change->far_step, err));
        code = db_write(change->identity->app->db, work, change, err);
    }
    if (code != OK)
        return code;
    payload_give(change->call, change->run == NULL ? NULL : &change->run->owner, change->is_inserted,
                 change->count);
    return OK;
}

static struct str own_entity(const struct change *change, const char *argument) {
    struct str name = gql_input_str(change->call, argument);
    return name.len > 0 ? name : change->identity->username;
}

/* The run itself is authorised, whatever else the arguments say. */
static enum err_code find_by_id(struct db_tx *tx, const struct change *change, struct str id, enum who who,
                                struct run **out, struct err *err) {
    enum err_code code;
    TRY(run_find_by_storage_id(tx, id, 0, change->arena, out, err));
    code = access_check_in(tx, change->identity, &(*out)->owner, who, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "run not found") : code;
}

static enum err_code find_by_names(struct db_tx *tx, const struct change *change, struct run **out,
                                   struct err *err) {
    return place_find_run(tx, change->identity, own_entity(change, "entityName"),
                          gql_input_str(change->call, "projectName"), gql_input_str(change->call, "runName"),
                          0, CAN_WRITE, out, err);
}

/* ---- upsertBucket ---- */

static struct str text_of_list(const struct json_value *list, struct arena *arena) {
    struct buf text = BUF_INIT(RUN_TEXT_MAX + 1);
    struct json_writer writer;
    struct str copy;

    if (list == NULL || list->type != JSON_TYPE_ARRAY)
        return (struct str){ 0 };
    json_writer_init(&writer, &text, JSON_STRICT);
    json_value_write(&writer, list);
    copy = text.failed ? STR("[0]")
                       : arena_copy(arena, buf_str(&text)); /* too long: refused as what is no list of tags */
    buf_finish(&text);
    return copy;
}

/* In shared mode only the primary writer says that the run has ended; so no other can say that it goes on. */
static bool is_helper(const struct change *change) {
    struct str writer = change->identity->writer;
    return writer.len > 0 && !run_config_describes_writer(gql_input_str(change->call, "config"), writer, change->arena);
}

static struct run_change read_change(const struct change *change) {
    const struct gql_call *call = change->call;
    const struct json_value *debug = gql_input(call, "debug");
    return (struct run_change){
        .display_name = gql_input_str(call, "displayName"),
        .description = gql_input_str(call, "description"),
        .notes = gql_input_str(call, "notes"),
        .group = gql_input_str(call, "groupName"),
        .job_type = gql_input_str(call, "jobType"),
        .sweep = gql_input_str(call, "sweep"),
        .host = gql_input_str(call, "host"),
        .program = gql_input_str(call, "jobProgram"),
        .repo = gql_input_str(call, "jobRepo"),
        .commit = gql_input_str(call, "commit"),
        .config = gql_input_str(call, "config"),
        .summary = gql_input_str(call, "summaryMetrics"),
        .state = gql_input_str(call, "state"),
        .tags = text_of_list(gql_input(call, "tags"), change->arena),
        .is_from_client = gql_input_str(call, "name").len > 0, /* who edits a run knows it by its id only */
        .is_from_helper = is_helper(change),
        .is_debug = debug != NULL && debug->type == JSON_TYPE_BOOL && debug->boolean,
    };
}

static struct str make_up_name(struct arena *arena) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char *name = arena_alloc(arena, 8);
    uint32_t random[8];

    hash_random(random, sizeof(random));
    for (size_t i = 0; i < 8; i++)
        name[i] = letters[random[i] % 36];
    return (struct str){ name, 8 };
}

static enum err_code need_near(struct change *change, int64_t run, int64_t step, const struct history_remains *remains, enum err_code code) {
    if (remains->is_far) {
        change->far_run = run;
        change->far_step = step;
    }
    return code;
}

/* A new run begins with its parent's history. That happens once: the client sends the branch point with every
 * config. */
static enum err_code fork_if_asked(struct db_tx *tx, struct change *change, struct err *err) {
    struct run_branch_point point =
        run_config_branch_point(gql_input_str(change->call, "config"), change->arena);
    struct run *run = change->run, *parent;
    struct history_remains remains;
    enum err_code code;

    if (!change->is_inserted || point.run_id.ptr == NULL || str_eq(point.run_id, run->name))
        return OK;
    code = run_find(tx, run->owner.project_id, point.run_id, 0, true, change->arena, &parent, err);
    if (code == OK)
        code = access_check_in(tx, change->identity, &parent->owner, CAN_READ, err);
    if (code == ERR_NOT_FOUND || code == ERR_GONE)
        return err_set(err, ERR_NOT_FOUND, "cannot fork: run '%.*s' not found in the project '%.*s'",
                       STR_ARG(str_slice(point.run_id, 0, RUN_NAME_MAX)), STR_ARG(run->project_name));
    if (code != OK)
        return code;
    code = history_fork(change->identity->app->history, tx, parent->id, run->id, point.step, &remains, err);
    if (code != OK)
        return need_near(change, parent->id, point.step, &remains, code);
    return run_set_fork(tx, run->id, parent->id, point.step, err);
}

static enum err_code upsert_by_name(struct db_tx *tx, struct change *change, const struct run_change *wanted,
                                    struct err *err) {
    struct str name = gql_input_str(change->call, "name"),
               project_name = gql_input_str(change->call, "modelName");
    struct project *project;
    struct run *existing;
    enum err_code code;

    if (name.len == 0)
        name = make_up_name(change->arena);
    if (project_name.len == 0)
        project_name = STR(PROJECT_NAME_DEFAULT);
    TRY(place_make_project(tx, change->identity, own_entity(change, "entityName"), project_name,
                           change->now_ms, &project, err));
    /* It may have been moved to where one may not write. */
    code = run_find(tx, project->id, name, 0, true, change->arena, &existing, err);
    if (code == OK)
        code = access_check_in(tx, change->identity, &existing->owner, CAN_WRITE, err);
    if (code != OK && code != ERR_NOT_FOUND && code != ERR_GONE)
        return code;
    TRY(run_upsert(tx, project->id, name, change->identity->user_id, wanted, change->now_ms, change->arena,
                   &change->run, &change->is_inserted, err));
    return fork_if_asked(tx, change, err);
}

static enum err_code upsert_bucket(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    struct run_change wanted = read_change(change);
    struct str id = gql_input_str(change->call, "id"), name = gql_input_str(change->call, "name");
    struct run *run;
    enum err_code code;

    change->is_inserted = false;
    if (id.len == 0)
        return upsert_by_name(tx, change, &wanted, err);
    code = find_by_id(tx, change, id, CAN_WRITE, &run, err);
    if (code == ERR_NOT_FOUND && name.len > 0)
        return upsert_by_name(tx, change, &wanted,
                              err); /* deleted since, or its project has another name now */
    if (code != OK)
        return code;
    if (name.len > 0 && !str_eq(name, run->name))
        return err_set(err, ERR_BAD_INPUT, "the id is that of run '%.*s', the name is '%.*s'",
                       STR_ARG(run->name), STR_ARG(str_slice(name, 0, RUN_NAME_MAX)));
    TRY(run_update(tx, run->id, &wanted, change->now_ms, err));
    return run_find_by_id(tx, run->id, RUN_CONFIG, change->arena, &change->run, err);
}

enum err_code run_answer_upsert_bucket(struct gql_call *call, struct err *err) {
    struct change change = change_begin(call);
    return change_write(&change, upsert_bucket, err);
}

/* ---- deleting ---- */

/* The versions that this run logged; those it only used, or linked from elsewhere, stay. */
static enum err_code note(struct db_tx *tx, const struct change *change, const char *action, const struct run *run, struct err *err) {
    struct actor actor = identity_actor(change->identity);
    return audit_add(tx, &actor, action, run->owner.entity_id,
                     arena_printf(change->arena, "%.*s/%.*s", STR_ARG(run->project_name), STR_ARG(run->name)), err);
}

static enum err_code delete_outputs(struct db_tx *tx, const struct change *change, int64_t run_id, struct err *err) {
    struct list outputs = { 0 };

    TRY(artifact_list_outputs(tx, run_id, change->arena, &outputs, err));
    for (size_t i = 0; i < outputs.count; i++) {
        const struct artifact *artifact = outputs.items[i];
        if (artifact->run_id != run_id)
            continue;
        TRY(alias_guard_check_all(tx, change->identity, ALIASES_OF_ARTIFACT, artifact->id, err));
        TRY(artifact_history_note(tx, change->identity, artifact->id, "DELETED", 0, STR_EMPTY, err));
        TRY(artifact_delete(tx, artifact->id, change->now_ms, err));
    }
    return OK;
}

static bool wants_artifacts_deleted(const struct change *change) {
    const struct json_value *wish = gql_input(change->call, "deleteArtifacts");
    return wish != NULL && wish->type == JSON_TYPE_BOOL && wish->boolean;
}

static enum err_code delete_one(struct db_tx *tx, struct change *change, struct str id, struct err *err) {
    struct run *run;

    TRY(find_by_id(tx, change, id, CAN_WRITE, &run, err));
    if (wants_artifacts_deleted(change))
        TRY(delete_outputs(tx, change, run->id, err));
    TRY(run_delete(tx, run->id, change->now_ms, err));
    TRY(trash_keep(tx, TRASH_RUN, run->id, change->now_ms, err));
    change->count++;
    return note(tx, change, "run.delete", run, err);
}

static enum err_code delete_run(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    return delete_one(tx, change, gql_input_str(change->call, "id"), err);
}

enum err_code run_answer_delete_run(struct gql_call *call, struct err *err) {
    struct change change = change_begin(call);
    return change_write(&change, delete_run, err);
}

static enum err_code delete_runs(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    const struct json_value *ids = gql_input(change->call, "ids");

    change->count = 0;
    if (ids->array.count > RUNS_AT_ONCE_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d runs are deleted at once, got %zu", RUNS_AT_ONCE_MAX,
                       ids->array.count);
    for (size_t i = 0; i < ids->array.count; i++)
        TRY(delete_one(tx, change, ids->array.items[i].string, err));
    return OK;
}

enum err_code run_answer_delete_runs(struct gql_call *call, struct err *err) {
    struct change change = change_begin(call);
    return change_write(&change, delete_runs, err);
}

/* ---- state ---- */

static enum err_code stop_run(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    struct run *run;
    TRY(find_by_id(tx, change, gql_input_str(change->call, "id"), CAN_WRITE, &run, err));
    TRY(note(tx, change, "run.stop", run, err));
    return run_request_stop(tx, run->id, change->now_ms, err);
}

enum err_code run_answer_stop_run(struct gql_call *call, struct err *err) {
    struct change change = change_begin(call);
    return change_write(&change, stop_run, err);
}

static enum err_code update_state(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    struct str name = gql_input_str(change->call, "state");
    enum run_state state;
    struct run *run;

    if (!run_state_parse(&state, name))
        return err_set(err, ERR_BAD_INPUT, "unknown run state '%.*s'", STR_ARG(str_slice(name, 0, 50)));
    TRY(find_by_id(tx, change, gql_input_str(change->call, "id"), CAN_WRITE, &run, err));
    TRY(note(tx, change, "run.state", run, err));
    return run_set_state(tx, run->id, state, change->now_ms, err);
}

enum err_code run_answer_update_run_state(struct gql_call *call, struct err *err) {
    struct change change = change_begin(call);
    return change_write(&change, update_state, err);
}

/* ---- rewind ---- */

static enum err_code read_step(const struct change *change, int64_t *step, struct err *err) {
    struct str metric = gql_input_str(change->call, "metricName");
    double value;

    if (!str_eq_c(metric, "_step"))
        return err_set(err, ERR_BAD_INPUT, "a run is rewound by _step, not by '%.*s'",
                       STR_ARG(str_slice(metric, 0, 100)));
    if (!json_to_double(gql_input(change->call, "metricValue"), &value) || !(value >= 0 && value < 0x1p53) ||
        value != (double)(int64_t)value)
        return err_set(err, ERR_BAD_INPUT, "a run is rewound to a whole step, 0 or more");
    *step = (int64_t)value;
    return OK;
}

static enum err_code rewind_run(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    struct history_remains remains;
    struct run *run;
    int64_t step;

    TRY(read_step(change, &step, err));
    TRY(find_by_names(tx, change, &run, err));
    TRY(note(tx, change, "run.rewind", run, err));
    enum err_code code = history_rewind(change->identity->app->history, tx, run->id, step, &remains, err);
    if (code != OK)
        return need_near(change, run->id, step, &remains, code);
    TRY(run_touch(tx, run->id, change->now_ms, err));
    return run_find_by_id(tx, run->id, RUN_CONFIG, change->arena, &change->run, err);
}

enum err_code run_answer_rewind_run(struct gql_call *call, struct err *err) {
    struct change change = change_begin(call);
    return change_write(&change, rewind_run, err);
}

/* ---- moving ---- */

struct move {
    struct change change; /* the first member: what works are given */
    const int64_t *ids;   /* what the filters hold for */
    size_t id_count;
};

static enum err_code move_one(struct db_tx *tx, struct change *change, const struct run *run,
                              const struct project *to, struct err *err) {
    TRY(access_check_in(tx, change->identity, &run->owner, CAN_WRITE, err));
    if (run_move(tx, run->id, to->id, change->now_ms, err) != OK)
        return err_add_context(err, "cannot move to '%.*s'", STR_ARG(to->name));
    change->count++;
    return note(tx, change, "run.move", run, err);
}

static enum err_code move_runs(struct db_tx *tx, void *context, struct err *err) {
    struct move *move = context;
    struct change *change = &move->change;
    const struct json_value *ids = gql_input(change->call, "ids");
    struct project *to;
    struct run *run;

    change->count = 0;
    TRY(place_make_project(tx, change->identity, own_entity(change, "destinationEntityName"),
                           gql_input_str(change->call, "destinationProjectName"), change->now_ms, &to, err));
    for (size_t i = 0; ids != NULL && ids->type == JSON_TYPE_ARRAY && i < ids->array.count; i++) {
        TRY(find_by_id(tx, change, ids->array.items[i].string, CAN_WRITE, &run, err));
        TRY(move_one(tx, change, run, to, err));
    }
    for (size_t i = 0; i < move->id_count; i++) {
        TRY(run_find_by_id(tx, move->ids[i], 0, change->arena, &run, err));
        TRY(move_one(tx, change, run, to, err));
    }
    return OK;
}

struct source {
    struct change *change;
    struct project *project;
};

static enum err_code find_source(struct db_tx *tx, void *context, struct err *err) {
    struct source *source = context;
    return place_find_project(tx, source->change->identity, own_entity(source->change, "sourceEntityName"),
                              gql_input_str(source->change->call, "sourceProjectName"), CAN_WRITE,
                              &source->project, err);
}

/* Filters are answered before the transaction: what it then moves is authorised one by one. */
static enum err_code find_filtered(struct move *move, struct str filters, struct err *err) {
    struct change *change = &move->change;
    struct source source = { .change = change };
    struct run_query query = { .filters = filters, .first = RUNS_AT_ONCE_MAX };
    struct run_page page;

    TRY(db_read(change->identity->app->db, find_source, &source, err));
    query.project_id = source.project->id;
    TRY(run_tables_query(change->identity->app->run_tables, &query, change->arena, &page, err));
    if (page.has_more)
        return err_set(err, ERR_BAD_INPUT, "at most %d runs are moved at once, the filters hold for %zu",
                       RUNS_AT_ONCE_MAX, page.match_count);
    move->ids = page.ids;
    move->id_count = page.count;
    return OK;
}

enum err_code run_answer_move_runs(struct gql_call *call, struct err *err) {
    struct move move = { .change = change_begin(call) };
    struct str filters = gql_input_str(call, "filters");

    if (gql_input_str(call, "destinationProjectName").len == 0)
        return err_set(err, ERR_BAD_INPUT, "destinationProjectName is missing");
    if (filters.ptr != NULL)
        TRY(find_filtered(&move, filters, err));
    return change_write(&move.change, move_runs, err);
}

/* ---- alerts ---- */

static enum err_code notify(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    const struct json_value *wait = gql_input(change->call, "waitDuration");
    struct run_alert alert = { gql_input_str(change->call, "title"), gql_input_str(change->call, "text"),
                               gql_input_str(change->call, "severity"), change->now_ms };
    double wait_ms = 0;
    struct run *run;
    bool is_new;

    if (alert.severity.ptr == NULL)
        alert.severity = STR("INFO");
    TRY(find_by_names(tx, change, &run, err));
    (void)json_to_double(wait, &wait_ms);
    TRY(run_alert_add(tx, run->id, &alert, wait_ms > 0 && wait_ms < 1e12 ? (int64_t)wait_ms : 0, &is_new, err));
    if (!is_new)
        return OK;
    const struct app *app = change->identity->app;
    struct str url = app->public_url.len == 0 ? STR_EMPTY
                                              : arena_printf(change->arena, "%.*s/%.*s/%.*s/runs/%.*s", STR_ARG(app->public_url),
                                                             STR_ARG(run->entity_name), STR_ARG(run->project_name), STR_ARG(run->name));
    return alert_queue(tx, run, &alert, url, app->sends_mail, change->arena, err);
}

enum err_code run_answer_notify_alert(struct gql_call *call, struct err *err) {
    struct change change = change_begin(call);
    return change_write(&change, notify, err);
}
