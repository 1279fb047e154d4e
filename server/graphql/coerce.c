/* coerce.c - see coerce.h. Two ways in, JSON and literals, that meet in what a scalar accepts. */
#include "server/graphql/coerce.h"

#include "base/number.h"

#include <assert.h>
#include <math.h>

static const struct json_value null_value = { .type = JSON_TYPE_NULL, .raw = STR_INIT("null") };

/* A value's place for messages: a chain of steps, innermost first, printed only on failure. */
struct place {
    const struct place *outer;
    struct str name; /* of an object's field; ptr NULL for a list's item */
    size_t index;
};

static void print_place(struct buf *out, const struct place *place) {
    if (place == NULL)
        return;
    print_place(out, place->outer);
    if (place->name.ptr != NULL)
        buf_printf(out, ".%.*s", STR_ARG(place->name));
    else
        buf_printf(out, "[%zu]", place->index);
}

enum { SHOWN_PLACE_MAX = 200 };

static enum err_code refuse(const struct place *place, const struct gql_type_ref *type, const char *what,
                            struct arena *arena, struct err *err) {
    struct buf path = BUF_INIT(SHOWN_PLACE_MAX);
    struct str wanted = gql_type_ref_text(type, arena);

    print_place(&path, place);
    struct str shown = buf_str(&path);
    enum err_code code = err_set(err, ERR_BAD_INPUT, "%.*s%sexpected type \"%.*s\", %s", STR_ARG(shown),
                                 shown.len > 0 ? ": " : "", STR_ARG(wanted), what);
    buf_finish(&path);
    return code;
}

static enum err_code refuse_field(const struct place *place, const struct gql_named *type, struct str field,
                                  const char *what, struct err *err) {
    struct buf path = BUF_INIT(SHOWN_PLACE_MAX);

    print_place(&path, place);
    struct str shown = buf_str(&path);
    enum err_code code =
        err_set(err, ERR_BAD_INPUT, "%.*s%sfield \"%.*s\" of type \"%.*s\" %s", STR_ARG(shown),
                shown.len > 0 ? ": " : "", STR_ARG(field), STR_ARG(type->name), what);
    buf_finish(&path);
    return code;
}

/* ---- scalars ---- */

static const double EXACT_MAX = 9007199254740992.0; /* beyond it a double does not name one integer */

/* An integer, also one that a client's JSON writer put as 1.0. */
static bool is_whole(const struct json_value *value, int64_t *out) {
    if (value->type == JSON_TYPE_INT) {
        *out = value->integer;
        return true;
    }
    if (value->type != JSON_TYPE_DOUBLE || value->number != floor(value->number) ||
        fabs(value->number) > EXACT_MAX)
        return false;
    *out = (int64_t)value->number;
    return true;
}

static const struct json_value *coerce_int(const struct json_value *value, struct arena *arena) {
    int64_t integer;

    if (!is_whole(value, &integer) || integer < INT32_MIN || integer > INT32_MAX)
        return NULL;
    if (value->type == JSON_TYPE_INT)
        return value;
    struct json_value *whole = ARENA_NEW(arena, struct json_value);
    whole->type = JSON_TYPE_INT;
    whole->integer = integer;
    return whole;
}

static const struct json_value *coerce_id(const struct json_value *value, struct arena *arena) {
    int64_t integer;

    if (value->type == JSON_TYPE_STRING)
        return value;
    if (!is_whole(value, &integer))
        return NULL;
    struct json_value *id = ARENA_NEW(arena, struct json_value);
    id->type = JSON_TYPE_STRING;
    id->string = arena_printf(arena, "%lld", (long long)integer);
    return id;
}

static bool is_finite_number(const struct json_value *value) {
    return value->type == JSON_TYPE_INT || (value->type == JSON_TYPE_DOUBLE && isfinite(value->number));
}

/* NULL when the scalar does not accept the value. */
static const struct json_value *coerce_scalar(const struct json_value *value, enum gql_scalar scalar,
                                              struct arena *arena) {
    switch (scalar) {
    case GQL_SCALAR_ANY:
        return value;
    case GQL_SCALAR_INT:
        return coerce_int(value, arena);
    case GQL_SCALAR_FLOAT:
        return is_finite_number(value) ? value : NULL;
    case GQL_SCALAR_STRING:
        return value->type == JSON_TYPE_STRING ? value : NULL;
    case GQL_SCALAR_BOOLEAN:
        return value->type == JSON_TYPE_BOOL ? value : NULL;
    case GQL_SCALAR_ID:
        return coerce_id(value, arena);
    }
    return NULL;
}

