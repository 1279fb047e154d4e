/* schema.c - builds the schema from tables and SDL, and refuses tables that contradict themselves. */
#include "server/graphql/coerce.h"
#include "server/graphql/sdl.h"

#include <assert.h>

enum { FIRST_TYPE_ROOM = 64, MAX_OBJECT_LISTS = 1 };

static const char language_sdl[] = "\"Text, as UTF-8.\" scalar String "
                                   "\"A whole number of 32 bits.\" scalar Int "
                                   "\"A number with a fraction, of double precision.\" scalar Float "
                                   "\"true or false.\" scalar Boolean "
                                   "\"Names one object; opaque.\" scalar ID ";

enum err_code gql_schema_add(struct gql_schema *schema, struct gql_named *type, struct err *err) {
    if (gql_type_find(schema, type->name) != NULL)
        return err_set(err, ERR_INTERNAL, "type \"%.*s\" is defined twice", STR_ARG(type->name));
    if (!type->is_ours && str_starts_with(type->name, STR("__")))
        return err_set(err, ERR_INTERNAL, "type \"%.*s\" has a name that is reserved", STR_ARG(type->name));
    if (schema->type_count == schema->type_room) {
        size_t room = schema->type_room == 0 ? FIRST_TYPE_ROOM : schema->type_room * 2;
        schema->types =
            arena_grow(schema->arena, schema->types, schema->type_count, room, sizeof *schema->types);
        schema->type_room = room;
    }
    type->self = (struct gql_type_ref){ .name = type->name, .named = type };
    schema->types[schema->type_count++] = type;
    map_put(schema->by_name, type->name, type);
    return OK;
}

static enum err_code add_table(struct gql_schema *schema, const struct gql_type *table, bool is_ours,
                               struct err *err) {
    struct gql_named *type = ARENA_NEW(schema->arena, struct gql_named);

    type->name = str_from_c(table->name);
    if (table->doc != NULL)
        type->doc = str_from_c(table->doc);
    type->kind = table->kind == GQL_INTERFACE ? GQL_NAMED_INTERFACE : GQL_NAMED_OBJECT;
    type->is_ours = is_ours;
    type->table = table;
    return gql_schema_add(schema, type, err);
}

static enum err_code add_all(struct gql_schema *schema, const struct gql_schema_parts *parts,
                             struct err *err) {
    TRY(gql_sdl_read(schema, language_sdl, true, err));
    TRY(gql_sdl_read(schema, gql_introspection_sdl, true, err));
    for (size_t i = 0; i < GQL_INTROSPECTION_TYPES; i++)
        TRY(add_table(schema, gql_introspection_types[i], true, err));
    for (size_t i = 0; i < parts->type_count; i++)
        TRY(add_table(schema, parts->types[i], false, err));
    /* Names are borrowed from the text, which the caller may have put together only for this call. */
    return gql_sdl_read(schema, arena_copy_c(schema->arena, str_from_c(parts->sdl)), false, err);
}

static int compare_types(const void *a, const void *b) {
    const struct gql_named *const *left = a;
    const struct gql_named *const *right = b;
    return str_compare((*left)->name, (*right)->name);
}

/* ---- names to types ---- */

static enum err_code resolve_type_ref(const struct gql_schema *schema, struct gql_type_ref *type,
                                      struct err *err) {
    while (type->is_list)
        type = type->item;
    type->named = gql_type_find(schema, type->name);
    if (type->named == NULL)
        return err_set(err, ERR_INTERNAL, "type \"%.*s\" is not defined", STR_ARG(type->name));
    return OK;
}

static enum err_code resolve_inputs(const struct gql_schema *schema, struct gql_input_list *list,
                                    struct err *err) {
    for (size_t i = 0; i < list->count; i++) {
        struct gql_input_def *input = &list->items[i];
        TRY(resolve_type_ref(schema, input->type, err));
        if (!gql_type_is_input(gql_innermost(input->type)))
            return err_set(err, ERR_INTERNAL, "\"%.*s\" must be a scalar, an enum or an input",
                           STR_ARG(input->name));
    }
    return OK;
}

static unsigned list_depth(const struct gql_type_ref *type) {
    unsigned depth = 0;
    for (; type->is_list; type = type->item)
        depth++;
    return depth;
}

