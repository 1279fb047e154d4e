/* automation_type.c - see automation_type.h. */
#include "server/api/automations/automation_type.h"

#include "server/api/accounts/account_types.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/automations/webhook_type.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/entity.h"
#include "server/store/automations/delivery.h"
#include "server/store/projects/project.h"
#include "server/store/runs/filter.h"

enum { TRIGGER_PAGE_MAX = 1000, DELIVERY_PAGE_MAX = 1000 };

#define THE_TRIGGER ((const struct automation *)call->parent)

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_TRIGGER->created_at);
    return OK;
}

static enum err_code answer_description(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_TRIGGER->description);
    return OK;
}

static enum err_code answer_enabled(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, THE_TRIGGER->is_enabled);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Trigger", THE_TRIGGER->id, call->arena));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_TRIGGER->name);
    return OK;
}

static enum err_code answer_updated_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_TRIGGER->updated_at);
    return OK;
}

READING_RESOLVER(answer_created_by) {
    return THE_TRIGGER->user_id == 0 ? OK : account_give_user(tx, call, THE_TRIGGER->user_id, err);
}

READING_RESOLVER(answer_scope) {
    struct collection *collection;
    struct project *project;
    struct entity *entity;
    switch (THE_TRIGGER->scope) {
    case SCOPE_PROJECT:
        TRY(project_find_by_id(tx, THE_TRIGGER->scope_id, call->arena, &project, err));
        gql_object_of(call, "Project", project);
        break;
    case SCOPE_COLLECTION:
        TRY(collection_get(tx, THE_TRIGGER->scope_id, call->arena, &collection, err));
        gql_object_of(call, artifact_collection_type_name(collection), collection);
        break;
    case SCOPE_ENTITY:
        TRY(entity_find_by_id(tx, THE_TRIGGER->scope_id, call->arena, &entity, err));
        gql_object_of(call, "Entity", entity);
        break;
    }
    return OK;
}

/* ---- the event ---- */

static enum err_code answer_condition(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object_of(call, "FilterEventTriggeringCondition", call->parent);
    return OK;
}

static enum err_code answer_event_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_TRIGGER->event_type);
    return OK;
}

/* The official client gives the filter of an artifact's event plain, and wants it back inside another object. */
static enum err_code answer_event_filter(struct gql_call *call, struct err *err) {
    const struct automation_event_type *type = automation_event_type_find(THE_TRIGGER->event_type);
    struct buf wrapped = BUF_INIT(AUTOMATION_TEXT_MAX * 8);
    struct json_writer writer;
    (void)err;
    if (type == NULL || type->kind != ON_ARTIFACT) {
        gql_str(call, THE_TRIGGER->event_filter);
        return OK;
    }
    json_writer_init(&writer, &wrapped, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("filter"));
    json_string(&writer, THE_TRIGGER->event_filter);
    json_object_end(&writer);
    gql_str(call, buf_str(&wrapped));
    buf_finish(&wrapped);
    return OK;
}

static const struct gql_field filter_event_fields[] = {
    { "eventType", "", "EventTriggeringConditionType!", CAN_READ, answer_event_type, NULL },
    { "filter", "", "JSONString!", CAN_READ, answer_event_filter, NULL },
};
const struct gql_type filter_event_triggering_condition_type = GQL_TYPE("FilterEventTriggeringCondition", filter_event_fields);

/* ---- the action ---- */

static enum err_code answer_action(struct gql_call *call, struct err *err) {
    const char *type = str_eq_c(THE_TRIGGER->action_type, "GENERIC_WEBHOOK") ? "GenericWebhookTriggeredAction"
                       : str_eq_c(THE_TRIGGER->action_type, "NOTIFICATION")  ? "NotificationTriggeredAction"
                                                                             : "NoOpTriggeredAction";
    (void)err;
    gql_object_of(call, type, call->parent);
    return OK;
}

static enum err_code give_config(struct gql_call *call, const char *key, struct err *err) {
    struct json_value *config;
    TRY(json_parse(&config, THE_TRIGGER->action_config, JSON_STRICT, call->arena, err));
    gql_str(call, json_get_str(config, str_from_c(key)));
    return OK;
}

/* Tokens are written into payloads: they are the entity's people's, whoever else reads the project. */
READING_RESOLVER(answer_payload) {
    const struct owner entity = { .entity_id = THE_TRIGGER->owner.entity_id };
    enum err_code code = access_check_in(tx, gql_identity(call), &entity, CAN_READ, err);
    if (code == ERR_NOT_FOUND || code == ERR_FORBIDDEN)
        return OK;
    TRY(code);
    return give_config(call, "requestPayload", err);
}

