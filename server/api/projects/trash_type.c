/* trash_type.c - see trash_type.h. */
#include "server/api/projects/trash_type.h"

#include "server/api/artifacts/alias_guard.h"
#include "server/api/artifacts/artifact_history.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/audit.h"
#include "server/store/accounts/entity.h"
#include "server/store/projects/project.h"
#include "server/store/projects/trash.h"
#include "server/store/runs/run.h"

const char trash_sdl[] = "input RestoreInput { clientMutationId: String, id: ID! }\n";

#define THE_ITEM ((const struct trash_item *)call->parent)

/* "Trashed:<kind>:<number>" */
static const char *const id_kinds[TRASH_KIND_COUNT] = { "TrashedRun", "TrashedProject", "TrashedArtifact", "TrashedReport", "TrashedCollection" };

static enum err_code answer_deleted_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_ITEM->deleted_at);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make(id_kinds[THE_ITEM->kind], THE_ITEM->id, call->arena));
    return OK;
}

static enum err_code answer_kind(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(trash_kind_name(THE_ITEM->kind)));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_ITEM->name);
    return OK;
}

static enum err_code answer_removed_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_ITEM->due_at);
    return OK;
}

/* As its own type gave it. */
static enum err_code answer_subject_id(struct gql_call *call, struct err *err) {
    const struct run run = { .name = THE_ITEM->subject_name, .project_name = THE_ITEM->project_name, .entity_name = THE_ITEM->entity_name };
    const struct project project = { .name = THE_ITEM->project_name, .entity_name = THE_ITEM->entity_name };
    (void)err;
    switch (THE_ITEM->kind) {
    case TRASH_RUN: gql_str(call, run_storage_id(&run, call->arena)); break;
    case TRASH_PROJECT: gql_str(call, project_storage_id(&project, call->arena)); break;
    case TRASH_ARTIFACT: gql_str(call, node_id_make("Artifact", THE_ITEM->id, call->arena)); break;
    case TRASH_COLLECTION: gql_str(call, node_id_make("ArtifactCollection", THE_ITEM->id, call->arena)); break;
    case TRASH_VIEW: gql_str(call, node_id_make("View", THE_ITEM->id, call->arena)); break;
    }
    return OK;
}

static const struct gql_field item_fields[] = {
    { "deletedAt", "", "DateTime!", CAN_READ, answer_deleted_at, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "kind", "", "String!", CAN_READ, answer_kind, "run, project, artifact, collection or report." },
    { "name", "", "String!", CAN_READ, answer_name, NULL },
    { "removedAt", "", "DateTime!", CAN_READ, answer_removed_at, "When it is gone for good." },
    { "subjectId", "", "ID!", CAN_READ, answer_subject_id, "The id that it had, and has again when it is brought back." },
};
const struct gql_type trash_item_type = GQL_TYPE("TrashItem", item_fields);

/* What is deleted is there only for those who may bring it back: projects for administrators, drafts for who wrote them. */
static enum who needed_for(const struct gql_call *call, const struct trash_item *item) {
    bool is_anothers = item->person_id != 0 && item->person_id != gql_identity(call)->user_id;
    return item->kind == TRASH_PROJECT || is_anothers ? CAN_ADMIN : CAN_WRITE;
}

static enum err_code give(struct db_tx *tx, struct gql_call *call, int64_t entity_id, int64_t project_id, struct err *err) {
    struct list items;
    TRY(trash_list(tx, entity_id, project_id, clock_wall_ms(), call->arena, &items, err));
    gql_list_begin(call);
    for (size_t i = 0; i < items.count; i++) {
        const struct trash_item *item = items.items[i];
        enum err_code code = access_check_in(tx, gql_identity(call), &item->owner, needed_for(call, item), err);
        if (code == OK)
            gql_list_add(call, item);
        else if (code != ERR_NOT_FOUND && code != ERR_FORBIDDEN)
            return code;
    }
    return OK;
}

READING_RESOLVER(answer_of_entity) {
    return give(tx, call, ((const struct entity *)call->parent)->owner.entity_id, 0, err);
}

enum err_code trash_answer_of_entity(struct gql_call *call, struct err *err) {
    return answer_of_entity(call, err);
}

READING_RESOLVER(answer_of_project) {
    const struct project *project = call->parent;
    return give(tx, call, project->owner.entity_id, project->id, err);
}

enum err_code trash_answer_of_project(struct gql_call *call, struct err *err) {
    return answer_of_project(call, err);
}

/* ---- bringing back ---- */

struct payload {
    struct owner owner;
};
MUTATION_ANSWERS;

static enum err_code find_item(struct db_tx *tx, struct gql_call *call, struct trash_item **out, struct err *err) {
    enum err_code code = ERR_NOT_FOUND;
    int64_t id;
    for (int kind = 0; kind < TRASH_KIND_COUNT; kind++)
        if (node_id_parse(gql_input_str(call, "id"), id_kinds[kind], &id, call->arena))
            code = trash_find(tx, (enum trash_kind)kind, id, clock_wall_ms(), call->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &(*out)->owner, needed_for(call, *out), err);
    if (code == ERR_FORBIDDEN && (*out)->person_id != 0)
        code = ERR_NOT_FOUND; /* there is nothing to be seen of another's draft */
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such thing in the trash") : code;
}

static enum err_code restore(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    struct trash_item *item;
    TRY(find_item(tx, call, &item, err));
    payload->owner = item->owner;
    if (item->kind == TRASH_ARTIFACT)
        TRY(alias_guard_check_all(tx, gql_identity(call), ALIASES_OF_TRASHED_ARTIFACT, item->id, err));
    if (item->kind == TRASH_COLLECTION)
        TRY(alias_guard_check_all(tx, gql_identity(call), ALIASES_OF_TRASHED_COLLECTION, item->id, err));
    TRY(audit_add(tx, &actor, "trash.restore", item->owner.entity_id, item->name, err));
    TRY(trash_restore(tx, item, err));
    return item->kind == TRASH_ARTIFACT
               ? artifact_history_note(tx, gql_identity(call), item->id, "RESTORED", 0, STR_EMPTY, err)
               : OK;
}

enum err_code trash_answer_restore(struct gql_call *call, struct err *err) {
    return answer(call, restore, err);
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static const struct gql_field restore_fields[] = { { "success", "", "Boolean!", CAN_READ, answer_success, NULL } };
const struct gql_type restore_payload_type = GQL_TYPE("RestorePayload", restore_fields);
