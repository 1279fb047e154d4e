/* sweep_mutations.c - see sweep_mutations.h. */
#include "server/api/sweeps/sweep_mutations.h"

#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/resolver.h"
#include "server/api/sweeps/sweep_desk.h"
#include "server/api/sweeps/sweep_schedule.h"
#include "server/api/sweeps/sweep_type.h"
#include "server/store/accounts/audit.h"
#include "server/store/runs/run_table.h"
#include "server/sweep/sweep_config.h"

enum { PRIOR_RUNS_MAX = 100000, PRIORS_PER_WRITE = 500, ARGS_BYTES_MAX = 1 << 18, QUEUED_MAX = 1000 /* every beat of an agent reads them all */ };

const char sweep_sdl[] =
    "input AgentHeartbeatInput { clientMutationId: String id: ID! \"What the agent's machine is doing; not kept.\" metrics: JSONString"
    " \"{\\\"run\\\": true} for each run that it runs now.\" runState: JSONString }\n"
    "input CreateAgentInput { clientMutationId: String entityName: String host: String! projectName: String sweep: String! }\n"
    "input DeleteSweepInput { clientMutationId: String id: ID! }\n"
    "input EnqueueSweepRunInput { clientMutationId: String \"{\\\"lr\\\": 0.1} or {\\\"lr\\\": {\\\"value\\\": 0.1}}.\" config: JSONString!"
    " displayName: String id: ID! }\n"
    "\"What is null stays as it is.\"\n"
    "input UpsertSweepInput { clientMutationId: String \"YAML.\" config: String controller: JSONString description: String"
    " displayName: String entityName: String id: ID launchScheduler: JSONString priorRunsFilters: JSONString projectName: String"
    " scheduler: JSONString \"RUNNING, PAUSED, FINISHED or CANCELED.\" state: String templateVariableValues: JSONString }\n";

/* ---- payloads ---- */

struct payload {
    struct owner owner;
    struct sweep *sweep;
    struct sweep_agent *agent;
    struct str commands, run_id;
    int64_t number;
    struct list warnings; /* of struct str * */
};

#define THE_PAYLOAD ((const struct payload *)call->parent)

static enum err_code answer_agent(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_PAYLOAD->agent);
    return OK;
}

static enum err_code answer_commands(struct gql_call *call, struct err *err) {
    (void)err;
    json_string(call->out, THE_PAYLOAD->commands);
    return OK;
}

static enum err_code answer_mutation_id(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code answer_queue_item(struct gql_call *call, struct err *err) {
    (void)err;
    json_string(call->out, arena_printf(call->arena, "%lld", (long long)THE_PAYLOAD->number));
    return OK;
}

static enum err_code answer_run_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_PAYLOAD->run_id);
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static enum err_code answer_sweep(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_PAYLOAD->sweep);
    return OK;
}

static enum err_code answer_warnings(struct gql_call *call, struct err *err) {
    const struct list *warnings = &THE_PAYLOAD->warnings;
    (void)err;
    json_array_begin(call->out);
    for (size_t i = 0; i < warnings->count; i++)
        json_string(call->out, *(const struct str *)warnings->items[i]);
    json_array_end(call->out);
    return OK;
}

#define PAYLOAD(variable, type_name, ...)                                                                                \
    static const struct gql_field variable##_fields[] = { __VA_ARGS__ };                                                 \
    const struct gql_type variable##_payload_type = GQL_TYPE(type_name, variable##_fields)
#define ROW_MUTATION_ID { "clientMutationId", "", "String", CAN_READ, answer_mutation_id, NULL }

PAYLOAD(agent_heartbeat, "AgentHeartbeatPayload", { "agent", "", "Agent", CAN_READ, answer_agent, NULL }, ROW_MUTATION_ID,
        { "commands", "", "JSONString!", CAN_READ, answer_commands, "What to do now: a list of {\"type\": \"run\", \"resume\", \"stop\" or \"exit\", ...}." });