static const struct json_value *list_of_one(const struct json_value *item, struct arena *arena) {
    struct json_value *list = ARENA_NEW(arena, struct json_value);
    list->type = JSON_TYPE_ARRAY;
    list->array.items = ARENA_NEW(arena, struct json_value);
    list->array.items[0] = *item;
    list->array.count = 1;
    return list;
}

static void add_member(struct json_value *object, struct str key, const struct json_value *value) {
    struct json_member *member = &object->object.members[object->object.count++];
    member->key = key;
    member->value = *value;
}

static struct json_value *new_object(size_t room, struct arena *arena) {
    struct json_value *object = ARENA_NEW(arena, struct json_value);
    object->type = JSON_TYPE_OBJECT;
    object->object.members = ARENA_ARRAY(arena, struct json_member, room);
    return object;
}

/* ---- JSON, from variables. Recursion follows the JSON's own depth, which its reader limits. ---- */

struct from_json {
    struct arena *arena;
    struct err *err;
};

static enum err_code coerce_json(const struct from_json *way, const struct json_value **out,
                                 const struct json_value *value, const struct gql_type_ref *type,
                                 const struct place *place);

static enum err_code coerce_json_list(const struct from_json *way, const struct json_value **out,
                                      const struct json_value *value, const struct gql_type_ref *type,
                                      const struct place *place) {
    const struct json_value *item;

    if (value->type != JSON_TYPE_ARRAY) {
        TRY(coerce_json(way, &item, value, type->item, place));
        *out = list_of_one(item, way->arena);
        return OK;
    }
    struct json_value *list = ARENA_NEW(way->arena, struct json_value);
    *list = *value;
    list->array.items = ARENA_ARRAY(way->arena, struct json_value, value->array.count);
    for (size_t i = 0; i < value->array.count; i++) {
        struct place here = { .outer = place, .index = i };
        TRY(coerce_json(way, &item, &value->array.items[i], type->item, &here));
        list->array.items[i] = *item;
    }
    *out = list;
    return OK;
}

static enum err_code refuse_unknown_fields(const struct from_json *way, const struct json_value *value,
                                           const struct gql_named *type, const struct place *place) {
    for (size_t i = 0; i < value->object.count; i++) {
        struct str key = value->object.members[i].key;
        if (gql_input_find(&type->inputs, key) == NULL)
            return refuse_field(place, type, str_slice(key, 0, SHOWN_PLACE_MAX), "is not defined", way->err);
    }
    return OK;
}

static enum err_code coerce_json_object(const struct from_json *way, const struct json_value **out,
                                        const struct json_value *value, const struct gql_type_ref *type,
                                        const struct place *place) {
    const struct gql_input_list *inputs = &type->named->inputs;

    if (value->type != JSON_TYPE_OBJECT)
        return refuse(place, type, "got something that is not an object", way->arena, way->err);
    TRY(refuse_unknown_fields(way, value, type->named, place));
    struct json_value *object = new_object(inputs->count, way->arena);
    for (size_t i = 0; i < inputs->count; i++) {
        const struct gql_input_def *input = &inputs->items[i];
        struct place here = { .outer = place, .name = input->name };
        const struct json_value *member = json_get(value, input->name);
        if (member != NULL)
            TRY(coerce_json(way, &member, member, input->type, &here));
        else if (input->default_json != NULL)
            member = input->default_json;
        else if (input->type->is_non_null)
            return refuse_field(place, type->named, input->name, "is required and was not given", way->err);
        if (member != NULL)
            add_member(object, input->name, member);
    }
    *out = object;
    return OK;
}

static enum err_code coerce_json(const struct from_json *way, const struct json_value **out,
                                 const struct json_value *value, const struct gql_type_ref *type,
                                 const struct place *place) {
    if (value->type == JSON_TYPE_NULL) {
        *out = &null_value;
        return type->is_non_null ? refuse(place, type, "got null", way->arena, way->err) : OK;
    }
    if (type->is_list)
        return coerce_json_list(way, out, value, type, place);
    switch (type->named->kind) {
    case GQL_NAMED_INPUT:
        return coerce_json_object(way, out, value, type, place);
    case GQL_NAMED_ENUM:
        if (value->type != JSON_TYPE_STRING || gql_enum_find(type->named, value->string) == NULL)
            return refuse(place, type, "got a value that is not one of its names", way->arena, way->err);
        *out = value;
        return OK;
    default:
        *out = coerce_scalar(value, type->named->scalar, way->arena);
        return *out == NULL ? refuse(place, type, "got a value of another kind", way->arena, way->err) : OK;
    }
}

