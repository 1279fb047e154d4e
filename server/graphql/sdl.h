/* sdl.h - reads type definitions written as SDL: scalars, enums, inputs and unions, and the arguments of
 * fields. */
#ifndef SERVER_GRAPHQL_SDL_H
#define SERVER_GRAPHQL_SDL_H

#include "server/graphql/types.h"

/* Adds the types that the text defines; names are not resolved yet. */
MUST_CHECK enum err_code gql_sdl_read(struct gql_schema *schema, const char *text, bool is_ours,
                                      struct err *err);

/* "first: Int = 50, after: String". */
MUST_CHECK enum err_code gql_sdl_read_arguments(struct gql_input_list *out, const char *text,
                                                struct arena *arena, struct err *err);

/* "[Run!]!". */
MUST_CHECK enum err_code gql_sdl_read_type(struct gql_type_ref **out, const char *text, struct arena *arena,
                                           struct err *err);

/* ERR_INTERNAL when there is a type of that name already. */
MUST_CHECK enum err_code gql_schema_add(struct gql_schema *schema, struct gql_named *type, struct err *err);

#endif
