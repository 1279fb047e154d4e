/* tree.c - see tree.h. */
#include "client/log/tree.h"

#include "base/json.h"
#include "base/number.h"

enum { FIRST_SLOTS = 64, NODES_KEPT = 20000, KEY_MAX_BYTES = 1 << 20 };

static size_t slot_of(const struct tree_node *parent, struct str name) {
    uint64_t hash = 1469598103934665603U ^ (uint64_t)(uintptr_t)parent;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.ptr[i]) * 1099511628211U;
    return (size_t)(hash ^ hash >> 29);
}

static struct str name_of(const struct tree_node *node) {
    return (struct str){ node->name, node->name_len };
}

static bool is_plain(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < 0x20 || c > 0x7E || c == '"' || c == '\\')
            return false;
    }
    return true;
}

static struct tree_node *node_create(struct tree_node *parent, struct str name) {
    struct tree_node *node = calloc(1, sizeof *node + name.len);
    if (node == NULL)
        return NULL;
    node->parent = parent;
    node->is_plain = is_plain(name);
    node->name_len = name.len;
    if (name.len > 0)
        memcpy(node->name, name.ptr, name.len);
    return node;
}

bool tree_init(struct tree *tree) {
    *tree = (struct tree){ .generation = 1 };
    tree->root = node_create(NULL, STR_EMPTY);
    tree->slots = calloc(FIRST_SLOTS, sizeof(struct tree_node *));
    if (tree->root == NULL || tree->slots == NULL) {
        tree_finish(tree);
        return false;
    }
    tree->slot_count = FIRST_SLOTS;
    return true;
}

static void node_destroy(struct tree_node *node) {
    free(node->json);
    free(node->extra);
    free(node);
}

void tree_finish(struct tree *tree) {
    for (size_t i = 0; i < tree->slot_count; i++)
        if (tree->slots[i] != NULL)
            node_destroy(tree->slots[i]);
    free(tree->slots);
    if (tree->root != NULL)
        node_destroy(tree->root);
    *tree = (struct tree){ 0 };
}

bool tree_begin(struct tree *tree) {
    if (tree->node_count > NODES_KEPT) {
        struct tree fresh;
        if (!tree_init(&fresh))
            return false;
        tree_finish(tree);
        *tree = fresh;
    }
    tree->generation++;
    return true;
}

static struct tree_node **slot_for(struct tree_node **slots, size_t slot_count, const struct tree_node *parent,
                                   struct str name) {
    size_t at = slot_of(parent, name) & (slot_count - 1);
    while (slots[at] != NULL && !(slots[at]->parent == parent && str_eq(name_of(slots[at]), name)))
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static bool make_room(struct tree *tree) {
    if (tree->node_count * 2 < tree->slot_count)
        return true;
    size_t slot_count = tree->slot_count * 2;
    struct tree_node **slots = calloc(slot_count, sizeof(struct tree_node *));
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < tree->slot_count; i++) {
        struct tree_node *node = tree->slots[i];
        if (node != NULL)
            *slot_for(slots, slot_count, node->parent, name_of(node)) = node;
    }
    free(tree->slots);
    tree->slots = slots;
    tree->slot_count = slot_count;
    return true;
}

struct tree_node *tree_child(struct tree *tree, struct tree_node *parent, struct str name) {
    struct tree_node **slot = slot_for(tree->slots, tree->slot_count, parent, name);
    if (*slot != NULL)
        return *slot;
    struct tree_node *node = make_room(tree) ? node_create(parent, name) : NULL;
    if (node == NULL)
        return NULL;
    *slot_for(tree->slots, tree->slot_count, parent, name) = node;
    tree->node_count++;
    if (parent->last == NULL)
        parent->first = node;
    else
        parent->last->next = node;
    parent->last = node;
    return node;
}

bool tree_is_there(const struct tree *tree, const struct tree_node *node) {
    return node->generation == tree->generation;
}

struct tree_node *tree_find(const struct tree *tree, const struct str *path, size_t path_len) {
    struct tree_node *node = tree->root;
    for (size_t i = 0; i < path_len; i++) {
        node = *slot_for(tree->slots, tree->slot_count, node, path[i]);
        if (node == NULL || !tree_is_there(tree, node))
            return NULL;
    }
    return node;
}

struct tree_node *tree_at(struct tree *tree, const struct str *path, size_t path_len) {
    struct tree_node *node = tree->root;
    for (size_t i = 0; i < path_len && node != NULL; i++)
        node = tree_child(tree, node, path[i]);
    return node;
}

