/* discussion_type.h - what is said about a report, as GraphQL shows it, and stars. Whoever may read a report reads what is said about
 * it; whoever may write to its project says something, changes and deletes what is their own, and resolves; administrators delete.
 */
#ifndef SERVER_API_DISCUSSION_TYPE_H
#define SERVER_API_DISCUSSION_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type discussion_thread_type, discussion_comment_type;
extern const struct gql_type create_discussion_comment_payload_type, create_discussion_thread_payload_type,
    delete_discussion_comment_payload_type, resolve_discussion_thread_payload_type, update_discussion_comment_payload_type;
extern const struct gql_type star_view_payload_type, unstar_view_payload_type;

/* Inputs of these. */
extern const char discussion_sdl[], view_star_sdl[];

enum err_code discussion_answer_of_view(struct gql_call *call, struct err *err);     /* View.discussionThreads */
enum err_code view_star_answer_count(struct gql_call *call, struct err *err);        /* View.starCount */
enum err_code view_star_answer_own(struct gql_call *call, struct err *err);          /* View.starred */
enum err_code view_star_answer_of_user(struct gql_call *call, struct err *err);      /* User.starredViews */

/* ---- of Mutation ---- */
enum err_code discussion_answer_create_comment(struct gql_call *call, struct err *err);
enum err_code discussion_answer_create_thread(struct gql_call *call, struct err *err);
enum err_code discussion_answer_delete_comment(struct gql_call *call, struct err *err);
enum err_code discussion_answer_resolve_thread(struct gql_call *call, struct err *err);
enum err_code discussion_answer_update_comment(struct gql_call *call, struct err *err);
enum err_code view_star_answer_star(struct gql_call *call, struct err *err);
enum err_code view_star_answer_unstar(struct gql_call *call, struct err *err);

#endif