static enum err_code answer_title(struct gql_call *call, struct err *err) {
    return give_config(call, "title", err);
}

static enum err_code answer_message(struct gql_call *call, struct err *err) {
    return give_config(call, "message", err);
}

static enum err_code answer_severity(struct gql_call *call, struct err *err) {
    return give_config(call, "severity", err);
}

static enum err_code answer_true(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

/* An integration may be its organisation's: whoever reads the automation reads the name of what it calls. One that was deleted is
 * named as such, because clients want one. */
static enum err_code give_integration(struct db_tx *tx, struct gql_call *call, const char *type, struct err *err) {
    struct integration *integration;
    enum err_code code = integration_find(tx, THE_TRIGGER->integration_id, call->arena, &integration, err);
    if (code == ERR_NOT_FOUND) {
        integration = ARENA_NEW(call->arena, struct integration);
        *integration = (struct integration){ .owner = THE_TRIGGER->owner, .id = THE_TRIGGER->integration_id, .name = STR("deleted"),
                                             .url = STR_EMPTY, .is_lent = true };
    } else if (code != OK) {
        return code;
    } else {
        TRY(webhook_lend(tx, call, integration, THE_TRIGGER->owner, err));
    }
    gql_object_of(call, type, integration);
    return OK;
}

READING_RESOLVER(answer_webhook) {
    return give_integration(tx, call, "GenericWebhookIntegration", err);
}

/* Notifications go to a webhook here; clients know only Slack. */
READING_RESOLVER(answer_slack) {
    return give_integration(tx, call, "SlackIntegration", err);
}

static const struct gql_field webhook_action_fields[] = {
    { "integration", "", "Integration!", CAN_READ, answer_webhook, NULL },
    { "requestPayload", "", "JSONString", CAN_READ, answer_payload, NULL },
};
const struct gql_type generic_webhook_triggered_action_type = GQL_TYPE("GenericWebhookTriggeredAction", webhook_action_fields);

static const struct gql_field notification_action_fields[] = {
    { "integration", "", "Integration!", CAN_READ, answer_slack, NULL },
    { "message", "", "String", CAN_READ, answer_message, NULL },
    { "severity", "", "AlertSeverity", CAN_READ, answer_severity, NULL },
    { "title", "", "String", CAN_READ, answer_title, NULL },
};
const struct gql_type notification_triggered_action_type = GQL_TYPE("NotificationTriggeredAction", notification_action_fields);

static const struct gql_field no_op_action_fields[] = { { "noOp", "", "Boolean", CAN_READ, answer_true, NULL } };
const struct gql_type no_op_triggered_action_type = GQL_TYPE("NoOpTriggeredAction", no_op_action_fields);

/* Nobody has one of these two here: clients name them in their documents. */
static const struct gql_field queue_fields[] = {
    { "id", "", "ID!", CAN_READ, answer_nothing, NULL },
    { "name", "", "String!", CAN_READ, answer_nothing, NULL },
};
const struct gql_type trigger_queue_type = GQL_TYPE("TriggerQueue", queue_fields);
static const struct gql_field queue_job_action_fields[] = {
    { "queue", "", "TriggerQueue", CAN_READ, answer_nothing, NULL },
    { "template", "", "JSONString", CAN_READ, answer_nothing, NULL },
};
const struct gql_type queue_job_triggered_action_type = GQL_TYPE("QueueJobTriggeredAction", queue_job_action_fields);
static const struct gql_field aria_action_fields[] = { { "prompt", "", "String!", CAN_READ, answer_nothing, NULL } };
const struct gql_type aria_triggered_action_type = GQL_TYPE("ARIATriggeredAction", aria_action_fields);

/* ---- what was delivered ---- */

#define THE_DELIVERY ((const struct delivery *)call->parent)

#define DELIVERY_TEXT(name, member)                                                                                      \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        gql_str(call, THE_DELIVERY->member);                                                                             \
        return OK;                                                                                                       \
    }

DELIVERY_TEXT(delivery_kind, kind)
DELIVERY_TEXT(delivery_state, state)
DELIVERY_TEXT(delivery_subject, subject)
DELIVERY_TEXT(delivery_target, target)

/* Mail servers repeat the address they refuse, and name servers the host they do not find. */
READING_RESOLVER(delivery_error) {
    const struct owner entity = { .entity_id = THE_DELIVERY->owner.entity_id };
    bool is_mail = THE_DELIVERY->integration_id == 0;
    if (THE_DELIVERY->error.len == 0) {
        gql_str(call, THE_DELIVERY->error);
        return OK;
    }
    enum err_code code = access_check_in(tx, gql_identity(call), &entity, is_mail ? CAN_ADMIN : CAN_READ, err);
    if (code != OK && code != ERR_NOT_FOUND && code != ERR_FORBIDDEN)
        return code;
    gql_str(call, code == OK ? THE_DELIVERY->error : STR("it did not arrive: administrators see why"));
    return OK;
}