static void forget_children(struct tree_node *node) {
    for (struct tree_node *child = node->first; child != NULL; child = child->next)
        tree_remove(child);
}

void tree_remove(struct tree_node *node) {
    if (node->generation == 0)
        return;
    node->generation = 0;
    forget_children(node);
}

/* A value replaces an object, and a value below a value makes it one: the last that was said holds. */
static void mark_there(struct tree *tree, struct tree_node *node) {
    forget_children(node);
    node->is_changed = true;
    node->generation = tree->generation;
    for (struct tree_node *above = node->parent; above != NULL; above = above->parent) {
        if (above->generation == tree->generation && above->json == NULL && !above->is_number)
            break;
        free(above->json);
        above->json = NULL;
        above->json_cap = 0;
        above->is_number = false;
        above->generation = tree->generation;
    }
}

bool tree_set_json(struct tree *tree, struct tree_node *node, struct str json) {
    if (node->json == NULL || json.len > node->json_cap) {
        char *copy = realloc(node->json, json.len + 1);
        if (copy == NULL)
            return false;
        node->json = copy;
        node->json_cap = json.len;
    }
    memcpy(node->json, json.ptr, json.len);
    node->json_len = json.len;
    node->is_number = false;
    mark_there(tree, node);
    return true;
}

void tree_set_number(struct tree *tree, struct tree_node *node, double number) {
    free(node->json);
    node->json = NULL;
    node->json_cap = 0;
    node->number = number;
    node->is_number = true;
    mark_there(tree, node);
}

static void write_name(const struct tree_node *node, bool *needs_comma, struct buf *out) {
    struct json_writer writer;
    if (*needs_comma)
        buf_append_char(out, ',');
    *needs_comma = true;
    char *room = node->is_plain ? buf_reserve(out, node->name_len + 3) : NULL;
    if (room != NULL) {
        room[0] = '"';
        memcpy(room + 1, node->name, node->name_len);
        memcpy(room + 1 + node->name_len, "\":", 2);
        buf_commit(out, node->name_len + 3);
        return;
    }
    json_writer_init(&writer, out, JSON_EXTENDED);
    json_string(&writer, name_of(node));
    buf_append_char(out, ':');
}

void tree_write(const struct tree *tree, const struct tree_node *node, struct buf *out) {
    bool needs_comma = false;
    char number[NUMBER_TEXT_MAX];

    if (node->json != NULL) {
        buf_append(out, node->json, node->json_len);
        return;
    }
    if (node->is_number) {
        buf_append(out, number, number_from_double(number, node->number));
        return;
    }
    buf_append_char(out, '{');
    for (const struct tree_node *child = node->first; child != NULL; child = child->next) {
        if (!tree_is_there(tree, child))
            continue;
        write_name(child, &needs_comma, out);
        tree_write(tree, child, out);
    }
    buf_append_char(out, '}');
}

/* ---- values that are kept where nothing else was said ---- */

static bool keep_value(struct tree *tree, struct tree_node *parent, struct str key, struct str raw, int depth);

static bool keep_members(struct tree *tree, struct tree_node *node, struct str object, int depth) {
    struct json_reader reader;
    enum json_token token;
    bool is_kept = true;
    struct buf key = BUF_INIT(KEY_MAX_BYTES);
    json_reader_init(&reader, object, JSON_EXTENDED);
    if (json_next(&reader) != JSON_OBJECT_BEGIN)
        is_kept = false;
    while (is_kept && (token = json_next(&reader)) == JSON_KEY) {
        struct str raw;
        buf_reset(&key);
        char *room = buf_reserve(&key, reader.text.len + 1);
        if (room != NULL)
            buf_commit(&key, json_unescape(reader.text, room));
        is_kept = room != NULL && json_skip_value(&reader, json_next(&reader), &raw) &&
                  keep_value(tree, node, buf_str(&key), raw, depth);
    }
    buf_finish(&key);
    return is_kept;
}

static bool keep_value(struct tree *tree, struct tree_node *parent, struct str key, struct str raw, int depth) {
    struct tree_node *node = tree_child(tree, parent, key);
    bool is_object = raw.len > 2 && raw.ptr[0] == '{';
    if (node == NULL)
        return false;
    if (is_object && depth < TREE_DEPTH_MAX - 1 && (!tree_is_there(tree, node) || (node->json == NULL && !node->is_number)))
        return keep_members(tree, node, raw, depth + 1);
    return tree_is_there(tree, node) || tree_set_json(tree, node, raw);
}

bool tree_keep(struct tree *tree, struct str json) {
    return keep_members(tree, tree->root, json, 0);
}
