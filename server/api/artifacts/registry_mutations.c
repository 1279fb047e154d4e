/* registry_mutations.c - who belongs to a project, and what a registry takes; see registry_type.h. */
#include "server/api/artifacts/registry_type.h"

#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/audit.h"
#include "server/store/accounts/entity.h"
#include "server/store/artifacts/artifact.h"
#include "server/store/artifacts/registry.h"
#include "server/store/projects/names.h"

enum { TYPES_MAX = 1000, TYPE_NAME_MAX = 128, MEMBERS_AT_ONCE_MAX = 1000 };

const char registry_sdl[] =
    "input CreateProjectMembersInput { clientMutationId: String, projectId: ID!, teamIds: [ID!]!, userIds: [ID!]! }\n"
    "input DeleteProjectMembersInput { clientMutationId: String, projectId: ID!, teamIds: [ID!]!, userIds: [ID!]! }\n"
    "input UpdateProjectMemberInput { clientMutationId: String, projectId: ID!, userId: ID!, userProjectRole: String! }\n"
    "input UpdateProjectTeamMemberInput { clientMutationId: String, projectId: ID!, teamId: ID!, teamProjectRole: String! }\n";

/* ---- what upsertModel says of a registry ---- */

static enum err_code apply_types(struct db_tx *tx, struct gql_call *call, const struct project *project, int64_t now_ms, struct err *err) {
    const struct json_value *types = gql_input(call, "artifactTypes");
    struct artifact_type *made;
    if (types == NULL || types->type != JSON_TYPE_ARRAY)
        return OK;
    if (types->array.count > TYPES_MAX)
        return err_set(err, ERR_BAD_INPUT, "'artifactTypes' holds %zu items, at most %d are taken", types->array.count, TYPES_MAX);
    for (size_t i = 0; i < types->array.count; i++) {
        struct str name = json_get_str(&types->array.items[i], STR("name"));
        TRY(name_check(name, "the artifact type", TYPE_NAME_MAX, err));
        TRY(artifact_type_ensure(tx, project->id, name, now_ms, call->arena, &made, err));
    }
    return OK;
}

static enum err_code apply_settings(struct db_tx *tx, struct gql_call *call, const struct project *project, bool is_inserted,
                                    struct err *err) {
    const struct json_value *allows = gql_input(call, "allowAllArtifactTypesInRegistry");
    struct str access = gql_input_str(call, "access");
    struct registry_settings before, after;
    struct actor actor = identity_actor(gql_identity(call));

    TRY(registry_get(tx, project->id, &before, err));
    after = before;
    if (allows != NULL && allows->type == JSON_TYPE_BOOL)
        after.allows_all_types = allows->boolean;
    if (access.ptr != NULL)
        after.is_restricted = str_eq_c(access, "RESTRICTED");
    if (after.is_restricted == before.is_restricted && after.allows_all_types == before.allows_all_types)
        return OK;
    if (!is_inserted) /* who sees it, and what goes in, is for administrators to say */
        TRY(access_check_in(tx, gql_identity(call), &project->owner, CAN_ADMIN, err));
    if (after.is_restricted != before.is_restricted)
        TRY(audit_add(tx, &actor, after.is_restricted ? "project.restrict" : "project.open", project->owner.entity_id, project->name, err));
    return registry_set(tx, project->id, &after, err);
}

/* The administrators of the organisation administer it anyway. */
static enum err_code make_maker_admin(struct db_tx *tx, struct gql_call *call, const struct project *project, int64_t now_ms, struct err *err) {
    int64_t user_id = gql_identity(call)->user_id;
    enum role role;
    TRY(member_role(tx, project->owner.entity_id, user_id, &role, err));
    return role == ROLE_NONE ? OK : project_member_set(tx, &project->owner, user_id, 0, ROLE_ADMIN, false, now_ms, err);
}

enum err_code registry_apply_input(struct db_tx *tx, struct gql_call *call, const struct project *project, bool is_inserted,
                                   int64_t now_ms, struct err *err) {
    struct entity *entity;
    TRY(apply_settings(tx, call, project, is_inserted, err));
    TRY(apply_types(tx, call, project, now_ms, err));
    if (!is_inserted)
        return OK;
    TRY(entity_find_by_id(tx, project->owner.entity_id, call->arena, &entity, err));
    bool is_registry = entity->kind == ENTITY_ORGANIZATION && registry_is_name(project->name);
    return is_registry || str_eq_c(gql_input_str(call, "access"), "RESTRICTED") ? make_maker_admin(tx, call, project, now_ms, err) : OK;
}

/* ---- members ---- */

struct payload {
    struct owner owner;
};
MUTATION_ANSWERS;

static enum err_code find_administered(struct db_tx *tx, struct gql_call *call, struct project **out, struct err *err) {
    enum err_code code = project_find_by_storage_id(tx, gql_input_str(call, "projectId"), call->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_ADMIN, err);
    return code == ERR_NOT_FOUND || code == ERR_GONE ? err_set(err, ERR_NOT_FOUND, "project not found") : code;
}

