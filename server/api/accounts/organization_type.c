/* organization_type.c - organisations: an entity that has teams. */
#include "server/api/accounts/account_types.h"

#include "server/api/access.h"
#include "server/api/automations/automation_type.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/entity.h"

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Organization", ((const struct entity *)call->parent)->owner.entity_id, call->arena));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct entity *)call->parent)->name);
    return OK;
}

/* The organisation as the owner of registries: the same thing here, but for the projects that it lists. */
static enum err_code answer_org_entity(struct gql_call *call, struct err *err) {
    struct entity *owner = ARENA_NEW(call->arena, struct entity);
    (void)err;
    *owner = *(const struct entity *)call->parent;
    owner->is_for_registries = true;
    gql_object(call, owner);
    return OK;
}

static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code answer_no_flags(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    return OK;
}

READING_RESOLVER(answer_teams) {
    const struct entity *organization = call->parent;
    struct entity_list teams;
    TRY(entity_list(tx, ENTITY_TEAM, organization->owner.entity_id, call->arena, &teams, err));
    gql_list_begin(call);
    for (size_t i = 0; i < teams.count; i++)
        gql_list_add(call, teams.items[i]);
    return OK;
}

static enum err_code answer_advanced_features(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, call->parent);
    return OK;
}

static enum err_code answer_no(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, false);
    return OK;
}

static const struct gql_field advanced_registry_features_fields[] = {
    { "advancedSearch", "", "Boolean!", WHO_USER, answer_no, NULL },
};
const struct gql_type advanced_registry_features_type = GQL_TYPE("AdvancedRegistryFeatures", advanced_registry_features_fields);

static const struct gql_field organization_fields[] = {
    { "advancedRegistryFeatures", "", "AdvancedRegistryFeatures", WHO_USER, answer_advanced_features, NULL },
    { "coreWeaveOrganizationId", "", "ID", WHO_USER, answer_nothing, "Asked by the official client; nobody has one here." },
    { "featureFlags", "rampIDType: RampIDType", "[FeatureFlag!]!", WHO_USER, answer_no_flags, NULL },
    { "id", "", "ID!", WHO_USER, answer_id, NULL },
    { "name", "", "String!", WHO_USER, answer_name, NULL },
    { "orgEntity", "", "Entity", WHO_USER, answer_org_entity, NULL },
    { "teams", "", "[Entity!]!", CAN_READ, answer_teams, NULL },
    { "triggers", "after: String, filters: JSONString, first: Int = 50, order: String", "TriggerConnection", WHO_USER, automation_answer_of_organization, NULL },
};
const struct gql_type organization_type = GQL_TYPE("Organization", organization_fields);

static const struct gql_field feature_flag_fields[] = {
    { "isEnabled", "", "Boolean", WHO_USER, answer_nothing, NULL },
    { "rampKey", "", "String", WHO_USER, answer_nothing, NULL },
};
const struct gql_type feature_flag_type = GQL_TYPE("FeatureFlag", feature_flag_fields);
