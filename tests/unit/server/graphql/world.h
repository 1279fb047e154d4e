/* world.h - a toy world of people and pets, behind a schema that uses all that the engine offers. For tests.
 */
#ifndef TESTS_GRAPHQL_WORLD_H
#define TESTS_GRAPHQL_WORLD_H

#include "server/graphql/graphql.h"

extern const struct gql_schema_parts world_parts;

/* Ends the process when the schema is refused. */
struct gql_schema *world_schema(void);

enum { WORLD_ANYONE = 1, WORLD_NOBODY = 2 };

#endif