static enum err_code coerce_variable(const struct json_value **out, const struct gql_variable *variable,
                                     const struct json_value *given, struct arena *arena, struct err *err) {
    struct from_json way = { arena, err };

    *out = NULL;
    if (given != NULL)
        return coerce_json(&way, out, given, variable->type, NULL);
    if (variable->default_value != NULL)
        return gql_coerce_literal(out, variable->default_value, variable->type, NULL, arena, err);
    if (variable->type->is_non_null)
        return refuse(NULL, variable->type, "got nothing", arena, err);
    return OK;
}

enum err_code gql_coerce_variables(struct gql_variables *out, const struct gql_operation *operation,
                                   const struct json_value *given, struct arena *arena, uint32_t *failed_at,
                                   struct err *err) {
    out->declared = operation->variables;
    out->values = ARENA_ARRAY(arena, const struct json_value *, operation->variable_count);
    for (const struct gql_variable *variable = operation->variables; variable != NULL;
         variable = variable->next) {
        if (coerce_variable(&out->values[variable->index], variable, json_get(given, variable->name), arena,
                            err) == OK)
            continue;
        *failed_at = variable->offset;
        return err_add_context(err, "variable \"$%.*s\"", STR_ARG(variable->name));
    }
    return OK;
}

/* ---- literals ---- */

struct from_literal {
    const struct gql_variables *variables; /* NULL: constants only */
    struct arena *arena;
    struct err *err;
};

static const struct json_value *variable_value(const struct gql_variables *variables, struct str name) {
    if (variables == NULL)
        return NULL;
    for (const struct gql_variable *variable = variables->declared; variable != NULL;
         variable = variable->next)
        if (str_eq(variable->name, name))
            return variables->values[variable->index];
    return NULL;
}

/* Any literal as JSON, for scalars that take anything. Nesting is limited by the parser. NULL: a variable
 * that was not given. */
static const struct json_value *literal_as_json(const struct from_literal *way,
                                                const struct gql_value *value);

static void fill_json_list(const struct from_literal *way, const struct gql_value *value,
                           struct json_value *out) {
    out->type = JSON_TYPE_ARRAY;
    out->array.items = ARENA_ARRAY(way->arena, struct json_value, value->count);
    for (const struct gql_value *item = value->items; item != NULL; item = item->next) {
        const struct json_value *json = literal_as_json(way, item);
        out->array.items[out->array.count++] = json != NULL ? *json : null_value;
    }
}

static void fill_json_object(const struct from_literal *way, const struct gql_value *value,
                             struct json_value *out) {
    out->type = JSON_TYPE_OBJECT;
    out->object.members = ARENA_ARRAY(way->arena, struct json_member, value->count);
    for (const struct gql_argument *member = value->members; member != NULL; member = member->next) {
        const struct json_value *json = literal_as_json(way, &member->value);
        if (json != NULL)
            add_member(out, member->name, json);
    }
}

static void fill_json_number(const struct gql_value *value, struct json_value *out) {
    out->raw = value->text;
    out->type = JSON_TYPE_INT;
    if (value->kind == GQL_VALUE_INT && str_to_i64(value->text, &out->integer))
        return;
    out->type = JSON_TYPE_DOUBLE;
    out->number = number_to_double(value->text.ptr, value->text.len);
}

static const struct json_value *literal_as_json(const struct from_literal *way,
                                                const struct gql_value *value) {
    if (value->kind == GQL_VALUE_VARIABLE)
        return variable_value(way->variables, value->text);
    if (value->kind == GQL_VALUE_NULL)
        return &null_value;
    struct json_value *out = ARENA_NEW(way->arena, struct json_value);
    switch (value->kind) {
    case GQL_VALUE_INT:
    case GQL_VALUE_FLOAT:
        fill_json_number(value, out);
        break;
    case GQL_VALUE_TRUE:
    case GQL_VALUE_FALSE:
        out->type = JSON_TYPE_BOOL;
        out->boolean = value->kind == GQL_VALUE_TRUE;
        out->raw = value->text;
        break;
    case GQL_VALUE_LIST:
        fill_json_list(way, value, out);
        break;
    case GQL_VALUE_OBJECT:
        fill_json_object(way, value, out);
        break;
    default: /* a string, or the name of an enum's value */
        out->type = JSON_TYPE_STRING;
        out->string = value->text;
        break;
    }
    return out;
}

