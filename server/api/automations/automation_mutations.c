/* automation_mutations.c - making, changing and deleting automations; see automation_type.h. */
#include "server/api/automations/automation_type.h"

#include "server/api/automations/automation_watch.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/audit.h"
#include "server/store/accounts/entity.h"
#include "server/store/artifacts/artifact.h"
#include "server/store/projects/project.h"
#include "server/store/runs/filter.h"
#include "server/store/runs/run_filter.h"

const char automation_sdl[] =
    "enum DeliveryState { FAILED QUEUED SENT }\n"
    "enum EventTriggeringConditionType { ADD_ARTIFACT_ALIAS ADD_ARTIFACT_TAG ADD_COLLECTION_TAG CREATE_ARTIFACT LINK_MODEL "
    "REMOVE_ARTIFACT_TAG REMOVE_COLLECTION_TAG RUN_METRIC RUN_METRIC_CHANGE RUN_METRIC_ZSCORE RUN_STATE UNLINK_ARTIFACT "
    "UPDATE_ARTIFACT_ALIAS WEAVE_METRIC_THRESHOLD }\n"
    "enum TriggerScopeType { ARTIFACT_COLLECTION ENTITY PROJECT }\n"
    "enum TriggeredActionType { ARIA GENERIC_WEBHOOK NOTIFICATION NO_OP PUSH_NOTIFICATION QUEUE_JOB }\n"
    "union TriggerScope = ArtifactPortfolio | ArtifactSequence | Entity | Project\n"
    "union TriggeredAction = ARIATriggeredAction | GenericWebhookTriggeredAction | NoOpTriggeredAction | NotificationTriggeredAction | "
    "QueueJobTriggeredAction\n"
    "union TriggeringCondition = FilterEventTriggeringCondition\n"
    "input ARIAActionInput { prompt: String! }\n"
    "input CreateFilterTriggerInput { clientMutationId: String, description: String, enabled: Boolean!, eventFilter: JSONString!, name: "
    "String!, scopeID: ID!, scopeType: TriggerScopeType!, triggeredActionConfig: TriggeredActionConfig!, triggeredActionType: "
    "TriggeredActionType!, triggeringEventType: EventTriggeringConditionType! }\n"
    "input DeleteTriggerInput { clientMutationId: String, triggerID: ID! }\n"
    "input GenericWebhookActionInput { integrationID: ID!, requestPayload: JSONString }\n"
    "input NoOpTriggeredActionInput { noOp: Boolean }\n"
    "input NotificationActionInput { integrationID: ID!, message: String, severity: AlertSeverity, title: String }\n"
    "input PushNotificationActionInput { body: String, title: String, userID: ID! }\n"
    "input QueueJobActionInput { queueID: ID!, template: String! }\n"
    "input TriggeredActionConfig { ariaActionInput: ARIAActionInput, genericWebhookActionInput: GenericWebhookActionInput, "
    "noOpActionInput: NoOpTriggeredActionInput, notificationActionInput: NotificationActionInput, pushNotificationActionInput: "
    "PushNotificationActionInput, queueJobActionInput: QueueJobActionInput }\n"
    "input UpdateFilterTriggerInput { clientMutationId: String, description: String, enabled: Boolean, eventFilter: JSONString, id: ID!, "
    "name: String, scopeID: ID, scopeType: TriggerScopeType, triggeredActionConfig: TriggeredActionConfig, triggeredActionType: "
    "TriggeredActionType, triggeringEventType: EventTriggeringConditionType }\n";

struct payload {
    struct owner owner;
    struct automation *automation;
};
MUTATION_ANSWERS;

enum err_code automation_fail(struct gql_call *call, enum err_code code) {
    if (code == ERR_CONFLICT || code == ERR_NOT_FOUND)
        gql_identity(call)->status_for_client = err_http_status(code);
    return code;
}

/* ---- the scope ---- */

static enum err_code no_such_scope(struct err *err) {
    return err_set(err, ERR_BAD_INPUT, "the automation's scope was not found");
}

static enum err_code find_scope_owner(struct db_tx *tx, struct gql_call *call, struct automation *wanted, struct str id, struct err *err) {
    struct collection *collection;
    struct project *project;
    struct entity *entity;
    switch (wanted->scope) {
    case SCOPE_PROJECT:
        TRY(project_find_by_storage_id(tx, id, call->arena, &project, err));
        wanted->owner = project->owner;
        wanted->scope_id = project->id;
        return OK;
    case SCOPE_COLLECTION:
        if (!node_id_parse(id, "ArtifactCollection", &wanted->scope_id, call->arena))
            return no_such_scope(err);
        TRY(collection_get(tx, wanted->scope_id, call->arena, &collection, err));
        wanted->owner = collection->owner;
        return OK;
    case SCOPE_ENTITY:
        if (!node_id_parse(id, "Entity", &wanted->scope_id, call->arena))
            return no_such_scope(err);
        TRY(entity_find_by_id(tx, wanted->scope_id, call->arena, &entity, err));
        wanted->owner = entity->owner;
        return OK;
    }
    return no_such_scope(err);
}

