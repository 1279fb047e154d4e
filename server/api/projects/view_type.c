/* view_type.c - see view_type.h. */
#include "server/api/projects/view_type.h"

#include "server/api/accounts/account_types.h"
#include "server/api/node_id.h"
#include "server/api/projects/discussion_type.h"
#include "server/api/projects/project_type.h"
#include "server/api/resolver.h"

enum { VIEW_PAGE_MAX = 1000 };

#define THE_VIEW ((const struct view *)call->parent)

/* ---- fields ---- */

#define TEXT_RESOLVER(name, member)                                                                                      \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        gql_str(call, THE_VIEW->member);                                                                                 \
        return OK;                                                                                                       \
    }

TEXT_RESOLVER(answer_cover_url, cover_url)
TEXT_RESOLVER(answer_created_using, created_using)
TEXT_RESOLVER(answer_description, description)
TEXT_RESOLVER(answer_display_name, display_name)
TEXT_RESOLVER(answer_name, name)
TEXT_RESOLVER(answer_preview_url, preview_url)
TEXT_RESOLVER(answer_type, type)

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_VIEW->created_at);
    return OK;
}

static enum err_code answer_updated_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_VIEW->updated_at);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("View", THE_VIEW->id, call->arena));
    return OK;
}

static enum err_code answer_parent_id(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_VIEW->parent_id != 0)
        gql_str(call, node_id_make("View", THE_VIEW->parent_id, call->arena));
    return OK;
}

static enum err_code answer_locked(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, THE_VIEW->is_locked);
    return OK;
}

static enum err_code answer_version(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_VIEW->version);
    return OK;
}

static enum err_code answer_private(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, THE_VIEW->is_private);
    return OK;
}

READING_RESOLVER(answer_spec) {
    struct str spec;
    TRY(view_load_spec(tx, THE_VIEW->id, call->arena, &spec, err));
    gql_str(call, spec);
    return OK;
}

READING_RESOLVER(answer_project) {
    struct project *project;
    TRY(project_find_by_id(tx, THE_VIEW->owner.project_id, call->arena, &project, err));
    gql_object(call, project);
    return OK;
}

READING_RESOLVER(answer_entity_name) {
    struct project *project;
    TRY(project_find_by_id(tx, THE_VIEW->owner.project_id, call->arena, &project, err));
    gql_str(call, project->entity_name);
    return OK;
}

READING_RESOLVER(answer_user) {
    return THE_VIEW->user_id == 0 ? OK : account_give_user(tx, call, THE_VIEW->user_id, err);
}

READING_RESOLVER(answer_updated_by) {
    return THE_VIEW->updated_by == 0 ? OK : account_give_user(tx, call, THE_VIEW->updated_by, err);
}

static enum err_code sees_all_drafts(struct db_tx *tx, struct identity *identity, const struct owner *owner, bool *out, struct err *err) {
    enum err_code code = access_check_in(tx, identity, owner, CAN_ADMIN, err);
    *out = code == OK;
    return code == ERR_FORBIDDEN || code == ERR_NOT_FOUND ? OK : code;
}

READING_RESOLVER(answer_drafts) {
    struct view_query query = { .project_id = THE_VIEW->owner.project_id, .parent_id = THE_VIEW->id, .asker_id = gql_identity(call)->user_id,
                                .limit = VIEW_PAGE_MAX };
    struct list drafts;
    TRY(sees_all_drafts(tx, gql_identity(call), &THE_VIEW->owner, &query.sees_all_drafts, err));
    TRY(view_list(tx, &query, call->arena, &drafts, err));
    gql_list_begin(call);
    for (size_t i = 0; i < drafts.count; i++)
        gql_list_add(call, drafts.items[i]);
    return OK;
}

