/* custom_chart_type.c - see custom_chart_type.h. */
#include "server/api/projects/custom_chart_type.h"

#include "server/api/accounts/account_types.h"
#include "server/api/identity.h"
#include "server/api/resolver.h"
#include "server/store/accounts/audit.h"
#include "server/store/accounts/entity.h"
#include "server/store/projects/custom_chart.h"

const char custom_chart_sdl[] =
    "input CreateCustomChartInput { access: String!, clientMutationId: String, displayName: String!, entity: String!, name: String!, "
    "spec: JSONString!, type: String! }\n";

#define THE_CHART ((const struct custom_chart *)call->parent)

static enum err_code answer_access(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_CHART->is_public ? STR("PUBLIC") : STR("PRIVATE"));
    return OK;
}

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_CHART->created_at);
    return OK;
}

static enum err_code answer_display_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_CHART->display_name);
    return OK;
}

static enum err_code answer_entity_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_CHART->entity_name);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, arena_printf(call->arena, "%.*s/%.*s", STR_ARG(THE_CHART->entity_name), STR_ARG(THE_CHART->name)));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_CHART->name);
    return OK;
}

READING_RESOLVER(answer_spec) {
    struct str spec;
    TRY(custom_chart_load_spec(tx, THE_CHART->id, call->arena, &spec, err));
    gql_str(call, spec);
    return OK;
}

static enum err_code answer_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_CHART->type);
    return OK;
}

static enum err_code answer_updated_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_CHART->updated_at);
    return OK;
}

/* What is in hand was found with the right to it: a public chart is everybody's. */
static const struct gql_field custom_chart_fields[] = {
    { "access", "", "String!", WHO_USER, answer_access, "PRIVATE: the entity's members. PUBLIC: everybody." },
    { "createdAt", "", "DateTime!", WHO_USER, answer_created_at, NULL },
    { "displayName", "", "String!", WHO_USER, answer_display_name, NULL },
    { "entityName", "", "String!", WHO_USER, answer_entity_name, NULL },
    { "id", "", "ID!", WHO_USER, answer_id, "ENTITY/NAME" },
    { "name", "", "String!", WHO_USER, answer_name, NULL },
    { "spec", "", "JSONString!", WHO_USER, answer_spec, "As it was given." },
    { "type", "", "String!", WHO_USER, answer_type, "vega2" },
    { "updatedAt", "", "DateTime!", WHO_USER, answer_updated_at, NULL },
};
const struct gql_type custom_chart_type = GQL_TYPE("CustomChart", custom_chart_fields);

/* ---- reading ---- */

static enum err_code may_read(struct db_tx *tx, struct gql_call *call, const struct custom_chart *chart, struct err *err) {
    return chart->is_public ? OK : access_check_in(tx, gql_identity(call), &chart->owner, CAN_READ, err);
}

READING_RESOLVER(answer_one) {
    struct str entity_name, name, id = gql_arg_str(call, "id");
    struct custom_chart *chart;
    struct entity *entity;

    if (!str_cut(id, '/', &entity_name, &name))
        return err_set(err, ERR_BAD_INPUT, "a chart is named ENTITY/NAME");
    enum err_code code = entity_find(tx, entity_name, call->arena, &entity, err);
    if (code == OK)
        code = custom_chart_find_by_name(tx, entity->owner.entity_id, name, call->arena, &chart, err);
    if (code == OK)
        code = may_read(tx, call, chart, err);
    if (code == OK)
        gql_object(call, chart);
    return code == ERR_NOT_FOUND ? OK : code;
}

enum err_code custom_chart_answer_one(struct gql_call *call, struct err *err) {
    return answer_one(call, err);
}

READING_RESOLVER(answer_list) {
    const struct entity *entity = call->parent;
    struct list charts;
    TRY(custom_chart_list(tx, entity->owner.entity_id, call->arena, &charts, err));
    gql_list_begin(call);
    for (size_t i = 0; i < charts.count; i++)
        gql_list_add(call, charts.items[i]);
    return OK;
}

enum err_code custom_chart_answer_list(struct gql_call *call, struct err *err) {
    return answer_list(call, err);
}

/* ---- making ---- */

struct payload {
    struct owner owner;
    struct custom_chart *chart;
};
MUTATION_ANSWERS;

static enum err_code read_access(struct str access, bool *is_public, struct err *err) {
    *is_public = str_eq_ignore_case(access, STR("public"));
    if (*is_public || str_eq_ignore_case(access, STR("private")))
        return OK;
    return err_set(err, ERR_BAD_INPUT, "a chart's access is PUBLIC or PRIVATE, got '%.*s'", STR_ARG(str_slice(access, 0, 50)));
}

static enum err_code create(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str entity_name = gql_input_str(call, "entity");
    struct custom_chart chart = { .user_id = gql_identity(call)->user_id,
                                  .name = gql_input_str(call, "name"),
                                  .display_name = gql_input_str(call, "displayName"),
                                  .type = gql_input_str(call, "type"),
                                  .spec = gql_input_str(call, "spec") };
    struct actor actor = identity_actor(gql_identity(call));
    struct entity *entity;
    int64_t id;

    TRY(read_access(gql_input_str(call, "access"), &chart.is_public, err));
    enum err_code code = entity_find(tx, entity_name, call->arena, &entity, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &entity->owner, CAN_WRITE, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "entity '%.*s' not found", STR_ARG(str_slice(entity_name, 0, ENTITY_NAME_MAX)));
    TRY(code);
    chart.owner = entity->owner;
    TRY(custom_chart_save(tx, &chart, clock_wall_ms(), &id, err));
    TRY(audit_add(tx, &actor, chart.is_public ? "chart.save.public" : "chart.save", chart.owner.entity_id, chart.name, err));
    payload->owner = chart.owner;
    return custom_chart_find(tx, id, call->arena, &payload->chart, err);
}

enum err_code custom_chart_answer_create(struct gql_call *call, struct err *err) {
    return answer(call, create, err);
}

static enum err_code answer_chart(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->chart);
    return OK;
}

static const struct gql_field create_custom_chart_payload_fields[] = {
    { "chart", "", "CustomChart", CAN_READ, answer_chart, NULL },
};
const struct gql_type create_custom_chart_payload_type = GQL_TYPE("CreateCustomChartPayload", create_custom_chart_payload_fields);