PAYLOAD(create_agent, "CreateAgentPayload", { "agent", "", "Agent", CAN_READ, answer_agent, NULL }, ROW_MUTATION_ID);
PAYLOAD(delete_sweep, "DeleteSweepPayload", ROW_MUTATION_ID, { "success", "", "Boolean!", CAN_READ, answer_success, NULL });
PAYLOAD(enqueue_sweep_run, "EnqueueSweepRunPayload", ROW_MUTATION_ID, { "id", "", "ID!", CAN_READ, answer_run_id, "The run's name." },
        { "runQueueItemId", "", "ID", CAN_READ, answer_queue_item, NULL });
PAYLOAD(upsert_sweep, "UpsertSweepPayload", ROW_MUTATION_ID,
        { "configValidationWarnings", "", "[String!]!", CAN_READ, answer_warnings, "What the configuration says that is not used." },
        { "sweep", "", "Sweep", CAN_READ, answer_sweep, NULL });

MUTATION_ANSWERS;

/* ---- finding ---- */

static struct str own_entity(const struct gql_call *call) {
    struct str name = gql_input_str(call, "entityName");
    return name.len > 0 ? name : gql_identity(call)->username;
}

static struct str project_asked(const struct gql_call *call) {
    struct str name = gql_input_str(call, "projectName");
    return name.len > 0 ? name : STR(PROJECT_NAME_DEFAULT);
}

/* The sweep itself is authorised, whatever the names beside its id say. */
static enum err_code find_by_id(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    enum err_code code;
    TRY(sweep_find_by_storage_id(tx, gql_input_str(call, "id"), call->arena, &payload->sweep, err));
    payload->owner = payload->sweep->owner;
    code = access_check_in(tx, gql_identity(call), &payload->owner, CAN_WRITE, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "sweep not found") : code;
}

/* ---- upsertSweep ---- */

/* Runs that shall count as the sweep's own: what the filters hold for, of the project that it is made in. */
struct priors {
    struct gql_call *call;
    bool are_asked;
    int64_t project_id; /* 0: there is none yet, or none that may be read */
    int64_t *ids;
    size_t count;
    const struct sweep *sweep;
    size_t first; /* where a portion begins */
};

static enum err_code find_project(struct db_tx *tx, void *context, struct err *err) {
    struct priors *priors = context;
    struct project *project;
    enum err_code code = place_find_project(tx, gql_identity(priors->call), own_entity(priors->call), project_asked(priors->call), CAN_WRITE,
                                            &project, err);
    if (code == OK)
        priors->project_id = project->id;
    return code == ERR_NOT_FOUND || code == ERR_GONE ? OK : code;
}

static enum err_code add_priors(struct priors *priors, const struct run_page *page, struct err *err) {
    if (page->match_count > PRIOR_RUNS_MAX)
        return err_set(err, ERR_TOO_LARGE, "a sweep begins with at most %d prior runs, the filters hold for %zu", PRIOR_RUNS_MAX,
                       page->match_count);
    if (priors->ids == NULL)
        priors->ids = ARENA_ARRAY(priors->call->arena, int64_t, PRIOR_RUNS_MAX);
    for (size_t i = 0; i < page->count && priors->count < PRIOR_RUNS_MAX; i++)
        priors->ids[priors->count++] = page->ids[i];
    return OK;
}

static enum err_code find_priors(struct priors *priors, struct err *err) {
    struct gql_call *call = priors->call;
    struct app *app = gql_identity(call)->app;
    struct run_query query = { .filters = gql_input_str(call, "priorRunsFilters"), .first = RUN_PAGE_MAX };
    struct run_page page;

