/* webhook_type.c - see webhook_type.h. */
#include "server/api/automations/webhook_type.h"

#include "server/api/automations/webhook_send.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/audit.h"
#include "server/store/accounts/entity.h"

enum { INTEGRATION_PAGE_MAX = 1000 };

const char webhook_sdl[] =
    "union Integration = GenericWebhookIntegration | SlackIntegration\n"
    "input CreateGenericWebhookIntegrationInput { accessTokenRef: String, clientMutationId: String, entityName: String!, name: String!, "
    "secretRef: String, urlEndpoint: String! }\n"
    "input DeleteIntegrationInput { clientMutationId: String, id: ID! }\n";

#define THE_INTEGRATION ((const struct integration *)call->parent)

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_INTEGRATION->created_at);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Integration", THE_INTEGRATION->id, call->arena));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_INTEGRATION->name);
    return OK;
}

/* The right that was asked for is one to what it is shown through: of a lent one, that says nothing. */
static enum err_code answer_secret(struct gql_call *call, struct err *err) {
    (void)err;
    if (!THE_INTEGRATION->is_lent)
        gql_str(call, webhook_secret(gql_identity(call)->app->secrets, THE_INTEGRATION->id, call->arena));
    return OK;
}

static enum err_code answer_team(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR("webhook"));
    return OK;
}

static enum err_code answer_url(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_INTEGRATION->url);
    return OK;
}

static const struct gql_field webhook_fields[] = {
    { "createdAt", "", "DateTime", CAN_READ, answer_created_at, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "name", "", "String!", CAN_READ, answer_name, NULL },
    { "signingSecret", "", "String", CAN_ADMIN, answer_secret, "What its requests are signed with; see docs/automations.md." },
    { "urlEndpoint", "", "String!", CAN_READ, answer_url, NULL },
};
const struct gql_type generic_webhook_integration_type = GQL_TYPE("GenericWebhookIntegration", webhook_fields);

static const struct gql_field slack_fields[] = {
    { "channelName", "", "String!", CAN_READ, answer_name, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "teamName", "", "String!", CAN_READ, answer_team, NULL },
};
const struct gql_type slack_integration_type = GQL_TYPE("SlackIntegration", slack_fields);

CONNECTION_TYPES(integration, "Integration", CAN_READ);

static const char *type_of(const void *node) {
    (void)node;
    return "GenericWebhookIntegration";
}

READING_RESOLVER(answer_list) {
    const struct entity *entity = call->parent;
    struct list integrations;
    TRY(integration_list(tx, entity->owner.entity_id, call->arena, &integrations, err));
    gql_object(call, connection_of_list(entity->owner, &integrations, type_of, gql_arg_str(call, "after"),
                                        connection_first(call, 50, INTEGRATION_PAGE_MAX), call->arena));
    return OK;
}

enum err_code webhook_answer_list(struct gql_call *call, struct err *err) {
    return answer_list(call, err);
}

/* Addresses of webhooks are as good as passwords: Slack's are nothing else. */
enum err_code webhook_lend(struct db_tx *tx, struct gql_call *call, struct integration *integration, struct owner owner,
                           struct err *err) {
    enum err_code code = access_check_in(tx, gql_identity(call), &integration->owner, CAN_READ, err);
    if (code != OK && code != ERR_NOT_FOUND && code != ERR_FORBIDDEN)
        return code;
    if (code != OK)
        integration->url = STR_EMPTY;
    integration->owner = owner;
    integration->is_lent = true;
    return OK;
}

/* ---- changing ---- */

struct payload {
    struct owner owner;
    struct integration *integration;
};
MUTATION_ANSWERS;

static enum err_code create(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str entity_name = gql_input_str(call, "entityName");
    struct identity *identity = gql_identity(call);
    struct actor actor = identity_actor(identity);
    struct entity *entity;
    int64_t id;
    enum err_code code = entity_find(tx, entity_name, call->arena, &entity, err);
    if (code == OK)
        code = access_check_in(tx, identity, &entity->owner, CAN_ADMIN, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "entity '%.*s' not found", STR_ARG(str_slice(entity_name, 0, ENTITY_NAME_MAX)));
    TRY(code);
    if (gql_input_str(call, "accessTokenRef").len > 0 || gql_input_str(call, "secretRef").len > 0)
        return err_set(err, ERR_NOT_OFFERED, "named secrets are not offered: every webhook has a signing secret of its own");
    TRY(integration_create(tx, entity->owner.entity_id, gql_input_str(call, "name"), gql_input_str(call, "urlEndpoint"), identity->user_id,
                           clock_wall_ms(), &id, err));
    TRY(audit_add(tx, &actor, "integration.add", entity->owner.entity_id, gql_input_str(call, "name"), err));
    payload->owner = entity->owner;
    return integration_find(tx, id, call->arena, &payload->integration, err);
}

static enum err_code delete_one(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    enum err_code code = ERR_NOT_FOUND;
    int64_t id;
    if (node_id_parse(gql_input_str(call, "id"), "Integration", &id, call->arena))
        code = integration_find(tx, id, call->arena, &payload->integration, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &payload->integration->owner, CAN_ADMIN, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "there is no such integration");
    TRY(code);
    payload->owner = payload->integration->owner;
    TRY(audit_add(tx, &actor, "integration.delete", payload->owner.entity_id, payload->integration->name, err));
    return integration_delete(tx, id, clock_wall_ms(), err);
}

enum err_code webhook_answer_create(struct gql_call *call, struct err *err) {
    return answer(call, create, err);
}

enum err_code webhook_answer_delete(struct gql_call *call, struct err *err) {
    return answer(call, delete_one, err);
}

static enum err_code answer_integration(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object_of(call, "GenericWebhookIntegration", ((const struct payload *)call->parent)->integration);
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static const struct gql_field create_fields[] = { { "integration", "", "Integration", CAN_READ, answer_integration, NULL } };
const struct gql_type create_generic_webhook_integration_payload_type = GQL_TYPE("CreateGenericWebhookIntegrationPayload", create_fields);
static const struct gql_field delete_fields[] = { { "success", "", "Boolean!", CAN_READ, answer_success, NULL } };
const struct gql_type delete_integration_payload_type = GQL_TYPE("DeleteIntegrationPayload", delete_fields);
