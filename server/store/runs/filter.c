/* filter.c - parsing filters, and asking rows. */
#include "server/store/runs/filter.h"
#include "base/clock.h"
#include "server/store/runs/regex.h"

/* A question may take this many steps of regular expressions: about half a second. */
#define FILTER_WORK_MAX UINT64_C(1000000000)

enum operation {
    IS_ALL,
    IS_ANY,
    IS_NONE,
    IS_EQUAL,
    IS_GREATER,
    IS_GREATER_EQUAL,
    IS_LESS,
    IS_LESS_EQUAL,
    IS_IN,
    IS_THERE,
    IS_FOUND,
    IS_CONTAINED,
    HAS_ALL,
    HAS_SIZE
};

struct node {
    enum operation operation;
    size_t key; /* of a question about a value */
    enum filter_kind kind;
    struct filter_value operand;
    struct filter_value *sorted; /* IS_IN: the scalars, for a binary search */
    size_t sorted_count;
    struct filter_value *others; /* IS_IN: the rest; HAS_ALL: every one */
    size_t other_count;
    struct regex *regex;
    struct node **children; /* IS_ALL, IS_ANY, IS_NONE */
    size_t child_count, child_cap;
};

struct filter {
    struct node *root;
    struct regex *regexes[FILTER_REGEXES_MAX];
    size_t regex_count;
};

struct parser {
    struct filter *filter;
    const struct filter_words *words;
    struct filter_keys *keys;
    struct arena *arena;
    struct err *err;
    size_t node_count;
    int depth;
};

/* ---- parsing ---- */

static enum err_code refuse(struct parser *p, struct str path, const char *what) {
    return err_set(p->err, ERR_BAD_INPUT, "%.*s: %s", STR_ARG(str_slice(path, 0, 300)), what);
}

static enum err_code node_new(struct parser *p, struct str path, enum operation operation,
                              struct node **out) {
    if (p->node_count++ == FILTER_NODES_MAX)
        return refuse(p, path, "the filter asks more than 1000 things");
    *out = ARENA_NEW(p->arena, struct node);
    (*out)->operation = operation;
    return OK;
}

static void add_child(struct parser *p, struct node *parent, struct node *child) {
    if (parent->child_count == parent->child_cap) {
        size_t cap = parent->child_cap == 0 ? 4 : parent->child_cap * 2;
        parent->children =
            arena_grow(p->arena, parent->children, parent->child_count, cap, sizeof(struct node *));
        parent->child_cap = cap;
    }
    parent->children[parent->child_count++] = child;
}

static struct str path_of(struct parser *p, struct str path, struct str key) {
    return arena_printf(p->arena, "%.*s.%.*s", STR_ARG(str_slice(path, 0, 300)),
                        STR_ARG(str_slice(key, 0, 100)));
}

enum err_code filter_key_find(size_t *out, struct str path, const struct filter_words *words,
                              struct filter_keys *keys, struct arena *arena, struct err *err) {
    const struct filter_word *word = words->items, *end = words->items + words->count;

    for (*out = 0; *out < keys->count; (*out)++)
        if (str_eq(keys->items[*out].path, path))
            return OK;
    for (; word < end; word++) {
        struct str name = str_from_c(word->name);
        if (word->is_prefix ? str_starts_with(path, name) && path.len > name.len : str_eq(path, name))
            break;
    }
    if (word == end)
        return err_set(err, ERR_BAD_INPUT, "unknown key '%.*s' of %s", STR_ARG(str_slice(path, 0, 200)),
                       words->noun);
    if (keys->count == FILTER_KEYS_MAX)
        return err_set(err, ERR_BAD_INPUT, "more than %d different keys", FILTER_KEYS_MAX);
    path = arena_copy(arena, path);
    keys->items[keys->count++] = (struct filter_key){
        .path = path,
        .kind = word->kind,
        .word = word->word,
        .rest = str_from(path, word->is_prefix ? strlen(word->name) : path.len),
    };
    return OK;
}

static enum err_code parse_time(struct parser *p, struct str path, struct filter_value *value) {
    int64_t ms;
    if (value->type == FILTER_NULL)
        return OK;
    if (value->type != FILTER_TEXT || !clock_parse_iso(filter_value_str(*value), &ms))
        return refuse(p, path, "must be an ISO 8601 date and time, such as \"2026-11-21T09:30:00\"");
    *value = filter_int(ms);
    return OK;
}