static enum err_code read_scope(struct db_tx *tx, struct gql_call *call, struct automation *wanted, struct err *err) {
    struct str type = gql_input_str(call, "scopeType"), id = gql_input_str(call, "scopeID");
    if (type.ptr == NULL && id.ptr == NULL)
        return OK;
    wanted->scope = str_eq_c(type, "ENTITY") ? SCOPE_ENTITY : str_eq_c(type, "ARTIFACT_COLLECTION") ? SCOPE_COLLECTION : SCOPE_PROJECT;
    enum err_code code = find_scope_owner(tx, call, wanted, id, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &wanted->owner, wanted->scope == SCOPE_ENTITY ? CAN_ADMIN : CAN_WRITE, err);
    return code == ERR_NOT_FOUND || code == ERR_GONE ? no_such_scope(err) : code;
}

/* ---- the event ---- */

/* The language of lists, with words of their own: tried here, so that a mistake is told to whoever makes it. */
static const struct filter_word artifact_event_words[] = { { "alias", FILTER_KIND_LIST, 0, false }, { "tag", FILTER_KIND_LIST, 1, false } };
static const struct filter_words event_words = { "an artifact's event", artifact_event_words, 2 };

static enum err_code check_event(struct gql_call *call, const struct automation *wanted, struct err *err) {
    const struct automation_event_type *type = automation_event_type_find(wanted->event_type);
    struct filter_keys *keys = ARENA_NEW(call->arena, struct filter_keys);
    struct event_filter parsed;
    struct filter *filter;
    if (type == NULL)
        return err_set(err, ERR_NOT_OFFERED, "automations on '%.*s' are not offered", STR_ARG(wanted->event_type));
    if (type->kind != ON_ARTIFACT && wanted->scope == SCOPE_COLLECTION)
        return err_set(err, ERR_BAD_INPUT, "an event of runs has a project or an entity for its scope");
    TRY(event_filter_parse(&parsed, type, wanted->event_filter, call->arena, err));
    return filter_parse(&filter, parsed.filter, type->kind == ON_ARTIFACT ? &event_words : &run_words, keys, call->arena, err);
}

/* ---- the action ---- */

static enum err_code check_integration(struct db_tx *tx, struct gql_call *call, struct str id, int64_t *out, struct err *err) {
    struct integration *integration = NULL;
    enum err_code code = ERR_NOT_FOUND;
    if (node_id_parse(id, "Integration", out, call->arena))
        code = integration_find(tx, *out, call->arena, &integration, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &integration->owner, CAN_WRITE, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_BAD_INPUT, "there is no such integration") : code;
}

static enum err_code read_action(struct db_tx *tx, struct gql_call *call, struct automation *wanted, struct err *err) {
    const struct json_value *config = gql_input(call, "triggeredActionConfig"), *action = NULL;
    struct str type = gql_input_str(call, "triggeredActionType");
    struct buf text = BUF_INIT(AUTOMATION_TEXT_MAX * 2);
    struct json_writer writer;

    if (type.ptr == NULL)
        return OK;
    wanted->action_type = type;
    wanted->integration_id = 0;
    if (str_eq_c(type, "GENERIC_WEBHOOK"))
        action = json_get(config, STR("genericWebhookActionInput"));
    else if (str_eq_c(type, "NOTIFICATION"))
        action = json_get(config, STR("notificationActionInput"));
    else if (!str_eq_c(type, "NO_OP"))
        return err_set(err, ERR_NOT_OFFERED, "the action '%.*s' is not offered", STR_ARG(type));
    wanted->action_config = STR("{}");
    if (str_eq_c(type, "NO_OP"))
        return OK;
    if (action == NULL || action->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_BAD_INPUT, "the action '%.*s' comes without its input", STR_ARG(type));
    TRY(check_integration(tx, call, json_get_str(action, STR("integrationID")), &wanted->integration_id, err));
    json_writer_init(&writer, &text, JSON_STRICT);
    json_value_write(&writer, action);
    wanted->action_config = arena_copy(call->arena, buf_str(&text));
    enum err_code code = buf_check(&text, "the action", err);
    buf_finish(&text);
    return code;
}