static const struct gql_field view_fields[] = {
    { "accessTokens", "", "[ViewAccessToken!]!", CAN_READ, view_answer_access_tokens, "Links that show the report to whoever has them, newest first; for those who may make them." },
    { "coverUrl", "", "String", CAN_READ, answer_cover_url, NULL },
    { "createdAt", "", "DateTime!", CAN_READ, answer_created_at, NULL },
    { "createdUsing", "", "ViewSource", CAN_READ, answer_created_using, NULL },
    { "description", "", "String", CAN_READ, answer_description, NULL },
    { "discussionThreads", "", "[DiscussionThread!]!", CAN_READ, discussion_answer_of_view, "What is said about it, in the order in which it was begun." },
    { "displayName", "", "String!", CAN_READ, answer_display_name, NULL },
    { "drafts", "", "[View!]!", CAN_READ, answer_drafts, "Your own; an administrator sees all." },
    { "entityName", "", "String!", CAN_READ, answer_entity_name, NULL },
    { "id", "", "ID!", CAN_READ, answer_id, NULL },
    { "locked", "", "Boolean!", CAN_READ, answer_locked, "Only its author and administrators change it." },
    { "name", "", "String!", CAN_READ, answer_name, NULL },
    { "parentId", "", "ID", CAN_READ, answer_parent_id, "Of what it is a draft." },
    { "previewUrl", "", "String", CAN_READ, answer_preview_url, NULL },
    { "private", "", "Boolean!", CAN_READ, answer_private, "Only its author and administrators see it." },
    { "project", "", "Project", CAN_READ, answer_project, NULL },
    { "spec", "", "JSONString!", CAN_READ, answer_spec, "As it was saved." },
    { "starCount", "", "Int!", CAN_READ, view_star_answer_count, "How many keep it at hand." },
    { "starred", "", "Boolean!", CAN_READ, view_star_answer_own, "Whether you do." },
    { "type", "", "String!", CAN_READ, answer_type, "runs: a report. runs/draft: a draft of one. project-view: a saved workspace." },
    { "updatedAt", "", "DateTime!", CAN_READ, answer_updated_at, NULL },
    { "updatedBy", "", "User", CAN_READ, answer_updated_by, NULL },
    { "user", "", "User", CAN_READ, answer_user, "Who made it." },
    { "version", "", "Int!", CAN_READ, answer_version, "Counts the changes; give it back as expectedVersion when saving." },
};
const struct gql_type view_type = GQL_TYPE("View", view_fields);
CONNECTION_TYPES(view, "View", CAN_READ);

/* ---- finding them ---- */

static enum err_code no_such_view(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such view");
}

enum err_code view_find_seen(struct db_tx *tx, struct identity *identity, struct str id, enum who who, struct arena *arena, struct view **out,
                             struct err *err) {
    bool is_admin;
    int64_t number;
    if (!node_id_parse(id, "View", &number, arena))
        return no_such_view(err);
    TRY(view_find(tx, number, arena, out, err));
    enum err_code code = access_check_in(tx, identity, &(*out)->owner, who, err);
    if (code == ERR_NOT_FOUND)
        return no_such_view(err);
    TRY(code);
    if ((!str_eq_c((*out)->type, VIEW_TYPE_DRAFT) && !(*out)->is_private) || (*out)->user_id == identity->user_id)
        return OK;
    TRY(sees_all_drafts(tx, identity, &(*out)->owner, &is_admin, err));
    return is_admin ? OK : no_such_view(err);
}

enum err_code view_find_visible(struct db_tx *tx, struct gql_call *call, struct str id, enum who who, struct view **out,
                                struct err *err) {
    return view_find_seen(tx, gql_identity(call), id, who, call->arena, out, err);
}

READING_RESOLVER(answer_one) {
    struct view *view;
    enum err_code code = view_find_visible(tx, call, gql_arg_str(call, "id"), CAN_READ, &view, err);
    if (code == OK)
        gql_object(call, view);
    return code == ERR_NOT_FOUND ? OK : code;
}

enum err_code view_answer_one(struct gql_call *call, struct err *err) {
    return answer_one(call, err);
}

static enum err_code read_cursor(struct str cursor, int64_t *id, struct err *err) {
    *id = 0;
    if (cursor.len == 0 || (str_to_i64(cursor, id) && *id > 0))
        return OK;
    return err_set(err, ERR_BAD_INPUT, "the cursor is not one that this list gave");
}

READING_RESOLVER(answer_list) {
    const struct project *project = call->parent;
    int64_t first = connection_first(call, 50, VIEW_PAGE_MAX);
    struct connection *connection = connection_create(project->owner, call->arena);
    struct view_query query = { .project_id = project->id, .type = gql_arg_str(call, "viewType"), .name = gql_arg_str(call, "viewName"),
                                .user_name = gql_arg_str(call, "userName"), .asker_id = gql_identity(call)->user_id,
                                .limit = (size_t)first + 1 };
    struct list views;

    TRY(sees_all_drafts(tx, gql_identity(call), &project->owner, &query.sees_all_drafts, err));
    TRY(view_count(tx, &query, &connection->total_count, err));
    TRY(read_cursor(gql_arg_str(call, "after"), &query.after_id, err));
    TRY(view_list(tx, &query, call->arena, &views, err));
    for (size_t i = 0; i < views.count && i < (size_t)first; i++) {
        const struct view *view = views.items[i];
        connection_add(connection, view, NULL, arena_printf(call->arena, "%lld", (long long)view->id), call->arena);
    }
    connection->page_info.has_next = views.count > (size_t)first;
    connection->page_info.has_previous = query.after_id > 0;
    gql_object(call, connection);
    return OK;
}

enum err_code view_answer_list(struct gql_call *call, struct err *err) {
    return answer_list(call, err);
}
