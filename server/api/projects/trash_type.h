/* trash_type.h - what was deleted and can be brought back, in GraphQL. The object is a struct trash_item. */
#ifndef SERVER_API_TRASH_TYPE_H
#define SERVER_API_TRASH_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type trash_item_type, restore_payload_type;
extern const char trash_sdl[];

enum err_code trash_answer_of_entity(struct gql_call *call, struct err *err);  /* Entity.trash */
enum err_code trash_answer_of_project(struct gql_call *call, struct err *err); /* Project.trash */
enum err_code trash_answer_restore(struct gql_call *call, struct err *err);    /* Mutation.restore */

#endif
