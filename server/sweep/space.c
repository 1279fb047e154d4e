/* space.c - see space.h. */
#include "server/sweep/space.h"

#include <math.h>

struct space_node {
    struct str key;
    struct space_node *children;
    size_t child_count;
    size_t parameter; /* when there are no children */
    bool is_nested;
};

/* ---- parsing ---- */

struct parsing {
    struct space *space;
    const struct space_warnings *warnings;
    struct arena *arena;
    struct str path;
    size_t depth, room;
};

static void warn_unknown(void *context, struct str key) {
    struct parsing *p = context;
    p->warnings->add(p->warnings->context, arena_printf(p->arena, "parameters.%.*s: '%.*s' is not used here", STR_ARG(p->path),
                                                        STR_ARG(str_slice(key, 0, 100))));
}

static enum err_code parse_children(struct parsing *p, struct space_node *node, const struct json_value *parameters, struct err *err);

static enum err_code parse_leaf(struct parsing *p, struct space_node *node, const struct json_value *spec, struct err *err) {
    struct space *space = p->space;

    if (space->count == SPACE_PARAMETERS_MAX)
        return err_set(err, ERR_BAD_INPUT, "parameters: at most %d of them, nested ones included", SPACE_PARAMETERS_MAX);
    if (space->count == p->room) {
        size_t wider = p->room == 0 ? 8 : p->room * 2;
        space->parameters = arena_grow(p->arena, space->parameters, p->room, wider, sizeof *space->parameters);
        space->paths = arena_grow(p->arena, space->paths, p->room, wider, sizeof *space->paths);
        p->room = wider;
    }
    if (distribution_parse(&space->parameters[space->count], spec, warn_unknown, p, p->arena, err) != OK)
        return err_add_context(err, "parameters.%.*s", STR_ARG(str_slice(p->path, 0, 200)));
    space->paths[space->count] = p->path;
    node->parameter = space->count++;
    return OK;
}

static enum err_code parse_one(struct parsing *p, struct space_node *node, struct str key, const struct json_value *spec, struct err *err) {
    const struct json_value *nested = spec->type == JSON_TYPE_OBJECT ? json_get(spec, STR("parameters")) : NULL;
    struct str outer = p->path;

    if (key.len == 0 || !str_is_utf8(key))
        return err_set(err, ERR_BAD_INPUT, "parameters: a parameter without a name");
    p->path = outer.len == 0 ? key : arena_printf(p->arena, "%.*s.%.*s", STR_ARG(outer), STR_ARG(key));
    node->key = key;
    node->is_nested = nested != NULL;
    if (nested != NULL)
        TRY(parse_children(p, node, nested, err));
    else
        TRY(parse_leaf(p, node, spec, err));
    p->path = outer;
    return OK;
}

static enum err_code parse_children(struct parsing *p, struct space_node *node, const struct json_value *parameters, struct err *err) {
    if (parameters->type != JSON_TYPE_OBJECT || parameters->object.count == 0)
        return err_set(err, ERR_BAD_INPUT, "parameters%s%.*s: must be an object with at least one parameter", p->path.len > 0 ? "." : "",
                       STR_ARG(str_slice(p->path, 0, 200)));
    if (++p->depth > SPACE_DEPTH_MAX)
        return err_set(err, ERR_BAD_INPUT, "parameters: nested more than %d deep", SPACE_DEPTH_MAX);
    if (parameters->object.count > SPACE_PARAMETERS_MAX)
        return err_set(err, ERR_BAD_INPUT, "parameters: at most %d of them, nested ones included", SPACE_PARAMETERS_MAX);
    node->children = ARENA_ARRAY(p->arena, struct space_node, parameters->object.count);
    for (size_t i = 0; i < parameters->object.count; i++) {
        const struct json_member *member = &parameters->object.members[i];
        TRY(parse_one(p, &node->children[i], member->key, &member->value, err));
        node->child_count++;
    }
    p->depth--;
    return OK;
}

enum err_code space_parse(struct space *out, const struct json_value *parameters, const struct space_warnings *warnings,
                          struct arena *arena, struct err *err) {
    struct parsing p = { .space = out, .warnings = warnings, .arena = arena };

    *out = (struct space){ .root = ARENA_NEW(arena, struct space_node) };
    return parse_children(&p, out->root, parameters, err);
}

/* ---- points as JSON ---- */

static void write_node(const struct space *space, const struct space_node *node, const double *point, bool is_top,
                       struct json_writer *writer) {
    json_object_begin(writer);
    for (size_t i = 0; i < node->child_count; i++) {
        const struct space_node *child = &node->children[i];
        json_key(writer, child->key);
        if (is_top) {
            json_object_begin(writer);
            json_key(writer, STR("value"));
        }
        if (child->is_nested)
            write_node(space, child, point, false, writer);
        else
            distribution_write(&space->parameters[child->parameter], point[child->parameter], writer);
        if (is_top)
            json_object_end(writer);
    }
    json_object_end(writer);
}

void space_write(const struct space *space, const double *point, struct json_writer *writer) {
    write_node(space, space->root, point, true, writer);
}

enum err_code space_text(const struct space *space, const double *point, struct str *out, struct arena *arena, struct err *err) {
    struct buf text = BUF_INIT(SPACE_TEXT_BYTES_MAX);
    struct json_writer writer;

    json_writer_init(&writer, &text, JSON_STRICT);
    space_write(space, point, &writer);
    enum err_code code = buf_check(&text, "the suggestion", err);
    *out = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return code;
}

static bool read_node(const struct space *space, const struct space_node *node, const struct json_value *config, bool is_top, double *point) {
    for (size_t i = 0; i < node->child_count; i++) {
        const struct space_node *child = &node->children[i];
        const struct json_value *value = json_get(config, child->key);
        bool is_constant = !child->is_nested && space->parameters[child->parameter].family == FAMILY_CONSTANT;
        if (is_top)
            value = json_get(value, STR("value"));
        if (is_constant)
            point[child->parameter] = 0;
        else if (child->is_nested ? !read_node(space, child, value, false, point)
                                  : !distribution_read(&space->parameters[child->parameter], value, &point[child->parameter]))
            return false;
    }
    return true;
}

bool space_read(const struct space *space, const struct json_value *config, double *point) {
    return read_node(space, space->root, config, true, point);
}

/* ---- grids ---- */

enum err_code space_grid_count(const struct space *space, int64_t *count, struct err *err) {
    double product = 1;
    for (size_t i = 0; i < space->count; i++) {
        const struct distribution *d = &space->parameters[i];
        if (!distribution_is_listable(d))
            return err_set(err, ERR_BAD_INPUT,
                           "parameters.%.*s: a grid needs value, values, int_uniform or q_uniform: the distribution %s has no end",
                           STR_ARG(str_slice(space->paths[i], 0, 200)), d->name);
        product *= distribution_count(d);
    }
    /* Beyond 2^53 nobody lives to see the end. */
    *count = product < 0x1p53 ? (int64_t)product : INT64_MAX;
    return OK;
}

void space_grid_point(const struct space *space, int64_t index, double *point) {
    uint64_t rest = (uint64_t)index;
    for (size_t i = space->count; i-- > 0;) {
        uint64_t count = (uint64_t)distribution_count(&space->parameters[i]);
        point[i] = distribution_nth(&space->parameters[i], rest % count);
        rest /= count;
    }
}
