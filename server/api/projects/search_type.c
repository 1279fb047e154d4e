/* search_type.c - see search_type.h. */
#include "server/api/projects/search_type.h"

#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/store/accounts/user.h"
#include "server/store/projects/search.h"

enum { HITS_DEFAULT = 10, HITS_MAX = 50 };

#define THE_HIT ((const struct search_hit *)call->parent)

#define HIT_TEXT(name, member)                                                                                           \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        (void)err;                                                                                                       \
        gql_str(call, THE_HIT->member);                                                                                  \
        return OK;                                                                                                       \
    }
HIT_TEXT(hit_entity, entity_name)
HIT_TEXT(hit_kind, kind)
HIT_TEXT(hit_name, name)
HIT_TEXT(hit_project, project_name)
HIT_TEXT(hit_title, title)
HIT_TEXT(hit_type, type)

static enum err_code hit_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_HIT->created_at);
    return OK;
}

static enum err_code hit_view_id(struct gql_call *call, struct err *err) {
    (void)err;
    if (str_eq_c(THE_HIT->kind, "report"))
        gql_str(call, node_id_make("View", THE_HIT->id, call->arena));
    return OK;
}

/* Sorted by name. */
static const struct gql_field hit_fields[] = {
    { "createdAt", "", "DateTime!", CAN_READ, hit_created_at, NULL },
    { "entityName", "", "String!", CAN_READ, hit_entity, NULL },
    { "kind", "", "String!", CAN_READ, hit_kind, "project, run, sweep, artifact or report." },
    { "name", "", "String!", CAN_READ, hit_name, "As it stands in addresses." },
    { "projectName", "", "String!", CAN_READ, hit_project, NULL },
    { "title", "", "String!", CAN_READ, hit_title, "As people call it." },
    { "type", "", "String", CAN_READ, hit_type, "Of a collection of artifacts." },
    { "viewId", "", "ID", CAN_READ, hit_view_id, "Of a report." },
};
const struct gql_type search_hit_type = GQL_TYPE("SearchHit", hit_fields);

READING_RESOLVER(answer_of_user) {
    const struct user *user = call->parent;
    struct identity *identity = gql_identity(call);
    int64_t first = gql_arg_int(call, "first", HITS_DEFAULT);
    struct list list = { 0 };
    if (identity->user_id == user->id) {
        TRY(resolver_check_wide_read(call, err));
        TRY(search_find(tx, user->id, gql_arg_str(call, "text"), first < 1 ? 1 : first > HITS_MAX ? HITS_MAX : (size_t)first, call->arena,
                        &list, err));
    }
    gql_list_begin(call);
    /* Belonging to a team is not yet the right to read each of its projects. */
    for (size_t i = 0; i < list.count; i++) {
        const struct search_hit *hit = list.items[i];
        enum err_code code = access_check_in(tx, identity, &hit->owner, CAN_READ, err);
        if (code == OK)
            gql_list_add(call, hit);
        else if (code != ERR_FORBIDDEN && code != ERR_NOT_FOUND)
            return code;
    }
    return OK;
}

enum err_code search_answer_of_user(struct gql_call *call, struct err *err) {
    return answer_of_user(call, err);
}
