/* sweep_type.c - see sweep_type.h. */
#include "server/api/sweeps/sweep_type.h"

#include "server/api/accounts/account_types.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/api/runs/run_type.h"
#include "server/api/sweeps/sweep_advice.h"
#include "server/api/sweeps/sweep_outcome.h"
#include "server/store/projects/project.h"
#include "server/store/runs/filter.h"
#include "server/store/runs/run_table.h"
#include "server/sweep/sweep_config.h"

enum { SWEEPS_MAX = 10000, SWEEP_PAGE_MAX = 1000, AGENT_PAGE_MAX = 1000 };

#define THE_SWEEP ((const struct sweep *)call->parent)
#define THE_AGENT ((const struct sweep_agent *)call->parent)

#define TEXT_RESOLVER(name, text)                                                                                        \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        gql_str(call, (text));                                                                                           \
        return OK;                                                                                                       \
    }

#define TIME_RESOLVER(name, time)                                                                                        \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        resolver_write_time(call, (time));                                                                               \
        return OK;                                                                                                       \
    }

/* ---- agents ---- */

TEXT_RESOLVER(answer_agent_host, THE_AGENT->host)
TEXT_RESOLVER(answer_agent_id, node_id_make("Agent", THE_AGENT->id, call->arena))
TEXT_RESOLVER(answer_agent_name, THE_AGENT->name)
TEXT_RESOLVER(answer_agent_state, str_from_c(sweep_agent_state(THE_AGENT, clock_wall_ms())))
TIME_RESOLVER(answer_agent_created_at, THE_AGENT->created_at)
TIME_RESOLVER(answer_agent_heartbeat_at, THE_AGENT->heartbeat_at)

static enum err_code answer_agent_total_runs(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_AGENT->run_count);
    return OK;
}

/* The runs that were ever handed to it, in that order. */
READING_RESOLVER(answer_agent_runs) {
    struct connection *connection = connection_create(THE_AGENT->owner, call->arena);
    size_t first = (size_t)connection_first(call, 50, AGENT_PAGE_MAX);
    struct str after = gql_arg_str(call, "after");
    struct list rows = { 0 };
    int64_t after_id = 0;

    if (after.len > 0 && (!str_to_i64(after, &after_id) || after_id < 0))
        return err_set(err, ERR_BAD_INPUT, "the cursor is not one that this list gave");
    TRY(sweep_run_list_of_agent(tx, THE_AGENT->id, after_id, first + 1, call->arena, &rows, err));
    for (size_t i = 0; i < rows.count && i < first; i++) {
        const struct sweep_run *row = rows.items[i];
        struct run *run;
        TRY(run_find_by_id(tx, row->run_id, 0, call->arena, &run, err));
        connection_add(connection, run, NULL, arena_printf(call->arena, "%lld", (long long)row->id), call->arena);
    }
    connection->page_info.has_next = rows.count > first;
    connection->page_info.has_previous = after_id > 0;
    connection->total_count = THE_AGENT->run_count;
    gql_object(call, connection);
    return OK;
}

READING_RESOLVER(answer_agent_user) {
    return THE_AGENT->user_id == 0 ? OK : account_give_user(tx, call, THE_AGENT->user_id, err);
}

/* Sorted by name. */
static const struct gql_field agent_fields[] = {
    { "createdAt", "", "DateTime!", CAN_READ, answer_agent_created_at, NULL },
    { "heartbeatAt", "", "DateTime!", CAN_READ, answer_agent_heartbeat_at, "When it asked last." },
    { "host", "", "String!", CAN_READ, answer_agent_host, NULL },
    { "id", "", "ID!", CAN_READ, answer_agent_id, NULL },
    { "name", "", "String!", CAN_READ, answer_agent_name, NULL },
    { "runs", "after: String, before: String, first: Int = 50, last: Int, order: String", "RunConnection!", CAN_READ, answer_agent_runs, "The runs ever handed to it, in that order." },
    { "state", "", "String!", CAN_READ, answer_agent_state, "RUNNING, FINISHED or LOST." },
    { "totalRuns", "", "Int!", CAN_READ, answer_agent_total_runs, NULL },
    { "user", "", "User", CAN_READ, answer_agent_user, NULL },
};
const struct gql_type agent_type = { .name = "Agent", .kind = GQL_OBJECT, .fields = agent_fields,
    .field_count = sizeof(agent_fields) / sizeof(agent_fields[0]), .doc = "A program that asks a sweep for runs." };