    if (str_trim(query.filters).len == 0 || str_eq_c(str_trim(query.filters), "null") || gql_input_str(call, "id").len > 0)
        return OK;
    priors->are_asked = true;
    TRY(db_read(app->db, find_project, priors, err));
    query.project_id = priors->project_id;
    if (query.project_id == 0)
        return OK;
    do {
        TRY(run_tables_query(app->run_tables, &query, call->arena, &page, err));
        TRY(add_priors(priors, &page, err));
        query.after = page.count > 0 ? page.cursors[page.count - 1] : STR_EMPTY;
    } while (page.has_more && page.count > 0);
    return OK;
}

static enum err_code take_portion(struct db_tx *tx, void *context, struct err *err) {
    const struct priors *priors = context;
    struct run_change wanted = { .sweep = priors->sweep->name };
    for (size_t i = priors->first; i < priors->count && i < priors->first + PRIORS_PER_WRITE; i++) {
        enum err_code code = run_update(tx, priors->ids[i], &wanted, clock_wall_ms(), err);
        if (code != OK && code != ERR_NOT_FOUND && code != ERR_GONE)
            return code;
    }
    return OK;
}

/* Once the sweep is there, and not all in one transaction: others write too. */
static enum err_code take_priors(struct priors *priors, struct err *err) {
    if (priors->sweep->owner.project_id != priors->project_id)
        return OK;
    for (priors->first = 0; priors->first < priors->count; priors->first += PRIORS_PER_WRITE)
        TRY(db_write(gql_identity(priors->call)->app->db, take_portion, priors, err));
    return OK;
}

/* `wandb sweep --prior_run` with a misspelt id. */
static void warn_of_none(const struct priors *priors, struct payload *payload) {
    struct str *sentence = ARENA_NEW(priors->call->arena, struct str);
    *sentence = STR("no run of this project is among the prior runs that were asked for");
    if (priors->are_asked && priors->count == 0)
        list_add(&payload->warnings, sentence, priors->call->arena);
}

static struct sweep_change read_change(const struct gql_call *call) {
    return (struct sweep_change){
        .display_name = gql_input_str(call, "displayName"),
        .description = gql_input_str(call, "description"),
        .config = gql_input_str(call, "config"),
        .controller = gql_input_str(call, "controller"),
        .scheduler = gql_input_str(call, "scheduler"),
    };
}

/* Launch is not offered; the client says so with words that are not null. */
static enum err_code refuse_launch(const struct gql_call *call, struct err *err) {
    struct str launch = str_trim(gql_input_str(call, "launchScheduler"));
    if (launch.len > 0 && !str_eq_c(launch, "null") && !str_eq_c(launch, "{}"))
        return err_set(err, ERR_NOT_OFFERED, "sweeps that are run by launch are not offered: start agents with 'wandb agent'");
    return OK;
}

static enum err_code check_change(struct gql_call *call, struct payload *payload, const struct sweep_change *wanted, struct sweep_config **config,
                                  struct err *err) {
    TRY(refuse_launch(call, err));
    TRY(sweep_schedule_check(wanted->controller, call->arena, err));
    *config = NULL;
    if (wanted->config.ptr == NULL)
        return OK;
    TRY(sweep_config_parse(config, wanted->config, call->arena, err));
    payload->warnings = (*config)->warnings;
    return OK;
}

static enum err_code note(struct db_tx *tx, struct gql_call *call, const char *action, const struct sweep *sweep, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    return audit_add(tx, &actor, action, sweep->owner.entity_id,
                     arena_printf(call->arena, "%.*s/%.*s", STR_ARG(sweep->project_name), STR_ARG(sweep->name)), err);
}

static enum err_code change_state(struct db_tx *tx, struct gql_call *call, const struct sweep *sweep, int64_t now_ms, struct err *err) {
    struct str word = gql_input_str(call, "state");
    enum sweep_state state;

