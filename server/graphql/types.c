/* types.c - see types.h: questions about the types of a finished schema. */
#include "server/graphql/types.h"

struct gql_named *gql_type_find(const struct gql_schema *schema, struct str name) {
    return map_find(schema->by_name, name);
}

static const struct gql_field_def *meta_field(const struct gql_schema *schema, const struct gql_named *type,
                                              struct str name) {
    if (str_eq(name, schema->meta_typename.name))
        return &schema->meta_typename;
    if (type != schema->query)
        return NULL;
    if (str_eq(name, schema->meta_schema.name))
        return &schema->meta_schema;
    return str_eq(name, schema->meta_type.name) ? &schema->meta_type : NULL;
}

const struct gql_field_def *gql_type_field(const struct gql_schema *schema, const struct gql_named *type,
                                           struct str name) {
    if (str_starts_with(name, STR("__")))
        return meta_field(schema, type, name);
    for (size_t first = 0, end = type->field_count; first < end;) {
        size_t middle = first + (end - first) / 2;
        int order = str_compare(name, type->fields[middle].name);
        if (order == 0)
            return &type->fields[middle];
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return NULL;
}

const struct gql_input_def *gql_input_find(const struct gql_input_list *list, struct str name) {
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

const struct gql_enum_value *gql_enum_find(const struct gql_named *type, struct str name) {
    for (size_t i = 0; i < type->value_count; i++)
        if (str_eq(type->values[i].name, name))
            return &type->values[i];
    return NULL;
}

bool gql_type_is_composite(const struct gql_named *type) {
    return type->kind == GQL_NAMED_OBJECT || type->kind == GQL_NAMED_INTERFACE ||
           type->kind == GQL_NAMED_UNION;
}

bool gql_type_is_input(const struct gql_named *type) {
    return !gql_type_is_composite(type);
}

bool gql_type_includes(const struct gql_named *type, const struct gql_named *object) {
    if (type == object)
        return true;
    for (size_t i = 0; i < type->possible_count; i++)
        if (type->possible[i] == object)
            return true;
    return false;
}

bool gql_types_overlap(const struct gql_named *a, const struct gql_named *b) {
    if (a == b)
        return true;
    if (a->kind == GQL_NAMED_OBJECT)
        return gql_type_includes(b, a);
    for (size_t i = 0; i < a->possible_count; i++)
        if (gql_type_includes(b, a->possible[i]))
            return true;
    return false;
}

const struct gql_named *gql_innermost(const struct gql_type_ref *type) {
    while (type->is_list)
        type = type->item;
    return type->named;
}

bool gql_type_ref_equal(const struct gql_type_ref *a, const struct gql_type_ref *b) {
    for (;; a = a->item, b = b->item) {
        if (a->is_list != b->is_list || a->is_non_null != b->is_non_null)
            return false;
        if (!a->is_list)
            return a->named == b->named;
    }
}

struct str gql_type_ref_text(const struct gql_type_ref *type, struct arena *arena) {
    const char *bang = type->is_non_null ? "!" : "";
    if (!type->is_list)
        return arena_printf(arena, "%.*s%s", STR_ARG(type->name), bang);
    struct str item = gql_type_ref_text(type->item, arena);
    return arena_printf(arena, "[%.*s]%s", STR_ARG(item), bang);
}

bool gql_input_is_required(const struct gql_input_def *input) {
    return input->type->is_non_null && input->default_value == NULL;
}