CONNECTION_TYPES(agent, "Agent", CAN_READ);

/* ---- texts and times of the row ---- */

TEXT_RESOLVER(answer_config, THE_SWEEP->config)
TEXT_RESOLVER(answer_controller, THE_SWEEP->controller)
TEXT_RESOLVER(answer_id, sweep_storage_id(THE_SWEEP, call->arena))
TEXT_RESOLVER(answer_name, THE_SWEEP->name)
TEXT_RESOLVER(answer_scheduler, THE_SWEEP->scheduler)
TEXT_RESOLVER(answer_state, str_from_c(sweep_state_name(THE_SWEEP->state)))
TIME_RESOLVER(answer_created_at, THE_SWEEP->created_at)
TIME_RESOLVER(answer_heartbeat_at, THE_SWEEP->heartbeat_at)
TIME_RESOLVER(answer_updated_at, THE_SWEEP->updated_at)

static enum err_code answer_false(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, false);
    return OK;
}

/* ---- what the configuration says ---- */

static enum err_code parse_config(const struct gql_call *call, struct sweep_config **out, struct err *err) {
    return sweep_config_parse(out, THE_SWEEP->config, call->arena, err);
}

static enum err_code answer_description(struct gql_call *call, struct err *err) {
    struct sweep_config *config;
    if (THE_SWEEP->description.ptr != NULL) {
        gql_str(call, THE_SWEEP->description);
        return OK;
    }
    TRY(parse_config(call, &config, err));
    gql_str(call, config->description);
    return OK;
}

static enum err_code answer_display_name(struct gql_call *call, struct err *err) {
    struct sweep_config *config;
    if (THE_SWEEP->display_name.ptr != NULL) {
        gql_str(call, THE_SWEEP->display_name);
        return OK;
    }
    TRY(parse_config(call, &config, err));
    gql_str(call, config->name);
    return OK;
}

static enum err_code answer_method(struct gql_call *call, struct err *err) {
    struct sweep_config *config;
    TRY(parse_config(call, &config, err));
    json_string(call->out, str_from_c(sweep_method_name(config->method)));
    return OK;
}

/* A grid's points; null for what has no end of its own. */
static enum err_code answer_run_count_expected(struct gql_call *call, struct err *err) {
    struct sweep_config *config;
    TRY(parse_config(call, &config, err));
    if (config->method == SWEEP_GRID && !config->is_local && config->grid_count <= INT32_MAX)
        json_int(call->out, config->grid_count);
    return OK;
}

/* `wandb sweep-scheduler` of 0.31 opens a run of this name. */
static enum err_code answer_controller_run_name(struct gql_call *call, struct err *err) {
    struct sweep_config *config;
    TRY(parse_config(call, &config, err));
    if (config->is_scheduled)
        gql_str(call, arena_printf(call->arena, "%.*s-scheduler", STR_ARG(THE_SWEEP->name)));
    return OK;
}

/* ---- runs ---- */

static struct str sweep_filter(const struct sweep *sweep, struct arena *arena) {
    return arena_printf(arena, "{\"sweep\":\"%.*s\"}", STR_ARG(sweep->name)); /* letters and digits */
}

static enum err_code answer_runs(struct gql_call *call, struct err *err) {
    return run_type_answer_list(call, THE_SWEEP->owner.project_id, THE_SWEEP->owner, sweep_filter(THE_SWEEP, call->arena), err);
}

READING_RESOLVER(answer_run_count) {
    int64_t count;
    TRY(sweep_run_count_all(tx, THE_SWEEP, &count, err));
    json_int(call->out, count);
    return OK;
}

READING_RESOLVER(answer_compute_seconds) {
    int64_t seconds;
    TRY(sweep_run_sum_seconds(tx, THE_SWEEP, &seconds, err));
    json_int(call->out, seconds);
    return OK;
}

