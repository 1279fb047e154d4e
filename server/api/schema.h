/* schema.h - the whole of what GraphQL offers: the roots, all types, and the scalars, enums and inputs. */
#ifndef SERVER_API_SCHEMA_H
#define SERVER_API_SCHEMA_H

#include "server/graphql/graphql.h"

/* Fails only when the tables contradict themselves. */
MUST_CHECK enum err_code schema_create(const struct gql_schema **out, struct err *err);
void schema_destroy(const struct gql_schema *schema); /* NULL is fine */

#endif