static enum err_code parse_operand(struct parser *p, struct str path, enum filter_kind kind,
                                   const struct json_value *json, struct filter_value *out) {
    *out = filter_value_from_json(json, p->arena);
    return kind == FILTER_KIND_TIME ? parse_time(p, path, out) : OK;
}

static int sort_compare(const void *a, const void *b) {
    return filter_value_sort(*(const struct filter_value *)a, *(const struct filter_value *)b, false);
}

static bool is_sortable(struct filter_value value) {
    return value.type >= FILTER_BOOL && value.type <= FILTER_TEXT && value.len < FILTER_SORTED_BYTES;
}

static enum err_code parse_list(struct parser *p, struct str path, struct node *node,
                                const struct json_value *json) {
    if (json->type != JSON_TYPE_ARRAY)
        return refuse(p, path, "must be a list");
    node->sorted = ARENA_ARRAY(p->arena, struct filter_value, json->array.count);
    node->others = ARENA_ARRAY(p->arena, struct filter_value, json->array.count);
    for (size_t i = 0; i < json->array.count; i++) {
        struct filter_value value;
        TRY(parse_operand(p, path, node->kind, &json->array.items[i], &value));
        if (node->operation == IS_IN && is_sortable(value))
            node->sorted[node->sorted_count++] = value;
        else
            node->others[node->other_count++] = value;
    }
    qsort(node->sorted, node->sorted_count, sizeof(struct filter_value), sort_compare);
    return OK;
}

static enum err_code parse_compared(struct parser *p, struct str path, struct node *node,
                                    const struct json_value *json) {
    TRY(parse_operand(p, path, node->kind, json, &node->operand));
    if (node->operand.type == FILTER_INT || node->operand.type == FILTER_DOUBLE ||
        node->operand.type == FILTER_TEXT)
        return OK;
    return refuse(p, path, "must be a number or a string");
}

static enum err_code parse_equal(struct parser *p, struct str path, struct node *node,
                                 const struct json_value *json) {
    return parse_operand(p, path, node->kind, json, &node->operand);
}

static enum err_code parse_bool(struct parser *p, struct str path, struct node *node,
                                const struct json_value *json) {
    if (json->type != JSON_TYPE_BOOL && json->type != JSON_TYPE_INT)
        return refuse(p, path, "must be true or false");
    node->operand = filter_bool(json->type == JSON_TYPE_BOOL ? json->boolean : json->integer != 0);
    return OK;
}

static enum err_code parse_size(struct parser *p, struct str path, struct node *node,
                                const struct json_value *json) {
    if (json->type != JSON_TYPE_INT || json->integer < 0)
        return refuse(p, path, "must be a whole number, 0 or more");
    node->operand = filter_int(json->integer);
    return OK;
}

static enum err_code parse_text(struct parser *p, struct str path, struct node *node,
                                const struct json_value *json) {
    if (json->type != JSON_TYPE_STRING)
        return refuse(p, path, "must be a string");
    node->operand = filter_text(json->string);
    return OK;
}

static enum err_code parse_regex_flags(struct parser *p, struct str path, const struct json_value *json,
                                       unsigned *flags) {
    static const char letters[] = "ims";
    static const unsigned meanings[] = { REGEX_IGNORE_CASE, REGEX_MULTILINE, REGEX_DOT_ALL };

    *flags = 0;
    if (json == NULL)
        return OK;
    if (json->type != JSON_TYPE_STRING)
        return refuse(p, path, "$options must be a string");
    for (size_t i = 0; i < json->string.len; i++) {
        const char *letter = json->string.ptr[i] == '\0' ? NULL : strchr(letters, json->string.ptr[i]);
        if (letter == NULL)
            return refuse(p, path, "$options may have i, m and s");
        *flags |= meanings[letter - letters];
    }
    return OK;
}

