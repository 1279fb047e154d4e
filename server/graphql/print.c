/* print.c - see print.h and gql_schema_print. Types are sorted by name, fields as in their tables. */
#include "server/graphql/print.h"

static void print_string(struct str text, struct buf *out) {
    struct json_writer writer;
    json_writer_init(&writer, out, JSON_STRICT); /* JSON's escapes are GraphQL's */
    json_string(&writer, text);
}

static void print_list(const struct gql_value *item, struct buf *out) {
    buf_append_char(out, '[');
    for (; item != NULL; item = item->next) {
        gql_value_print(item, out);
        if (item->next != NULL)
            buf_append_str(out, STR(", "));
    }
    buf_append_char(out, ']');
}

static void print_members(const struct gql_argument *member, struct buf *out) {
    buf_append_char(out, '{');
    for (; member != NULL; member = member->next) {
        buf_append_str(out, member->name);
        buf_append_str(out, STR(": "));
        gql_value_print(&member->value, out);
        if (member->next != NULL)
            buf_append_str(out, STR(", "));
    }
    buf_append_char(out, '}');
}

void gql_value_print(const struct gql_value *value, struct buf *out) {
    if (value->kind == GQL_VALUE_STRING)
        print_string(value->text, out);
    else if (value->kind == GQL_VALUE_LIST)
        print_list(value->items, out);
    else if (value->kind == GQL_VALUE_OBJECT)
        print_members(value->members, out);
    else
        buf_append_str(out, value->text);
}

static void print_type_ref(const struct gql_type_ref *type, struct buf *out) {
    if (type->is_list) {
        buf_append_char(out, '[');
        print_type_ref(type->item, out);
        buf_append_char(out, ']');
    } else {
        buf_append_str(out, type->name);
    }
    if (type->is_non_null)
        buf_append_char(out, '!');
}

static void print_doc(struct str doc, const char *indent, struct buf *out) {
    if (doc.ptr == NULL)
        return;
    buf_append_str(out, str_from_c(indent));
    print_string(doc, out);
    buf_append_char(out, '\n');
}

static void print_deprecation(struct str reason, struct buf *out) {
    if (reason.ptr == NULL)
        return;
    buf_append_str(out, STR(" @deprecated(reason: "));
    print_string(reason, out);
    buf_append_char(out, ')');
}

static void print_input(const struct gql_input_def *input, struct buf *out) {
    buf_append_str(out, input->name);
    buf_append_str(out, STR(": "));
    print_type_ref(input->type, out);
    if (input->default_value != NULL) {
        buf_append_str(out, STR(" = "));
        gql_value_print(input->default_value, out);
    }
    print_deprecation(input->deprecated, out);
}

static void print_arguments(const struct gql_input_list *args, struct buf *out) {
    if (args->count == 0)
        return;
    for (size_t i = 0; i < args->count; i++) {
        buf_append_str(out, i == 0 ? STR("(") : STR(", "));
        if (args->items[i].doc.ptr != NULL) {
            print_string(args->items[i].doc, out);
            buf_append_char(out, ' ');
        }
        print_input(&args->items[i], out);
    }
    buf_append_char(out, ')');
}

static void print_fields(const struct gql_named *type, struct buf *out) {
    for (size_t i = 0; i < type->field_count; i++) {
        const struct gql_field_def *field = &type->fields[i];
        print_doc((struct str){ field->row->doc, field->row->doc == NULL ? 0 : strlen(field->row->doc) },
                  "  ", out);
        buf_append_str(out, STR("  "));
        buf_append_str(out, field->name);
        print_arguments(&field->args, out);
        buf_append_str(out, STR(": "));
        print_type_ref(field->type, out);
        buf_append_char(out, '\n');
    }
}

static void print_interfaces(const struct gql_named *type, struct buf *out) {
    for (size_t i = 0; i < type->interface_count; i++) {
        buf_append_str(out, i == 0 ? STR(" implements ") : STR(" & "));
        buf_append_str(out, type->interfaces[i]->name);
    }
}

static void print_inputs(const struct gql_named *type, struct buf *out) {
    for (size_t i = 0; i < type->inputs.count; i++) {
        print_doc(type->inputs.items[i].doc, "  ", out);
        buf_append_str(out, STR("  "));
        print_input(&type->inputs.items[i], out);
        buf_append_char(out, '\n');
    }
}

static void print_values(const struct gql_named *type, struct buf *out) {
    for (size_t i = 0; i < type->value_count; i++) {
        print_doc(type->values[i].doc, "  ", out);
        buf_append_str(out, STR("  "));
        buf_append_str(out, type->values[i].name);
        print_deprecation(type->values[i].deprecated, out);
        buf_append_char(out, '\n');
    }
}

static void print_members_of_union(const struct gql_named *type, struct buf *out) {
    for (size_t i = 0; i < type->possible_count; i++) {
        buf_append_str(out, i == 0 ? STR(" = ") : STR(" | "));
        buf_append_str(out, type->possible[i]->name);
    }
}

static void print_type(const struct gql_named *type, struct buf *out) {
    static const char *const keywords[] = {
        [GQL_NAMED_SCALAR] = "scalar", [GQL_NAMED_OBJECT] = "type", [GQL_NAMED_INTERFACE] = "interface",
        [GQL_NAMED_UNION] = "union",   [GQL_NAMED_ENUM] = "enum",   [GQL_NAMED_INPUT] = "input",
    };
    print_doc(type->doc, "", out);
    buf_printf(out, "%s %.*s", keywords[type->kind], STR_ARG(type->name));
    if (type->kind == GQL_NAMED_SCALAR || type->kind == GQL_NAMED_UNION) {
        print_members_of_union(type, out);
        buf_append_char(out, '\n');
        return;
    }
    print_interfaces(type, out);
    buf_append_str(out, STR(" {\n"));
    print_fields(type, out);
    print_inputs(type, out);
    print_values(type, out);
    buf_append_str(out, STR("}\n"));
}

void gql_schema_print(const struct gql_schema *schema, struct buf *out) {
    bool is_first = true;
    for (size_t i = 0; i < schema->type_count; i++) {
        if (schema->types[i]->is_ours)
            continue;
        if (!is_first)
            buf_append_char(out, '\n');
        is_first = false;
        print_type(schema->types[i], out);
    }
}
