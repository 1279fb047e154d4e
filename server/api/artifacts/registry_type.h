/* registry_type.h - registries: what organisations show of them, and the members that projects have of their own. */
#ifndef SERVER_API_REGISTRY_TYPE_H
#define SERVER_API_REGISTRY_TYPE_H

#include "server/api/connection.h"
#include "server/store/projects/project.h"

extern const struct gql_type project_member_type, project_team_member_type, role_type;
extern const struct gql_type create_project_members_payload_type, delete_project_members_payload_type,
    update_project_member_payload_type, update_project_team_member_payload_type;
extern const char registry_sdl[];

/* ---- of Entity; the parent is a struct entity ---- */
/* The entity's registries, where filters or an order are asked for or the parent stands for an organisation's
 * registries; *is_answered is false otherwise. */
MUST_CHECK enum err_code registry_give_projects(struct gql_call *call, bool *is_answered, struct err *err);
enum err_code registry_answer_collections(struct gql_call *call, struct err *err);
enum err_code registry_answer_memberships(struct gql_call *call, struct err *err);

/* ---- of Project ---- */
enum err_code registry_answer_allows_all_types(struct gql_call *call, struct err *err);
enum err_code registry_answer_members(struct gql_call *call, struct err *err);
enum err_code registry_answer_team_members(struct gql_call *call, struct err *err);

/* ---- of Mutation ---- */
enum err_code registry_answer_create_members(struct gql_call *call, struct err *err);
enum err_code registry_answer_delete_members(struct gql_call *call, struct err *err);
enum err_code registry_answer_update_member(struct gql_call *call, struct err *err);
enum err_code registry_answer_update_team_member(struct gql_call *call, struct err *err);

/* What upsertModel's input says of a registry: access RESTRICTED, the types it takes; whoever makes one administers it. */
MUST_CHECK enum err_code registry_apply_input(struct db_tx *tx, struct gql_call *call, const struct project *project,
                                              bool is_inserted, int64_t now_ms, struct err *err);

#endif
