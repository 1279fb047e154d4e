/* document.h - what a GraphQL text says: operations, fragments, selections, values, type references.
 *
 * The parser builds it, validation fills in the parts marked so; afterwards it is read-only and may be
 * shared. Memory: all of it lives in the arena that it was parsed into, and borrows the text.
 */
#ifndef SERVER_GRAPHQL_DOCUMENT_H
#define SERVER_GRAPHQL_DOCUMENT_H

#include "base/arena.h"

struct gql_named;     /* a type of the schema, see types.h */
struct gql_field_def; /* a field of a type of the schema */

enum gql_value_kind {
    GQL_VALUE_NULL,
    GQL_VALUE_VARIABLE, /* text: its name */
    GQL_VALUE_INT,
    GQL_VALUE_FLOAT,
    GQL_VALUE_STRING, /* text: decoded */
    GQL_VALUE_TRUE,
    GQL_VALUE_FALSE,
    GQL_VALUE_ENUM,
    GQL_VALUE_LIST,
    GQL_VALUE_OBJECT,
};

struct gql_value {
    enum gql_value_kind kind;
    uint32_t offset;
    uint32_t count; /* of items or members */
    struct str text;
    struct gql_value *items; /* of a list */
    struct gql_argument *members;
    struct gql_value *next; /* in the list it is an item of */
};

/* An argument of a field or directive, or a member of an object value. */
struct gql_argument {
    struct str name;
    uint32_t offset;
    struct gql_value value;
    struct gql_argument *next;
};

struct gql_directive {
    struct str name;
    uint32_t offset;
    struct gql_argument *arguments;
    struct gql_directive *next;
};

/* "[Run!]!" is a list that is not null, of a named type that is not null. */
struct gql_type_ref {
    bool is_list, is_non_null;
    uint32_t offset;
    struct gql_type_ref *item;     /* of a list */
    struct str name;               /* of a named type */
    const struct gql_named *named; /* filled in when the schema is built or the document validated */
};

enum gql_selection_kind { GQL_SELECT_FIELD, GQL_SELECT_SPREAD, GQL_SELECT_INLINE };

struct gql_selection {
    enum gql_selection_kind kind;
    uint32_t offset;
    uint32_t index;  /* of a field among those of the document */
    struct str key;  /* of a field: its alias, or its name */
    struct str name; /* of a field or fragment; an inline fragment's type condition, or empty */
    struct gql_argument *arguments;
    struct gql_directive *directives;
    struct gql_selection *selections; /* of a field or inline fragment */
    struct gql_selection *next;
    /* filled in by validation */
    const struct gql_field_def *def; /* as declared by `parent` */
    const struct gql_named *parent;  /* the type that the field is asked of, or an inline fragment's own */
    struct gql_fragment *fragment;   /* of a spread */
};

struct gql_variable {
    struct str name;
    uint32_t offset, index;
    struct gql_type_ref *type;
    struct gql_value *default_value; /* or NULL */
    struct gql_directive *directives;
    struct gql_variable *next;
};

enum gql_operation_kind { GQL_QUERY, GQL_MUTATION, GQL_SUBSCRIPTION };

/* A place where a variable stands. */
struct gql_usage {
    struct str name;
    uint32_t offset;
    const struct gql_type_ref *type; /* of the place; NULL inside a custom scalar, where anything goes */
    bool has_default;                /* the place has a default of its own */
    struct gql_usage *next;
};

/* What validation gathers about an operation or fragment. */
struct gql_scope {
    struct gql_usage *usages;
    struct gql_spread_list *spreads;
};

struct gql_operation {
    enum gql_operation_kind kind;
    struct str name; /* may be empty */
    uint32_t offset, variable_count;
    uint32_t number; /* from 1, given by validation */
    struct gql_variable *variables;
    struct gql_directive *directives;
    struct gql_selection *selections;
    struct gql_operation *next;
    const struct gql_named *root; /* filled in by validation */
    struct gql_scope scope;
};

enum gql_visit { GQL_UNSEEN, GQL_ENTERED, GQL_SEEN };

struct gql_fragment {
    struct str name, condition;
    uint32_t offset;
    struct gql_directive *directives;
    struct gql_selection *selections;
    struct gql_fragment *next;
    /* filled in by validation */
    const struct gql_named *type;
    struct gql_scope scope;
    enum gql_visit visit;
    uint32_t height;         /* selection sets on the longest way down */
    size_t field_count;      /* with its own spreads expanded */
    uint32_t last_operation; /* number of the last operation that was found to use it */
    uint32_t last_set;       /* number of the last set of fields that it was put into */
};

struct gql_document {
    struct str text;
    struct gql_operation *operations;
    struct gql_fragment *fragments;
    uint32_t operation_count;
    size_t field_count; /* as written */
};

#endif