static enum err_code delivery_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Delivery", THE_DELIVERY->id, call->arena));
    return OK;
}

static enum err_code delivery_attempts(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_DELIVERY->attempts);
    return OK;
}

static enum err_code delivery_status_code(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_DELIVERY->status_code > 0)
        json_int(call->out, THE_DELIVERY->status_code);
    return OK;
}

static enum err_code delivery_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_DELIVERY->created_at);
    return OK;
}

static enum err_code delivery_next_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, str_eq_c(THE_DELIVERY->state, "QUEUED") ? THE_DELIVERY->next_at : 0);
    return OK;
}

static enum err_code delivery_sent_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_DELIVERY->sent_at);
    return OK;
}

static const struct gql_field delivery_fields[] = {
    { "attempts", "", "Int!", CAN_READ, delivery_attempts, NULL },
    { "createdAt", "", "DateTime!", CAN_READ, delivery_created_at, NULL },
    { "error", "", "String", CAN_READ, delivery_error, "Of the last attempt." },
    { "id", "", "ID!", CAN_READ, delivery_id, NULL },
    { "kind", "", "String!", CAN_READ, delivery_kind, "automation or alert." },
    { "nextAt", "", "DateTime", CAN_READ, delivery_next_at, "When it is tried again." },
    { "sentAt", "", "DateTime", CAN_READ, delivery_sent_at, NULL },
    { "state", "", "DeliveryState!", CAN_READ, delivery_state, NULL },
    { "statusCode", "", "Int", CAN_READ, delivery_status_code, NULL },
    { "subject", "", "String!", CAN_READ, delivery_subject, NULL },
    { "target", "", "String!", CAN_ADMIN, delivery_target, "The address. For administrators: it may be a person's." },
};
const struct gql_type delivery_type = GQL_TYPE("Delivery", delivery_fields);
CONNECTION_TYPES(delivery, "Delivery", CAN_READ);

static enum err_code give_deliveries(struct db_tx *tx, struct gql_call *call, struct owner owner, int64_t automation_id, struct err *err) {
    struct connection *connection = connection_create(owner, call->arena);
    int64_t first = connection_first(call, 50, DELIVERY_PAGE_MAX), after = 0;
    struct list deliveries;
    struct str cursor = gql_arg_str(call, "after");
    if (cursor.len > 0 && (!str_to_i64(cursor, &after) || after <= 0))
        return err_set(err, ERR_BAD_INPUT, "the cursor is not one that this list gave");
    TRY(delivery_list(tx, owner.project_id, automation_id, after, (size_t)first + 1, call->arena, &deliveries, err));
    for (size_t i = 0; i < deliveries.count && i < (size_t)first; i++) {
        struct delivery *delivery = deliveries.items[i];
        connection_add(connection, delivery, NULL, arena_printf(call->arena, "%lld", (long long)delivery->id), call->arena);
    }
    connection->page_info.has_next = deliveries.count > (size_t)first;
    connection->total_count = (int64_t)connection->edges.count;
    gql_object(call, connection);
    return OK;
}

READING_RESOLVER(answer_trigger_deliveries) {
    return give_deliveries(tx, call, THE_TRIGGER->owner, THE_TRIGGER->id, err);
}

READING_RESOLVER(answer_project_deliveries) {
    return give_deliveries(tx, call, ((const struct project *)call->parent)->owner, 0, err);
}

enum err_code automation_answer_deliveries(struct gql_call *call, struct err *err) {
    return answer_project_deliveries(call, err);
}

/* ---- Trigger ---- */

static const struct gql_field trigger_fields[] = {
    { "createdAt", "", "DateTime!", CAN_READ, answer_created_at, NULL },
    { "createdBy", "", "User", CAN_READ, answer_created_by, NULL },
    { "deliveries", DELIVERY_LIST_ARGS, "DeliveryConnection!", CAN_READ, answer_trigger_deliveries, "What it has sent, newest first." },
    { "description", "", "String", CAN_READ, answer_description, NULL },
    { "enabled", "", "Boolean!", CAN_READ, answer_enabled, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "name", "", "String!", CAN_READ, answer_name, NULL },
    { "scope", "", "TriggerScope!", CAN_READ, answer_scope, NULL },
    { "triggeredAction", "", "TriggeredAction!", CAN_READ, answer_action, NULL },
    { "triggeringCondition", "", "TriggeringCondition!", CAN_READ, answer_condition, NULL },
    { "updatedAt", "", "DateTime", CAN_READ, answer_updated_at, NULL },
};
const struct gql_type trigger_type = { .name = "Trigger", .kind = GQL_OBJECT, .fields = trigger_fields,
    .field_count = sizeof trigger_fields / sizeof trigger_fields[0], .doc = "An automation: an event in a scope, and what it sets off." };
