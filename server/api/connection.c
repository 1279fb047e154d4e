/* connection.c - see connection.h. */
#include "server/api/connection.h"

struct connection *connection_create(struct owner owner, struct arena *arena) {
    struct connection *connection = ARENA_NEW(arena, struct connection);
    connection->owner = owner;
    connection->page_info.owner = owner;
    connection->total_count = -1;
    return connection;
}

void connection_add(struct connection *connection, const void *node, const char *node_type, struct str cursor, struct arena *arena) {
    struct edge *edge = ARENA_NEW(arena, struct edge);
    *edge = (struct edge){ *(const struct owner *)node, cursor, node, node_type };
    list_add(&connection->edges, edge, arena);
    if (connection->edges.count == 1)
        connection->page_info.start_cursor = cursor;
    connection->page_info.end_cursor = cursor;
}

struct connection *connection_of_list(struct owner owner, const struct list *nodes, const char *(*type_of)(const void *node),
                                      struct str after, int64_t first, struct arena *arena) {
    struct connection *connection = connection_create(owner, arena);
    uint64_t begin = 0;
    /* A cursor of another list names no place in this one: the list begins again. */
    if (!str_to_u64(after, &begin) || begin > nodes->count)
        begin = 0;
    size_t end = first < 0 || (uint64_t)first > nodes->count - begin ? nodes->count : (size_t)(begin + (uint64_t)first);
    for (size_t i = begin; i < end; i++)
        connection_add(connection, nodes->items[i], type_of == NULL ? NULL : type_of(nodes->items[i]), arena_printf(arena, "%zu", i + 1), arena);
    connection->total_count = (int64_t)nodes->count;
    connection->page_info.has_next = end < nodes->count;
    connection->page_info.has_previous = begin > 0;
    return connection;
}

int64_t connection_first(const struct gql_call *call, int64_t otherwise, int64_t most) {
    int64_t first = gql_arg_int(call, "first", otherwise);
    if (first < 0)
        first = otherwise;
    return first > most ? most : first;
}

enum err_code connection_answer_edges(struct gql_call *call, struct err *err) {
    const struct connection *connection = call->parent;
    (void)err;
    gql_list_begin(call);
    for (size_t i = 0; i < connection->edges.count; i++)
        gql_list_add(call, connection->edges.items[i]);
    return OK;
}

enum err_code connection_answer_page_info(struct gql_call *call, struct err *err) {
    const struct connection *connection = call->parent;
    (void)err;
    gql_object(call, &connection->page_info);
    return OK;
}

enum err_code connection_answer_total_count(struct gql_call *call, struct err *err) {
    const struct connection *connection = call->parent;
    if (connection->total_count < 0)
        return err_set(err, ERR_INTERNAL, "this list does not count itself");
    json_int(call->out, connection->total_count);
    return OK;
}

enum err_code connection_answer_cursor(struct gql_call *call, struct err *err) {
    const struct edge *edge = call->parent;
    (void)err;
    gql_str(call, edge->cursor);
    return OK;
}

enum err_code connection_answer_node(struct gql_call *call, struct err *err) {
    const struct edge *edge = call->parent;
    (void)err;
    if (edge->node_type != NULL)
        gql_object_of(call, edge->node_type, edge->node);
    else
        gql_object(call, edge->node);
    return OK;
}

static enum err_code answer_end_cursor(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct page_info *)call->parent)->end_cursor);
    return OK;
}

static enum err_code answer_has_next(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, ((const struct page_info *)call->parent)->has_next);
    return OK;
}

static enum err_code answer_has_previous(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, ((const struct page_info *)call->parent)->has_previous);
    return OK;
}

static enum err_code answer_start_cursor(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, ((const struct page_info *)call->parent)->start_cursor);
    return OK;
}

/* Whoever was given the list may see where it goes on. */
static const struct gql_field page_info_fields[] = {
    { "endCursor", "", "String", WHO_ANYONE, answer_end_cursor, NULL },
    { "hasNextPage", "", "Boolean!", WHO_ANYONE, answer_has_next, NULL },
    { "hasPreviousPage", "", "Boolean!", WHO_ANYONE, answer_has_previous, NULL },
    { "startCursor", "", "String", WHO_ANYONE, answer_start_cursor, NULL },
};
const struct gql_type page_info_type = GQL_TYPE("PageInfo", page_info_fields);
