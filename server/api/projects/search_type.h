/* search_type.h - what a person may have meant by a few letters, as GraphQL shows it: see server/store/projects/search.h. */
#ifndef SERVER_API_SEARCH_TYPE_H
#define SERVER_API_SEARCH_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type search_hit_type;

enum err_code search_answer_of_user(struct gql_call *call, struct err *err); /* User.search */

#endif
