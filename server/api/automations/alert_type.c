/* alert_type.c - see alert_type.h. */
#include "server/api/automations/alert_type.h"

#include "server/api/automations/webhook_type.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/resolver.h"
#include "server/store/automations/alert.h"
#include "server/store/automations/integration.h"

enum { ALERTS_SHOWN_MAX = 1000 };

const char alert_sdl[] =
    "\"Without a project: your own setting for all projects.\"\n"
    "input UpdateAlertSettingInput { clientMutationId: String, entityName: String, leastSeverity: AlertSeverity, projectName: String, "
    "wantsEmail: Boolean }\n"
    "\"integrationID null: no webhook.\"\n"
    "input UpdateProjectAlertSettingInput { clientMutationId: String, entityName: String!, integrationID: ID, leastSeverity: "
    "AlertSeverity, projectName: String! }\n";

struct setting_node {
    struct owner owner;
    struct alert_setting setting;
};

#define THE_SETTING (&((const struct setting_node *)call->parent)->setting)

/* ---- settings ---- */

static enum err_code answer_least(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(alert_severity_name(THE_SETTING->least)));
    return OK;
}

static enum err_code answer_wants_email(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, THE_SETTING->wants_email);
    return OK;
}

READING_RESOLVER(answer_integration) {
    struct integration *integration;
    if (THE_SETTING->integration_id == 0)
        return OK;
    enum err_code code = integration_find(tx, THE_SETTING->integration_id, call->arena, &integration, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? OK : code;
    TRY(webhook_lend(tx, call, integration, ((const struct setting_node *)call->parent)->owner, err));
    gql_object_of(call, "GenericWebhookIntegration", integration);
    return OK;
}

/* One's own, and nobody else's. */
static const struct gql_field setting_fields[] = {
    { "leastSeverity", "", "AlertSeverity!", WHO_USER, answer_least, "Lighter alerts are not sent." },
    { "wantsEmail", "", "Boolean!", WHO_USER, answer_wants_email, "Alerts of your own runs." },
};
const struct gql_type alert_setting_type = GQL_TYPE("AlertSetting", setting_fields);

static const struct gql_field project_setting_fields[] = {
    { "integration", "", "Integration", CAN_READ, answer_integration, "The webhook that alerts of the project's runs reach." },
    { "leastSeverity", "", "AlertSeverity!", CAN_READ, answer_least, NULL },
};
const struct gql_type project_alert_setting_type = GQL_TYPE("ProjectAlertSetting", project_setting_fields);

static struct setting_node *node_of(struct gql_call *call, struct owner owner, const struct alert_setting *setting) {
    struct setting_node *node = ARENA_NEW(call->arena, struct setting_node);
    *node = (struct setting_node){ owner, *setting };
    return node;
}

READING_RESOLVER(answer_own) {
    const struct project *project = call->parent;
    struct alert_setting setting;
    TRY(alert_setting_of_user(tx, project->id, gql_identity(call)->user_id, &setting, err));
    gql_object(call, node_of(call, project->owner, &setting));
    return OK;
}

enum err_code alert_answer_own_setting(struct gql_call *call, struct err *err) {
    return answer_own(call, err);
}

READING_RESOLVER(answer_of_project) {
    const struct project *project = call->parent;
    struct alert_setting setting;
    TRY(alert_setting_get(tx, project->id, 0, &setting, err));
    gql_object(call, node_of(call, project->owner, &setting));
    return OK;
}

enum err_code alert_answer_project_setting(struct gql_call *call, struct err *err) {
    return answer_of_project(call, err);
}

/* ---- changing them ---- */

struct payload {
    struct owner owner;
    struct setting_node *node;
};
MUTATION_ANSWERS;

static enum err_code read_least(const struct gql_call *call, struct alert_setting *setting, struct err *err) {
    struct str least = gql_input_str(call, "leastSeverity");
    return least.ptr == NULL ? OK : alert_severity_parse(least, &setting->least, err);
}

static enum err_code update(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct identity *identity = gql_identity(call);
    const struct json_value *wants = gql_input(call, "wantsEmail");
    struct str entity = gql_input_str(call, "entityName"), name = gql_input_str(call, "projectName");
    struct alert_setting setting;
    struct project *project;
    int64_t project_id = 0;
    if (name.len > 0) {
        TRY(place_find_project(tx, identity, entity.len > 0 ? entity : identity->username, name, CAN_READ, &project, err));
        project_id = project->id;
    }
    TRY(alert_setting_of_user(tx, project_id, identity->user_id, &setting, err));
    setting.project_id = project_id;
    if (wants != NULL && wants->type == JSON_TYPE_BOOL)
        setting.wants_email = wants->boolean;
    TRY(read_least(call, &setting, err));
    payload->owner.entity_id = identity->entity_id;
    payload->node = node_of(call, payload->owner, &setting);
    return alert_setting_set(tx, &setting, err);
}

static enum err_code find_webhook(struct db_tx *tx, struct gql_call *call, int64_t *out, struct err *err) {
    const struct json_value *value = gql_input(call, "integrationID");
    struct integration *integration;
    if (value == NULL)
        return OK;
    *out = 0;
    if (value->type == JSON_TYPE_NULL)
        return OK;
    enum err_code code = ERR_NOT_FOUND;
    if (node_id_parse(gql_input_str(call, "integrationID"), "Integration", out, call->arena))
        code = integration_find(tx, *out, call->arena, &integration, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &integration->owner, CAN_WRITE, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_BAD_INPUT, "there is no such integration") : code;
}

static enum err_code update_project(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct alert_setting setting;
    struct project *project;
    TRY(place_find_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), CAN_ADMIN, &project, err));
    TRY(alert_setting_get(tx, project->id, 0, &setting, err));
    TRY(read_least(call, &setting, err));
    TRY(find_webhook(tx, call, &setting.integration_id, err));
    payload->owner = project->owner;
    payload->node = node_of(call, project->owner, &setting);
    return alert_setting_set(tx, &setting, err);
}