READING_RESOLVER(answer_prior_runs) {
    struct connection *connection = connection_create(THE_SWEEP->owner, call->arena);
    size_t first = (size_t)connection_first(call, RUN_PAGE_MAX, RUN_PAGE_MAX);
    struct str after = gql_arg_str(call, "after");
    struct list ids = { 0 };
    int64_t after_id = 0;

    if (after.len > 0 && (!str_to_i64(after, &after_id) || after_id <= 0))
        return err_set(err, ERR_BAD_INPUT, "the cursor is not one that this list gave");
    TRY(sweep_run_list_priors(tx, THE_SWEEP->id, after_id, first + 1, call->arena, &ids, err));
    for (size_t i = 0; i < ids.count && i < first; i++) {
        struct run *run;
        TRY(run_find_by_id(tx, *(const int64_t *)ids.items[i], 0, call->arena, &run, err));
        connection_add(connection, run, NULL, arena_printf(call->arena, "%lld", (long long)run->id), call->arena);
    }
    TRY(sweep_run_count_priors(tx, THE_SWEEP->id, &connection->total_count, err));
    connection->page_info.has_next = ids.count > first;
    connection->page_info.has_previous = after_id > 0;
    gql_object(call, connection);
    return OK;
}

/* The best value of the metric so far. Of runs that nobody has looked at since they ended, their summary's. */
READING_RESOLVER(answer_best_loss) {
    struct sweep_config *config;
    struct list open = { 0 };
    bool is_found = false;
    double best = 0;

    TRY(parse_config(call, &config, err));
    if (config->metric.len == 0)
        return OK;
    TRY(sweep_run_find_best(tx, THE_SWEEP->id, config->is_maximize, &is_found, &best, err));
    TRY(sweep_run_list(tx, THE_SWEEP->id, true, call->arena, &open, err));
    for (size_t i = 0; i < open.count; i++) {
        bool has_value = false;
        double value = 0;
        TRY(sweep_outcome_now(tx, config, ((const struct sweep_run *)open.items[i])->run_id, &has_value, &value, call->arena, err));
        if (has_value && (!is_found || sweep_outcome_is_better(config, value, best))) {
            best = value;
            is_found = true;
        }
    }
    if (is_found)
        json_double(call->out, best);
    return OK;
}

/* ---- advice for a controller ---- */

/* A sweep that the server steers has agents to ask. */
static enum err_code is_steered_by_client(const struct gql_call *call, bool *out, struct err *err) {
    struct sweep_config *config;
    TRY(parse_config(call, &config, err));
    *out = config->is_local;
    return OK;
}

static enum err_code answer_suggestion(struct gql_call *call, struct err *err) {
    struct str args = { 0 };
    bool is_local;
    TRY(is_steered_by_client(call, &is_local, err));
    if (is_local)
        TRY(sweep_advice_next(gql_identity(call)->app, THE_SWEEP, &args, call->arena, err));
    gql_str(call, args);
    return OK;
}

static enum err_code answer_runs_to_stop(struct gql_call *call, struct err *err) {
    struct list names = { 0 };
    bool is_local;
    TRY(is_steered_by_client(call, &is_local, err));
    if (is_local)
        TRY(sweep_advice_stops(gql_identity(call)->app, THE_SWEEP, &names, call->arena, err));
    json_array_begin(call->out);
    for (size_t i = 0; i < names.count; i++)
        json_string(call->out, *(const struct str *)names.items[i]);
    json_array_end(call->out);
    return OK;
}

/* ---- others ---- */

READING_RESOLVER(answer_agent) {
    struct sweep_agent *agent;
    int64_t id;
    struct str name = gql_arg_str(call, "agentName");
    enum err_code code = node_id_parse(name, "Agent", &id, call->arena) ? sweep_agent_find_by_id(tx, id, call->arena, &agent, err)
                                                                       : sweep_agent_find(tx, THE_SWEEP->id, name, call->arena, &agent, err);
    if (code == OK && agent->sweep_id == THE_SWEEP->id)
        gql_object(call, agent);
    return code == ERR_NOT_FOUND ? OK : code;
}

