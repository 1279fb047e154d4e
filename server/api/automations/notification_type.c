/* notification_type.c - see notification_type.h. */
#include "server/api/automations/notification_type.h"

#include "server/api/node_id.h"
#include "server/api/projects/view_type.h"
#include "server/api/resolver.h"
#include "server/store/accounts/user.h"
#include "server/store/automations/notification.h"

enum { NOTIFICATIONS_DEFAULT = 50, NOTIFICATIONS_MAX = 200 };

#define THE_NOTIFICATION ((const struct notification *)call->parent)

static enum err_code notification_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_NOTIFICATION->created_at);
    return OK;
}

static enum err_code notification_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, arena_printf(call->arena, "%.*s:%lld", STR_ARG(THE_NOTIFICATION->kind), (long long)THE_NOTIFICATION->id));
    return OK;
}

#define NOTIFICATION_TEXT(name, member)                                                                                  \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        gql_str(call, THE_NOTIFICATION->member);                                                                         \
        return OK;                                                                                                       \
    }
NOTIFICATION_TEXT(notification_entity, entity_name)
NOTIFICATION_TEXT(notification_kind, kind)
NOTIFICATION_TEXT(notification_level, level)
NOTIFICATION_TEXT(notification_project, project_name)
NOTIFICATION_TEXT(notification_run_display_name, run_display_name)
NOTIFICATION_TEXT(notification_run, run_name)
NOTIFICATION_TEXT(notification_text, text)
NOTIFICATION_TEXT(notification_title, title)
NOTIFICATION_TEXT(notification_username, username)

static enum err_code notification_view_id(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_NOTIFICATION->view_id != 0)
        gql_str(call, node_id_make("View", THE_NOTIFICATION->view_id, call->arena));
    return OK;
}

/* Sorted by name. */
static const struct gql_field notification_fields[] = {
    { "createdAt", "", "DateTime!", CAN_READ, notification_created_at, NULL },
    { "entityName", "", "String!", CAN_READ, notification_entity, NULL },
    { "id", "", "ID!", CAN_READ, notification_id, NULL },
    { "kind", "", "String!", CAN_READ, notification_kind, "alert, automation or comment." },
    { "level", "", "String!", CAN_READ, notification_level, "Of an alert INFO, WARN or ERROR; of an automation what became of its call; of a comment MENTION or REPLY." },
    { "projectName", "", "String!", CAN_READ, notification_project, NULL },
    { "runDisplayName", "", "String", CAN_READ, notification_run_display_name, NULL },
    { "runName", "", "String", CAN_READ, notification_run, NULL },
    { "text", "", "String!", CAN_READ, notification_text, "Long ones are cut; of an automation why its call failed; of a comment its words." },
    { "title", "", "String!", CAN_READ, notification_title, "Of a comment the name of its report." },
    { "username", "", "String", CAN_READ, notification_username, "Who wrote the comment." },
    { "viewId", "", "ID", CAN_READ, notification_view_id, "The report that the comment is about." },
};
const struct gql_type notification_type = GQL_TYPE("Notification", notification_fields);

/* Belonging to a team is not yet the right to read each of its projects, and a report may have been made private since. */
static enum err_code check_may_see(struct db_tx *tx, struct gql_call *call, const struct notification *n, struct err *err) {
    struct view *view;
    if (n->view_id == 0)
        return access_check_in(tx, gql_identity(call), &n->owner, CAN_READ, err);
    return view_find_visible(tx, call, node_id_make("View", n->view_id, call->arena), CAN_READ, &view, err);
}

READING_RESOLVER(answer_of_user) {
    const struct user *user = call->parent;
    struct identity *identity = gql_identity(call);
    int64_t first = gql_arg_int(call, "first", NOTIFICATIONS_DEFAULT);
    struct list list = { 0 };
    if (identity->user_id == user->id)
        TRY(notification_list(tx, user->id, first < 1 ? 1 : first > NOTIFICATIONS_MAX ? NOTIFICATIONS_MAX : (size_t)first, call->arena,
                              &list, err));
    gql_list_begin(call);
    for (size_t i = 0; i < list.count; i++) {
        enum err_code code = check_may_see(tx, call, list.items[i], err);
        if (code == OK)
            gql_list_add(call, list.items[i]);
        else if (code != ERR_FORBIDDEN && code != ERR_NOT_FOUND && code != ERR_GONE)
            return code;
    }
    return OK;
}

enum err_code notification_answer_of_user(struct gql_call *call, struct err *err) {
    return answer_of_user(call, err);
}
