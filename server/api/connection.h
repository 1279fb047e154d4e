/* connection.h - lists in pages, as the clients know them: FooConnection { edges { node cursor } pageInfo totalCount }.
 *
 * A resolver fills a struct connection and answers it with gql_object; the types of a noun's connection and edge come
 * from CONNECTION_TYPES, so that all behave alike. Clients page in two ways: by pageInfo.endCursor, and by the cursor of
 * the last edge; both are the same here.
 */
#ifndef SERVER_API_CONNECTION_H
#define SERVER_API_CONNECTION_H

#include "base/list.h"
#include "server/api/access.h"

struct page_info {
    struct owner owner;
    struct str end_cursor, start_cursor; /* ptr NULL: the page is empty */
    bool has_next, has_previous;
};

struct edge {
    struct owner owner;
    struct str cursor;
    const void *node;      /* begins with its struct owner */
    const char *node_type; /* only where the node's type is an interface */
};

struct connection {
    struct owner owner;
    struct list edges; /* of struct edge */
    struct page_info page_info;
    int64_t total_count; /* of all pages; -1: nobody counted */
};

extern const struct gql_type page_info_type;

struct connection *connection_create(struct owner owner, struct arena *arena);
/* Keeps the page's cursors right. */
void connection_add(struct connection *connection, const void *node, const char *node_type, struct str cursor, struct arena *arena);

/* A page of a whole list of nodes (each begins with its owner): what stands after the cursor, which is a place in the list.
 * first < 0: all. For lists that are short by nature; long ones page in SQL. */
struct connection *connection_of_list(struct owner owner, const struct list *nodes, const char *(*type_of)(const void *node),
                                      struct str after, int64_t first, struct arena *arena);

/* The `first` argument, from 0 to most; absent, null or negative: otherwise. */
int64_t connection_first(const struct gql_call *call, int64_t otherwise, int64_t most);

enum err_code connection_answer_edges(struct gql_call *call, struct err *err);
enum err_code connection_answer_page_info(struct gql_call *call, struct err *err);
enum err_code connection_answer_total_count(struct gql_call *call, struct err *err);
enum err_code connection_answer_cursor(struct gql_call *call, struct err *err);
enum err_code connection_answer_node(struct gql_call *call, struct err *err);

/* Defines `name_connection_type` and `name_edge_type` for nodes of GraphQL type `Node`. */
#define CONNECTION_TYPES(name, Node, who_may_ask)                                                                        \
    static const struct gql_field name##_connection_fields[] = {                                                         \
        { "edges", "", "[" Node "Edge!]!", (who_may_ask), connection_answer_edges, NULL },                               \
        { "pageInfo", "", "PageInfo!", (who_may_ask), connection_answer_page_info, NULL },                               \
        { "totalCount", "", "Int!", (who_may_ask), connection_answer_total_count, NULL },                                \
    };                                                                                                                   \
    const struct gql_type name##_connection_type = GQL_TYPE(Node "Connection", name##_connection_fields);                \
    static const struct gql_field name##_edge_fields[] = {                                                               \
        { "cursor", "", "String!", (who_may_ask), connection_answer_cursor, NULL },                                      \
        { "node", "", Node, (who_may_ask), connection_answer_node, NULL },                                               \
    };                                                                                                                   \
    const struct gql_type name##_edge_type = GQL_TYPE(Node "Edge", name##_edge_fields)

#endif
