/* view_tokens.c - links that show a report to whoever has them, as the official package makes, changes and revokes them: see share.h
 * and shared.h. Whoever may write to a report's project may do so, and for runs of projects that he may write to.
 */
#include "server/api/projects/view_type.h"

#include "server/api/identity.h"
#include "server/api/place.h"
#include "server/api/resolver.h"
#include "server/store/projects/share.h"

#define LIFE_MS (SHARE_DAYS_MAX * (int64_t)24 * 3600 * 1000)
#define THE_LINK ((const struct share *)call->parent)

const char view_tokens_sdl[] =
    "input CreateAccessTokenInput { clientMutationId: String, projects: [ProjectSpecifier!]!, viewId: ID! }\n"
    "input ProjectSpecifier { entityName: String!, projectName: String! }\n"
    "input RevokeAccessTokenInput { clientMutationId: String, token: String! }\n"
    "input UpdateAccessTokenProjectsInput { clientMutationId: String, projects: [ProjectSpecifier!]!, token: String! }\n";

/* ---- of a view ---- */

READING_RESOLVER(answer_of_view) {
    const struct view *view = call->parent;
    struct share *links;
    size_t count;
    enum err_code code = access_check_in(tx, gql_identity(call), &view->owner, CAN_WRITE, err);
    gql_list_begin(call);
    if (code == ERR_FORBIDDEN || code == ERR_NOT_FOUND)
        return OK; /* who may not make them is not given those of others */
    TRY(code);
    TRY(share_list_of_view(tx, gql_identity(call)->app->secrets, view->id, clock_wall_ms(), call->arena, &links, &count, err));
    for (size_t i = 0; i < count; i++)
        if (links[i].token.ptr != NULL) /* the secret it was made from is gone, and so is the link */
            gql_list_add(call, &links[i]);
    return OK;
}

enum err_code view_answer_access_tokens(struct gql_call *call, struct err *err) {
    return answer_of_view(call, err);
}

READING_RESOLVER(answer_projects) {
    gql_list_begin(call);
    for (size_t i = 0; i < THE_LINK->project_count; i++) {
        struct project *project;
        enum err_code code = project_find_by_id(tx, THE_LINK->project_ids[i], call->arena, &project, err);
        if (code == OK)
            code = access_check_in(tx, gql_identity(call), &project->owner, CAN_READ, err);
        if (code == OK)
            gql_list_add(call, project);
        else if (code != ERR_NOT_FOUND && code != ERR_GONE)
            return code;
    }
    return OK;
}

static enum err_code answer_expires_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_LINK->expires_at);
    return OK;
}

static enum err_code answer_revoked_at(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code answer_token(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_LINK->token);
    return OK;
}

static enum err_code answer_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR("PUBLIC"));
    return OK;
}

static const struct gql_field token_fields[] = {
    { "expiresAt", "", "DateTime!", CAN_WRITE, answer_expires_at, NULL },
    { "projects", "", "[Project!]!", CAN_WRITE, answer_projects, "Those whose runs it may show, of which you may read." },
    { "revokedAt", "", "DateTime", CAN_WRITE, answer_revoked_at, "Null: what was revoked is gone." },
    { "token", "", "String!", CAN_WRITE, answer_token, "Behind accessToken= in the report's address." },
    { "type", "", "String!", CAN_WRITE, answer_type, "PUBLIC: for whoever has it." },
};
const struct gql_type view_access_token_type = GQL_TYPE("ViewAccessToken", token_fields);

/* ---- making, changing, revoking ---- */

struct payload {
    struct owner owner;
    struct share *link;
};
MUTATION_ANSWERS;

static enum err_code answer_link(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->link);
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

