/* alias_guard.c - see alias_guard.h. */
#include "server/api/artifacts/alias_guard.h"

#include "server/api/artifacts/artifact_alias.h"
#include "server/api/identity.h"
#include "server/api/resolver.h"
#include "server/store/accounts/audit.h"
#include "server/store/accounts/entity.h"
#include "server/store/projects/project.h"

const char alias_guard_sdl[] =
    "input UpdateProtectedAliasesInput { aliasesToAdd: [String!], aliasesToDelete: [String!], clientMutationId: String, projectId: ID! }\n";

/* ---- refusing ---- */

/* Whoever may not see the project hears that somebody administers it, and not its name. */
static enum err_code check(struct db_tx *tx, struct identity *identity, const struct protected_alias *alias, struct err *err) {
    if (access_check_in(tx, identity, &alias->owner, CAN_ADMIN, err) == OK)
        return OK;
    if (err->code == ERR_FORBIDDEN)
        return err_set(err, ERR_FORBIDDEN, "the alias '%.*s' is protected: only administrators of '%.*s/%.*s' may set it or take it away",
                       STR_ARG(alias->alias), STR_ARG(alias->entity_name), STR_ARG(alias->project_name));
    if (err->code == ERR_NOT_FOUND)
        return err_set(err, ERR_FORBIDDEN, "the alias '%.*s' is protected: only administrators of the registry that has it may take it away",
                       STR_ARG(alias->alias));
    return err->code;
}

enum err_code alias_guard_check(struct db_tx *tx, struct identity *identity, const struct artifact_alias *alias, bool is_added,
                                struct err *err) {
    struct protected_alias found = { .owner = alias->owner, .alias = alias->alias };
    struct entity *entity;
    struct project *project;
    bool is_changed;
    TRY(protected_alias_is_changed(tx, alias, is_added, &is_changed, err));
    if (!is_changed)
        return OK;
    TRY(entity_find_by_id(tx, alias->owner.entity_id, identity->arena, &entity, err));
    TRY(project_find_by_id(tx, alias->owner.project_id, identity->arena, &project, err));
    found.entity_name = entity->name;
    found.project_name = project->name;
    return check(tx, identity, &found, err);
}

enum err_code alias_guard_check_all(struct db_tx *tx, struct identity *identity, enum alias_scope scope, int64_t id, struct err *err) {
    struct list held;
    TRY(protected_alias_list_held(tx, scope, id, identity->arena, &held, err));
    for (size_t i = 0; i < held.count; i++)
        TRY(check(tx, identity, held.items[i], err));
    return OK;
}

/* ---- Project.protectedAliases ---- */

READING_RESOLVER(give_list) {
    struct list aliases;
    TRY(protected_alias_list(tx, ((const struct project *)call->parent)->id, call->arena, &aliases, err));
    json_array_begin(call->out);
    for (size_t i = 0; i < aliases.count; i++)
        gql_str(call, *(const struct str *)aliases.items[i]);
    json_array_end(call->out);
    return OK;
}

enum err_code alias_guard_answer_list(struct gql_call *call, struct err *err) {
    return give_list(call, err);
}

/* ---- updateProtectedAliases ---- */

struct payload {
    struct owner owner;
    struct project *project;
};
MUTATION_ANSWERS;

static enum err_code note(struct db_tx *tx, struct gql_call *call, const struct project *project, const char *action, struct str alias,
                          struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    return audit_add(tx, &actor, action, project->owner.entity_id,
                     arena_printf(call->arena, "%.*s: %.*s", STR_ARG(project->name), STR_ARG(alias)), err);
}

static enum err_code set_each(struct db_tx *tx, struct gql_call *call, const struct project *project, const char *input, bool is_protected,
                              struct err *err) {
    const struct json_value *aliases = gql_input(call, input);
    size_t count = aliases == NULL || aliases->type != JSON_TYPE_ARRAY ? 0 : aliases->array.count;
    if (count > PROTECTED_ALIASES_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d aliases of a project are protected, got %zu", PROTECTED_ALIASES_MAX, count);
    for (size_t i = 0; i < count; i++) {
        struct str alias = aliases->array.items[i].string;
        if (is_protected && str_eq(alias, STR("latest")))
            return err_set(err, ERR_BAD_INPUT, "the alias 'latest' cannot be protected: it moves by itself with every new version");
        if (is_protected)
            TRY(artifact_alias_check(alias, err));
        TRY(protected_alias_set(tx, project->id, alias, is_protected, err));
        if (db_changed(tx) > 0)
            TRY(note(tx, call, project, is_protected ? "alias.protect" : "alias.unprotect", alias, err));
    }
    return OK;
}

static enum err_code update(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    enum err_code code = project_find_by_storage_id(tx, gql_input_str(call, "projectId"), call->arena, &payload->project, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &payload->project->owner, CAN_ADMIN, err);
    if (code == ERR_NOT_FOUND || code == ERR_GONE)
        return err_set(err, ERR_NOT_FOUND, "project not found");
    TRY(code);
    payload->owner = payload->project->owner;
    TRY(set_each(tx, call, payload->project, "aliasesToAdd", true, err));
    return set_each(tx, call, payload->project, "aliasesToDelete", false, err);
}

enum err_code alias_guard_answer_update(struct gql_call *call, struct err *err) {
    return answer(call, update, err);
}

static enum err_code answer_project(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->project);
    return OK;
}

static const struct gql_field update_fields[] = { { "project", "", "Project!", CAN_READ, answer_project, NULL } };
const struct gql_type update_protected_aliases_payload_type = GQL_TYPE("UpdateProtectedAliasesPayload", update_fields);