READING_RESOLVER(answer_agents) {
    struct list agents = { 0 };
    TRY(sweep_agent_list(tx, THE_SWEEP->id, call->arena, &agents, err));
    gql_object(call, connection_of_list(THE_SWEEP->owner, &agents, NULL, gql_arg_str(call, "after"),
                                        connection_first(call, 1000, AGENT_PAGE_MAX), call->arena));
    return OK;
}

READING_RESOLVER(answer_project) {
    struct project *project;
    TRY(project_find_by_id(tx, THE_SWEEP->owner.project_id, call->arena, &project, err));
    gql_object(call, project);
    return OK;
}

READING_RESOLVER(answer_user) {
    return THE_SWEEP->user_id == 0 ? OK : account_give_user(tx, call, THE_SWEEP->user_id, err);
}

#define ALL_RUNS_ARGS "after: String, filters: JSONString, first: Int = 10000, order: String"

/* Sorted by name. */
static const struct gql_field sweep_fields[] = {
    { "agent", "agentName: String!", "Agent", CAN_READ, answer_agent, "By its name or id." },
    { "agents", "after: String, first: Int", "AgentConnection!", CAN_READ, answer_agents, NULL },
    { "bestLoss", "", "Float", CAN_READ, answer_best_loss, "The best value of the metric so far." },
    { "computeSeconds", "", "Int64!", CAN_READ, answer_compute_seconds, "Of all its runs together." },
    { "config", "", "String!", CAN_READ, answer_config, "YAML, as it was given." },
    { "controller", "", "JSONString", CAN_READ, answer_controller, "What a controller on the client's side wants done." },
    { "controllerRunName", "", "String", CAN_READ, answer_controller_run_name, "Where its scheduler, if it has one, writes its log." },
    { "createdAt", "", "DateTime!", CAN_READ, answer_created_at, NULL },
    { "description", "", "String", CAN_READ, answer_description, NULL },
    { "displayName", "", "String", CAN_READ, answer_display_name, "The name that it was given, or that its configuration says." },
    { "earlyStopJobRunning", "", "Boolean!", CAN_READ, answer_false, NULL },
    { "heartbeatAt", "", "DateTime", CAN_READ, answer_heartbeat_at, "When an agent asked last." },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "method", "", "String!", CAN_READ, answer_method, "grid, random, bayes or custom." },
    { "name", "", "String!", CAN_READ, answer_name, "Its short id, unique in the project." },
    { "priorRuns", "after: String, first: Int = 10000", "RunConnection!", CAN_READ, answer_prior_runs, "Runs that the sweep did not make." },
    { "project", "", "Project", CAN_READ, answer_project, NULL },
    { "runCount", "", "Int!", CAN_READ, answer_run_count, NULL },
    { "runCountExpected", "", "Int", CAN_READ, answer_run_count_expected, "The points of a grid; null when there is no end." },
    { "runs", ALL_RUNS_ARGS, "RunConnection!", CAN_READ, answer_runs, NULL },
    { "runsToStop", "", "[String!]!", CAN_WRITE, answer_runs_to_stop, "With a controller on the client's side: the runs that Hyperband would end now." },
    { "scheduler", "", "JSONString", CAN_READ, answer_scheduler, "What has been done of what the controller wanted." },
    { "state", "", "String!", CAN_READ, answer_state, "PENDING, RUNNING, PAUSED, FINISHED or CANCELED." },
    { "suggestion", "", "JSONString", CAN_WRITE, answer_suggestion, "With a controller on the client's side: what the server would try next; null when nothing is left." },
    { "updatedAt", "", "DateTime!", CAN_READ, answer_updated_at, NULL },
    { "user", "", "User", CAN_READ, answer_user, "Who made it." },
};
const struct gql_type sweep_type = { .name = "Sweep", .kind = GQL_OBJECT, .fields = sweep_fields,
    .field_count = sizeof(sweep_fields) / sizeof(sweep_fields[0]), .doc = "A search over parameters: which values, tried how, by whom." };

CONNECTION_TYPES(sweep, "Sweep", CAN_READ);

/* ---- of a project, of a run ---- */

