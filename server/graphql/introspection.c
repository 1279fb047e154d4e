/* introspection.c - the schema's answers about itself: the types __Schema, __Type and so on as tables like
 * any other.
 *
 * A __Type is a struct gql_type_ref: named types have one of their own, lists and non-nulls are written ones.
 */
#include "server/graphql/execution.h"
#include "server/graphql/print.h"

enum { ANYONE = 1, PRINTED_VALUE_MAX = 1 << 16 };

const char gql_introspection_sdl[] =
    "enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL } "
    "enum __DirectiveLocation { QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD "
    "INLINE_FRAGMENT VARIABLE_DEFINITION SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE "
    "UNION ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION }";

static enum err_code answer_nothing(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code answer_no(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, false);
    return OK;
}

static void put_named(struct gql_call *call, const struct gql_named *type) {
    gql_object(call, type == NULL ? NULL : &type->self);
}

/* ---- __InputValue ---- */

static enum err_code answer_input_default(struct gql_call *call, struct err *err) {
    const struct gql_input_def *input = call->parent;
    struct buf text = BUF_INIT(PRINTED_VALUE_MAX);

    (void)err;
    if (input->default_value == NULL)
        return OK;
    gql_value_print(input->default_value, &text);
    json_string(call->out, buf_str(&text));
    buf_finish(&text);
    return OK;
}

static enum err_code answer_input_deprecation(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct gql_input_def *)call->parent)->deprecated);
    return OK;
}

static enum err_code answer_input_doc(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct gql_input_def *)call->parent)->doc);
    return OK;
}

static enum err_code answer_input_is_deprecated(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, ((const struct gql_input_def *)call->parent)->deprecated.ptr != NULL);
    return OK;
}

static enum err_code answer_input_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct gql_input_def *)call->parent)->name);
    return OK;
}

static enum err_code answer_input_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct gql_input_def *)call->parent)->type);
    return OK;
}

static const struct gql_field input_value_fields[] = {
    { "defaultValue", "", "String", ANYONE, answer_input_default, NULL },
    { "deprecationReason", "", "String", ANYONE, answer_input_deprecation, NULL },
    { "description", "", "String", ANYONE, answer_input_doc, NULL },
    { "isDeprecated", "", "Boolean!", ANYONE, answer_input_is_deprecated, NULL },
    { "name", "", "String!", ANYONE, answer_input_name, NULL },
    { "type", "", "__Type!", ANYONE, answer_input_type, NULL },
};
static const struct gql_type input_value_type = GQL_TYPE("__InputValue", input_value_fields);

static void put_inputs(struct gql_call *call, const struct gql_input_list *list) {
    bool shows_deprecated = gql_arg_bool(call, "includeDeprecated", false);

    gql_list_begin(call);
    for (size_t i = 0; i < list->count; i++)
        if (shows_deprecated || list->items[i].deprecated.ptr == NULL)
            gql_list_add(call, &list->items[i]);
}

/* ---- __EnumValue ---- */

static enum err_code answer_value_deprecation(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct gql_enum_value *)call->parent)->deprecated);
    return OK;
}

static enum err_code answer_value_doc(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct gql_enum_value *)call->parent)->doc);
    return OK;
}

static enum err_code answer_value_is_deprecated(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, ((const struct gql_enum_value *)call->parent)->deprecated.ptr != NULL);
    return OK;
}

static enum err_code answer_value_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct gql_enum_value *)call->parent)->name);
    return OK;
}

static const struct gql_field enum_value_fields[] = {
    { "deprecationReason", "", "String", ANYONE, answer_value_deprecation, NULL },
    { "description", "", "String", ANYONE, answer_value_doc, NULL },
    { "isDeprecated", "", "Boolean!", ANYONE, answer_value_is_deprecated, NULL },
    { "name", "", "String!", ANYONE, answer_value_name, NULL },
};
static const struct gql_type enum_value_type = GQL_TYPE("__EnumValue", enum_value_fields);

/* ---- __Field ---- */

static enum err_code answer_field_args(struct gql_call *call, struct err *err) {
    (void)err;
    put_inputs(call, &((const struct gql_field_def *)call->parent)->args);
    return OK;
}

static enum err_code answer_field_doc(struct gql_call *call, struct err *err) {
    const char *doc = ((const struct gql_field_def *)call->parent)->row->doc;
    (void)err;
    gql_str(call, doc == NULL ? (struct str){ NULL, 0 } : str_from_c(doc));
    return OK;
}

static enum err_code answer_field_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct gql_field_def *)call->parent)->name);
    return OK;
}

static enum err_code answer_field_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct gql_field_def *)call->parent)->type);
    return OK;
}

