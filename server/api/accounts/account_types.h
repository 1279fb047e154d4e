/* account_types.h - users, entities, organisations, keys and the server itself, as GraphQL shows them. */
#ifndef SERVER_API_ACCOUNT_TYPES_H
#define SERVER_API_ACCOUNT_TYPES_H

#include "server/api/connection.h"

extern const struct gql_type user_type, user_connection_type, user_edge_type;
extern const struct gql_type entity_type, entity_connection_type, entity_edge_type, member_type, invite_type;
extern const struct gql_type organization_type, feature_flag_type, advanced_registry_features_type;
extern const struct gql_type api_key_type, api_key_connection_type, api_key_edge_type;
extern const struct gql_type server_info_type, server_feature_type, latest_local_version_type;
extern const struct gql_type create_anonymous_entity_type, create_invite_type, create_service_account_type, create_team_type, create_user_type,
    delete_api_key_type, delete_invite_type, generate_api_key_type;

/* Inputs and enums of these. */
extern const char account_sdl[];

/* ---- of Query ---- */
enum err_code account_answer_viewer(struct gql_call *call, struct err *err);              /* User */
enum err_code account_answer_users(struct gql_call *call, struct err *err);               /* query: String -> UserConnection */
enum err_code account_answer_entity(struct gql_call *call, struct err *err);              /* name: String! -> Entity */
enum err_code account_answer_organization(struct gql_call *call, struct err *err);        /* name: String! -> Organization */
enum err_code account_answer_server_info(struct gql_call *call, struct err *err);         /* ServerInfo */

/* ---- of Mutation; each takes input: <Name>Input! and answers <Name>Payload ---- */
/* An error: nobody is anonymous here. Older clients ask for it when they have no key. */
enum err_code account_answer_create_anonymous_entity(struct gql_call *call, struct err *err);
enum err_code account_answer_create_invite(struct gql_call *call, struct err *err);
enum err_code account_answer_create_service_account(struct gql_call *call, struct err *err);
enum err_code account_answer_create_team(struct gql_call *call, struct err *err);
enum err_code account_answer_create_user(struct gql_call *call, struct err *err);
enum err_code account_answer_delete_api_key(struct gql_call *call, struct err *err);
enum err_code account_answer_delete_invite(struct gql_call *call, struct err *err);
enum err_code account_answer_generate_api_key(struct gql_call *call, struct err *err);

/* ---- for types of others ---- */

/* The user or entity of that id as the field's answer; null when there is none (any more). */
MUST_CHECK enum err_code account_give_user(struct db_tx *tx, struct gql_call *call, int64_t user_id, struct err *err);
MUST_CHECK enum err_code account_give_entity(struct db_tx *tx, struct gql_call *call, int64_t entity_id, struct err *err);

#endif
