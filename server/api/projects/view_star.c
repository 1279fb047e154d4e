/* view_star.c - stars: reports that a person keeps at hand; see discussion_type.h. Whoever may read one may star it. */
#include "server/api/projects/discussion_type.h"

#include "server/api/node_id.h"
#include "server/api/projects/view_type.h"
#include "server/api/resolver.h"
#include "server/store/accounts/user.h"
#include "server/store/projects/view_star.h"

enum { STARRED_MAX = 200 };

const char view_star_sdl[] =
    "input StarViewInput { clientMutationId: String, id: ID! }\n"
    "input UnstarViewInput { clientMutationId: String, id: ID! }\n";

struct payload {
    struct owner owner;
    struct view *view;
};
MUTATION_ANSWERS;

static enum err_code answer_view(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct payload *)call->parent)->view);
    return OK;
}

static const struct gql_field payload_fields[] = { { "view", "", "View", CAN_READ, answer_view, NULL } };
const struct gql_type star_view_payload_type = GQL_TYPE("StarViewPayload", payload_fields);
const struct gql_type unstar_view_payload_type = GQL_TYPE("UnstarViewPayload", payload_fields);

static enum err_code set_star(struct db_tx *tx, struct gql_call *call, struct payload *payload, bool is_set, struct err *err) {
    TRY(view_find_visible(tx, call, gql_input_str(call, "id"), CAN_READ, &payload->view, err));
    payload->owner = payload->view->owner;
    return view_star_set(tx, payload->view->id, gql_identity(call)->user_id, is_set, clock_wall_ms(), err);
}

static enum err_code star(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return set_star(tx, call, payload, true, err);
}

enum err_code view_star_answer_star(struct gql_call *call, struct err *err) {
    return answer(call, star, err);
}

static enum err_code unstar(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return set_star(tx, call, payload, false, err);
}

enum err_code view_star_answer_unstar(struct gql_call *call, struct err *err) {
    return answer(call, unstar, err);
}

/* ---- of a view and of a user ---- */

READING_RESOLVER(answer_count) {
    int64_t count;
    bool is_own;
    TRY(view_star_count(tx, ((const struct view *)call->parent)->id, gql_identity(call)->user_id, &count, &is_own, err));
    json_int(call->out, count);
    return OK;
}

enum err_code view_star_answer_count(struct gql_call *call, struct err *err) {
    return answer_count(call, err);
}

READING_RESOLVER(answer_own) {
    int64_t count;
    bool is_own;
    TRY(view_star_count(tx, ((const struct view *)call->parent)->id, gql_identity(call)->user_id, &count, &is_own, err));
    json_bool(call->out, is_own);
    return OK;
}

enum err_code view_star_answer_own(struct gql_call *call, struct err *err) {
    return answer_own(call, err);
}

/* What the user may not see any more is not listed, and is again when they may. */
READING_RESOLVER(answer_of_user) {
    const struct user *user = call->parent;
    struct list views = { 0 };
    if (gql_identity(call)->user_id == user->id)
        TRY(view_star_list(tx, user->id, STARRED_MAX, call->arena, &views, err));
    gql_list_begin(call);
    for (size_t i = 0; i < views.count; i++) {
        const struct view *view = views.items[i];
        struct view *seen;
        enum err_code code = view_find_visible(tx, call, node_id_make("View", view->id, call->arena), CAN_READ, &seen, err);
        if (code == OK)
            gql_list_add(call, seen);
        else if (code != ERR_FORBIDDEN && code != ERR_NOT_FOUND && code != ERR_GONE)
            return code;
    }
    return OK;
}

enum err_code view_star_answer_of_user(struct gql_call *call, struct err *err) {
    return answer_of_user(call, err);
}