static enum err_code resolve_field(const struct gql_schema *schema, struct gql_field_def *field,
                                   struct err *err) {
    const struct gql_field *row = field->row;

    if (row->who == 0)
        return err_set(err, ERR_INTERNAL, "nobody is said to be allowed to ask");
    if (row->answer == NULL && field->owner->kind == GQL_NAMED_OBJECT)
        return err_set(err, ERR_INTERNAL, "nothing answers");
    TRY(gql_sdl_read_type(&field->type, row->type, schema->arena, err));
    TRY(resolve_type_ref(schema, field->type, err));
    const struct gql_named *named = gql_innermost(field->type);
    if (named->kind == GQL_NAMED_INPUT)
        return err_set(err, ERR_INTERNAL, "a field cannot be of an input type");
    if (gql_type_is_composite(named) && list_depth(field->type) > MAX_OBJECT_LISTS)
        return err_set(err, ERR_INTERNAL, "lists of lists of objects are not supported");
    TRY(gql_sdl_read_arguments(&field->args, row->args, schema->arena, err));
    return resolve_inputs(schema, &field->args, err);
}

static enum err_code resolve_fields(const struct gql_schema *schema, struct gql_named *type,
                                    struct err *err) {
    size_t count = type->table->field_count;

    type->fields = ARENA_ARRAY(schema->arena, struct gql_field_def, count);
    type->field_count = count;
    if (count == 0)
        return err_set(err, ERR_INTERNAL, "it has no fields");
    for (size_t i = 0; i < count; i++) {
        struct gql_field_def *field = &type->fields[i];
        field->row = &type->table->fields[i];
        field->name = str_from_c(field->row->name);
        field->owner = type;
        if (i > 0 && str_compare(type->fields[i - 1].name, field->name) >= 0)
            return err_set(err, ERR_INTERNAL, "field \"%s\" is not in its place: rows are sorted by name",
                           field->row->name);
        if (resolve_field(schema, field, err) != OK)
            return err_add_context(err, "field \"%s\"", field->row->name);
    }
    return OK;
}

static void add_possible(const struct gql_schema *schema, struct gql_named *type,
                         const struct gql_named *object) {
    type->possible = arena_grow(schema->arena, type->possible, type->possible_count, type->possible_count + 1,
                                sizeof *type->possible);
    type->possible[type->possible_count++] = object;
}

static enum err_code resolve_members(const struct gql_schema *schema, struct gql_named *type,
                                     struct err *err) {
    for (size_t i = 0; i < type->member_count; i++) {
        const struct gql_named *member = gql_type_find(schema, type->member_names[i]);
        if (member == NULL || member->kind != GQL_NAMED_OBJECT)
            return err_set(err, ERR_INTERNAL, "member \"%.*s\" is not an object type",
                           STR_ARG(type->member_names[i]));
        if (gql_type_includes(type, member))
            return err_set(err, ERR_INTERNAL, "member \"%.*s\" stands twice", STR_ARG(type->member_names[i]));
        add_possible(schema, type, member);
    }
    if (type->possible_count > 0)
        qsort(type->possible, type->possible_count, sizeof *type->possible, compare_types);
    return OK;
}

static enum err_code resolve_type(const struct gql_schema *schema, struct gql_named *type, struct err *err) {
    switch (type->kind) {
    case GQL_NAMED_OBJECT:
    case GQL_NAMED_INTERFACE:
        return resolve_fields(schema, type, err);
    case GQL_NAMED_INPUT:
        if (type->inputs.count == 0)
            return err_set(err, ERR_INTERNAL, "it has no fields");
        return resolve_inputs(schema, &type->inputs, err);
    case GQL_NAMED_UNION:
        return resolve_members(schema, type, err);
    case GQL_NAMED_ENUM:
        return type->value_count == 0 ? err_set(err, ERR_INTERNAL, "it has no values") : OK;
    case GQL_NAMED_SCALAR:
        return OK;
    }
    return OK;
}

/* ---- interfaces ---- */

static bool named_may_stand_for(const struct gql_named *type, const struct gql_named *wanted) {
    return type == wanted || (type->kind == GQL_NAMED_OBJECT && gql_type_includes(wanted, type));
}

/* An object's field may promise more than its interface: an object for an interface, non-null for nullable.
 */
static bool may_stand_for(const struct gql_type_ref *type, const struct gql_type_ref *wanted) {
    for (;; type = type->item, wanted = wanted->item) {
        if (type->is_list != wanted->is_list || (wanted->is_non_null && !type->is_non_null))
            return false;
        if (!type->is_list)
            return named_may_stand_for(type->named, wanted->named);
    }
}

