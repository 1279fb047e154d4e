/* validation.h - what the files of validation share. Private to them: validate.c, literals.c, measure.c,
 * usages.c, merge.c. */
#ifndef SERVER_GRAPHQL_VALIDATION_H
#define SERVER_GRAPHQL_VALIDATION_H

#include "server/graphql/failures.h"
#include "server/graphql/types.h"

struct gql_spread_list {
    struct gql_fragment *fragment;
    struct gql_spread_list *next;
};

struct gql_validation {
    const struct gql_schema *schema;
    struct gql_document *document;
    const struct gql_limits *limits;
    struct gql_failures *failures;
    struct arena *arena;
    struct map *fragments;   /* by name */
    struct gql_scope *scope; /* of the operation or fragment that is being walked */
};

/* Notes an error at an offset of the document. */
void gql_complain(struct gql_validation *validation, uint32_t offset, enum err_code code, const char *format,
                  ...) PRINTF_LIKE(4, 5);

/* Arguments of a field or directive: known, single, complete, of the right types. owner: "field
 * \"Run.files\"". Variables in them are noted in the scope. */
void gql_check_arguments(struct gql_validation *validation, const struct gql_argument *arguments,
                         const struct gql_input_list *declared, uint32_t offset, struct str owner);
void gql_check_value(struct gql_validation *validation, const struct gql_value *value,
                     const struct gql_type_ref *type, bool has_default);
/* Only @skip and @include exist, and only on selections. */
void gql_check_directives(struct gql_validation *validation, const struct gql_directive *directives,
                          bool is_selection);

/* Fragments' cycles, and the depth and field count of everything with fragments expanded. */
void gql_measure(struct gql_validation *validation);

/* The operation's variables: their types, and the places where they stand. */
void gql_check_variables(struct gql_validation *validation, struct gql_operation *operation);

/* Selections of one response key must be the same field with the same arguments. Only after gql_measure, and
 * for documents that are sound otherwise. */
void gql_check_merging(struct gql_validation *validation);

#endif
