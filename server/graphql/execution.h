/* execution.h - the state of one run of one operation. Private to server/graphql.
 *
 * Fields are answered depth first: gql_object and gql_list_add run the object's own fields before they
 * return, so what a resolver passes needs to live only for that call. The depth of the C stack is the
 * document's depth, which has been checked.
 */
#ifndef SERVER_GRAPHQL_EXECUTION_H
#define SERVER_GRAPHQL_EXECUTION_H

#include "server/graphql/coerce.h"
#include "server/graphql/failures.h"

/* The selections of one response key, which validation found to be the same field. */
struct gql_selection_link {
    const struct gql_selection *selection;
    struct gql_selection_link *next;
};

/* The arguments of one written field, for one declaration of it: coerced once, however often fragments repeat
 * it. */
struct gql_coerced {
    const struct gql_field_def *def;
    const struct json_value **args;
    struct gql_coerced *next;
};

/* A field to be answered. It is planned once per object type and used for every object of that type. */
struct gql_selected {
    struct str key;
    const struct gql_field_def *def;
    struct gql_selection_link first, *last;
    const struct json_value **args; /* coerced when first needed */
    struct gql_plan *plans;
    struct gql_selected *next;
};

/* What to answer for objects of one type. */
struct gql_plan {
    const struct gql_named *type;
    struct gql_selected *fields;
    struct gql_plan *next;
};

/* A field that is being answered. */
struct gql_frame {
    struct gql_call call;
    struct gql_frame *outer;
    struct gql_selected *selected;
    const struct gql_named *type; /* innermost type of the field */
    size_t start;                 /* of its value in the output */
    size_t failure_count;         /* and of the errors below it */
    struct gql_failure **failure_tail;
    size_t item_count;
    bool is_list, is_in_item; /* a list was begun; one of its items is being written */
    bool has_objects;         /* its value was given by gql_object or gql_list_begin, not written */
    bool is_null;             /* something below must not be null and is: so is this */
};

struct gql_execution {
    const struct gql_schema *schema;
    const struct gql_limits *limits;
    struct arena *arena;
    void *app;
    struct gql_variables variables;
    struct gql_coerced **coerced; /* by the selection's index */
    struct json_writer writer;
    struct gql_frame *top;
    struct gql_failures *failures;
    size_t answered;
    int64_t ends_at; /* monotonic */
    bool is_stopped; /* a limit was hit: nothing more is asked */
    struct err stop;
    uint32_t stopped_at;
};

/* The plan for objects of that type below a field. */
const struct gql_plan *gql_plan_below(struct gql_execution *execution, struct gql_selected *selected,
                                      const struct gql_named *type);
const struct gql_plan *gql_plan_root(struct gql_execution *execution, const struct gql_operation *operation);

/* Writes the object's fields. False when a field that must not be null is null; what was written is then to
 * be dropped by the caller. */
MUST_CHECK bool gql_write_object(struct gql_execution *execution, const struct gql_plan *plan,
                                 const void *object);

/* Takes back everything after a place in the output. */
void gql_drop_output(struct gql_execution *execution, size_t len, bool needs_comma);

/* Notes an error at the field that is being answered. */
void gql_fail_field(struct gql_execution *execution, const struct err *err);

#endif
