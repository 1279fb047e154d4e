/* entity_type.c - entities, their members and invitations. */
#include "server/api/accounts/account_types.h"

#include "server/api/access.h"
#include "server/api/artifacts/registry_type.h"
#include "server/api/automations/automation_type.h"
#include "server/api/automations/webhook_type.h"
#include "server/api/node_id.h"
#include "server/api/projects/custom_chart_type.h"
#include "server/api/projects/launch_type.h"
#include "server/api/projects/project_type.h"
#include "server/api/projects/trash_type.h"
#include "server/api/resolver.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/member.h"
#include "server/store/accounts/user.h"
#include "server/store/projects/usage.h"

/* ---- members ---- */

static const struct member *parent_member(const struct gql_call *call) {
    return call->parent;
}

static enum err_code answer_member_id(struct gql_call *call, struct err *err) {
    const struct member *member = parent_member(call);
    (void)err;
    gql_str(call, member->user_id != 0 ? node_id_make("User", member->user_id, call->arena)
                                       : node_id_make("Invite", member->invite_id, call->arena));
    return OK;
}

static enum err_code answer_member_account_type(struct gql_call *call, struct err *err) {
    const struct member *member = parent_member(call);
    (void)err;
    bool is_owner = gql_identity(call)->entity_id == member->owner.entity_id;
    gql_str(call, member->is_service ? STR("SERVICE") : is_owner ? STR("USER") : STR("MEMBER"));
    return OK;
}

static enum err_code answer_member_admin(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, parent_member(call)->role == ROLE_ADMIN);
    return OK;
}

static enum err_code answer_member_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, parent_member(call)->created_at);
    return OK;
}

/* An address is its owner's: to be in a team, or to invite somebody to one, does not tell it. One that was invited is
 * shown to those who may have written it. */
static bool may_see_email(struct gql_call *call) {
    struct identity *identity = gql_identity(call);
    const struct member *member = parent_member(call);
    struct err no;
    if (member->user_id != 0)
        return member->user_id == identity->user_id || identity->is_admin;
    return access_check(identity, &member->owner, CAN_ADMIN, &no) == OK;
}

static enum err_code answer_member_email(struct gql_call *call, struct err *err) {
    (void)err;
    if (may_see_email(call))
        gql_str(call, parent_member(call)->email);
    return OK;
}

static enum err_code answer_member_name(struct gql_call *call, struct err *err) {
    const struct member *member = parent_member(call);
    (void)err;
    gql_str(call, member->user_id != 0 ? member->name : may_see_email(call) ? member->email : STR("(invited)"));
    return OK;
}

static enum err_code answer_member_pending(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, parent_member(call)->user_id == 0);
    return OK;
}

static enum err_code answer_member_role(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(role_name(parent_member(call)->role)));
    return OK;
}

static enum err_code answer_member_username(struct gql_call *call, struct err *err) {
    (void)err;
    if (parent_member(call)->user_id != 0)
        gql_str(call, parent_member(call)->username);
    return OK;
}

READING_RESOLVER(answer_member_user) {
    return account_give_user(tx, call, parent_member(call)->user_id, err);
}

/* Keys are shown once, to whom they are made for; and nobody has a picture. */
static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static const struct gql_field member_fields[] = {
    { "accountType", "", "String!", CAN_READ, answer_member_account_type, NULL },
    { "admin", "", "Boolean!", CAN_READ, answer_member_admin, NULL },
    { "apiKey", "", "String", CAN_READ, answer_nothing, NULL },
    { "email", "", "String", CAN_READ, answer_member_email, "Null but for oneself and administrators." },
    { "id", "", "ID!", CAN_READ, answer_member_id, NULL },
    { "name", "", "String!", CAN_READ, answer_member_name, NULL },
    { "pending", "", "Boolean!", CAN_READ, answer_member_pending, "Invited by address, and not come yet." },
    { "photoUrl", "", "String", CAN_READ, answer_nothing, NULL },
    { "role", "", "String!", CAN_READ, answer_member_role, "admin, member or viewer." },
    { "username", "", "String", CAN_READ, answer_member_username, NULL },
};
const struct gql_type member_type = GQL_TYPE("Member", member_fields);