static enum err_code parse_regex(struct parser *p, struct str path, struct node *node,
                                 const struct json_value *json, const struct json_value *options) {
    unsigned flags;

    TRY(parse_text(p, path, node, json));
    TRY(parse_regex_flags(p, path, options, &flags));
    if (p->filter->regex_count == FILTER_REGEXES_MAX)
        return refuse(p, path, "more than 16 regular expressions");
    if (regex_compile(&node->regex, json->string, flags, p->arena, p->err) != OK)
        return err_add_context(p->err, "%.*s", STR_ARG(str_slice(path, 0, 300)));
    p->filter->regexes[p->filter->regex_count++] = node->regex;
    return OK;
}

/* Sorted by name. */
static const struct {
    const char *name;
    enum operation operation;
    bool is_negated;
    enum err_code (*parse)(struct parser *, struct str, struct node *, const struct json_value *);
} operators[] = {
    { "$all", HAS_ALL, false, parse_list },
    { "$contains", IS_CONTAINED, false, parse_text },
    { "$eq", IS_EQUAL, false, parse_equal },
    { "$exists", IS_THERE, false, parse_bool },
    { "$gt", IS_GREATER, false, parse_compared },
    { "$gte", IS_GREATER_EQUAL, false, parse_compared },
    { "$in", IS_IN, false, parse_list },
    { "$lt", IS_LESS, false, parse_compared },
    { "$lte", IS_LESS_EQUAL, false, parse_compared },
    { "$ne", IS_EQUAL, true, parse_equal },
    { "$nin", IS_IN, true, parse_list },
    { "$regex", IS_FOUND, false, NULL }, /* looks at its neighbour $options too */
    { "$size", HAS_SIZE, false, parse_size },
};

static bool is_operator(struct str name) {
    return name.len > 0 && name.ptr[0] == '$';
}

/* {"$gt": 1, "$lt": 2} rather than an object that is meant as a value. */
static bool is_question(const struct json_value *json) {
    return json->type == JSON_TYPE_OBJECT && json->object.count > 0 &&
           is_operator(json->object.members[0].key);
}

static enum err_code parse_value(struct parser *p, struct str path, size_t key, const struct json_value *json,
                                 struct node **out);

static enum err_code parse_operator(struct parser *p, struct str path, size_t key,
                                    const struct json_value *question, const struct json_member *member,
                                    struct node **out) {
    struct node *none = NULL;
    size_t i = 0;

    if (str_eq_c(member->key, "$not")) {
        if (!is_question(&member->value))
            return refuse(p, path, "must be an object of operators, such as {\"$gt\": 1}");
        TRY(node_new(p, path, IS_NONE, out));
        TRY(parse_value(p, path, key, &member->value, &none));
        add_child(p, *out, none);
        return OK;
    }
    while (i < sizeof(operators) / sizeof(operators[0]) && !str_eq_c(member->key, operators[i].name))
        i++;
    if (i == sizeof(operators) / sizeof(operators[0]))
        return refuse(p, path, is_operator(member->key) ? "unknown operator" : "a plain key among operators");
    TRY(node_new(p, path, operators[i].operation, out));
    (*out)->key = key;
    (*out)->kind = p->keys->items[key].kind;
    TRY(operators[i].parse != NULL
            ? operators[i].parse(p, path, *out, &member->value)
            : parse_regex(p, path, *out, &member->value, json_get(question, STR("$options"))));
    if (!operators[i].is_negated)
        return OK;
    TRY(node_new(p, path, IS_NONE, &none));
    add_child(p, none, *out);
    *out = none;
    return OK;
}

/* What stands beside a key: a bare value, or operators that must all hold. */
static enum err_code parse_value(struct parser *p, struct str path, size_t key, const struct json_value *json,
                                 struct node **out) {
    if (!is_question(json)) {
        TRY(node_new(p, path, IS_EQUAL, out));
        (*out)->key = key;
        (*out)->kind = p->keys->items[key].kind;
        return parse_equal(p, path, *out, json);
    }
    if (++p->depth > FILTER_DEPTH_MAX)
        return refuse(p, path, "nested more than 50 deep");
    TRY(node_new(p, path, IS_ALL, out));
    for (size_t i = 0; i < json->object.count; i++) {
        const struct json_member *member = &json->object.members[i];
        struct node *child = NULL;
        if (str_eq_c(member->key, "$options")) {
            if (json_get(json, STR("$regex")) == NULL)
                return refuse(p, path, "$options without $regex");
            continue;
        }
        TRY(parse_operator(p, path_of(p, path, member->key), key, json, member, &child));
        add_child(p, *out, child);
    }
    p->depth--;
    return OK;
}