/* Fields are never deprecated: what is served is meant. */
static const struct gql_field field_fields[] = {
    { "args", "includeDeprecated: Boolean! = false", "[__InputValue!]!", ANYONE, answer_field_args, NULL },
    { "deprecationReason", "", "String", ANYONE, answer_nothing, NULL },
    { "description", "", "String", ANYONE, answer_field_doc, NULL },
    { "isDeprecated", "", "Boolean!", ANYONE, answer_no, NULL },
    { "name", "", "String!", ANYONE, answer_field_name, NULL },
    { "type", "", "__Type!", ANYONE, answer_field_type, NULL },
};
static const struct gql_type field_type = GQL_TYPE("__Field", field_fields);

/* ---- __Type ---- */

/* The type that a __Type names; NULL for a list or non-null. */
static const struct gql_named *named_of(const struct gql_call *call) {
    const struct gql_type_ref *type = call->parent;
    return type->is_non_null || type->is_list ? NULL : type->named;
}

static enum err_code answer_type_doc(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);
    (void)err;
    gql_str(call, type == NULL ? (struct str){ NULL, 0 } : type->doc);
    return OK;
}

static enum err_code answer_type_enum_values(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);
    bool shows_deprecated = gql_arg_bool(call, "includeDeprecated", false);

    (void)err;
    if (type == NULL || type->kind != GQL_NAMED_ENUM)
        return OK;
    gql_list_begin(call);
    for (size_t i = 0; i < type->value_count; i++)
        if (shows_deprecated || type->values[i].deprecated.ptr == NULL)
            gql_list_add(call, &type->values[i]);
    return OK;
}

static enum err_code answer_type_fields(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);

    (void)err;
    if (type == NULL || (type->kind != GQL_NAMED_OBJECT && type->kind != GQL_NAMED_INTERFACE))
        return OK;
    gql_list_begin(call);
    for (size_t i = 0; i < type->field_count; i++)
        gql_list_add(call, &type->fields[i]);
    return OK;
}

static enum err_code answer_type_input_fields(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);

    (void)err;
    if (type != NULL && type->kind == GQL_NAMED_INPUT)
        put_inputs(call, &type->inputs);
    return OK;
}

static void put_types(struct gql_call *call, const struct gql_named *const *types, size_t count) {
    gql_list_begin(call);
    for (size_t i = 0; i < count; i++)
        gql_list_add(call, &types[i]->self);
}

static enum err_code answer_type_interfaces(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);

    (void)err;
    if (type != NULL && (type->kind == GQL_NAMED_OBJECT || type->kind == GQL_NAMED_INTERFACE))
        put_types(call, type->interfaces, type->interface_count);
    return OK;
}

static enum err_code answer_type_is_one_of(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);

    (void)err;
    if (type != NULL && type->kind == GQL_NAMED_INPUT)
        json_bool(call->out, false);
    return OK;
}

static enum err_code answer_type_kind(struct gql_call *call, struct err *err) {
    static const char *const names[] = {
        [GQL_NAMED_SCALAR] = "SCALAR", [GQL_NAMED_OBJECT] = "OBJECT", [GQL_NAMED_INTERFACE] = "INTERFACE",
        [GQL_NAMED_UNION] = "UNION",   [GQL_NAMED_ENUM] = "ENUM",     [GQL_NAMED_INPUT] = "INPUT_OBJECT",
    };
    const struct gql_type_ref *type = call->parent;

    (void)err;
    gql_str(call, str_from_c(type->is_non_null ? "NON_NULL"
                             : type->is_list   ? "LIST"
                                               : names[type->named->kind]));
    return OK;
}

static enum err_code answer_type_name(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);

    (void)err;
    if (type != NULL)
        gql_str(call, type->name);
    return OK;
}

static enum err_code answer_type_of_type(struct gql_call *call, struct err *err) {
    const struct gql_type_ref *type = call->parent;
    struct gql_type_ref nullable = *type;

    (void)err;
    nullable.is_non_null = false;
    gql_object(call, type->is_non_null ? &nullable : type->item);
    return OK;
}

static enum err_code answer_type_possible(struct gql_call *call, struct err *err) {
    const struct gql_named *type = named_of(call);

    (void)err;
    if (type != NULL && (type->kind == GQL_NAMED_INTERFACE || type->kind == GQL_NAMED_UNION))
        put_types(call, type->possible, type->possible_count);
    return OK;
}

static const struct gql_field type_fields[] = {
    { "description", "", "String", ANYONE, answer_type_doc, NULL },
    { "enumValues", "includeDeprecated: Boolean! = false", "[__EnumValue!]", ANYONE, answer_type_enum_values,
      NULL },
    { "fields", "includeDeprecated: Boolean! = false", "[__Field!]", ANYONE, answer_type_fields, NULL },
    { "inputFields", "includeDeprecated: Boolean! = false", "[__InputValue!]", ANYONE,
      answer_type_input_fields, NULL },
    { "interfaces", "", "[__Type!]", ANYONE, answer_type_interfaces, NULL },
    { "isOneOf", "", "Boolean", ANYONE, answer_type_is_one_of, NULL },
    { "kind", "", "__TypeKind!", ANYONE, answer_type_kind, NULL },
    { "name", "", "String", ANYONE, answer_type_name, NULL },
    { "ofType", "", "__Type", ANYONE, answer_type_of_type, NULL },
    { "possibleTypes", "", "[__Type!]", ANYONE, answer_type_possible, NULL },
    { "specifiedByURL", "", "String", ANYONE, answer_nothing, NULL },
};
static const struct gql_type type_type = GQL_TYPE("__Type", type_fields);

