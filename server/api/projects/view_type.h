/* view_type.h - GraphQL's View: reports, their drafts and saved workspaces. The object is a struct view. */
#ifndef SERVER_API_VIEW_TYPE_H
#define SERVER_API_VIEW_TYPE_H

#include "server/api/connection.h"
#include "server/store/projects/view.h"

extern const struct gql_type view_type, view_connection_type, view_edge_type, view_access_token_type;
extern const struct gql_type upsert_view_payload_type, delete_view_payload_type, create_access_token_payload_type,
    update_access_token_projects_payload_type, revoke_access_token_payload_type;

/* Inputs and enums of these. */
extern const char view_sdl[], view_tokens_sdl[];

#define VIEW_LIST_ARGS                                                                                                   \
    "after: String, first: Int = 50, userName: String, viewName: String, viewType: String"

enum err_code view_answer_one(struct gql_call *call, struct err *err);  /* Query.view: id: ID! -> View */
enum err_code view_answer_list(struct gql_call *call, struct err *err); /* Project.allViews -> ViewConnection */

enum err_code view_answer_access_tokens(struct gql_call *call, struct err *err); /* View.accessTokens */

/* ---- of Mutation ---- */
enum err_code view_answer_upsert(struct gql_call *call, struct err *err);
enum err_code view_answer_delete(struct gql_call *call, struct err *err);
/* Links that show a report to whoever has them. */
enum err_code view_answer_create_token(struct gql_call *call, struct err *err);
enum err_code view_answer_update_token(struct gql_call *call, struct err *err);
enum err_code view_answer_revoke_token(struct gql_call *call, struct err *err);

/* Drafts and private views are their author's, and administrators'; everything else is for who may read the project. ERR_NOT_FOUND "there is
 * no such view" for what does not exist or may not be seen. */
MUST_CHECK enum err_code view_find_visible(struct db_tx *tx, struct gql_call *call, struct str id, enum who who,
                                           struct view **out, struct err *err);
/* The same where no GraphQL is asked. */
MUST_CHECK enum err_code view_find_seen(struct db_tx *tx, struct identity *identity, struct str id, enum who who, struct arena *arena,
                                        struct view **out, struct err *err);

#endif
