/* validate.c - see validate.h: names to fields and types, and the order of the checks. */
#include "server/graphql/validate.h"

#include "server/graphql/validation.h"

void gql_complain(struct gql_validation *validation, uint32_t offset, enum err_code code, const char *format,
                  ...) {
    struct err err = { .code = code };
    va_list args;

    va_start(args, format);
    (void)vsnprintf(err.message, sizeof err.message, format, args);
    va_end(args);
    gql_failures_add(validation->failures, &err, offset, (struct str){ NULL, 0 });
}

enum { SHOWN_NAME_MAX = 200 };

static struct str shown(struct str name) {
    return str_slice(name, 0, SHOWN_NAME_MAX);
}

/* ---- selections ---- */

static void walk(struct gql_validation *validation, struct gql_selection *selection,
                 const struct gql_named *parent);

static void check_has_selections(struct gql_validation *validation, const struct gql_selection *field) {
    bool is_composite = gql_type_is_composite(gql_innermost(field->def->type));

    if (is_composite == (field->selections != NULL))
        return;
    struct str type = gql_type_ref_text(field->def->type, validation->arena);
    gql_complain(validation, field->offset, ERR_BAD_INPUT,
                 is_composite ? "field \"%.*s\" of type \"%.*s\" needs a selection of its fields"
                              : "field \"%.*s\" of type \"%.*s\" has no fields to select",
                 STR_ARG(field->name), STR_ARG(type));
}

static void walk_field(struct gql_validation *validation, struct gql_selection *field,
                       const struct gql_named *parent) {
    field->parent = parent;
    field->def = gql_type_field(validation->schema, parent, field->name);
    if (field->def == NULL) {
        /* The official client matches this sentence to find out what a server knows. */
        gql_complain(validation, field->offset, ERR_BAD_INPUT,
                     "Cannot query field \"%.*s\" on type \"%.*s\".", STR_ARG(shown(field->name)),
                     STR_ARG(parent->name));
        return;
    }
    gql_check_arguments(
        validation, field->arguments, &field->def->args, field->offset,
        arena_printf(validation->arena, "field \"%.*s.%.*s\"", STR_ARG(parent->name), STR_ARG(field->name)));
    gql_check_directives(validation, field->directives, true);
    check_has_selections(validation, field);
    if (field->selections != NULL)
        walk(validation, field->selections, gql_innermost(field->def->type));
}

static const struct gql_named *find_condition(struct gql_validation *validation, struct str name,
                                              uint32_t offset) {
    const struct gql_named *type = gql_type_find(validation->schema, name);

    if (type == NULL)
        gql_complain(validation, offset, ERR_BAD_INPUT, "type \"%.*s\" is not defined", STR_ARG(shown(name)));
    else if (!gql_type_is_composite(type))
        gql_complain(validation, offset, ERR_BAD_INPUT,
                     "a fragment cannot be on type \"%.*s\", which has no fields", STR_ARG(name));
    else
        return type;
    return NULL;
}

static void check_overlap(struct gql_validation *validation, uint32_t offset, const struct gql_named *parent,
                          const struct gql_named *condition) {
    if (!gql_types_overlap(parent, condition))
        gql_complain(validation, offset, ERR_BAD_INPUT,
                     "an object of type \"%.*s\" is never of type \"%.*s\"", STR_ARG(parent->name),
                     STR_ARG(condition->name));
}

static void walk_inline(struct gql_validation *validation, struct gql_selection *inside,
                        const struct gql_named *parent) {
    inside->parent =
        inside->name.len == 0 ? parent : find_condition(validation, inside->name, inside->offset);
    gql_check_directives(validation, inside->directives, true);
    if (inside->parent == NULL)
        return;
    check_overlap(validation, inside->offset, parent, inside->parent);
    walk(validation, inside->selections, inside->parent);
}

