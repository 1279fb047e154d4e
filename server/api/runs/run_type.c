/* run_type.c - see run_type.h. */
#include "server/api/runs/run_type.h"

#include "server/api/automations/alert_type.h"

#include "server/api/accounts/account_types.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/projects/project_type.h"
#include "server/api/resolver.h"
#include "server/api/runs/console_type.h"
#include "server/api/runs/file_type.h"
#include "server/api/runs/receipt.h"
#include "server/api/sweeps/sweep_type.h"
#include "server/store/projects/project.h"
#include "server/store/runs/console.h"
#include "server/store/runs/run_table.h"

/* ---- texts and numbers of the row ---- */

#define TEXT_RESOLVER(name, member)                                                                                      \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        gql_str(call, ((const struct run *)call->parent)->member);                                                       \
        return OK;                                                                                                       \
    }

#define TIME_RESOLVER(name, member)                                                                                      \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        resolver_write_time(call, ((const struct run *)call->parent)->member);                                           \
        return OK;                                                                                                       \
    }

#define BOOL_RESOLVER(name, claim)                                                                                       \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        const struct run *run = call->parent;                                                                            \
        (void)err;                                                                                                       \
        json_bool(call->out, (claim));                                                                                   \
        return OK;                                                                                                       \
    }

TEXT_RESOLVER(answer_commit, commit)
TEXT_RESOLVER(answer_description, description)
TEXT_RESOLVER(answer_display_name, display_name)
TEXT_RESOLVER(answer_group, group)
TEXT_RESOLVER(answer_host, host)
TEXT_RESOLVER(answer_job_type, job_type)
TEXT_RESOLVER(answer_name, name)
TEXT_RESOLVER(answer_notes, notes)
TEXT_RESOLVER(answer_program, program)
TEXT_RESOLVER(answer_repo, repo)
TEXT_RESOLVER(answer_sweep_name, sweep)

TIME_RESOLVER(answer_created_at, created_at)
TIME_RESOLVER(answer_heartbeat_at, heartbeat_at)
TIME_RESOLVER(answer_stopped_at, ended_at)
TIME_RESOLVER(answer_updated_at, updated_at)

BOOL_RESOLVER(answer_failed, run->state == RUN_FAILED || run->state == RUN_CRASHED)
BOOL_RESOLVER(answer_running, run_state_is_alive(run->state))
BOOL_RESOLVER(answer_stopped, run->is_stop_requested)

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, run_storage_id(call->parent, call->arena));
    return OK;
}

static enum err_code answer_internal_id(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    (void)err;
    json_int(call->out, run->id);
    return OK;
}

static enum err_code answer_project_id(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    (void)err;
    json_int(call->out, run->owner.project_id);
    return OK;
}

static enum err_code answer_state(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    (void)err;
    json_string(call->out, str_from_c(run_state_name(run->state)));
    return OK;
}

static enum err_code answer_exit_code(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    (void)err;
    if (run->has_exit_code)
        json_int(call->out, run->exit_code);
    return OK;
}

static enum err_code answer_tags(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    (void)err;
    json_raw(call->out, run->tags);
    return OK;
}

/* Seconds between the first and the last sign of life. */
static enum err_code answer_compute_seconds(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    (void)err;
    json_int(call->out, (run->heartbeat_at - run->created_at) / 1000);
    return OK;
}

static enum err_code answer_read_only(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    struct err refusal;
    enum err_code code = access_check(gql_identity(call), &run->owner, CAN_WRITE, &refusal);
    if (code != OK && code != ERR_FORBIDDEN && code != ERR_NOT_FOUND) {
        *err = refusal;
        return code;
    }
    json_bool(call->out, code != OK);
    return OK;
}

/* ---- what takes a look into the store ---- */

READING_RESOLVER(answer_summary) {
    const struct run *run = call->parent;
    struct run *found = NULL;
    if (run->summary.ptr == NULL) {
        TRY(run_find_by_id(tx, run->id, RUN_SUMMARY, call->arena, &found, err));
        run = found;
    }
    json_string(call->out, run->summary.ptr != NULL ? run->summary : STR("{}"));
    return OK;
}

READING_RESOLVER(answer_log_line_count) {
    const struct run *run = call->parent;
    int64_t count;
    TRY(console_line_count(tx, run->id, &count, err));
    json_int(call->out, count);
    return OK;
}

READING_RESOLVER(answer_project) {
    const struct run *run = call->parent;
    struct project *project;
    TRY(project_find_by_id(tx, run->owner.project_id, call->arena, &project, err));
    gql_object(call, project);
    return OK;
}

READING_RESOLVER(answer_user) {
    const struct run *run = call->parent;
    return run->user_id == 0 ? OK : account_give_user(tx, call, run->user_id, err);
}