static enum err_code coerce_value(const struct from_literal *way, const struct json_value **out,
                                  const struct gql_value *value, const struct gql_type_ref *type,
                                  const struct place *place);

static enum err_code coerce_literal_list(const struct from_literal *way, const struct json_value **out,
                                         const struct gql_value *value, const struct gql_type_ref *type,
                                         const struct place *place) {
    const struct json_value *json;

    if (value->kind != GQL_VALUE_LIST) {
        TRY(coerce_value(way, &json, value, type->item, place));
        *out = list_of_one(json, way->arena);
        return OK;
    }
    struct json_value *list = ARENA_NEW(way->arena, struct json_value);
    list->type = JSON_TYPE_ARRAY;
    list->array.items = ARENA_ARRAY(way->arena, struct json_value, value->count);
    for (const struct gql_value *item = value->items; item != NULL; item = item->next) {
        struct place here = { .outer = place, .index = list->array.count };
        TRY(coerce_value(way, &json, item, type->item, &here));
        if (json == NULL && type->item->is_non_null)
            return refuse(&here, type->item, "got a variable without a value", way->arena, way->err);
        list->array.items[list->array.count++] = json != NULL ? *json : null_value;
    }
    *out = list;
    return OK;
}

static const struct gql_value *find_member(const struct gql_argument *members, struct str name) {
    for (; members != NULL; members = members->next)
        if (str_eq(members->name, name))
            return &members->value;
    return NULL;
}

static enum err_code coerce_literal_object(const struct from_literal *way, const struct json_value **out,
                                           const struct gql_value *value, const struct gql_type_ref *type,
                                           const struct place *place) {
    const struct gql_input_list *inputs = &type->named->inputs;

    if (value->kind != GQL_VALUE_OBJECT)
        return refuse(place, type, "got something that is not an object", way->arena, way->err);
    for (const struct gql_argument *member = value->members; member != NULL; member = member->next)
        if (gql_input_find(inputs, member->name) == NULL)
            return refuse_field(place, type->named, member->name, "is not defined", way->err);
    struct json_value *object = new_object(inputs->count, way->arena);
    for (size_t i = 0; i < inputs->count; i++) {
        const struct gql_input_def *input = &inputs->items[i];
        struct place here = { .outer = place, .name = input->name };
        const struct gql_value *member = find_member(value->members, input->name);
        const struct json_value *json = NULL;
        if (member != NULL)
            TRY(coerce_value(way, &json, member, input->type, &here));
        if (json == NULL)
            json = input->default_json;
        if (json != NULL)
            add_member(object, input->name, json);
        else if (input->type->is_non_null)
            return refuse_field(place, type->named, input->name, "is required and was not given", way->err);
    }
    *out = object;
    return OK;
}

static enum err_code coerce_literal_enum(const struct from_literal *way, const struct json_value **out,
                                         const struct gql_value *value, const struct gql_type_ref *type,
                                         const struct place *place) {
    if (value->kind != GQL_VALUE_ENUM || gql_enum_find(type->named, value->text) == NULL)
        return refuse(place, type, "got a value that is not one of its names", way->arena, way->err);
    *out = literal_as_json(way, value);
    return OK;
}

/* An enum's name is a string in JSON, but not where the language's own scalars are wanted; and a written 1.0
 * is not an Int. */
static bool is_scalar_literal(const struct gql_value *value, enum gql_scalar scalar) {
    return scalar == GQL_SCALAR_ANY ||
           (value->kind != GQL_VALUE_ENUM &&
            !(value->kind == GQL_VALUE_FLOAT && (scalar == GQL_SCALAR_INT || scalar == GQL_SCALAR_ID)));
}

/* An ID may be written as an integer of any length; its text is the id. */
static bool is_id_literal(const struct gql_value *value, enum gql_scalar scalar) {
    return scalar == GQL_SCALAR_ID && value->kind == GQL_VALUE_INT;
}