/* ---- __Directive ---- */

struct directive {
    const char *name, *doc;
    const char *locations; /* JSON */
    size_t args_at;        /* of its struct gql_input_list in struct gql_schema */
};

static const struct directive directives[] = {
    { "deprecated", "Marks what is served for older clients only.",
      "[\"ARGUMENT_DEFINITION\",\"ENUM_VALUE\",\"FIELD_DEFINITION\",\"INPUT_FIELD_DEFINITION\"]",
      offsetof(struct gql_schema, deprecation) },
    { "include", "Answers the field or fragment only if the argument is true.",
      "[\"FIELD\",\"FRAGMENT_SPREAD\",\"INLINE_FRAGMENT\"]", offsetof(struct gql_schema, condition) },
    { "skip", "Leaves the field or fragment out if the argument is true.",
      "[\"FIELD\",\"FRAGMENT_SPREAD\",\"INLINE_FRAGMENT\"]", offsetof(struct gql_schema, condition) },
};

static enum err_code answer_directive_args(struct gql_call *call, struct err *err) {
    const struct directive *directive = call->parent;
    const char *schema = (const char *)call->execution->schema;

    (void)err;
    put_inputs(call, (const struct gql_input_list *)(const void *)(schema + directive->args_at));
    return OK;
}

static enum err_code answer_directive_doc(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(((const struct directive *)call->parent)->doc));
    return OK;
}

static enum err_code answer_directive_locations(struct gql_call *call, struct err *err) {
    (void)err;
    json_raw(call->out, str_from_c(((const struct directive *)call->parent)->locations));
    return OK;
}

static enum err_code answer_directive_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(((const struct directive *)call->parent)->name));
    return OK;
}

static const struct gql_field directive_fields[] = {
    { "args", "includeDeprecated: Boolean! = false", "[__InputValue!]!", ANYONE, answer_directive_args,
      NULL },
    { "description", "", "String", ANYONE, answer_directive_doc, NULL },
    { "isRepeatable", "", "Boolean!", ANYONE, answer_no, NULL },
    { "locations", "", "[__DirectiveLocation!]!", ANYONE, answer_directive_locations, NULL },
    { "name", "", "String!", ANYONE, answer_directive_name, NULL },
};
static const struct gql_type directive_type = GQL_TYPE("__Directive", directive_fields);

/* ---- __Schema ---- */

static enum err_code answer_schema_directives(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        gql_list_add(call, &directives[i]);
    return OK;
}

static enum err_code answer_schema_mutation(struct gql_call *call, struct err *err) {
    (void)err;
    put_named(call, call->execution->schema->mutation);
    return OK;
}

static enum err_code answer_schema_query(struct gql_call *call, struct err *err) {
    (void)err;
    put_named(call, call->execution->schema->query);
    return OK;
}

static enum err_code answer_schema_types(struct gql_call *call, struct err *err) {
    const struct gql_schema *schema = call->execution->schema;

    (void)err;
    gql_list_begin(call);
    for (size_t i = 0; i < schema->type_count; i++)
        gql_list_add(call, &schema->types[i]->self);
    return OK;
}

static const struct gql_field schema_fields[] = {
    { "description", "", "String", ANYONE, answer_nothing, NULL },
    { "directives", "", "[__Directive!]!", ANYONE, answer_schema_directives, NULL },
    { "mutationType", "", "__Type", ANYONE, answer_schema_mutation, NULL },
    { "queryType", "", "__Type!", ANYONE, answer_schema_query, NULL },
    { "subscriptionType", "", "__Type", ANYONE, answer_nothing, NULL },
    { "types", "", "[__Type!]!", ANYONE, answer_schema_types, NULL },
};
static const struct gql_type schema_type = GQL_TYPE("__Schema", schema_fields);

const struct gql_type *const gql_introspection_types[GQL_INTROSPECTION_TYPES] = {
    &directive_type, &enum_value_type, &field_type, &input_value_type, &schema_type, &type_type,
};

/* ---- where they are asked for ---- */

static enum err_code answer_meta_schema(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, call->execution->schema);
    return OK;
}

static enum err_code answer_meta_type(struct gql_call *call, struct err *err) {
    (void)err;
    put_named(call, gql_type_find(call->execution->schema, gql_arg_str(call, "name")));
    return OK;
}

/* __typename is written by the executor, which knows the object's type. */
const struct gql_field gql_meta_rows[3] = {
    { "__schema", "", "__Schema!", ANYONE, answer_meta_schema, NULL },
    { "__type", "name: String!", "__Type", ANYONE, answer_meta_type, NULL },
    { "__typename", "", "String!", ANYONE, answer_nothing, NULL },
};