static void walk_spread(struct gql_validation *validation, struct gql_selection *spread,
                        const struct gql_named *parent) {
    spread->fragment = map_find(validation->fragments, spread->name);
    gql_check_directives(validation, spread->directives, true);
    if (spread->fragment == NULL) {
        gql_complain(validation, spread->offset, ERR_BAD_INPUT, "fragment \"%.*s\" is not defined",
                     STR_ARG(shown(spread->name)));
        return;
    }
    struct gql_spread_list *item = ARENA_NEW(validation->arena, struct gql_spread_list);
    item->fragment = spread->fragment;
    item->next = validation->scope->spreads;
    validation->scope->spreads = item;
    if (spread->fragment->type != NULL)
        check_overlap(validation, spread->offset, parent, spread->fragment->type);
}

static void walk(struct gql_validation *validation, struct gql_selection *selection,
                 const struct gql_named *parent) {
    for (; selection != NULL; selection = selection->next) {
        if (selection->kind == GQL_SELECT_FIELD)
            walk_field(validation, selection, parent);
        else if (selection->kind == GQL_SELECT_INLINE)
            walk_inline(validation, selection, parent);
        else
            walk_spread(validation, selection, parent);
    }
}

/* ---- definitions ---- */

static void index_fragments(struct gql_validation *validation) {
    for (struct gql_fragment *fragment = validation->document->fragments; fragment != NULL;
         fragment = fragment->next) {
        if (map_find(validation->fragments, fragment->name) != NULL)
            gql_complain(validation, fragment->offset, ERR_BAD_INPUT, "fragment \"%.*s\" is defined twice",
                         STR_ARG(shown(fragment->name)));
        map_put(validation->fragments, fragment->name, fragment);
        fragment->type = find_condition(validation, fragment->condition, fragment->offset);
    }
}

/* Few operations are allowed, so comparing each with each is cheap. */
static void check_operation_name(struct gql_validation *validation, const struct gql_operation *operation) {
    if (operation->name.len == 0 && validation->document->operation_count > 1)
        gql_complain(validation, operation->offset, ERR_BAD_INPUT,
                     "an operation without a name must be the only one of its document");
    for (const struct gql_operation *other = validation->document->operations; other != operation;
         other = other->next)
        if (operation->name.len > 0 && str_eq(other->name, operation->name)) {
            gql_complain(validation, operation->offset, ERR_BAD_INPUT, "operation \"%.*s\" is defined twice",
                         STR_ARG(shown(operation->name)));
            return;
        }
}

static void walk_operation(struct gql_validation *validation, struct gql_operation *operation) {
    static const char *const names[] = { "query", "mutation", "subscription" };
    const struct gql_named *const roots[] = { validation->schema->query, validation->schema->mutation, NULL };

    check_operation_name(validation, operation);
    operation->root = roots[operation->kind];
    if (operation->root == NULL) {
        gql_complain(validation, operation->offset, ERR_BAD_INPUT, "this schema has no %s",
                     names[operation->kind]);
        return;
    }
    validation->scope = &operation->scope;
    gql_check_directives(validation, operation->directives, false);
    walk(validation, operation->selections, operation->root);
}

static void walk_all(struct gql_validation *validation) {
    index_fragments(validation);
    for (struct gql_fragment *fragment = validation->document->fragments; fragment != NULL;
         fragment = fragment->next) {
        validation->scope = &fragment->scope;
        gql_check_directives(validation, fragment->directives, false);
        if (fragment->type != NULL)
            walk(validation, fragment->selections, fragment->type);
    }
    for (struct gql_operation *operation = validation->document->operations; operation != NULL;
         operation = operation->next)
        walk_operation(validation, operation);
}

static void check_operations(struct gql_validation *validation) {
    uint32_t number = 0;
    for (struct gql_operation *operation = validation->document->operations; operation != NULL;
         operation = operation->next) {
        operation->number = ++number;
        gql_check_variables(validation, operation);
    }
}

bool gql_validate(struct gql_document *document, const struct gql_schema *schema,
                  const struct gql_limits *limits, struct gql_failures *failures) {
    struct gql_validation validation = { .schema = schema,
                                         .document = document,
                                         .limits = limits,
                                         .failures = failures,
                                         .arena = failures->arena,
                                         .fragments = map_create(NULL) };

    walk_all(&validation);
    if (failures->count == 0)
        gql_measure(&validation);
    if (failures->count == 0)
        check_operations(&validation);
    if (failures->count == 0)
        gql_check_merging(&validation);
    map_destroy(validation.fragments);
    return failures->count == 0;
}