/* An invitation of somebody who is here is a membership at once; both are a struct member. */
static const struct gql_field invite_fields[] = {
    { "createdAt", "", "DateTime!", CAN_READ, answer_member_created_at, NULL },
    { "email", "", "String", CAN_READ, answer_member_email, "That of an invitation which waits, for administrators." },
    { "id", "", "ID!", CAN_READ, answer_member_id, NULL },
    { "name", "", "String", CAN_READ, answer_member_name, NULL },
    { "toUser", "", "User", CAN_READ, answer_member_user, NULL },
};
const struct gql_type invite_type = GQL_TYPE("Invite", invite_fields);

/* ---- entities ---- */

static const struct entity *parent_entity(const struct gql_call *call) {
    return call->parent;
}

static enum err_code answer_no(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, false);
    return OK;
}

static enum err_code answer_yes(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, parent_entity(call)->created_at);
    return OK;
}

/* The official client's word for private projects. */
static enum err_code answer_default_access(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR("PRIVATE"));
    return OK;
}

static enum err_code answer_entity_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(entity_kind_name(parent_entity(call)->kind)));
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Entity", parent_entity(call)->owner.entity_id, call->arena));
    return OK;
}

static enum err_code answer_is_team(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, parent_entity(call)->kind != ENTITY_PERSONAL);
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, parent_entity(call)->name);
    return OK;
}

/* Clients ask for all of a team at once: what the asker may not see of it is empty rather than an error. */
static enum err_code may_see_inside(struct db_tx *tx, struct gql_call *call, bool *out, struct err *err) {
    enum err_code code = access_check_in(tx, gql_identity(call), &parent_entity(call)->owner, CAN_READ, err);
    *out = code == OK;
    return code == ERR_NOT_FOUND ? OK : code;
}

READING_RESOLVER(answer_members) {
    struct member_list members = { 0 };
    bool may_see;
    TRY(may_see_inside(tx, call, &may_see, err));
    if (may_see)
        TRY(member_list(tx, parent_entity(call)->owner.entity_id, call->arena, &members, err));
    gql_list_begin(call);
    for (size_t i = 0; i < members.count; i++)
        gql_list_add(call, members.items[i]);
    return OK;
}

enum err_code account_give_entity(struct db_tx *tx, struct gql_call *call, int64_t entity_id, struct err *err) {
    struct entity *entity = NULL;
    enum err_code code = entity_id == 0 ? OK : entity_find_by_id(tx, entity_id, call->arena, &entity, err);
    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    gql_object(call, entity);
    return OK;
}

READING_RESOLVER(answer_organization) {
    const struct entity *entity = call->parent;
    if (entity->kind != ENTITY_ORGANIZATION)
        return account_give_entity(tx, call, entity->organization_id, err);
    gql_object(call, entity);
    return OK;
}

static enum err_code answer_project(struct gql_call *call, struct err *err) {
    return project_type_give_one(call, parent_entity(call)->owner.entity_id, err);
}

static enum err_code answer_projects(struct gql_call *call, struct err *err) {
    bool is_answered;
    TRY(registry_give_projects(call, &is_answered, err));
    return is_answered ? OK : project_type_give_list(call, parent_entity(call)->owner.entity_id, err);
}

READING_RESOLVER(answer_storage_bytes) {
    int64_t size_bytes = 0;
    bool may_see;
    TRY(may_see_inside(tx, call, &may_see, err));
    if (may_see)
        TRY(usage_of_entity(tx, parent_entity(call)->owner.entity_id, &size_bytes, err));
    json_int(call->out, size_bytes);
    return OK;
}

READING_RESOLVER(answer_user) {
    struct user *user = NULL;
    if (parent_entity(call)->kind == ENTITY_PERSONAL)
        TRY(user_find_by_entity(tx, parent_entity(call)->owner.entity_id, call->arena, &user, err));
    gql_object(call, user);
    return OK;
}

