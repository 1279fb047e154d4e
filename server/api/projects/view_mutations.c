/* view_mutations.c - saving and deleting reports, drafts and workspaces; see view_type.h. */
#include "server/api/projects/view_type.h"

#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/resolver.h"

const char view_sdl[] =
    "\"What a view was made with.\"\n"
    "enum ViewSource { WANDB_APP WANDB_SDK }\n"
    "input DeleteViewInput { clientMutationId: String, deleteDrafts: Boolean, id: ID! }\n"
    "\"With an id that view is changed; without one it is made, or, for a workspace, the one of that name is changed. "
    "expectedVersion: refused when the view has another by now.\"\n"
    "input UpsertViewInput { clientMutationId: String, coverUrl: String, createdUsing: ViewSource, description: String, displayName: "
    "String, entityName: String, expectedVersion: Int, id: ID, locked: Boolean, name: String, parentId: ID, previewUrl: String, "
    "private: Boolean, projectName: String, spec: String, type: String }\n";

/* ---- payloads ---- */

struct payload {
    struct owner owner;
    struct view *view;
    bool is_inserted, is_deleted;
    int64_t pending_drafts;
};
MUTATION_ANSWERS;

#define THE_PAYLOAD ((const struct payload *)call->parent)

static enum err_code answer_view(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_PAYLOAD->view);
    return OK;
}

static enum err_code answer_inserted(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, THE_PAYLOAD->is_inserted);
    return OK;
}

static enum err_code answer_deleted(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, THE_PAYLOAD->is_deleted);
    return OK;
}

static enum err_code answer_pending_drafts(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_PAYLOAD->pending_drafts);
    return OK;
}

#define PAYLOAD(variable, type_name, ...)                                                                                \
    static const struct gql_field variable##_fields[] = { __VA_ARGS__ };                                                 \
    const struct gql_type variable##_type = GQL_TYPE(type_name, variable##_fields)

PAYLOAD(delete_view_payload, "DeleteViewPayload",
        { "pendingDrafts", "", "Int!", CAN_READ, answer_pending_drafts, "Drafts that kept the report from being deleted." },
        { "success", "", "Boolean!", CAN_READ, answer_deleted, NULL });
PAYLOAD(upsert_view_payload, "UpsertViewPayload", { "inserted", "", "Boolean!", CAN_READ, answer_inserted, NULL },
        { "view", "", "View", CAN_READ, answer_view, NULL });

/* ---- saving ---- */

static struct str name_shown(const struct view *view) {
    return view->display_name.len > 0 ? view->display_name : view->name;
}

/* "nw-alice-w" is alice's own workspace: others may look at it. */
static bool is_personal_of_another(const struct view *view, struct str username) {
    struct str middle = str_from(view->name, 3);
    if (!str_eq_c(view->type, VIEW_TYPE_WORKSPACE) || !str_starts_with(view->name, STR("nw-")) || !str_ends_with(view->name, STR("-w")) ||
        middle.len < 2)
        return false;
    return !str_eq(str_slice(middle, 0, middle.len - 2), username);
}

static enum err_code check_may_change(struct db_tx *tx, struct gql_call *call, const struct view *view, struct err *err) {
    struct identity *identity = gql_identity(call);
    bool is_others = view->user_id != identity->user_id;
    if (!(view->is_locked && is_others) && !is_personal_of_another(view, identity->username))
        return OK;
    enum err_code code = access_check_in(tx, identity, &view->owner, CAN_ADMIN, err);
    return code != ERR_FORBIDDEN ? code
                                 : err_set(err, ERR_FORBIDDEN, "'%.*s' is changed by its author and administrators only",
                                           STR_ARG(name_shown(view)));
}

/* Who saves says what they had in hand: what somebody else saved in between is not lost without a word. */
static enum err_code check_version(const struct gql_call *call, const struct view *view, struct err *err) {
    const struct json_value *expected = gql_input(call, "expectedVersion");
    if (expected == NULL || expected->type != JSON_TYPE_INT || expected->integer == view->version)
        return OK;
    return err_set(err, ERR_CONFLICT, "'%.*s' was changed after it was loaded: it has version %lld, not %lld; load it again",
                   STR_ARG(name_shown(view)), (long long)view->version,
                   (long long)expected->integer);
}

static enum err_code find_parent(struct db_tx *tx, struct gql_call *call, int64_t project_id, int64_t *out, struct err *err) {
    struct str id = gql_input_str(call, "parentId");
    struct view *parent;
    *out = -1;
    if (id.len == 0)
        return OK;
    TRY(view_find_visible(tx, call, id, CAN_READ, &parent, err));
    if (parent->owner.project_id != project_id)
        return err_set(err, ERR_BAD_INPUT, "a draft stands in the project of its report");
    *out = parent->id;
    return OK;
}