static enum err_code parse_object(struct parser *p, struct str path, const struct json_value *json,
                                  struct node **out);

static enum err_code parse_list_of_filters(struct parser *p, struct str path, const struct json_value *json,
                                           struct node *node) {
    if (json->type != JSON_TYPE_ARRAY)
        return refuse(p, path, "must be a list of filters");
    for (size_t i = 0; i < json->array.count; i++) {
        struct node *child = NULL;
        struct str item_path = arena_printf(p->arena, "%.*s[%zu]", STR_ARG(str_slice(path, 0, 300)), i);
        TRY(parse_object(p, item_path, &json->array.items[i], &child));
        add_child(p, node, child);
    }
    return OK;
}

/* $and, $or, $nor, $not, or a key. An empty $or holds: the official client sends one for "no condition". */
static enum err_code parse_member(struct parser *p, struct str path, const struct json_member *member,
                                  struct node **out) {
    bool is_or = str_eq_c(member->key, "$or"), is_and = str_eq_c(member->key, "$and");
    struct node *child = NULL;
    size_t key;

    if (is_or || is_and || str_eq_c(member->key, "$nor")) {
        bool is_empty = member->value.type == JSON_TYPE_ARRAY && member->value.array.count == 0;
        TRY(node_new(p, path, is_and || (is_or && is_empty) ? IS_ALL : is_or ? IS_ANY : IS_NONE, out));
        return parse_list_of_filters(p, path, &member->value, *out);
    }
    if (str_eq_c(member->key, "$not")) {
        TRY(node_new(p, path, IS_NONE, out));
        TRY(parse_object(p, path, &member->value, &child));
        add_child(p, *out, child);
        return OK;
    }
    if (is_operator(member->key))
        return refuse(p, path, "unknown operator");
    if (filter_key_find(&key, member->key, p->words, p->keys, p->arena, p->err) != OK)
        return err_add_context(p->err, "%.*s", STR_ARG(str_slice(path, 0, 150)));
    return parse_value(p, path, key, &member->value, out);
}

static enum err_code parse_object(struct parser *p, struct str path, const struct json_value *json,
                                  struct node **out) {
    if (json->type != JSON_TYPE_OBJECT)
        return refuse(p, path, "must be an object");
    if (++p->depth > FILTER_DEPTH_MAX)
        return refuse(p, path, "nested more than 50 deep");
    TRY(node_new(p, path, IS_ALL, out));
    for (size_t i = 0; i < json->object.count; i++) {
        const struct json_member *member = &json->object.members[i];
        struct node *child = NULL;
        TRY(parse_member(p, path_of(p, path, member->key), member, &child));
        add_child(p, *out, child);
    }
    p->depth--;
    return OK;
}

enum err_code filter_parse(struct filter **out, struct str json, const struct filter_words *words,
                           struct filter_keys *keys, struct arena *arena, struct err *err) {
    struct parser p = { .words = words, .keys = keys, .arena = arena, .err = err };
    struct json_value *tree;

    if (json.len > FILTER_BYTES_MAX)
        return err_set(err, ERR_BAD_INPUT, "filters of %zu bytes: at most %d are allowed", json.len,
                       FILTER_BYTES_MAX);
    p.filter = ARENA_NEW(arena, struct filter);
    *out = NULL;
    if (str_trim(json).len == 0 || str_eq_c(str_trim(json), "null"))
        json = STR("{}");
    if (json_parse(&tree, json, JSON_STRICT, arena, err) != OK)
        return err_add_context(err, "filters are not JSON");
    TRY(parse_object(&p, STR("filters"), tree, &p.filter->root));
    *out = p.filter;
    return OK;
}

/* ---- asking ---- */

static bool is_in(const struct node *node, struct filter_value value) {
    if (is_sortable(value) && node->sorted_count > 0 &&
        bsearch(&value, node->sorted, node->sorted_count, sizeof(value), sort_compare) != NULL)
        return true;
    for (size_t i = 0; i < node->other_count; i++)
        if (filter_value_equal(value, node->others[i]))
            return true;
    return false;
}