/* Of one entity; each automation was checked for itself. */
CONNECTION_TYPES(trigger, "Trigger", WHO_USER);

/* ---- lists ---- */

enum trigger_word { TRIGGER_CREATED_AT, TRIGGER_ENABLED, TRIGGER_EVENT, TRIGGER_ID, TRIGGER_NAME, TRIGGER_UPDATED_AT };

/* Sorted by name. */
static const struct filter_word trigger_word_rows[] = {
    { "created_at", FILTER_KIND_TIME, TRIGGER_CREATED_AT, false }, { "enabled", FILTER_KIND_ANY, TRIGGER_ENABLED, false },
    { "event_type", FILTER_KIND_ANY, TRIGGER_EVENT, false },       { "id", FILTER_KIND_ANY, TRIGGER_ID, false },
    { "name", FILTER_KIND_ANY, TRIGGER_NAME, false },              { "updated_at", FILTER_KIND_TIME, TRIGGER_UPDATED_AT, false },
};
static const struct filter_words trigger_words = { "automations", trigger_word_rows, sizeof trigger_word_rows / sizeof trigger_word_rows[0] };

struct trigger_rows {
    const struct list *items;
    const struct filter_keys *keys;
};

static struct filter_value read_trigger(const void *context, size_t row, size_t key) {
    const struct trigger_rows *rows = context;
    const struct automation *automation = rows->items->items[row];
    switch ((enum trigger_word)rows->keys->items[key].word) {
    case TRIGGER_CREATED_AT:
        return filter_int(automation->created_at);
    case TRIGGER_ENABLED:
        return filter_bool(automation->is_enabled);
    case TRIGGER_EVENT:
        return filter_text(automation->event_type);
    case TRIGGER_ID:
        return filter_int(automation->id);
    case TRIGGER_NAME:
        return filter_text(automation->name);
    case TRIGGER_UPDATED_AT:
        return filter_int(automation->updated_at);
    }
    return filter_int(0);
}

/* Those that match and that may be read: an automation of a restricted project is its readers'. */
static enum err_code select_triggers(struct db_tx *tx, struct gql_call *call, struct list *automations, struct err *err) {
    struct filter_keys *keys = ARENA_NEW(call->arena, struct filter_keys);
    struct trigger_rows rows = { automations, keys };
    struct filter *filter;
    size_t kept = 0;
    TRY(filter_parse(&filter, gql_arg_str(call, "filters"), &trigger_words, keys, call->arena, err));
    for (size_t i = 0; i < automations->count; i++) {
        struct automation *automation = automations->items[i];
        enum err_code code = access_check_in(tx, gql_identity(call), &automation->owner, CAN_READ, err);
        if (code == OK && filter_matches(filter, read_trigger, &rows, i))
            automations->items[kept++] = automation;
        else if (code != OK && code != ERR_NOT_FOUND)
            return code;
    }
    automations->count = kept;
    return filter_check_work(filter, err);
}

READING_RESOLVER(answer_of_entity) {
    const struct entity *entity = call->parent;
    struct list automations;
    TRY(automation_list(tx, entity->owner.entity_id, 0, call->arena, &automations, err));
    TRY(select_triggers(tx, call, &automations, err));
    gql_object(call, connection_of_list(entity->owner, &automations, NULL, gql_arg_str(call, "after"), connection_first(call, 50, TRIGGER_PAGE_MAX), call->arena));
    return OK;
}

enum err_code automation_answer_of_entity(struct gql_call *call, struct err *err) {
    return answer_of_entity(call, err);
}

enum err_code automation_answer_of_organization(struct gql_call *call, struct err *err) {
    return answer_of_entity(call, err);
}

READING_RESOLVER(answer_of_project) {
    const struct project *project = call->parent;
    struct list automations;
    TRY(automation_list(tx, project->owner.entity_id, project->id, call->arena, &automations, err));
    gql_list_begin(call);
    for (size_t i = 0; i < automations.count; i++)
        gql_list_add(call, automations.items[i]);
    return OK;
}

enum err_code automation_answer_of_project(struct gql_call *call, struct err *err) {
    return answer_of_project(call, err);
}