static enum err_code coerce_literal_scalar(const struct from_literal *way, const struct json_value **out,
                                           const struct gql_value *value, const struct gql_type_ref *type,
                                           const struct place *place) {
    enum gql_scalar scalar = type->named->scalar;

    *out = NULL;
    if (is_id_literal(value, scalar)) {
        struct json_value *id = ARENA_NEW(way->arena, struct json_value);
        id->type = JSON_TYPE_STRING;
        id->string = value->text;
        *out = id;
        return OK;
    }
    if (is_scalar_literal(value, scalar))
        *out = coerce_scalar(literal_as_json(way, value), scalar, way->arena);
    return *out == NULL ? refuse(place, type, "got a value of another kind", way->arena, way->err) : OK;
}

/* The variable's own type was checked against its place by validation; only null needs another look, because
 * a nullable variable may stand in a non-null place that has a default. */
static enum err_code take_variable(const struct from_literal *way, const struct json_value **out,
                                   const struct gql_value *value, const struct gql_type_ref *type,
                                   const struct place *place) {
    *out = variable_value(way->variables, value->text);
    if (*out != NULL && (*out)->type == JSON_TYPE_NULL && type->is_non_null)
        return refuse(place, type, "got null", way->arena, way->err);
    return OK;
}

static enum err_code coerce_value(const struct from_literal *way, const struct json_value **out,
                                  const struct gql_value *value, const struct gql_type_ref *type,
                                  const struct place *place) {
    if (value->kind == GQL_VALUE_VARIABLE)
        return take_variable(way, out, value, type, place);
    if (value->kind == GQL_VALUE_NULL) {
        *out = &null_value;
        return type->is_non_null ? refuse(place, type, "got null", way->arena, way->err) : OK;
    }
    if (type->is_list)
        return coerce_literal_list(way, out, value, type, place);
    if (type->named->kind == GQL_NAMED_INPUT)
        return coerce_literal_object(way, out, value, type, place);
    if (type->named->kind == GQL_NAMED_ENUM)
        return coerce_literal_enum(way, out, value, type, place);
    return coerce_literal_scalar(way, out, value, type, place);
}

enum err_code gql_coerce_literal(const struct json_value **out, const struct gql_value *value,
                                 const struct gql_type_ref *type, const struct gql_variables *variables,
                                 struct arena *arena, struct err *err) {
    struct from_literal way = { variables, arena, err };
    return coerce_value(&way, out, value, type, NULL);
}

static enum err_code coerce_argument(const struct json_value **out, const struct gql_input_def *input,
                                     const struct gql_value *given, const struct gql_variables *variables,
                                     struct arena *arena, struct err *err) {
    *out = NULL;
    if (given != NULL && gql_coerce_literal(out, given, input->type, variables, arena, err) != OK)
        return err_add_context(err, "argument \"%.*s\"", STR_ARG(input->name));
    if (*out == NULL)
        *out = input->default_json;
    if (*out == NULL && input->type->is_non_null)
        return err_set(err, ERR_BAD_INPUT, "argument \"%.*s\" is required and was not given",
                       STR_ARG(input->name));
    return OK;
}

enum err_code gql_coerce_arguments(const struct json_value ***values, const struct gql_input_list *list,
                                   const struct gql_argument *given, const struct gql_variables *variables,
                                   struct arena *arena, struct err *err) {
    *values = ARENA_ARRAY(arena, const struct json_value *, list->count);
    for (size_t i = 0; i < list->count; i++)
        TRY(coerce_argument(&(*values)[i], &list->items[i], find_member(given, list->items[i].name),
                            variables, arena, err));
    return OK;
}

static bool condition_holds(const struct gql_value *value, const struct gql_variables *variables) {
    if (value->kind != GQL_VALUE_VARIABLE)
        return value->kind == GQL_VALUE_TRUE;
    const struct json_value *json = variable_value(variables, value->text);
    return json != NULL && json->type == JSON_TYPE_BOOL && json->boolean;
}

bool gql_is_selected(const struct gql_directive *directives, const struct gql_variables *variables) {
    for (; directives != NULL; directives = directives->next)
        if (condition_holds(&directives->arguments->value, variables) ==
            str_eq(directives->name, STR("skip")))
            return false;
    return true;
}
