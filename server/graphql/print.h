/* print.h - values and types as GraphQL text. */
#ifndef SERVER_GRAPHQL_PRINT_H
#define SERVER_GRAPHQL_PRINT_H

#include "server/graphql/types.h"

/* A constant, as it is written in SDL: introspection's defaultValue. */
void gql_value_print(const struct gql_value *value, struct buf *out);

#endif
