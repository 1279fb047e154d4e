/* router.c - see router.h. */
#include "server/http/router.h"

#include "server/http/uri.h"

static const struct str method_names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = STR_INIT("GET"),       [HTTP_HEAD] = STR_INIT("HEAD"),
    [HTTP_POST] = STR_INIT("POST"),     [HTTP_PUT] = STR_INIT("PUT"),
    [HTTP_DELETE] = STR_INIT("DELETE"), [HTTP_OPTIONS] = STR_INIT("OPTIONS"),
    [HTTP_PATCH] = STR_INIT("PATCH"),
};

struct node {
    struct str name;           /* the literal part; unused for the two kinds of parameter */
    struct node *children;     /* literal ones */
    struct node *next;         /* among them */
    struct node *param, *rest; /* {name} and {name...} */
    const struct http_route *rows[HTTP_METHOD_COUNT];
};

struct router {
    struct arena *arena;
    struct node *root;
};

struct str http_method_name(enum http_method method) {
    return method_names[method];
}

bool http_method_parse(struct str name, enum http_method *out) {
    for (int i = 0; i < HTTP_METHOD_COUNT; i++)
        if (str_eq(method_names[i], name)) {
            *out = (enum http_method)i;
            return true;
        }
    return false;
}

/* ---- compiling ---- */

static enum err_code check_row(const struct http_route *row, struct err *err) {
    if (row->pattern == NULL || row->pattern[0] != '/')
        return err_set(err, ERR_INTERNAL, "the route '%s' does not begin with '/'",
                       row->pattern ? row->pattern : "");
    if (row->who == 0)
        return err_set(err, ERR_INTERNAL, "the route '%s' does not say who may ask", row->pattern);
    if ((row->answer == NULL) == (row->sink == NULL))
        return err_set(err, ERR_INTERNAL, "the route '%s' needs either an answer or a sink", row->pattern);
    if (row->sink != NULL && (!row->sink->begin || !row->sink->add || !row->sink->end || !row->sink->cancel))
        return err_set(err, ERR_INTERNAL, "the sink of the route '%s' lacks a function", row->pattern);
    return OK;
}

static enum err_code check_order(const struct http_route *before, const struct http_route *row,
                                 struct err *err) {
    int order = strcmp(before->pattern, row->pattern);
    if (order > 0 || (order == 0 && before->method >= row->method))
        return err_set(err, ERR_INTERNAL, "the routes '%s' and '%s' are out of order or the same",
                       before->pattern, row->pattern);
    return OK;
}

static struct node *child_named(struct router *router, struct node *parent, struct str name) {
    for (struct node *child = parent->children; child != NULL; child = child->next)
        if (str_eq(child->name, name))
            return child;
    struct node *child = ARENA_NEW(router->arena, struct node);
    child->name = name;
    child->next = parent->children;
    parent->children = child;
    return child;
}

static struct node *only_child(struct router *router, struct node **slot) {
    if (*slot == NULL)
        *slot = ARENA_NEW(router->arena, struct node);
    return *slot;
}

static enum err_code add_row(struct router *router, const struct http_route *row, struct err *err) {
    struct str pattern = str_from(str_from_c(row->pattern), 1), part;
    struct node *node = router->root;
    size_t param_count = 0;

    for (bool has_more = true; has_more;) {
        has_more = str_cut(pattern, '/', &part, &pattern);
        bool is_param = str_starts_with(part, STR("{")) && str_ends_with(part, STR("}"));
        bool is_rest = is_param && str_ends_with(part, STR("...}"));
        if ((is_rest && has_more) || (is_param && ++param_count > HTTP_PARAMS_MAX))
            return err_set(err, ERR_INTERNAL, "the route '%s' has a malformed pattern", row->pattern);
        node = is_rest    ? only_child(router, &node->rest)
               : is_param ? only_child(router, &node->param)
                          : child_named(router, node, part);
    }
    if (node->rows[row->method] != NULL)
        return err_set(err, ERR_INTERNAL, "the routes '%s' and '%s' are the same", row->pattern,
                       node->rows[row->method]->pattern);
    node->rows[row->method] = row;
    return OK;
}

