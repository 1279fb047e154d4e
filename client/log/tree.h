/* tree.h - JSON values by path, in the order their keys first came: a config, a summary, one row of a history.
 *
 * A tree is filled again and again (tree_begin) without giving its nodes back: rows of one run have the same keys.
 *
 * Threads: one owner at a time. Memory: malloc; what fails answers NULL or false and leaves the tree as it was.
 */
#ifndef CLIENT_TREE_H
#define CLIENT_TREE_H

#include "base/buf.h"

enum { TREE_DEPTH_MAX = 64 };

struct tree_node {
    struct tree_node *parent, *next, *first, *last;
    char *json; /* NULL: a number, or an object of its children */
    size_t json_len, json_cap;
    double number;
    bool is_number;
    bool is_changed;     /* for its owner: tree.c sets it when a value is set */
    uint64_t generation; /* of the filling it belongs to; 0: not there */
    void *extra;         /* of its owner; freed with the tree */
    bool is_plain;       /* the name is its own JSON text */
    size_t name_len;
    char name[];
};

struct tree {
    struct tree_node *root;
    struct tree_node **slots; /* by parent and name */
    size_t slot_count, node_count;
    uint64_t generation;
};

bool tree_init(struct tree *tree);
void tree_finish(struct tree *tree); /* a cleared one is fine */

/* From here on nothing is in it. */
bool tree_begin(struct tree *tree);

/* The child of that name; it is made when it is missing, without a value. */
struct tree_node *tree_child(struct tree *tree, struct tree_node *parent, struct str name);
struct tree_node *tree_find(const struct tree *tree, const struct str *path, size_t path_len); /* NULL: not there */
struct tree_node *tree_at(struct tree *tree, const struct str *path, size_t path_len);

bool tree_set_json(struct tree *tree, struct tree_node *node, struct str json);
void tree_set_number(struct tree *tree, struct tree_node *node, double number);
/* Sets the values of a JSON object where the tree has none; false when it is not one, or out of memory. */
bool tree_keep(struct tree *tree, struct str json);
/* With all below it. */
void tree_remove(struct tree_node *node);
bool tree_is_there(const struct tree *tree, const struct tree_node *node);

/* The node's value; an object, when it has children. Numbers in the extended form (NaN, Infinity). */
void tree_write(const struct tree *tree, const struct tree_node *node, struct buf *out);

#endif