static enum err_code check_arguments_fulfil(const struct gql_field_def *field,
                                            const struct gql_field_def *wanted, struct err *err) {
    for (size_t i = 0; i < wanted->args.count; i++) {
        const struct gql_input_def *argument = gql_input_find(&field->args, wanted->args.items[i].name);
        if (argument == NULL || !gql_type_ref_equal(argument->type, wanted->args.items[i].type))
            return err_set(err, ERR_INTERNAL,
                           "argument \"%.*s\" of field \"%.*s\" is missing or of another type",
                           STR_ARG(wanted->args.items[i].name), STR_ARG(field->name));
    }
    for (size_t i = 0; i < field->args.count; i++)
        if (gql_input_find(&wanted->args, field->args.items[i].name) == NULL &&
            gql_input_is_required(&field->args.items[i]))
            return err_set(err, ERR_INTERNAL, "argument \"%.*s\" of field \"%.*s\" must not be required",
                           STR_ARG(field->args.items[i].name), STR_ARG(field->name));
    return OK;
}

static enum err_code check_fulfils(const struct gql_schema *schema, const struct gql_named *object,
                                   const struct gql_named *interface, struct err *err) {
    for (size_t i = 0; i < interface->field_count; i++) {
        const struct gql_field_def *wanted = &interface->fields[i];
        const struct gql_field_def *field = gql_type_field(schema, object, wanted->name);
        if (field == NULL)
            return err_set(err, ERR_INTERNAL, "field \"%.*s\" is missing", STR_ARG(wanted->name));
        if (!may_stand_for(field->type, wanted->type))
            return err_set(err, ERR_INTERNAL, "field \"%.*s\" is of another type", STR_ARG(field->name));
        TRY(check_arguments_fulfil(field, wanted, err));
    }
    return OK;
}

static enum err_code add_interface(const struct gql_schema *schema, struct gql_named *object, struct str name,
                                   struct err *err) {
    struct gql_named *interface = gql_type_find(schema, name);

    if (interface == NULL || interface->kind != GQL_NAMED_INTERFACE)
        return err_set(err, ERR_INTERNAL, "\"%.*s\" is not an interface", STR_ARG(name));
    add_possible(schema, interface, object);
    object->interfaces = arena_grow(schema->arena, object->interfaces, object->interface_count,
                                    object->interface_count + 1, sizeof *object->interfaces);
    object->interfaces[object->interface_count++] = interface;
    return OK;
}

static enum err_code link_interfaces(const struct gql_schema *schema, struct gql_named *object,
                                     struct err *err) {
    if (object->kind != GQL_NAMED_OBJECT || object->table->implements == NULL)
        return OK;
    struct str name, rest = str_from_c(object->table->implements);
    bool goes_on;
    do {
        goes_on = str_cut(rest, '&', &name, &rest);
        TRY(add_interface(schema, object, str_trim(name), err));
    } while (goes_on);
    qsort(object->interfaces, object->interface_count, sizeof *object->interfaces, compare_types);
    return OK;
}

static enum err_code check_interfaces(const struct gql_schema *schema, const struct gql_named *object,
                                      struct err *err) {
    for (size_t i = 0; i < object->interface_count; i++)
        if (check_fulfils(schema, object, object->interfaces[i], err) != OK)
            return err_add_context(err, "interface \"%.*s\"", STR_ARG(object->interfaces[i]->name));
    return OK;
}

/* ---- defaults ---- */

static enum err_code fill_defaults_of_type(const struct gql_schema *schema, struct gql_named *type,
                                           struct err *err);

/* An input's default may leave out members that have defaults of their own, so those come first. */
static enum err_code fill_defaults(const struct gql_schema *schema, struct gql_input_list *list,
                                   struct err *err) {
    for (size_t i = 0; i < list->count; i++) {
        struct gql_input_def *input = &list->items[i];
        if (input->default_value == NULL)
            continue;
        TRY(fill_defaults_of_type(schema, gql_type_find(schema, gql_innermost(input->type)->name), err));
        if (gql_coerce_literal(&input->default_json, input->default_value, input->type, NULL, schema->arena,
                               err) != OK) {
            (void)err_add_context(err, "default of \"%.*s\"", STR_ARG(input->name));
            err->code = ERR_INTERNAL;
            return ERR_INTERNAL;
        }
    }
    return OK;
}