    if (word.ptr == NULL)
        return OK;
    if (!sweep_state_parse(&state, word))
        return err_set(err, ERR_BAD_INPUT, "state must be RUNNING, PAUSED, FINISHED or CANCELED, got '%.*s'", STR_ARG(str_slice(word, 0, 50)));
    if (state == sweep->state)
        return OK;
    TRY(note(tx, call, "sweep.state", sweep, err));
    return sweep_set_state(tx, sweep->id, state, now_ms, err);
}

static enum err_code create(struct db_tx *tx, struct gql_call *call, struct payload *payload, const struct sweep_change *wanted,
                            const struct sweep_config *config, int64_t now_ms, struct err *err) {
    struct sweep_change named = *wanted;
    struct project *project;

    if (config == NULL)
        return err_set(err, ERR_BAD_INPUT, "config is missing");
    if (named.display_name.ptr == NULL) /* kept beside: sweeps are filtered by it */
        named.display_name = config->name;
    TRY(place_make_project(tx, gql_identity(call), own_entity(call), project_asked(call), now_ms, &project, err));
    payload->owner = project->owner;
    return sweep_create(tx, project->id, gql_identity(call)->user_id, &named, config->has_seed ? 2 * config->seed + 2 : 0, now_ms, call->arena,
                        &payload->sweep, err);
}

struct upsert {
    struct gql_call *call;
    struct payload *payload;
};

static enum err_code upsert_in(struct db_tx *tx, void *context, struct err *err) {
    struct upsert *upsert = context;
    struct gql_call *call = upsert->call;
    struct payload *payload = upsert->payload;
    struct sweep_change wanted = read_change(call);
    struct sweep_config *config;
    int64_t now_ms = clock_wall_ms();

    *payload = (struct payload){ 0 };
    if (gql_input_str(call, "id").len > 0) {
        TRY(find_by_id(tx, call, payload, err)); /* before anything else: others hear only that there is none */
        TRY(check_change(call, payload, &wanted, &config, err));
        TRY(sweep_update(tx, payload->sweep, &wanted, now_ms, err));
    } else {
        TRY(check_change(call, payload, &wanted, &config, err));
        TRY(create(tx, call, payload, &wanted, config, now_ms, err));
    }
    TRY(change_state(tx, call, payload->sweep, now_ms, err));
    TRY(sweep_find_by_id(tx, payload->sweep->id, call->arena, &payload->sweep, err));
    return sweep_schedule_stop(tx, payload->sweep, now_ms, call->arena, err);
}

enum err_code sweep_answer_upsert_sweep(struct gql_call *call, struct err *err) {
    struct upsert upsert = { call, ARENA_NEW(call->arena, struct payload) };
    struct priors priors = { .call = call };
    TRY(find_priors(&priors, err));
    TRY(db_write(gql_identity(call)->app->db, upsert_in, &upsert, err));
    priors.sweep = upsert.payload->sweep;
    TRY(take_priors(&priors, err));
    warn_of_none(&priors, upsert.payload);
    gql_object(call, upsert.payload);
    return OK;
}

static enum err_code delete(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    TRY(find_by_id(tx, call, payload, err));
    TRY(sweep_delete(tx, payload->sweep->id, clock_wall_ms(), err));
    return note(tx, call, "sweep.delete", payload->sweep, err);
}

enum err_code sweep_answer_delete_sweep(struct gql_call *call, struct err *err) {
    return answer(call, delete, err);
}

/* ---- enqueueSweepRun ---- */

static bool is_wrapped(const struct json_value *config) {
    for (size_t i = 0; i < config->object.count; i++) {
        const struct json_value *value = &config->object.members[i].value;
        if (value->type != JSON_TYPE_OBJECT || value->object.count != 1 || json_get(value, STR("value")) == NULL)
            return false;
    }
    return true;
}

/* {"lr": 0.1} becomes {"lr": {"value": 0.1}}. */
static enum err_code read_args(struct gql_call *call, struct str *out, struct err *err) {
    struct buf text = BUF_INIT(ARGS_BYTES_MAX);
    struct json_value *config;
    struct json_writer writer;
    enum err_code code;

