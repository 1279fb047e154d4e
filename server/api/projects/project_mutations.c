/* project_mutations.c - what GraphQL changes in projects. */
#include "base/clock.h"
#include "server/api/artifacts/alias_guard.h"
#include "server/api/artifacts/registry_type.h"
#include "server/api/identity.h"
#include "server/api/place.h"
#include "server/api/projects/project_type.h"
#include "server/api/runs/run_mutations.h"
#include "server/store/accounts/audit.h"
#include "server/store/projects/trash.h"
#include "server/store/projects/usage.h"

struct change {
    struct gql_call *call;
    struct identity *identity;
    struct arena *arena;
    int64_t now_ms;
    struct project *project;
    bool is_inserted;
};

static enum err_code change_write(struct gql_call *call, db_work *work, struct err *err) {
    struct change change = {
        .call = call, .identity = gql_identity(call), .arena = call->arena, .now_ms = clock_wall_ms()
    };
    TRY(db_write(change.identity->app->db, work, &change, err));
    payload_give(call, change.project == NULL ? NULL : &change.project->owner, change.is_inserted, 0);
    return OK;
}

static struct str own_entity(const struct change *change) {
    struct str name = gql_input_str(change->call, "entityName");
    return name.len > 0 ? name : change->identity->username;
}

static enum err_code find_by_id(struct db_tx *tx, const struct change *change, enum who who,
                                struct project **out, struct err *err) {
    enum err_code code =
        project_find_by_storage_id(tx, gql_input_str(change->call, "id"), change->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, change->identity, &(*out)->owner, who, err);
    /* One sentence for what is not there, was deleted, or is another's. */
    return code == ERR_NOT_FOUND || code == ERR_GONE ? err_set(err, ERR_NOT_FOUND, "project not found")
                                                     : code;
}

static enum err_code audit(struct db_tx *tx, const struct change *change, const char *action,
                           struct err *err) {
    struct actor actor = identity_actor(change->identity);
    return audit_add(tx, &actor, action, change->project->owner.entity_id, change->project->name, err);
}

/* ---- upsertModel ---- */

/* How much of the disk a project takes is for the administrators of the server to say, not for those of the entity. */
static enum err_code apply_limit(struct db_tx *tx, const struct change *change, struct err *err) {
    const struct json_value *limit = gql_input(change->call, "limitBytes");
    if (limit == NULL || limit->type != JSON_TYPE_INT)
        return OK;
    if (!change->identity->is_admin)
        return err_set(err, ERR_FORBIDDEN, "only administrators of the server set what a project may hold");
    TRY(usage_set_limit(tx, change->project->id, limit->integer, err));
    return audit(tx, change, "project.limit", err);
}

static enum err_code apply(struct db_tx *tx, struct change *change, struct str new_name, struct err *err) {
    struct project_change wanted = PROJECT_CHANGE_NONE;
    struct str access = gql_input_str(change->call, "access");
    int64_t id = change->project->id;

    wanted.name = new_name;
    wanted.description = gql_input_str(change->call, "description");
    if (access.ptr != NULL) {
        enum project_visibility visibility;
        TRY(project_type_parse_access(access, &visibility, err));
        if (visibility != change->project->visibility) {
            if (!change->is_inserted) /* who may see it is for administrators to say */
                TRY(access_check_in(tx, change->identity, &change->project->owner, CAN_ADMIN, err));
            TRY(audit(tx, change, visibility == PROJECT_PUBLIC ? "project.publish" : "project.hide", err));
        }
        wanted.visibility = (int)visibility;
    }
    TRY(apply_limit(tx, change, err));
    if (new_name.ptr != NULL && !str_eq(new_name, change->project->name))
        TRY(audit(tx, change, "project.rename", err));
    TRY(project_update(tx, id, &wanted, change->now_ms, err));
    TRY(registry_apply_input(tx, change->call, change->project, change->is_inserted, change->now_ms, err));
    return project_find_by_id(tx, id, change->arena, &change->project, err);
}

static enum err_code upsert_model(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    struct str name = gql_input_str(change->call, "name");
    enum err_code code;

    change->is_inserted = false;
    if (gql_input_str(change->call, "id").len > 0) {
        TRY(find_by_id(tx, change, CAN_WRITE, &change->project, err));
        return apply(tx, change, name, err);
    }
    if (name.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "a project needs a name");
    code =
        place_find_project(tx, change->identity, own_entity(change), name, CAN_WRITE, &change->project, err);
    if (code == ERR_NOT_FOUND || code == ERR_GONE) {
        change->is_inserted = true;
        code = place_make_project(tx, change->identity, own_entity(change), name, change->now_ms,
                                  &change->project, err);
    }
    return code == OK ? apply(tx, change, (struct str){ 0 }, err) : code;
}

enum err_code project_answer_upsert_model(struct gql_call *call, struct err *err) {
    return change_write(call, upsert_model, err);
}

/* ---- renameProject ---- */

static enum err_code rename_project(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    struct project_change wanted = PROJECT_CHANGE_NONE;

    TRY(place_find_project(tx, change->identity, own_entity(change),
                           gql_input_str(change->call, "oldProjectName"), CAN_WRITE, &change->project, err));
    wanted.name = gql_input_str(change->call, "newProjectName");
    TRY(audit(tx, change, "project.rename", err)); /* under the name that it has now */
    TRY(project_update(tx, change->project->id, &wanted, change->now_ms, err));
    return project_find_by_id(tx, change->project->id, change->arena, &change->project, err);
}

enum err_code project_answer_rename(struct gql_call *call, struct err *err) {
    return change_write(call, rename_project, err);
}

/* ---- deleteModel ---- */

static enum err_code delete_model(struct db_tx *tx, void *context, struct err *err) {
    struct change *change = context;
    enum err_code code = find_by_id(tx, change, CAN_ADMIN, &change->project, err);

    if (code == OK)
        code = alias_guard_check_all(tx, change->identity, ALIASES_OF_PROJECT, change->project->id, err);
    if (code == OK)
        code = audit(tx, change, "project.delete", err);
    if (code == OK)
        code = project_delete(tx, change->project->id, change->now_ms, err);
    if (code == OK)
        code = trash_keep(tx, TRASH_PROJECT, change->project->id, change->now_ms, err);
    change->project = NULL;
    return code;
}

enum err_code project_answer_delete_model(struct gql_call *call, struct err *err) {
    return change_write(call, delete_model, err);
}
