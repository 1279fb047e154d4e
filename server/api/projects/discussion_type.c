/* discussion_type.c - see discussion_type.h. */
#include "server/api/projects/discussion_type.h"

#include "server/api/accounts/account_types.h"
#include "server/api/node_id.h"
#include "server/api/projects/mention.h"
#include "server/api/projects/view_type.h"
#include "server/api/resolver.h"
#include "server/store/accounts/user.h"
#include "server/store/projects/discussion.h"

#define THREAD "DiscussionThread"
#define COMMENT "DiscussionComment"

const char discussion_sdl[] =
    "input CreateDiscussionCommentInput { body: String!, clientMutationId: String, threadId: ID! }\n"
    "\"quote: the words of the report that it is about; none for the whole of it.\"\n"
    "input CreateDiscussionThreadInput { body: String!, clientMutationId: String, quote: String, viewId: ID! }\n"
    "input DeleteDiscussionCommentInput { clientMutationId: String, id: ID! }\n"
    "input ResolveDiscussionThreadInput { clientMutationId: String, id: ID!, resolved: Boolean! }\n"
    "input UpdateDiscussionCommentInput { body: String!, clientMutationId: String, id: ID! }\n";

/* ---- comments ---- */

#define THE_COMMENT ((const struct discussion_comment *)call->parent)

static enum err_code answer_body(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_COMMENT->body);
    return OK;
}

static enum err_code answer_comment_created(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_COMMENT->created_at);
    return OK;
}

static enum err_code answer_edited(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_COMMENT->edited_at);
    return OK;
}

static enum err_code answer_comment_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make(COMMENT, THE_COMMENT->id, call->arena));
    return OK;
}

READING_RESOLVER(answer_comment_user) {
    return account_give_user(tx, call, THE_COMMENT->user_id, err);
}

static enum err_code answer_imported_author(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_COMMENT->author);
    return OK;
}

static enum err_code answer_username(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_COMMENT->username);
    return OK;
}

static const struct gql_field comment_fields[] = {
    { "body", "", "String!", CAN_READ, answer_body, "Markdown. @username names somebody, who is told." },
    { "createdAt", "", "DateTime!", CAN_READ, answer_comment_created, NULL },
    { "editedAt", "", "DateTime", CAN_READ, answer_edited, NULL },
    { "id", "", "ID!", CAN_READ, answer_comment_id, NULL },
    { "importedAuthor", "", "String", CAN_READ, answer_imported_author, "Who said it where it was imported from; null for what was said here. The user is whoever imported it, unless an administrator of the server did and that name is known here." },
    { "user", "", "User", CAN_READ, answer_comment_user, "Null when that account was removed." },
    { "username", "", "String", CAN_READ, answer_username, "The user's, without asking for the user." },
};
const struct gql_type discussion_comment_type = GQL_TYPE(COMMENT, comment_fields);

/* ---- threads ---- */

#define THE_THREAD ((const struct discussion_thread *)call->parent)

static void give_all(struct gql_call *call, const struct list *list) {
    gql_list_begin(call);
    for (size_t i = 0; i < list->count; i++)
        gql_list_add(call, list->items[i]);
}

static enum err_code answer_comments(struct gql_call *call, struct err *err) {
    (void)err;
    give_all(call, &THE_THREAD->comments);
    return OK;
}

static enum err_code answer_thread_created(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_THREAD->created_at);
    return OK;
}

static enum err_code answer_thread_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make(THREAD, THE_THREAD->id, call->arena));
    return OK;
}

static enum err_code answer_quote(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_THREAD->quote);
    return OK;
}

static enum err_code answer_resolved_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_THREAD->resolved_at);
    return OK;
}

READING_RESOLVER(answer_resolved_by) {
    return account_give_user(tx, call, THE_THREAD->resolved_by, err);
}

static const struct gql_field thread_fields[] = {
    { "comments", "", "[DiscussionComment!]!", CAN_READ, answer_comments, "Oldest first." },
    { "createdAt", "", "DateTime!", CAN_READ, answer_thread_created, NULL },
    { "id", "", "ID!", CAN_READ, answer_thread_id, NULL },
    { "quote", "", "String!", CAN_READ, answer_quote, "The words of the report that it is about, as they were; empty: the whole of it." },
    { "resolvedAt", "", "DateTime", CAN_READ, answer_resolved_at, "Null while it is open." },
    { "resolvedBy", "", "User", CAN_READ, answer_resolved_by, NULL },
};
const struct gql_type discussion_thread_type = GQL_TYPE(THREAD, thread_fields);

