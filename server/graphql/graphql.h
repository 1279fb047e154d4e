/* graphql.h - a GraphQL engine over tables of fields. It knows nothing of runs.
 *
 * The schema is a list of types. Object types and interfaces are tables of fields, each row with its name,
 * arguments, type, who may ask, and the function that answers; scalars, enums, inputs and unions are written as
 * SDL text. gql_schema_create checks the whole (sorted rows, known types, a `who` in each row, interfaces
 * fulfilled) and prints as SDL.
 *
 * Threads: a schema is read-only once created and shared; a call belongs to one thread. Memory: all of an
 * execution lives in the arena that is passed in.
 */
#ifndef SERVER_GRAPHQL_H
#define SERVER_GRAPHQL_H

#include "base/arena.h"
#include "base/json.h"

struct gql_call;

/* Answers one field. Scalars and lists of scalars: write one JSON value to call->out (nothing written means
 * null). Objects: gql_object. Lists of objects: gql_list_begin, then gql_list_add for each; the executor ends the
 * list. On failure the executor drops what was written and puts null and the error in its place.
 *
 * gql_object and gql_list_add answer the object's own fields before they return, so the object need not outlive
 * the call; a resolver must not hold a lock or a database cursor across them that those fields would wait for. */
typedef enum err_code gql_answer(struct gql_call *call, struct err *err);

struct gql_field {
    const char *name;
    const char *args; /* SDL: "first: Int = 50, after: String"; "" for none */
    const char *type; /* SDL: "[Run!]!" */
    int who;          /* the application's word for who may ask; not 0 */
    gql_answer *answer;
    const char *doc; /* may be NULL */
};

enum gql_kind { GQL_OBJECT, GQL_INTERFACE };

struct gql_type {
    const char *name;
    enum gql_kind kind;
    const struct gql_field *fields; /* sorted by name */
    size_t field_count;
    const char *implements; /* interfaces of an object: "A & B", or NULL */
    const char *doc;        /* may be NULL */
};

#define GQL_TYPE(type_name, table)                                                                           \
    { .name = (type_name), .kind = GQL_OBJECT, .fields = (table), .field_count = sizeof(table) / sizeof((table)[0]) }
#define GQL_TYPE_IMPLEMENTS(type_name, table, interfaces)                                                    \
    { .name = (type_name), .kind = GQL_OBJECT, .fields = (table), .field_count = sizeof(table) / sizeof((table)[0]),     \
      .implements = (interfaces) }
#define GQL_INTERFACE_TYPE(type_name, table)                                                                 \
    { .name = (type_name), .kind = GQL_INTERFACE, .fields = (table), .field_count = sizeof(table) / sizeof((table)[0]) }

struct gql_schema_parts {
    const struct gql_type *const *types; /* must hold "Query"; "Mutation" when there are any */
    size_t type_count;
    const char *sdl; /* scalars, enums, inputs, unions */
    /* Asked before each field's answer, with the field's `who`, the object in call->parent and its type. */
    enum err_code (*may_ask)(struct gql_call *call, int who, const struct gql_type *type, struct err *err);
};

struct gql_schema;
/* ERR_INTERNAL with the place when the tables contradict themselves. */
MUST_CHECK enum err_code gql_schema_create(struct gql_schema **out, const struct gql_schema_parts *parts, struct err *err);
void gql_schema_destroy(struct gql_schema *schema); /* NULL is fine */
void gql_schema_print(const struct gql_schema *schema, struct buf *out);

/* ---- for resolvers ---- */

struct gql_call {
    struct arena *arena;
    void *app;          /* what was given to gql_execute */
    const void *parent; /* the object the field is asked of; NULL for Query and Mutation */
    struct json_writer *out;
    const struct gql_field *field;
    struct gql_execution *execution; /* private */
    struct gql_selected *selected;   /* private */
};

/* The argument after defaults and coercion; NULL when it was not given and has no default. A given null is a
 * value of JSON_TYPE_NULL. Asking for an argument that the field does not declare is a mistake (assert). A value's
 * `raw` is set only where a variable's JSON is passed on as it came; to keep a value as text, json_value_write. */
const struct json_value *gql_arg(const struct gql_call *call, const char *name);
/* Text of a String, ID or enum; ptr NULL when absent or null. */
struct str gql_arg_str(const struct gql_call *call, const char *name);
int64_t gql_arg_int(const struct gql_call *call, const char *name, int64_t otherwise);
bool gql_arg_bool(const struct gql_call *call, const char *name, bool otherwise);
/* Argument "input"'s member, the same way: gql_input(call, "name") is input.name. */
const struct json_value *gql_input(const struct gql_call *call, const char *name);
struct str gql_input_str(const struct gql_call *call, const char *name);

/* The field's answer is this object, of the field's own type; NULL means null. */
void gql_object(struct gql_call *call, const void *object);
/* The same where the field's type is an interface or a union. */
void gql_object_of(struct gql_call *call, const char *type_name, const void *object);
void gql_list_begin(struct gql_call *call);
void gql_list_add(struct gql_call *call, const void *object);
void gql_list_add_of(struct gql_call *call, const char *type_name, const void *object);

/* Whether the query selects that field below this one, at any fragment's depth: lets a resolver skip loading
 * what nobody asked for. A dotted path looks deeper: "edges.node.config". */
bool gql_selects(const struct gql_call *call, const char *path);

/* A scalar's text as JSON string; ptr NULL writes null. */
void gql_str(struct gql_call *call, struct str text);

/* ---- executing ---- */

struct gql_limits {
    uint32_t depth;        /* of selection sets */
    size_t document_bytes; /* of the query text */
    size_t field_count;    /* after fragments are expanded, so aliases count */
    size_t cost;           /* resolver calls of one execution */
    size_t response_bytes;
    size_t memory_bytes; /* of the arena, looked at between fields */
    int64_t time_ms;     /* looked at between fields; beyond it the answer is "try again" */
};
extern const struct gql_limits gql_default_limits;

struct gql_request {
    struct str query, operation_name; /* an empty operation_name counts as absent */
    const struct json_value *variables; /* an object, or NULL */
    void *app;
};

/* Writes the response object to out and answers the HTTP status: 200 when the document ran (errors of fields are
 * inside "errors"), 400 when it could not (syntax, validation, variables) or hit a limit, and 503 when it took too long or a field failed
 * with a code that means "try again" (ERR_BUSY, ERR_FULL, ERR_IO): clients never repeat what was answered with 200
 * or 4xx. Never fails otherwise. */
int gql_execute(const struct gql_schema *schema, const struct gql_request *request, const struct gql_limits *limits,
                struct arena *arena, struct buf *out);

#endif
