/* usages.c - an operation's variables and the places where they stand, in its fragments too; see
 * validation.h. */
#include "server/graphql/coerce.h"
#include "server/graphql/validation.h"

/* More than any honest document has: the official clients' largest declare about 30. */
enum { VARIABLES_MAX = 500, SHOWN_NAME_MAX = 200 };

static struct str shown(struct str name) {
    return str_slice(name, 0, SHOWN_NAME_MAX);
}

static bool resolve_type(struct gql_validation *validation, const struct gql_variable *variable) {
    struct gql_type_ref *type = variable->type;

    while (type->is_list)
        type = type->item;
    type->named = gql_type_find(validation->schema, type->name);
    if (type->named == NULL)
        gql_complain(validation, type->offset, ERR_BAD_INPUT, "type \"%.*s\" is not defined",
                     STR_ARG(shown(type->name)));
    else if (!gql_type_is_input(type->named))
        gql_complain(validation, type->offset, ERR_BAD_INPUT, "variable \"$%.*s\" cannot be of type \"%.*s\"",
                     STR_ARG(shown(variable->name)), STR_ARG(type->name));
    else
        return true;
    return false;
}

static void declare(struct gql_validation *validation, struct map *declared, struct gql_variable *variable) {
    if (map_find(declared, variable->name) != NULL)
        gql_complain(validation, variable->offset, ERR_BAD_INPUT, "variable \"$%.*s\" is declared twice",
                     STR_ARG(shown(variable->name)));
    map_put(declared, variable->name, variable);
    gql_check_directives(validation, variable->directives, false);
    if (resolve_type(validation, variable) && variable->default_value != NULL)
        gql_check_value(validation, variable->default_value, variable->type, false);
}

static bool type_fits(const struct gql_type_ref *type, const struct gql_type_ref *place) {
    for (;; type = type->item, place = place->item) {
        if (type->is_list != place->is_list || (place->is_non_null && !type->is_non_null))
            return false;
        if (!type->is_list)
            return type->named == place->named;
    }
}

/* A nullable variable may stand in a non-null place when either has a default: null is then refused when it
 * comes. */
static bool may_stand(const struct gql_variable *variable, const struct gql_usage *usage) {
    bool has_default = usage->has_default ||
                       (variable->default_value != NULL && variable->default_value->kind != GQL_VALUE_NULL);
    if (!usage->type->is_non_null || variable->type->is_non_null || !has_default)
        return type_fits(variable->type, usage->type);
    struct gql_type_ref nullable = *usage->type;
    nullable.is_non_null = false;
    return type_fits(variable->type, &nullable);
}

static void check_usage(struct gql_validation *validation, const struct map *declared,
                        const struct gql_usage *usage) {
    const struct gql_variable *variable = map_find(declared, usage->name);

    if (variable == NULL) {
        gql_complain(validation, usage->offset, ERR_BAD_INPUT, "variable \"$%.*s\" is not declared",
                     STR_ARG(shown(usage->name)));
        return;
    }
    if (usage->type == NULL || gql_innermost(variable->type) == NULL || may_stand(variable, usage))
        return;
    struct str type = gql_type_ref_text(variable->type, validation->arena);
    struct str place = gql_type_ref_text(usage->type, validation->arena);
    gql_complain(validation, usage->offset, ERR_BAD_INPUT,
                 "variable \"$%.*s\" of type \"%.*s\" cannot stand where type \"%.*s\" is expected",
                 STR_ARG(shown(variable->name)), STR_ARG(shown(type)), STR_ARG(shown(place)));
}

/* Depth is bounded: gql_measure has followed the same ways. */
static void check_scope(struct gql_validation *validation, const struct map *declared,
                        const struct gql_scope *scope, uint32_t operation) {
    for (const struct gql_usage *usage = scope->usages; usage != NULL; usage = usage->next)
        check_usage(validation, declared, usage);
    for (const struct gql_spread_list *spread = scope->spreads; spread != NULL; spread = spread->next) {
        if (spread->fragment->last_operation == operation)
            continue;
        spread->fragment->last_operation = operation;
        check_scope(validation, declared, &spread->fragment->scope, operation);
    }
}

void gql_check_variables(struct gql_validation *validation, struct gql_operation *operation) {
    if (operation->variable_count > VARIABLES_MAX) {
        gql_complain(validation, operation->offset, ERR_TOO_LARGE,
                     "an operation declares more than %d variables", VARIABLES_MAX);
        return;
    }
    struct map *declared = map_create(NULL);
    for (struct gql_variable *variable = operation->variables; variable != NULL; variable = variable->next)
        declare(validation, declared, variable);
    check_scope(validation, declared, &operation->scope, operation->number);
    map_destroy(declared);
}
