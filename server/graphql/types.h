/* types.h - the schema as the engine sees it: named types, their fields and arguments, everything resolved.
 *
 * Private to server/graphql. Built by schema.c and sdl.c, then read-only. Memory: the schema's own arena.
 */
#ifndef SERVER_GRAPHQL_TYPES_H
#define SERVER_GRAPHQL_TYPES_H

#include "base/map.h"
#include "server/graphql/document.h"
#include "server/graphql/graphql.h"

/* In the order of introspection's __TypeKind names in schema.c. */
enum gql_named_kind {
    GQL_NAMED_SCALAR,
    GQL_NAMED_OBJECT,
    GQL_NAMED_INTERFACE,
    GQL_NAMED_UNION,
    GQL_NAMED_ENUM,
    GQL_NAMED_INPUT,
};

/* How a scalar's values are checked; every scalar that is not known by name takes any JSON. */
enum gql_scalar {
    GQL_SCALAR_ANY,
    GQL_SCALAR_INT,
    GQL_SCALAR_FLOAT,
    GQL_SCALAR_STRING,
    GQL_SCALAR_BOOLEAN,
    GQL_SCALAR_ID
};

/* An argument, or a field of an input type. */
struct gql_input_def {
    struct str name;
    struct gql_type_ref *type;
    const struct gql_value *default_value; /* as written, or NULL */
    const struct json_value *default_json; /* coerced, or NULL */
    struct str doc, deprecated;            /* ptr NULL: none */
};

struct gql_input_list {
    struct gql_input_def *items;
    size_t count;
};

struct gql_field_def {
    struct str name;
    const struct gql_field *row;
    struct gql_type_ref *type;
    struct gql_input_list args;
    const struct gql_named *owner;
};

struct gql_enum_value {
    struct str name, doc, deprecated;
};

struct gql_named {
    struct str name, doc;
    struct gql_type_ref self; /* a reference to it, nullable and without lists */
    enum gql_named_kind kind;
    enum gql_scalar scalar;
    bool is_ours;      /* the language's own: Int, __Type, ... */
    bool has_defaults; /* of its fields and arguments: coerced, or being coerced */
    const struct gql_type *table;
    struct gql_field_def *fields; /* of objects and interfaces, sorted by name */
    size_t field_count;
    struct gql_input_list inputs;
    struct gql_enum_value *values;
    size_t value_count;
    const struct gql_named *
        *possible; /* objects that a value of this interface or union may be, sorted by name */
    size_t possible_count;
    const struct gql_named **interfaces; /* of an object, sorted by name */
    size_t interface_count;
    struct str *member_names; /* of a union, as written */
    size_t member_count;
};

struct gql_schema {
    struct arena *arena;
    struct map *by_name;
    struct gql_named **types; /* sorted by name */
    size_t type_count, type_room;
    const struct gql_named *query, *mutation;
    struct gql_field_def meta_typename, meta_schema, meta_type;
    struct gql_input_list condition,
        deprecation; /* the arguments of @skip and @include, and of @deprecated */
    enum err_code (*may_ask)(struct gql_call *call, int who, const struct gql_type *type, struct err *err);
};

struct gql_named *gql_type_find(const struct gql_schema *schema, struct str name);
/* The field of that name; __typename, and on Query __schema and __type, too. NULL when there is none. */
const struct gql_field_def *gql_type_field(const struct gql_schema *schema, const struct gql_named *type,
                                           struct str name);
const struct gql_input_def *gql_input_find(const struct gql_input_list *list, struct str name);
const struct gql_enum_value *gql_enum_find(const struct gql_named *type, struct str name);

/* An object, interface or union. */
bool gql_type_is_composite(const struct gql_named *type);
/* A scalar, enum or input type: may stand in an argument or a variable. */
bool gql_type_is_input(const struct gql_named *type);
/* Whether an object of type `object` satisfies a condition `on type`. */
bool gql_type_includes(const struct gql_named *type, const struct gql_named *object);
/* Whether any object satisfies both. */
bool gql_types_overlap(const struct gql_named *a, const struct gql_named *b);
const struct gql_named *gql_innermost(const struct gql_type_ref *type);
bool gql_type_ref_equal(const struct gql_type_ref *a, const struct gql_type_ref *b);
/* As it is written: "[Run!]!". */
struct str gql_type_ref_text(const struct gql_type_ref *type, struct arena *arena);

/* A value of that type must be given: it is non-null and has no default. */
bool gql_input_is_required(const struct gql_input_def *input);

#define GQL_INTROSPECTION_TYPES 6
extern const struct gql_type *const gql_introspection_types[GQL_INTROSPECTION_TYPES];
extern const char gql_introspection_sdl[];
extern const struct gql_field gql_meta_rows[3]; /* __schema, __type, __typename */

#endif