static enum err_code fill_defaults_of_type(const struct gql_schema *schema, struct gql_named *type,
                                           struct err *err) {
    if (type->has_defaults)
        return OK;
    type->has_defaults = true;
    TRY(fill_defaults(schema, &type->inputs, err));
    for (size_t i = 0; i < type->field_count; i++)
        if (fill_defaults(schema, &type->fields[i].args, err) != OK)
            return err_add_context(err, "field \"%s\"", type->fields[i].row->name);
    return OK;
}

/* ---- the whole ---- */

typedef enum err_code type_step(const struct gql_schema *schema, struct gql_named *type, struct err *err);

static enum err_code check_type_interfaces(const struct gql_schema *schema, struct gql_named *type,
                                           struct err *err) {
    return check_interfaces(schema, type, err);
}

static enum err_code for_each_type(const struct gql_schema *schema, type_step *step, struct err *err) {
    for (size_t i = 0; i < schema->type_count; i++)
        if (step(schema, schema->types[i], err) != OK)
            return err_add_context(err, "type \"%.*s\"", STR_ARG(schema->types[i]->name));
    return OK;
}

static enum err_code find_root(const struct gql_schema *schema, struct str name, const struct gql_named **out,
                               struct err *err) {
    *out = gql_type_find(schema, name);
    if (*out != NULL && (*out)->kind != GQL_NAMED_OBJECT)
        return err_set(err, ERR_INTERNAL, "type \"%.*s\" must be an object type", STR_ARG(name));
    return OK;
}

static enum err_code resolve_meta_field(const struct gql_schema *schema, struct gql_field_def *field,
                                        const struct gql_field *row, struct err *err) {
    field->row = row;
    field->name = str_from_c(row->name);
    field->owner = schema->query;
    TRY(resolve_field(schema, field, err));
    return fill_defaults(schema, &field->args, err);
}

static enum err_code find_roots(struct gql_schema *schema, struct err *err) {
    TRY(find_root(schema, STR("Query"), &schema->query, err));
    TRY(find_root(schema, STR("Mutation"), &schema->mutation, err));
    if (schema->query == NULL)
        return err_set(err, ERR_INTERNAL, "there is no type \"Query\"");
    TRY(gql_sdl_read_arguments(&schema->condition, "if: Boolean!", schema->arena, err));
    TRY(resolve_inputs(schema, &schema->condition, err));
    TRY(gql_sdl_read_arguments(&schema->deprecation, "reason: String = \"No longer supported\"",
                               schema->arena, err));
    TRY(resolve_inputs(schema, &schema->deprecation, err));
    TRY(resolve_meta_field(schema, &schema->meta_schema, &gql_meta_rows[0], err));
    TRY(resolve_meta_field(schema, &schema->meta_type, &gql_meta_rows[1], err));
    return resolve_meta_field(schema, &schema->meta_typename, &gql_meta_rows[2], err);
}

static enum err_code build(struct gql_schema *schema, const struct gql_schema_parts *parts, struct err *err) {
    schema->may_ask = parts->may_ask;
    TRY(add_all(schema, parts, err));
    qsort(schema->types, schema->type_count, sizeof(struct gql_named *), compare_types);
    TRY(for_each_type(schema, resolve_type, err));
    TRY(for_each_type(schema, link_interfaces, err));
    TRY(for_each_type(schema, check_type_interfaces, err));
    TRY(for_each_type(schema, fill_defaults_of_type, err));
    return find_roots(schema, err);
}

enum err_code gql_schema_create(struct gql_schema **out, const struct gql_schema_parts *parts,
                                struct err *err) {
    struct arena *arena = arena_create();
    struct gql_schema *schema = ARENA_NEW(arena, struct gql_schema);

    assert(parts->may_ask != NULL);
    schema->arena = arena;
    schema->by_name = map_create(NULL);
    enum err_code code = build(schema, parts, err);
    if (code != OK) {
        gql_schema_destroy(schema);
        return err_add_context(err, "the GraphQL schema");
    }
    *out = schema;
    return OK;
}

void gql_schema_destroy(struct gql_schema *schema) {
    if (schema == NULL)
        return;
    map_destroy(schema->by_name);
    arena_destroy(schema->arena);
}
