/* project_type.h - GraphQL's Project, and lists of projects. The object is a struct project. */
#ifndef SERVER_API_PROJECT_TYPE_H
#define SERVER_API_PROJECT_TYPE_H

#include "server/api/connection.h"
#include "server/store/projects/project.h"

extern const struct gql_type project_type, project_connection_type, project_edge_type;

/* No name means the project of runs that were given none. */
#define PROJECT_ARGS "entityName: String, name: String"
#define PROJECT_LIST_ARGS "after: String, entityName: String, first: Int = 50"

/* Query.project and Query.model: null for what does not exist or may not be read. No entityName means the
 * asker's own. */
enum err_code project_type_answer_one(struct gql_call *call, struct err *err);
/* Query.models */
enum err_code project_type_answer_list(struct gql_call *call, struct err *err);

/* For Entity: its project of argument `name`, and all of them by pages. */
MUST_CHECK enum err_code project_type_give_one(struct gql_call *call, int64_t entity_id, struct err *err);
MUST_CHECK enum err_code project_type_give_list(struct gql_call *call, int64_t entity_id, struct err *err);

/* "PRIVATE", "USER_READ"; ERR_BAD_INPUT naming them. */
MUST_CHECK enum err_code project_type_parse_access(struct str text, enum project_visibility *out,
                                                   struct err *err);

#endif