READING_RESOLVER(answer_fork_of) {
    const struct run *run = call->parent;
    struct run *parent;
    enum err_code code = run->fork_run_id == 0 ? ERR_NOT_FOUND
                                               : run_find_by_id(tx, run->fork_run_id, 0, call->arena, &parent, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &parent->owner, CAN_READ, err);
    if (code == OK)
        gql_object(call, parent);
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err_code answer_fork_step(struct gql_call *call, struct err *err) {
    const struct run *run = call->parent;
    (void)err;
    if (run->fork_run_id != 0)
        json_int(call->out, run->fork_step);
    return OK;
}

/* Sorted by name. */
static const struct gql_field run_fields[] = {
    { "alerts", "", "[RunAlert!]!", CAN_READ, alert_answer_of_run, "What it raised with run.alert, newest first." },
    { "commit", "", "String", CAN_READ, answer_commit, "The git commit that the code was at." },
    { "computeSeconds", "", "Int!", CAN_READ, answer_compute_seconds, "Seconds between its first and its last sign of life." },
    { "config", "", "JSONString", CAN_READ, run_config_answer, "{\"key\": {\"value\": ...}}, as the client gave it." },
    { "createdAt", "", "DateTime!", CAN_READ, answer_created_at, NULL },
    { "description", "", "String", CAN_READ, answer_description, NULL },
    { "displayName", "", "String", CAN_READ, answer_display_name, "The name people see. It may be changed." },
    { "events", "samples: Int = 500", "[JSONString!]!", CAN_READ, run_history_answer_events, "System metrics, thinned evenly to about that many rows." },
    { "eventsLineCount", "", "Int!", CAN_READ, run_history_answer_events_count, NULL },
    { "eventsTail", "", "JSONString!", CAN_READ, run_history_answer_events_tail, "A JSON list with the text of the last row of system metrics." },
    { "exitcode", "", "Int", CAN_READ, answer_exit_code, "Null as long as the program has not ended." },
    { "failed", "", "Boolean!", CAN_READ, answer_failed, NULL },
    { "fileCount", "", "Int!", CAN_READ, file_type_answer_run_file_count, NULL },
    { "files", "after: String, first: Int = 50, names: [String], pattern: String", "FileConnection!", CAN_READ, file_type_answer_run_files, "pattern: as in SQL LIKE." },
    { "forkOf", "", "Run", CAN_READ, answer_fork_of, "The run that this one was forked from." },
    { "forkStep", "", "Int64", CAN_READ, answer_fork_step, "The last step that it took over." },
    { "group", "", "String", CAN_READ, answer_group, NULL },
    { "heartbeatAt", "", "DateTime", CAN_READ, answer_heartbeat_at, "When it was heard last." },
    { "history", "maxStep: Int64, minStep: Int64, samples: Int", "[JSONString!]!", CAN_READ, run_history_answer_rows, "With steps: all rows with minStep <= _step < maxStep. Without: thinned evenly to about samples rows (500)." },
    { "historyKeys", "", "JSON", CAN_READ, run_history_answer_keys, "What was logged: types, counts, last values." },
    { "historyLineCount", "", "Int!", CAN_READ, run_history_answer_line_count, NULL },
    { "historyTail", "", "JSONString!", CAN_READ, run_history_answer_tail, "A JSON list with the text of the last row of the history." },
    { "host", "", "String", CAN_READ, answer_host, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "inputArtifacts", "after: String, first: Int = 50", "ArtifactConnection!", CAN_READ, artifact_answer_run_inputs, "The versions that it used." },
    { "internalId", "", "Int64!", CAN_READ, answer_internal_id, NULL },
    { "jobType", "", "String", CAN_READ, answer_job_type, NULL },
    { "logChange", "", "Int64!", CAN_READ, console_type_answer_change, "Counts the lines that it printed, each time that one was written: what is new since then is pushed (docs/web-api.md)." },
    { "logLineCount", "", "Int!", CAN_READ, answer_log_line_count, NULL },
    { "logLines", LOG_LINES_ARGS, "LogLineConnection!", CAN_READ, console_type_answer_lines, "What it printed." },
    { "logStreams", "", "[LogStream!]!", CAN_READ, console_type_answer_streams, "Who printed: one for each writer of shared mode." },
    { "name", "", "String!", CAN_READ, answer_name, "The id that the client gave it, unique in the project." },
    { "notes", "", "String", CAN_READ, answer_notes, NULL },
    { "outputArtifacts", "after: String, first: Int = 50", "ArtifactConnection!", CAN_READ, artifact_answer_run_outputs, "The versions that it made." },
    { "parquetHistory", "liveKeys: [String!]", "ParquetHistory!", CAN_READ, run_history_answer_parquet, "The whole history as Parquet files, once it is final." },
    { "program", "", "String", CAN_READ, answer_program, NULL },
    { "project", "", "Project", CAN_READ, answer_project, NULL },
    { "projectId", "", "Int64!", CAN_READ, answer_project_id, NULL },
    { "readOnly", "", "Boolean!", CAN_READ, answer_read_only, "Whether the one who asks may not change it." },
    { "receipt", "", "JSON!", CAN_READ, receipt_answer_field, "What was received for it, what was stored, and what was not and why." },
    { "repo", "", "String", CAN_READ, answer_repo, "Where its git repository comes from." },
    { "runInfo", "", "RunInfo", CAN_READ, run_config_answer_info, "What it was started with and on." },
    { "running", "", "Boolean!", CAN_READ, answer_running, NULL },
    { "sampledHistory", "specs: [JSONString!]!", "[JSON!]!", CAN_READ, run_history_answer_sampled, "One list of rows for each spec {\"keys\": [...], \"samples\": 500, \"minStep\": 0, \"maxStep\": 9}; rows that have all of the keys." },
    { "shouldStop", "", "Boolean!", CAN_READ, answer_stopped, NULL },
    { "state", "", "String!", CAN_READ, answer_state, "pending, running, preempting, preempted, finished, failed, crashed or killed." },
    { "stopped", "", "Boolean!", CAN_READ, answer_stopped, "Whether somebody asked it to stop." },
    { "stoppedAt", "", "DateTime", CAN_READ, answer_stopped_at, "When it ended." },
    { "summaryMetrics", "", "JSONString", CAN_READ, answer_summary, NULL },
    { "sweep", "", "Sweep", CAN_READ, sweep_type_answer_of_run, "The search that it is part of." },
    { "sweepName", "", "String", CAN_READ, answer_sweep_name, NULL },
    { "systemMetrics", "", "JSONString", CAN_READ, run_history_answer_system_metrics, "The last row of system metrics." },
    { "tags", "", "[String!]!", CAN_READ, answer_tags, NULL },
    { "updatedAt", "", "DateTime!", CAN_READ, answer_updated_at, NULL },
    { "user", "", "User", CAN_READ, answer_user, NULL },
    { "wandbConfig", "keys: [String!]", "JSONString", CAN_READ, run_config_answer_wandb, "The client's own part of the config, or those keys of it." },
};
const struct gql_type run_type = { .name = "Run", .kind = GQL_OBJECT, .fields = run_fields,
    .field_count = sizeof(run_fields) / sizeof(run_fields[0]), .doc = "One execution of a program, and all that it logged." };

CONNECTION_TYPES(run, "Run", CAN_READ);

/* ---- lists ---- */

static struct str and_filter(struct str own, struct str asked, struct arena *arena) {
    if (own.len == 0)
        return asked;
    if (str_trim(asked).len == 0 || str_eq_c(str_trim(asked), "null"))
        return own;
    return arena_printf(arena, "{\"$and\":[%.*s,%.*s]}", STR_ARG(own), STR_ARG(asked));
}

struct page_reading {
    struct gql_call *call;
    const struct run_page *page;
    struct connection *connection;
};

/* A run that was deleted since the page was made is left out. */
static enum err_code read_page(struct db_tx *tx, void *context, struct err *err) {
    struct page_reading *reading = context;
    for (size_t i = 0; i < reading->page->count; i++) {
        struct run *run;
        enum err_code code = run_find_by_id(tx, reading->page->ids[i], 0, reading->call->arena, &run, err);
        if (code == OK)
            connection_add(reading->connection, run, NULL, reading->page->cursors[i], reading->call->arena);
        else if (code != ERR_NOT_FOUND)
            return code;
    }
    return OK;
}

enum err_code run_type_answer_list(struct gql_call *call, int64_t project_id, struct owner owner, struct str own_filter,
                                   struct err *err) {
    struct app *app = gql_identity(call)->app;
    struct run_query query = {
        .project_id = project_id,
        .filters = and_filter(own_filter, gql_arg_str(call, "filters"), call->arena),
        .order = gql_arg_str(call, "order"),
        .after = gql_arg_str(call, "after"),
        .first = (size_t)connection_first(call, 50, RUN_PAGE_MAX),
    };
    struct run_page page;
    struct page_reading reading = { call, &page, connection_create(owner, call->arena) };

    TRY(run_tables_query(app->run_tables, &query, call->arena, &page, err));
    TRY(db_read(app->db, read_page, &reading, err));
    reading.connection->total_count = (int64_t)page.match_count;
    reading.connection->page_info.has_next = page.has_more;
    reading.connection->page_info.has_previous = query.after.len > 0;
    gql_object(call, reading.connection);
    return OK;
}

enum err_code run_type_count(struct gql_call *call, int64_t project_id, int64_t *count, struct err *err) {
    struct run_query query = { .project_id = project_id, .filters = gql_arg_str(call, "filters") };
    struct run_page page;
    TRY(run_tables_query(gql_identity(call)->app->run_tables, &query, call->arena, &page, err));
    *count = (int64_t)page.match_count;
    return OK;
}