static enum err_code check_payload(struct gql_call *call, const struct automation *wanted, struct err *err) {
    struct json_value *config, *template;
    struct str payload;
    TRY(json_parse(&config, wanted->action_config, JSON_STRICT, call->arena, err));
    payload = json_get_str(config, STR("requestPayload"));
    if (payload.len > 0 && json_parse(&template, payload, JSON_STRICT, call->arena, err) != OK)
        return err_add_context(err, "the request's payload");
    return OK;
}

/* ---- the mutations ---- */

static enum err_code read_input(struct db_tx *tx, struct gql_call *call, struct automation *wanted, struct err *err) {
    const struct json_value *enabled = gql_input(call, "enabled");
    const struct {
        const char *name;
        struct str *text;
    } texts[] = { { "name", &wanted->name },
                  { "description", &wanted->description },
                  { "triggeringEventType", &wanted->event_type },
                  { "eventFilter", &wanted->event_filter } };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (gql_input_str(call, texts[i].name).ptr != NULL)
            *texts[i].text = gql_input_str(call, texts[i].name);
    if (enabled != NULL && enabled->type == JSON_TYPE_BOOL)
        wanted->is_enabled = enabled->boolean;
    TRY(read_scope(tx, call, wanted, err));
    TRY(read_action(tx, call, wanted, err));
    TRY(check_event(call, wanted, err));
    return check_payload(call, wanted, err);
}

static enum err_code finish(struct db_tx *tx, struct gql_call *call, struct payload *payload, int64_t id, const char *action, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    TRY(automation_find(tx, id, call->arena, &payload->automation, err));
    payload->owner = payload->automation->owner;
    return audit_add(tx, &actor, action, payload->owner.entity_id, payload->automation->name, err);
}

static enum err_code create(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct automation wanted = { .user_id = gql_identity(call)->user_id };
    int64_t id;
    TRY(read_input(tx, call, &wanted, err));
    TRY(automation_watch_catch_up(tx, err));
    TRY(automation_create(tx, &wanted, clock_wall_ms(), &id, err));
    return finish(tx, call, payload, id, "automation.add", err);
}

static enum err_code find_changeable(struct db_tx *tx, struct gql_call *call, struct str global_id, struct automation **out, struct err *err) {
    int64_t id;
    enum err_code code = ERR_NOT_FOUND;
    if (node_id_parse(global_id, "Trigger", &id, call->arena))
        code = automation_find(tx, id, call->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &(*out)->owner, (*out)->scope == SCOPE_ENTITY ? CAN_ADMIN : CAN_WRITE, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such automation") : code;
}

static enum err_code update(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct automation *automation;
    TRY(find_changeable(tx, call, gql_input_str(call, "id"), &automation, err));
    TRY(read_input(tx, call, automation, err));
    TRY(automation_watch_catch_up(tx, err));
    TRY(automation_update(tx, automation, clock_wall_ms(), err));
    return finish(tx, call, payload, automation->id, "automation.change", err);
}

static enum err_code delete_one(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct automation *automation;
    struct actor actor = identity_actor(gql_identity(call));
    TRY(find_changeable(tx, call, gql_input_str(call, "triggerID"), &automation, err));
    payload->owner = automation->owner;
    TRY(audit_add(tx, &actor, "automation.delete", automation->owner.entity_id, automation->name, err));
    return automation_delete(tx, automation->id, clock_wall_ms(), err);
}

enum err_code automation_answer_create(struct gql_call *call, struct err *err) {
    return automation_fail(call, answer(call, create, err));
}

enum err_code automation_answer_update(struct gql_call *call, struct err *err) {
    return automation_fail(call, answer(call, update, err));
}

enum err_code automation_answer_delete(struct gql_call *call, struct err *err) {
    return automation_fail(call, answer(call, delete_one, err));
}

/* ---- payloads ---- */

static enum err_code answer_trigger(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->automation);
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static const struct gql_field trigger_payload_fields[] = { { "trigger", "", "Trigger", CAN_READ, answer_trigger, NULL } };
const struct gql_type create_filter_trigger_payload_type = GQL_TYPE("CreateFilterTriggerPayload", trigger_payload_fields);
const struct gql_type update_filter_trigger_payload_type = GQL_TYPE("UpdateFilterTriggerPayload", trigger_payload_fields);
static const struct gql_field delete_trigger_payload_fields[] = { { "success", "", "Boolean!", CAN_READ, answer_success, NULL } };
const struct gql_type delete_trigger_payload_type = GQL_TYPE("DeleteTriggerPayload", delete_trigger_payload_fields);