static bool is_found(const struct node *node, struct filter_value value) {
    if (value.type != FILTER_TEXT)
        return false;
    return node->operation == IS_FOUND
               ? regex_matches(node->regex, filter_value_str(value))
               : str_contains(filter_value_str(value), filter_value_str(node->operand));
}

/* One scalar; or a list as a whole, where that makes sense. */
static bool one_matches(const struct node *node, struct filter_value value) {
    int order;

    switch (node->operation) {
    case IS_EQUAL:
        return filter_value_equal(value, node->operand);
    case IS_IN:
        return is_in(node, value);
    case IS_GREATER:
        return filter_value_is_comparable(value, node->operand, &order) && order > 0;
    case IS_GREATER_EQUAL:
        return filter_value_is_comparable(value, node->operand, &order) && order >= 0;
    case IS_LESS:
        return filter_value_is_comparable(value, node->operand, &order) && order < 0;
    case IS_LESS_EQUAL:
        return filter_value_is_comparable(value, node->operand, &order) && order <= 0;
    case IS_FOUND:
        return is_found(node, value);
    case IS_CONTAINED: /* in a list: one item is it, the text is not searched */
        return value.type == FILTER_TEXT && is_found(node, value);
    default:
        return false;
    }
}

static bool any_item_matches(const struct node *node, struct filter_value list) {
    for (uint32_t i = 0; i < list.len; i++)
        if (node->operation == IS_CONTAINED ? filter_value_equal(list.items[i], node->operand)
                                            : one_matches(node, list.items[i]))
            return true;
    return false;
}

static bool has_all(const struct node *node, struct filter_value value) {
    struct filter_value alone = { .type = FILTER_LIST, .len = 1, .items = &value };
    struct filter_value list = value.type == FILTER_LIST ? value : alone;

    for (size_t i = 0; i < node->other_count; i++) {
        uint32_t k = 0;
        while (k < list.len && !filter_value_equal(list.items[k], node->others[i]))
            k++;
        if (k == list.len)
            return false;
    }
    return node->other_count > 0;
}

static bool value_matches(const struct node *node, struct filter_value value) {
    if (node->kind == FILTER_KIND_LIST && value.type == FILTER_LIST && value.len == 0)
        value.type = FILTER_MISSING; /* {"tags": null} means not tagged */
    switch (node->operation) {
    case IS_THERE:
        return (value.type != FILTER_MISSING) == node->operand.boolean;
    case HAS_ALL:
        return has_all(node, value);
    case HAS_SIZE:
        return value.type == FILTER_LIST ? value.len == (uint64_t)node->operand.integer
                                         : node->kind == FILTER_KIND_LIST && node->operand.integer == 0;
    default:
        return (value.type == FILTER_LIST && any_item_matches(node, value)) || one_matches(node, value);
    }
}

static bool node_matches(const struct node *node, filter_read *read, const void *rows, size_t row) {
    switch (node->operation) {
    case IS_ALL:
        for (size_t i = 0; i < node->child_count; i++)
            if (!node_matches(node->children[i], read, rows, row))
                return false;
        return true;
    case IS_ANY:
    case IS_NONE:
        for (size_t i = 0; i < node->child_count; i++)
            if (node_matches(node->children[i], read, rows, row))
                return node->operation == IS_ANY;
        return node->operation == IS_NONE;
    default:
        return value_matches(node, read(rows, row, node->key));
    }
}

bool filter_is_empty(const struct filter *filter) {
    return filter->root->child_count == 0;
}

bool filter_matches(struct filter *filter, filter_read *read, const void *rows, size_t row) {
    return node_matches(filter->root, read, rows, row);
}

enum err_code filter_check_work(const struct filter *filter, struct err *err) {
    uint64_t work = 0;
    for (size_t i = 0; i < filter->regex_count; i++)
        work += regex_work(filter->regexes[i]);
    if (work > FILTER_WORK_MAX)
        return err_set(err, ERR_BAD_INPUT, "filters: the regular expressions take too long on so much text");
    return OK;
}