READING_RESOLVER(answer_of_view) {
    struct list threads;
    TRY(discussion_list(tx, ((const struct view *)call->parent)->id, call->arena, &threads, err));
    give_all(call, &threads);
    return OK;
}

enum err_code discussion_answer_of_view(struct gql_call *call, struct err *err) {
    return answer_of_view(call, err);
}

/* ---- payloads ---- */

struct payload {
    struct owner owner;
    struct discussion_thread *thread; /* NULL: its last comment was deleted */
};
MUTATION_ANSWERS;

static enum err_code answer_thread(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->thread);
    return OK;
}

#define PAYLOAD(variable, type_name, description)                                                                        \
    static const struct gql_field variable##_fields[] = { { "thread", "", THREAD, CAN_READ, answer_thread, description } }; \
    const struct gql_type variable##_type = GQL_TYPE(type_name, variable##_fields)

PAYLOAD(create_discussion_comment_payload, "CreateDiscussionCommentPayload", NULL);
PAYLOAD(create_discussion_thread_payload, "CreateDiscussionThreadPayload", NULL);
PAYLOAD(delete_discussion_comment_payload, "DeleteDiscussionCommentPayload", "Null when it was the last of its thread.");
PAYLOAD(resolve_discussion_thread_payload, "ResolveDiscussionThreadPayload", NULL);
PAYLOAD(update_discussion_comment_payload, "UpdateDiscussionCommentPayload", NULL);

/* ---- who hears of it ---- */

/* A draft is seen by its author and by administrators only, and so is what is private. */
static enum err_code tell(struct db_tx *tx, struct gql_call *call, const struct view *view, int64_t comment_id, int64_t user_id,
                          bool is_named, struct err *err) {
    struct user *user;
    bool is_own = view->user_id == user_id, is_hidden = str_eq_c(view->type, VIEW_TYPE_DRAFT) || view->is_private;
    enum right right, needed = is_hidden && !is_own ? RIGHT_ADMIN : RIGHT_READ;
    if (user_id == 0 || user_id == gql_identity(call)->user_id)
        return OK;
    enum err_code code = user_find_by_id(tx, user_id, call->arena, &user, err);
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    TRY(right_find(tx, &view->owner, user_id, user->is_admin, &right, err));
    return right < needed ? OK : discussion_tell(tx, comment_id, user_id, is_named, err);
}

static enum err_code tell_named(struct db_tx *tx, struct gql_call *call, const struct view *view, int64_t comment_id, struct str body,
                                struct err *err) {
    struct str names[MENTION_MAX];
    size_t count = mention_find(body, names, MENTION_MAX);
    for (size_t i = 0; i < count; i++) {
        struct user *user;
        enum err_code code = user_find(tx, names[i], call->arena, &user, err);
        if (code == OK)
            code = tell(tx, call, view, comment_id, user->id, true, err);
        else if (code == ERR_NOT_FOUND)
            code = OK;
        TRY(code);
    }
    return OK;
}

/* Whom the words name, who wrote the report, and who said something in the thread before. */
static enum err_code tell_all(struct db_tx *tx, struct gql_call *call, const struct view *view, const struct discussion_thread *thread,
                              int64_t comment_id, struct str body, struct err *err) {
    TRY(tell_named(tx, call, view, comment_id, body, err));
    TRY(tell(tx, call, view, comment_id, view->user_id, false, err));
    for (size_t i = 0; i < thread->comments.count; i++)
        TRY(tell(tx, call, view, comment_id, ((const struct discussion_comment *)thread->comments.items[i])->user_id, false, err));
    return OK;
}

/* ---- changing ---- */

static struct str body_of(const struct gql_call *call) {
    return str_trim(gql_input_str(call, "body"));
}

static enum err_code give_thread(struct db_tx *tx, struct gql_call *call, struct payload *payload, int64_t id, struct err *err) {
    TRY(discussion_find(tx, id, call->arena, &payload->thread, err));
    payload->owner = payload->thread->owner;
    return OK;
}

/* The report that the thread is about, which the asker may write to: a thread of one that they may not see is none. */
static enum err_code find_view(struct db_tx *tx, struct gql_call *call, int64_t view_id, struct view **out, struct err *err) {
    return view_find_visible(tx, call, node_id_make("View", view_id, call->arena), CAN_WRITE, out, err);
}