enum err_code alert_answer_update(struct gql_call *call, struct err *err) {
    return answer(call, update, err);
}

enum err_code alert_answer_update_project(struct gql_call *call, struct err *err) {
    return answer(call, update_project, err);
}

static enum err_code answer_setting(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->node);
    return OK;
}

static const struct gql_field update_fields[] = { { "setting", "", "AlertSetting", WHO_USER, answer_setting, NULL } };
const struct gql_type update_alert_setting_payload_type = GQL_TYPE("UpdateAlertSettingPayload", update_fields);
static const struct gql_field update_project_fields[] = { { "setting", "", "ProjectAlertSetting", CAN_READ, answer_setting, NULL } };
const struct gql_type update_project_alert_setting_payload_type = GQL_TYPE("UpdateProjectAlertSettingPayload", update_project_fields);

/* ---- the alerts of a run ---- */

struct alert_node {
    struct owner owner;
    struct run_alert alert;
};

#define THE_ALERT (&((const struct alert_node *)call->parent)->alert)

static enum err_code alert_title(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_ALERT->title);
    return OK;
}

static enum err_code alert_text(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_ALERT->text);
    return OK;
}

static enum err_code alert_severity(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_ALERT->severity);
    return OK;
}

static enum err_code alert_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_ALERT->created_at);
    return OK;
}

static const struct gql_field run_alert_fields[] = {
    { "createdAt", "", "DateTime!", CAN_READ, alert_created_at, NULL },
    { "severity", "", "AlertSeverity!", CAN_READ, alert_severity, NULL },
    { "text", "", "String!", CAN_READ, alert_text, NULL },
    { "title", "", "String!", CAN_READ, alert_title, NULL },
};
const struct gql_type run_alert_type = GQL_TYPE("RunAlert", run_alert_fields);

READING_RESOLVER(answer_of_run) {
    const struct run *run = call->parent;
    struct run_alert *alerts;
    size_t count;
    TRY(run_alert_list(tx, run->id, ALERTS_SHOWN_MAX, call->arena, &alerts, &count, err));
    gql_list_begin(call);
    for (size_t i = 0; i < count; i++) {
        struct alert_node *node = ARENA_NEW(call->arena, struct alert_node);
        *node = (struct alert_node){ run->owner, alerts[i] };
        gql_list_add(call, node);
    }
    return OK;
}

enum err_code alert_answer_of_run(struct gql_call *call, struct err *err) {
    return answer_of_run(call, err);
}
