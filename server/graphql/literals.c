/* literals.c - the values that a document writes down, against the types of their places; see validation.h.
 */
#include "server/graphql/coerce.h"
#include "server/graphql/validation.h"

enum { SHOWN_NAME_MAX = 200 };

static struct str shown(struct str name) {
    return str_slice(name, 0, SHOWN_NAME_MAX);
}

static void note_usage(struct gql_validation *validation, const struct gql_value *value,
                       const struct gql_type_ref *type, bool has_default) {
    struct gql_usage *usage = ARENA_NEW(validation->arena, struct gql_usage);

    usage->name = value->text;
    usage->offset = value->offset;
    usage->type = type;
    usage->has_default = has_default;
    usage->next = validation->scope->usages;
    validation->scope->usages = usage;
}

/* Calls complain for names that stand twice; a map, because a JSON literal may have very many members. */
static void check_single(struct gql_validation *validation, const struct gql_argument *arguments,
                         const char *what) {
    if (arguments == NULL || arguments->next == NULL)
        return;
    struct map *seen = map_create(NULL);
    for (; arguments != NULL; arguments = arguments->next) {
        if (map_find(seen, arguments->name) != NULL)
            gql_complain(validation, arguments->offset, ERR_BAD_INPUT, "%s \"%.*s\" is given twice", what,
                         STR_ARG(shown(arguments->name)));
        map_put(seen, arguments->name, validation);
    }
    map_destroy(seen);
}

/* In a scalar that takes any JSON. */
static void check_any(struct gql_validation *validation, const struct gql_value *value) {
    if (value->kind == GQL_VALUE_VARIABLE)
        note_usage(validation, value, NULL, false);
    check_single(validation, value->members, "field");
    for (const struct gql_value *item = value->items; item != NULL; item = item->next)
        check_any(validation, item);
    for (const struct gql_argument *member = value->members; member != NULL; member = member->next)
        check_any(validation, &member->value);
}

static const struct gql_argument *find_argument(const struct gql_argument *arguments, struct str name) {
    while (arguments != NULL && !str_eq(arguments->name, name))
        arguments = arguments->next;
    return arguments;
}

static void check_object(struct gql_validation *validation, const struct gql_value *value,
                         const struct gql_named *type) {
    check_single(validation, value->members, "field");
    for (const struct gql_argument *member = value->members; member != NULL; member = member->next) {
        const struct gql_input_def *input = gql_input_find(&type->inputs, member->name);
        if (input == NULL)
            gql_complain(validation, member->offset, ERR_BAD_INPUT,
                         "field \"%.*s\" is not defined by type \"%.*s\"", STR_ARG(shown(member->name)),
                         STR_ARG(type->name));
        else
            gql_check_value(validation, &member->value, input->type, input->default_value != NULL);
    }
    for (size_t i = 0; i < type->inputs.count; i++) {
        const struct gql_input_def *input = &type->inputs.items[i];
        if (gql_input_is_required(input) && find_argument(value->members, input->name) == NULL)
            gql_complain(validation, value->offset, ERR_BAD_INPUT,
                         "field \"%.*s\" of type \"%.*s\" is required", STR_ARG(input->name),
                         STR_ARG(type->name));
    }
}

/* A single value, of a named type. */
static void check_leaf(struct gql_validation *validation, const struct gql_value *value,
                       const struct gql_type_ref *type) {
    const struct json_value *json;
    struct err err = { 0 };

    if (type->named->kind == GQL_NAMED_SCALAR && type->named->scalar == GQL_SCALAR_ANY)
        check_any(validation, value);
    else if (type->named->kind == GQL_NAMED_INPUT && value->kind == GQL_VALUE_OBJECT)
        check_object(validation, value, type->named);
    else if (gql_coerce_literal(&json, value, type, NULL, validation->arena, &err) != OK)
        gql_failures_add(validation->failures, &err, value->offset, (struct str){ NULL, 0 });
}

void gql_check_value(struct gql_validation *validation, const struct gql_value *value,
                     const struct gql_type_ref *type, bool has_default) {
    if (value->kind == GQL_VALUE_VARIABLE) {
        note_usage(validation, value, type, has_default);
        return;
    }
    if (value->kind == GQL_VALUE_NULL) {
        if (type->is_non_null) {
            struct str wanted = gql_type_ref_text(type, validation->arena);
            gql_complain(validation, value->offset, ERR_BAD_INPUT, "expected type \"%.*s\", got null",
                         STR_ARG(wanted));
        }
        return;
    }
    if (!type->is_list) {
        check_leaf(validation, value, type);
        return;
    }
    if (value->kind != GQL_VALUE_LIST) {
        gql_check_value(validation, value, type->item, false);
        return;
    }
    for (const struct gql_value *item = value->items; item != NULL; item = item->next)
        gql_check_value(validation, item, type->item, false);
}

void gql_check_arguments(struct gql_validation *validation, const struct gql_argument *arguments,
                         const struct gql_input_list *declared, uint32_t offset, struct str owner) {
    check_single(validation, arguments, "argument");
    for (const struct gql_argument *argument = arguments; argument != NULL; argument = argument->next) {
        const struct gql_input_def *input = gql_input_find(declared, argument->name);
        if (input == NULL)
            gql_complain(validation, argument->offset, ERR_BAD_INPUT,
                         "argument \"%.*s\" is not defined by %.*s", STR_ARG(shown(argument->name)),
                         STR_ARG(owner));
        else
            gql_check_value(validation, &argument->value, input->type, input->default_value != NULL);
    }
    for (size_t i = 0; i < declared->count; i++)
        if (gql_input_is_required(&declared->items[i]) &&
            find_argument(arguments, declared->items[i].name) == NULL)
            gql_complain(validation, offset, ERR_BAD_INPUT, "argument \"%.*s\" of %.*s is required",
                         STR_ARG(declared->items[i].name), STR_ARG(owner));
}

void gql_check_directives(struct gql_validation *validation, const struct gql_directive *directives,
                          bool is_selection) {
    const struct gql_directive *skip = NULL, *include = NULL;

    for (; directives != NULL; directives = directives->next) {
        bool is_skip = str_eq(directives->name, STR("skip"));
        const struct gql_directive **seen = is_skip ? &skip : &include;
        if (!is_skip && !str_eq(directives->name, STR("include"))) {
            gql_complain(validation, directives->offset, ERR_BAD_INPUT, "directive \"@%.*s\" is not defined",
                         STR_ARG(shown(directives->name)));
            continue;
        }
        if (!is_selection)
            gql_complain(validation, directives->offset, ERR_BAD_INPUT,
                         "directive \"@%.*s\" cannot stand here", STR_ARG(directives->name));
        if (*seen != NULL)
            gql_complain(validation, directives->offset, ERR_BAD_INPUT, "directive \"@%.*s\" is given twice",
                         STR_ARG(directives->name));
        *seen = directives;
        gql_check_arguments(
            validation, directives->arguments, &validation->schema->condition, directives->offset,
            arena_printf(validation->arena, "directive \"@%.*s\"", STR_ARG(directives->name)));
    }
}