static enum err_code find_thread(struct db_tx *tx, struct gql_call *call, struct str id, struct discussion_thread **out, struct view **view,
                                 struct err *err) {
    int64_t number;
    if (!node_id_parse(id, THREAD, &number, call->arena))
        return err_set(err, ERR_NOT_FOUND, "there is no such thread");
    TRY(discussion_find(tx, number, call->arena, out, err));
    enum err_code code = find_view(tx, call, (*out)->view_id, view, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such thread") : code;
}

static enum err_code create_thread(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    const struct discussion_thread nobody = { 0 };
    int64_t now_ms = clock_wall_ms(), thread_id, comment_id;
    struct view *view;
    TRY(view_find_visible(tx, call, gql_input_str(call, "viewId"), CAN_WRITE, &view, err));
    TRY(discussion_begin(tx, view->id, gql_input_str(call, "quote"), now_ms, &thread_id, err));
    TRY(discussion_say(tx, thread_id, gql_identity(call)->user_id, body_of(call), now_ms, &comment_id, err));
    TRY(tell_all(tx, call, view, &nobody, comment_id, body_of(call), err));
    return give_thread(tx, call, payload, thread_id, err);
}

enum err_code discussion_answer_create_thread(struct gql_call *call, struct err *err) {
    return answer(call, create_thread, err);
}

static enum err_code create_comment(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct discussion_thread *thread;
    struct view *view;
    int64_t comment_id;
    TRY(find_thread(tx, call, gql_input_str(call, "threadId"), &thread, &view, err));
    TRY(discussion_say(tx, thread->id, gql_identity(call)->user_id, body_of(call), clock_wall_ms(), &comment_id, err));
    TRY(tell_all(tx, call, view, thread, comment_id, body_of(call), err));
    return give_thread(tx, call, payload, thread->id, err);
}

enum err_code discussion_answer_create_comment(struct gql_call *call, struct err *err) {
    return answer(call, create_comment, err);
}

static enum err_code resolve_thread(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    const struct json_value *resolved = gql_input(call, "resolved");
    bool is_resolved = resolved != NULL && resolved->type == JSON_TYPE_BOOL && resolved->boolean;
    struct discussion_thread *thread;
    struct view *view;
    TRY(find_thread(tx, call, gql_input_str(call, "id"), &thread, &view, err));
    TRY(discussion_resolve(tx, thread->id, is_resolved ? gql_identity(call)->user_id : 0, clock_wall_ms(), err));
    return give_thread(tx, call, payload, thread->id, err);
}

enum err_code discussion_answer_resolve_thread(struct gql_call *call, struct err *err) {
    return answer(call, resolve_thread, err);
}

static enum err_code find_comment(struct db_tx *tx, struct gql_call *call, struct discussion_comment **out, struct view **view,
                                  struct err *err) {
    struct discussion_thread *thread;
    int64_t number;
    if (!node_id_parse(gql_input_str(call, "id"), COMMENT, &number, call->arena))
        return err_set(err, ERR_NOT_FOUND, "there is no such comment");
    TRY(discussion_find_comment(tx, number, call->arena, out, err));
    TRY(discussion_find(tx, (*out)->thread_id, call->arena, &thread, err));
    enum err_code code = find_view(tx, call, thread->view_id, view, err);
    return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such comment") : code;
}

static enum err_code update_comment(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct discussion_comment *comment;
    struct view *view;
    TRY(find_comment(tx, call, &comment, &view, err));
    if (comment->user_id != gql_identity(call)->user_id)
        return err_set(err, ERR_FORBIDDEN, "a comment is changed by its author only");
    TRY(discussion_edit(tx, comment->id, body_of(call), clock_wall_ms(), err));
    TRY(tell_named(tx, call, view, comment->id, body_of(call), err));
    return give_thread(tx, call, payload, comment->thread_id, err);
}

enum err_code discussion_answer_update_comment(struct gql_call *call, struct err *err) {
    return answer(call, update_comment, err);
}

static enum err_code delete_comment(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct discussion_comment *comment;
    struct view *view;
    TRY(find_comment(tx, call, &comment, &view, err));
    if (comment->user_id != gql_identity(call)->user_id) {
        enum err_code code = access_check_in(tx, gql_identity(call), &comment->owner, CAN_ADMIN, err);
        if (code == ERR_FORBIDDEN)
            return err_set(err, ERR_FORBIDDEN, "a comment is deleted by its author and administrators only");
        TRY(code);
    }
    TRY(discussion_delete(tx, comment, err));
    payload->owner = comment->owner;
    enum err_code code = discussion_find(tx, comment->thread_id, call->arena, &payload->thread, err);
    return code == ERR_NOT_FOUND ? OK : code;
}

enum err_code discussion_answer_delete_comment(struct gql_call *call, struct err *err) {
    return answer(call, delete_comment, err);
}
