/* coerce.h - values to the types that are declared for them: variables from JSON, literals from the document.
 *
 * A single value becomes a list of one where a list is declared. An object's field that is bound to a
 * variable which was not given is absent. Messages name the place: `variable "$input".steps[2]`.
 */
#ifndef SERVER_GRAPHQL_COERCE_H
#define SERVER_GRAPHQL_COERCE_H

#include "server/graphql/types.h"

/* Values of the operation's variables, by index; NULL: not given and without default. */
struct gql_variables {
    const struct gql_variable *declared;
    const struct json_value **values;
};

/* given: the request's variables, or NULL; what the operation does not declare is ignored. *failed_at: the
 * offset of the variable at fault. */
MUST_CHECK enum err_code gql_coerce_variables(struct gql_variables *out,
                                              const struct gql_operation *operation,
                                              const struct json_value *given, struct arena *arena,
                                              uint32_t *failed_at, struct err *err);

/* A literal, with its variables put in. *out is NULL when it is a variable that was not given. variables may
 * be NULL for constants. */
MUST_CHECK enum err_code gql_coerce_literal(const struct json_value **out, const struct gql_value *value,
                                            const struct gql_type_ref *type,
                                            const struct gql_variables *variables, struct arena *arena,
                                            struct err *err);

/* values[i] belongs to list->items[i]; NULL: absent. Defaults are filled in. */
MUST_CHECK enum err_code gql_coerce_arguments(const struct json_value ***values,
                                              const struct gql_input_list *list,
                                              const struct gql_argument *given,
                                              const struct gql_variables *variables, struct arena *arena,
                                              struct err *err);

/* Whether @skip and @include let the selection be; validation has checked the directives. */
bool gql_is_selected(const struct gql_directive *directives, const struct gql_variables *variables);

#endif