static enum err_code read_change(struct db_tx *tx, struct gql_call *call, int64_t project_id, struct view_change *out, struct err *err) {
    const struct json_value *locked = gql_input(call, "locked"), *private = gql_input(call, "private");
    *out = (struct view_change){
        .type = gql_input_str(call, "type"),
        .name = gql_input_str(call, "name"),
        .display_name = gql_input_str(call, "displayName"),
        .description = gql_input_str(call, "description"),
        .spec = gql_input_str(call, "spec"),
        .created_using = gql_input_str(call, "createdUsing"),
        .preview_url = gql_input_str(call, "previewUrl"),
        .cover_url = gql_input_str(call, "coverUrl"),
        .is_locked = locked == NULL || locked->type != JSON_TYPE_BOOL ? -1 : locked->boolean,
        .is_private = private == NULL || private->type != JSON_TYPE_BOOL ? -1 : private->boolean,
        .user_id = gql_identity(call)->user_id,
    };
    return find_parent(tx, call, project_id, &out->parent_id, err);
}

/* The view that is to be changed, or NULL and the project for a new one. */
static enum err_code find_target(struct db_tx *tx, struct gql_call *call, struct view **view, int64_t *project_id, struct err *err) {
    struct identity *identity = gql_identity(call);
    struct str id = gql_input_str(call, "id"), entity = gql_input_str(call, "entityName");
    struct project *project;
    *view = NULL;
    if (id.len > 0) {
        TRY(view_find_visible(tx, call, id, CAN_WRITE, view, err));
        *project_id = (*view)->owner.project_id;
        return OK;
    }
    TRY(place_find_project(tx, identity, entity.len > 0 ? entity : identity->username, gql_input_str(call, "projectName"), CAN_WRITE,
                           &project, err));
    *project_id = project->id;
    if (!str_eq_c(gql_input_str(call, "type"), VIEW_TYPE_WORKSPACE) || gql_input_str(call, "name").len == 0)
        return OK;
    enum err_code code = view_find_workspace(tx, project->id, gql_input_str(call, "name"), call->arena, view, err);
    if (code == OK && (*view)->is_private && (*view)->user_id != identity->user_id)
        *view = NULL; /* not theirs to see: the name is taken, no more is said */
    return code == ERR_NOT_FOUND ? OK : code;
}

/* Whoever hid another's view would lose it at once, and so would everybody else. */
static enum err_code check_may_hide(struct gql_call *call, const struct view *view, const struct view_change *wanted, struct err *err) {
    if (wanted->is_private < 0 || wanted->is_private == view->is_private || view->user_id == gql_identity(call)->user_id)
        return OK;
    return err_set(err, ERR_FORBIDDEN, "'%.*s' is made private or shared by its author only", STR_ARG(name_shown(view)));
}

static enum err_code upsert(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct view *view;
    struct view_change wanted;
    int64_t project_id, id, now_ms = clock_wall_ms();

    TRY(find_target(tx, call, &view, &project_id, err));
    TRY(read_change(tx, call, project_id, &wanted, err));
    if (view != NULL) {
        id = view->id;
        TRY(check_may_change(tx, call, view, err));
        TRY(check_version(call, view, err));
        TRY(check_may_hide(call, view, &wanted, err));
        TRY(view_update(tx, id, &wanted, now_ms, err));
    } else {
        TRY(view_create(tx, project_id, &wanted, now_ms, &id, err));
    }
    payload->is_inserted = view == NULL;
    TRY(view_find(tx, id, call->arena, &payload->view, err));
    payload->owner = payload->view->owner;
    return check_may_change(tx, call, payload->view, err); /* nobody makes a workspace in another's name */
}

enum err_code view_answer_upsert(struct gql_call *call, struct err *err) {
    return answer(call, upsert, err);
}

/* ---- deleting ---- */

static enum err_code check_may_delete(struct db_tx *tx, struct gql_call *call, const struct view *view, struct err *err) {
    if (view->user_id == gql_identity(call)->user_id)
        return OK;
    enum err_code code = access_check_in(tx, gql_identity(call), &view->owner, CAN_ADMIN, err);
    return code != ERR_FORBIDDEN ? code
                                 : err_set(err, ERR_FORBIDDEN, "'%.*s' is deleted by its author and administrators only",
                                           STR_ARG(name_shown(view)));
}

static enum err_code delete_one(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    const struct json_value *with_drafts = gql_input(call, "deleteDrafts");
    struct actor actor = identity_actor(gql_identity(call));
    int64_t now_ms = clock_wall_ms();
    struct view *view;

    TRY(view_find_visible(tx, call, gql_input_str(call, "id"), CAN_WRITE, &view, err));
    TRY(check_may_delete(tx, call, view, err));
    payload->owner = view->owner;
    TRY(view_count_drafts(tx, view->id, &payload->pending_drafts, err));
    if (with_drafts != NULL && with_drafts->type == JSON_TYPE_BOOL && with_drafts->boolean) {
        TRY(view_delete_drafts(tx, view->id, now_ms, err));
        payload->pending_drafts = 0;
    }
    if (payload->pending_drafts > 0)
        return OK;
    payload->is_deleted = true;
    TRY(audit_add(tx, &actor, "view.delete", view->owner.entity_id, view->name, err));
    return view_delete(tx, view->id, now_ms, err);
}

enum err_code view_answer_delete(struct gql_call *call, struct err *err) {
    return answer(call, delete_one, err);
}