    if (json_parse(&config, gql_input_str(call, "config"), JSON_STRICT, call->arena, err) != OK)
        return err_add_context(err, "config");
    if (config->type != JSON_TYPE_OBJECT || config->object.count == 0)
        return err_set(err, ERR_BAD_INPUT, "config: must be a JSON object with the parameters of the run");
    bool is_plain = !is_wrapped(config);
    json_writer_init(&writer, &text, JSON_STRICT);
    json_object_begin(&writer);
    for (size_t i = 0; i < config->object.count; i++) {
        json_key(&writer, config->object.members[i].key);
        if (is_plain) {
            json_object_begin(&writer);
            json_key(&writer, STR("value"));
        }
        json_value_write(&writer, &config->object.members[i].value);
        if (is_plain)
            json_object_end(&writer);
    }
    json_object_end(&writer);
    code = buf_check(&text, "config", err);
    *out = arena_copy(call->arena, buf_str(&text));
    buf_finish(&text);
    return code;
}

static enum err_code enqueue(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct sweep_run_new new_run = { .display_name = gql_input_str(call, "displayName"), .user_id = gql_identity(call)->user_id };
    struct sweep_run *made;
    int64_t queued;

    TRY(find_by_id(tx, call, payload, err));
    TRY(read_args(call, &new_run.args, err));
    if (sweep_state_is_over(payload->sweep->state))
        return err_set(err, ERR_CONFLICT, "the sweep is over: resume it first");
    TRY(sweep_run_count_queued(tx, payload->sweep->id, &queued, err));
    if (queued >= QUEUED_MAX)
        return err_set(err, ERR_CONFLICT, "%d runs wait for an agent already", QUEUED_MAX);
    new_run.next_point = payload->sweep->next_point;
    TRY(sweep_run_make(tx, payload->sweep, &new_run, clock_wall_ms(), call->arena, &made, err));
    payload->run_id = made->name; /* by which the client's scheduler asks for it again */
    payload->number = made->id;
    return OK;
}

enum err_code sweep_answer_enqueue_sweep_run(struct gql_call *call, struct err *err) {
    return answer(call, enqueue, err);
}

/* ---- agents ---- */

static enum err_code create_agent(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct project *project;
    struct sweep *sweep;

    TRY(place_find_project(tx, gql_identity(call), own_entity(call), project_asked(call), CAN_WRITE, &project, err));
    TRY(sweep_find(tx, project->id, gql_input_str(call, "sweep"), call->arena, &sweep, err));
    payload->owner = project->owner;
    if (sweep->state == SWEEP_PENDING)
        TRY(sweep_set_state(tx, sweep->id, SWEEP_RUNNING, clock_wall_ms(), err));
    return sweep_agent_create(tx, sweep->id, gql_input_str(call, "host"), gql_identity(call)->user_id, clock_wall_ms(), call->arena,
                              &payload->agent, err);
}

enum err_code sweep_answer_create_agent(struct gql_call *call, struct err *err) {
    return answer(call, create_agent, err);
}

enum err_code sweep_answer_agent_heartbeat(struct gql_call *call, struct err *err) {
    struct payload *payload = ARENA_NEW(call->arena, struct payload);
    struct str text = gql_input_str(call, "runState");
    struct json_value *run_state = NULL;
    int64_t id;

    if (!node_id_parse(gql_input_str(call, "id"), "Agent", &id, call->arena))
        return err_set(err, ERR_NOT_FOUND, "agent not found");
    if (text.len > 0 && json_parse(&run_state, text, JSON_STRICT, call->arena, err) != OK)
        return err_add_context(err, "runState");
    TRY(sweep_desk_beat(gql_identity(call), id, run_state, &payload->agent, &payload->commands, err));
    payload->owner = payload->agent->owner;
    gql_object(call, payload);
    return OK;
}