enum err_code router_create(struct router **out, const struct http_route *routes, size_t count,
                            struct err *err) {
    enum err_code code = OK;
    struct arena *arena = arena_create();
    struct router *router = ARENA_NEW(arena, struct router);

    router->arena = arena;
    router->root = ARENA_NEW(arena, struct node);
    for (size_t i = 0; i < count && code == OK; i++) {
        code = check_row(&routes[i], err);
        if (code == OK && i > 0)
            code = check_order(&routes[i - 1], &routes[i], err);
        if (code == OK)
            code = add_row(router, &routes[i], err);
    }
    if (code == OK)
        *out = router;
    else
        router_destroy(router);
    return code;
}

void router_destroy(struct router *router) {
    if (router != NULL)
        arena_destroy(router->arena);
}

/* ---- finding ---- */

enum { PARTS_MAX = 64 };

struct parts {
    struct str encoded_from[PARTS_MAX]; /* from this part to the end, still encoded */
    struct str decoded[PARTS_MAX];
    size_t count;
};

/* A path of more parts than any pattern has keeps its tail in the last one, where only {name...} takes it. */
static bool split(struct parts *parts, struct str path, struct arena *arena) {
    struct str rest = str_from(path, 1), part;
    parts->count = 0;
    for (bool has_more = true; has_more && parts->count < PARTS_MAX;) {
        parts->encoded_from[parts->count] = rest;
        has_more = str_cut(rest, '/', &part, &rest);
        if (!uri_decode(&parts->decoded[parts->count], part, false, arena))
            return false;
        parts->count++;
        if (has_more && parts->count == PARTS_MAX)
            parts->decoded[PARTS_MAX - 1] = STR_EMPTY;
    }
    return true;
}

static bool has_rows(const struct node *node, struct route_match *out) {
    out->methods = 0;
    for (int i = 0; i < HTTP_METHOD_COUNT; i++)
        if (node->rows[i] != NULL)
            out->methods |= 1u << i;
    return out->methods != 0;
}

/* Depth is bounded by the deepest pattern; branching by the literal and the parameter of each part. */
static const struct node *walk(const struct node *node, const struct parts *parts, size_t at,
                               size_t param_count, struct route_match *out, struct arena *arena) {
    if (at == parts->count)
        return has_rows(node, out) ? node : NULL;
    for (const struct node *child = node->children; child != NULL; child = child->next)
        if (str_eq(child->name, parts->decoded[at])) {
            const struct node *found = walk(child, parts, at + 1, param_count, out, arena);
            if (found != NULL)
                return found;
        }
    if (node->param != NULL && parts->decoded[at].len > 0) {
        const struct node *found = walk(node->param, parts, at + 1, param_count + 1, out, arena);
        if (found != NULL) {
            out->params[param_count] = parts->decoded[at];
            return found;
        }
    }
    if (node->rest != NULL && parts->encoded_from[at].len > 0 && has_rows(node->rest, out) &&
        uri_decode(&out->params[param_count], parts->encoded_from[at], false, arena))
        return node->rest;
    return NULL;
}

bool router_find(const struct router *router, struct route_match *out, enum http_method method,
                 struct str path, struct arena *arena) {
    struct parts parts;

    *out = (struct route_match){ 0 };
    if (!split(&parts, path, arena))
        return false;
    const struct node *node = walk(router->root, &parts, 0, 0, out, arena);
    if (node == NULL) {
        out->methods = 0;
        return true;
    }
    out->route = node->rows[method];
    if (out->route == NULL && method == HTTP_HEAD)
        out->route = node->rows[HTTP_GET];
    return true;
}
