/* call.c - what a resolver can ask and answer; see graphql.h. */
#include "server/graphql/execution.h"

#include <assert.h>

/* ---- arguments ---- */

const struct json_value *gql_arg(const struct gql_call *call, const char *name) {
    const struct gql_selected *selected = call->selected;
    for (size_t i = 0; i < selected->def->args.count; i++)
        if (str_eq_c(selected->def->args.items[i].name, name))
            return selected->args[i];
    assert(false); /* the field does not declare it */
    return NULL;
}

static struct str text_of(const struct json_value *value) {
    return value != NULL && value->type == JSON_TYPE_STRING ? value->string : (struct str){ NULL, 0 };
}

struct str gql_arg_str(const struct gql_call *call, const char *name) {
    return text_of(gql_arg(call, name));
}

int64_t gql_arg_int(const struct gql_call *call, const char *name, int64_t otherwise) {
    const struct json_value *value = gql_arg(call, name);
    return value != NULL && value->type == JSON_TYPE_INT ? value->integer : otherwise;
}

bool gql_arg_bool(const struct gql_call *call, const char *name, bool otherwise) {
    const struct json_value *value = gql_arg(call, name);
    return value != NULL && value->type == JSON_TYPE_BOOL ? value->boolean : otherwise;
}

const struct json_value *gql_input(const struct gql_call *call, const char *name) {
    return json_get(gql_arg(call, "input"), str_from_c(name));
}

struct str gql_input_str(const struct gql_call *call, const char *name) {
    return text_of(gql_input(call, name));
}

/* ---- answers ---- */

static const struct gql_named *named_type(const struct gql_call *call, const char *type_name) {
    const struct gql_named *type = gql_type_find(call->execution->schema, str_from_c(type_name));
    assert(type != NULL && gql_type_includes(call->execution->top->type, type));
    return type;
}

static bool write_object(const struct gql_call *call, const struct gql_named *type, const void *object) {
    struct gql_execution *execution = call->execution;
    assert(type->kind == GQL_NAMED_OBJECT);
    return gql_write_object(execution, gql_plan_below(execution, execution->top->selected, type), object);
}

static void put_object(struct gql_call *call, const struct gql_named *type, const void *object) {
    struct gql_frame *frame = call->execution->top;

    assert(!frame->selected->def->type->is_list);
    frame->has_objects = true;
    if (object == NULL)
        json_null(call->out);
    else if (!write_object(call, type, object))
        frame->is_null = true;
}

void gql_object(struct gql_call *call, const void *object) {
    put_object(call, call->execution->top->type, object);
}

void gql_object_of(struct gql_call *call, const char *type_name, const void *object) {
    put_object(call, named_type(call, type_name), object);
}

void gql_list_begin(struct gql_call *call) {
    struct gql_frame *frame = call->execution->top;
    assert(!frame->is_list && frame->selected->def->type->is_list);
    frame->is_list = true;
    frame->has_objects = true;
    json_array_begin(call->out);
}

static void put_null_item(struct gql_call *call, struct gql_frame *frame, bool is_reported) {
    struct err err = { 0 };

    if (!frame->selected->def->type->item->is_non_null) {
        json_null(call->out);
        return;
    }
    frame->is_null = true;
    if (is_reported)
        return;
    (void)err_set(&err, ERR_INTERNAL, "an item of field \"%s\" is null and must not be", call->field->name);
    gql_fail_field(call->execution, &err);
}

static void put_item(struct gql_call *call, const struct gql_named *type, const void *object) {
    struct gql_execution *execution = call->execution;
    struct gql_frame *frame = execution->top;
    size_t start = call->out->out->len;
    bool needs_comma = call->out->needs_comma;

    assert(frame->is_list);
    if (frame->is_null || execution->is_stopped)
        return;
    frame->is_in_item = true;
    if (object == NULL || !write_object(call, type, object)) {
        gql_drop_output(execution, start, needs_comma);
        put_null_item(call, frame, object != NULL);
    }
    frame->is_in_item = false;
    frame->item_count++;
}

void gql_list_add(struct gql_call *call, const void *object) {
    put_item(call, call->execution->top->type, object);
}

void gql_list_add_of(struct gql_call *call, const char *type_name, const void *object) {
    put_item(call, named_type(call, type_name), object);
}

void gql_str(struct gql_call *call, struct str text) {
    if (text.ptr == NULL)
        json_null(call->out);
    else
        json_string(call->out, text);
}

/* ---- what is asked for ---- */

static bool selects(const struct gql_variables *variables, const struct gql_selection *selection,
                    struct str path) {
    struct str name, rest;
    bool goes_deeper = str_cut(path, '.', &name, &rest);

    for (; selection != NULL; selection = selection->next) {
        if (!gql_is_selected(selection->directives, variables))
            continue;
        bool is_found = false;
        if (selection->kind == GQL_SELECT_FIELD)
            is_found = str_eq(selection->name, name) &&
                       (!goes_deeper || selects(variables, selection->selections, rest));
        else if (selection->kind == GQL_SELECT_INLINE)
            is_found = selects(variables, selection->selections, path);
        else
            is_found = selects(variables, selection->fragment->selections, path);
        if (is_found)
            return true;
    }
    return false;
}

bool gql_selects(const struct gql_call *call, const char *path) {
    for (const struct gql_selection_link *link = &call->selected->first; link != NULL; link = link->next)
        if (selects(&call->execution->variables, link->selection->selections, str_from_c(path)))
            return true;
    return false;
}