/* Whoever has an entity in hand may know its name; what is in it is for those who may read it. */
static const struct gql_field entity_fields[] = {
    { "artifactCollections",
      "after: String, collectionTypes: [ArtifactCollectionType!], filters: JSONString, first: Int = 50, order: String, projectFilters: JSONString",
      "ArtifactCollectionConnection!", WHO_USER, registry_answer_collections, "Of the registries that you may read." },
    { "artifactMemberships",
      "after: String, collectionFilters: JSONString, filters: JSONString, first: Int = 50, order: String, projectFilters: JSONString",
      "ArtifactCollectionMembershipConnection!", WHO_USER, registry_answer_memberships, "Versions in the registries that you may read." },
    { "available", "", "Boolean!", WHO_USER, answer_no, "Whether the name is free: it is this entity's." },
    { "codeSavingEnabled", "", "Boolean!", WHO_USER, answer_yes, NULL },
    { "createdAt", "", "DateTime!", WHO_USER, answer_created_at, NULL },
    { "customCharts", "", "[CustomChart!]!", CAN_READ, custom_chart_answer_list, NULL },
    { "defaultAccess", "", "String!", WHO_USER, answer_default_access, NULL },
    { "defaultResourceConfig", "id: ID!", "DefaultResourceConfig", CAN_READ, launch_answer_nothing, "Not offered: there is none." },
    { "entityType", "", "String!", WHO_USER, answer_entity_type, "personal, team or organization." },
    { "id", "", "ID!", WHO_USER, answer_id, NULL },
    { "integrations", "after: String, first: Int = 50", "IntegrationConnection", CAN_READ, webhook_answer_list, "Webhooks that automations and alerts may call." },
    { "isPaid", "", "Boolean!", WHO_USER, answer_no, NULL },
    { "isTeam", "", "Boolean!", WHO_USER, answer_is_team, NULL },
    { "limits", "", "JSON", WHO_USER, answer_nothing, NULL },
    { "members", "", "[Member!]!", WHO_USER, answer_members, NULL },
    { "name", "", "String!", WHO_USER, answer_name, NULL },
    { "organization", "", "Organization", CAN_READ, answer_organization, NULL },
    { "photoUrl", "", "String", WHO_USER, answer_nothing, NULL },
    { "privateOnly", "", "Boolean!", WHO_USER, answer_no, NULL },
    { "project", "name: String", "Project", WHO_USER, answer_project, "Null when there is none, or none that you may read." },
    { "projects", "after: String, filters: JSONString, first: Int = 50, order: String", "ProjectConnection", WHO_USER, answer_projects,
      "Those that you may read. With filters or an order: registries." },
    { "readOnly", "", "Boolean!", WHO_USER, answer_no, NULL },
    { "readOnlyAdmin", "", "Boolean!", WHO_USER, answer_no, NULL },
    { "storageBytes", "", "Int64!", WHO_USER, answer_storage_bytes, "What its projects hold; 0 for who may not read it." },
    { "trash", "", "[TrashItem!]!", CAN_READ, trash_answer_of_entity, "What was deleted and you may bring back: projects for administrators, and what stood in them." },
    { "triggers", "after: String, filters: JSONString, first: Int = 50, order: String", "TriggerConnection", WHO_USER, automation_answer_of_entity, "Automations that you may read, newest first." },
    { "user", "", "User", WHO_USER, answer_user, "Whose personal entity it is." },
    { "xxhashDigestsEnabled", "", "Boolean!", WHO_USER, answer_no, "Possession is proved by MD5 and SHA-256 alone." },
};
const struct gql_type entity_type = GQL_TYPE("Entity", entity_fields);

CONNECTION_TYPES(entity, "Entity", WHO_USER);

/* ---- of Query ---- */

/* NULL for what does not exist and for what may not be read. */
static enum err_code find_readable(struct db_tx *tx, struct gql_call *call, struct str name, struct entity **out,
                                   struct err *err) {
    *out = NULL;
    enum err_code code = entity_find(tx, name, call->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_READ, err);
    if (code == ERR_NOT_FOUND)
        *out = NULL;
    return code == ERR_NOT_FOUND ? OK : code;
}

READING_RESOLVER(answer_entity) {
    struct str name = gql_arg_str(call, "name");
    struct entity *entity;
    TRY(find_readable(tx, call, name.ptr == NULL ? gql_identity(call)->username : name, &entity, err));
    gql_object(call, entity);
    return OK;
}

enum err_code account_answer_entity(struct gql_call *call, struct err *err) {
    return answer_entity(call, err);
}

/* The official client tells users what this error says. */
READING_RESOLVER(answer_query_organization) {
    struct str name = gql_arg_str(call, "name");
    struct entity *entity;
    TRY(find_readable(tx, call, name, &entity, err));
    if (entity == NULL || entity->kind != ENTITY_ORGANIZATION)
        return err_set(err, ERR_NOT_FOUND, "organization '%.*s' not found", STR_ARG(str_slice(name, 0, ENTITY_NAME_MAX)));
    gql_object(call, entity);
    return OK;
}

enum err_code account_answer_organization(struct gql_call *call, struct err *err) {
    return answer_query_organization(call, err);
}
