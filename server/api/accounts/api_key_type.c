/* api_key_type.c - API keys. A key's name is its first characters; the whole is shown once, by generateApiKey. */
#include "server/api/accounts/account_types.h"

#include "server/api/access.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/api_key.h"

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("ApiKey", ((const struct api_key *)call->parent)->id, call->arena));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct api_key *)call->parent)->prefix);
    return OK;
}

static enum err_code answer_description(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct api_key *)call->parent)->description);
    return OK;
}

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, ((const struct api_key *)call->parent)->created_at);
    return OK;
}

static enum err_code answer_last_used_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, ((const struct api_key *)call->parent)->last_used_at);
    return OK;
}

/* CAN_ADMIN on the personal entity: oneself, and administrators. */
static const struct gql_field api_key_fields[] = {
    { "createdAt", "", "DateTime!", CAN_ADMIN, answer_created_at, NULL },
    { "description", "", "String", CAN_ADMIN, answer_description, NULL },
    { "id", "", "ID!", CAN_ADMIN, answer_id, NULL },
    { "lastUsedAt", "", "DateTime", CAN_ADMIN, answer_last_used_at, "To within some minutes; null: never." },
    { "name", "", "String!", CAN_ADMIN, answer_name, "Its first characters; all of it once, when it was generated." },
};
const struct gql_type api_key_type = GQL_TYPE("ApiKey", api_key_fields);

CONNECTION_TYPES(api_key, "ApiKey", WHO_USER);