static enum err_code read_id(struct gql_call *call, struct str id, const char *kind, int64_t *out, struct err *err) {
    if (node_id_parse(id, kind, out, call->arena))
        return OK;
    return err_set(err, ERR_BAD_INPUT, "'%.*s' is not the id of a %s", STR_ARG(str_slice(id, 0, 100)),
                   kind[0] == 'U' ? "user" : "team");
}

static enum err_code audit_member(struct db_tx *tx, struct gql_call *call, const struct project *project, const char *action,
                                  const char *kind, int64_t id, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    return audit_add(tx, &actor, action, project->owner.entity_id,
                     arena_printf(call->arena, "%.*s: %s %lld", STR_ARG(project->name), kind, (long long)id), err);
}

/* One member of the lists userIds and teamIds after the other. */
static enum err_code change_each(struct db_tx *tx, struct gql_call *call, const struct project *project, const char *kind, bool is_added,
                                 struct err *err) {
    bool is_user = kind[0] == 'U';
    const struct json_value *ids = gql_input(call, is_user ? "userIds" : "teamIds");
    int64_t id;
    if (ids->array.count > MEMBERS_AT_ONCE_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d members are changed at once, got %zu", MEMBERS_AT_ONCE_MAX, ids->array.count);
    for (size_t i = 0; i < ids->array.count; i++) {
        TRY(read_id(call, ids->array.items[i].string, kind, &id, err));
        if (is_added)
            TRY(project_member_set(tx, &project->owner, is_user ? id : 0, is_user ? 0 : id, ROLE_MEMBER, true, clock_wall_ms(), err));
        else
            TRY(project_member_remove(tx, project->id, is_user ? id : 0, is_user ? 0 : id, err));
        TRY(audit_member(tx, call, project, is_added ? "project.member.add" : "project.member.remove", kind, id, err));
    }
    return OK;
}

static enum err_code change_members(struct db_tx *tx, struct gql_call *call, struct payload *payload, bool is_added, struct err *err) {
    struct project *project;
    TRY(find_administered(tx, call, &project, err));
    payload->owner = project->owner;
    TRY(change_each(tx, call, project, "User", is_added, err));
    return change_each(tx, call, project, "Entity", is_added, err);
}

static enum err_code create_members(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return change_members(tx, call, payload, true, err);
}

static enum err_code delete_members(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return change_members(tx, call, payload, false, err);
}

static enum err_code check_is_member(struct db_tx *tx, const struct project *project, int64_t user_id, int64_t team_id, struct arena *arena,
                                     struct err *err) {
    struct list members;
    TRY(project_member_list(tx, project->id, team_id != 0, arena, &members, err));
    for (size_t i = 0; i < members.count; i++) {
        const struct project_member *member = members.items[i];
        if (member->user_id == user_id && member->team_id == team_id)
            return OK;
    }
    return err_set(err, ERR_NOT_FOUND, "there is no such member of the project");
}

static enum err_code set_role(struct db_tx *tx, struct gql_call *call, struct payload *payload, const char *kind, struct str id_text,
                              struct str role_text, struct err *err) {
    struct project *project;
    enum role role;
    int64_t id, user_id, team_id;
    TRY(find_administered(tx, call, &project, err));
    TRY(role_parse(role_text, &role, err));
    TRY(read_id(call, id_text, kind, &id, err));
    user_id = kind[0] == 'U' ? id : 0;
    team_id = kind[0] == 'U' ? 0 : id;
    payload->owner = project->owner;
    TRY(check_is_member(tx, project, user_id, team_id, call->arena, err));
    TRY(audit_member(tx, call, project, "project.member.role", kind, id, err));
    return project_member_set(tx, &project->owner, user_id, team_id, role, false, clock_wall_ms(), err);
}

static enum err_code update_member(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return set_role(tx, call, payload, "User", gql_input_str(call, "userId"), gql_input_str(call, "userProjectRole"), err);
}

static enum err_code update_team_member(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return set_role(tx, call, payload, "Entity", gql_input_str(call, "teamId"), gql_input_str(call, "teamProjectRole"), err);
}

enum err_code registry_answer_create_members(struct gql_call *call, struct err *err) {
    return answer(call, create_members, err);
}

enum err_code registry_answer_delete_members(struct gql_call *call, struct err *err) {
    return answer(call, delete_members, err);
}

enum err_code registry_answer_update_member(struct gql_call *call, struct err *err) {
    return answer(call, update_member, err);
}

enum err_code registry_answer_update_team_member(struct gql_call *call, struct err *err) {
    return answer(call, update_team_member, err);
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

/* WHO_USER: whoever has taken themselves out may hear that it was done. */
static const struct gql_field done_fields[] = { { "success", "", "Boolean!", WHO_USER, answer_success, NULL } };
const struct gql_type create_project_members_payload_type = GQL_TYPE("CreateProjectMembersPayload", done_fields);
const struct gql_type delete_project_members_payload_type = GQL_TYPE("DeleteProjectMembersPayload", done_fields);
const struct gql_type update_project_member_payload_type = GQL_TYPE("UpdateProjectMemberPayload", done_fields);
const struct gql_type update_project_team_member_payload_type = GQL_TYPE("UpdateProjectTeamMemberPayload", done_fields);