static enum err_code give_named(struct db_tx *tx, struct gql_call *call, int64_t project_id, struct str name, struct err *err) {
    struct sweep *sweep;
    enum err_code code = sweep_find(tx, project_id, name, call->arena, &sweep, err);
    if (code == OK)
        gql_object(call, sweep);
    return code == ERR_NOT_FOUND ? OK : code;
}

READING_RESOLVER(answer_one) {
    const struct project *project = call->parent;
    return give_named(tx, call, project->id, gql_arg_str(call, "sweepName"), err);
}

enum err_code sweep_type_answer_one(struct gql_call *call, struct err *err) {
    return answer_one(call, err);
}

READING_RESOLVER(answer_of_run) {
    const struct run *run = call->parent;
    return run->sweep.len == 0 ? OK : give_named(tx, call, run->owner.project_id, run->sweep, err);
}

enum err_code sweep_type_answer_of_run(struct gql_call *call, struct err *err) {
    return answer_of_run(call, err);
}

READING_RESOLVER(answer_total) {
    const struct project *project = call->parent;
    int64_t count;
    TRY(sweep_count(tx, project->id, &count, err));
    json_int(call->out, count);
    return OK;
}

enum err_code sweep_type_answer_count(struct gql_call *call, struct err *err) {
    return answer_total(call, err);
}

enum sweep_word { WORD_CREATED_AT, WORD_DESCRIPTION, WORD_DISPLAY_NAME, WORD_NAME, WORD_STATE, WORD_UPDATED_AT };

static const struct filter_word word_rows[] = {
    { "createdAt", FILTER_KIND_TIME, WORD_CREATED_AT, false },
    { "created_at", FILTER_KIND_TIME, WORD_CREATED_AT, false },
    { "description", FILTER_KIND_ANY, WORD_DESCRIPTION, false },
    { "displayName", FILTER_KIND_ANY, WORD_DISPLAY_NAME, false },
    { "display_name", FILTER_KIND_ANY, WORD_DISPLAY_NAME, false },
    { "name", FILTER_KIND_ANY, WORD_NAME, false },
    { "state", FILTER_KIND_ANY, WORD_STATE, false },
    { "updatedAt", FILTER_KIND_TIME, WORD_UPDATED_AT, false },
    { "updated_at", FILTER_KIND_TIME, WORD_UPDATED_AT, false },
};
static const struct filter_words words = { "sweeps", word_rows, sizeof word_rows / sizeof word_rows[0] };

struct rows {
    const struct list *sweeps;
    struct filter_keys keys;
};

static struct filter_value read_word(const void *context, size_t row, size_t key) {
    const struct rows *rows = context;
    const struct sweep *sweep = rows->sweeps->items[row];
    switch ((enum sweep_word)rows->keys.items[key].word) {
    case WORD_CREATED_AT:
        return filter_int(sweep->created_at);
    case WORD_DESCRIPTION:
        return filter_text(sweep->description);
    case WORD_DISPLAY_NAME:
        return filter_text(sweep->display_name);
    case WORD_NAME:
        return filter_text(sweep->name);
    case WORD_STATE:
        return filter_text(str_from_c(sweep_state_name(sweep->state)));
    case WORD_UPDATED_AT:
        return filter_int(sweep->updated_at);
    }
    return (struct filter_value){ .type = FILTER_MISSING };
}

READING_RESOLVER(answer_list) {
    const struct project *project = call->parent;
    struct list all = { 0 }, matching = { 0 };
    struct rows rows = { .sweeps = &all };
    struct filter *filter;

    TRY(filter_parse(&filter, gql_arg_str(call, "filters"), &words, &rows.keys, call->arena, err));
    TRY(sweep_list(tx, project->id, SWEEPS_MAX, call->arena, &all, err));
    for (size_t i = 0; i < all.count; i++)
        if (filter_matches(filter, read_word, &rows, i))
            list_add(&matching, all.items[i], call->arena);
    TRY(filter_check_work(filter, err));
    gql_object(call, connection_of_list(project->owner, &matching, NULL, gql_arg_str(call, "after"),
                                        connection_first(call, 50, SWEEP_PAGE_MAX), call->arena));
    return OK;
}

enum err_code sweep_type_answer_list(struct gql_call *call, struct err *err) {
    return answer_list(call, err);
}