static const struct gql_field create_fields[] = { { "accessToken", "", "ViewAccessToken", CAN_WRITE, answer_link, NULL } };
const struct gql_type create_access_token_payload_type = GQL_TYPE("CreateAccessTokenPayload", create_fields);
static const struct gql_field revoke_fields[] = { { "success", "", "Boolean!", CAN_WRITE, answer_success, NULL } };
const struct gql_type revoke_access_token_payload_type = GQL_TYPE("RevokeAccessTokenPayload", revoke_fields);
static const struct gql_field update_fields[] = { { "success", "", "Boolean!", CAN_WRITE, answer_success, NULL } };
const struct gql_type update_access_token_projects_payload_type = GQL_TYPE("UpdateAccessTokenProjectsPayload", update_fields);

static bool holds(const int64_t *ids, size_t count, int64_t id) {
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* The report's own, and those of input.projects. */
static enum err_code read_projects(struct db_tx *tx, struct gql_call *call, int64_t own_id, int64_t **ids, size_t *count, struct err *err) {
    const struct json_value *list = gql_input(call, "projects");
    size_t named = list != NULL && list->type == JSON_TYPE_ARRAY ? list->array.count : 0;
    if (named > SHARE_PROJECTS_MAX)
        return err_set(err, ERR_BAD_INPUT, "a link shows runs of at most %d projects, got %zu", SHARE_PROJECTS_MAX, named);
    *ids = ARENA_ARRAY(call->arena, int64_t, named + 1);
    (*ids)[0] = own_id;
    *count = 1;
    for (size_t i = 0; i < named; i++) {
        const struct json_value *item = &list->array.items[i];
        struct project *project;
        TRY(place_find_project(tx, gql_identity(call), json_get_str(item, STR("entityName")), json_get_str(item, STR("projectName")),
                               CAN_WRITE, &project, err));
        if (!holds(*ids, *count, project->id))
            (*ids)[(*count)++] = project->id;
    }
    return OK;
}

static enum err_code create(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct identity *identity = gql_identity(call);
    struct actor actor = identity_actor(identity);
    int64_t now_ms = clock_wall_ms(), id, *project_ids;
    struct new_share wanted = { .life_ms = LIFE_MS };
    struct view *view;
    struct str token;

    TRY(view_find_visible(tx, call, gql_input_str(call, "viewId"), CAN_WRITE, &view, err));
    if (!str_eq_c(view->type, VIEW_TYPE_REPORT))
        return err_set(err, ERR_BAD_INPUT, "links show reports that were saved, not drafts or workspaces");
    TRY(read_projects(tx, call, view->owner.project_id, &project_ids, &wanted.project_count, err));
    wanted.owner = view->owner;
    wanted.view_id = view->id;
    wanted.project_ids = project_ids;
    TRY(share_create(tx, identity->app->secrets, &wanted, &actor, now_ms, call->arena, &token, &id, err));
    payload->owner = view->owner;
    TRY(share_find_by_id(tx, id, call->arena, &payload->link, err));
    payload->link->token = token;
    return OK;
}

enum err_code view_answer_create_token(struct gql_call *call, struct err *err) {
    return answer(call, create, err);
}

static enum err_code find_link(struct db_tx *tx, struct gql_call *call, struct share **out, struct err *err) {
    struct identity *identity = gql_identity(call);
    TRY(share_find(tx, identity->app->secrets, gql_input_str(call, "token"), clock_wall_ms(), call->arena, out, err));
    enum err_code code = (*out)->view_id == 0 ? ERR_NOT_FOUND : access_check_in(tx, identity, &(*out)->owner, CAN_WRITE, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such link to a report") : code;
}

static enum err_code update(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    int64_t *project_ids;
    struct share *link;
    size_t count;
    TRY(find_link(tx, call, &link, err));
    TRY(read_projects(tx, call, link->owner.project_id, &project_ids, &count, err));
    payload->owner = link->owner;
    return share_set_projects(tx, link, project_ids, count, &actor, err);
}

enum err_code view_answer_update_token(struct gql_call *call, struct err *err) {
    return answer(call, update, err);
}

static enum err_code revoke(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    struct share *link;
    TRY(find_link(tx, call, &link, err));
    payload->owner = link->owner;
    return share_revoke(tx, link, &actor, err);
}

enum err_code view_answer_revoke_token(struct gql_call *call, struct err *err) {
    return answer(call, revoke, err);
}
